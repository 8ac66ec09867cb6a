//! What proves that a post was sent of which no copy comes: something that the site handled behind it.
//!
//! # Which posts have no copy
//!
//! Every post names its own sender among those whom it is for, so that its copy comes back, with its id: proof, and
//! place. Only a large one does not: above [`Settings::own_copy_max`](crate::Settings) where bytes cost money, above
//! [`Settings::own_copy_cheap_max`](crate::Settings) in any case. To leave the copy out of bursts of small posts as
//! well, to peers that fold, would spare one turn of the stop-and-wait queue for each, but there is no way to know what
//! became of those behind which nothing has come: they would have to be sent again blindly, which shows them twice at
//! every node that folds nothing and never writes, so that nobody can know of it; and those behind which something
//! has come would never learn their id, and stand in another place than everywhere else. So a burst is made
//! slower instead: see `waits_for_copies` in `pump`.
//!
//! # The marker
//!
//! Right behind a post without a copy, on the same link, goes a ping of this member to itself: without text, with the
//! post's send id as its token. The site handles the requests of a link in order (wire 13), and queues the ping for this
//! node too. So what comes back before the next barrier says what became of the post:
//!
//! | the post was | and the marker | then the post |
//! |---|---|---|
//! | answered | whatever | is settled by its answer |
//! | cut before its last record was released | – | was not sent: queued again |
//! | released, answer lost | is here | was handled: sent, if nothing in it can be refused; see below |
//! | released, answer lost | is not here | was most likely not taken: the link ended between its last record and the next one, or took both along. Sent again if everybody folds, two nets under it; else the person's |
//!
//! Such a ping is never stored nor shown by our nodes, and stock ones log it as sent (wire 14.3). The copy of a small post
//! that happens to be behind a large one on its link proves the same.
//!
//! # What remains for a person
//!
//! Counted as `doubts_open`: a post without a copy whose marker is missing, to somebody who is not known to fold; one
//! that was handled but may have been refused (to a group, to a uid that this site has never accepted), its answer being
//! lost; the beginning of a thread larger than any copy; anything in doubt at a site that proves nothing; one that was
//! withdrawn in doubt. None of them holds up what follows in its thread, unless the thread has no id without it.
//!
//! One risk is taken instead of asking: where everybody is known to fold and the marker is missing, the post is sent again
//! (counted as `doubts_sent_again`), and a stock node of a recipient, or of the own member, that has never written,
//! of which therefore nobody can know, shows it twice if it was taken after all.
//!
//! What is sent in this way has no id of the site, and is counted as `sent_without_id`. Its place is found: behind
//! whatever its thread had when it left, which is exact but for messages of others that were on their way then.

use rusqlite::Connection;
use tmtp_session::{Body, Command as Word, RequestKey, Submit};
use tmtp_store::StoreError;
use tmtp_store::write::outbox::{self, Item, Kind, Stage};
use tmtp_store::write::{inbox, threads};
use tmtp_wire::ids::SendId;
use tmtp_wire::message::Queued;
use tmtp_wire::request::Request;

use crate::core::Core;

/// Under which key a post's marker is handed to the session. Rows of the outbox are positive, and no request of theirs
/// has such a key.
fn key_of(item: i64) -> RequestKey {
    RequestKey((!item).cast_unsigned())
}

/// Whether this is the key of a marker. Its answer says nothing: it comes behind that of the post.
pub(crate) fn is_marker(key: RequestKey) -> bool {
    key.0.cast_signed() < 0
}

impl Core {
    /// Has a marker follow a post that goes without a copy. Without an alias, or without room on the link, there is none.
    pub(super) fn mark(&mut self, conn: &Connection, item: i64, send_id: SendId) -> Result<(), StoreError> {
        if self.room() == 0 {
            return Ok(());
        }
        let Some(alias) = self.held_alias(conn)? else { return Ok(()) };
        let request =
            Request::Ping { from: alias.clone(), to: alias, datalen: 0, datasum: Some(send_id.value()) };
        self.effects.word(Word::Submit(Submit { key: key_of(item), request, body: Body::None }));
        self.tally("markers", 1);
        if let Some(up) = self.link.up_mut() {
            up.markers += 1;
        }
        Ok(())
    }

    /// A marker was answered: there is room for another request.
    pub(crate) fn marker_answered(&mut self) {
        if let Some(up) = self.link.up_mut() {
            up.markers = up.markers.saturating_sub(1);
        }
    }

    /// A ping of this member to itself has come that stores nothing: if it is a marker, its post was handled.
    pub(crate) fn marker_came(&mut self, conn: &Connection, head: &Queued) -> Result<(), StoreError> {
        let Some(send_id) = head.datasum.and_then(SendId::new) else { return Ok(()) };
        let item = outbox::by_send_id(conn, send_id)?.filter(|item| matches!(item.kind, Kind::Post(_)));
        let Some(item) = item.filter(|item| item.stage != Stage::Failed) else { return Ok(()) };
        outbox::set_handled(conn, item.id)?;
        match item.stage {
            // The answer is on its way. If the link ends before, this stands in the row.
            Stage::Released => Ok(()),
            Stage::Sending | Stage::Queued | Stage::Doubt | Stage::Failed => self.handled(conn, &item),
        }
    }

    /// The copy of a post has come: those that were handed to the same link before it were handled.
    pub(super) fn earlier_handled(&mut self, conn: &Connection, item: &Item) -> Result<(), StoreError> {
        if item.login == 0 {
            return Ok(());
        }
        for earlier in outbox::handled_before(conn, item.login, item.handed)? {
            self.handled(conn, &earlier)?;
        }
        Ok(())
    }

    /// A post was handled by the site, that is: accepted, or refused without a word reaching us. It counts as sent only
    /// if nothing in it could be refused. One with an own copy has its own proof; one that begins a thread is useless
    /// without its id.
    pub(crate) fn handled(&mut self, conn: &Connection, item: &Item) -> Result<(), StoreError> {
        let Kind::Post(message) = item.kind else { return Ok(()) };
        if item.own_copy || !item.sure || self.begins_thread(conn, item)? {
            return Ok(());
        }
        self.count("doubts_sent");
        if item.stage == Stage::Sending {
            // Its person has sent it again, and an earlier attempt was taken after all: once is enough.
            self.break_off(item);
        }
        self.sent_without_id(conn, item, message)
    }

    /// A post was sent, and nobody will ever tell its id: it gets its place all the same.
    pub(crate) fn sent_without_id(
        &mut self,
        conn: &Connection,
        item: &Item,
        message: i64,
    ) -> Result<(), StoreError> {
        self.count("sent_without_id");
        if let Some(thread) = item.thread {
            inbox::set_place(conn, message, thread, item.floor)?;
            threads::replace_newest(conn, thread)?;
        }
        self.sent(conn, item)
    }
}
