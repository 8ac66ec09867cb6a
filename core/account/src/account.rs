//! The account as its driver holds it: put things in, step, take things out.
//!
//! | moment | what is true after a kill there |
//! |---|---|
//! | before a step's commit | nothing of the step has happened; the site repeats what was not confirmed |
//! | after the commit, before the outputs | confirmations that did not leave: the site repeats, it is folded; posts that did not leave: their rows say `released`, so they are in doubt until the login barrier says *not sent* |
//! | after the outputs | as the rows say: `released` is in doubt until an own copy or the barrier |

use std::collections::{BTreeMap, VecDeque};

use rusqlite::Connection;
use tmtp_session::{Command as Word, Input as SessionInput, RequestKey, Transmit};
use tmtp_store::open::Writer;
use tmtp_store::write::{self, membership, outbox, too_large};
use tmtp_store::{OutgoingState, StoreError};
use tmtp_wire::time::Mono;

use crate::api::{Event, Input, Now, Output, Refused, State};
use crate::conditions::Condition;
use crate::core::Core;
use crate::effects::Effects;
use crate::env::Env;
use crate::inbox::Lately;
use crate::live::Link;
use crate::pacing::Pacing;
use crate::tx::{Tx, is_trouble};

/// One membership. It owns the store's writer; whoever drives it owns the account.
pub struct Account {
    writer: Writer,
    core: Core,
    inputs: VecDeque<Input>,
    outputs: VecDeque<Output>,
    /// The reserve was given up, and is to be made again when there is room.
    reserve_used: bool,
}

