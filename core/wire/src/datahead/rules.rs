//! The rules that keep stock clients alive (client-formats 1), as checks of a head that is to be sent.

use std::collections::HashSet;

use super::{Attach, HeadError, PostHead};
use crate::filename::escaped_len;
use crate::ids::MsgId;
use crate::limits::{ATTACH_NAME_ESCAPED_STOCK, ATTACHMENTS_MAX, NOTE_BYTES_MAX, RECIPIENTS_MAX};
use crate::request::To;

impl PostHead {
    /// R4, R6, R7 and R9 as far as the head alone shows them. [`super::encode`] calls it.
    pub(super) fn check(&self) -> Result<(), HeadError> {
        check_id("threadid", self.thread_id.as_deref())?;
        check_id("confirmid", self.confirm_id.as_deref())?;
        if self.starts_thread() {
            self.check_start()?;
        }
        // One more than the recipients: the author.
        if self.cc.len() > RECIPIENTS_MAX + 1 {
            return Err(HeadError::TooMany { field: "cc", limit: RECIPIENTS_MAX + 1 });
        }
        if self.cc.iter().any(|cc| cc.note.len() > NOTE_BYTES_MAX) {
            return Err(HeadError::NoteTooLong { limit: NOTE_BYTES_MAX });
        }
        if self.attach.len() > ATTACHMENTS_MAX {
            return Err(HeadError::TooMany { field: "attach", limit: ATTACHMENTS_MAX });
        }
        let mut names = HashSet::new();
        for attach in &self.attach {
            check_attach(attach)?;
            if !names.insert(attach.name.as_str()) {
                return Err(HeadError::NameTwice);
            }
        }
        self.attached().map(|_| ())
    }

    /// R4: a new thread has a subject, and its list begins with the author or is a group's.
    fn check_start(&self) -> Result<(), HeadError> {
        if self.subject.trim().is_empty() {
            return Err(HeadError::NoSubject);
        }
        match self.cc.first() {
            Some(first) if first.is_group() || (first.who == self.alias && first.who_uid == first.by_uid) => {
                Ok(())
            }
            _ => Err(HeadError::AuthorNotFirst),
        }
    }

    /// R5: whoever gets a new thread by uid finds himself in its list.
    pub fn check_recipients(&self, to: &[To]) -> Result<(), HeadError> {
        if !self.starts_thread() {
            return Ok(());
        }
        let listed: HashSet<&str> = self.cc.iter().map(|cc| cc.who_uid.as_str()).collect();
        let missing = to.iter().any(|to| matches!(to, To::Member(uid) if !listed.contains(uid.as_str())));
        if missing { Err(HeadError::RecipientNotListed) } else { Ok(()) }
    }
}

fn check_id(field: &'static str, id: Option<&str>) -> Result<(), HeadError> {
    match id.map(str::parse::<MsgId>) {
        Some(Err(_)) => Err(HeadError::NotAMessageId { field }),
        _ => Ok(()),
    }
}

fn check_attach(attach: &Attach) -> Result<(), HeadError> {
    let known = ["u:", "f:", "r:"].iter().any(|prefix| attach.name.starts_with(prefix));
    if !known || attach.name.len() < 3 {
        return Err(HeadError::NamePrefix);
    }
    let actual = escaped_len(&attach.name);
    if actual > ATTACH_NAME_ESCAPED_STOCK {
        return Err(HeadError::NameTooLong { limit: ATTACH_NAME_ESCAPED_STOCK, actual });
    }
    if attach.name.starts_with("r:") && attach.size < 2 {
        return Err(HeadError::NotAForm);
    }
    Ok(())
}
