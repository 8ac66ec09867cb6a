package dev.tmtp

import kotlin.time.Instant

/**
 * A thread in a list of threads.
 *
 * @property thread the thread
 * @property subject its subject; empty while its beginning is missing
 * @property begun its beginning is here
 * @property from who wrote the newest message
 * @property own the newest message is this member's own
 * @property to the first recipients
 * @property toMore there are more recipients
 * @property unreachable how many entries of its recipient list, among all of them, name nobody: whoever is meant gets
 *   nothing that is sent to this thread. A reply is refused ([TmtpError.Unreachable]) until
 *   [Account.goWithoutUnreachable]
 * @property withoutThem the person has gone on without them
 * @property messages how many messages are shown
 * @property unread how many of them were not seen
 * @property posted the site's time of the newest message; `null` until it is sent
 * @property preview the start of the newest message's text
 */
public data class ThreadRow(
    val thread: ThreadId,
    val subject: String,
    val begun: Boolean,
    val from: SenderRow,
    val own: Boolean,
    val to: List<RecipientRow>,
    val toMore: Boolean,
    val unreachable: Long,
    val withoutThem: Boolean,
    val messages: Long,
    val unread: Long,
    val posted: Instant?,
    val preview: String,
)

/**
 * Somebody a thread goes to, as its beginning lists them.
 *
 * @property alias what to show, one harmless line: the alias that the site has checked; else the one that the list
 *   gives; else the beginning of the uid
 * @property claimed what the list calls them, if that is not [alias]
 * @property uid the member, or the group; `null` if the list does not say
 * @property note a line beside the name; may be empty
 * @property trust how far [alias] can be believed; [NameTrust.CONFLICT] also if [claimed] is somebody else's name
 * @property like the checked name, or own alias, of somebody else, for which theirs can be mistaken
 * @property reachable the entry names a member or a group. If not, nothing that is sent to the thread reaches whoever
 *   is meant
 */
public data class RecipientRow(
    val alias: Alias,
    val claimed: String?,
    val uid: Uid?,
    val note: String,
    val trust: NameTrust,
    val like: String?,
    val reachable: Boolean,
)

/**
 * One screen of a thread, read in one go.
 *
 * @property thread the thread as the list shows it
 * @property messages messages of it
 */
public data class ThreadScreen(
    val thread: ThreadRow,
    val messages: Rows<MessageRow>,
)

/**
 * A message.
 *
 * @property message the message
 * @property thread its thread
 * @property sendId by what the outbox knows an own one
 * @property own written by this member, here or at another node
 * @property from the sender
 * @property subject its own subject; empty if it is the thread's
 * @property text its text, Markdown
 * @property posted the site's time; `null` until it is sent
 * @property written our time of writing, of messages that were written at this node
 * @property unread not seen yet
 * @property state how far it is, if it is own
 * @property attachments its files and forms
 * @property cc to whom its thread goes, if it begins one
 */
public data class MessageRow(
    val message: MessageId,
    val thread: ThreadId,
    val sendId: SendId?,
    val own: Boolean,
    val from: SenderRow,
    val subject: String,
    val text: String,
    val posted: Instant?,
    val written: Instant?,
    val unread: Boolean,
    val state: OutgoingState?,
    val attachments: List<AttachmentRow>,
    val cc: List<RecipientRow>,
)

/**
 * Something that came with a message.
 *
 * @property name its name: harmless on any screen and disk, and unlike the others of its message, so that it can be
 *   asked for. A label of its sender all the same, never a path
 * @property size bytes
 * @property kind what it is
 * @property form name of the form's kind; empty for files
 * @property damaged its bytes do not match the hash that the sender gave
 */
public data class AttachmentRow(
    val name: String,
    val size: Long,
    val kind: AttachmentKind,
    val form: String,
    val damaged: Boolean,
)

/** What an attachment is. */
public enum class AttachmentKind {
    /** A file. */
    FILE,

    /** A blank form. */
    FORM,

    /** A filled form. */
    FILLED,
}

/**
 * A draft that is kept.
 *
 * @property draft as the app has called it
 * @property thread the thread that it answers in; `null` if it begins one
 * @property fromAlias under which alias; `null` if not chosen
 * @property to to whom
 * @property subject its subject
 * @property text its text
 * @property files its files
 * @property changed when it was changed
 */
public data class DraftRow(
    val draft: String,
    val thread: ThreadId?,
    val fromAlias: Alias?,
    val to: List<Recipient>,
    val subject: String,
    val text: String,
    val files: List<DraftFile>,
    val changed: Instant,
)

/**
 * A file of a draft, copied when the draft was kept.
 *
 * @property name its name
 * @property size bytes
 */
public data class DraftFile(
    val name: String,
    val size: Long,
)

/**
 * Something that was stored raw.
 *
 * @property message the site's id, as it was given
 * @property op what it claims to be
 * @property why why it was not interpreted, as a stable word
 * @property size bytes behind its header that are kept
 */
public data class ParkedRow(
    val message: MessageId,
    val op: String,
    val why: String,
    val size: Long,
)