/// Why an account could not be opened.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl Account {
    /// Opens the account of a store. What an earlier process left as being sent is put right first: what
    /// cannot have been taken by the site is queued again, what may have been is in doubt.
    pub fn open(mut writer: Writer, env: Env, now: Now) -> Result<Account, OpenError> {
        let files = writer.files().clone();
        let cloned = writer.is_cloned();
        let conn: &Connection = writer.connection();
        let member = membership::load(conn)?;
        let asking = too_large::asking(conn)?;
        let echoes_tag = membership::echoes_tag(conn)?;
        files.set_limit(env.settings.quota);
        files.set_database(write::bytes_used(conn)?);
        let mut pacing = Pacing::new(&env.settings);
        if let Some(notes) = membership::pacing(conn)? {
            pacing.remember(&notes, now);
        }
        let mut core = Core {
            env,
            files,
            member,
            now,
            stay: false,
            wake: None,
            received: None,
            memory_low: false,
            metered: false,
            reported: None,
            cloned,
            link: Link::None,
            last_byte: now.mono,
            pacing,
            pacing_noted: false,
            dial_noted: false,
            grown: 0,
            measured: now.mono,
            condition: cloned.then(Condition::cloned),
            echoes_tag,
            asking,
            state: State::Off,
            heard: VecDeque::new(),
            effects: Effects::default(),
            tickets: Vec::new(),
            pump_wanted: false,
            waiting: BTreeMap::new(),
            jobs: 0,
            taken_files: Vec::new(),
            last_is_news: false,
            lately: Lately::default(),
            tallies: BTreeMap::new(),
            tallied: now.mono,
            tallied_now: false,
        };
        if core.condition.is_none() {
            core.look_for_key();
        }
        let (inputs, outputs) = (VecDeque::new(), VecDeque::new());
        let mut account = Account { writer, core, inputs, outputs, reserve_used: false };
        account.put_right()?;
        // What it is from the start needs no event.
        account.core.new_state();
        Ok(account)
    }

    /// Without room on the disk the account opens all the same: rows are put right at the next login.
    fn put_right(&mut self) -> Result<(), StoreError> {
        let mut tx = Tx::new(self.writer.connection());
        let done = self.core.settle_carried(&mut tx, &BTreeMap::new()).and_then(|()| tx.commit());
        match done {
            Err(error @ (StoreError::Full { .. } | StoreError::Busy)) => {
                self.core.effects = Effects::default();
                self.core.store_failed(&error);
                Ok(())
            }
            other => {
                self.outputs.extend(self.core.effects.take_outputs());
                other
            }
        }
    }

    /// Hands something in. Nothing happens before the next step.
    pub fn put(&mut self, input: Input) {
        self.inputs.push_back(input);
    }

    /// Works off everything that was put in, and the timers that are due, in one transaction. Trouble with
    /// the store undoes all of it, ends the link and shows as [`State::StorageFull`], [`State::ReadOnly`], [`State::Damaged`], a wait, or [`State::Broken`];
    /// commands are then answered with it, and the site repeats the rest.
    pub fn step(&mut self, now: Now) {
        self.core.now = now;
        let done = self.run();
        match done {
            Ok(()) => self.release(),
            Err(error) => self.undo(&error),
        }
        if let Some(state) = self.core.new_state() {
            self.outputs.push_back(Output::Event(Event::StateChanged(state)));
        }
        if std::mem::take(&mut self.core.memory_low) {
            self.writer.drop_caches();
        }
    }

    fn run(&mut self) -> Result<(), StoreError> {
        let Account { writer, core, inputs, .. } = self;
        let mut tx = Tx::new(writer.connection());
        core.work_off(&mut tx)?;
        while let Some(input) = inputs.pop_front() {
            core.take(&mut tx, input)?;
        }
        core.timers(&mut tx)?;
        core.drive(&mut tx)?;
        core.note_aside(&mut tx)?;
        core.measure(&mut tx)?;
        // From here on rows that name them may be on the disk, even if the commit says it has failed.
        core.taken_files.clear();
        tx.commit()?;
        core.noted_aside();
        Ok(())
    }

    /// The commit has succeeded: now what follows from it may leave.
    fn release(&mut self) {
        let core = &mut self.core;
        if self.reserve_used && core.condition.is_none() {
            self.reserve_used = !self.writer.keep_reserve();
        }
        core.tickets.clear();
        core.reported = None;
        core.wake_committed();
        self.outputs.extend(core.effects.take_outputs());
        for word in core.effects.take_words() {
            core.say(word);
        }
        core.hear();
        for file in core.effects.take_unneeded() {
            if core.files.remove(&file).is_err() {
                tracing::warn!("A file that nobody needs could not be removed.");
            }
        }
        for name in core.effects.take_keys() {
            if core.env.keys.remove(&name).is_err() {
                tracing::warn!("A key that nobody needs could not be removed.");
            }
        }
    }

    /// The store has failed: nothing of the step has happened.
    fn undo(&mut self, error: &StoreError) {
        tracing::error!(trouble = is_trouble(error), "A step was undone.");
        let tickets = std::mem::take(&mut self.core.tickets);
        let lost = self.core.drop_memory();
        for file in lost {
            if self.core.files.remove(&file).is_err() {
                tracing::warn!("A file that nobody needs could not be removed.");
            }
        }
        for ticket in tickets {
            self.outputs.push_back(Output::Reply(ticket, Err(Refused::from_store(error))));
        }
        self.outputs.extend(self.core.effects.take_outputs());
        if let Some(wake) = self.core.reported.take() {
            self.outputs.push_back(Output::Event(Event::WakeEnded(wake.told_without_row())));
        }
        if let StoreError::Full { .. } = error {
            // Nothing comes in until there is room; so the reserve is for what a person does to make some.
            self.reserve_used |= self.writer.release_reserve().unwrap_or(false);
        }
        self.core.store_failed(error);
        let conn: &Connection = self.writer.connection();
        if let Ok(bytes) = write::bytes_used(conn) {
            self.core.files.set_database(bytes);
        }
        match membership::load(conn).and_then(|member| Ok((member, too_large::asking(conn)?))) {
            Ok((member, asking)) => (self.core.member, self.core.asking) = (member, asking),
            Err(error) => self.core.store_failed(&error),
        }
    }

    /// What is to be done outside, in order.
    pub fn poll_output(&mut self) -> Option<Output> {
        self.outputs.pop_front()
    }

    /// The next bytes for the link, at most 16 KiB: one TLS record. Ask only when they can be written; what
    /// was handed out counts as written. May make [`Account::wants_step`] true.
    pub fn poll_transmit(&mut self, now: Now) -> Option<Vec<u8>> {
        self.core.now = now;
        let bytes = self.core.transmit();
        if let (Some(bytes), Link::Up(up)) = (&bytes, &mut self.core.link) {
            up.last_byte = now.mono;
            self.core.tally_now("bytes_out", bytes.len());
        }
        self.core.hear();
        bytes
    }

    /// Whether something waits for a step now.
    pub fn wants_step(&self) -> bool {
        !self.inputs.is_empty()
            || !self.core.heard.is_empty()
            || self.core.pump_wanted && self.core.room() > 0
    }

    /// When the next step must be at the latest.
    pub fn poll_timeout(&self) -> Option<Mono> {
        self.core.next_time()
    }

    /// How the account stands with its site.
    pub fn state(&self) -> &State {
        &self.core.state
    }

    /// The membership: site, member, names.
    pub fn member(&self) -> &membership::Membership {
        &self.core.member
    }

    /// The account's files, for staging attachments on another thread.
    pub fn files(&self) -> &tmtp_store::files::Files {
        &self.core.files
    }

    /// How far something in the outbox is; `None` if it is not there.
    pub fn outgoing(&mut self, send_id: tmtp_wire::ids::SendId) -> Result<Option<OutgoingState>, StoreError> {
        let item = outbox::by_send_id(self.writer.connection(), send_id)?;
        Ok(item.map(|item| crate::core::shown(&item)))
    }

    /// Checkpoints and closes the store. Ask for [`crate::Wish::Off`] first and wait for [`State::Off`], so
    /// that the site is told.
    pub fn close(self) -> Result<(), StoreError> {
        self.writer.close()
    }
}

