package dev.tmtp.tests

import dev.tmtp.Client
import dev.tmtp.NotKnownWhy
import dev.tmtp.WakeOutcome
import dev.tmtp.WakeSummary
import dev.tmtp.kit.ffi.SiteOptions
import dev.tmtp.kit.where
import kotlin.test.Test
import kotlin.test.assertEquals
import kotlin.test.assertIs
import kotlin.test.assertTrue
import kotlin.time.Duration
import kotlin.time.Duration.Companion.milliseconds
import kotlin.time.Duration.Companion.seconds

/** What a push may find. The names are those of `bindings/scenarios`. */
class WakeScenariosTest {
    @Test
    fun `wake with something`() =
        Scene.play {
            val bela = bela()
            val (client, account) = anna()
            bela.send(listOf(account.status().uid!!.text), "Tea", "At five?", emptyList())
            bela.awaitSent(DEADLINE.inWholeMilliseconds)
            val summary = client.wake(BUDGET)
            assertEquals(WakeOutcome.New, summary.outcome)
            val arrived =
                summary.accounts
                    .single()
                    .arrived
                    .single()
            // All that a notification needs is in the store by now.
            assertEquals("At five?", account.message(arrived.messages.single()).text)
            assertEquals("Tea", account.thread(arrived.thread).thread.subject)
            site.awaitAllDelivered(DEADLINE.inWholeMilliseconds)
            assertOneLedgerRow(client, "new")
        }

    @Test
    fun `wake with nothing`() =
        Scene.play {
            val (client, _) = anna()
            val summary = client.push(null, BUDGET)
            assertEquals(WakeOutcome.NothingNew, summary.outcome)
            assertTrue(
                summary.accounts
                    .single()
                    .arrived
                    .isEmpty(),
            )
            assertOneLedgerRow(client, "nothing_new")
        }

    @Test
    fun `wake with a dead network`() =
        Scene.play {
            val relay = relay()
            val bela = bela()
            val (client, account) = anna(relay.where)
            bela.send(listOf(account.status().uid!!.text), "Tea", "At five?", emptyList())
            bela.awaitSent(DEADLINE.inWholeMilliseconds)
            relay.blackHole()
            val summary = client.wake(4.seconds)
            assertIs<WakeOutcome.NotKnown>(summary.outcome)
            assertInTime(summary, 4.seconds)
            assertEquals(0, stored().messages.size)
            assertEquals(1, site.queued(account.status().uid!!.text))
            relay.heal()
            assertEquals(WakeOutcome.New, client.wake(BUDGET).outcome)
            assertEquals(1, stored().messages.size)
        }

    @Test
    fun `wake with node busy`() =
        Scene.play(SiteOptions(silenceMs = 2 * SILENCE_MS)) {
            val relay = relay()
            val (client, account) = anna(relay.where)
            hold(client, account)
            site.awaitQueued(account.status().uid!!.text, 0, DEADLINE.inWholeMilliseconds)
            // The link vanishes, and the app with it: the site holds the node for alive for a while.
            relay.blackHole()
            // In time or cut short: there is nobody to say farewell to.
            runCatching { client.stop(500.milliseconds) }
            relay.heal()
            val again = open()
            val summary = again.wake(2.seconds)
            val outcome = assertIs<WakeOutcome.NotKnown>(summary.outcome)
            assertEquals(NotKnownWhy.NodeBusy, outcome.why)
            assertInTime(summary, 2.seconds)
            assertTrue(site.record().nodesBusy > 0)
            // When the site has noticed, it lets the node in again.
            assertEquals(WakeOutcome.NothingNew, again.wake(BUDGET).outcome)
        }

    @Test
    fun `wake before first unlock`() =
        Scene.play {
            val keys = MemoryKeys()
            val bela = bela()
            val (client, account) = anna(keys = keys)
            val uid = account.status().uid!!.text
            client.stop()
            val names = keys.names()
            bela.send(listOf(uid), "Tea", "At five?", emptyList())
            bela.awaitSent(DEADLINE.inWholeMilliseconds)
            keys.locked = true
            val woken = open(keys)
            val summary = woken.wake(BUDGET)
            assertEquals(WakeOutcome.NotKnown(NotKnownWhy.Locked), summary.outcome)
            assertEquals(names, keys.names())
            assertEquals(0, stored().messages.size)
            keys.locked = false
            woken.unlocked()
            assertEquals(WakeOutcome.New, woken.wake(BUDGET).outcome)
            assertEquals(listOf("At five?"), stored().messages.map { it.text })
            assertEquals(2, site.record().registrations)
        }

    private suspend fun assertOneLedgerRow(
        client: Client,
        outcome: String,
    ) {
        val rows = client.ledger().items
        assertEquals(listOf(outcome), rows.map { it.outcome })
        assertTrue(rows.single().stages.isNotEmpty())
    }

    private fun assertInTime(
        summary: WakeSummary,
        budget: Duration,
    ) = assertTrue(summary.took <= budget, "${summary.took} of $budget")

    private companion object {
        val BUDGET = 20.seconds
    }
}
