package dev.tmtp.internal

import dev.tmtp.AccountName
import dev.tmtp.Change
import dev.tmtp.Event
import dev.tmtp.MessageId
import dev.tmtp.SendId
import dev.tmtp.ThreadId
import dev.tmtp.Uid
import dev.tmtp.WakeEnd
import dev.tmtp.ffi.Change as FfiChange
import dev.tmtp.ffi.WakeEnd as FfiWakeEnd

internal fun dev.tmtp.ffi.Event.toPublic(): Event.Changed = Event.Changed(seq, AccountName(account), change.toPublic())

private fun FfiChange.toPublic(): Change =
    when (this) {
        FfiChange.AccountAdded -> Change.AccountAdded
        FfiChange.AccountRemoved -> Change.AccountRemoved
        is FfiChange.StateChanged -> Change.StateChanged(state.toPublic())
        is FfiChange.Registered -> Change.Registered(Uid(uid))
        FfiChange.SiteNamed -> Change.SiteNamed
        is FfiChange.MessageArrived -> Change.MessageArrived(ThreadId(thread), MessageId(message), unread)
        is FfiChange.MessageChanged -> Change.MessageChanged(ThreadId(thread), MessageId(message))
        is FfiChange.ThreadChanged -> Change.ThreadChanged(ThreadId(thread))
        is FfiChange.OutgoingChanged -> Change.OutgoingChanged(SendId(sendId), state.toPublic())
        is FfiChange.Withdrawn -> Change.Withdrawn(SendId(sendId))
        is FfiChange.Progress -> Change.Progress(SendId(sendId), sent, of)
        is FfiChange.Receiving -> Change.Receiving(MessageId(message), received, of)
        is FfiChange.PingArrived -> Change.PingArrived(MessageId(message))
        FfiChange.ContactsChanged -> Change.ContactsChanged
        FfiChange.AliasesChanged -> Change.AliasesChanged
        FfiChange.NodesChanged -> Change.NodesChanged
        FfiChange.NodeMade -> Change.NodeMade
        FfiChange.DraftsChanged -> Change.DraftsChanged
        is FfiChange.TooLarge -> Change.TooLarge(MessageId(message), from?.let(::Uid), size)
        is FfiChange.Parked -> Change.Parked(why)
        is FfiChange.WakeEnded -> Change.WakeEnded(end.toPublic())
    }

private fun FfiWakeEnd.toPublic(): WakeEnd =
    when (this) {
        FfiWakeEnd.New -> WakeEnd.New
        FfiWakeEnd.NothingNew -> WakeEnd.NothingNew
        FfiWakeEnd.Live -> WakeEnd.Live
        is FfiWakeEnd.NotKnown -> WakeEnd.NotKnown(why.toPublic())
    }
