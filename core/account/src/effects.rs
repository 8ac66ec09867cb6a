//! What a step will bring about once it is committed: replies, events, jobs, words for the session, files and
//! keys that nobody needs any more, counts. Nothing of it leaves before the commit; an input that is undone takes
//! its effects with it.

use tmtp_session::Command;

use crate::api::{Event, Output, Refused, Reply, Ticket};

/// What a step will bring about once it is committed.
#[derive(Default)]
pub(crate) struct Effects {
    outputs: Vec<Output>,
    words: Vec<Command>,
    unneeded: Vec<String>,
    keys: Vec<String>,
    counts: Vec<(&'static str, u64)>,
    tallies: Vec<(&'static str, u64)>,
}

/// How much there was at one moment.
pub(crate) struct Mark([usize; 6]);

impl Effects {
    pub(crate) fn mark(&self) -> Mark {
        let Effects { outputs, words, unneeded, keys, counts, tallies } = self;
        Mark([outputs.len(), words.len(), unneeded.len(), keys.len(), counts.len(), tallies.len()])
    }

    /// Forgets what came after the mark.
    pub(crate) fn rewind(&mut self, mark: &Mark) {
        let [outputs, words, unneeded, keys, counts, tallies] = mark.0;
        self.outputs.truncate(outputs);
        self.words.truncate(words);
        self.unneeded.truncate(unneeded);
        self.keys.truncate(keys);
        self.counts.truncate(counts);
        self.tallies.truncate(tallies);
    }

    pub(crate) fn output(&mut self, output: Output) {
        self.outputs.push(output);
    }

    pub(crate) fn reply(&mut self, ticket: Ticket, result: Result<Reply, Refused>) {
        self.outputs.push(Output::Reply(ticket, result));
    }

    /// Says that something has changed; saying it twice in a row is saying it once.
    pub(crate) fn event(&mut self, event: Event) {
        let lately = self.outputs.iter().rev().take(16);
        let said = lately.into_iter().any(|output| matches!(output, Output::Event(other) if *other == event));
        if !said {
            self.outputs.push(Output::Event(event));
        }
    }

    /// Something for the session of the link that lives.
    pub(crate) fn word(&mut self, command: Command) {
        self.words.push(command);
    }

    /// A file that no row will name after the commit.
    pub(crate) fn unneeded(&mut self, file: String) {
        self.unneeded.push(file);
    }

    /// A secret that no row will name after the commit.
    pub(crate) fn forget_key(&mut self, name: String) {
        self.keys.push(name);
    }

    pub(crate) fn take_keys(&mut self) -> Vec<String> {
        std::mem::take(&mut self.keys)
    }

    pub(crate) fn count(&mut self, name: &'static str, by: u64) {
        self.counts.push((name, by));
    }

    pub(crate) fn tally(&mut self, name: &'static str, by: u64) {
        self.tallies.push((name, by));
    }

    pub(crate) fn tallies(&self) -> &[(&'static str, u64)] {
        &self.tallies
    }

    pub(crate) fn take_tallies(&mut self) -> Vec<(&'static str, u64)> {
        std::mem::take(&mut self.tallies)
    }

    pub(crate) fn take_outputs(&mut self) -> Vec<Output> {
        std::mem::take(&mut self.outputs)
    }

    pub(crate) fn take_words(&mut self) -> Vec<Command> {
        std::mem::take(&mut self.words)
    }

    pub(crate) fn take_unneeded(&mut self) -> Vec<String> {
        std::mem::take(&mut self.unneeded)
    }

    pub(crate) fn take_counts(&mut self) -> Vec<(&'static str, u64)> {
        std::mem::take(&mut self.counts)
    }
}
