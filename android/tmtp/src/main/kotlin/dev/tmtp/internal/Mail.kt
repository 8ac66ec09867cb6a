package dev.tmtp.internal

import dev.tmtp.Alias
import dev.tmtp.AttachmentKind
import dev.tmtp.AttachmentRow
import dev.tmtp.ContactRow
import dev.tmtp.DraftFile
import dev.tmtp.DraftRow
import dev.tmtp.MessageId
import dev.tmtp.MessageRow
import dev.tmtp.NameTrust
import dev.tmtp.OutgoingKind
import dev.tmtp.OutgoingRow
import dev.tmtp.PageCursor
import dev.tmtp.ParkedRow
import dev.tmtp.PingRow
import dev.tmtp.Pinged
import dev.tmtp.Recipient
import dev.tmtp.RecipientRow
import dev.tmtp.Rows
import dev.tmtp.SendId
import dev.tmtp.SenderRow
import dev.tmtp.Sent
import dev.tmtp.ThreadId
import dev.tmtp.ThreadRow
import dev.tmtp.ThreadScreen
import dev.tmtp.Uid
import dev.tmtp.Withdrawn

/** A part of a list, each row in its public form. */
internal inline fun <F, T> rows(
    items: List<F>,
    next: String?,
    toPublic: (F) -> T,
): Rows<T> = Rows(items.map(toPublic), next?.let(::PageCursor))

internal fun dev.tmtp.ffi.ThreadRow.toPublic(): ThreadRow =
    ThreadRow(
        ThreadId(thread),
        subject,
        begun,
        from.toPublic(),
        own,
        to.map { it.toPublic() },
        toMore,
        unreachable,
        withoutThem,
        messages,
        unread,
        postedMs?.let(::instant),
        preview,
    )

private fun dev.tmtp.ffi.RecipientRow.toPublic(): RecipientRow =
    RecipientRow(
        Alias(alias),
        claimed,
        Uid(uid).takeIf { uid.isNotEmpty() },
        note,
        trust.toPublic(),
        like,
        reachable,
    )

internal fun dev.tmtp.ffi.SenderRow.toPublic(): SenderRow =
    SenderRow(Uid(uid).takeIf { uid.isNotEmpty() }, name, claimed, trust.toPublic(), like, outside)

private fun dev.tmtp.ffi.NameTrust.toPublic(): NameTrust =
    when (this) {
        dev.tmtp.ffi.NameTrust.OWN -> NameTrust.OWN
        dev.tmtp.ffi.NameTrust.CHECKED -> NameTrust.CHECKED
        dev.tmtp.ffi.NameTrust.CLAIMED -> NameTrust.CLAIMED
        dev.tmtp.ffi.NameTrust.CONFLICT -> NameTrust.CONFLICT
    }

internal fun dev.tmtp.ffi.ThreadScreen.toPublic(): ThreadScreen =
    ThreadScreen(thread.toPublic(), rows(messages, next) { it.toPublic() })

internal fun dev.tmtp.ffi.MessageRow.toPublic(): MessageRow =
    MessageRow(
        MessageId(message),
        ThreadId(thread),
        sendId?.let(::SendId),
        own,
        from.toPublic(),
        subject,
        text,
        postedMs?.let(::instant),
        writtenMs?.let(::instant),
        unread,
        state?.toPublic(),
        attachments.map { it.toPublic() },
        cc.map { it.toPublic() },
    )

private fun dev.tmtp.ffi.AttachmentRow.toPublic(): AttachmentRow =
    AttachmentRow(
        name,
        size,
        when (kind) {
            dev.tmtp.ffi.AttachmentKind.FILE -> AttachmentKind.FILE
            dev.tmtp.ffi.AttachmentKind.FORM -> AttachmentKind.FORM
            dev.tmtp.ffi.AttachmentKind.FILLED -> AttachmentKind.FILLED
        },
        form,
        damaged,
    )

internal fun dev.tmtp.ffi.ContactRow.toPublic(): ContactRow =
    ContactRow(Alias(alias), name, Uid(uid), claimed, trust.toPublic(), conflict, `by`?.toPublic())

internal fun dev.tmtp.ffi.PingRow.toPublic(): PingRow =
    PingRow(
        message?.let(::MessageId),
        sendId?.let(::SendId),
        own,
        from.toPublic(),
        Alias(toAlias),
        text,
        postedMs?.let(::instant),
        writtenMs?.let(::instant),
        unread,
        state?.toPublic(),
    )

internal fun dev.tmtp.ffi.OutgoingRow.toPublic(): OutgoingRow =
    OutgoingRow(
        SendId(sendId),
        when (kind) {
            dev.tmtp.ffi.OutgoingKind.MESSAGE -> OutgoingKind.MESSAGE
            dev.tmtp.ffi.OutgoingKind.PING -> OutgoingKind.PING
            dev.tmtp.ffi.OutgoingKind.ALIAS -> OutgoingKind.ALIAS
            dev.tmtp.ffi.OutgoingKind.NODE -> OutgoingKind.NODE
        },
        state.toPublic(),
        reason,
        waits?.toPublic(),
        message?.let(::MessageId),
        thread?.let(::ThreadId),
        to.map { it.toPublic() },
        toMore,
        title,
        size,
        attempts,
        withdrawn,
    )

internal fun dev.tmtp.ffi.DraftRow.toPublic(): DraftRow =
    DraftRow(
        draft,
        thread?.let(::ThreadId),
        fromAlias?.let(::Alias),
        to.map { Recipient(it.who, it.note) },
        subject,
        text,
        files.map { DraftFile(it.name, it.size) },
        instant(changedMs),
    )

internal fun dev.tmtp.ffi.ParkedRow.toPublic(): ParkedRow = ParkedRow(MessageId(message), op, why, size)

internal fun dev.tmtp.ffi.Sent.toPublic(): Sent =
    Sent(SendId(sendId), ThreadId(thread), MessageId(message), state.toPublic())

internal fun dev.tmtp.ffi.Pinged.toPublic(): Pinged = Pinged(SendId(sendId), state.toPublic())

internal fun dev.tmtp.ffi.Withdrawn.toPublic(): Withdrawn =
    when (this) {
        dev.tmtp.ffi.Withdrawn.REMOVED -> Withdrawn.REMOVED
        dev.tmtp.ffi.Withdrawn.WILL_NOT_RESEND -> Withdrawn.WILL_NOT_RESEND
        dev.tmtp.ffi.Withdrawn.ALREADY_SENT -> Withdrawn.ALREADY_SENT
    }
