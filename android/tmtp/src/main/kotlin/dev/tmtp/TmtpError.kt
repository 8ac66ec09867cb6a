package dev.tmtp

/** What can go wrong, as one closed list. */
public sealed interface TmtpError {
    /**
     * A value breaks a rule: let the person mend it.
     *
     * @property field which value, in the words of this library
     * @property limit the rule
     * @property actual its size in the unit of the rule, where the rule has one
     */
    public data class Input(
        val field: String,
        val limit: InputLimit,
        val actual: Long?,
    ) : TmtpError

    /** Not a name for an account: choose another. */
    public data object AccountName : TmtpError

    /** There is an account of this name: choose another. */
    public data object NameTaken : TmtpError

    /**
     * The text is not a node ticket: copy it again.
     *
     * @property trouble what is wrong with it
     */
    public data class Ticket(
        val trouble: TicketTrouble,
    ) : TmtpError

    /**
     * Nobody is known by this name: ping it first, or use the uid.
     *
     * @property who as it was given
     */
    public data class UnknownRecipient(
        val who: String,
    ) : TmtpError

    /**
     * Several members are said to have this name, or another, whose name looks the same, was known earlier: choose one
     * by uid.
     *
     * @property who as it was given
     * @property uids who they are
     */
    public data class ConflictingAlias(
        val who: String,
        val uids: List<Uid>,
    ) : TmtpError

    /**
     * Only a sender says who has this name, the site has not checked it: [Account.ping] the name and wait for an
     * answer; or use the uid, if it is known to be the right one.
     *
     * @property who as it was given
     * @property uid whose it is said to be
     * @property by who says so
     * @property byName that sender's alias, if the site has checked it
     */
    public data class OnlyClaimed(
        val who: String,
        val uid: Uid,
        val by: Uid,
        val byName: String?,
    ) : TmtpError

    /**
     * The recipient list of the thread has entries that name nobody: whoever is meant would get nothing. Tell the
     * person; after [Account.goWithoutUnreachable] replies go to the others, also under the same [NewMessage.draft].
     *
     * @property who what the list calls them, harmless for showing; at most 10 are named
     * @property count how many there are
     */
    public data class Unreachable(
        val who: List<String>,
        val count: Long,
    ) : TmtpError

    /** This member has no such alias: choose one of the own aliases. */
    public data object NotOwnAlias : TmtpError

    /** There is nothing by this id or name: read the list again. */
    public data object NotFound : TmtpError

    /**
     * Something else was sent under this draft id, or was taken back. What was asked for now is not sent: choose
     * another id for it. From [Account.saveDraft], as an autosave that comes late behind its sending, to be ignored.
     */
    public data object DraftUsed : TmtpError

    /**
     * It does not fit the state of that item.
     *
     * @property why why not
     */
    public data class NotNow(
        val why: NotNowWhy,
    ) : TmtpError

    /** Recipients, notes and subject are together too long: shorten them. */
    public data object HeadTooLong : TmtpError

    /**
     * Another process, or another client in this one, has the account: end that one.
     *
     * @property by the number of that process, if it is known
     */
    public data class InUse(
        val by: Long?,
    ) : TmtpError

    /**
     * The site says no.
     *
     * @property reason in its own words
     */
    public data class Refused(
        val reason: String,
    ) : TmtpError

    /** The site registers only members who sign in with a provider, which this version does not do. */
    public data object NeedsSignIn : TmtpError

    /** The site does not know this member or this node. */
    public data object LoginRefused : TmtpError

    /** What answers there is no site, or speaks another version of the protocol. */
    public data object Incompatible : TmtpError

    /** The site shows another key than the one pinned. Ask who runs it; accept the new key only on purpose. */
    public data object PinChanged : TmtpError

    /** Nobody vouches for the site's certificate; often a portal in between. */
    public data object Untrusted : TmtpError

    /**
     * The site's certificate is not valid at the time that this device's clock shows, or that time is before 1970: let
     * the person set the clock, or ask whoever runs the site.
     */
    public data object ClockWrong : TmtpError

    /** No way to the site at present. */
    public data object Network : TmtpError

    /** The time was over first: try again, perhaps with more of it. */
    public data object TimedOut : TmtpError

    /**
     * No room on the disk: let the person make some.
     *
     * @property needed about how many bytes must become free
     */
    public data class StorageFull(
        val needed: Long,
    ) : TmtpError

    /**
     * The account holds as many bytes of files as it may: let the person delete some.
     *
     * @property limit the quota in bytes
     */
    public data class QuotaExceeded(
        val limit: Long,
    ) : TmtpError

    /**
     * A file or folder named by the caller cannot be read or written.
     *
     * @property trouble what the system says
     */
    public data class File(
        val trouble: FileTrouble,
    ) : TmtpError

