//! A post that comes: new, or one that is here already under this or another id.

use rusqlite::Connection;
use tmtp_store::StoreError;
use tmtp_store::trust::says_nothing;
use tmtp_store::write::inbox::{Attached, Bytes, NewMessage};
use tmtp_store::write::threads::Thread;
use tmtp_store::write::{contacts, inbox, names, threads};
use tmtp_wire::datahead::{Attach, Cc};
use tmtp_wire::filename;
use tmtp_wire::ids::{MessageRef, MsgId, SendId, Uid};
use tmtp_wire::message::{Queued, QueuedOp};
use tmtp_wire::time::Wall;

use super::park::Body;
use super::{Sorted, cut, harmless, part_of, sort_whole};
use crate::api::{Event, ParkedWhy};
use crate::core::Core;
use crate::limits::{CLAIM_BYTES, CLAIMS_OF_MESSAGE};
use crate::plant::{self, Plant};
use crate::posted;

/// A delivery with its data taken apart.
pub(crate) struct Delivery<'a> {
    /// `None`: it is no post.
    pub(crate) sorted: Option<Sorted>,
    /// Stands for everything behind the header; see [`super::content`].
    pub(crate) content: [u8; 32],
    /// Where the data is.
    pub(crate) data: Data<'a>,
}

/// Where a delivery's data is.
#[derive(Clone, Copy)]
pub(crate) enum Data<'a> {
    /// In memory.
    Here(&'a [u8]),
    /// In a file of this account, synced.
    File(&'a str),
}

impl<'a> Delivery<'a> {
    pub(crate) fn whole(head: &Queued, data: &'a [u8]) -> Self {
        let (sorted, content) = sort_whole(data, head.datahead);
        Delivery { sorted, content, data: Data::Here(data) }
    }

    fn body(&self) -> Body<'a> {
        match self.data {
            Data::Here(data) => Body::Here(data),
            Data::File(file) => Body::File(file, self.content),
        }
    }
}

/// A post that is new, with what was found out about it.
struct New<'a> {
    head: &'a Queued,
    sorted: &'a Sorted,
    send_id: Option<SendId>,
    own: bool,
    thread: Thread,
}

impl Core {
    /// Takes in a delivery whose data has come.
    pub(crate) fn delivery(
        &mut self,
        conn: &Connection,
        head: &Queued,
        delivery: &Delivery<'_>,
    ) -> Result<(), StoreError> {
        if plant::on(Plant::HighestIdDuplicates) && self.member.last_msgid.is_some_and(|last| head.id <= last)
        {
            return Ok(());
        }
        if let Some(named) = names::message(conn, head.id)? {
            return self.known_id(conn, head, delivery, &named);
        }
        let token = head.datasum.and_then(SendId::new).filter(|_| plant::on(Plant::FoldByDatasum));
        let send_id = delivery.sorted.as_ref().and_then(|sorted| sorted.head.send_id).or(token);
        let own = self.is_own(&head.from);
        // Also by what is only stored raw: whatever comes without a send id was not written by a node of ours. Under the
        // own uid such a one may be a spoilt copy; and that this node folds says nothing of the member's others.
        let says = !own || (send_id.is_none() && delivery.sorted.is_some());
        if says && !self.lately.has_peer(&head.from, send_id.is_some()) {
            match send_id {
                Some(_) => contacts::folds(conn, &head.from)?,
                None if plant::on(Plant::FoldsForEver) => contacts::accept(conn, head.from.as_str())?,
                None => contacts::folds_not(conn, &head.from)?,
            }
        }
        let whole = matches!(head.op, QueuedOp::Delivery { notify: None | Some(0) });
        let Some(sorted) = delivery.sorted.as_ref() else {
            return self.park(conn, head, delivery.body(), ParkedWhy::Malformed);
        };
        if !whole || sorted.head.node_sync || sorted.head.confirm_id.is_some() {
            return self.park(conn, head, delivery.body(), ParkedWhy::NotYet);
        }
        let Ok(thread_id) = sorted.head.thread() else {
            return self.park(conn, head, delivery.body(), ParkedWhy::Malformed);
        };
        if let Some(send_id) = send_id
            && self.fold(conn, head, delivery, send_id)?
        {
            return Ok(());
        }
        if plant::on(Plant::DropOrphanReply)
            && let Some(id) = thread_id
            && names::thread(conn, id)?.is_none()
        {
            return Ok(());
        }
        let thread = self.thread_for(conn, head, sorted, thread_id)?;
        self.store_new(conn, delivery, &New { head, sorted, send_id, own, thread })
    }

    /// The thread of a new post: begun by it, known, or known by name only.
    fn thread_for(
        &mut self,
        conn: &Connection,
        head: &Queued,
        sorted: &Sorted,
        thread_id: Option<MsgId>,
    ) -> Result<Thread, StoreError> {
        let subject = harmless(&sorted.head.subject);
        let Some(id) = thread_id else {
            let thread = match names::thread(conn, head.id)? {
                Some(thread) => {
                    threads::begin(conn, thread, &subject)?;
                    self.event(Event::ThreadChanged(MessageRef::Site(head.id)));
                    thread
                }
                None => threads::create(conn, head.id, &subject, true)?,
            };
            self.take_recipients(conn, thread, head, &sorted.head.cc)?;
            return threads::by_id(conn, thread);
        };
        match threads::find(conn, MessageRef::Site(id))? {
            Some(thread) => Ok(thread),
            None => {
                self.count("threads_without_beginning");
                let thread = threads::create(conn, id, &subject, false)?;
                threads::by_id(conn, thread)
            }
        }
    }

