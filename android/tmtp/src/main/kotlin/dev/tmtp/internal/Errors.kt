package dev.tmtp.internal

import dev.tmtp.Action
import dev.tmtp.FileTrouble
import dev.tmtp.InputLimit
import dev.tmtp.NotNowWhy
import dev.tmtp.TicketTrouble
import dev.tmtp.TmtpError
import dev.tmtp.TmtpException
import dev.tmtp.Uid
import kotlin.time.Duration.Companion.milliseconds
import dev.tmtp.ffi.InputLimit as FfiLimit
import dev.tmtp.ffi.TmtpException as FfiException

/** The public form, with what the core says about it. */
internal fun FfiException.toPublic(cause: Throwable = this): TmtpException {
    val origin = if (this is FfiException.KeyStore) KeyTrouble.last.getAndSet(null) else null
    return TmtpException(toError(), code(), action().toPublic(), retryAfterMs()?.milliseconds, origin ?: cause)
}

private fun FfiException.toError(): TmtpError =
    when (this) {
        is FfiException.Input -> TmtpError.Input(field, limit.toPublic(), actual)
        is FfiException.AccountName -> TmtpError.AccountName
        is FfiException.NameTaken -> TmtpError.NameTaken
        is FfiException.Ticket -> TmtpError.Ticket(trouble.toPublic())
        is FfiException.UnknownRecipient -> TmtpError.UnknownRecipient(who)
        is FfiException.ConflictingAlias -> TmtpError.ConflictingAlias(who, uids.map(::Uid))
        is FfiException.OnlyClaimed -> TmtpError.OnlyClaimed(who, Uid(uid), Uid(`by`), byName)
        is FfiException.Unreachable -> TmtpError.Unreachable(who, count)
        is FfiException.NotOwnAlias -> TmtpError.NotOwnAlias
        is FfiException.NotFound -> TmtpError.NotFound
        is FfiException.DraftUsed -> TmtpError.DraftUsed
        is FfiException.NotNow -> TmtpError.NotNow(why.toPublic())
        is FfiException.HeadTooLong -> TmtpError.HeadTooLong
        is FfiException.InUse -> TmtpError.InUse(`by`)
        is FfiException.Refused -> TmtpError.Refused(reason)
        is FfiException.NeedsSignIn -> TmtpError.NeedsSignIn
        is FfiException.LoginRefused -> TmtpError.LoginRefused
        is FfiException.Incompatible -> TmtpError.Incompatible
        is FfiException.PinChanged -> TmtpError.PinChanged
        is FfiException.Untrusted -> TmtpError.Untrusted
        is FfiException.ClockWrong -> TmtpError.ClockWrong
        is FfiException.Network -> TmtpError.Network
        is FfiException.TimedOut -> TmtpError.TimedOut
        is FfiException.StorageFull -> TmtpError.StorageFull(needed)
        is FfiException.QuotaExceeded -> TmtpError.QuotaExceeded(limit)
        is FfiException.File -> TmtpError.File(trouble.toPublic())
        is FfiException.Storage -> TmtpError.Storage
        is FfiException.ReadOnly -> TmtpError.ReadOnly
        is FfiException.Damaged -> TmtpError.Damaged
        is FfiException.NewerStore -> TmtpError.NewerStore(found, known)
        is FfiException.Cloned -> TmtpError.Cloned
        is FfiException.KeyLost -> TmtpError.KeyLost
        is FfiException.Locked -> TmtpError.Locked
        is FfiException.KeyStore -> TmtpError.KeyStore
        is FfiException.Suspended -> TmtpError.Suspended
        is FfiException.Broken -> TmtpError.Broken
        is FfiException.Closed -> TmtpError.Closed
        is FfiException.Cancelled -> TmtpError.Cancelled
    }

private fun FfiLimit.toPublic(): InputLimit =
    when (this) {
        FfiLimit.NotEmpty -> InputLimit.NotEmpty
        is FfiLimit.AtLeastBytes -> InputLimit.AtLeastBytes(bytes)
        is FfiLimit.AtMostBytes -> InputLimit.AtMostBytes(bytes)
        is FfiLimit.AtMostUtf16 -> InputLimit.AtMostUtf16(units)
        is FfiLimit.AtMostEscaped -> InputLimit.AtMostEscaped(bytes)
        is FfiLimit.AtMostItems -> InputLimit.AtMostItems(items)
        is FfiLimit.Between -> InputLimit.Between(least, most)
        FfiLimit.Printable -> InputLimit.Printable
        FfiLimit.NoControl -> InputLimit.NoControl
        FfiLimit.NoReplacement -> InputLimit.NoReplacement
        FfiLimit.NotOnlyDots -> InputLimit.NotOnlyDots
        FfiLimit.SiteAddress -> InputLimit.SiteAddress
        FfiLimit.SitePin -> InputLimit.SitePin
    }

