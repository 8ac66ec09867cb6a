//! How an account runs: holding a link by hand, being asked by a person, being closed, being mended.

use super::*;

/// As long as one of these lives, the account holds a link, whatever else is known of the world.
#[derive(uniffi::Object)]
pub struct Stay {
    hall: Arc<Hall>,
    /// Taken out when the link is let go.
    link: std::sync::Mutex<Option<core::Stay>>,
}

#[uniffi::export]
impl Account {
    /// Holds a link to the site until the object that this returns is stopped or let go. An app that reports
    /// `foreground` and `background` does not need this. Returns when the account is open for writing, not when the
    /// link stands: watch the state for that.
    pub async fn stay(&self) -> Result<Arc<Stay>, TmtpError> {
        let account = self.handle()?;
        let link = self.hall.run(None, async move { Ok(account.stay().await?) }).await?;
        Ok(Arc::new(Stay { hall: Arc::clone(&self.hall), link: std::sync::Mutex::new(Some(link)) }))
    }

    /// A person wants it now: waits are void, and what was stopped is tried once more. Without effect while no link is
    /// wanted.
    pub async fn user_acts(&self) -> Result<(), TmtpError> {
        let account = self.handle()?;
        self.hall
            .run(None, async move {
                account.user_acts().await;
                Ok(())
            })
            .await
    }

    /// Closes the account in this process: quits the link, closes the store, frees it for another process. It opens
    /// again by the next call that needs it. Given up, it goes on to its end.
    ///
    /// Errors: `TimedOut`, it was cut short. What was accepted is in the store all the same.
    pub async fn release(&self, deadline_ms: i64) -> Result<(), TmtpError> {
        let deadline = span("deadline_ms", deadline_ms)?;
        let account = self.handle()?;
        self.hall.run(None, async move { Ok(account.close(deadline).await?) }).await
    }

    /// Takes an account into use that was copied here (`Cloned`): its original is gone, or nothing logs in from it any
    /// more, says the person. If something does, each of the two misses the mail that the other gets. Closes the account
    /// for that; changes nothing about one that was made here. Given up, it goes on to its end.
    ///
    /// Errors: `InUse`; `StorageFull`.
    pub async fn adopt(&self) -> Result<(), TmtpError> {
        let account = self.handle()?;
        self.hall.run(None, async move { Ok(account.adopt().await?) }).await
    }

    /// Saves what still reads of a damaged store into a new one, and keeps the old one in the account's folder. Closes
    /// the account for that; it opens again by the next call that needs it. If this fails, or is cut short by a kill,
    /// the old store is as it was. Given up, it goes on to its end. Can take long.
    ///
    /// Errors: `Damaged`, nothing of it reads; `InUse`; `StorageFull`.
    pub async fn salvage(&self, cancel: Option<Arc<Cancel>>) -> Result<SalvageReport, TmtpError> {
        let account = self.handle()?;
        self.hall.run(cancel, async move { Ok(account.salvage().await?.into()) }).await
    }
}

#[uniffi::export]
impl Stay {
    /// Lets the link go, and waits until the site has been told and it is closed. Returns at once if others still hold
    /// it, or if it was let go before. Given up, the link is let go all the same.
    ///
    /// Errors: `TimedOut`, it is still closing, and goes on to do so.
    pub async fn stop(&self, deadline_ms: i64) -> Result<(), TmtpError> {
        let deadline = span("deadline_ms", deadline_ms)?;
        let Some(link) = self.take() else { return Ok(()) };
        self.hall.run(None, async move { Ok(link.stop(deadline).await?) }).await
    }
}

impl Stay {
    fn take(&self) -> Option<core::Stay> {
        self.link.lock().unwrap_or_else(std::sync::PoisonError::into_inner).take()
    }
}

impl Drop for Stay {
    fn drop(&mut self) {
        self.hall.drop_inside(self.take());
    }
}
