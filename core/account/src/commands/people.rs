//! Who is meant: from what a person types, or a list holds, to uids. Only what the site has checked, an own alias, or
//! a uid leads to somebody; what a sender claims never does, it only makes a better refusal.

use rusqlite::Connection;
use tmtp_store::write::{aliases, contacts, threads};
use tmtp_wire::ids::{ThreadRef, Uid};
use tmtp_wire::plain;

use super::Problem;
use crate::api::{Event, Refused, Reply};
use crate::core::Core;
use crate::limits::UNREACHABLE_NAMED;
use crate::plant::{self, Plant};

impl Core {
    /// The name and uid of whoever is meant. The name goes to others in a recipient list, under the own name: so it is
    /// one that the site has checked. A uid without such a name gets one of its own, which must differ from the uid:
    /// equal ones mean a group (client-formats 5).
    pub(super) fn resolve(&self, conn: &Connection, who: &str) -> Result<(String, Uid), Problem> {
        if let Ok(uid) = who.parse::<Uid>() {
            let own = if self.is_own(&uid) { Some(self.own_alias(conn, None)?) } else { None };
            let name = match own {
                Some(own) => Some(own),
                None => contacts::alias_of(conn, &uid)?,
            };
            return Ok((name.filter(|name| name != who).unwrap_or_else(|| format!("uid {uid}")), uid));
        }
        let own = aliases::by_name(conn, who)?.filter(|row| row.state == aliases::AliasState::Held);
        if let (Some(own), Some(uid)) = (own, self.uid()) {
            return Ok((own.alias, uid.clone()));
        }
        let mut checked = contacts::checked_behind(conn, who)?;
        if plant::on(Plant::ClaimsAreNames) && checked.is_empty() {
            checked.extend(contacts::claims_behind(conn, who)?.into_iter().map(|(uid, _)| uid).take(1));
        }
        match checked.as_slice() {
            [] => Err(self.only_claimed(conn, who)?.into()),
            [uid] => {
                // Two names that a person cannot tell apart, both checked: the one that was known first is meant.
                let mut uids: Vec<Uid> = contacts::known_earlier(conn, who, uid)?.into_iter().collect();
                if contacts::looks_like_own(conn, who)? {
                    uids.extend(self.uid().cloned());
                }
                if uids.is_empty() {
                    return Ok((who.to_owned(), uid.clone()));
                }
                uids.push(uid.clone());
                Err(Refused::ConflictingAlias { who: who.to_owned(), uids }.into())
            }
            _ => Err(Refused::ConflictingAlias { who: who.to_owned(), uids: checked }.into()),
        }
    }

    /// Why a name that the site has not checked is nobody's.
    fn only_claimed(&self, conn: &Connection, who: &str) -> Result<Refused, Problem> {
        let claims = contacts::claims_behind(conn, who)?;
        let who = who.to_owned();
        Ok(match claims.as_slice() {
            [] => Refused::UnknownRecipient { who },
            [(uid, by)] => {
                let by_name = contacts::alias_of(conn, by)?.map(|name| plain::line(&name).into_owned());
                Refused::OnlyClaimed { who, uid: uid.clone(), by: by.clone(), by_name }
            }
            _ => Refused::ConflictingAlias { who, uids: claims.into_iter().map(|(uid, _)| uid).collect() },
        })
    }

    /// A thread with entries in its list that name nobody is not replied to before the person knows: somebody would
    /// get nothing, and nobody would ever learn of it.
    pub(super) fn everybody_reachable(
        &self,
        conn: &Connection,
        thread: &threads::Thread,
    ) -> Result<(), Problem> {
        if thread.unreachable == 0 || thread.without_them {
            return Ok(());
        }
        let list = threads::unreachable(conn, thread.id, UNREACHABLE_NAMED)?;
        let who = list.iter().map(|who| plain::line(who).into_owned()).collect();
        Err(Refused::Unreachable { who, count: thread.unreachable }.into())
    }

    pub(super) fn go_without(&mut self, conn: &Connection, thread: ThreadRef) -> Result<Reply, Problem> {
        let found = threads::find(conn, thread)?.ok_or(Refused::NotFound)?;
        threads::go_without(conn, found.id)?;
        self.event(Event::ThreadChanged(found.reference().unwrap_or(thread)));
        Ok(Reply::Done)
    }

    pub(super) fn remove_contact(
        &mut self,
        conn: &Connection,
        alias: &str,
        uid: &Uid,
    ) -> Result<Reply, Problem> {
        if !contacts::remove(conn, alias, uid.as_str())? {
            return Err(Refused::NotFound.into());
        }
        self.lately.forget();
        self.event(Event::ContactsChanged);
        Ok(Reply::Done)
    }
}
