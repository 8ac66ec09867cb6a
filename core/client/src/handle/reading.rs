//! What is shown: read from the store, by page, on a thread that may block. Needs no network and no writer.

use std::time::Duration;

use tmtp_account::pacing::Pacing;
use tmtp_account::{RefusedWhy, StopWhy, WaitWhy};
use tmtp_store::limits::ROOM_WANTED;
use tmtp_store::read::{
    AliasRow, ContactRow, DraftRow, List, MessageRow, NodeRow, OutgoingRow, Page, ParkedRow, PingRow,
    ThreadRow, TooLargeRow, Unread, WakeEntry,
};
use tmtp_store::write::aliases::AliasState;
use tmtp_store::write::membership::Membership;
use tmtp_store::write::nodes::NodeState;
use tmtp_store::{KeyAnswer, OutgoingState, ProcessLock, Reader, StoreError, Waits, WaitsWhy};
use tmtp_wire::address::SiteAddress;
use tmtp_wire::ids::{MessageRef, SendId, ThreadRef, Uid};
use tmtp_wire::names::{Alias, Label};
use tmtp_wire::time::Wall;

use super::AccountHandle;
use crate::error::Error;
use crate::home::AccountName;
use crate::slot::{Slot, off_thread};
use crate::state::State;
use crate::wake::NotKnown;

/// The counter of the time that links stood, as `tmtp_account` writes it.
const LINK_SECONDS: &str = "link_seconds";

/// An account in a list of accounts.
#[derive(Debug)]
pub struct AccountSummary {
    /// How it is called on this device.
    pub name: AccountName,
    /// Where it is a member; `None` if the store cannot be read.
    pub site: Option<SiteAddress>,
    /// What the site calls itself; empty if not known yet.
    pub site_name: String,
    /// The member; `None` until registered.
    pub uid: Option<Uid>,
    /// The member's own aliases, the oldest first.
    pub aliases: Vec<String>,
    /// How it stands.
    pub state: State,
    /// What was not seen yet.
    pub unread: Unread,
    /// Why the store cannot be read.
    pub problem: Option<Error>,
}

/// Everything about how an account is doing.
#[derive(Clone, Debug)]
pub struct Status {
    /// How it is called on this device.
    pub name: AccountName,
    /// Where it is a member.
    pub site: SiteAddress,
    /// What the site calls itself; empty if not known yet.
    pub site_name: String,
    /// The member; `None` until registered.
    pub uid: Option<Uid>,
    /// The member's own aliases, the oldest first.
    pub aliases: Vec<String>,
    /// How it stands.
    pub state: State,
    /// Since when, as far as this process knows.
    pub since: Wall,
    /// When the next attempt is, if it waits for one.
    pub next_try: Option<Wall>,
    /// What was not seen yet.
    pub unread: Unread,
    /// Items of the outbox that wait or are on their way.
    pub queued: u64,
    /// Items of the outbox that may have been sent.
    pub in_doubt: u64,
    /// Items of the outbox that were refused.
    pub failed: u64,
    /// Deliveries that this version has stored without interpreting them.
    pub parked: u64,
    /// Deliveries above the limit, which wait for the member's word.
    pub too_large: Vec<TooLargeRow>,
    /// What has been counted since the account was made, by name; what is zero is not there. Among others `wakes`;
    /// `connects_foreground` and `connects_wake`, the links by cause; `bytes_in` and `bytes_out`, behind TLS, noted
    /// every few seconds; `link_seconds`, each begun second of a link: noted when it ends, that of this process counted
    /// in while it stands (R42).
    pub counters: Vec<(String, u64)>,
}

impl AccountHandle {
    /// Threads, the one with the newest message first.
    pub async fn threads(&self, unread_only: bool, page: Page) -> Result<List<ThreadRow>, Error> {
        self.slot.read(move |reader| reader.threads(unread_only, &page)).await
    }

    /// One thread as the list shows it. Any name that it ever had will do.
    pub async fn thread_row(&self, thread: ThreadRef) -> Result<ThreadRow, Error> {
        self.slot.read(move |reader| reader.thread_row(thread)).await?.ok_or(Error::NotFound)
    }

