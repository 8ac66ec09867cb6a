package dev.tmtp.internal

import dev.tmtp.Event
import dev.tmtp.TmtpError
import dev.tmtp.TmtpException
import dev.tmtp.ffi.Cancel
import kotlinx.coroutines.CoroutineScope
import kotlinx.coroutines.Dispatchers
import kotlinx.coroutines.SupervisorJob
import kotlinx.coroutines.cancel
import kotlinx.coroutines.channels.Channel
import kotlinx.coroutines.flow.Flow
import kotlinx.coroutines.flow.SharedFlow
import kotlinx.coroutines.flow.SharingStarted
import kotlinx.coroutines.flow.buffer
import kotlinx.coroutines.flow.catch
import kotlinx.coroutines.flow.conflate
import kotlinx.coroutines.flow.distinctUntilChanged
import kotlinx.coroutines.flow.emitAll
import kotlinx.coroutines.flow.filter
import kotlinx.coroutines.flow.flow
import kotlinx.coroutines.flow.flowOn
import kotlinx.coroutines.flow.map
import kotlinx.coroutines.flow.merge
import kotlinx.coroutines.flow.onCompletion
import kotlinx.coroutines.flow.onSubscription
import kotlinx.coroutines.flow.shareIn
import kotlinx.coroutines.flow.transform
import kotlinx.coroutines.flow.transformWhile
import kotlinx.coroutines.job
import java.util.concurrent.atomic.AtomicBoolean
import dev.tmtp.ffi.Client as FfiClient

/**
 * The events of a client as flows: pulled from the Rust library in batches, one crossing for each batch, and only
 * while somebody collects. [events] pulls for each collector; [live] lets all screens share one pull. All of them end
 * when the client is stopped or closed.
 */
internal class Pulse(
    private val client: FfiClient,
) : AutoCloseable {
    /**
     * Gives up the pulls that wait, so that nothing holds a client that is closed. Never closed itself: a pull may be
     * about to be given it, at any time. It goes with this object.
     */
    private val closing = Cancel()

    /** Runs the shared pull, while somebody collects, and nothing else. */
    private val scope = CoroutineScope(SupervisorJob() + Dispatchers.Default)

    /** A shared flow has no end of its own, and nobody to throw to: both are told. */
    private val shared: SharedFlow<Signal> =
        batches()
            .map<Batch, Signal> { it }
            .onCompletion { if (it == null) emit(End(null)) }
            .catch { emit(End(it)) }
            .shareIn(scope, SharingStarted.WhileSubscribed())

    /** The end of whoever waits for the shared pull when that is closed. */
    private val closed =
        flow<Signal> {
            scope.coroutineContext.job.join()
            emit(End(null))
        }

    /** Everything from now on; first of all an [Event.Resync]. */
    fun events(): Flow<Event> =
        batches().transform { batch ->
            batch.missed?.let { emit(Event.Resync(it)) }
            batch.events.forEach { emit(it) }
        }

    /**
     * What [read] gives now, and again whenever an event that is [relevant] may have changed it. While the client is
     * suspended, nothing is read; whatever comes next is then the occasion. Ends with an event that says that it is
     * [over].
     */
    fun <T : Any> live(
        relevant: (Event.Changed) -> Boolean,
        over: (Event.Changed) -> Boolean = { false },
        read: suspend () -> T,
    ): Flow<T> =
        flow {
            val missing = AtomicBoolean()
            val occasions =
                merge(shared.onSubscription { emit(BEGINNING) }, closed)
                    .transformWhile { signal ->
                        (signal as? End)?.cause?.let { throw it }
                        val goesOn = signal is Batch && signal.events.none(over)
                        if (goesOn) emit(signal)
                        goesOn
                    }.filter { it.missed != null || missing.get() || it.events.any(relevant) }
            emitAll(
                occasions.conflate().transform {
                    val found = readUnlessSuspended(read)
                    missing.set(found == null)
                    found?.let { emit(it) }
                },
            )
        }.untilClosed().distinctUntilChanged()

    override fun close() {
        closing.cancel()
        scope.cancel()
    }

    /** What has changed from now on. The first has nothing in it, and stands for everything that was before. */
    private fun batches(): Flow<Batch> =
        flow {
            var cursor = translated { client.eventCursor() }
            // The place is known, so whatever is read from here on has all that comes before it.
            emit(BEGINNING)
            while (true) {
                val batch = translated { client.nextEvents(cursor, BATCH, WAIT_MILLIS, closing) }
                val missed = batch.missed.takeIf { it > 0 || batch.newEpoch }
                emit(Batch(missed, batch.events.map { it.toPublic() }))
                cursor = batch.cursor
            }
        }.untilClosed().flowOn(Dispatchers.Default).buffer(Channel.RENDEZVOUS)

    /** What the shared pull tells. */
    private sealed interface Signal

    /** Events; and if some before them are not told, how many. */
    private class Batch(
        val missed: Long?,
        val events: List<Event.Changed>,
    ) : Signal

    /** Nothing more comes; if not by the end of the client, then by this. */
    private class End(
        val cause: Throwable?,
    ) : Signal

    private companion object {
        /** As many as one crossing takes at most. */
        const val BATCH = 256

        /** The longest wait of one pull. */
        const val WAIT_MILLIS = 600_000L

        val BEGINNING = Batch(0, emptyList())
    }
}

private suspend fun <T : Any> readUnlessSuspended(read: suspend () -> T): T? =
    try {
        read()
    } catch (error: TmtpException) {
        if (error.error != TmtpError.Suspended) throw error
        null
    }

/** Ends a flow where the client was stopped or closed: that is the end of its events, not a failure. */
private fun <T> Flow<T>.untilClosed(): Flow<T> =
    catch { error ->
        val end = error is TmtpException && (error.error == TmtpError.Closed || error.error == TmtpError.Cancelled)
        if (!end) throw error
    }
