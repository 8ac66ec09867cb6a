package dev.tmtp.internal

import dev.tmtp.TmtpException
import dev.tmtp.ffi.InternalException
import dev.tmtp.ffi.UniffiTooLargeException
import kotlinx.coroutines.CancellationException
import kotlinx.coroutines.Dispatchers
import kotlinx.coroutines.withContext
import kotlin.time.Duration
import kotlin.time.Instant
import dev.tmtp.ffi.InputLimit as FfiLimit
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

/** Does something of the Rust library that needs no waiting. Whatever comes out of it has this library's form. */
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
    } catch (error: UniffiTooLargeException) {
        throw tooLarge(error)
    } catch (error: IllegalStateException) {
        // The generated code says so of an object that was closed.
        throw closed(error)
    } catch (error: RuntimeException) {
        throw broken(error)
    }

/**
 * This text, which is the name of something: under half a surrogate pair, which cannot cross the border as it is, it
 * would be another one.
 */
internal fun String.whole(field: String): String {
    val isBroken = indices.any { this[it].isSurrogate() && !isPair(it) && !isPair(it - 1) }
    if (isBroken) throw FfiException.Input(field, FfiLimit.NoReplacement, null)
    return this
}

private fun String.isPair(at: Int): Boolean =
    getOrNull(at)?.isHighSurrogate() == true && getOrNull(at + 1)?.isLowSurrogate() == true

private fun tooLarge(cause: UniffiTooLargeException): TmtpException {
    val limit = FfiLimit.AtMostBytes(Int.MAX_VALUE.toLong())
    return FfiException.Input("arguments", limit, cause.size.toLong()).toPublic(cause)
}

private fun broken(cause: Throwable): TmtpException = FfiException.Broken().toPublic(cause)

/** What a call of something closed gets. */
internal fun closed(cause: Throwable? = null): TmtpException = FfiException.Closed().let { it.toPublic(cause ?: it) }

internal fun instant(millis: Long): Instant = Instant.fromEpochMilliseconds(millis)

/** Whole milliseconds. What is beyond all bounds stays so, and gets the core's own error. */
internal val Duration.millis: Long get() = inWholeMilliseconds
