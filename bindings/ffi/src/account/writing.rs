//! What changes mail. A call returns when its change is durable on this device; what has to reach the site then waits
//! in the outbox, and leaves when a link is held or looked for.
//!
//! Given up, a call has either happened or not.

use super::*;

#[uniffi::export]
impl Account {
    /// Sends a message. When this returns, message and files are durable on this device, and it stays in the outbox
    /// until the site has taken it, the person withdraws it, or the site refuses it.
    ///
    /// Called again with the same draft id, also after a kill or a call that was given up, it returns the same message.
    ///
    /// Errors: nothing was accepted. `File`, an attachment cannot be read.
    pub async fn send(&self, message: NewMessage, cancel: Option<Arc<Cancel>>) -> Result<Sent, TmtpError> {
        let message = message.into_core()?;
        let account = self.handle()?;
        self.hall.run(cancel, async move { Ok(account.send(message).await?.into()) }).await
    }

    /// Sends a draft that was kept, with its files. Durable, and the same message when called again, as `send`.
    ///
    /// Errors: `NotFound`, there is no such draft, and none was sent.
    pub async fn send_draft(&self, draft: String) -> Result<Sent, TmtpError> {
        let account = self.handle()?;
        self.hall.run(None, async move { Ok(account.send_draft(&draft).await?.into()) }).await
    }

    /// Sends a ping. Durable, and the same ping when called again, as `send`.
    pub async fn ping(&self, ping: NewPing) -> Result<Pinged, TmtpError> {
        let ping = ping.into_core()?;
        let account = self.handle()?;
        self.hall.run(None, async move { Ok(account.ping(ping).await?.into()) }).await
    }

    /// Waits until an item of the outbox is settled: sent or refused. When the time is over first, how far it is then.
    /// Needs a link held or a wake beside it, else nothing moves. Given up, nothing changes.
    ///
    /// Errors: `NotFound`, there is no such item; one that was withdrawn is gone.
    pub async fn wait_sent(
        &self,
        send_id: SendId,
        deadline_ms: i64,
        cancel: Option<Arc<Cancel>>,
    ) -> Result<OutgoingState, TmtpError> {
        let (send_id, deadline) = (super::send_id(&send_id)?, span("deadline_ms", deadline_ms)?);
        let account = self.handle()?;
        self.hall.run(cancel, async move { Ok(account.wait_sent(send_id, deadline).await?.into()) }).await
    }

    /// Asks the site for one more alias. Durable; `wait_alias` waits for the site's word.
    pub async fn add_alias(&self, alias: Alias) -> Result<(), TmtpError> {
        let alias = super::alias(&alias)?;
        let account = self.handle()?;
        self.hall.run(None, async move { Ok(account.add_alias(alias).await?) }).await
    }

    /// Waits for the site's word on an alias. True: it is this member's. False: the time was over first, and it is still
    /// being asked for. Given up, nothing changes.
    ///
    /// Errors: `Refused` with the site's reason; `NotFound` if it was never asked for.
    pub async fn wait_alias(
        &self,
        alias: Alias,
        deadline_ms: i64,
        cancel: Option<Arc<Cancel>>,
    ) -> Result<bool, TmtpError> {
        let (alias, deadline) = (super::alias(&alias)?, span("deadline_ms", deadline_ms)?);
        let account = self.handle()?;
        self.hall.run(cancel, async move { Ok(account.wait_alias(&alias, deadline).await?) }).await
    }

    /// Makes a further node of this member and gives what its device needs. The request is durable; the answer needs a
    /// link, which is held for as long as this takes. Called again for the same label, also after it was given up, it
    /// gives the same ticket, until `forget_node_ticket`.
    ///
    /// Errors: `TimedOut`, the site has not answered in time: ask again; `Refused`.
    pub async fn add_node(
        &self,
        label: String,
        deadline_ms: i64,
        cancel: Option<Arc<Cancel>>,
    ) -> Result<NodeTicket, TmtpError> {
        let (label, deadline) = (super::label(&label)?, span("deadline_ms", deadline_ms)?);
        let account = self.handle()?;
        self.hall
            .run(cancel, async move { Ok(NodeTicket(account.add_node(label, deadline).await?.reveal())) })
            .await
    }

    /// The other device has what it needs: forgets the secret here.
    pub async fn forget_node_ticket(&self, label: String) -> Result<(), TmtpError> {
        let label = super::label(&label)?;
        let account = self.handle()?;
        self.hall.run(None, async move { Ok(account.forget_node_ticket(label).await?) }).await
    }

