//! Accounts: in the list, and how one is doing.

use super::*;

/// What was not seen yet.
#[derive(Clone, Copy, Debug, PartialEq, Eq, uniffi::Record)]
pub struct Unread {
    /// Messages.
    pub messages: i64,
    /// Pings.
    pub pings: i64,
}

/// An account in a list of accounts.
#[derive(Clone, uniffi::Record)]
pub struct AccountSummary {
    /// How it is called on this device.
    pub name: AccountName,
    /// Where it is a member; none if the store cannot be read.
    pub site: Option<SiteAddress>,
    /// What the site calls itself; empty if not known yet.
    pub site_name: String,
    /// The member; none until registered.
    pub uid: Option<Uid>,
    /// The member's own aliases, the oldest first.
    pub aliases: Vec<Alias>,
    /// How it stands.
    pub state: AccountState,
    /// What was not seen yet.
    pub unread: Unread,
    /// Why the store cannot be read.
    pub problem: Option<TmtpError>,
}

/// Everything about how an account is doing.
#[derive(Clone, uniffi::Record)]
pub struct Status {
    /// How it is called on this device.
    pub name: AccountName,
    /// Where it is a member.
    pub site: SiteAddress,
    /// What the site calls itself; empty if not known yet.
    pub site_name: String,
    /// The member; none until registered.
    pub uid: Option<Uid>,
    /// The member's own aliases, the oldest first.
    pub aliases: Vec<Alias>,
    /// How it stands.
    pub state: AccountState,
    /// Since when, as far as this process knows.
    pub since_ms: i64,
    /// When the next attempt is, if it waits for one.
    pub next_try_ms: Option<i64>,
    /// What was not seen yet.
    pub unread: Unread,
    /// Items of the outbox that wait or are on their way.
    pub queued: i64,
    /// Items of the outbox that may have been sent.
    pub in_doubt: i64,
    /// Items of the outbox that were refused.
    pub failed: i64,
    /// Deliveries that this version has stored without interpreting them.
    pub parked: i64,
    /// Deliveries above the limit, which wait for the member's word.
    pub too_large: Vec<TooLargeRow>,
    /// What has been counted since the account was made, by stable names.
    pub counters: Vec<Counter>,
}

/// Something that is counted.
#[derive(Clone, Debug, PartialEq, Eq, uniffi::Record)]
pub struct Counter {
    /// A stable name.
    pub name: String,
    /// How much.
    pub count: i64,
}

/// A delivery above the limit, which holds up everything behind it until the member decides.
#[derive(Clone, uniffi::Record)]
pub struct TooLargeRow {
    /// Its id.
    pub message: MessageId,
    /// Who sent it; what they call themselves has not come yet.
    pub from: SenderRow,
    /// Bytes.
    pub size: i64,
    /// What the member has said.
    pub word: TooLargeWord,
}

/// The member's word on a delivery above the limit.
#[derive(Clone, Copy, Debug, PartialEq, Eq, uniffi::Enum)]
pub enum TooLargeWord {
    /// Not yet given.
    Ask,
    /// Take it.
    Accept,
    /// Let it be lost.
    Discard,
}

/// An own alias.
#[derive(Clone, uniffi::Record)]
pub struct AliasRow {
    /// The alias.
    pub alias: Alias,
    /// The site's word on it.
    pub state: AliasState,
    /// Why it was refused, in the site's words; else empty.
    pub reason: String,
}

/// The site's word on an alias.
#[derive(Clone, Copy, Debug, PartialEq, Eq, uniffi::Enum)]
pub enum AliasState {
    /// Asked for, or about to be.
    Wanted,
    /// The site has bound it to this member.
    Held,
    /// The site would not.
    Refused,
}

/// Another node of this member.
#[derive(Clone, uniffi::Record)]
pub struct NodeRow {
    /// How it is called.
    pub label: String,
    /// How far it is.
    pub state: NodeState,
    /// Why it was refused, in the site's words; else empty.
    pub reason: String,
}

/// How far a node is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, uniffi::Enum)]
pub enum NodeState {
    /// Asked for by this node.
    Wanted,
    /// Made at this node's request; its ticket can be had until it is forgotten.
    Made,
    /// The site would not.
    Refused,
    /// Made at another node's request.
    Foreign,
}

/// The key of a site that is trusted by its key (`=host:port`).
#[derive(Clone, Debug, PartialEq, Eq, uniffi::Record)]
pub struct SiteKey {
    /// The one that is pinned here.
    pub pinned: Option<SitePin>,
    /// The one that the site shows now.
    pub seen: SitePin,
}

