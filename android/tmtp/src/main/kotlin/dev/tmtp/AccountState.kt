package dev.tmtp

import kotlin.time.Instant

/** How an account stands with its site. */
public sealed interface AccountState {
    /** This process reads the account and has not opened it for writing. */
    public data object Idle : AccountState

    /**
     * Another process is its writer and holds its link, if there is one.
     *
     * @property by the number of that process, if it is known
     */
    public data class InUse(
        val by: Long?,
    ) : AccountState

    /** Open, and no link is wanted. */
    public data object Off : AccountState

    /** A link is being made, or a login is under way. */
    public data object Connecting : AccountState

    /** Logged in: what is sent leaves, what arrives is shown. */
    public data object Online : AccountState

    /**
     * Something went wrong; it will be tried again by itself.
     *
     * @property why what went wrong
     * @property until when it is tried again
     */
    public data class Waiting(
        val why: WaitWhy,
        val until: Instant,
    ) : AccountState

    /**
     * The site still holds an earlier link of this node for alive. Normal after a link has vanished.
     *
     * @property since since when
     * @property until when the site should have noticed; it is tried before, too
     * @property otherSuspected it takes so long that another device may be using this node
     */
    public data class NodeBusy(
        val since: Instant,
        val until: Instant,
        val otherSuspected: Boolean,
    ) : AccountState

    /**
     * The site says no. Tried again only rarely, or when a person acts.
     *
     * @property why what it refuses
     */
    public data class Refused(
        val why: RefusedWhy,
    ) : AccountState

    /**
     * No room on the disk: nothing is confirmed, nothing is lost, it goes on when there is room.
     *
     * @property needed about how many bytes must become free
     */
    public data class StorageFull(
        val needed: Long,
    ) : AccountState

    /** The key store cannot be read now, usually before the first unlock. */
    public data object Locked : AccountState

    /** The key store does not have this node's secret. The archive can be read. */
    public data object KeyLost : AccountState

    /** The store was copied here from another installation. The archive can be read; see [Account.adopt]. */
    public data object Cloned : AccountState

    /**
     * The disk, or the account's folder, can only be read. The archive can be read; the next call that writes tries
     * again.
     */
    public data object ReadOnly : AccountState

    /** The disk failed to read or to write. The next call tries again; if it stays, the device is ill. */
    public data object StorageFailed : AccountState

    /** The store is damaged. Nothing was deleted: [Account.salvage] it. */
    public data object Damaged : AccountState

    /**
     * A newer version made the store, and this one leaves it as it is: update the app.
     *
     * @property found the store's format
     * @property known the newest that this version knows
     */
    public data class NewerStore(
        val found: Long,
        val known: Long,
    ) : AccountState

    /**
     * A defect of ours. Nothing is lost; the next call that needs the account tries again.
     *
     * @property why what it was
     */
    public data class Broken(
        val why: BrokenWhy,
    ) : AccountState

    /** The app has announced its suspension: no file is open, no link is held, until it says that it is back. */
    public data object Suspended : AccountState

    /** The site shows another key than the pinned one. Only a person can decide how to go on. */
    public data object PinChanged : AccountState
}

/** What a defect of ours was. */
public enum class BrokenWhy {
    /** A task of the account has panicked, or the client as a whole. */
    PANICKED,

    /** The database refused a statement of ours. */
    STATEMENT,
}

/** Why a link or a wake has to wait. */
public enum class WaitWhy {
    /** No way to the host, or nobody listens there. */
    UNREACHABLE,

    /** No answer to a dial within its limit. */
    DIAL_TIMED_OUT,

    /** The name of the host was not found. */
    RESOLVE,

    /** The site shows another key than the pinned one. Never tried again by itself. */
    PIN_CHANGED,

    /** Nobody vouches for the certificate; often a portal that intercepts. */
    UNTRUSTED,

    /** The certificate is not valid at the time that this device believes in, or that time is before 1970. */
    CLOCK_WRONG,

    /** TLS failed otherwise. */
    TLS,

    /** The proxy refused. */
    PROXY,

    /** The pinned keys could not be read or written. */
    TRUST_STORE,

    /** The attempt ended by a defect of ours. */
    BROKEN,

    /** The link broke. */
    LINK_LOST,

    /** The site has stopped making progress. */
    MUTE,

    /** The site ended the link with an error, or broke the protocol. */
    SITE_TROUBLE,

    /** So many links or logins in the last hour that the next must wait. */
    BUDGET,

    /** A delivery above the limit waits for the member's word. */
    TOO_LARGE,

    /** The site holds an earlier link of this node for alive. */
    NODE_BUSY,

    /** The site has not said whether more is waiting. */
    NO_PROOF,

    /** The time was over. */
    DEADLINE,

    /** The account is in a state that allows no link. */
    STATE,

    /** The store failed. */
    STORAGE,
}

/** What a site refuses. */
public enum class RefusedWhy {
    /** Registration needs a sign-in with a provider, which this version does not do. */
    NEEDS_SIGN_IN,

    /** The site does not know this member or this node. */
    LOGIN,

    /** It speaks something else than this version of the protocol. */
    INCOMPATIBLE,

    /** The key store would not keep a new member's secret. */
    KEY_NOT_KEPT,
}
