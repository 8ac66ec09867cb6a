//! The bytes of a post. The data head is built at the first attempt and kept: every attempt carries the same
//! bytes behind its header, or receivers could not fold them.

use rusqlite::Connection;
use tmtp_session::Body;
use tmtp_store::write::inbox::{self, Attached, Bytes, Draft};
use tmtp_store::write::outbox::Item;
use tmtp_store::write::{aliases, contacts, threads};
use tmtp_store::{FailedWhy, StoreError};
use tmtp_wire::datahead::{self, Attach, Cc, PostHead};
use tmtp_wire::ids::{MsgId, SendId, Uid};
use tmtp_wire::names::Gid;
use tmtp_wire::request::{EncodeError, Request, To};

use crate::core::Core;
use crate::inbox::sort_whole;
use crate::limits::SMALL_POST;
use crate::plant::{self, Plant};
use crate::transfer::Outgoing;

/// As long as the ids that the session gives to requests.
pub(super) const ANY_REQUEST_ID: &str = "q0000000000";

/// A post that is ready to be handed to the session.
pub(crate) struct Built {
    pub(crate) request: Request,
    pub(crate) body: Body,
    /// What fetches its files, if they are fetched piece by piece.
    pub(crate) stream: Option<Outgoing>,
    /// Bytes behind the header.
    pub(crate) size: u64,
    /// Nothing in it can be refused.
    pub(crate) sure: bool,
}

