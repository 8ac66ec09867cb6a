package dev.tmtp

/** What comes out of [Client.events]. */
public sealed interface Event {
    /**
     * Something has changed. Read again what is shown; it is in the store by now.
     *
     * @property seq rises by one from change to change, over all accounts
     * @property account whose it is
     * @property change what has changed
     */
    public data class Changed(
        val seq: Long,
        val account: AccountName,
        val change: Change,
    ) : Event

    /**
     * Changes were missed: read again whatever is shown.
     *
     * @property missed how many, 0 if nobody knows
     */
    public data class Resync(
        val missed: Long,
    ) : Event
}

/** Something has changed in an account. Events hold ids and kinds, never contents. */
public sealed interface Change {
    /** The account is there from now on. */
    public data object AccountAdded : Change

    /** The account is gone. */
    public data object AccountRemoved : Change

    /**
     * The account stands differently with its site.
     *
     * @property state how it stands
     */
    public data class StateChanged(
        val state: AccountState,
    ) : Change

    /**
     * This member exists from now on.
     *
     * @property uid the member
     */
    public data class Registered(
        val uid: Uid,
    ) : Change

    /** The site's name for people has become known. */
    public data object SiteNamed : Change

    /**
     * A message has come, from a peer or from another own node.
     *
     * @property thread its thread
     * @property message the message
     * @property unread whether it counts as unread
     */
    public data class MessageArrived(
        val thread: ThreadId,
        val message: MessageId,
        val unread: Boolean,
    ) : Change

    /**
     * A message is shown differently: it got its id, was read, or deleted.
     *
     * @property thread its thread
     * @property message the message
     */
    public data class MessageChanged(
        val thread: ThreadId,
        val message: MessageId,
    ) : Change

    /**
     * A thread is shown differently: begun, joined, read, deleted, or named anew.
     *
     * @property thread the thread
     */
    public data class ThreadChanged(
        val thread: ThreadId,
    ) : Change

    /**
     * Something in the outbox, or just out of it.
     *
     * @property sendId which
     * @property state how far it is
     */
    public data class OutgoingChanged(
        val sendId: SendId,
        val state: OutgoingState,
    ) : Change

    /**
     * Something left the outbox unsent, at the person's wish.
     *
     * @property sendId which
     */
    public data class Withdrawn(
        val sendId: SendId,
    ) : Change

    /**
     * So much of a large message has left. Not durable, at most a few a second.
     *
     * @property sendId which
     * @property sent bytes behind the header that have left
     * @property of bytes behind the header in all
     */
    public data class Progress(
        val sendId: SendId,
        val sent: Long,
        val of: Long,
    ) : Change

    /**
     * So much of a large delivery has come. Not durable, at most a few a second.
     *
     * @property message which
     * @property received bytes behind the header that have come
     * @property of bytes behind the header in all
     */
    public data class Receiving(
        val message: MessageId,
        val received: Long,
        val of: Long,
    ) : Change

    /**
     * A ping has come.
     *
     * @property message its id
     */
    public data class PingArrived(
        val message: MessageId,
    ) : Change

    /** Who stands behind an alias is known differently. */
    public data object ContactsChanged : Change

    /** The own aliases have changed, or one was refused. */
    public data object AliasesChanged : Change

    /** The own nodes have changed, or one was refused. */
    public data object NodesChanged : Change

    /** The node that was asked for exists; its ticket can be had. */
    public data object NodeMade : Change

    /** Drafts have changed. */
    public data object DraftsChanged : Change

    /**
     * A delivery above the limit waits for the member's word, and everything behind it waits too.
     *
     * @property message which
     * @property from who sent it, if its header says so
     * @property size bytes
     */
    public data class TooLarge(
        val message: MessageId,
        val from: Uid?,
        val size: Long,
    ) : Change

    /**
     * Something was stored raw that this version does not interpret.
     *
     * @property why why not, as a stable word
     */
    public data class Parked(
        val why: String,
    ) : Change

    /**
     * A wake is over. Whoever asked for it has the whole report.
     *
     * @property end what it has found out
     */
    public data class WakeEnded(
        val end: WakeEnd,
    ) : Change
}
