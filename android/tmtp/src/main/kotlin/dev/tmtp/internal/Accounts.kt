package dev.tmtp.internal

import dev.tmtp.AccountName
import dev.tmtp.AccountSummary
import dev.tmtp.Alias
import dev.tmtp.AliasRow
import dev.tmtp.AliasState
import dev.tmtp.LedgerRow
import dev.tmtp.MessageId
import dev.tmtp.NodeRow
import dev.tmtp.NodeState
import dev.tmtp.SalvageReport
import dev.tmtp.SiteAddress
import dev.tmtp.SiteKey
import dev.tmtp.SitePin
import dev.tmtp.Status
import dev.tmtp.TooLargeAnswer
import dev.tmtp.TooLargeRow
import dev.tmtp.Uid
import dev.tmtp.Unread

internal fun dev.tmtp.ffi.Unread.toPublic(): Unread = Unread(messages, pings)

internal fun dev.tmtp.ffi.AccountSummary.toPublic(): AccountSummary =
    AccountSummary(
        AccountName(name),
        site?.let(::SiteAddress),
        siteName,
        uid?.let(::Uid),
        aliases.map(::Alias),
        state.toPublic(),
        unread.toPublic(),
        problem?.toPublic(),
    )

internal fun dev.tmtp.ffi.Status.toPublic(): Status =
    Status(
        AccountName(name),
        SiteAddress(site),
        siteName,
        uid?.let(::Uid),
        aliases.map(::Alias),
        state.toPublic(),
        instant(sinceMs),
        nextTryMs?.let(::instant),
        unread.toPublic(),
        queued,
        inDoubt,
        failed,
        parked,
        tooLarge.map { it.toPublic() },
        counters.associate { it.name to it.count },
    )

private fun dev.tmtp.ffi.TooLargeRow.toPublic(): TooLargeRow =
    TooLargeRow(
        MessageId(message),
        from.toPublic(),
        size,
        when (word) {
            dev.tmtp.ffi.TooLargeWord.ASK -> null
            dev.tmtp.ffi.TooLargeWord.ACCEPT -> TooLargeAnswer.ACCEPT
            dev.tmtp.ffi.TooLargeWord.DISCARD -> TooLargeAnswer.DISCARD
        },
    )

internal fun dev.tmtp.ffi.AliasRow.toPublic(): AliasRow =
    AliasRow(
        Alias(alias),
        when (state) {
            dev.tmtp.ffi.AliasState.WANTED -> AliasState.Wanted
            dev.tmtp.ffi.AliasState.HELD -> AliasState.Held
            dev.tmtp.ffi.AliasState.REFUSED -> AliasState.Refused(reason)
        },
    )

internal fun dev.tmtp.ffi.NodeRow.toPublic(): NodeRow =
    NodeRow(
        label,
        when (state) {
            dev.tmtp.ffi.NodeState.WANTED -> NodeState.Wanted
            dev.tmtp.ffi.NodeState.MADE -> NodeState.Made
            dev.tmtp.ffi.NodeState.REFUSED -> NodeState.Refused(reason)
            dev.tmtp.ffi.NodeState.FOREIGN -> NodeState.Foreign
        },
    )

internal fun dev.tmtp.ffi.LedgerRow.toPublic(): LedgerRow =
    LedgerRow(AccountName(account), instant(beganMs), stages.map { it.toPublic() }, outcome, arrived)

internal fun dev.tmtp.ffi.SiteKey.toPublic(): SiteKey = SiteKey(pinned?.let(::SitePin), SitePin(seen))

internal fun dev.tmtp.ffi.SalvageReport.toPublic(): SalvageReport =
    SalvageReport(complete, kept, rowsSaved, rowsLost, filesSetAside)
