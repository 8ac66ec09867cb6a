//! Which items leave next. In the order of `send`, small ones before large ones, one large one at a time;
//! posts of one thread never overtake each other, a reply waits for its thread's id, and behind a post in
//! doubt only its own thread waits.

use rusqlite::Connection;
use tmtp_session::{Body, Command as Word, RequestKey, State as Stands, Submit};
use tmtp_store::write::outbox::{self, Attempt, Item, Kind, Stage};
use tmtp_store::write::{aliases, inbox, nodes, parked, pings, threads};
use tmtp_store::{OutgoingState, StoreError};
use tmtp_wire::ids::SendId;
use tmtp_wire::names::{Alias, Label};
use tmtp_wire::request::{Request, Token};
use tmtp_wire::time::Mono;

use super::build::{ANY_REQUEST_ID, Built, Unbuildable};
use super::{is_for_the_person, poison_of};
use crate::core::Core;
use crate::limits::{
    ATTEMPTS_ALONE, OWN_COPIES_AT_ONCE, OWN_COPIES_SILENT, POISON_ALONE, SMALL_POST, TEXT_KEPT, WHOLE_AT_ONCE,
};
use crate::live::{Link, Open, Up};
use crate::plant::{self, Plant};
use crate::transfer::Outgoing;
use crate::tx::{Tx, is_trouble};

/// An item that is ready to be handed to the session.
struct Ready {
    request: Request,
    body: Body,
    stream: Option<Outgoing>,
    size: u64,
    own_copy: bool,
    sure: bool,
    floor: Option<i64>,
}

impl Core {
    /// Hands out what is ready, as far as the window has room.
    pub(crate) fn pump(&mut self, tx: &mut Tx<'_>) -> Result<(), StoreError> {
        self.forget_overdue_copies();
        if !std::mem::take(&mut self.pump_wanted) || !self.may_hand_out() {
            return Ok(());
        }
        let conn = tx.conn()?;
        let mut after = 0;
        while self.may_hand_out() {
            let Some(item) = next(conn, after, SMALL_POST)? else { break };
            after = item.id;
            if !self.hand_out(tx, &item)? {
                return Ok(());
            }
        }
        let streams = self.link.up().is_some_and(|up| up.streams());
        if self.may_hand_out()
            && !streams
            && let Some(item) = next(conn, 0, u64::MAX)?
            && self.fits_memory(&item)
        {
            self.hand_out(tx, &item)?;
        }
        Ok(())
    }

    /// One place of the window stays free for a marker, which is worth nothing if it comes too late.
    fn may_hand_out(&self) -> bool {
        self.room() > 1 && self.waits_for_copies().is_none()
    }

    /// Whether so many own copies are under way that nothing more is handed out before some have come: each of them
    /// stands in front of mail that comes later. If so, until when that is waited for at a site that sends nothing.
    pub(crate) fn waits_for_copies(&self) -> Option<Mono> {
        let up = self.link.up().filter(|up| up.copies.len() >= OWN_COPIES_AT_ONCE && !up.leaving)?;
        Some(up.search.quiet_since(up.copied) + OWN_COPIES_SILENT)
    }

    /// The copy of an own post has come, in whatever form.
    pub(crate) fn copy_is_here(&mut self, send_id: SendId) {
        let waited = self.waits_for_copies().is_some();
        if let Some(up) = self.link.up_mut() {
            up.copies.remove(&send_id);
            self.pump_wanted |= waited;
        }
    }

    /// Copies that should have come long ago are not waited for: a site may send none.
    fn forget_overdue_copies(&mut self) {
        if self.waits_for_copies().is_none_or(|until| until > self.now.mono) {
            return;
        }
        self.count("own_copies_overdue");
        self.pump_wanted = true;
        if let Some(up) = self.link.up_mut() {
            up.copies.clear();
        }
    }

    /// Whether a large one can be held beside what is under way. Of each no more than head and text is held, and
    /// beside small ones alone there is always room for it.
    fn fits_memory(&self, item: &Item) -> bool {
        let held = self.link.up().map_or(0, Up::held);
        held.saturating_add(item.size.min(TEXT_KEPT)) <= WHOLE_AT_ONCE
    }

