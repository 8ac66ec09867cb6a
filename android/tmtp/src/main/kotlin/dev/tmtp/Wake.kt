package dev.tmtp

import kotlin.time.Duration

/**
 * What is known after a wake, over all accounts that it looked at. Everything named is stored already, so that a
 * notification can be made of it at once.
 *
 * @property outcome [WakeOutcome.New] if anything came anywhere; else [WakeOutcome.NotKnown] if that is so of any
 *   account; else [WakeOutcome.Live] or [WakeOutcome.NothingNew]
 * @property accounts each account that was looked at, by name
 * @property took how long it took
 */
public data class WakeSummary(
    val outcome: WakeOutcome,
    val accounts: List<AccountWake>,
    val took: Duration,
)

/** What a wake has found. */
public sealed interface WakeOutcome {
    /** Something came. It is stored: show it. */
    public data object New : WakeOutcome

    /** Nothing is waiting, says the site. */
    public data object NothingNew : WakeOutcome

    /** A link is held and has answered: what comes is told by events. */
    public data object Live : WakeOutcome

    /**
     * It could not be found out in time: show a neutral notice. What came until then is named all the same.
     *
     * @property why why not
     */
    public data class NotKnown(
        val why: NotKnownWhy,
    ) : WakeOutcome
}

/**
 * What a wake has found in one account.
 *
 * @property account which
 * @property outcome what is known
 * @property arrived what came, by thread; at most 256 messages are named
 * @property arrivedCount how many messages came in all
 * @property pings the pings that came; at most 256 are named
 * @property pingsCount how many pings came in all
 * @property stages what was reached, and when, counted from the beginning
 */
public data class AccountWake(
    val account: AccountName,
    val outcome: WakeOutcome,
    val arrived: List<ArrivedIn>,
    val arrivedCount: Long,
    val pings: List<MessageId>,
    val pingsCount: Long,
    val stages: List<Stage>,
)

/**
 * Messages of one thread that came.
 *
 * @property thread the thread
 * @property messages its messages that came, the oldest first
 */
public data class ArrivedIn(
    val thread: ThreadId,
    val messages: List<MessageId>,
)

/** Why a wake could not find out. */
public sealed interface NotKnownWhy {
    /** The time was over. */
    public data object Deadline : NotKnownWhy

    /**
     * No way to the site: no network, a portal in between, or a site that is down.
     *
     * @property why where the way ended
     */
    public data class NoWay(
        val why: WaitWhy,
    ) : NotKnownWhy

    /** The link broke. */
    public data object LinkLost : NotKnownWhy

    /** The site has stopped making progress. */
    public data object Mute : NotKnownWhy

    /** The site ended the link with an error, or broke the protocol. */
    public data object SiteTrouble : NotKnownWhy

    /** The site holds an earlier link of this node for alive, or another device uses this node. */
    public data object NodeBusy : NotKnownWhy

    /** There were so many links or logins within the last hour that the next must wait. */
    public data object Budget : NotKnownWhy

    /** A delivery above the limit waits for the member's word. */
    public data object TooLarge : NotKnownWhy

    /** What came is here, but the site has not said whether more is waiting. */
    public data object NoProof : NotKnownWhy

    /** The key store cannot be read now, usually before the first unlock. */
    public data object Locked : NotKnownWhy

    /** The client is suspended: nothing is opened before [Client.resumed]. */
    public data object Suspended : NotKnownWhy

    /**
     * Another process is the account's writer.
     *
     * @property by the number of that process, if it is known
     */
    public data class InUse(
        val by: Long?,
    ) : NotKnownWhy

    /**
     * No room on the disk.
     *
     * @property needed about how many bytes must become free
     */
    public data class StorageFull(
        val needed: Long,
    ) : NotKnownWhy

    /**
     * The site says no.
     *
     * @property why what it has refused
     */
    public data class Refused(
        val why: RefusedWhy,
    ) : NotKnownWhy

    /** The site shows another key than the pinned one: only a person can decide. */
    public data object PinChanged : NotKnownWhy

    /** The node's secret is gone. */
    public data object KeyLost : NotKnownWhy

    /** The store was copied here from another installation. */
    public data object Cloned : NotKnownWhy

    /** A newer version wrote the store. */
    public data object NewerStore : NotKnownWhy

    /** The store cannot be read or written. */
    public data object Storage : NotKnownWhy

    /** The disk, or the account's folder, can only be read. */
    public data object ReadOnly : NotKnownWhy

    /** The store is damaged. */
    public data object Damaged : NotKnownWhy

    /** The account's work ended by a defect of ours. */
    public data object Broken : NotKnownWhy
}

/** What one account's look at its site has found out. */
public sealed interface WakeEnd {
    /** Something new came, and nothing more is waiting. */
    public data object New : WakeEnd

    /** Nothing is waiting, says the site. */
    public data object NothingNew : WakeEnd

    /** A link is held and lives: what comes is told by events. */
    public data object Live : WakeEnd

    /**
     * It could not be found out within the time.
     *
     * @property why why not
     */
    public data class NotKnown(
        val why: WaitWhy,
    ) : WakeEnd
}

/**
 * What the platform thinks of the network. A hint hastens what waits; it never forbids anything, because it is often
 * wrong.
 *
 * @property path tells one way into the network from another: any number that is another one when the network is
 * @property available some way is there
 * @property validated the platform has reached the Internet through it
 * @property captivePortal a portal wants something of the person first
 * @property metered bytes cost money there: then a large message that was sent is not downloaded again only to prove
 *   that it was; one of which the answer is lost may have to ask its person ([WaitsWhy.PERSON]). Nothing else follows,
 *   for a delivery that is left at the site holds up everything behind it. An app that wants to spare bytes asks before
 *   it sends a large file
 * @property blocked the platform keeps this app from using it now
 */
public data class NetworkHint(
    val path: Long,
    val available: Boolean = true,
    val validated: Boolean = true,
    val captivePortal: Boolean = false,
    val metered: Boolean = false,
    val blocked: Boolean = false,
)