    /// Keeps to whom a thread goes, and what its sender claims about who is who.
    fn take_recipients(
        &mut self,
        conn: &Connection,
        thread: i64,
        head: &Queued,
        list: &[Cc],
    ) -> Result<(), StoreError> {
        let list: Vec<Cc> = list
            .iter()
            .map(|cc| Cc {
                who: harmless(&cc.who),
                by: harmless(&cc.by),
                who_uid: cut(&cc.who_uid, CLAIM_BYTES).to_owned(),
                by_uid: cut(&cc.by_uid, CLAIM_BYTES).to_owned(),
                date: if head.posted.is_empty() { cut(&cc.date, 40).to_owned() } else { head.posted.clone() },
                note: harmless(&cc.note),
                subscribe: cc.subscribe,
            })
            .collect();
        threads::set_recipients(conn, thread, &list)?;
        let people = list.iter().filter(|cc| !cc.is_group());
        let uids = people.filter_map(|cc| Some((&cc.who, cc.who_uid.parse::<Uid>().ok()?)));
        // What the sender says of themselves is taken with the message.
        let others = uids.filter(|(_, uid)| *uid != head.from && !self.is_own(uid));
        for (who, uid) in others.take(CLAIMS_OF_MESSAGE).collect::<Vec<_>>() {
            self.claimed(conn, who, &uid, head)?;
        }
        Ok(())
    }

    fn claimed(
        &mut self,
        conn: &Connection,
        alias: &str,
        uid: &Uid,
        head: &Queued,
    ) -> Result<(), StoreError> {
        let empty = says_nothing(alias, uid.as_str());
        if empty || self.is_own(uid) || self.lately.has_claim(alias, uid) {
            return Ok(());
        }
        let claimed = contacts::claim(conn, alias, uid, &head.from, Some(head.id), self.now.wall)?;
        if claimed.dropped {
            self.lately.forget();
        }
        if claimed.news {
            self.event(Event::ContactsChanged);
        }
        Ok(())
    }

    fn store_new(
        &mut self,
        conn: &Connection,
        delivery: &Delivery<'_>,
        new: &New<'_>,
    ) -> Result<(), StoreError> {
        let New { head, sorted, send_id, own, ref thread } = *new;
        let posted: Option<Wall> = posted::parse(&head.posted);
        let alias = &harmless(&sorted.head.alias);
        let message = NewMessage {
            thread: thread.id,
            msgid: Some(head.id),
            send_id,
            own,
            from_uid: head.from.as_str(),
            from_alias: alias,
            subject: &harmless(&sorted.head.subject),
            text: &sorted.text,
            posted,
            written: None,
            content: &delivery.content,
            header_head: Some(&head.raw),
            data_head: Some(&sorted.head_bytes),
            unread: !own,
        };
        let id = inbox::insert(conn, &message)?;
        names::name_new(conn, id, head.id, &head.raw)?;
        self.store_attachments(conn, delivery, sorted, id)?;
        threads::shown(conn, thread.id, tmtp_store::values::id_in(head.id), !own)?;
        self.claimed(conn, alias, &head.from, head)?;
        let reference = MessageRef::Site(head.id);
        let thread = thread.reference().unwrap_or(reference);
        if !own {
            self.wake_saw_message(thread, reference);
        }
        self.event(Event::MessageArrived { thread, message: reference, unread: !own });
        Ok(())
    }

    fn store_attachments(
        &mut self,
        conn: &Connection,
        delivery: &Delivery<'_>,
        sorted: &Sorted,
        message: i64,
    ) -> Result<(), StoreError> {
        let mut used = false;
        let mut list = Vec::with_capacity(sorted.head.attach.len());
        // The exact names stay in the data head.
        let names = filename::received(sorted.head.attach.iter().map(|attach| attach.name.as_str()));
        for ((attach, name), (start, damaged)) in sorted.head.attach.iter().zip(names).zip(&sorted.attached) {
            if *damaged {
                self.count("damaged_attachments");
            }
            let place = match delivery.data {
                Data::Here(data) => {
                    Bytes::Here(part_of(data, &(*start..start.saturating_add(attach.size))).to_vec())
                }
                Data::File(file) => {
                    used = true;
                    Bytes::File { file: file.to_owned(), start: *start }
                }
            };
            list.push(attached(attach, name, *damaged, place));
        }
        if let Data::File(file) = delivery.data
            && !used
        {
            self.effects.unneeded(file.to_owned());
        }
        inbox::attach(conn, message, &list)
    }
}

fn attached(attach: &Attach, name: String, damaged: bool, place: Bytes) -> Attached {
    Attached { name, size: attach.size, ffn: harmless(&attach.ffn), sha256: attach.sha256, damaged, place }
}
