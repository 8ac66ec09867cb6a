package dev.tmtp

import kotlin.time.Instant

/**
 * An entry of the address book.
 *
 * @property alias the alias
 * @property uid who is behind it
 * @property claimed only some sender says so; the site has not checked it
 * @property conflict somebody else is said to be behind the same alias: to be shown, and to be told apart by uid
 * @property byUid who claims it; `null` if it is checked
 */
public data class ContactRow(
    val alias: Alias,
    val uid: Uid,
    val claimed: Boolean,
    val conflict: Boolean,
    val byUid: Uid?,
)

/**
 * A ping, received or sent.
 *
 * @property message the site's id; `null` until it is sent
 * @property sendId by what an own one is called in commands
 * @property own sent by this member
 * @property fromUid the sender
 * @property fromAlias the sender's alias; checked by the site when received
 * @property toAlias to which alias
 * @property text its text
 * @property posted the site's time; `null` until it is sent
 * @property written our time of writing, of pings that were written at this node
 * @property unread not seen yet
 * @property state how far it is, if it is own
 */
public data class PingRow(
    val message: MessageId?,
    val sendId: SendId?,
    val own: Boolean,
    val fromUid: Uid,
    val fromAlias: Alias,
    val toAlias: Alias,
    val text: String,
    val posted: Instant?,
    val written: Instant?,
    val unread: Boolean,
    val state: OutgoingState?,
)

/**
 * An own alias, or one that is asked for.
 *
 * @property alias the alias
 * @property state the site's word on it
 */
public data class AliasRow(
    val alias: Alias,
    val state: AliasState,
)

/** The site's word on an alias. */
public sealed interface AliasState {
    /** Asked for, or about to be. */
    public data object Wanted : AliasState

    /** The site has bound it to this member. */
    public data object Held : AliasState

    /**
     * The site would not.
     *
     * @property reason why, in the site's words
     */
    public data class Refused(
        val reason: String,
    ) : AliasState
}

/**
 * Another node of the member.
 *
 * @property label what the member calls it
 * @property state how far it is
 */
public data class NodeRow(
    val label: String,
    val state: NodeState,
)

/** How far a node is. */
public sealed interface NodeState {
    /** Asked for by this node. */
    public data object Wanted : NodeState

    /** Made at this node's request; its ticket can be had until it is forgotten. */
    public data object Made : NodeState

    /**
     * The site would not.
     *
     * @property reason why, in the site's words
     */
    public data class Refused(
        val reason: String,
    ) : NodeState

    /** Made at another node's request. */
    public data object Foreign : NodeState
}
