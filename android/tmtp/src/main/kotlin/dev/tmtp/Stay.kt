package dev.tmtp

import dev.tmtp.internal.call
import dev.tmtp.internal.millis
import kotlin.time.Duration
import kotlin.time.Duration.Companion.seconds
import dev.tmtp.ffi.Stay as FfiStay

/** As long as one of these is open, the account holds a link, whatever else is known of the world. */
public class Stay internal constructor(
    private val ffi: FfiStay,
) : AutoCloseable {
    /**
     * Lets the link go, and waits at most [deadline] until the site has been told and it is closed. Returns at once if
     * others still hold it, or if it was let go before.
     *
     * @throws TmtpException [TmtpError.TimedOut]: it is still closing, and goes on to do so
     */
    public suspend fun stop(deadline: Duration = 2.seconds) {
        call { ffi.stop(deadline.millis) }
        close()
    }

    /** Lets the link go without waiting for it. Again: no effect. */
    override fun close() {
        ffi.close()
    }
}
