//! Everything of an account but the store's connection: what it knows in memory, and what it will say after
//! the commit. The store is the truth; after trouble all of this is dropped and read again.

use std::collections::{BTreeMap, VecDeque};

use tmtp_session::{Command as Word, Event as Happening};
use tmtp_store::files::Files;
use tmtp_store::write::counters;
use tmtp_store::write::membership::{self, Membership};
use tmtp_store::write::outbox::{Item, Stage};
use tmtp_store::{OutgoingState, StoreError};
use tmtp_wire::ids::{MsgId, Uid};
use tmtp_wire::time::Mono;

use crate::api::{Event, Now, Output, State, Ticket};
use crate::conditions::Condition;
use crate::effects::Effects;
use crate::env::Env;
use crate::inbox::Lately;
use crate::limits::TALLY_EVERY;
use crate::live::Link;
use crate::pacing::Pacing;
use crate::transfer::{JobId, Waiting};
use crate::tx::Tx;
use crate::wake::WakeRun;

/// What an account knows in memory.
pub(crate) struct Core {
    pub(crate) env: Env,
    pub(crate) files: Files,
    pub(crate) member: Membership,
    /// The time of the running step.
    pub(crate) now: Now,
    /// A held link is wanted.
    pub(crate) stay: bool,
    pub(crate) wake: Option<WakeRun>,
    /// When the wake that comes next was received.
    pub(crate) received: Option<Mono>,
    /// Caches are to be dropped behind this step.
    pub(crate) memory_low: bool,
    /// Bytes cost money.
    pub(crate) metered: bool,
    /// The look that this step reports: it is told all the same if the step comes to nothing.
    pub(crate) reported: Option<WakeRun>,
    /// The store came from another installation: whatever else happens, it never logs in.
    pub(crate) cloned: bool,
    pub(crate) link: Link,
    /// When the last byte left on a link that the site may hold for alive: one that is gone, or one of an
    /// earlier process.
    pub(crate) last_byte: Mono,
    pub(crate) pacing: Pacing,
    /// What was spent of the budgets is in the store of this step.
    pub(crate) pacing_noted: bool,
    /// This process has written down its first dial.
    pub(crate) dial_noted: bool,
    /// What forbids a link.
    pub(crate) condition: Option<Condition>,
    /// Bytes that came in since the database was measured, and when that was.
    pub(crate) grown: u64,
    pub(crate) measured: Mono,
    /// Whether the site repeats the tag of a login; `None` while it is not known.
    pub(crate) echoes_tag: Option<bool>,
    /// Some delivery waits for the member's word.
    pub(crate) asking: bool,
    /// What the state was when it was last said.
    pub(crate) state: State,
    /// What the session has said and no step has heard yet.
    pub(crate) heard: VecDeque<Happening>,
    /// What comes of this step when it is committed.
    pub(crate) effects: Effects,
    /// Tickets of the commands of this step: answered with the trouble if it fails.
    pub(crate) tickets: Vec<Ticket>,
    /// Something may have become ready to be sent.
    pub(crate) pump_wanted: bool,
    /// Large deliveries whose files are being synced.
    pub(crate) waiting: BTreeMap<JobId, Waiting>,
    pub(crate) jobs: u64,
    /// Files of large deliveries that this step names, or would have named.
    pub(crate) taken_files: Vec<String>,
    /// The last confirmed message is another one than the store has.
    pub(crate) last_is_news: bool,
    /// What the store has been told lately of those who write.
    pub(crate) lately: Lately,
    /// Counts that wait to be written.
    pub(crate) tallies: BTreeMap<&'static str, u64>,
    /// When they were written last.
    pub(crate) tallied: Mono,
    /// This step writes them.
    pub(crate) tallied_now: bool,
}

impl Core {
    /// Asks the session to confirm a queued message; it does so after the commit.
    pub(crate) fn confirm(&mut self, id: impl Into<String>) {
        self.effects.word(Word::Confirm(id.into()));
    }

    /// Confirms a message that is taken in, and remembers it as the last one.
    pub(crate) fn confirm_stored(&mut self, id: MsgId) {
        self.member.last_msgid = Some(id);
        self.last_is_news = true;
        self.confirm(id.to_string());
    }

    /// What is noted only when a step has changed something anyway, or the link is gone: not worth a sync of
    /// its own. The last message is noted now and then: it is confirmed again after a login, which saves a
    /// repetition and proves nothing.
    pub(crate) fn note_aside(&mut self, tx: &mut Tx<'_>) -> Result<(), StoreError> {
        let held = matches!(self.link, Link::Up(_));
        let tallied = !self.tallies.is_empty() || !self.effects.tallies().is_empty();
        let waits = held || !tallied || self.condition.is_some();
        if !tx.has_changed() && waits {
            return Ok(());
        }
        self.note_pacing(tx)?;
        let conn = tx.conn()?;
        for (name, by) in self.effects.take_counts() {
            counters::add(conn, name, by)?;
        }
        if !held || self.now.mono.since(self.tallied) >= TALLY_EVERY {
            let mut sums = self.tallies.clone();
            add_up(&mut sums, self.effects.tallies());
            for (name, by) in sums {
                counters::add(conn, name, by)?;
            }
            if let Some(last) = self.member.last_msgid.filter(|_| self.last_is_news) {
                membership::set_last_msgid(conn, last)?;
            }
            self.tallied_now = true;
        }
        Ok(())
    }

