//! Who somebody is, as far as that is known: by the site's word, or only by somebody's own.
//!
//! Two things are certain of a sender: the uid, which the site puts on each delivery, and the aliases that the site
//! has checked (it checks the sender of a ping). Everything else is a claim. `People` makes of a uid and a claimed
//! name what a screen shows, and says how far it can be believed. It is the one place where names of others are made
//! harmless for showing, so that also what an earlier version stored is shown so.

use rusqlite::{Connection, params};
use tmtp_wire::plain;

use crate::error::StoreError;
use crate::limits;

type Result<T> = std::result::Result<T, StoreError>;

/// How far the name of somebody can be believed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NameTrust {
    /// This member.
    Own,
    /// The site has checked that the name is theirs.
    Checked,
    /// Nobody but a sender says so.
    Claimed,
    /// It is, or looks like, a name that somebody else has: checked by the site, an own alias, or one under which
    /// another member writes.
    Conflict,
}

impl NameTrust {
    /// A stable word.
    pub fn code(self) -> &'static str {
        match self {
            NameTrust::Own => "own",
            NameTrust::Checked => "checked",
            NameTrust::Claimed => "claimed",
            NameTrust::Conflict => "conflict",
        }
    }
}

/// Somebody who sent something.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SenderRow {
    /// The member, as the site says; empty if a broken header does not say.
    pub uid: String,
    /// What to show, one harmless line: the alias that the site has checked, else what they call themselves, else the
    /// beginning of the uid.
    pub name: String,
    /// What they call themselves, if that is not the name.
    pub claimed: Option<String>,
    /// How far the name can be believed; and what they call themselves, if that is somebody else's name.
    pub trust: NameTrust,
    /// The checked name, or own alias, of somebody else, for which theirs can be mistaken.
    pub like: Option<String>,
    /// They are not in the recipient list of the thread: replies do not reach them, and nobody had asked them.
    pub outside: bool,
}

/// A name, and how far it can be believed.
pub(crate) struct Named {
    pub(crate) name: String,
    pub(crate) claimed: Option<String>,
    pub(crate) trust: NameTrust,
    pub(crate) like: Option<String>,
}

/// Whether a name of ours is made of this uid itself: that says nothing (see `account`'s `send`).
pub fn says_nothing(alias: &str, uid: &str) -> bool {
    plain::is_blank(alias) || alias == uid || alias.strip_prefix("uid ") == Some(uid)
}

/// A uid where a name is wanted: its beginning, which tells a few people apart.
pub fn short(uid: &str) -> String {
    let uid = plain::line(uid);
    match uid.char_indices().nth(limits::UID_SHOWN) {
        Some((end, _)) => format!("{}…", uid.get(..end).unwrap_or_default()),
        None => uid.into_owned(),
    }
}

/// Everybody who is known, for the rows of one page.
pub(crate) struct People<'a> {
    conn: &'a Connection,
    own_uid: String,
    /// How the own aliases look, and what they are.
    own: Vec<(String, String)>,
}

impl<'a> People<'a> {
    pub(crate) fn of(conn: &'a Connection) -> Result<People<'a>> {
        let own_uid: Option<String> =
            conn.prepare_cached("SELECT uid FROM account WHERE id = 1")?.query_row([], |row| row.get(0))?;
        let mut statement =
            conn.prepare_cached("SELECT alias FROM alias WHERE state = 'held' ORDER BY id LIMIT ?1")?;
        let rows = statement.query_map([limits::SHORT_LIST], |row| row.get::<_, String>(0))?;
        let own = rows.map(|alias| alias.map(|alias| (plain::skeleton(&alias), alias)));
        Ok(People { conn, own_uid: own_uid.unwrap_or_default(), own: own.collect::<rusqlite::Result<_>>()? })
    }

    /// The sender of something under the name that they give; in which thread, if it is in one.
    pub(crate) fn sender(&self, uid: String, claim: &str, thread: Option<i64>) -> Result<SenderRow> {
        let Named { name, claimed, trust, like } = self.named(&uid, claim)?;
        let outside = trust != NameTrust::Own
            && thread.map(|thread| outside(self.conn, thread, &uid)).transpose()?.unwrap_or(false);
        Ok(SenderRow { uid, name, claimed, trust, like, outside })
    }

    /// The sender of a ping: the site has checked the name.
    pub(crate) fn pinger(&self, uid: String, alias: &str, msgid: Option<i64>) -> Result<SenderRow> {
        if uid == self.own_uid || says_nothing(alias, &uid) {
            return self.sender(uid, alias, None);
        }
        let like = self.rival(alias, &uid, msgid)?;
        let trust = if like.is_some() { NameTrust::Conflict } else { NameTrust::Checked };
        let name = plain::line(alias).into_owned();
        Ok(SenderRow { uid, name, claimed: None, trust, like, outside: false })
    }

    /// What somebody is called who is said to have this name.
    pub(crate) fn named(&self, uid: &str, claim: &str) -> Result<Named> {
        let said = if says_nothing(claim, uid) { None } else { Some(plain::line(claim).into_owned()) };
        if uid == self.own_uid && !uid.is_empty() {
            let own = || self.own.first().map(|(_, alias)| plain::line(alias).into_owned());
            let name = said.or_else(own).unwrap_or_else(|| short(uid));
            return Ok(Named { name, claimed: None, trust: NameTrust::Own, like: None });
        }
        let Some((alias, msgid)) = checked_alias(self.conn, uid, claim)? else {
            return self.claim(uid, claim);
        };
        let name = plain::line(&alias).into_owned();
        let claimed = said.filter(|said| *said != name);
        let mut like = self.rival(&alias, uid, msgid)?;
        if like.is_none() && claimed.is_some() {
            like = self.rival(claim, uid, None)?;
        }
        let trust = if like.is_some() { NameTrust::Conflict } else { NameTrust::Checked };
        Ok(Named { name, claimed, trust, like })
    }

    /// What somebody is called in the list of a thread. The own entry, too: under another's name it is a trick, by which
    /// the reader would believe that the other reads along.
    pub(crate) fn listed(&self, uid: &str, claim: &str) -> Result<Named> {
        let named = self.named(uid, claim)?;
        let look = plain::skeleton(claim);
        let is_own_name = says_nothing(claim, uid) || self.own.iter().any(|(own, _)| *own == look);
        let Some((_, own)) = self.own.first().filter(|_| named.trust == NameTrust::Own && !is_own_name)
        else {
            return Ok(named);
        };
        let own = plain::line(own).into_owned();
        let like = self.rival(claim, uid, None)?;
        let trust = if like.is_some() { NameTrust::Conflict } else { NameTrust::Own };
        Ok(Named { name: own, claimed: Some(named.name), trust, like })
    }

    /// A name that nobody but a sender gives to this uid.
    pub(crate) fn claim(&self, uid: &str, claim: &str) -> Result<Named> {
        if says_nothing(claim, uid) {
            return Ok(Named { name: short(uid), claimed: None, trust: NameTrust::Claimed, like: None });
        }
        let like = self.rival(claim, uid, None)?;
        let conflict = like.is_some() || self.others_call_themselves(claim, uid)?;
        let trust = if conflict { NameTrust::Conflict } else { NameTrust::Claimed };
        Ok(Named { name: plain::line(claim).into_owned(), claimed: None, trust, like })
    }

    /// A group in a recipient list: nothing more is known of it than what the list says.
    pub(crate) fn group(&self, gid: &str) -> Result<Named> {
        let name = if plain::is_blank(gid) { short(gid) } else { plain::line(gid).into_owned() };
        let like = self.rival(gid, gid, None)?;
        let trust = if like.is_some() { NameTrust::Conflict } else { NameTrust::Claimed };
        Ok(Named { name, claimed: None, trust, like })
    }

    pub(crate) fn conn(&self) -> &'a Connection {
        self.conn
    }

