package dev.tmtp.internal

import dev.tmtp.AccountName
import dev.tmtp.AccountWake
import dev.tmtp.ArrivedIn
import dev.tmtp.MessageId
import dev.tmtp.NetworkHint
import dev.tmtp.NotKnownWhy
import dev.tmtp.Stage
import dev.tmtp.ThreadId
import dev.tmtp.WakeOutcome
import dev.tmtp.WakeSummary
import kotlin.time.Duration.Companion.milliseconds
import dev.tmtp.ffi.NotKnownWhy as FfiNotKnown
import dev.tmtp.ffi.WakeOutcome as FfiOutcome

internal fun NetworkHint.toFfi(): dev.tmtp.ffi.NetworkHint =
    dev.tmtp.ffi.NetworkHint(path, available, validated, captivePortal, metered, blocked)

internal fun dev.tmtp.ffi.WakeSummary.toPublic(): WakeSummary =
    WakeSummary(outcome.toPublic(), accounts.map { it.toPublic() }, tookMs.milliseconds)

internal fun dev.tmtp.ffi.AccountWake.toPublic(): AccountWake =
    AccountWake(
        AccountName(account),
        outcome.toPublic(),
        arrived.map { ArrivedIn(ThreadId(it.thread), it.messages.map(::MessageId)) },
        arrivedCount,
        pings.map(::MessageId),
        pingsCount,
        stages.map { it.toPublic() },
    )

internal fun dev.tmtp.ffi.Stage.toPublic(): Stage = Stage(name, atMs.milliseconds)

private fun FfiOutcome.toPublic(): WakeOutcome =
    when (this) {
        FfiOutcome.New -> WakeOutcome.New
        FfiOutcome.NothingNew -> WakeOutcome.NothingNew
        FfiOutcome.Live -> WakeOutcome.Live
        is FfiOutcome.NotKnown -> WakeOutcome.NotKnown(why.toPublic())
    }

private fun FfiNotKnown.toPublic(): NotKnownWhy =
    when (this) {
        FfiNotKnown.Deadline -> NotKnownWhy.Deadline
        is FfiNotKnown.NoWay -> NotKnownWhy.NoWay(why.toPublic())
        FfiNotKnown.LinkLost -> NotKnownWhy.LinkLost
        FfiNotKnown.Mute -> NotKnownWhy.Mute
        FfiNotKnown.SiteTrouble -> NotKnownWhy.SiteTrouble
        FfiNotKnown.NodeBusy -> NotKnownWhy.NodeBusy
        FfiNotKnown.Budget -> NotKnownWhy.Budget
        FfiNotKnown.TooLarge -> NotKnownWhy.TooLarge
        FfiNotKnown.NoProof -> NotKnownWhy.NoProof
        FfiNotKnown.Locked -> NotKnownWhy.Locked
        FfiNotKnown.Suspended -> NotKnownWhy.Suspended
        is FfiNotKnown.InUse -> NotKnownWhy.InUse(`by`)
        is FfiNotKnown.StorageFull -> NotKnownWhy.StorageFull(needed)
        is FfiNotKnown.Refused -> NotKnownWhy.Refused(why.toPublic())
        FfiNotKnown.PinChanged -> NotKnownWhy.PinChanged
        FfiNotKnown.KeyLost -> NotKnownWhy.KeyLost
        FfiNotKnown.Cloned -> NotKnownWhy.Cloned
        FfiNotKnown.NewerStore -> NotKnownWhy.NewerStore
        FfiNotKnown.Storage -> NotKnownWhy.Storage
        FfiNotKnown.ReadOnly -> NotKnownWhy.ReadOnly
        FfiNotKnown.Damaged -> NotKnownWhy.Damaged
        FfiNotKnown.Broken -> NotKnownWhy.Broken
    }
