package dev.tmtp.tests

import dev.tmtp.Account
import dev.tmtp.Action
import dev.tmtp.Alias
import dev.tmtp.NameTrust
import dev.tmtp.NewMessage
import dev.tmtp.OutgoingState
import dev.tmtp.ThreadId
import dev.tmtp.TmtpError
import dev.tmtp.To
import dev.tmtp.Uid
import kotlin.test.Test
import kotlin.test.assertEquals
import kotlin.test.assertFalse
import kotlin.test.assertNull
import kotlin.test.assertTrue

/** Who somebody is: checked by the site, only claimed, in conflict with another; and who would get nothing. */
class TrustTest {
    @Test
    fun `a name that is only claimed is shown so, and nothing is sent to it`() =
        Scene.play {
            val (client, account) = anna()
            val bela = bela()
            hold(client, account)
            bela.send(listOf(account.uid()), "Tea", "At five?", emptyList())
            bela.awaitSent(DEADLINE.inWholeMilliseconds)
            val thread = account.inbox().await { it.isNotEmpty() }.single()
            val uid = Uid(bela.uid())
            assertEquals(uid, thread.from.uid)
            assertEquals(BELA, thread.from.name)
            assertEquals(NameTrust.CLAIMED, thread.from.trust)
            assertNull(thread.from.like)
            assertFalse(thread.from.outside)
            val screen = account.thread(thread.thread)
            assertEquals(
                thread.from,
                screen.messages.items
                    .single()
                    .from,
            )
            assertEquals(
                listOf(NameTrust.OWN),
                screen.thread.to
                    .filter { it.uid?.text == account.uid() }
                    .map { it.trust },
            )
            val contact = account.contacts().items.single { it.uid == uid }
            assertTrue(contact.claimed)
            assertEquals(NameTrust.CLAIMED, contact.trust)
            assertEquals(uid, contact.by?.uid)

            val error = failure { account.send(message(BELA, "Private")) }
            assertEquals(TmtpError.OnlyClaimed(BELA, uid, uid, null), error.error)
            assertEquals("only_claimed", error.code)
            assertEquals(Action.CHOOSE_ANOTHER, error.action)
            assertTrue(account.outbox().items.isEmpty())

            // The uid is what the site says; and once she has pinged, the site has checked the name.
            val sent = account.send(message(bela.uid(), "To whoever this is"))
            assertEquals(OutgoingState.Sent, account.waitSent(sent.sendId, DEADLINE))
            bela.ping(ANNA, "It is me", DEADLINE.inWholeMilliseconds)
            client.liveAccounts().await { it.single().unread.pings == 1L }
            assertFalse(
                account
                    .contacts()
                    .items
                    .single { it.uid == uid }
                    .claimed,
            )
            assertEquals(
                NameTrust.CHECKED,
                account
                    .pings()
                    .items
                    .single()
                    .from.trust,
            )
            assertEquals(
                NameTrust.CHECKED,
                account
                    .thread(thread.thread)
                    .thread.from.trust,
            )
            account.send(message(BELA, "Private"))
        }

    @Test
    fun `a stranger under the name of somebody known is a conflict`() =
        Scene.play {
            val (client, account) = anna()
            val bela = bela()
            hold(client, account)
            bela.ping(ANNA, "", DEADLINE.inWholeMilliseconds)
            bela.send(listOf(account.uid()), "Private", "Ours", emptyList())
            bela.awaitSent(DEADLINE.inWholeMilliseconds)
            val private =
                account
                    .inbox()
                    .await { it.isNotEmpty() }
                    .single()
                    .thread
            Stranger.join(site, "Eve Elster").use { eve ->
                eve.post(account.uid(), Stranger.head(BELA, ANNA to account.uid()), "It is me")
                // With a letter of another alphabet, and into a thread that is not hers.
                eve.post(account.uid(), Stranger.into(BELA.replace('a', 'а'), private.text), "Send money")
            }
            val threads = account.inbox().await { rows -> rows.sumOf { it.messages } == 3L }
            val under = threads.single { it.subject == "Look" }
            val into = threads.single { it.thread == private }
            for (row in listOf(under, into)) {
                assertEquals(NameTrust.CONFLICT, row.from.trust, "$row")
                assertEquals(BELA, row.from.like, "$row")
                assertFalse(row.from.uid?.text == bela.uid())
            }
            assertTrue(into.from.outside)
            val writers =
                account
                    .thread(private, newestFirst = false)
                    .messages.items
                    .map { it.from.trust }
            assertEquals(listOf(NameTrust.CHECKED, NameTrust.CONFLICT), writers)
            // Her name is still hers: what is sent to it goes to her.
            val sent = account.send(message(BELA, "Is that you?"))
            val to = account.thread(sent.thread).thread.to
            assertEquals(listOf(bela.uid()), to.filter { it.trust == NameTrust.CHECKED }.map { it.uid?.text })

            // Nobody is held to what a stranger has said.
            val lie = account.contacts().items.single { it.alias == Alias(BELA) && it.claimed }
            assertTrue(lie.conflict)
            account.removeContact(lie.alias, lie.uid)
            assertTrue(account.contacts().items.none { it.alias == lie.alias && it.uid == lie.uid })
            assertFails(TmtpError.NotFound) { account.removeContact(lie.alias, lie.uid) }
            assertFails(TmtpError.NotFound) { account.removeContact(lie.alias, Uid("nonsense")) }
        }

    @Test
    fun `a reply that would not reach everybody is not sent before the person knows`() =
        Scene.play {
            val (client, account) = anna()
            val bela = bela()
            hold(client, account)
            Stranger.join(site, "Eve Elster").use { eve ->
                val list = arrayOf(ANNA to account.uid(), BELA to bela.uid(), CARA to "not a uid")
                eve.post(account.uid(), Stranger.head("Eve Elster", *list), "To all")
            }
            val row = account.inbox().await { it.isNotEmpty() }.single()
            assertEquals(1, row.unreachable)
            assertFalse(row.withoutThem)
            assertEquals(listOf(CARA), row.to.filter { !it.reachable }.map { it.alias.text })
            val reply = NewMessage(To.Reply(row.thread), "", "Hello")
            val error = failure { account.send(reply) }
            assertEquals(TmtpError.Unreachable(listOf(CARA), 1), error.error)
            assertEquals("unreachable", error.code)
            assertTrue(account.outbox().items.isEmpty())

            account.goWithoutUnreachable(row.thread)
            assertTrue(account.thread(row.thread).thread.withoutThem)
            val sent = account.send(reply)
            assertEquals(OutgoingState.Sent, account.waitSent(sent.sendId, DEADLINE))
            val arrived = bela.awaitMessages(1, DEADLINE.inWholeMilliseconds)
            assertEquals(listOf("Hello"), arrived.map { it.text })
            assertFails(TmtpError.NotFound) { account.goWithoutUnreachable(ThreadId("0000000000000001")) }
        }

    private suspend fun Account.uid(): String = status().uid!!.text

    private companion object {
        const val CARA = "Cara Kormoran"
    }
}
