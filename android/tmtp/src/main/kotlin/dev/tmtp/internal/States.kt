package dev.tmtp.internal

import dev.tmtp.AccountState
import dev.tmtp.BrokenWhy
import dev.tmtp.FailedWhy
import dev.tmtp.OutgoingState
import dev.tmtp.RefusedWhy
import dev.tmtp.SendId
import dev.tmtp.WaitWhy
import dev.tmtp.Waits
import dev.tmtp.WaitsWhy
import dev.tmtp.ffi.AccountState as FfiState
import dev.tmtp.ffi.OutgoingState as FfiOutgoing

internal fun FfiState.toPublic(): AccountState =
    when (this) {
        FfiState.Idle -> AccountState.Idle
        is FfiState.InUse -> AccountState.InUse(by)
        FfiState.Off -> AccountState.Off
        FfiState.Connecting -> AccountState.Connecting
        FfiState.Online -> AccountState.Online
        is FfiState.Waiting -> AccountState.Waiting(why.toPublic(), instant(untilMs))
        is FfiState.NodeBusy -> AccountState.NodeBusy(instant(sinceMs), instant(untilMs), otherSuspected)
        is FfiState.Refused -> AccountState.Refused(why.toPublic())
        is FfiState.StorageFull -> AccountState.StorageFull(needed)
        FfiState.Locked -> AccountState.Locked
        FfiState.KeyLost -> AccountState.KeyLost
        FfiState.Cloned -> AccountState.Cloned
        FfiState.ReadOnly -> AccountState.ReadOnly
        FfiState.StorageFailed -> AccountState.StorageFailed
        FfiState.Damaged -> AccountState.Damaged
        is FfiState.NewerStore -> AccountState.NewerStore(found, known)
        is FfiState.Broken -> AccountState.Broken(why.toPublic())
        FfiState.Suspended -> AccountState.Suspended
        is FfiState.Stopped ->
            when (why) {
                dev.tmtp.ffi.StopWhy.PIN_CHANGED -> AccountState.PinChanged
            }
    }

internal fun FfiOutgoing.toPublic(): OutgoingState =
    when (this) {
        FfiOutgoing.Queued -> OutgoingState.Queued
        FfiOutgoing.Sending -> OutgoingState.Sending
        FfiOutgoing.InDoubt -> OutgoingState.InDoubt
        is FfiOutgoing.Failed -> OutgoingState.Failed(why.toPublic(), reason)
        FfiOutgoing.Sent -> OutgoingState.Sent
    }

private fun dev.tmtp.ffi.FailedWhy.toPublic(): FailedWhy =
    when (this) {
        dev.tmtp.ffi.FailedWhy.REFUSED -> FailedWhy.REFUSED
        dev.tmtp.ffi.FailedWhy.BEGINNING_REFUSED -> FailedWhy.BEGINNING_REFUSED
        dev.tmtp.ffi.FailedWhy.BEGINNING_WITHDRAWN -> FailedWhy.BEGINNING_WITHDRAWN
        dev.tmtp.ffi.FailedWhy.ENDS_LINKS -> FailedWhy.ENDS_LINKS
        dev.tmtp.ffi.FailedWhy.ALIAS_REFUSED -> FailedWhy.ALIAS_REFUSED
        dev.tmtp.ffi.FailedWhy.FILE_UNREADABLE -> FailedWhy.FILE_UNREADABLE
        dev.tmtp.ffi.FailedWhy.TOO_LONG -> FailedWhy.TOO_LONG
        dev.tmtp.ffi.FailedWhy.INCOMPLETE -> FailedWhy.INCOMPLETE
    }

internal fun dev.tmtp.ffi.Waits.toPublic(): Waits =
    Waits(why.toPublic(), behind?.let(::SendId), untilMs?.let(::instant))

