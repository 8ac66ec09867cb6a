package dev.tmtp.internal

import dev.tmtp.TmtpException
import dev.tmtp.ffi.InternalException
import kotlinx.coroutines.CancellationException
import kotlinx.coroutines.Dispatchers
import kotlinx.coroutines.withContext
import kotlin.time.Duration
import kotlin.time.Instant
import dev.tmtp.ffi.TmtpException as FfiException

/**
 * Does a call of the Rust library: off the caller's thread, so that it may come from the main one, and with errors in
 * this library's form. When the caller's coroutine is cancelled, the generated code drops the Rust future, and with
 * it the Rust work ends.
 */
internal suspend fun <T> call(work: suspend () -> T): T = withContext(Dispatchers.Default) { translated { work() } }

/**
 * Does a call that gives something to be closed. A caller that is cancelled when it is just there does not get it, and
 * nobody else would close it.
 */
internal suspend fun <T : AutoCloseable> opening(work: suspend () -> T): T {
    var opened: T? = null
    return try {
        call { work().also { opened = it } }
    } catch (cancelled: CancellationException) {
        opened?.close()
        throw cancelled
    }
}

/** Does something of the Rust library that needs no waiting. */
internal inline fun <T> translated(work: () -> T): T =
    try {
        work()
    } catch (cancelled: CancellationException) {
        // It is an IllegalStateException as well.
        throw cancelled
    } catch (error: FfiException) {
        throw error.toPublic()
    } catch (error: InternalException) {
        throw broken(error)
    } catch (error: IllegalStateException) {
        // The generated code says so of an object that was closed.
        throw closed(error)
    }

private fun broken(cause: Throwable): TmtpException = FfiException.Broken().toPublic(cause)

/** What a call of something closed gets. */
internal fun closed(cause: Throwable? = null): TmtpException = FfiException.Closed().let { it.toPublic(cause ?: it) }

internal fun instant(millis: Long): Instant = Instant.fromEpochMilliseconds(millis)

/** Whole milliseconds. What is beyond all bounds stays so, and gets the core's own error. */
internal val Duration.millis: Long get() = inWholeMilliseconds
