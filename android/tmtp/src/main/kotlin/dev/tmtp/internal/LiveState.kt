package dev.tmtp.internal

import dev.tmtp.TmtpException
import kotlinx.coroutines.ExperimentalForInheritanceCoroutinesApi
import kotlinx.coroutines.awaitCancellation
import kotlinx.coroutines.flow.Flow
import kotlinx.coroutines.flow.FlowCollector
import kotlinx.coroutines.flow.StateFlow
import kotlinx.coroutines.flow.catch
import kotlinx.coroutines.flow.onCompletion

/**
 * A state that is asked for, not kept: its [value] is what [now] says, and whoever collects it begins with that, never
 * with what somebody saw before him. [live] gives the same and all that follows. As all of its kind it has no end and
 * throws nothing: where [live] ends, or fails, it is what [atTheEnd] makes of that, for ever.
 */
@OptIn(ExperimentalForInheritanceCoroutinesApi::class)
internal class LiveState<T>(
    private val live: Flow<T>,
    private val atTheEnd: (TmtpException?) -> T,
    private val now: () -> T,
) : StateFlow<T> {
    override val value: T
        get() =
            try {
                translated(now)
            } catch (error: TmtpException) {
                atTheEnd(error)
            }

    override val replayCache: List<T> get() = listOf(value)

    override suspend fun collect(collector: FlowCollector<T>): Nothing {
        live
            .onCompletion { if (it == null) emit(atTheEnd(null)) }
            .catch { emit(atTheEnd(it as? TmtpException ?: throw it)) }
            .collect(collector)
        awaitCancellation()
    }
}