/// What was saved of a damaged store.
#[derive(Clone, Debug, PartialEq, Eq, uniffi::Record)]
pub struct SalvageReport {
    /// Whether everything was saved.
    pub complete: bool,
    /// The name of the old database, in the account's folder.
    pub kept: String,
    /// Rows that were saved.
    pub rows_saved: i64,
    /// Rows that were lost, as far as they can be counted.
    pub rows_lost: i64,
    /// Files that no saved row names; they are kept in a folder of their own.
    pub files_set_aside: i64,
}

impl From<core::Unread> for Unread {
    fn from(unread: core::Unread) -> Unread {
        Unread { messages: count(unread.messages), pings: count(unread.pings) }
    }
}

impl From<core::AccountSummary> for AccountSummary {
    fn from(summary: core::AccountSummary) -> AccountSummary {
        AccountSummary {
            name: account_out(&summary.name),
            site: summary.site.map(|site| SiteAddress(site.to_string())),
            site_name: summary.site_name,
            uid: summary.uid.map(|uid| Uid(uid.to_string())),
            aliases: summary.aliases.into_iter().map(Alias).collect(),
            state: summary.state.into(),
            unread: summary.unread.into(),
            problem: summary.problem.map(TmtpError::from),
        }
    }
}

impl From<core::Status> for Status {
    fn from(status: core::Status) -> Status {
        Status {
            name: account_out(&status.name),
            site: SiteAddress(status.site.to_string()),
            site_name: status.site_name,
            uid: status.uid.map(|uid| Uid(uid.to_string())),
            aliases: status.aliases.into_iter().map(Alias).collect(),
            state: status.state.into(),
            since_ms: status.since.0,
            next_try_ms: status.next_try.map(|at| at.0),
            unread: status.unread.into(),
            queued: count(status.queued),
            in_doubt: count(status.in_doubt),
            failed: count(status.failed),
            parked: count(status.parked),
            too_large: status.too_large.into_iter().map(TooLargeRow::from).collect(),
            counters: status
                .counters
                .into_iter()
                .map(|(name, number)| Counter { name, count: count(number) })
                .collect(),
        }
    }
}

impl From<core::TooLargeRow> for TooLargeRow {
    fn from(row: core::TooLargeRow) -> TooLargeRow {
        let word = match row.answer {
            core::Word::Ask => TooLargeWord::Ask,
            core::Word::Accept => TooLargeWord::Accept,
            core::Word::Discard => TooLargeWord::Discard,
        };
        TooLargeRow { message: delivery_out(row.msgid), from: row.from.into(), size: count(row.size), word }
    }
}

impl From<core::AliasRow> for AliasRow {
    fn from(row: core::AliasRow) -> AliasRow {
        let state = match row.state {
            core::AliasState::Wanted => AliasState::Wanted,
            core::AliasState::Held => AliasState::Held,
            core::AliasState::Refused => AliasState::Refused,
        };
        AliasRow { alias: Alias(row.alias), state, reason: row.reason }
    }
}

impl From<core::NodeRow> for NodeRow {
    fn from(row: core::NodeRow) -> NodeRow {
        let state = match row.state {
            core::NodeState::Wanted => NodeState::Wanted,
            core::NodeState::Made => NodeState::Made,
            core::NodeState::Refused => NodeState::Refused,
            core::NodeState::Foreign => NodeState::Foreign,
        };
        NodeRow { label: row.label, state, reason: row.reason }
    }
}

impl From<core::SiteKey> for SiteKey {
    fn from(key: core::SiteKey) -> SiteKey {
        let text = |pin: core::Pin| SitePin(pin.to_string());
        SiteKey { pinned: key.pinned.map(text), seen: text(key.seen) }
    }
}

impl From<core::SalvageReport> for SalvageReport {
    fn from(report: core::SalvageReport) -> SalvageReport {
        let lost = |lost: core::Lost| match lost {
            core::Lost::Rows(rows) => rows,
            core::Lost::Nothing | core::Lost::Unknown => 0,
        };
        SalvageReport {
            complete: report.is_complete(),
            rows_saved: count(report.tables.iter().map(|table| table.read).sum()),
            rows_lost: count(report.tables.iter().map(|table| lost(table.lost)).sum()),
            files_set_aside: count(report.files_set_aside),
            kept: report.kept,
        }
    }
}
