package dev.tmtp

import kotlin.time.Duration
import kotlin.time.Instant

/**
 * What was not seen yet.
 *
 * @property messages messages
 * @property pings pings
 */
public data class Unread(
    val messages: Long,
    val pings: Long,
)

/**
 * An account in a list of accounts.
 *
 * @property name how it is called on this device
 * @property site where it is a member; `null` if the store cannot be read
 * @property siteName what the site calls itself; empty if not known yet
 * @property uid the member; `null` until registered
 * @property aliases the member's own aliases, the oldest first
 * @property state how it stands; also if the store cannot be read
 * @property unread what was not seen yet
 * @property problem why the store cannot be read
 */
public data class AccountSummary(
    val name: AccountName,
    val site: SiteAddress?,
    val siteName: String,
    val uid: Uid?,
    val aliases: List<Alias>,
    val state: AccountState,
    val unread: Unread,
    val problem: TmtpException?,
)

/**
 * Everything about how an account is doing.
 *
 * @property name how it is called on this device
 * @property site where it is a member
 * @property siteName what the site calls itself; empty if not known yet
 * @property uid the member; `null` until registered
 * @property aliases the member's own aliases, the oldest first
 * @property state how it stands
 * @property since since when, as far as this process knows
 * @property nextTry when the next attempt is, if it waits for one
 * @property unread what was not seen yet
 * @property queued items of the outbox that wait or are on their way
 * @property inDoubt items of the outbox that may have been sent
 * @property failed items of the outbox that were refused, or cannot leave as they are
 * @property parked deliveries that this version has stored without interpreting them
 * @property tooLarge deliveries above the limit, which wait for the member's word
 * @property counters what has been counted since the account was made, by stable names
 */
public data class Status(
    val name: AccountName,
    val site: SiteAddress,
    val siteName: String,
    val uid: Uid?,
    val aliases: List<Alias>,
    val state: AccountState,
    val since: Instant,
    val nextTry: Instant?,
    val unread: Unread,
    val queued: Long,
    val inDoubt: Long,
    val failed: Long,
    val parked: Long,
    val tooLarge: List<TooLargeRow>,
    val counters: Map<String, Long>,
)

/**
 * A delivery above the limit, which holds up everything behind it until the member decides.
 *
 * @property message its id
 * @property from who sent it; what they call themselves has not come yet
 * @property size bytes
 * @property word what the member has said; `null`: nothing yet
 */
public data class TooLargeRow(
    val message: MessageId,
    val from: SenderRow,
    val size: Long,
    val word: TooLargeAnswer?,
)

/**
 * One line of the ledger: what a wake did. No contents.
 *
 * @property account which account
 * @property began when it began
 * @property stages what was reached, and when, counted from the beginning
 * @property outcome how it ended, as a stable word
 * @property arrived messages and pings that came
 */
public data class LedgerRow(
    val account: AccountName,
    val began: Instant,
    val stages: List<Stage>,
    val outcome: String,
    val arrived: Long,
)

/**
 * Something that was reached on the way.
 *
 * @property name a stable word
 * @property after how long after the beginning
 */
public data class Stage(
    val name: String,
    val after: Duration,
)

/**
 * The key of a site that is trusted by its key (`=host:port`).
 *
 * @property pinned the one that is pinned here
 * @property seen the one that the site shows now
 */
public data class SiteKey(
    val pinned: SitePin?,
    val seen: SitePin,
)

/**
 * What was saved of a damaged store.
 *
 * @property complete whether everything was saved
 * @property kept the name of the old database, in the account's folder
 * @property rowsSaved rows that were saved
 * @property rowsLost rows that were lost, as far as they can be counted
 * @property filesSetAside files that no saved row names; they are kept in a folder of their own
 */
public data class SalvageReport(
    val complete: Boolean,
    val kept: String,
    val rowsSaved: Long,
    val rowsLost: Long,
    val filesSetAside: Long,
)
