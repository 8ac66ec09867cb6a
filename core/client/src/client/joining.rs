//! Becoming a member, and taking a further node of a member into use.

use std::sync::{Arc, PoisonError};

use tmtp_account::{Command, NotNow, RefusedWhy, StopWhy, WaitWhy};
use tmtp_store::write::aliases::AliasState;
use tmtp_store::{NewAccount, Reader, StoreError, Writer};
use tmtp_wire::address::SiteAddress;
use tmtp_wire::ids::{NodeSecret, Uid};
use tmtp_wire::names::Alias;
use tokio::time::{Instant, timeout_at};

use super::Client;
use crate::config::Join;
use crate::error::Error;
use crate::events::Event;
use crate::handle::AccountHandle;
use crate::handle::reading::{AliasAnswer, alias_answer};
use crate::home::AccountName;
use crate::limits::{STOP, clamped};
use crate::slot::{Slot, off_thread};
use crate::state::State;
use crate::ticket::NodeTicket;

impl Client {
    /// Becomes a member of a site: registers there, keeps uid and secret durably, then asks for the alias.
    ///
    /// Returns when the alias is this member's; or, once registered, when the time is over: then the alias is
    /// still asked for whenever a link is held ([`AccountHandle::wait_alias`]).
    ///
    /// When the site refuses, or cannot be reached in time to register, nothing is left here: folder and key are
    /// removed. At the site a member without a device can be left: when its answer to the registration was lost, or
    /// when it refused the alias of a member that it had already made. Once registered, other trouble (a disk that
    /// fills up, a portal in between) is told, and the account stays.
    ///
    /// Dropped in the middle, or killed, the account stays as far as it has come; calling this again with its
    /// name goes on with it, and [`Client::remove`] takes it away.
    ///
    /// # Errors
    /// [`Error::Refused`] with the site's reason, for instance an alias that is taken; [`Error::NeedsSignIn`];
    /// [`Error::NameTaken`]; [`Error::PinChanged`]; [`Error::Untrusted`]; [`Error::ClockWrong`]; [`Error::Network`];
    /// [`Error::TimedOut`].
    pub async fn join(&self, join: Join) -> Result<AccountHandle, Error> {
        let Join { address, alias, name, deadline } = join;
        let until = Instant::now() + clamped(deadline);
        let (slot, new) = self.begin(address, None, name).await?;
        match register(&slot, &alias, until).await {
            Ok(()) => Ok(AccountHandle::new(slot)),
            // Somebody else has this account in hand, or it is another member: it is not ours to remove.
            Err(error @ (Error::InUse { .. } | Error::Closed | Error::Suspended | Error::NameTaken)) => {
                Err(error)
            }
            Err(error) => {
                let member = slot.read(|reader| Ok(reader.account()?.uid.is_some())).await?;
                // A member is taken away only when the site has refused its alias: otherwise the alias may be its own
                // already, and would be lost for ever with its secret. One from before this call may have mail.
                if !member || new && matches!(error, Error::Refused { .. }) {
                    self.take_away(&slot, STOP).await?;
                }
                Err(error)
            }
        }
    }

    /// Takes a further node of a member into use, which another device of his has made
    /// ([`AccountHandle::add_node`]). Needs no link: mail begins to come when one is held.
    ///
    /// Dropped in the middle, or killed, it can be called again with the same name.
    pub async fn join_node(
        &self,
        ticket: NodeTicket,
        name: Option<AccountName>,
    ) -> Result<AccountHandle, Error> {
        let NodeTicket { site, uid, secret, aliases } = ticket;
        let (slot, _) = self.begin(site, Some((uid, secret)), name).await?;
        for alias in aliases {
            slot.command(Command::AliasIsOurs(alias)).await?;
        }
        Ok(AccountHandle::new(slot))
    }

    /// Makes the store of an account that is to be; or finds the one that an earlier join has not finished. Says
    /// whether it is new.
    async fn begin(
        &self,
        site: SiteAddress,
        node: Option<Node>,
        name: Option<AccountName>,
    ) -> Result<(Arc<Slot>, bool), Error> {
        let client = self.clone();
        let (slot, new) = off_thread(move || {
            let _pass = client.house.lifecycle.enter()?;
            let home = &client.house.home;
            let _making = client.house.making.lock().unwrap_or_else(PoisonError::into_inner);
            let name = match name {
                Some(name) => name,
                None => home.free_name(&site)?,
            };
            if home.holds(&name) {
                let slot = client.slot(name.clone());
                match resumable(&slot, &site, node.as_ref()) {
                    // A database without a store: its making was cut short, and is done again.
                    Err(Error::NotFound) => {}
                    outcome => return outcome.map(|()| (slot, false)),
                }
            }
            home.make_folder(&name)?;
            let slot = client.slot(name);
            make_store(&slot, site, node).map(|()| (slot, true))
        })
        .await?;
        if new {
            slot.board.tell(Event::AccountAdded);
            self.known().await?;
        }
        Ok((slot, new))
    }
}