    /// How many requests may still be handed to the session. Also before its login is through, so that they
    /// leave in one flight with it; but not if the node was busy a moment ago.
    pub(crate) fn room(&self) -> usize {
        let Link::Up(up) = &self.link else { return 0 };
        let alone = up.open.values().any(|open| open.alone);
        let open = match up.session.state() {
            Stands::Online => true,
            Stands::Opening => up.tag.is_some() && self.pacing.busy().is_none(),
            Stands::Leaving | Stands::Ended => false,
        };
        if open && !alone && !up.leaving && self.condition.is_none() { up.room() } else { 0 }
    }

    /// Hands one item to the session, to leave after the commit. False: nothing else may leave now.
    fn hand_out(&mut self, tx: &mut Tx<'_>, item: &Item) -> Result<bool, StoreError> {
        let conn = tx.conn()?;
        let poison =
            parked::any_poison(conn)? && parked::times(conn, &poison_of(item.send_id))? >= POISON_ALONE;
        let alone = poison || item.attempts >= ATTEMPTS_ALONE;
        if alone && self.link.up().is_some_and(|up| !up.open.is_empty()) {
            // What is under way ends first; nothing else begins, or its turn would never come.
            return Ok(false);
        }
        let mark = self.effects.mark();
        match tx.all_or_nothing(|conn| self.submit(conn, item, alone)) {
            Ok(()) => {}
            Err(Unbuildable::Store(error)) if is_trouble(&error) => return Err(error),
            Err(why) => {
                tracing::error!(%why, "An item cannot be built.");
                self.effects.rewind(&mark);
                self.fail_item(tx.conn()?, item, why.reason())?;
            }
        }
        Ok(!alone)
    }

    fn submit(&mut self, conn: &Connection, item: &Item, alone: bool) -> Result<(), Unbuildable> {
        let ready = match item.kind {
            Kind::Post(message) => self.ready_post(conn, item, message)?,
            Kind::Ping(ping) => ready_ping(conn, item, ping)?,
            Kind::Alias(alias) => {
                let row = aliases::by_id(conn, alias)?.ok_or(Unbuildable::Gone)?;
                edit(Request::NewAlias(row.alias.parse::<Alias>().map_err(|_| Unbuildable::Gone)?))
            }
            Kind::Node(node) => {
                let row = nodes::by_id(conn, node)?.ok_or(Unbuildable::Gone)?;
                edit(Request::NewNode(row.wire.parse::<Label>().map_err(|_| Unbuildable::Gone)?))
            }
        };
        let Link::Up(up) = &mut self.link else { return Err(Unbuildable::Gone) };
        let handed = up.handed + 1;
        let stage = if ready.stream.is_some() { Stage::Sending } else { Stage::Released };
        let attempt = Attempt {
            stage,
            own_copy: ready.own_copy,
            sure: ready.sure,
            login: up.login,
            handed,
            size: ready.size,
            floor: ready.floor,
        };
        outbox::attempt(conn, item.id, &attempt)?;
        if plant::on(Plant::LostOutboxRow) {
            outbox::settle(conn, item, outbox::Outcome::Sent)?;
        }
        up.handed = handed;
        if ready.own_copy {
            up.copies.insert(item.send_id);
            up.copied = self.now.mono;
        }
        let held = match &ready.body {
            Body::Whole(data) => data.len() as u64,
            Body::Streamed { lead, .. } => lead.len() as u64,
            Body::None => 0,
        };
        let open = Open { send_id: item.send_id, alone, released: false, stream: ready.stream, held };
        up.open.insert(item.id, open);
        let marked = matches!(item.kind, Kind::Post(_)) && !ready.own_copy;
        let in_front = plant::on(Plant::MarkerInFront);
        if marked && in_front {
            self.mark(conn, item.id, item.send_id)?;
        }
        let key = RequestKey(item.id.cast_unsigned());
        self.effects.word(Word::Submit(Submit { key, request: ready.request, body: ready.body }));
        self.outgoing(item, OutgoingState::Sending);
        // That of a large one follows when its last record is released.
        if marked && !in_front && stage == Stage::Released {
            self.mark(conn, item.id, item.send_id)?;
        }
        Ok(())
    }

    fn ready_post(&mut self, conn: &Connection, item: &Item, message: i64) -> Result<Ready, Unbuildable> {
        let own_copy = self.wants_own_copy(conn, item)?;
        let Built { request, body, stream, size, sure } = self.build(conn, item, message, own_copy)?;
        let floor = match item.thread.filter(|_| !own_copy) {
            Some(thread) => inbox::highest_place(conn, thread)?,
            None => None,
        };
        Ok(Ready { request, body, stream, size, own_copy, sure, floor })
    }

