//! A large delivery on its way in.

use tmtp_session::RequestKey;
use tmtp_store::StoreError;
use tmtp_store::files;
use tmtp_store::limits::AHEAD_PIECE;
use tmtp_store::write::names;
use tmtp_store::write::too_large::{self, Word};
use tmtp_wire::message::QueuedOp;
use tmtp_wire::time::Mono;

use super::head::Head;
use super::{Job, JobDone, JobError, JobId};
use crate::api::{Event, Output, ParkedWhy, WaitWhy};
use crate::core::Core;
use crate::effects::Effects;
use crate::inbox::{Body, Data, Delivery, Sorted, Sorter, content, hash, parts};
use crate::limits::{FULL_NEEDS, PROGRESS_EVERY, SYNCING_AT_ONCE};
use crate::live::Link;
use crate::tx::Tx;

/// A large delivery on its way in.
pub(crate) struct Arriving {
    head: Head,
    into: Into,
    received: u64,
    said: Mono,
}

enum Into {
    /// Into a file, taken apart on the way.
    File(Box<(files::Incoming, Sorter)>),
    /// Nowhere: it is here already, or the member has discarded it.
    Nowhere,
}

/// A large delivery, taken apart on the way, whose file is being hashed and synced.
pub(crate) struct Waiting {
    head: Head,
    file: String,
    /// `None`: it is no post.
    sorted: Option<Sorted>,
}

impl Arriving {
    /// The link has ended in the middle of it.
    pub(crate) fn abandon(self, effects: &mut Effects) {
        if let Some(file) = self.into_file() {
            effects.unneeded(file);
        }
    }

    /// The file that it was going into.
    pub(crate) fn into_file(self) -> Option<String> {
        match self.into {
            Into::File(file) => Some(file.0.file().to_owned()),
            Into::Nowhere => None,
        }
    }
}

impl Waiting {
    pub(crate) fn file(&self) -> &str {
        &self.file
    }
}

impl Core {
    /// A large delivery begins. It is taken in, dropped because it is here already, or asked about.
    pub(crate) fn spool(&mut self, tx: &mut Tx<'_>, head: Head) -> Result<(), StoreError> {
        if self.waiting.len() >= SYNCING_AT_ONCE {
            // A site waits for a confirmation before it sends on (wire 12.2): this one does not.
            let random = self.random();
            self.pacing.service_failed(self.now.mono, WaitWhy::SiteTrouble, random);
            return self.leave_now(tx);
        }
        self.tally("received", 1);
        let conn = tx.conn()?;
        let known = match &head {
            Head::Queued(head) => {
                names::message(conn, head.id)?.is_some_and(|named| named.header == hash(&head.raw))
            }
            Head::Bad(_) => false,
        };
        let word = too_large::word(conn, head.key())?;
        let most = self.env.settings.asked_above();
        let into = match word {
            _ if known => Into::Nowhere,
            Some(Word::Discard) => Into::Nowhere,
            Some(Word::Ask) | None if head.datalen() > most => {
                return self.ask_about(tx, &head);
            }
            // No room that time will bring: the member says whether to make some.
            Some(Word::Accept | Word::Ask) | None if self.lacks(head.datalen()).is_some() => {
                return self.ask_about(tx, &head);
            }
            Some(Word::Accept | Word::Ask) | None => self.new_file(&head)?,
        };
        let said = self.now.mono;
        if let Link::Up(up) = &mut self.link {
            up.incoming = Some(Arriving { head, into, received: 0, said });
        }
        Ok(())
    }

    /// Asks the member about a delivery, and waits for the word without a link.
    fn ask_about(&mut self, tx: &mut Tx<'_>, head: &Head) -> Result<(), StoreError> {
        let (msgid, size) = (head.key(), head.datalen());
        too_large::ask(tx.conn()?, msgid, head.from(), size)?;
        self.asking = true;
        self.count("too_large");
        self.event(Event::TooLarge { msgid, from: head.from().cloned(), size });
        self.leave_now(tx)
    }

    /// A file for a delivery, if the disk has room for all of it: what is broken off has to come again whole.
    fn new_file(&mut self, head: &Head) -> Result<Into, StoreError> {
        let needed = head.datalen().saturating_add(FULL_NEEDS);
        if self.files.free_space().is_ok_and(|free| free < needed) {
            return Err(StoreError::Full { needed });
        }
        let name = format!("{}{:016x}", head.key(), self.random());
        let file = self.files.incoming(&name)?;
        Ok(Into::File(Box::new((file, Sorter::new(head.datalen(), head.datahead())))))
    }

