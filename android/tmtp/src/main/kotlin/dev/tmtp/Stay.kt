package dev.tmtp

import dev.tmtp.internal.call
import dev.tmtp.internal.millis
import java.util.concurrent.atomic.AtomicBoolean
import kotlin.time.Duration
import kotlin.time.Duration.Companion.seconds
import dev.tmtp.ffi.Stay as FfiStay

/** As long as one of these is open, the account holds a link, whatever else is known of the world. */
public class Stay internal constructor(
    private val ffi: FfiStay,
) : AutoCloseable {
    private val isLetGo = AtomicBoolean()

    /**
     * Lets the link go, and waits at most [deadline] until the site has been told and it is closed. Returns at once if
     * others still hold it, or if it was let go before.
     *
     * @throws TmtpException [TmtpError.TimedOut]: it is still closing, and goes on to do so
     */
    public suspend fun stop(deadline: Duration = 2.seconds) {
        if (isLetGo.get()) return
        call { ffi.stop(deadline.millis) }
        close()
    }

    /** Lets the link go without waiting for it. Again: no effect. */
    override fun close() {
        if (!isLetGo.getAndSet(true)) ffi.close()
    }
}
