package dev.tmtp

/** How far something is that this member sends. */
public sealed interface OutgoingState {
    /** It waits for its turn, or for a link. */
    public data object Queued : OutgoingState

    /** It is on its way; nothing is known yet. */
    public data object Sending : OutgoingState

    /** It may have arrived. Only a proof or the person ends this. */
    public data object InDoubt : OutgoingState

    /**
     * It was refused.
     *
     * @property reason why, in the site's words
     */
    public data class Failed(
        val reason: String,
    ) : OutgoingState

    /** The site has taken it. */
    public data object Sent : OutgoingState
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
 * @property reason why it failed, or why it stays in doubt; empty if there is nothing to say
 * @property message the message, if it is one
 * @property thread the thread of the message
 * @property to to whom the thread goes: the first of them
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
    val message: MessageId?,
    val thread: ThreadId?,
    val to: List<RecipientRow>,
    val title: String,
    val size: Long,
    val attempts: Long,
    val withdrawn: Boolean,
)