    /// Does not send this, if that is still possible; the answer says what became of it.
    pub async fn withdraw(&self, send_id: SendId) -> Result<Withdrawn, TmtpError> {
        let send_id = super::send_id(&send_id)?;
        let account = self.handle()?;
        self.hall.run(None, async move { Ok(account.withdraw(send_id).await?.into()) }).await
    }

    /// Sends again what failed or is in doubt: the person accepts that it may arrive twice.
    pub async fn send_again(&self, send_id: SendId) -> Result<(), TmtpError> {
        let send_id = super::send_id(&send_id)?;
        let account = self.handle()?;
        self.hall.run(None, async move { Ok(account.send_again(send_id).await?) }).await
    }

    /// What is in doubt has arrived, says the person.
    pub async fn take_as_sent(&self, send_id: SendId) -> Result<(), TmtpError> {
        let send_id = super::send_id(&send_id)?;
        let account = self.handle()?;
        self.hall.run(None, async move { Ok(account.take_as_sent(send_id).await?) }).await
    }

    /// The person has seen this message.
    pub async fn mark_read(&self, message: MessageId) -> Result<(), TmtpError> {
        let message = super::message(&message)?;
        let account = self.handle()?;
        self.hall.run(None, async move { Ok(account.mark_read(message).await?) }).await
    }

    /// The person has seen all messages of this thread.
    pub async fn mark_thread_read(&self, thread: ThreadId) -> Result<(), TmtpError> {
        let thread = super::thread(&thread)?;
        let account = self.handle()?;
        self.hall.run(None, async move { Ok(account.mark_thread_read(thread).await?) }).await
    }

    /// The person has seen all pings.
    pub async fn mark_pings_read(&self) -> Result<(), TmtpError> {
        let account = self.handle()?;
        self.hall.run(None, async move { Ok(account.mark_pings_read().await?) }).await
    }

    /// Deletes a message here. Its ids stay, so that it does not come back.
    pub async fn delete_message(&self, message: MessageId) -> Result<(), TmtpError> {
        let message = super::message(&message)?;
        let account = self.handle()?;
        self.hall.run(None, async move { Ok(account.delete_message(message).await?) }).await
    }

    /// Deletes all messages of a thread here. A later one shows it again.
    pub async fn delete_thread(&self, thread: ThreadId) -> Result<(), TmtpError> {
        let thread = super::thread(&thread)?;
        let account = self.handle()?;
        self.hall.run(None, async move { Ok(account.delete_thread(thread).await?) }).await
    }

    /// The person knows that some entries of this thread's recipient list name nobody (`Unreachable`): from now on
    /// replies go to the others.
    pub async fn go_without_unreachable(&self, thread: ThreadId) -> Result<(), TmtpError> {
        let thread = super::thread(&thread)?;
        let account = self.handle()?;
        self.hall.run(None, async move { Ok(account.go_without_unreachable(thread).await?) }).await
    }

    /// Forgets that this alias, given as the contact's row has it, is said to be this member's, checked or claimed. A
    /// later ping, or claim, tells it again.
    ///
    /// Errors: `NotFound`, nobody says so.
    pub async fn remove_contact(&self, alias: Alias, uid: Uid) -> Result<(), TmtpError> {
        let uid = known_uid(&uid)?;
        let account = self.handle()?;
        self.hall.run(None, async move { Ok(account.remove_contact(alias.0, uid).await?) }).await
    }

    /// Keeps what is not finished, with its files. One of the same id is replaced.
    pub async fn save_draft(
        &self,
        message: NewMessage,
        cancel: Option<Arc<Cancel>>,
    ) -> Result<(), TmtpError> {
        let message = message.into_core()?;
        let account = self.handle()?;
        self.hall.run(cancel, async move { Ok(account.save_draft(message).await?) }).await
    }

    /// Forgets a draft and its files.
    pub async fn delete_draft(&self, draft: String) -> Result<(), TmtpError> {
        let account = self.handle()?;
        self.hall.run(None, async move { Ok(account.delete_draft(draft).await?) }).await
    }

    /// What to do with a delivery above the limit, which holds up everything behind it.
    pub async fn answer_too_large(
        &self,
        message: MessageId,
        answer: TooLargeAnswer,
    ) -> Result<(), TmtpError> {
        let message = delivery(&message)?;
        let account = self.handle()?;
        self.hall.run(None, async move { Ok(account.answer_too_large(message, answer.into()).await?) }).await
    }
}