/// A member and the secret of a node of it.
type Node = (Uid, NodeSecret);

/// Makes the store of a new account, durably.
fn make_store(slot: &Slot, site: SiteAddress, node: Option<Node>) -> Result<(), Error> {
    let house = &slot.house;
    let key_name = format!("node-{:016x}", house.random());
    let uid = match node {
        Some((uid, secret)) => {
            // The secret first: a store whose key is missing could never log in.
            house.keys.put(&key_name, &secret)?;
            Some(uid)
        }
        None => None,
    };
    let created = house.instance.clock.now().wall;
    let new = NewAccount { site, key_name, uid, created };
    Writer::create(slot.place(), &new).and_then(Writer::close).map_err(|error| {
        // Nothing names this secret; if it cannot be forgotten either, it opens nothing by itself.
        let _ = house.keys.remove(&new.key_name);
        error.into()
    })
}

/// Whether a join may go on with an account that is there: it was begun for the same member at the same site, or
/// for none yet, and has no alias so far.
fn resumable(slot: &Slot, site: &SiteAddress, node: Option<&Node>) -> Result<(), Error> {
    let unfinished = slot.read_now(|reader| {
        let account = reader.account()?;
        let held = reader.aliases()?.iter().any(|row| row.state == AliasState::Held);
        let same = node.is_none_or(|(uid, _)| account.uid.as_ref() == Some(uid));
        Ok(account.site == *site && same && !held)
    })?;
    if unfinished { Ok(()) } else { Err(Error::NameTaken) }
}

/// Holds a link until the member exists and has its alias.
async fn register(slot: &Arc<Slot>, alias: &Alias, until: Instant) -> Result<(), Error> {
    match slot.command(Command::AddAlias(alias.clone())).await {
        // An earlier try has asked already.
        Ok(_) | Err(Error::NotNow(NotNow::AlreadyHad)) => {}
        Err(error) => return Err(error),
    }
    let handle = AccountHandle::new(Arc::clone(slot));
    let link = handle.stay().await?;
    let outcome = settle(slot, alias, until).await;
    // Until the site has been told, a process that ends would leave the node locked (wire 20.2).
    if link.stop(STOP).await.is_err() {
        tracing::info!("The link of a join closes late.");
    }
    outcome
}

/// Waits until the alias is held, something is refused for good, or the time is over.
async fn settle(slot: &Arc<Slot>, alias: &Alias, until: Instant) -> Result<(), Error> {
    let mut changes = slot.board.changes();
    loop {
        changes.mark_unchanged();
        let wanted = alias.clone();
        let (registered, answer) = slot.read(move |reader| progress(reader, &wanted)).await?;
        match answer {
            AliasAnswer::Held if registered => return Ok(()),
            AliasAnswer::Refused(reason) => return Err(Error::Refused { reason }),
            _ => {}
        }
        let state = slot.board.standing().state;
        if let Some(error) = hopeless(&state) {
            return Err(error);
        }
        match timeout_at(until, changes.changed()).await {
            Ok(Ok(())) => {}
            Ok(Err(_)) => return Err(slot.gone()),
            Err(_) if registered => return Ok(()),
            Err(_) => return Err(late(&state)),
        }
    }
}

fn progress(reader: &Reader, alias: &Alias) -> Result<(bool, AliasAnswer), StoreError> {
    Ok((reader.account()?.uid.is_some(), alias_answer(reader, alias)?))
}

/// What no waiting will change.
fn hopeless(state: &State) -> Option<Error> {
    match state {
        State::Refused(RefusedWhy::NeedsSignIn) => Some(Error::NeedsSignIn),
        State::Refused(RefusedWhy::Login) => Some(Error::LoginRefused),
        State::Refused(RefusedWhy::Incompatible) => Some(Error::Incompatible),
        State::Refused(RefusedWhy::KeyNotKept) => Some(Error::KeyStore),
        State::Stopped(StopWhy::PinChanged) => Some(Error::PinChanged),
        State::StorageFull { needed } => Some(Error::StorageFull { needed: *needed }),
        State::Locked => Some(Error::Locked),
        State::KeyLost => Some(Error::KeyLost),
        State::Cloned => Some(Error::Cloned),
        State::ReadOnly => Some(Error::ReadOnly),
        State::Damaged => Some(Error::Damaged),
        State::Broken(_) => Some(Error::Broken),
        State::Waiting { why: WaitWhy::Dial(failure), .. } => match Error::of_wait(WaitWhy::Dial(*failure)) {
            error @ (Error::PinChanged | Error::Untrusted | Error::ClockWrong | Error::Broken) => Some(error),
            _ => None,
        },
        _ => None,
    }
}

/// Why the time was not enough, as far as it is known.
fn late(state: &State) -> Error {
    match state {
        State::Waiting { why, .. } => Error::of_wait(*why),
        _ => Error::TimedOut,
    }
}
