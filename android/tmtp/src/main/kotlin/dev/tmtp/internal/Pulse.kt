package dev.tmtp.internal

import dev.tmtp.Event
import dev.tmtp.TmtpError
import dev.tmtp.TmtpException
import dev.tmtp.ffi.Cancel
import kotlinx.coroutines.CoroutineScope
import kotlinx.coroutines.Dispatchers
import kotlinx.coroutines.SupervisorJob
import kotlinx.coroutines.flow.Flow
import kotlinx.coroutines.flow.SharingStarted
import kotlinx.coroutines.flow.StateFlow
import kotlinx.coroutines.flow.catch
import kotlinx.coroutines.flow.conflate
import kotlinx.coroutines.flow.distinctUntilChanged
import kotlinx.coroutines.flow.filter
import kotlinx.coroutines.flow.flow
import kotlinx.coroutines.flow.flowOn
import kotlinx.coroutines.flow.map
import kotlinx.coroutines.flow.onCompletion
import kotlinx.coroutines.flow.onSubscription
import kotlinx.coroutines.flow.shareIn
import kotlinx.coroutines.flow.stateIn
import kotlinx.coroutines.flow.takeWhile
import dev.tmtp.ffi.Client as FfiClient

/**
 * The events of a client as flows: pulled from the Rust library in batches, one crossing for each batch, and only
 * while somebody collects. [events] pulls for each collector; [live] lets all screens share one pull. All of them end
 * when the client is stopped or closed.
 */
internal class Pulse(
    private val client: FfiClient,
) : AutoCloseable {
    /** Gives up the pulls that wait, so that nothing holds a client that is closed. */
    private val closing = Cancel()

    /** Runs the shared pull, while somebody collects, and nothing else. */
    private val scope = CoroutineScope(SupervisorJob() + Dispatchers.Default)

    /** A shared flow has no end of its own: `null` is the last. */
    private val shared =
        events()
            .map<Event, Event?> { it }
            .onCompletion { emit(null) }
            .shareIn(scope, SharingStarted.WhileSubscribed())

    /** Everything from now on; first of all an [Event.Resync]. */
    fun events(): Flow<Event> =
        flow {
            var cursor = translated { client.eventCursor() }
            // The place is known, so whatever is read from here on has all that comes before it.
            emit(Event.Resync(0))
            while (true) {
                val batch = translated { client.nextEvents(cursor, BATCH, WAIT_MILLIS, closing) }
                if (batch.missed > 0 || batch.newEpoch) {
                    emit(Event.Resync(batch.missed))
                }
                batch.events.forEach { emit(it.toPublic()) }
                cursor = batch.cursor
            }
        }.untilClosed().flowOn(Dispatchers.Default)

    /** What [read] gives now, and again whenever an event that is [relevant] may have changed it. */
    fun <T> live(
        relevant: (Event.Changed) -> Boolean,
        read: suspend () -> T,
    ): Flow<T> =
        shared
            .onSubscription { emit(Event.Resync(0)) }
            .takeWhile { it != null }
            .filter { it is Event.Resync || it is Event.Changed && relevant(it) }
            .conflate()
            .map { read() }
            .untilClosed()
            .distinctUntilChanged()

    /** The same as a state, which begins with [first] and is kept up to date while somebody collects it. */
    fun <T> liveState(
        first: T,
        relevant: (Event.Changed) -> Boolean,
        read: suspend () -> T,
    ): StateFlow<T> = live(relevant, read).stateIn(scope, SharingStarted.WhileSubscribed(), first)

    override fun close() {
        closing.cancel()
        closing.close()
    }

    private companion object {
        /** As many as one crossing takes at most. */
        const val BATCH = 256

        /** The longest wait of one pull. */
        const val WAIT_MILLIS = 60_000L
    }
}

/** Ends a flow where the client was stopped or closed: that is the end of its events, not a failure. */
private fun <T> Flow<T>.untilClosed(): Flow<T> =
    catch { error ->
        val end = error is TmtpException && (error.error == TmtpError.Closed || error.error == TmtpError.Cancelled)
        if (!end) throw error
    }
