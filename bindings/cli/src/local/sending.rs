//! Sending: accepting messages and pings, waiting for them, taking them back, deciding about doubts.

use std::time::Duration;

use tmtp_client::{
    Error, NewMessage, NewPing, OutgoingState, Recipient, SendId, Standing, To, TooLargeAnswer, Withdrawn,
};
use tokio::sync::watch;

use super::{Local, QUIT, id};
use crate::failure::{Failure, Outcome};
use crate::orders::{self, Done, Message};
use crate::output::shapes;
use crate::states;

impl Local {
    pub(super) async fn send(&self, message: Message) -> Outcome<Done> {
        let account = self.account(&message.account).await?;
        let to = match message.to {
            orders::To::Thread(thread) => To::Reply(id(&thread)?),
            orders::To::New { recipients, from } => To::NewThread {
                recipients: recipients.into_iter().map(|(who, note)| Recipient { who, note }).collect(),
                from_alias: from.map(|alias| alias.parse()).transpose().map_err(Error::from)?,
            },
        };
        let (draft, subject, text, attachments) =
            (message.draft, message.subject, message.text, message.attach);
        let sent = account.send(NewMessage { draft, to, subject, text, attachments }).await?;
        let (state, reason) = states::outgoing(&sent.state);
        Ok(Done::Sent(shapes::Sent {
            account: message.account,
            send_id: Some(sent.send_id.to_string()),
            thread: Some(sent.thread.to_string()),
            msgid: Some(sent.message.to_string()),
            state,
            reason,
        }))
    }

    pub(super) async fn ping(
        &self,
        account: &str,
        draft: String,
        from: Option<String>,
        to: &str,
        text: String,
    ) -> Outcome<Done> {
        let from = from.map(|alias| alias.parse()).transpose().map_err(Error::from)?;
        let to = to.parse().map_err(Error::from)?;
        let (send_id, state) = self.account(account).await?.ping(NewPing { draft, from, to, text }).await?;
        Ok(Done::Sent(item(account, send_id, &state)))
    }

    /// Holds a link until the item has left, was refused, or the time is over.
    pub(super) async fn await_sent(&self, account: &str, send_id: &str, wait: Duration) -> Outcome<Done> {
        let handle = self.account(account).await?;
        let item_id: SendId = id(send_id)?;
        let stay = handle.stay().await?;
        let mut standing = handle.watch_state();
        handle.user_acts().await;
        standing.mark_unchanged();
        let waited = tokio::select! {
            waited = handle.wait_sent(item_id, wait) => waited,
            () = comes_to_nothing(&mut standing) => handle.wait_sent(item_id, Duration::ZERO).await,
        };
        let standing = handle.state();
        // That the link closes late is no fault of the message.
        let _ = stay.stop(QUIT).await;
        let state = waited?;
        let mut sent = item(account, item_id, &state);
        // The site has given it its id meanwhile.
        let row = handle.outgoing(item_id).await?;
        sent.thread = row.thread.map(|thread| thread.to_string());
        sent.msgid = row.message.map(|message| message.to_string());
        if sent.reason.is_none() && state != OutgoingState::Sent {
            sent.reason = states::reason(&standing);
        }
        Ok(Done::Sent(sent))
    }

    pub(super) async fn withdraw(&self, account: &str, send_id: &str) -> Outcome<Done> {
        let item_id: SendId = id(send_id)?;
        let withdrawn = self.account(account).await?.withdraw(item_id).await?;
        let (state, reason) = match withdrawn {
            Withdrawn::Removed => ("withdrawn", None),
            Withdrawn::WillNotResend => {
                ("in_doubt", Some("it may have been sent already; it will not be sent again".to_owned()))
            }
            Withdrawn::AlreadySent => ("sent", Some("it was sent already".to_owned())),
        };
        let (account, state) = (account.to_owned(), state.to_owned());
        Ok(Done::Sent(shapes::Sent {
            account,
            send_id: Some(send_id.to_owned()),
            thread: None,
            msgid: None,
            state,
            reason,
        }))
    }

    pub(super) async fn settle(&self, account: &str, send_id: &str, send_again: bool) -> Outcome<Done> {
        let handle = self.account(account).await?;
        let item_id: SendId = id(send_id)?;
        if send_again {
            handle.send_again(item_id).await?;
            return Ok(Done::Sent(item(account, item_id, &OutgoingState::Queued)));
        }
        handle.take_as_sent(item_id).await?;
        Ok(Done::Sent(item(account, item_id, &OutgoingState::Sent)))
    }

    pub(super) async fn answer_large(&self, account: &str, message: &str, accept: bool) -> Outcome<Done> {
        let answer = if accept { TooLargeAnswer::Accept } else { TooLargeAnswer::Discard };
        self.account(account).await?.answer_too_large(id(message)?, answer).await?;
        Ok(Done::Nothing)
    }

    pub(super) async fn trust(&self, address: &str, key: &str) -> Outcome<Done> {
        let site = address.parse().map_err(Error::from)?;
        let pin = key.parse().map_err(|error| Failure::usage(format!("“{key}”: {error}")))?;
        self.client.trust(&site, pin).await?;
        Ok(Done::Nothing)
    }
}

/// Returns when the account has come to a state in which nothing is sent, however long one waits.
async fn comes_to_nothing(standing: &mut watch::Receiver<Standing>) {
    while standing.changed().await.is_ok() {
        if states::is_hopeless(&standing.borrow_and_update().state) {
            return;
        }
    }
    std::future::pending().await
}

fn item(account: &str, send_id: SendId, state: &OutgoingState) -> shapes::Sent {
    let (state, reason) = states::outgoing(state);
    let (account, send_id) = (account.to_owned(), Some(send_id.to_string()));
    shapes::Sent { account, send_id, thread: None, msgid: None, state, reason }
}
