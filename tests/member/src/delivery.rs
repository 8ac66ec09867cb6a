//! A delivery, taken apart as the stock client does it: data head, text, attachments.

use tmtp_wire::datahead;
use tmtp_wire::ids::Uid;
use tmtp_wire::message::Queued;

/// A delivery.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Delivery {
    /// The site's id of it.
    pub message: String,
    /// Its thread; its own id if it begins one.
    pub thread: String,
    /// Who sent it.
    pub from: Uid,
    /// Its text.
    pub text: String,
    /// The content of each attachment.
    pub attachments: Vec<Vec<u8>>,
}

impl Delivery {
    /// `None` if it is no post.
    pub(crate) fn read(head: &Queued, data: &[u8]) -> Option<Delivery> {
        let (datahead, rest) = data.split_at_checked(usize::try_from(head.datahead).ok()?)?;
        let post = datahead::parse(datahead).ok()?;
        let text_len = usize::try_from(post.text_len(head.datalen, head.datahead).ok()?).ok()?;
        let (text, mut rest) = rest.split_at_checked(text_len)?;
        let mut attachments = Vec::new();
        for attach in &post.attach {
            let (content, behind) = rest.split_at_checked(usize::try_from(attach.size).ok()?)?;
            attachments.push(content.to_vec());
            rest = behind;
        }
        Some(Delivery {
            message: head.id.to_string(),
            thread: post.thread_id.unwrap_or_else(|| head.id.to_string()),
            from: head.from.clone(),
            text: String::from_utf8_lossy(text).into_owned(),
            attachments,
        })
    }
}
