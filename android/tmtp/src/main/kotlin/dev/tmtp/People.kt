package dev.tmtp

import kotlin.time.Instant

/** How far somebody's name can be believed. To be shown with each name. */
public enum class NameTrust {
    /** This member. */
    OWN,

    /** The site has checked that the name is theirs. */
    CHECKED,

    /** Nobody but a sender says so: to be shown as a claim. */
    CLAIMED,

    /**
     * It is, or looks like, a name that somebody else has: checked by the site, an own alias, or one under which
     * another member writes. To be shown as a warning.
     */
    CONFLICT,
}

/**
 * Somebody who sent something.
 *
 * @property uid the member, as the site says; `null` if a broken header does not say
 * @property name what to show, one harmless line: the alias that the site has checked; else what they call themselves;
 *   else the beginning of the uid
 * @property claimed what they call themselves, if that is not [name]
 * @property trust how far [name] can be believed; [NameTrust.CONFLICT] also if [claimed] is somebody else's name
 * @property like the checked name, or own alias, of somebody else, for which theirs can be mistaken
 * @property outside they are not in the recipient list of the thread: replies do not reach them, and nobody had asked
 *   them
 */
public data class SenderRow(
    val uid: Uid?,
    val name: String,
    val claimed: String?,
    val trust: NameTrust,
    val like: String?,
    val outside: Boolean,
)

/**
 * An entry of the address book.
 *
 * @property alias the alias, exactly: for a ping, or for [Account.removeContact]
 * @property name the same as one harmless line to show; the beginning of the uid if nothing of it can be seen
 * @property uid who is behind it
 * @property claimed only some sender says so; the site has not checked it. Nobody can be written to by it
 * @property trust how far the alias can be believed
 * @property conflict somebody else is said to be behind this alias, or one that looks like it: to be shown, and to be
 *   told apart by uid
 * @property by who claims it; `null` if it is checked
 */
public data class ContactRow(
    val alias: Alias,
    val name: String,
    val uid: Uid,
    val claimed: Boolean,
    val trust: NameTrust,
    val conflict: Boolean,
    val by: SenderRow?,
)

/**
 * A ping, received or sent.
 *
 * @property message the site's id; `null` until it is sent
 * @property sendId by what an own one is called in commands
 * @property own sent by this member
 * @property from the sender; the site has checked the alias when it came
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
    val from: SenderRow,
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
