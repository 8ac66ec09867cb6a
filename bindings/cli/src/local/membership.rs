//! Membership: joining, leaving, aliases, further nodes.

use std::time::Duration;

use tmtp_client::{
    AccountHandle, Alias, AliasRow, AliasState, Error, Event, EventCursor, Join, Label, NodeTicket, NotNow,
    State, WaitWhy,
};

use super::{Local, QUIT};
use crate::failure::{Failure, Outcome};
use crate::orders::Done;
use crate::output::shapes;
use crate::{read, states};

/// Events looked through for why a join came to nothing: it tries only so often in its time.
const EVENTS: usize = 500;
/// The reason beside an alias that was asked for and is there.
const ALREADY_YOURS: &str = "it is yours already";
/// Leaving a site in order, before key and mail are removed.
const LEAVE: Duration = Duration::from_secs(5);

impl Local {
    pub(super) async fn join(
        &self,
        address: &str,
        alias: &str,
        name: Option<String>,
        wait: Duration,
    ) -> Outcome<Done> {
        let address = address.parse().map_err(Error::from)?;
        let alias: Alias = alias.parse().map_err(Error::from)?;
        let name = name.map(|name| name.parse()).transpose()?;
        let before = self.client.event_cursor();
        match self.client.join(Join { address, alias, name, deadline: wait }).await {
            Ok(account) => self.joined(account).await,
            Err(error) => Err(self.why_no_link(before, error).await),
        }
    }

    /// The façade says in few words why no link came about; the states that the account went through say more.
    async fn why_no_link(&self, before: EventCursor, error: Error) -> Failure {
        if !matches!(error, Error::Network | Error::TimedOut | Error::Untrusted | Error::ClockWrong) {
            return error.into();
        }
        let seen = self.client.next_events(before, EVENTS, Duration::ZERO).await;
        let mut why = None;
        for one in seen.map(|batch| batch.events).unwrap_or_default() {
            // Other accounts are there still.
            if let Event::StateChanged(State::Waiting { why: WaitWhy::Dial(failure), .. }) = one.event
                && self.client.account(&one.account).await.is_err()
            {
                why = Some(failure);
            }
        }
        match (why, &error) {
            // That the time was over in the middle of a further try is not what one has to know.
            (Some(why), Error::TimedOut) => Failure::new(Error::Network.code(), states::no_way(why)),
            (Some(why), error) => Failure::new(error.code(), states::no_way(why)),
            (None, _) => error.into(),
        }
    }

    pub(super) async fn join_node(&self, ticket: &str, name: Option<String>) -> Outcome<Done> {
        let ticket: NodeTicket = ticket.parse().map_err(Error::from)?;
        let name = name.map(|name| name.parse()).transpose()?;
        let account = self.client.join_node(ticket, name).await?;
        self.joined(account).await
    }

    async fn joined(&self, account: AccountHandle) -> Outcome<Done> {
        let shape = read::account(&account).await?;
        // Nobody watches, or somebody who has more new accounts than anybody has.
        let _ = self.joined.try_send(account);
        Ok(Done::Account(shape))
    }

    pub(super) async fn remove(&self, account: &str) -> Outcome<Done> {
        self.client.remove(&account.parse()?, LEAVE).await?;
        Ok(Done::Nothing)
    }

    pub(super) async fn salvage(&self, account: &str) -> Outcome<Done> {
        let report = self.account(account).await?.salvage().await?;
        Ok(Done::Salvaged(shapes::Salvaged::of(account, &report)))
    }

    pub(super) async fn add_alias(&self, account: &str, alias: &str, wait: Duration) -> Outcome<Done> {
        let handle = self.account(account).await?;
        let alias: Alias = alias.parse().map_err(Error::from)?;
        let held = |row: &AliasRow| row.alias == alias.as_str() && row.state == AliasState::Held;
        let had = handle.aliases().await?.iter().any(held);
        handle.add_alias(alias.clone()).await?;
        let (state, reason) = if had {
            ("held", Some(ALREADY_YOURS.to_owned()))
        } else if wait.is_zero() {
            ("queued", None)
        } else {
            let stay = handle.stay().await?;
            handle.user_acts().await;
            let waited = handle.wait_alias(&alias, wait).await;
            let standing = handle.state();
            // That the link closes late is no fault of the alias.
            let _ = stay.stop(QUIT).await;
            match waited {
                Ok(true) => ("held", None),
                Ok(false) => ("queued", crate::states::reason(&standing)),
                Err(Error::Refused { reason }) => ("refused", Some(reason)),
                Err(error) => return Err(error.into()),
            }
        };
        let (account, state) = (account.to_owned(), state.to_owned());
        Ok(Done::Sent(shapes::Sent { account, send_id: None, thread: None, msgid: None, state, reason }))
    }

    /// Makes the node if it is not there yet, and hands its ticket out once. A command that ended before it could
    /// show the ticket is given again: the ticket is forgotten only after it was handed out.
    pub(super) async fn add_node(&self, account: &str, label: &str, wait: Duration) -> Outcome<Done> {
        let handle = self.account(account).await?;
        let label: Label = label.parse().map_err(Error::from)?;
        handle.user_acts().await;
        let ticket = match handle.add_node(label.clone(), wait).await {
            Err(Error::TimedOut) => {
                let sentence = "the site has not made the node yet; the same command again goes on with it";
                return Err(Failure::not_yet("node_not_made", sentence));
            }
            Err(Error::NotNow(NotNow::AlreadyHad)) => {
                let sentence = format!(
                    "there is a node “{label}” already, and its ticket was shown; choose another label"
                );
                return Err(Failure::new("node_exists", sentence));
            }
            ticket => ticket?,
        };
        let (account, node) = (account.to_owned(), label.to_string());
        Ok(Done::Node(shapes::Node { account, node, ticket: ticket.reveal() }))
    }

    pub(super) async fn forget_node(&self, account: &str, label: &str) -> Outcome<Done> {
        let label: Label = label.parse().map_err(Error::from)?;
        self.account(account).await?.forget_node_ticket(label).await?;
        Ok(Done::Nothing)
    }
}
