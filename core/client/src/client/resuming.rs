//! Which account a join goes on with: the same join, called again after it was given up or killed, or because nobody
//! saw its answer, is the same membership, and makes no second one.
//!
//! | there is | a join under this alias |
//! |---|---|
//! | a member of the site that holds the alias | finds it done |
//! | one that asks for the alias, or was made and killed before it could ask for any | goes on with it |
//! | one that asks for another alias, or holds only others | has nothing to do with it |
//!
//! A node is the same by its secret.

use std::sync::{Mutex, PoisonError};

use tmtp_account::RefusedWhy;
use tmtp_store::keys::KeyAnswer;
use tmtp_store::write::aliases::AliasState;
use tmtp_store::write::membership::Membership;
use tmtp_wire::address::SiteAddress;
use tmtp_wire::ids::{NodeSecret, Uid};
use tmtp_wire::names::Alias;

use super::Client;
use crate::error::Error;
use crate::handle::reading::forbidden;
use crate::home::AccountName;
use crate::slot::Slot;
use crate::state::State;

/// Who is to have an account.
#[derive(Clone)]
pub(super) enum Wanted {
    /// A new member under this alias.
    Member(Alias),
    /// A node of a member that exists.
    Node(Uid, NodeSecret),
}

/// What an account has to do with a join.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Kinship {
    /// It is another membership.
    None,
    /// It was begun for no alias yet.
    Unnamed,
    /// It was begun by the same join.
    Begun,
    /// It is what the join would lead to.
    Done,
}

/// The joins that are under way in this process: what each asks for is in its store only a moment later.
#[derive(Default)]
pub(crate) struct Joins(Mutex<Vec<(AccountName, Alias)>>);

impl Joins {
    fn others(&self, name: &AccountName, alias: &Alias) -> bool {
        let joins = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        joins.iter().any(|(other, asked)| other == name && asked != alias)
    }

    fn add(&self, name: &AccountName, alias: &Alias) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).push((name.clone(), alias.clone()));
    }

    fn end(&self, name: &AccountName, alias: &Alias) {
        let mut joins = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(at) = joins.iter().position(|(other, asked)| other == name && asked == alias) {
            joins.swap_remove(at);
        }
    }
}

/// A join that is under way, until this is dropped.
pub(super) struct UnderWay {
    client: Client,
    name: AccountName,
    alias: Alias,
}

impl UnderWay {
    pub(super) fn begin(client: &Client, name: &AccountName, alias: &Alias) -> UnderWay {
        client.house.joins.add(name, alias);
        UnderWay { client: client.clone(), name: name.clone(), alias: alias.clone() }
    }
}

impl Drop for UnderWay {
    fn drop(&mut self) {
        self.client.house.joins.end(&self.name, &self.alias);
    }
}

/// An account that a join has found.
pub(super) struct Found {
    pub(super) name: AccountName,
    /// Nothing is left to do.
    pub(super) done: bool,
}

impl Client {
    /// The account with which this join goes on; `None` if it has to make one.
    ///
    /// # Errors
    /// [`Error::NameTaken`]: the name that was asked for is that of another membership.
    pub(super) fn resumable(
        &self,
        site: &SiteAddress,
        wanted: &Wanted,
        name: Option<&AccountName>,
    ) -> Result<Option<Found>, Error> {
        let home = &self.house.home;
        if let Some(name) = name
            && home.holds(name)
        {
            return match self.kinship(name, site, wanted) {
                Ok(Kinship::None) => Err(Error::NameTaken),
                Ok(kinship) => Ok(Some(Found { name: name.clone(), done: kinship == Kinship::Done })),
                // A database without a store: its making was cut short, and is done again.
                Err(Error::NotFound) => Ok(None),
                Err(error) => Err(error),
            };
        }
        let mut unnamed = None;
        for other in home.list()? {
            match self.kinship(&other, site, wanted) {
                Ok(Kinship::None) => {}
                // Who asks for a name of its own does not mean one that was begun for nobody.
                Ok(Kinship::Unnamed) => unnamed = unnamed.or_else(|| name.is_none().then_some(other)),
                Ok(kinship) => return Ok(Some(Found { name: other, done: kinship == Kinship::Done })),
                // Whether it is the same node can only be told when the key store answers.
                Err(error @ (Error::Locked | Error::Suspended | Error::Closed)) => return Err(error),
                // An account that cannot be read is in nobody's way.
                Err(_) => {}
            }
        }
        Ok(unnamed.map(|name| Found { name, done: false }))
    }

    fn kinship(&self, name: &AccountName, site: &SiteAddress, wanted: &Wanted) -> Result<Kinship, Error> {
        let slot = self.slot(name.clone());
        let (member, aliases, state) =
            slot.read_now(|reader| Ok((reader.account()?, reader.aliases()?, forbidden(&slot, reader)?)))?;
        // Nothing comes of one that was copied here, or that the site has forgotten.
        let lost = matches!(state, Some(State::Cloned | State::Refused(RefusedWhy::Login)));
        if lost || member.site != *site {
            return Ok(Kinship::None);
        }
        let alias = match wanted {
            Wanted::Member(alias) => alias,
            Wanted::Node(uid, secret) => return same_node(&slot, &member, uid, secret),
        };
        let has = |state, named| {
            aliases.iter().any(|row| row.state == state && (row.alias == alias.as_str()) == named)
        };
        Ok(if has(AliasState::Held, true) {
            Kinship::Done
        } else if has(AliasState::Held, false)
            || has(AliasState::Wanted, false)
            || self.house.joins.others(name, alias)
        {
            Kinship::None
        } else if has(AliasState::Wanted, true) {
            Kinship::Begun
        } else {
            Kinship::Unnamed
        })
    }
}

fn same_node(slot: &Slot, member: &Membership, uid: &Uid, secret: &NodeSecret) -> Result<Kinship, Error> {
    if member.uid.as_ref() != Some(uid) {
        return Ok(Kinship::None);
    }
    Ok(match slot.house.keys.get(&member.key_name)? {
        KeyAnswer::Value(kept) if kept == *secret => Kinship::Done,
        KeyAnswer::Value(_) | KeyAnswer::Absent => Kinship::None,
        KeyAnswer::NotNow => return Err(Error::Locked),
    })
}