    /** The disk failed otherwise. Try again; if it stays, the device is ill. */
    public data object Storage : TmtpError

    /** The disk, or the account's folder, can only be read: show the archive, let the person make it writable. */
    public data object ReadOnly : TmtpError

    /** The store is damaged: salvage it. */
    public data object Damaged : TmtpError

    /**
     * A newer version wrote the store: update this one. The store is untouched.
     *
     * @property found the store's format
     * @property known the newest that this version knows
     */
    public data class NewerStore(
        val found: Long,
        val known: Long,
    ) : TmtpError

    /**
     * The store was copied here from another installation: the archive can be read, nothing can be sent before
     * [Account.adopt].
     */
    public data object Cloned : TmtpError

    /** The node's secret is gone: the archive can be read, nothing can be sent. */
    public data object KeyLost : TmtpError

    /** The key store does not answer now, often before the first unlock. */
    public data object Locked : TmtpError

    /** The key store would not keep or forget a secret. */
    public data object KeyStore : TmtpError

    /** The app has announced its suspension; nothing is lost. [Client.resumed] ends this. */
    public data object Suspended : TmtpError

    /** Something ended by a defect of ours. Nothing is lost. If it stays, stop the client and open it again. */
    public data object Broken : TmtpError

    /** The client has been stopped or closed. */
    public data object Closed : TmtpError

    /** The caller has given the call up by other means than the end of its coroutine. */
    public data object Cancelled : TmtpError
}

/** A rule for a value. */
public sealed interface InputLimit {
    /** Something must be there. */
    public data object NotEmpty : InputLimit

    /**
     * At least so many bytes of UTF-8.
     *
     * @property bytes how many
     */
    public data class AtLeastBytes(
        val bytes: Long,
    ) : InputLimit

    /**
     * At most so many bytes of UTF-8.
     *
     * @property bytes how many
     */
    public data class AtMostBytes(
        val bytes: Long,
    ) : InputLimit

    /**
     * At most so many UTF-16 units.
     *
     * @property units how many
     */
    public data class AtMostUtf16(
        val units: Long,
    ) : InputLimit

    /**
     * At most so many bytes when form-urlencoded: other than letters, digits, blank and `-_.~` count 3.
     *
     * @property bytes how many
     */
    public data class AtMostEscaped(
        val bytes: Long,
    ) : InputLimit

    /**
     * At most so many of them.
     *
     * @property items how many
     */
    public data class AtMostItems(
        val items: Long,
    ) : InputLimit

    /**
     * A number within bounds.
     *
     * @property least the smallest
     * @property most the largest
     */
    public data class Between(
        val least: Long,
        val most: Long,
    ) : InputLimit

    /** Only letters, marks, numbers, punctuation, symbols and the blank. */
    public data object Printable : InputLimit

    /** No control characters. */
    public data object NoControl : InputLimit

    /** No U+FFFD, which stands for broken text. */
    public data object NoReplacement : InputLimit

    /** Not made of dots alone. */
    public data object NotOnlyDots : InputLimit

    /** `=host:port` or `+host:port`. */
    public data object SiteAddress : InputLimit

    /** 64 hexadecimal digits. */
    public data object SitePin : InputLimit
}

/** What is wrong with a node ticket. */
public enum class TicketTrouble {
    /** It looks different. */
    NOT_A_TICKET,

    /** A later version made it. */
    NEWER_FORM,

    /** A character is wrong or missing. */
    CHECKSUM,
}

/** Why something does not fit the state of an item. */
public enum class NotNowWhy {
    /** The member has no alias yet to write under. */
    NO_ALIAS,

    /** The account is not yet registered. */
    NOT_REGISTERED,

    /** It is neither failed nor in a doubt that only a person can end. */
    NOT_IN_DOUBT,

    /** It begins a thread, which nobody could answer in without the site's id. */
    BEGINS_THREAD,

    /** It is on its way at this moment. */
    ON_ITS_WAY,

    /** The beginning of the thread is missing, so nobody knows to whom a reply goes. */
    BEGINNING_MISSING,

    /** The beginning of the thread was refused: send that again, or withdraw it. */
    BEGINNING_FAILED,

    /** The node does not exist yet. */
    NODE_NOT_MADE,

    /** It is asked for already, or had already. */
    ALREADY_HAD,

    /** There is no link. */
    NO_LINK,
}

/** What the system says about a file. */
public enum class FileTrouble {
    /** It is not there. */
    NOT_FOUND,

    /** It may not be read or written. */
    NOT_ALLOWED,

    /** It is there already. */
    EXISTS,

    /** It is a folder, or something else that is no file; or a folder was wanted. */
    NOT_A_FILE,

    /** The path is no path: empty, relative, too long. */
    BAD_PATH,

    /** Something else. */
    OTHER,
}
