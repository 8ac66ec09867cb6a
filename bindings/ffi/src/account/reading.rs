//! What is shown: read from the store, by page, without a network. Given up, a call has read nothing.

use super::*;

#[uniffi::export]
impl Account {
    /// Threads, the one with the newest message first.
    pub async fn threads(&self, unread_only: bool, page: Page) -> Result<ThreadPage, TmtpError> {
        let page = super::page(page)?;
        let rows = self.run(None, |account| async move { account.threads(unread_only, page).await });
        Ok(rows.await?.into())
    }

    /// A thread and a page of its messages, the oldest first or the newest first. Any name that the thread ever had
    /// will do.
    pub async fn thread_screen(
        &self,
        thread: ThreadId,
        newest_first: bool,
        page: Page,
    ) -> Result<ThreadScreen, TmtpError> {
        let (thread, page) = (super::thread(&thread)?, super::page(page)?);
        let screen = self.run(None, |account| async move {
            let row = account.thread_row(thread).await?;
            let messages = if newest_first {
                account.thread_newest_first(thread, page).await?
            } else {
                account.thread(thread, page).await?
            };
            Ok((row, messages))
        });
        Ok(screen.await?.into())
    }

    /// One message. Any name that it ever had will do.
    pub async fn message(&self, message: MessageId) -> Result<MessageRow, TmtpError> {
        let message = super::message(&message)?;
        Ok(self.run(None, |account| async move { account.message(message).await }).await?.into())
    }

    /// What waits, is on its way, in doubt or refused, in the order of `send`.
    pub async fn outbox(&self, page: Page) -> Result<OutboxPage, TmtpError> {
        let page = super::page(page)?;
        Ok(self.run(None, |account| async move { account.outbox(page).await }).await?.into())
    }

    /// One item that this device has sent or wants to send.
    pub async fn outgoing(&self, send_id: SendId) -> Result<OutgoingRow, TmtpError> {
        let send_id = super::send_id(&send_id)?;
        Ok(self.run(None, |account| async move { account.outgoing(send_id).await }).await?.into())
    }

    /// The address book, by alias.
    pub async fn contacts(&self, page: Page) -> Result<ContactPage, TmtpError> {
        let page = super::page(page)?;
        Ok(self.run(None, |account| async move { account.contacts(page).await }).await?.into())
    }

    /// Pings, the newest first.
    pub async fn pings(&self, page: Page) -> Result<PingPage, TmtpError> {
        let page = super::page(page)?;
        Ok(self.run(None, |account| async move { account.pings(page).await }).await?.into())
    }

    /// Drafts, by their ids.
    pub async fn drafts(&self, page: Page) -> Result<DraftPage, TmtpError> {
        let page = super::page(page)?;
        Ok(self.run(None, |account| async move { account.drafts(page).await }).await?.into())
    }

    /// The member's own aliases, and those asked for or refused.
    pub async fn aliases(&self) -> Result<Vec<AliasRow>, TmtpError> {
        let rows = self.run(None, |account| async move { account.aliases().await }).await?;
        Ok(rows.into_iter().map(AliasRow::from).collect())
    }

    /// The member's other nodes, as far as they are known here.
    pub async fn nodes(&self) -> Result<Vec<NodeRow>, TmtpError> {
        let rows = self.run(None, |account| async move { account.nodes().await }).await?;
        Ok(rows.into_iter().map(NodeRow::from).collect())
    }

    /// What this version has stored without interpreting it.
    pub async fn parked(&self, page: Page) -> Result<ParkedPage, TmtpError> {
        let page = super::page(page)?;
        Ok(self.run(None, |account| async move { account.parked(page).await }).await?.into())
    }

    /// How the account is doing. Works also beside another process that is its writer.
    pub async fn status(&self) -> Result<Status, TmtpError> {
        Ok(self.run(None, |account| async move { account.status().await }).await?.into())
    }

    /// Writes an attachment of a message to a file, given as an absolute path. The file is there whole or not at all,
    /// also when this is given up; one that exists is left as it is unless `replace` says otherwise. Works beside
    /// another process. Returns its size in bytes.
    ///
    /// Errors: `File`, it cannot be written there, or it exists; `NotFound`, no such attachment.
    pub async fn save_attachment(
        &self,
        message: MessageId,
        name: String,
        to: String,
        replace: bool,
        cancel: Option<Arc<Cancel>>,
    ) -> Result<i64, TmtpError> {
        let (message, to) = (super::message(&message)?, path(&to)?);
        let saving = |account: core::AccountHandle| async move {
            account.save_attachment(message, &name, &to, replace).await
        };
        Ok(crate::convert::count(self.run(cancel, saving).await?))
    }
}
