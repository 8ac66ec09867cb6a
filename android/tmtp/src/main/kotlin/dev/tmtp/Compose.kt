package dev.tmtp

import java.nio.file.Path

/**
 * A message to be sent, or a draft to be kept.
 *
 * Text that ends in the middle of a character (half a surrogate pair, as when a draft is kept while somebody composes)
 * is no error: that half is kept as U+FFFD, the replacement character, until the next call brings the whole. Not so in
 * [draft] and in aliases, which have to stay what they are: [TmtpError.Input].
 *
 * @property to to whom
 * @property subject one line, at most 1000 bytes; a new thread must have one
 * @property text Markdown, at most 1 MiB; empty only beside a subject or an attachment
 * @property attachments files to send along, at most 100; they are copied first and may be changed or removed
 *   afterwards
 * @property draft chosen by the caller, 1 to 200 bytes: under it the message is sent once, however often it is asked
 *   for. Keep the same value when [Account.send] is called again for the same message; take another for another
 *   ([TmtpError.DraftUsed]).
 */
public data class NewMessage(
    val to: To,
    val subject: String,
    val text: String,
    val attachments: List<Path> = emptyList(),
    val draft: String = freshDraft(),
)

/** Where a message goes. */
public sealed interface To {
    /**
     * To these members, at most 200, as the beginning of a thread. Nobody: a note to self.
     *
     * @property recipients who
     * @property fromAlias which own alias to write under; the oldest one if `null`
     */
    public data class NewThread(
        val recipients: List<Recipient>,
        val fromAlias: Alias? = null,
    ) : To {
        /** To these members, each named as in [Recipient.who]. */
        public constructor(vararg who: String) : this(who.map { Recipient(it) })
    }

    /**
     * To everybody in this thread.
     *
     * @property thread the thread
     */
    public data class Reply(
        val thread: ThreadId,
    ) : To
}

/**
 * Somebody in a new thread.
 *
 * @property who an alias that the site has checked (its member has pinged this one), an own alias, or a uid. What a
 *   sender only claims is nobody's name ([TmtpError.OnlyClaimed])
 * @property note a line for everybody in the thread to see beside the name, at most 1000 bytes
 */
public data class Recipient(
    val who: String,
    val note: String = "",
)

/**
 * A ping to be sent: a short text to somebody whose alias is known, who then knows this member.
 *
 * @property to to whom
 * @property text at most 420 bytes and 140 UTF-16 units; may be empty, and has no half surrogate pairs
 * @property from under which own alias; the oldest one if `null`
 * @property draft as in [NewMessage]
 */
public data class NewPing(
    val to: Alias,
    val text: String,
    val from: Alias? = null,
    val draft: String = freshDraft(),
)

/** What to do with a delivery above the limit. */
public enum class TooLargeAnswer {
    /** Take it. */
    ACCEPT,

    /** Let it be lost. */
    DISCARD,
}

/**
 * Which part of a list is wanted.
 *
 * @property limit how many rows at most, 1 to 100
 * @property after behind which place; `null`: from the start
 */
public data class Page(
    val limit: Int = 50,
    val after: PageCursor? = null,
)

/**
 * A part of a list.
 *
 * @param T what the rows are
 * @property items the rows
 * @property next where the next part begins; `null` at the end
 */
public data class Rows<out T>(
    val items: List<T>,
    val next: PageCursor?,
) {
    /** The part behind this one, or `null` at the end. */
    public fun nextPage(limit: Int = 50): Page? = next?.let { Page(limit, it) }
}

private fun freshDraft(): String =
    java.util.UUID
        .randomUUID()
        .toString()