    /// Writes down what was spent of the budgets, for the next process.
    pub(crate) fn note_pacing(&mut self, tx: &mut Tx<'_>) -> Result<(), StoreError> {
        if self.pacing_noted {
            return Ok(());
        }
        if let Some(notes) = self.pacing.notes(self.now) {
            membership::set_pacing(tx.conn()?, &notes)?;
            self.pacing_noted = true;
        }
        Ok(())
    }

    /// The step is committed: what was noted aside is noted.
    pub(crate) fn noted_aside(&mut self) {
        if std::mem::take(&mut self.pacing_noted) {
            self.pacing.noted();
            self.dial_noted = true;
        }
        let tallies = self.effects.take_tallies();
        if std::mem::take(&mut self.tallied_now) {
            self.last_is_news = false;
            self.tallies.clear();
            self.tallied = self.now.mono;
        } else {
            add_up(&mut self.tallies, &tallies);
        }
    }

    pub(crate) fn event(&mut self, event: Event) {
        self.effects.event(event);
    }

    pub(crate) fn output(&mut self, output: Output) {
        self.effects.output(output);
    }

    /// Counts something rare, which is worth its row in the commit that it comes from.
    pub(crate) fn count(&mut self, name: &'static str) {
        self.effects.count(name, 1);
    }

    /// Counts something frequent: written every few seconds, and when the link ends. Not if what it comes from is
    /// undone: that will happen again.
    pub(crate) fn tally(&mut self, name: &'static str, by: usize) {
        self.effects.tally(name, by as u64);
    }

    /// The same with what has happened, whatever becomes of this step.
    pub(crate) fn tally_now(&mut self, name: &'static str, by: usize) {
        *self.tallies.entry(name).or_default() += by as u64;
    }

    /// Files that no row names any more: removed after the commit.
    pub(crate) fn drop_files(&mut self, files: Vec<String>) {
        for file in files {
            self.effects.unneeded(file);
        }
    }

    /// Says how far something in the outbox is.
    pub(crate) fn outgoing(&mut self, item: &Item, state: OutgoingState) {
        self.event(Event::OutgoingChanged { send_id: item.send_id, state });
    }

    /// The member, once registered.
    pub(crate) fn uid(&self) -> Option<&Uid> {
        self.member.uid.as_ref()
    }

    /// Whether this uid is the member's own.
    pub(crate) fn is_own(&self, uid: &Uid) -> bool {
        self.member.uid.as_ref() == Some(uid)
    }

    pub(crate) fn random(&mut self) -> u64 {
        self.env.random.next()
    }

    pub(crate) fn new_job(&mut self) -> JobId {
        self.jobs += 1;
        JobId(self.jobs)
    }

    /// A step was undone: forgets everything that it may have changed in memory, and whatever the store says
    /// better. The link is closed. Returns the files that nobody will name.
    pub(crate) fn drop_memory(&mut self) -> Vec<String> {
        let outputs = self.effects.take_outputs();
        let closing = outputs.iter().any(|output| matches!(output, Output::Close));
        let mut files = std::mem::take(&mut self.taken_files);
        for output in &outputs {
            if let Output::Job(id, _) = output
                && let Some(waiting) = self.waiting.remove(id)
            {
                files.push(waiting.file().to_owned());
            }
        }
        self.effects = Effects::default();
        self.reported.iter_mut().chain(&mut self.wake).for_each(WakeRun::undone);
        self.lately.forget();
        self.tallied_now = false;
        self.pacing_noted = false;
        self.heard.clear();
        self.pump_wanted = false;
        let link = std::mem::replace(&mut self.link, Link::Closing);
        match link {
            Link::None => self.link = Link::None,
            Link::Closing if !closing => {}
            Link::Closing | Link::Dialing => self.output(Output::Close),
            Link::Up(mut up) => {
                self.last_byte = up.last_byte;
                files.extend(up.incoming.take().and_then(|incoming| incoming.into_file()));
                self.output(Output::Close);
            }
        }
        files
    }

    /// Takes what the session has to say.
    pub(crate) fn hear(&mut self) {
        if let Link::Up(up) = &mut self.link {
            while let Some(happening) = up.session.poll_event() {
                self.heard.push_back(happening);
            }
        }
    }
}

fn add_up(sums: &mut BTreeMap<&'static str, u64>, tallies: &[(&'static str, u64)]) {
    for (name, by) in tallies {
        *sums.entry(name).or_default() += by;
    }
}

/// How an item's stage is shown.
pub(crate) fn shown(item: &Item) -> OutgoingState {
    match item.stage {
        Stage::Queued => OutgoingState::Queued,
        Stage::Sending | Stage::Released => OutgoingState::Sending,
        Stage::Doubt => OutgoingState::InDoubt,
        Stage::Failed => OutgoingState::Failed(item.reason.clone()),
    }
}
