package dev.tmtp

import kotlin.time.Instant

/** How far something is that this member sends. */
public sealed interface OutgoingState {
    /** It waits for its turn, or for a link. */
    public data object Queued : OutgoingState

    /** It is on its way; nothing is known yet. */
    public data object Sending : OutgoingState

    /** It may have arrived. Only a proof or the person ends this. */
    public data object InDoubt : OutgoingState

    /**
     * It was refused, or cannot leave as it is. It stays until it is sent again or withdrawn.
     *
     * @property why what happened: for each a text of the app's own
     * @property reason the site's words, as one harmless line; empty if it said nothing
     */
    public data class Failed(
        val why: FailedWhy,
        val reason: String,
    ) : OutgoingState

    /** The site has taken it. */
    public data object Sent : OutgoingState
}

/** Why something that was to be sent has failed. */
public enum class FailedWhy {
    /** The site refused it in an answer, and said why. */
    REFUSED,

    /** It answers in a thread of which the beginning has failed. Sent again, the beginning takes it along. */
    BEGINNING_REFUSED,

    /** It answers in a thread of which the beginning was taken back, or is lost: it can only be withdrawn. */
    BEGINNING_WITHDRAWN,

    /**
     * Link after link ended while it was being sent: perhaps it is larger than the site takes, or the way is too slow
     * for it. It was set aside, lest it hold up everything else.
     */
    ENDS_LINKS,

    /** The alias that it was written under is not this member's: the site refused it. */
    ALIAS_REFUSED,

    /** A file that belongs to it cannot be read any more. */
    FILE_UNREADABLE,

    /** Recipients, notes and subject together are too long. */
    TOO_LONG,

    /** A part of it is missing in the store. */
    INCOMPLETE,
}

/**
 * What something in the outbox waits for.
 *
 * @property why what kind of thing
 * @property behind which other item, if it is one: [Account.outgoing] of that one says for what it waits itself
 * @property until until when, if a time is known
 */
public data class Waits(
    val why: WaitsWhy,
    val behind: SendId?,
    val until: Instant?,
)

/** What kind of thing an item of the outbox waits for. */
public enum class WaitsWhy {
    /** A link: it leaves with the next. */
    LINK,

    /**
     * A link that may not be made yet, because there were so many of late. When a person acts ([Account.userActs]) one
     * is made sooner.
     */
    LIMIT,

    /** The account as a whole can have no link: its [AccountState] says why, and what helps. */
    ACCOUNT,

    /** A large one is under way, and this is large too. */
    ROOM,

    /** An earlier message of its thread is not out yet. */
    EARLIER,

    /** The beginning of its thread has no id yet. */
    BEGINNING,

    /** The alias that it is written under has been asked for and is not answered yet. */
    ALIAS,

    /** A link ended while it was being sent: it is tried again when everything that waits at the site has come. */
    ALONE,

    /** It may have arrived; the next login brings a proof. */
    PROOF,

    /** It may have arrived, and nothing will prove it: the person decides. */
    PERSON,
}

/**
 * A message that is durable and on its way.
 *
 * @property sendId by what the outbox knows it
 * @property thread its thread
 * @property message the message
 * @property state how far it is
 */
public data class Sent(
    val sendId: SendId,
    val thread: ThreadId,
    val message: MessageId,
    val state: OutgoingState,
)

/**
 * A ping that is durable and on its way.
 *
 * @property sendId by what the outbox knows it
 * @property state how far it is
 */
public data class Pinged(
    val sendId: SendId,
    val state: OutgoingState,
)

/** What became of something that was not to be sent after all. */
public enum class Withdrawn {
    /** It was not sent and will not be. */
    REMOVED,

    /**
     * It may have arrived; it will not be sent again. It stays in the outbox, in doubt and marked as withdrawn: until a
     * proof comes, or, where none can come, until it is withdrawn once more or taken for sent.
     */
    WILL_NOT_RESEND,

    /** Too late. */
    ALREADY_SENT,
}

/** What stands in the outbox. */
public enum class OutgoingKind {
    /** A message. */
    MESSAGE,

    /** A ping. */
    PING,

    /** A request for an alias. */
    ALIAS,

    /** A request for a node. */
    NODE,
}

/**
 * Something in the outbox.
 *
 * @property sendId by what it is called in commands
 * @property kind what it is
 * @property state how far it is
 * @property reason the site's words, if it failed; empty if there are none
 * @property waits what it waits for; `null` if it is on its way, was sent, or has failed
 * @property message the message, if it is one
 * @property thread the thread of the message
 * @property to to whom the thread goes: the first of them
 * @property toMore there are more recipients
 * @property title the subject of the message, the alias that is pinged or wanted, or the node's label
 * @property size bytes behind the header, as far as known
 * @property attempts attempts begun
 * @property withdrawn withdrawn while in doubt: it will not be sent again
 */
public data class OutgoingRow(
    val sendId: SendId,
    val kind: OutgoingKind,
    val state: OutgoingState,
    val reason: String,
    val waits: Waits?,
    val message: MessageId?,
    val thread: ThreadId?,
    val to: List<RecipientRow>,
    val toMore: Boolean,
    val title: String,
    val size: Long,
    val attempts: Long,
    val withdrawn: Boolean,
)