    /// Messages of a thread, the oldest first. Any name that the thread ever had will do.
    pub async fn thread(&self, thread: ThreadRef, page: Page) -> Result<List<MessageRow>, Error> {
        self.slot.read(move |reader| reader.thread(thread, &page)).await
    }

    /// The same, the newest first: for a screen that begins at the end.
    pub async fn thread_newest_first(
        &self,
        thread: ThreadRef,
        page: Page,
    ) -> Result<List<MessageRow>, Error> {
        self.slot.read(move |reader| reader.thread_newest_first(thread, &page)).await
    }

    /// One message. Any name that it ever had will do.
    pub async fn message(&self, message: MessageRef) -> Result<MessageRow, Error> {
        self.slot.read(move |reader| reader.message(message)).await?.ok_or(Error::NotFound)
    }

    /// What waits, is on its way, in doubt or refused, in the order of `send`.
    pub async fn outbox(&self, page: Page) -> Result<List<OutgoingRow>, Error> {
        let slot = self.slot.clone();
        let read = move |reader: &Reader| {
            let mut list = reader.outbox(&page)?;
            if list.items.iter().any(is_under_way) {
                let state = standing_of(&slot, reader)?;
                list.items.iter_mut().for_each(|row| waits_in(&state, row));
            }
            Ok(list)
        };
        self.slot.read(read).await
    }

    /// One item that this device has sent or wants to send.
    pub async fn outgoing(&self, send_id: SendId) -> Result<OutgoingRow, Error> {
        let slot = self.slot.clone();
        let read = move |reader: &Reader| {
            let mut row = reader.outgoing(send_id)?;
            if let Some(row) = row.as_mut().filter(|row| is_under_way(row)) {
                waits_in(&standing_of(&slot, reader)?, row);
            }
            Ok(row)
        };
        self.slot.read(read).await?.ok_or(Error::NotFound)
    }

    /// The address book, by alias.
    pub async fn contacts(&self, page: Page) -> Result<List<ContactRow>, Error> {
        self.slot.read(move |reader| reader.contacts(&page)).await
    }

    /// Pings, the newest first.
    pub async fn pings(&self, page: Page) -> Result<List<PingRow>, Error> {
        self.slot.read(move |reader| reader.pings(&page)).await
    }

    /// Drafts, by their ids.
    pub async fn drafts(&self, page: Page) -> Result<List<DraftRow>, Error> {
        self.slot.read(move |reader| reader.drafts(&page)).await
    }

    /// The member's own aliases, and those asked for or refused.
    pub async fn aliases(&self) -> Result<Vec<AliasRow>, Error> {
        self.slot.read(Reader::aliases).await
    }

    /// The member's other nodes, as far as they are known here.
    pub async fn nodes(&self) -> Result<Vec<NodeRow>, Error> {
        self.slot.read(Reader::nodes).await
    }

    /// What this version has stored without interpreting it.
    pub async fn parked(&self, page: Page) -> Result<List<ParkedRow>, Error> {
        self.slot.read(move |reader| reader.parked(&page)).await
    }

    /// What each wake did, the newest first.
    pub async fn wakes(&self, page: Page) -> Result<List<WakeEntry>, Error> {
        self.slot.read(move |reader| reader.wakes(&page)).await
    }

    /// How the account is doing. Works also beside another process that is its writer.
    pub async fn status(&self) -> Result<Status, Error> {
        let slot = self.slot.clone();
        off_thread(move || {
            let _pass = slot.house.lifecycle.enter()?;
            status(&slot)
        })
        .await
    }
}

fn status(slot: &Slot) -> Result<Status, Error> {
    let standing = slot.board.standing();
    slot.read_now(|reader| {
        let member = reader.account()?;
        let state = standing_of(slot, reader)?;
        let Membership { site, site_name, uid, .. } = member;
        let outgoing = reader.outbox_counts()?;
        Ok(Status {
            name: slot.name.clone(),
            site,
            site_name,
            uid,
            aliases: held(reader)?,
            next_try: state.next_try(),
            since: standing.since,
            unread: reader.unread_total()?,
            queued: outgoing.queued + outgoing.sending,
            in_doubt: outgoing.in_doubt,
            failed: outgoing.failed,
            parked: reader.parked_count()?,
            too_large: reader.too_large()?,
            counters: with_running(reader.counters()?, slot.board.online_for()),
            state,
        })
    })
}