    pub(crate) fn large_data(&mut self, tx: &mut Tx<'_>, bytes: &[u8]) -> Result<(), StoreError> {
        let now = self.now.mono;
        let Some(arriving) = self.link.up_mut().and_then(|up| up.incoming.as_mut()) else { return Ok(()) };
        if let Into::File(file) = &mut arriving.into {
            match file.0.write(bytes) {
                // No room that time will bring: the member says whether to make some.
                Err(StoreError::QuotaExceeded { .. }) => {
                    let head = arriving.head.clone();
                    return self.ask_about(tx, &head);
                }
                other => other?,
            }
            file.1.push(bytes);
            // Once, when its head has told the parts, and if enough is still to come.
            let size = file.0.size();
            let begins = size >= AHEAD_PIECE && size - (bytes.len() as u64) < AHEAD_PIECE;
            if begins
                && arriving.head.datalen().saturating_sub(size) >= AHEAD_PIECE
                && let Some(parts) = file.1.parts()
            {
                file.0.work_ahead(parts)?;
            }
        }
        arriving.received += bytes.len() as u64;
        if now.since(arriving.said) >= PROGRESS_EVERY {
            arriving.said = now;
            let (msgid, received, of) = (arriving.head.key(), arriving.received, arriving.head.datalen());
            self.event(Event::Receiving { msgid, received, of });
        }
        Ok(())
    }

    pub(crate) fn large_ended(&mut self, tx: &mut Tx<'_>) -> Result<(), StoreError> {
        let Some(arriving) = self.link.up_mut().and_then(|up| up.incoming.take()) else { return Ok(()) };
        let head = arriving.head;
        let Into::File(file) = arriving.into else {
            let conn = tx.conn()?;
            // A discarded one stays noted: the site sends it again if this confirmation is lost.
            if too_large::word(conn, head.key())? != Some(Word::Discard) {
                too_large::settle(conn, head.key())?;
            }
            self.confirm_head(&head);
            return Ok(());
        };
        let (incoming, sorter) = *file;
        let sorted = sorter.finish();
        let parts = parts(sorted.as_ref(), head.datalen());
        let id = self.new_job();
        self.waiting.insert(id, Waiting { head, file: incoming.file().to_owned(), sorted });
        self.output(Output::Job(id, Job { incoming, parts }));
        Ok(())
    }

    /// The file of a large delivery is durable, or could not be made so.
    pub(crate) fn job_done(
        &mut self,
        tx: &mut Tx<'_>,
        id: JobId,
        result: Result<JobDone, JobError>,
    ) -> Result<(), StoreError> {
        let Some(waiting) = self.waiting.remove(&id) else { return Ok(()) };
        self.taken_files.push(waiting.file.clone());
        let JobDone { hashes } = result?;
        let Waiting { head, file, mut sorted } = waiting;
        if let Some(sorted) = &mut sorted {
            sorted.judge(&hashes);
        }
        let content = content(&hashes);
        match &head {
            Head::Bad(frame) => self.take_bad(tx.conn()?, frame, &file, content)?,
            Head::Queued(queued) => {
                let data = Data::File(&file);
                let is_delivery = matches!(queued.op, QueuedOp::Delivery { .. });
                let taken = self.attempt(tx, |core, conn| {
                    if is_delivery {
                        return core.delivery(conn, queued, &Delivery { sorted, content, data });
                    }
                    core.park(conn, queued, Body::File(&file, content), ParkedWhy::NotYet)
                })?;
                if taken.is_none() {
                    self.park(tx.conn()?, queued, Body::File(&file, content), ParkedWhy::Failed)?;
                }
            }
        }
        too_large::settle(tx.conn()?, head.key())?;
        self.confirm_head(&head);
        Ok(())
    }

    fn confirm_head(&mut self, head: &Head) {
        match head {
            Head::Queued(head) => self.confirm_stored(head.id),
            Head::Bad(frame) => self.confirm(frame.id.clone()),
        }
    }

    /// Says how far a large post is, at most a few times a second.
    pub(crate) fn progress(&mut self, key: RequestKey, sent: u64) {
        let now = self.now.mono;
        let open = self.link.up_mut().and_then(|up| up.open.get_mut(&key.0.cast_signed()));
        let Some((send_id, stream)) = open.and_then(|open| Some((open.send_id, open.stream.as_mut()?)))
        else {
            return;
        };
        if stream.says(now) {
            let of = stream.total;
            self.event(Event::Progress { send_id, sent, of });
        }
    }
}
