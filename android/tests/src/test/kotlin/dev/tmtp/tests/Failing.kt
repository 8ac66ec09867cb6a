package dev.tmtp.tests

import dev.tmtp.TmtpError
import dev.tmtp.TmtpException
import kotlin.test.assertEquals
import kotlin.test.fail

/** The error with which a call fails; fails the test if it does not. */
internal suspend fun failure(call: suspend () -> Unit): TmtpException =
    try {
        call()
        fail("it did not fail")
    } catch (error: TmtpException) {
        error
    }

/** Checks that a call fails with this error. */
internal suspend fun assertFails(
    expected: TmtpError,
    call: suspend () -> Unit,
) {
    assertEquals(expected, failure(call).error)
}