/// Counts the link in that stands. It is noted only at its end, for a sync each while would cost more than it tells.
fn with_running(mut counters: Vec<(String, u64)>, online: Duration) -> Vec<(String, u64)> {
    if online.is_zero() {
        return counters;
    }
    let begun = online.as_secs() + 1;
    match counters.iter_mut().find(|(name, _)| name == LINK_SECONDS) {
        Some((_, count)) => *count = count.saturating_add(begun),
        None => counters.push((LINK_SECONDS.to_owned(), begun)),
    }
    counters
}

/// An account for the list. What cannot be read is said, not left out.
pub(crate) fn summary(slot: &Slot) -> AccountSummary {
    let seen = seen_state(slot, slot.board.standing().state);
    let idle = seen == State::Idle;
    let read = slot.read_now(|reader| {
        let at_rest = match idle {
            true => Some(forbidden(slot, reader)?.map_or_else(|| at_rest(slot, reader), Ok)?),
            false => None,
        };
        Ok((reader.account()?, held(reader)?, reader.unread_total()?, at_rest))
    });
    let name = slot.name.clone();
    match read {
        Ok((Membership { site, site_name, uid, .. }, aliases, unread, at_rest)) => {
            let state = at_rest.unwrap_or(seen);
            AccountSummary { name, site: Some(site), site_name, uid, aliases, state, unread, problem: None }
        }
        Err(problem) => AccountSummary {
            name,
            site: None,
            site_name: String::new(),
            uid: None,
            aliases: Vec::new(),
            state: State::behind(&problem),
            unread: Unread::default(),
            problem: Some(problem),
        },
    }
}

/// Why an account that nobody has open will have no link, as far as can be seen without opening it: its disk takes
/// nothing, its store was copied here, or the last look ended so. That may be over by now; the next look tells.
pub(crate) fn forbidden(slot: &Slot, reader: &Reader) -> Result<Option<State>, StoreError> {
    if !reader.is_of(&slot.house.install)? {
        return Ok(Some(State::Cloned));
    }
    if let Some(state) = unwritable(slot) {
        return Ok(Some(state));
    }
    let last = reader.wakes(&Page { limit: 1, after: None })?.items;
    let outcome = last.first().map_or("", |wake| wake.outcome.as_str());
    let refused =
        [RefusedWhy::NeedsSignIn, RefusedWhy::Login, RefusedWhy::Incompatible, RefusedWhy::KeyNotKept];
    Ok(match refused.into_iter().find(|why| why.code() == outcome) {
        Some(why) => Some(State::Refused(why)),
        None if outcome == NotKnown::PinChanged.code() => Some(State::Stopped(StopWhy::PinChanged)),
        None => None,
    })
}

/// Why such an account cannot be opened for writing, as its disk says.
fn unwritable(slot: &Slot) -> Option<State> {
    let folder = slot.folder();
    // With a disk of a test's own there is no lock.
    if slot.house.instance.vfs.is_none() && !ProcessLock::can_be_taken(&folder) {
        return Some(State::ReadOnly);
    }
    let free = slot.house.instance.fs.free_space(&folder).ok()?;
    (free < ROOM_WANTED).then(|| State::StorageFull { needed: ROOM_WANTED - free })
}

/// How an account stands that nobody has open and that nothing forbids a link: so many were made within the hour that
/// the next one that is not a person's must wait, or nothing.
fn at_rest(slot: &Slot, reader: &Reader) -> Result<State, StoreError> {
    let now = slot.board.now();
    let mut pacing = Pacing::new(&slot.house.settings);
    if let Some(notes) = reader.pacing()? {
        pacing.remember(&notes, now);
    }
    let (until, why) = pacing.next(now.mono);
    let waits = tmtp_account::State::Waiting { why, until };
    Ok(if until > now.mono { State::of(&waits, now) } else { State::Idle })
}

/// Whether it depends on the account when an item leaves.
fn is_under_way(row: &OutgoingRow) -> bool {
    row.waits.is_some() || row.state == OutgoingState::Sending
}

