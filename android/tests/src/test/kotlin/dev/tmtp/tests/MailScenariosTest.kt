package dev.tmtp.tests

import dev.tmtp.Change
import dev.tmtp.Client
import dev.tmtp.Event
import dev.tmtp.NetworkHint
import dev.tmtp.OutgoingState
import dev.tmtp.kit.ffi.Way
import dev.tmtp.kit.where
import kotlinx.coroutines.CompletableDeferred
import kotlinx.coroutines.CoroutineStart
import kotlinx.coroutines.Deferred
import kotlinx.coroutines.async
import kotlinx.coroutines.cancelAndJoin
import kotlinx.coroutines.flow.mapNotNull
import kotlinx.coroutines.flow.onEach
import kotlinx.coroutines.flow.toList
import kotlinx.coroutines.flow.transformWhile
import kotlinx.coroutines.launch
import kotlin.test.Test
import kotlin.test.assertContains
import kotlin.test.assertEquals

/** Writing and receiving, with links that break where it hurts. The names are those of `bindings/scenarios`. */
class MailScenariosTest {
    @Test
    fun `first join and first message`() =
        Scene.play {
            val (client, account) = anna()
            val bela = bela()
            client.foreground()
            bela.send(listOf(account.status().uid!!.text), "Tea", "At five?", emptyList())
            bela.awaitSent(DEADLINE.inWholeMilliseconds)
            val thread = account.inbox().await { it.isNotEmpty() }.single()
            assertEquals("Tea", thread.subject)
            assertEquals(1, client.unreadTotal().messages)
            val sent = account.send(message(bela.uid(), "Come by"))
            assertEquals(OutgoingState.Sent, account.waitSent(sent.sendId, DEADLINE))
            val arrived = bela.awaitMessages(1, DEADLINE.inWholeMilliseconds).filter { !it.own }
            assertEquals(listOf("Come by"), arrived.map { it.text })
            client.stop()
            assertEquals(listOf("At five?", "Come by"), stored().messages.map { it.text }.sorted())
            assertEquals(2, site.record().posts.size)
        }

    @Test
    fun `offline compose then network`() =
        Scene.play {
            val relay = relay()
            val bela = bela()
            val (client, account) = anna(relay.where)
            relay.refuse(true)
            client.foreground()
            val sent = account.send(message(bela.uid(), "Written in a tunnel"))
            assertEquals(OutgoingState.Queued, account.outgoing(sent.sendId).state)
            assertEquals(listOf("queued"), stored().outbox.map { it.state })
            assertEquals(0, site.record().posts.size)
            relay.refuse(false)
            client.network(NetworkHint(path = 2))
            assertEquals(OutgoingState.Sent, account.waitSent(sent.sendId, DEADLINE))
            bela.awaitMessages(1, DEADLINE.inWholeMilliseconds)
            assertEquals(1, site.record().posts.size)
        }

    @Test
    fun `link cut during send resolved as sent`() =
        Scene.play {
            val relay = relay()
            val bela = bela()
            val (client, account) = anna(relay.where)
            hold(client, account)
            site.awaitAllDelivered(DEADLINE.inWholeMilliseconds)
            val states = statesOfTheNextSend(client)
            // The site takes the message; its answer is the next that comes down, and does not come.
            relay.cutAfter(0, Way.DOWN)
            val sent = account.send(message(bela.uid(), "Once"))
            assertEquals(OutgoingState.Sent, account.waitSent(sent.sendId, DEADLINE))
            assertContains(states.await(), OutgoingState.InDoubt)
            assertEquals(1, relay.counters().cuts)
            bela.awaitMessages(1, DEADLINE.inWholeMilliseconds)
            client.stop()
            assertEquals(1, site.record().posts.size)
            assertEquals(0, site.record().acceptedAgain)
            assertEquals(listOf("sent"), stored().messages.mapNotNull { it.state })
        }

    @Test
    fun `link cut during send resolved as not sent`() =
        Scene.play {
            val relay = relay()
            val bela = bela()
            val (client, account) = anna(relay.where)
            hold(client, account)
            site.awaitAllDelivered(DEADLINE.inWholeMilliseconds)
            val states = statesOfTheNextSend(client)
            // The app hands the whole message out, and nothing of it comes to the site.
            relay.cutAfter(0, Way.UP)
            val sent = account.send(message(bela.uid(), "Once"))
            assertEquals(OutgoingState.Sent, account.waitSent(sent.sendId, DEADLINE))
            val ways = states.await()
            assertContains(ways, OutgoingState.InDoubt)
            assertContains(ways.dropWhile { it != OutgoingState.InDoubt }, OutgoingState.Queued)
            assertEquals(1, relay.counters().cuts)
            bela.awaitMessages(1, DEADLINE.inWholeMilliseconds)
            client.stop()
            assertEquals(1, site.record().posts.size)
            assertEquals(1, stored().messages.size)
        }

    @Test
    fun `network change with a silent old path`() =
        Scene.play {
            val relay = relay()
            val bela = bela()
            val (client, account) = anna(relay.where)
            client.network(NetworkHint(path = 1))
            hold(client, account)
            relay.blackHole()
            relay.heal()
            client.network(NetworkHint(path = 2))
            bela.send(listOf(account.status().uid!!.text), "Tea", "On the new path", emptyList())
            bela.awaitSent(DEADLINE.inWholeMilliseconds)
            assertEquals(listOf("Tea"), account.inbox().await { it.isNotEmpty() }.map { it.subject })
            assertEquals(1, relay.counters().blackHoles)
            site.awaitAllDelivered(DEADLINE.inWholeMilliseconds)
            assertEquals(1, stored().messages.size)
        }

    @Test
    fun `same send called twice around a cancelled call`() =
        Scene.play {
            val bela = bela()
            val (client, account) = anna()
            client.foreground()
            val file = folder.resolve("map.bin").filled(3_000_000)
            val message = message(bela.uid(), "Once", file)
            val first = launch(start = CoroutineStart.UNDISPATCHED) { account.send(message) }
            first.cancelAndJoin()
            val again = account.send(message)
            assertEquals(again.sendId, account.send(message).sendId)
            assertEquals(OutgoingState.Sent, account.waitSent(again.sendId, DEADLINE))
            bela.awaitMessages(1, DEADLINE.inWholeMilliseconds)
            site.awaitAllDelivered(DEADLINE.inWholeMilliseconds)
            assertEquals(1, site.record().posts.size)
            assertEquals(1, stored().messages.size)
        }

    /** The states through which the next item of the outbox goes until it is sent. Looks when this returns. */
    private suspend fun Scene.statesOfTheNextSend(client: Client): Deferred<List<OutgoingState>> {
        val looking = CompletableDeferred<Unit>()
        val states =
            async {
                client
                    .events()
                    .onEach { looking.complete(Unit) }
                    .mapNotNull { ((it as? Event.Changed)?.change as? Change.OutgoingChanged)?.state }
                    .transformWhile { state ->
                        emit(state)
                        state != OutgoingState.Sent
                    }.toList()
            }
        looking.await()
        return states
    }
}
