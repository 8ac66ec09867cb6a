package dev.tmtp.tests

import dev.tmtp.AccountName
import dev.tmtp.AccountState
import dev.tmtp.Alias
import dev.tmtp.Event
import dev.tmtp.NewMessage
import dev.tmtp.OutgoingState
import dev.tmtp.Page
import dev.tmtp.TmtpError
import dev.tmtp.To
import dev.tmtp.kit.Kit
import dev.tmtp.kit.ffi.HostileWay
import dev.tmtp.kit.ffi.Way
import dev.tmtp.kit.where
import kotlinx.coroutines.CompletableDeferred
import kotlinx.coroutines.async
import kotlinx.coroutines.flow.first
import kotlinx.coroutines.flow.onEach
import kotlinx.coroutines.withTimeout
import kotlin.test.Test
import kotlin.test.assertEquals
import kotlin.test.assertTrue
import kotlin.time.Duration.Companion.seconds

/** Kills, suspension, bad sites, full disks, slow readers. The names are those of `bindings/scenarios`. */
class TroubleScenariosTest {
    @Test
    fun `kill during an upload of 20 MB`() =
        Scene.play {
            val relay = relay()
            val bela = bela()
            val (client, _) = anna(relay.where)
            client.stop()
            client.close()
            val file = folder.resolve("film.bin").filled(FILM)
            relay.rate(10_000_000)
            val before = relay.counters().bytesUp
            ChildProcess.start(home, bela.uid(), file).use { child ->
                relay.awaitBytes(before + FILM / 4, Way.UP, DEADLINE.inWholeMilliseconds)
                child.kill()
            }
            assertEquals(0, site.record().posts.size)
            assertEquals(1, stored().outbox.size)
            relay.rate(null)
            val again = open()
            again.foreground()
            val arrived = bela.awaitMessages(1, DEADLINE.inWholeMilliseconds).single()
            assertEquals(FILM.toLong(), arrived.attachedBytes)
            val account = again.account(PHONE)
            val item = account.threads().items.single()
            val own =
                account
                    .thread(item.thread)
                    .messages.items
                    .single()
            assertEquals(OutgoingState.Sent, account.waitSent(own.sendId!!, DEADLINE))
            assertEquals(1, site.record().posts.size)
        }

    @Test
    fun `suspend in the middle of a send`() =
        Scene.play {
            val relay = relay()
            val bela = bela()
            val (client, account) = anna(relay.where)
            hold(client, account)
            relay.rate(500_000)
            val before = relay.counters().bytesUp
            val sent = account.send(message(bela.uid(), "See the film", folder.resolve("film.bin").filled(FILM)))
            relay.awaitBytes(before + FILM / 10, Way.UP, DEADLINE.inWholeMilliseconds)
            client.willSuspend(3.seconds)
            assertNothingInUse()
            assertEquals(0, site.record().posts.size)
            assertEquals(listOf("queued"), stored().outbox.map { it.state })
            assertFails(TmtpError.Suspended) { account.send(message(bela.uid(), "Too late")) }
            relay.rate(null)
            client.resumed()
            client.foreground()
            assertEquals(OutgoingState.Sent, account.waitSent(sent.sendId, DEADLINE))
            val arrived = bela.awaitMessages(1, DEADLINE.inWholeMilliseconds).single()
            assertEquals(FILM.toLong(), arrived.attachedBytes)
            assertEquals(1, site.record().posts.size)
        }

    @Test
    fun `suspend in the middle of a drain`() =
        Scene.play {
            val relay = relay()
            val bela = bela()
            val (client, account) = anna(relay.where)
            val uid = account.status().uid!!.text
            val thread = bela.send(listOf(uid), "Counts", "0", emptyList())
            (1 until DRAINED).forEach { bela.reply(thread, "$it") }
            bela.awaitSent(DEADLINE.inWholeMilliseconds)
            relay.latency(10)
            client.foreground()
            account.inbox().await { threads -> threads.sumOf { it.messages } > 5 }
            client.willSuspend(3.seconds)
            assertNothingInUse()
            val there = stored().messages.size
            assertTrue(there in 6 until DRAINED, "$there of $DRAINED are here")
            assertFails(TmtpError.Suspended) { account.threads() }
            relay.latency(0)
            client.resumed()
            client.foreground()
            account.inbox().await { threads -> threads.sumOf { it.messages } == DRAINED.toLong() }
            site.awaitQueued(uid, 0, DEADLINE.inWholeMilliseconds)
            assertEquals((0 until DRAINED).map { "$it" }, stored().messages.map { it.text })
        }