    /// Every post proves itself by a copy to this node, but one that is too large for that; see [`super::marker`]. One
    /// that had a copy keeps it: its size counts with its head from the first attempt on.
    fn wants_own_copy(&self, conn: &Connection, item: &Item) -> Result<bool, StoreError> {
        let settings = &self.env.settings;
        if item.own_copy || item.size <= settings.own_copy_max {
            return Ok(true);
        }
        Ok(item.size <= settings.copied_up_to() && (!self.metered || self.begins_thread(conn, item)?))
    }

    /// Gives a large post up that is being sent: the link ends in order, or the session forgets it if it has not
    /// begun, without a word.
    pub(crate) fn break_off(&mut self, item: &Item) {
        self.effects.word(Word::Abandon(RequestKey(item.id.cast_unsigned())));
        if let Some(up) = self.link.up_mut() {
            up.open.remove(&item.id);
            up.copies.remove(&item.send_id);
        }
    }

    /// All of a large post but its last record has left. From the commit of this step on it may have been
    /// taken.
    pub(crate) fn awaiting_release(&mut self, tx: &mut Tx<'_>, key: RequestKey) -> Result<(), StoreError> {
        let id = key.0.cast_signed();
        if self.link.up().is_none_or(|up| !up.open.contains_key(&id)) {
            return Ok(());
        }
        outbox::set_stage(tx.conn()?, id, Stage::Released)?;
        if let Some(open) = self.link.up_mut().and_then(|up| up.open.get_mut(&id)) {
            open.released = true;
        }
        self.effects.word(Word::Release(key));
        let item = outbox::by_id(tx.conn()?, id)?;
        match item.filter(|item| !item.own_copy && !plant::on(Plant::MarkerInFront)) {
            Some(item) => self.mark(tx.conn()?, id, item.send_id),
            None => Ok(()),
        }
    }
}

fn next(conn: &Connection, after: i64, largest: u64) -> Result<Option<Item>, StoreError> {
    if plant::on(Plant::OvertakeInThread) || plant::on(Plant::ReplyBeforeThread) {
        return wrong_next(conn, after, largest);
    }
    outbox::next_ready(conn, after, largest)
}

/// With one of the two rules about threads left out.
fn wrong_next(conn: &Connection, mut after: i64, largest: u64) -> Result<Option<Item>, StoreError> {
    while let Some(item) = outbox::next_queued(conn, after)? {
        after = item.id;
        let Some(thread) = item.thread else { return Ok(Some(item)) };
        let row = threads::by_id(conn, thread)?;
        let has_id = row.msgid.is_some() || row.send_id == Some(item.send_id);
        let waits = |earlier: &Item| {
            earlier.id < item.id
                && matches!(earlier.stage, Stage::Queued | Stage::Sending | Stage::Doubt)
                && !is_for_the_person(earlier)
        };
        let is_behind = outbox::waiting_in(conn, thread)?.iter().any(waits);
        let may_leave = if plant::on(Plant::OvertakeInThread) { has_id } else { !is_behind };
        if may_leave && item.size <= largest {
            return Ok(Some(item));
        }
    }
    Ok(None)
}

impl Up {
    /// Requests that may still be submitted; those that were submitted in this step count already, markers too.
    fn room(&self) -> usize {
        tmtp_session::WINDOW.saturating_sub(self.open.len() + self.markers).min(self.session.room())
    }
}

fn edit(request: Request) -> Ready {
    Ready { request, body: Body::None, stream: None, size: 0, own_copy: false, sure: false, floor: None }
}

fn ready_ping(conn: &Connection, item: &Item, ping: i64) -> Result<Ready, Unbuildable> {
    let (from, to, text) = pings::words(conn, ping)?.ok_or(Unbuildable::Gone)?;
    let from = from.parse::<Alias>().map_err(|_| Unbuildable::Gone)?;
    let to = to.parse::<Alias>().map_err(|_| Unbuildable::Gone)?;
    let size = text.len() as u64;
    let request = Request::Ping {
        from,
        to,
        datalen: size,
        datasum: Token::new(item.send_id.value()).map(Token::value),
    };
    request.encode(ANY_REQUEST_ID)?;
    let body = if text.is_empty() { Body::None } else { Body::Whole(text.into_bytes()) };
    Ok(Ready { request, body, stream: None, size, own_copy: false, sure: false, floor: None })
}
