//! What the driver needs of an account: the calls, and nothing of what is behind them.

use tmtp_account::{Account, Input, Now, Output};
use tmtp_wire::time::Mono;

/// Something that is driven as an account is. The rules of the calls are those of [`Account`].
pub trait Engine {
    /// Hands something in; nothing happens before the next step.
    fn put(&mut self, input: Input);
    /// Works off everything that was put in, and due timers, in one transaction.
    fn step(&mut self, now: Now);
    /// What is to be done outside, after a step.
    fn poll_output(&mut self) -> Option<Output>;
    /// The next plaintext for the link, one record of at most 16 KiB. Handed out counts as written.
    fn poll_transmit(&mut self, now: Now) -> Option<Vec<u8>>;
    /// Whether something waits for a step.
    fn wants_step(&self) -> bool;
    /// When a step is due by itself.
    fn poll_timeout(&self) -> Option<Mono>;
}

impl Engine for Account {
    fn put(&mut self, input: Input) {
        Account::put(self, input);
    }
    fn step(&mut self, now: Now) {
        Account::step(self, now);
    }
    fn poll_output(&mut self) -> Option<Output> {
        Account::poll_output(self)
    }
    fn poll_transmit(&mut self, now: Now) -> Option<Vec<u8>> {
        Account::poll_transmit(self, now)
    }
    fn wants_step(&self) -> bool {
        Account::wants_step(self)
    }
    fn poll_timeout(&self) -> Option<Mono> {
        Account::poll_timeout(self)
    }
}
