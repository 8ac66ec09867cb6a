package dev.tmtp.tests

import dev.tmtp.Account
import dev.tmtp.Client
import dev.tmtp.NewMessage
import dev.tmtp.TmtpError
import dev.tmtp.TmtpException
import dev.tmtp.To
import kotlinx.coroutines.CompletableDeferred
import kotlinx.coroutines.CoroutineScope
import kotlinx.coroutines.Job
import kotlinx.coroutines.coroutineScope
import kotlinx.coroutines.joinAll
import kotlinx.coroutines.launch
import kotlinx.coroutines.withTimeout
import kotlinx.coroutines.yield
import org.junit.jupiter.api.Timeout
import kotlin.random.Random
import kotlin.test.Test
import kotlin.test.assertContains
import kotlin.time.Duration.Companion.milliseconds
import kotlin.time.Duration.Companion.minutes

/**
 * A client that is closed at any moment of its own calls and flows. What goes wrong here corrupts the memory of the
 * process, which ends a little later, anywhere.
 */
class CloseRaceTest {
    @Test
    @Timeout(3_600)
    fun `a client can be closed under collectors and writers as often as one likes`() =
        Scene.play {
            val (first, _) = anna()
            first.stop()
            first.close()
            repeat(CLOSES) { round ->
                open().use { client -> withTimeout(2.minutes) { race(client, round) } }
                // What was not closed is let go too, beside all the rest.
                if (round % 10 == 0) System.gc()
                forgetMade()
            }
        }

    private suspend fun race(
        client: Client,
        round: Int,
    ) = coroutineScope {
        val random = Random(round)
        val account = client.account(PHONE)
        val changes = random.nextInt(4)
        val begun = CompletableDeferred<Unit>()
        val screens = screens(client, account)
        val others =
            listOf(
                launch { untilClosed(changes, begun) { account.saveDraft(draft("$it", "draft")) } },
                launch { untilClosed { account.stay().close() } },
                launch { untilClosed { account.state() } },
                launch { untilClosed { account.waitSent(account.send(draft("always", "sent")).sendId, WAIT) } },
            )
        begun.await()
        when (round % 4) {
            0 -> client.close()
            1 -> listOf(launch { client.close() }, launch { client.close() }).joinAll()
            2 -> listOf(launch { runCatching { client.stop() } }, launch { client.close() }).joinAll()
            else -> screens.onEachIndexed { at, screen -> if (at % 2 == 0) screen.cancel() }.also { client.close() }
        }
        others.joinAll()
        screens.filterNot { it == screens.last() }.joinAll()
        // A state has no end of its own.
        screens.last().cancel()
    }

    private fun CoroutineScope.screens(
        client: Client,
        account: Account,
    ): List<Job> =
        List(4) { launch { client.events().collect { } } } +
            List(2) { launch { account.inbox().collect { } } } +
            launch { client.liveAccounts().collect { } } +
            launch { account.states.collect { } }

    /**
     * Calls until a call says that the client is closed: the only error that there may be. One that was closed and not
     * stopped may have the account a moment longer.
     */
    private suspend fun untilClosed(
        changes: Int = 0,
        begun: CompletableDeferred<Unit>? = null,
        call: suspend (Int) -> Unit,
    ) {
        var number = 0
        try {
            while (true) {
                if (number == changes) begun?.complete(Unit)
                if (unlessInUse { call(number) }) number++ else yield()
            }
        } catch (error: TmtpException) {
            assertContains(ENDS, error.error)
        } finally {
            begun?.complete(Unit)
        }
    }

    private suspend fun unlessInUse(call: suspend () -> Unit): Boolean =
        try {
            call()
            true
        } catch (error: TmtpException) {
            if (error.error !is TmtpError.InUse) throw error
            false
        }

    private fun draft(
        text: String,
        id: String,
    ) = NewMessage(To.NewThread(), "Counts", text, draft = id)

    private companion object {
        /** How many, `TMTP_CLOSES=10000`; as many as there is time for in a run of all tests. */
        val CLOSES = System.getenv("TMTP_CLOSES")?.toInt() ?: 1_000

        /** Calls that are under way when a client is closed go on to their end: this one soon. */
        val WAIT = 20.milliseconds

        /** Stopped in the middle, a wait may also be over. */
        val ENDS = listOf(TmtpError.Closed, TmtpError.Cancelled)
    }
}