/// Why a post cannot be built. Such a post fails for good.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Unbuildable {
    #[error(transparent)]
    Store(#[from] StoreError),
    #[error("its row is gone")]
    Gone,
    #[error(transparent)]
    Head(#[from] datahead::HeadError),
    #[error(transparent)]
    Header(#[from] EncodeError),
    #[error("a file cannot be read")]
    File,
    #[error("the site has refused the alias")]
    Alias,
}

impl Unbuildable {
    /// What it fails with.
    pub(crate) fn why(&self) -> FailedWhy {
        match self {
            Unbuildable::Store(_) | Unbuildable::Gone => FailedWhy::Incomplete,
            Unbuildable::Head(_) | Unbuildable::Header(_) => FailedWhy::TooLong,
            Unbuildable::File => FailedWhy::FileUnreadable,
            Unbuildable::Alias => FailedWhy::AliasRefused,
        }
    }
}

impl Core {
    /// Builds a post for its next attempt.
    pub(crate) fn build(
        &mut self,
        conn: &Connection,
        item: &Item,
        message: i64,
        own_copy: bool,
    ) -> Result<Built, Unbuildable> {
        let draft = inbox::draft(conn, message)?.ok_or(Unbuildable::Gone)?;
        let alias = aliases::by_name(conn, &draft.from_alias)?;
        if alias.is_some_and(|alias| alias.state == aliases::AliasState::Refused) {
            return Err(Unbuildable::Alias);
        }
        let list = threads::recipients(conn, draft.thread)?;
        let files = inbox::attachments(conn, message)?;
        let attached: u64 = files.iter().map(|file| file.size).sum();
        let begins = self.begins_thread(conn, item)?;
        let head = match &draft.data_head {
            Some(head) if !plant::on(Plant::NewSendIdEachTime) => head.clone(),
            _ => {
                let send_id = if plant::on(Plant::NewSendIdEachTime) {
                    SendId::from_random(self.random())
                } else {
                    item.send_id
                };
                datahead::encode(&post_head(conn, &draft, begins, &list, &files, send_id)?)?
            }
        };
        let (to, sure) = self.recipients(conn, draft.thread, &list, own_copy)?;
        let datahead = u32::try_from(head.len()).map_err(|_| Unbuildable::Gone)?;
        let lead = [head.as_slice(), draft.text.as_bytes()].concat();
        let size = lead.len() as u64 + attached;
        let request = Request::Post { to, datahead, datalen: size, datasum: Some(item.send_id.value()) };
        // Whatever cannot be encoded must be known before the row says `released`.
        request.encode(ANY_REQUEST_ID)?;
        let streams = attached > 0 && size > SMALL_POST;
        let (body, stream, content) = if streams {
            let stream = Outgoing::new(&files, lead.len() as u64);
            (Body::Streamed { lead, rest: attached }, Some(stream), Vec::new())
        } else {
            let whole = self.whole(lead, &files)?;
            let (_, content) = sort_whole(&whole, u64::from(datahead));
            (Body::Whole(whole), None, content.to_vec())
        };
        if draft.data_head.is_none() {
            inbox::set_built(conn, message, &head, &content)?;
        }
        Ok(Built { request, body, stream, size, sure })
    }

    /// Whether a new message would fit into the heads of a post: better said now than when it is sent.
    pub(crate) fn fits(&self, conn: &Connection, item: &Item, message: i64) -> Result<(), Unbuildable> {
        let draft = inbox::draft(conn, message)?.ok_or(Unbuildable::Gone)?;
        let list = threads::recipients(conn, draft.thread)?;
        let files = inbox::attachments(conn, message)?;
        let begins = self.begins_thread(conn, item)?;
        let mut head = post_head(conn, &draft, begins, &list, &files, item.send_id)?;
        if !begins {
            // The thread may have no id yet: any is as long as any other.
            head.thread_id = Some(MsgId(0).to_string());
        }
        let head = datahead::encode(&head)?;
        let (to, _) = self.recipients(conn, draft.thread, &list, true)?;
        let datahead = u32::try_from(head.len()).map_err(|_| Unbuildable::Gone)?;
        let datalen = u64::from(datahead) + item.size;
        Request::Post { to, datahead, datalen, datasum: Some(item.send_id.value()) }
            .encode(ANY_REQUEST_ID)?;
        Ok(())
    }

    /// Head, text and small attachments in one piece.
    fn whole(&self, mut bytes: Vec<u8>, files: &[Attached]) -> Result<Vec<u8>, Unbuildable> {
        for file in files {
            let size = usize::try_from(file.size).map_err(|_| Unbuildable::File)?;
            match &file.place {
                Bytes::Here(data) if data.len() == size => bytes.extend_from_slice(data),
                Bytes::Here(_) => return Err(Unbuildable::File),
                Bytes::File { file, start } => {
                    let begin = bytes.len();
                    bytes.resize(begin + size, 0);
                    let room = bytes.get_mut(begin..).ok_or(Unbuildable::File)?;
                    let read = self.files.read_at(file, *start, room).map_err(|_| Unbuildable::File)?;
                    if read != size {
                        return Err(Unbuildable::File);
                    }
                }
            }
        }
        Ok(bytes)
    }

    /// To whom a post goes, everybody once, and whether all of them are known to be accepted by this site.
    fn recipients(
        &self,
        conn: &Connection,
        thread: i64,
        list: &[Cc],
        own_copy: bool,
    ) -> Result<(Vec<To>, bool), StoreError> {
        let own = self.uid();
        let mut to: Vec<To> = Vec::new();
        let mut sure = true;
        for cc in list.iter().filter(|cc| own.is_none_or(|own| cc.who_uid != own.as_str())) {
            let next = if cc.is_group() {
                cc.who_uid.parse::<Gid>().ok().map(To::GroupOthers)
            } else {
                cc.who_uid.parse::<Uid>().ok().map(To::Member)
            };
            // What a foreign list holds may be nobody. Such an entry would refuse the whole post.
            let Some(next) = next.filter(|next| !to.contains(next)) else { continue };
            sure &= !cc.is_group() && contacts::peer(conn, &cc.who_uid)?.1;
            to.push(next);
        }
        if list.is_empty()
            && let Some(own) = own
            && let Some(writer) = threads::first_writer(conn, thread, own.as_str())?
            && let Ok(uid) = writer.parse::<Uid>()
        {
            to.push(To::Member(uid));
        }
        if let Some(own) = own.filter(|_| own_copy) {
            to.push(To::Member(own.clone()));
        }
        Ok((to, sure))
    }
}

fn post_head(
    conn: &Connection,
    draft: &Draft,
    begins: bool,
    list: &[Cc],
    files: &[Attached],
    send_id: SendId,
) -> Result<PostHead, StoreError> {
    let thread = threads::by_id(conn, draft.thread)?;
    let attach = |file: &Attached| Attach {
        name: file.name.clone(),
        size: file.size,
        ffn: file.ffn.clone(),
        sha256: file.sha256,
    };
    Ok(PostHead {
        alias: draft.from_alias.clone(),
        thread_id: if begins { None } else { thread.reply_msgid.map(|id| id.to_string()) },
        subject: draft.subject.clone(),
        attach: files.iter().map(attach).collect(),
        cc: if begins { list.to_vec() } else { Vec::new() },
        send_id: Some(send_id),
        ..PostHead::default()
    })
}
