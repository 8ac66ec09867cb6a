//! Facts about the world: an app reports them, in any order and as often as it likes, and the core decides. They need
//! no waiting.

use super::*;

#[uniffi::export]
impl Client {
    /// A person looks at the app: all accounts hold a link from now on.
    pub fn foreground(&self) -> Result<(), TmtpError> {
        self.hall.now(core::Client::foreground)
    }

    /// Nobody looks at the app any more, and the platform lets it run for about this long. Each account looks once
    /// more, sends what is queued, and quits its link; zero: at once. Links that are held by hand stay.
    pub fn background(&self, budget_ms: i64) -> Result<(), TmtpError> {
        let budget = span("budget_ms", budget_ms)?;
        self.hall.now(|core| core.background(budget))
    }

    /// The way into the network has changed, or what the platform thinks of it. A hint hastens; it never forbids.
    pub fn network(&self, hint: NetworkHint) -> Result<(), TmtpError> {
        self.hall.now(|core| core.network(hint.into()))
    }

    /// The device was unlocked: whatever waits for the key store is tried now.
    pub fn unlocked(&self) -> Result<(), TmtpError> {
        self.hall.now(core::Client::unlocked)
    }

    /// Memory is short: what can be read again is let go.
    pub fn memory_pressure(&self) -> Result<(), TmtpError> {
        self.hall.now(core::Client::memory_pressure)
    }

    /// Energy is short, or is not any more. While it is, an account that could not be opened is tried again, and a link
    /// is probed when the network changes again and again, after four times the wait. Nothing else changes.
    pub fn power(&self, saver: bool) -> Result<(), TmtpError> {
        self.hall.now(|core| core.power(saver))
    }

    /// The platform is about to suspend this process: finishes or undoes what is under way, closes everything, and
    /// returns within the deadline. After that no file of ours is open or locked; calls get `Suspended` and lose
    /// nothing, until `resumed`. Given up, it goes on to its end.
    ///
    /// Errors: `TimedOut`, something was still open, or `resumed` came in between.
    pub async fn will_suspend(&self, deadline_ms: i64) -> Result<(), TmtpError> {
        let deadline = span("deadline_ms", deadline_ms)?;
        let core = self.hall.core();
        self.hall.run(None, async move { Ok(core.will_suspend(deadline).await?) }).await
    }

    /// The process runs again. What was closed is opened again when it is needed.
    pub fn resumed(&self) -> Result<(), TmtpError> {
        self.hall.now(core::Client::resumed)
    }

    /// A push has come: looks at the accounts that it may be for, as `wake` does. The payload is what the platform
    /// passed on, if anything: a small JSON object that may name `site` and `uid`, and holds no content. One that
    /// cannot be read or names nobody here means all accounts.
    pub async fn push(
        &self,
        payload: Option<Vec<u8>>,
        budget_ms: i64,
        cancel: Option<Arc<Cancel>>,
    ) -> Result<WakeSummary, TmtpError> {
        let budget = span("budget_ms", budget_ms)?;
        let core = self.hall.core();
        self.hall.run(cancel, async move { Ok(core.push(payload, budget).await?.into()) }).await
    }

    /// Looks at these accounts, or at all: connects, stores what waits, sends what is queued while there is time, and
    /// quits; a link that is held is only probed. Always answers before the budget is over, with margin. Given up, it
    /// goes on to its end, and what comes is in the stores, the events and the ledger.
    ///
    /// Errors: only mistakes of the caller. `Input`, the list is empty or has more than 1000 names; `NotFound`, there
    /// is no account of one of the names.
    pub async fn wake(
        &self,
        accounts: Option<Vec<AccountName>>,
        budget_ms: i64,
        cancel: Option<Arc<Cancel>>,
    ) -> Result<WakeSummary, TmtpError> {
        let budget = span("budget_ms", budget_ms)?;
        let named = |names: Vec<AccountName>| names.iter().map(known_name).collect::<Result<_, _>>();
        let request = core::WakeRequest { accounts: accounts.map(named).transpose()?, budget };
        let core = self.hall.core();
        self.hall.run(cancel, async move { Ok(core.wake(request).await?.into()) }).await
    }
}
