//! What is shown: read from the store, by page, without a network. Given up, a call has read nothing.

use super::*;

#[uniffi::export]
impl Account {
    /// Threads, the one with the newest message first.
    pub async fn threads(&self, unread_only: bool, page: Page) -> Result<ThreadPage, TmtpError> {
        let page = super::page(page)?;
        let account = self.handle()?;
        self.hall.run(None, async move { Ok(account.threads(unread_only, page).await?.into()) }).await
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
        let account = self.handle()?;
        let screen = async move {
            let row = account.thread_row(thread).await?;
            let messages = if newest_first {
                account.thread_newest_first(thread, page).await?
            } else {
                account.thread(thread, page).await?
            };
            Ok((row, messages).into())
        };
        self.hall.run(None, screen).await
    }

    /// One message. Any name that it ever had will do.
    pub async fn message(&self, message: MessageId) -> Result<MessageRow, TmtpError> {
        let message = super::message(&message)?;
        let account = self.handle()?;
        self.hall.run(None, async move { Ok(account.message(message).await?.into()) }).await
    }

    /// What waits, is on its way, in doubt or refused, in the order of `send`.
    pub async fn outbox(&self, page: Page) -> Result<OutboxPage, TmtpError> {
        let page = super::page(page)?;
        let account = self.handle()?;
        self.hall.run(None, async move { Ok(account.outbox(page).await?.into()) }).await
    }

    /// One item that this device has sent or wants to send.
    pub async fn outgoing(&self, send_id: SendId) -> Result<OutgoingRow, TmtpError> {
        let send_id = super::send_id(&send_id)?;
        let account = self.handle()?;
        self.hall.run(None, async move { Ok(account.outgoing(send_id).await?.into()) }).await
    }

    /// The address book, by alias.
    pub async fn contacts(&self, page: Page) -> Result<ContactPage, TmtpError> {
        let page = super::page(page)?;
        let account = self.handle()?;
        self.hall.run(None, async move { Ok(account.contacts(page).await?.into()) }).await
    }

    /// Pings, the newest first.
    pub async fn pings(&self, page: Page) -> Result<PingPage, TmtpError> {
        let page = super::page(page)?;
        let account = self.handle()?;
        self.hall.run(None, async move { Ok(account.pings(page).await?.into()) }).await
    }

    /// Drafts, by their ids.
    pub async fn drafts(&self, page: Page) -> Result<DraftPage, TmtpError> {
        let page = super::page(page)?;
        let account = self.handle()?;
        self.hall.run(None, async move { Ok(account.drafts(page).await?.into()) }).await
    }

    /// The member's own aliases, and those asked for or refused.
    pub async fn aliases(&self) -> Result<Vec<AliasRow>, TmtpError> {
        let account = self.handle()?;
        self.hall
            .run(None, async move { Ok(account.aliases().await?.into_iter().map(AliasRow::from).collect()) })
            .await
    }

    /// The member's other nodes, as far as they are known here.
    pub async fn nodes(&self) -> Result<Vec<NodeRow>, TmtpError> {
        let account = self.handle()?;
        self.hall
            .run(None, async move { Ok(account.nodes().await?.into_iter().map(NodeRow::from).collect()) })
            .await
    }

    /// What this version has stored without interpreting it.
    pub async fn parked(&self, page: Page) -> Result<ParkedPage, TmtpError> {
        let page = super::page(page)?;
        let account = self.handle()?;
        self.hall.run(None, async move { Ok(account.parked(page).await?.into()) }).await
    }

    /// How the account is doing. Works also beside another process that is its writer.
    pub async fn status(&self) -> Result<Status, TmtpError> {
        let account = self.handle()?;
        self.hall.run(None, async move { Ok(account.status().await?.into()) }).await
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
        let account = self.handle()?;
        let saving = async move {
            Ok(crate::convert::count(account.save_attachment(message, &name, &to, replace).await?))
        };
        self.hall.run(cancel, saving).await
    }
}