/// What the account as a whole adds to what an item waits for: whether there may be a link, and when.
fn waits_in(state: &State, row: &mut OutgoingRow) {
    let forbidden = matches!(
        state,
        State::Refused(_)
            | State::StorageFull { .. }
            | State::Locked
            | State::KeyLost
            | State::Cloned
            | State::ReadOnly
            | State::Damaged
            | State::NewerStore { .. }
            | State::Broken(_)
            | State::Stopped(_)
    );
    if row.state == OutgoingState::Sending && matches!(state, State::Idle | State::Off) {
        // The process that sent it is gone: the next link finds out what became of it.
        row.waits = Some(Waits { why: WaitsWhy::Proof, behind: None, until: None });
    }
    let Some(waits) = &mut row.waits else { return };
    if !matches!(waits.why, WaitsWhy::Link | WaitsWhy::Alone | WaitsWhy::Proof) {
        return;
    }
    match state {
        _ if forbidden => waits.why = WaitsWhy::Account,
        State::Waiting { why: WaitWhy::Budget, until } => {
            (waits.why, waits.until) = (WaitsWhy::Limit, Some(*until));
        }
        // A delivery that waits for the person's word holds up everything.
        State::Waiting { why: WaitWhy::TooLarge, .. } => waits.why = WaitsWhy::Account,
        State::Waiting { until, .. } | State::NodeBusy { until, .. } => waits.until = Some(*until),
        _ => {}
    }
}

/// How an account stands, for somebody who has it read.
fn standing_of(slot: &Slot, reader: &Reader) -> Result<State, StoreError> {
    Ok(match seen_state(slot, slot.board.standing().state) {
        State::Idle => match forbidden(slot, reader)?.or_else(|| keyless(slot, &reader.account().ok()?)) {
            Some(state) => state,
            None => at_rest(slot, reader)?,
        },
        seen => seen,
    })
}

/// What the key store says of such an account.
fn keyless(slot: &Slot, member: &Membership) -> Option<State> {
    member.uid.as_ref()?;
    match slot.house.keys.get(&member.key_name) {
        Ok(KeyAnswer::Value(_)) => None,
        Ok(KeyAnswer::Absent) => Some(State::KeyLost),
        Ok(KeyAnswer::NotNow) | Err(_) => Some(State::Locked),
    }
}

/// How an account stands that this process has not opened: somebody else may have.
fn seen_state(slot: &Slot, known: State) -> State {
    if !matches!(known, State::Idle | State::InUse { .. }) {
        return known;
    }
    match ProcessLock::holder(&slot.folder()) {
        Ok(Some(by)) => State::InUse { by },
        Ok(None) => State::Idle,
        Err(_) => known,
    }
}

fn held(reader: &Reader) -> Result<Vec<String>, StoreError> {
    let held = reader.aliases()?.into_iter().filter(|row| row.state == AliasState::Held);
    Ok(held.map(|row| row.alias).collect())
}

/// The site's word on an alias.
pub(crate) enum AliasAnswer {
    /// Never asked for.
    Unknown,
    /// Not answered yet.
    Wanted,
    /// It is this member's.
    Held,
    /// No, and why.
    Refused(String),
}

pub(crate) fn alias_answer(reader: &Reader, alias: &Alias) -> Result<AliasAnswer, StoreError> {
    let row = reader.aliases()?.into_iter().find(|row| row.alias == alias.as_str());
    Ok(match row {
        None => AliasAnswer::Unknown,
        Some(AliasRow { state: AliasState::Wanted, .. }) => AliasAnswer::Wanted,
        Some(AliasRow { state: AliasState::Held, .. }) => AliasAnswer::Held,
        Some(AliasRow { state: AliasState::Refused, reason, .. }) => AliasAnswer::Refused(reason),
    })
}

/// The site's word on the newest node of this label: made, or refused with its reason; `None` until it has come.
pub(crate) fn node_answer(reader: &Reader, label: &Label) -> Result<Option<Result<(), String>>, StoreError> {
    let of_label = |row: &NodeRow| row.label == label.as_str() && row.state != NodeState::Foreign;
    let row = reader.nodes()?.into_iter().rev().find(of_label);
    Ok(match row {
        Some(NodeRow { state: NodeState::Made, .. }) => Some(Ok(())),
        Some(NodeRow { state: NodeState::Refused, reason, .. }) => Some(Err(reason)),
        _ => None,
    })
}
