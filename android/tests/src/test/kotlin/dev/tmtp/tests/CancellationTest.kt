package dev.tmtp.tests

import dev.tmtp.Alias
import dev.tmtp.Event
import dev.tmtp.SendId
import dev.tmtp.TmtpError
import dev.tmtp.kit.where
import kotlinx.coroutines.CompletableDeferred
import kotlinx.coroutines.CoroutineStart
import kotlinx.coroutines.async
import kotlinx.coroutines.cancelAndJoin
import kotlinx.coroutines.flow.first
import kotlinx.coroutines.flow.onEach
import kotlinx.coroutines.flow.toList
import kotlinx.coroutines.launch
import kotlinx.coroutines.withTimeout
import kotlinx.coroutines.withTimeoutOrNull
import kotlin.test.Test
import kotlin.test.assertEquals
import kotlin.test.assertNull
import kotlin.test.assertTrue
import kotlin.time.Duration.Companion.hours
import kotlin.time.Duration.Companion.milliseconds
import kotlin.time.measureTime

/** The end of a coroutine is the end of its work below. */
class CancellationTest {
    @Test
    fun `a join that is cancelled ends its link and can be gone on with`() =
        Scene.play {
            val relay = relay()
            val client = open()
            relay.latency(1_000)
            val joining = launch { client.join(relay.where, Alias(ANNA), PHONE, 1.hours) }
            relay.awaitRunning(1, DEADLINE.inWholeMilliseconds)
            withTimeout(DEADLINE) { joining.cancelAndJoin() }
            relay.awaitRunning(0, DEADLINE.inWholeMilliseconds)
            relay.latency(0)
            client.join(relay.where, Alias(ANNA), PHONE, DEADLINE)
            assertEquals(1, client.accounts().size)
        }

    @Test
    fun `a wait that is cancelled ends at once`() =
        Scene.play {
            val (_, account) = anna()
            val sent = account.send(message(account.status().uid!!.text, "x"))
            val took =
                measureTime {
                    assertNull(withTimeoutOrNull(50.milliseconds) { account.waitSent(sent.sendId, 1.hours) })
                }
            assertTrue(took < DEADLINE, "$took")
        }

    @Test
    fun `a call of a coroutine that is cancelled already does nothing`() =
        Scene.play {
            val (_, account) = anna()
            val job =
                launch(start = CoroutineStart.LAZY) { account.send(message(account.status().uid!!.text, "x")) }
            job.cancelAndJoin()
            assertEquals(0, stored().outbox.size)
        }

    @Test
    fun `an event that comes while nobody collects is not missed by the next screen`() =
        Scene.play {
            val bela = bela()
            val (client, account) = anna()
            assertTrue(account.inbox().first().isEmpty())
            bela.send(listOf(account.status().uid!!.text), "Tea", "At five?", emptyList())
            bela.awaitSent(DEADLINE.inWholeMilliseconds)
            client.foreground()
            assertEquals(1, account.inbox().await { it.isNotEmpty() }.size)
            assertEquals(1, account.inbox().first().size)
        }

    @Test
    fun `flows end when the client is stopped, and when it is closed`() =
        Scene.play {
            for (close in listOf(false, true)) {
                val client = open()
                if (client.accounts().isEmpty()) client.join(site.where, Alias(ANNA), PHONE, DEADLINE)
                val account = client.account(PHONE)
                val begun = CompletableDeferred<Unit>()
                val events = async { client.events().onEach { begun.complete(Unit) }.toList() }
                val inbox = async { account.inbox().toList() }
                begun.await()
                if (close) client.close() else client.stop()
                assertTrue(withTimeout(DEADLINE) { events.await() }.first() is Event.Resync)
                assertTrue(withTimeout(DEADLINE) { inbox.await() }.size <= 1)
                assertTrue(withTimeout(DEADLINE) { account.inbox().toList() }.isEmpty())
                client.close()
                assertFails(TmtpError.Closed) { account.withdraw(SendId("00000000000001")) }
            }
        }
}