impl Core {
    /// Says a word to the session of the living link.
    fn say(&mut self, word: Word) {
        let now = self.now.mono;
        let Link::Up(up) = &mut self.link else { return };
        let request = match &word {
            Word::Submit(submit) => Some(submit.key),
            _ => None,
        };
        let Err(why) = up.session.handle_input(now, SessionInput::Command(word)) else { return };
        tracing::warn!(%why, "The session did not take a command.");
        if let Some(RequestKey(key)) = request {
            up.not_taken.insert(key.cast_signed());
        }
    }

    /// The next bytes for the link.
    fn transmit(&mut self) -> Option<Vec<u8>> {
        let now = self.now.mono;
        let Link::Up(up) = &mut self.link else { return None };
        let (key, offset, len) = match up.session.poll_transmit(now)? {
            Transmit::Bytes(bytes) => return Some(bytes),
            Transmit::Stream { key, offset, len, .. } => (key, offset, len),
        };
        let id = key.0.cast_signed();
        let stream = up.open.get_mut(&id).and_then(|open| open.stream.as_mut());
        let piece = stream.and_then(|stream| stream.piece(&self.files, offset, len));
        if piece.is_none() {
            up.unreadable = Some(id);
            let given_up = up.session.handle_input(now, SessionInput::Command(Word::Abandon(key)));
            debug_assert!(given_up.is_ok(), "a post that is being streamed can be given up");
        }
        piece
    }

    /// When the next step must be at the latest.
    fn next_time(&self) -> Option<Mono> {
        let session = self.link.up().and_then(|up| up.session.poll_timeout());
        let stable = self.link.up().and_then(|up| up.online).and_then(|since| self.pacing.stable_at(since));
        let wake = self.wake.as_ref().and_then(|wake| wake.next_time(&self.link));
        let again = self.condition.as_ref().filter(|_| self.wanted()).and_then(|condition| condition.again);
        let (barrier, copies, dial) = (self.barrier_time(), self.waits_for_copies(), self.next_dial());
        [session, stable, wake, again, barrier, copies, dial].into_iter().flatten().min()
    }
}