    /// The name that somebody else has, for which this one can be mistaken: an own alias, or one that the site has
    /// checked; if this one is checked itself, since `before`, then one that was known earlier. So a name that is known
    /// is not put into doubt by a look-alike that comes later.
    pub(crate) fn rival(&self, alias: &str, uid: &str, before: Option<i64>) -> Result<Option<String>> {
        let look = plain::skeleton(alias);
        if look.is_empty() {
            return Ok(None);
        }
        if uid != self.own_uid
            && let Some((_, own)) = self.own.iter().find(|(own, _)| *own == look)
        {
            return Ok(Some(plain::line(own).into_owned()));
        }
        let mut statement = self.conn.prepare_cached(RIVAL)?;
        let mut rows = statement.query(params![look, uid, before.unwrap_or(i64::MAX)])?;
        let found = rows.next()?.map(|row| row.get::<_, String>(0)).transpose()?;
        Ok(found.map(|alias| plain::line(&alias).into_owned()))
    }

    pub(crate) fn is_like_own(&self, alias: &str) -> Result<bool> {
        let look = plain::skeleton(alias);
        Ok(!look.is_empty() && self.own.iter().any(|(own, _)| *own == look))
    }

    /// Whether another member writes under a name that looks like this one.
    fn others_call_themselves(&self, alias: &str, uid: &str) -> Result<bool> {
        Ok(self.conn.prepare_cached(NAMESAKE)?.exists(params![plain::skeleton(alias), uid])?)
    }
}

pub(crate) const RIVAL: &str = "SELECT alias FROM contact
  WHERE look = ?1 AND source = 'checked' AND msgid < ?3 AND uid <> ?2 ORDER BY msgid LIMIT 1";
pub(crate) const NAMESAKE: &str = "SELECT 1 FROM contact
  WHERE look = ?1 AND source = 'claimed' AND by_uid = uid AND uid <> ?2 LIMIT 1";

/// The alias that the site has checked for a member, and where that was learned: the one that they use, else the one
/// that was known first.
pub(crate) fn checked_alias(
    conn: &Connection,
    uid: &str,
    used: &str,
) -> Result<Option<(String, Option<i64>)>> {
    let mut statement = conn.prepare_cached(CHECKED_ALIAS)?;
    let mut rows = statement.query([uid, used])?;
    rows.next()?.map(|row| Ok((row.get(0)?, row.get(1)?))).transpose()
}

pub(crate) const CHECKED_ALIAS: &str = "SELECT alias, msgid FROM contact
  WHERE uid = ?1 AND source = 'checked' ORDER BY alias <> ?2, msgid LIMIT 1";

/// Whether a thread has a list, and this member is not in it. Who is in a group nobody knows.
fn outside(conn: &Connection, thread: i64, uid: &str) -> Result<bool> {
    Ok(conn.prepare_cached(LISTED)?.query_row(params![thread, uid], |row| {
        let (list, groups, listed): (bool, bool, bool) = (row.get(0)?, row.get(1)?, row.get(2)?);
        Ok(list && !groups && !listed)
    })?)
}

pub(crate) const LISTED: &str = "SELECT count(*) > 0, total(who <> '' AND who = who_uid) > 0,
    total(who_uid = ?2) > 0 FROM recipient WHERE thread = ?1";