    @Test
    fun `two accounts one site hostile`() =
        Scene.play {
            val otherSite = Kit.site()
            val hostile = Kit.hostile(otherSite)
            val bela = bela()
            val (client, good) = anna()
            val bad = client.join(hostile.where, Alias(ANNA), AccountName("other"), DEADLINE)
            val uid = good.status().uid!!.text
            hold(client, good)
            val ways = HostileWay.entries - HostileWay.HONEST
            ways.forEachIndexed { index, way ->
                val links = hostile.links()
                hostile.turn(way)
                // Once, whether its old link is seen to have ended or not.
                bad.userActs()
                hostile.awaitLinks(links + 1, DEADLINE.inWholeMilliseconds)
                // The other account does not notice.
                bela.send(listOf(uid), "Tea", "$way", emptyList())
                bela.awaitSent(DEADLINE.inWholeMilliseconds)
                good.inbox().await { it.size == index + 1 }
                assertEquals(AccountState.Online, good.state())
            }
            // And this one goes on where it was, once its site is honest again.
            hostile.turn(HostileWay.HONEST)
            bad.userActs()
            bad.awaitOnline()
            client.stop()
            assertEquals(ways.map { "$it" }.toSet(), stored().messages.map { it.text }.toSet())
            assertEquals(0, stored(AccountName("other")).messages.size)
            hostile.close()
            otherSite.close()
        }

    @Test
    fun `disk full and room again`() =
        Scene.play {
            val world = Scene.quick(ownDisk = true)
            val bela = bela()
            val client = open(world = world)
            val account = anna(client)
            val uid = account.status().uid!!.text
            hold(client, account)
            world.diskFull(true)
            val thread =
                bela.send(
                    listOf(uid),
                    "Counts",
                    "0",
                    listOf(folder.resolve("map.bin").filled(200_000).toString()),
                )
            (1 until 20).forEach { bela.reply(thread, "$it") }
            bela.awaitSent(DEADLINE.inWholeMilliseconds)
            account.states.await { it is AccountState.StorageFull }
            assertTrue(site.queued(uid) > 0, "the site keeps what is not confirmed")
            world.diskFull(false)
            account.userActs()
            account.inbox().await { threads -> threads.sumOf { it.messages } == 20L }
            site.awaitQueued(uid, 0, DEADLINE.inWholeMilliseconds)
            client.stop()
            assertEquals((0 until 20).map { "$it" }, stored().messages.map { it.text })
        }

    @Test
    fun `event overflow and resync`() =
        Scene.play {
            val (client, account) = anna()
            val begun = CompletableDeferred<Unit>()
            val written = CompletableDeferred<Unit>()
            val missed =
                async {
                    withTimeout(DEADLINE) {
                        client
                            .events()
                            .onEach {
                                // A reader that is slow: everything below happens while it looks at the first event.
                                begun.complete(Unit)
                                written.await()
                            }.first { it is Event.Resync && it.missed > 0 }
                    }
                }
            begun.await()
            repeat(OVERFLOW) { account.saveDraft(NewMessage(To.NewThread(), "$it", "", draft = "d%04d".format(it))) }
            written.complete(Unit)
            val resync = missed.await() as Event.Resync
            assertTrue(resync.missed > 0)
            var page: Page? = Page(100)
            val drafts = mutableListOf<String>()
            while (page != null) {
                val rows = account.drafts(page)
                drafts += rows.items.map { it.draft }
                page = rows.nextPage(100)
            }
            assertEquals(stored().drafts.sorted(), drafts)
            assertEquals(OVERFLOW, drafts.size)
        }

    private companion object {
        const val FILM = 20_000_000
        const val DRAINED = 60

        /** More than the library keeps for a reader. */
        const val OVERFLOW = 1_100
    }
}