private fun dev.tmtp.ffi.WaitsWhy.toPublic(): WaitsWhy =
    when (this) {
        dev.tmtp.ffi.WaitsWhy.LINK -> WaitsWhy.LINK
        dev.tmtp.ffi.WaitsWhy.LIMIT -> WaitsWhy.LIMIT
        dev.tmtp.ffi.WaitsWhy.ACCOUNT -> WaitsWhy.ACCOUNT
        dev.tmtp.ffi.WaitsWhy.ROOM -> WaitsWhy.ROOM
        dev.tmtp.ffi.WaitsWhy.EARLIER -> WaitsWhy.EARLIER
        dev.tmtp.ffi.WaitsWhy.BEGINNING -> WaitsWhy.BEGINNING
        dev.tmtp.ffi.WaitsWhy.ALIAS -> WaitsWhy.ALIAS
        dev.tmtp.ffi.WaitsWhy.ALONE -> WaitsWhy.ALONE
        dev.tmtp.ffi.WaitsWhy.PROOF -> WaitsWhy.PROOF
        dev.tmtp.ffi.WaitsWhy.PERSON -> WaitsWhy.PERSON
    }

private fun dev.tmtp.ffi.BrokenWhy.toPublic(): BrokenWhy =
    when (this) {
        dev.tmtp.ffi.BrokenWhy.PANICKED -> BrokenWhy.PANICKED
        dev.tmtp.ffi.BrokenWhy.STATEMENT -> BrokenWhy.STATEMENT
    }

internal fun dev.tmtp.ffi.WaitWhy.toPublic(): WaitWhy =
    when (this) {
        dev.tmtp.ffi.WaitWhy.UNREACHABLE -> WaitWhy.UNREACHABLE
        dev.tmtp.ffi.WaitWhy.DIAL_TIMED_OUT -> WaitWhy.DIAL_TIMED_OUT
        dev.tmtp.ffi.WaitWhy.RESOLVE -> WaitWhy.RESOLVE
        dev.tmtp.ffi.WaitWhy.PIN_CHANGED -> WaitWhy.PIN_CHANGED
        dev.tmtp.ffi.WaitWhy.UNTRUSTED -> WaitWhy.UNTRUSTED
        dev.tmtp.ffi.WaitWhy.CLOCK_WRONG -> WaitWhy.CLOCK_WRONG
        dev.tmtp.ffi.WaitWhy.TLS -> WaitWhy.TLS
        dev.tmtp.ffi.WaitWhy.PROXY -> WaitWhy.PROXY
        dev.tmtp.ffi.WaitWhy.TRUST_STORE -> WaitWhy.TRUST_STORE
        dev.tmtp.ffi.WaitWhy.BROKEN -> WaitWhy.BROKEN
        dev.tmtp.ffi.WaitWhy.LINK_LOST -> WaitWhy.LINK_LOST
        dev.tmtp.ffi.WaitWhy.MUTE -> WaitWhy.MUTE
        dev.tmtp.ffi.WaitWhy.SITE_TROUBLE -> WaitWhy.SITE_TROUBLE
        dev.tmtp.ffi.WaitWhy.BUDGET -> WaitWhy.BUDGET
        dev.tmtp.ffi.WaitWhy.TOO_LARGE -> WaitWhy.TOO_LARGE
        dev.tmtp.ffi.WaitWhy.NODE_BUSY -> WaitWhy.NODE_BUSY
        dev.tmtp.ffi.WaitWhy.NO_PROOF -> WaitWhy.NO_PROOF
        dev.tmtp.ffi.WaitWhy.DEADLINE -> WaitWhy.DEADLINE
        dev.tmtp.ffi.WaitWhy.STATE -> WaitWhy.STATE
        dev.tmtp.ffi.WaitWhy.STORAGE -> WaitWhy.STORAGE
    }

internal fun dev.tmtp.ffi.RefusedWhy.toPublic(): RefusedWhy =
    when (this) {
        dev.tmtp.ffi.RefusedWhy.NEEDS_SIGN_IN -> RefusedWhy.NEEDS_SIGN_IN
        dev.tmtp.ffi.RefusedWhy.LOGIN -> RefusedWhy.LOGIN
        dev.tmtp.ffi.RefusedWhy.INCOMPATIBLE -> RefusedWhy.INCOMPATIBLE
        dev.tmtp.ffi.RefusedWhy.KEY_NOT_KEPT -> RefusedWhy.KEY_NOT_KEPT
    }
