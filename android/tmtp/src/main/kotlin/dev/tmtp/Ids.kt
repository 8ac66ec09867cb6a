package dev.tmtp

/**
 * How an account is called on this device: 1 to 64 lower-case letters, digits, and `.`, `-`, `_` between them.
 *
 * @property text the name as a person reads it
 */
@JvmInline
public value class AccountName(
    public val text: String,
)

/**
 * Where a site is: `=host:port` for one that is known by its key, `+host:port` for one whose certificate somebody
 * vouches for.
 *
 * @property text the address as a person types it
 */
@JvmInline
public value class SiteAddress(
    public val text: String,
)

/**
 * The name under which a member can be found at a site. The site knows each alias once.
 *
 * @property text the alias as a person types it
 */
@JvmInline
public value class Alias(
    public val text: String,
)

/**
 * A member, as the site calls it: 32 characters that nobody types.
 *
 * @property text the uid as the site writes it
 */
@JvmInline
public value class Uid(
    public val text: String,
)

/**
 * A thread. The id that a thread has here before the site gives it one stays valid afterwards.
 *
 * @property text for keeping and comparing; nothing can be read from it
 */
@JvmInline
public value class ThreadId(
    public val text: String,
)

/**
 * A message, or a ping. The id that one has here before the site gives it one stays valid afterwards.
 *
 * @property text for keeping and comparing; nothing can be read from it
 */
@JvmInline
public value class MessageId(
    public val text: String,
)

/**
 * One thing that this device sends, by which the outbox knows it.
 *
 * @property text for keeping and comparing; nothing can be read from it
 */
@JvmInline
public value class SendId(
    public val text: String,
)

/**
 * The key of a site, 64 hex digits, for a person to compare with what the site's owner says.
 *
 * @property text the digits
 */
@JvmInline
public value class SitePin(
    public val text: String,
)

/**
 * What another device needs to become a node of a member, as one line to copy. It is a secret.
 *
 * @property text the line
 */
@JvmInline
public value class NodeTicket(
    public val text: String,
)

/**
 * A place in a list. Only good for the list that it came from.
 *
 * @property text for keeping; nothing can be read from it
 */
@JvmInline
public value class PageCursor(
    public val text: String,
)
