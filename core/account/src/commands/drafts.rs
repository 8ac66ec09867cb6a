//! Drafts: kept until they are sent or forgotten. What is in them may be unfinished: it is checked when it is
//! sent, here only against sizes.

use rusqlite::Connection;
use tmtp_store::drafts::{self, NewDraft};
use tmtp_store::write::{outbox, threads};
use tmtp_wire::check;

use super::{Problem, check_draft_id};
use crate::api::{Refused, Reply, SaveDraft, To};
use crate::core::Core;

impl Core {
    pub(super) fn save_draft(&mut self, conn: &Connection, draft: &SaveDraft) -> Result<Reply, Problem> {
        check_draft_id(&draft.id)?;
        // What comes late, behind its own sending, must not look like something that is still to be sent.
        if outbox::is_used(conn, &draft.id)? {
            return Err(Refused::DraftUsed.into());
        }
        check::subject(&draft.subject)?;
        check::message_text(&draft.text)?;
        super::check_attachments(&draft.attachments)?;
        self.room_for(draft.text.len())?;
        let (thread, alias, to) = match &draft.to {
            To::NewThread { recipients, from_alias } => {
                check::recipients(recipients.len())?;
                for recipient in recipients {
                    check::note(&recipient.note)?;
                }
                let to = recipients.iter().map(|to| (to.who.as_str(), to.note.as_str())).collect();
                (None, from_alias.as_ref(), to)
            }
            To::Reply(thread) => {
                let found = threads::find(conn, *thread)?.ok_or(Refused::NotFound)?;
                (Some(found.id), None, Vec::new())
            }
        };
        let files: Vec<_> = draft.attachments.iter().map(|file| (file.name.as_str(), &file.staged)).collect();
        let unneeded = drafts::save(
            conn,
            &NewDraft {
                id: &draft.id,
                thread,
                from_alias: alias.map(|alias| alias.as_str()).unwrap_or_default(),
                to: &to,
                subject: &draft.subject,
                text: &draft.text,
                files: &files,
                changed: self.now.wall,
            },
        )?;
        self.drop_files(unneeded);
        self.drafts_changed();
        Ok(Reply::Done)
    }

    pub(super) fn delete_draft(&mut self, conn: &Connection, id: &str) -> Result<Reply, Problem> {
        let unneeded = drafts::delete(conn, id)?;
        self.drop_files(unneeded);
        self.drafts_changed();
        Ok(Reply::Done)
    }
}