private fun dev.tmtp.ffi.Action.toPublic(): Action =
    when (this) {
        dev.tmtp.ffi.Action.MEND_INPUT -> Action.MEND_INPUT
        dev.tmtp.ffi.Action.CHOOSE_ANOTHER -> Action.CHOOSE_ANOTHER
        dev.tmtp.ffi.Action.READ_AGAIN -> Action.READ_AGAIN
        dev.tmtp.ffi.Action.RETRY_LATER -> Action.RETRY_LATER
        dev.tmtp.ffi.Action.FREE_SPACE -> Action.FREE_SPACE
        dev.tmtp.ffi.Action.ASK_SITE -> Action.ASK_SITE
        dev.tmtp.ffi.Action.UPDATE -> Action.UPDATE
        dev.tmtp.ffi.Action.SALVAGE -> Action.SALVAGE
        dev.tmtp.ffi.Action.READ_ONLY -> Action.READ_ONLY
        dev.tmtp.ffi.Action.WAIT_FOR_UNLOCK -> Action.WAIT_FOR_UNLOCK
        dev.tmtp.ffi.Action.SET_CLOCK -> Action.SET_CLOCK
        dev.tmtp.ffi.Action.RESUME -> Action.RESUME
        dev.tmtp.ffi.Action.REOPEN -> Action.REOPEN
        dev.tmtp.ffi.Action.NOTHING -> Action.NOTHING
    }

private fun dev.tmtp.ffi.TicketTrouble.toPublic(): TicketTrouble =
    when (this) {
        dev.tmtp.ffi.TicketTrouble.NOT_A_TICKET -> TicketTrouble.NOT_A_TICKET
        dev.tmtp.ffi.TicketTrouble.NEWER_FORM -> TicketTrouble.NEWER_FORM
        dev.tmtp.ffi.TicketTrouble.CHECKSUM -> TicketTrouble.CHECKSUM
    }

private fun dev.tmtp.ffi.NotNowWhy.toPublic(): NotNowWhy =
    when (this) {
        dev.tmtp.ffi.NotNowWhy.NO_ALIAS -> NotNowWhy.NO_ALIAS
        dev.tmtp.ffi.NotNowWhy.NOT_REGISTERED -> NotNowWhy.NOT_REGISTERED
        dev.tmtp.ffi.NotNowWhy.NOT_IN_DOUBT -> NotNowWhy.NOT_IN_DOUBT
        dev.tmtp.ffi.NotNowWhy.BEGINS_THREAD -> NotNowWhy.BEGINS_THREAD
        dev.tmtp.ffi.NotNowWhy.ON_ITS_WAY -> NotNowWhy.ON_ITS_WAY
        dev.tmtp.ffi.NotNowWhy.BEGINNING_MISSING -> NotNowWhy.BEGINNING_MISSING
        dev.tmtp.ffi.NotNowWhy.BEGINNING_FAILED -> NotNowWhy.BEGINNING_FAILED
        dev.tmtp.ffi.NotNowWhy.NODE_NOT_MADE -> NotNowWhy.NODE_NOT_MADE
        dev.tmtp.ffi.NotNowWhy.ALREADY_HAD -> NotNowWhy.ALREADY_HAD
        dev.tmtp.ffi.NotNowWhy.NO_LINK -> NotNowWhy.NO_LINK
    }

private fun dev.tmtp.ffi.FileTrouble.toPublic(): FileTrouble =
    when (this) {
        dev.tmtp.ffi.FileTrouble.NOT_FOUND -> FileTrouble.NOT_FOUND
        dev.tmtp.ffi.FileTrouble.NOT_ALLOWED -> FileTrouble.NOT_ALLOWED
        dev.tmtp.ffi.FileTrouble.EXISTS -> FileTrouble.EXISTS
        dev.tmtp.ffi.FileTrouble.NOT_A_FILE -> FileTrouble.NOT_A_FILE
        dev.tmtp.ffi.FileTrouble.BAD_PATH -> FileTrouble.BAD_PATH
        dev.tmtp.ffi.FileTrouble.OTHER -> FileTrouble.OTHER
    }
