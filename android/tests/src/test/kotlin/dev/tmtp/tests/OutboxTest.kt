package dev.tmtp.tests

import dev.tmtp.Account
import dev.tmtp.Action
import dev.tmtp.Alias
import dev.tmtp.FailedWhy
import dev.tmtp.NewMessage
import dev.tmtp.NewPing
import dev.tmtp.NotNowWhy
import dev.tmtp.OutgoingKind
import dev.tmtp.OutgoingState
import dev.tmtp.SendId
import dev.tmtp.TmtpError
import dev.tmtp.To
import dev.tmtp.Waits
import dev.tmtp.WaitsWhy
import dev.tmtp.Withdrawn
import kotlin.test.Test
import kotlin.test.assertEquals
import kotlin.test.assertIs
import kotlin.test.assertNull
import kotlin.test.assertTrue

/** What is to be sent: once under each draft id, waiting for something that has a name, or failed for a reason. */
class OutboxTest {
    @Test
    fun `a draft id stands for one content`() =
        Scene.play {
            val (_, account) = anna()
            val tea = NewMessage(To.NewThread(), "Tea", "At five?", draft = "one")
            val sent = account.send(tea)
            val error = failure { account.send(tea.copy(text = "At six?")) }
            assertEquals(TmtpError.DraftUsed, error.error)
            assertEquals("draft_used", error.code)
            assertEquals(Action.CHOOSE_ANOTHER, error.action)
            assertNull(error.retryAfter)
            val others =
                listOf(
                    tea.copy(subject = "Coffee"),
                    tea.copy(to = To.Reply(sent.thread)),
                    tea.copy(to = To.NewThread(account.status().uid!!.text)),
                    tea.copy(attachments = listOf(folder.resolve("map.bin").filled(10))),
                )
            others.forEach { assertFails(TmtpError.DraftUsed) { account.send(it) } }
            // As an autosave that comes late behind the sending.
            assertFails(TmtpError.DraftUsed) { account.saveDraft(tea) }
            assertFails(TmtpError.DraftUsed) { account.saveDraft(tea.copy(text = "At six?")) }
            assertFails(TmtpError.DraftUsed) { account.ping(NewPing(Alias(BELA), "At six?", draft = "one")) }
            assertEquals(sent, account.send(tea))
            assertEquals(sent, account.sendDraft("one"))
            assertEquals(
                listOf("At five?"),
                account
                    .thread(sent.thread)
                    .messages.items
                    .map { it.text },
            )

            val ping = NewPing(Alias(BELA), "Hello", draft = "two")
            val pinged = account.ping(ping)
            assertEquals(pinged, account.ping(ping))
            assertFails(TmtpError.DraftUsed) { account.ping(ping.copy(text = "Hello again")) }
            assertFails(TmtpError.DraftUsed) { account.ping(ping.copy(to = Alias("Somebody else"))) }
            assertFails(TmtpError.DraftUsed) { account.send(tea.copy(draft = "two")) }
            assertFails(TmtpError.DraftUsed) { account.saveDraft(tea.copy(draft = "two")) }

            // What was taken back is not sent by a late repetition.
            assertEquals(Withdrawn.REMOVED, account.withdraw(sent.sendId))
            assertFails(TmtpError.DraftUsed) { account.send(tea) }
            assertFails(TmtpError.DraftUsed) { account.saveDraft(tea) }
            account.send(tea.copy(draft = "three"))
            assertEquals(2, account.outbox().items.size)
            assertTrue(account.drafts().items.isEmpty())
        }

    @Test
    fun `what waits says for what`() =
        Scene.play {
            val (client, account) = anna()
            val bela = bela()
            bela.send(listOf(account.status().uid!!.text), "Tea", "At five?", emptyList())
            bela.awaitSent(DEADLINE.inWholeMilliseconds)
            client.wake(DEADLINE)
            val begun =
                account
                    .threads()
                    .items
                    .single()
                    .thread
            val first = account.send(NewMessage(To.NewThread(bela.uid()), "Birds", "First"))
            val second = account.send(NewMessage(To.Reply(first.thread), "", "Second"))
            val early = account.send(NewMessage(To.Reply(begun), "", "At five"))
            val late = account.send(NewMessage(To.Reply(begun), "", "Or six"))
            account.addAlias(Alias("Anna Adler"))
            val asked = account.outbox().items.last()
            val eagle = NewMessage(To.NewThread(listOf(), Alias("Anna Adler")), "Note", "As an eagle")
            val under = account.send(eagle)
            assertEquals(WaitsWhy.LINK, account.waits(first.sendId)?.why)
            assertEquals(Waits(WaitsWhy.BEGINNING, first.sendId, null), account.waits(second.sendId))
            assertEquals(WaitsWhy.LINK, account.waits(early.sendId)?.why)
            assertEquals(Waits(WaitsWhy.EARLIER, early.sendId, null), account.waits(late.sendId))
            assertEquals(Waits(WaitsWhy.ALIAS, asked.sendId, null), account.waits(under.sendId))
            val rows = account.outbox().items
            assertEquals(rows.map { it.waits }, rows.map { account.waits(it.sendId) })
            hold(client, account)
            rows.filter { it.kind == OutgoingKind.MESSAGE }.forEach { row ->
                assertEquals(OutgoingState.Sent, account.waitSent(row.sendId, DEADLINE))
                assertNull(account.waits(row.sendId))
            }
            assertTrue(account.waitAlias(Alias("Anna Adler"), DEADLINE))
            // The fifth is Anna's note to herself.
            bela.awaitMessages(4, DEADLINE.inWholeMilliseconds)
        }

    @Test
    fun `what has failed says why, and takes what depends on it along`() =
        Scene.play {
            val (client, account) = anna()
            val nobody =
                account
                    .status()
                    .uid!!
                    .text
                    .reversed()
            val first = account.send(message(nobody, "To nobody"))
            val reply = account.send(NewMessage(To.Reply(first.thread), "", "And this"))
            client.wake(DEADLINE)
            val failed = assertIs<OutgoingState.Failed>(account.outgoing(first.sendId).state)
            assertEquals(FailedWhy.REFUSED, failed.why)
            assertTrue(failed.reason.isNotEmpty())
            assertEquals(failed.reason, account.outgoing(first.sendId).reason)
            assertEquals(OutgoingState.Failed(FailedWhy.BEGINNING_REFUSED, ""), account.outgoing(reply.sendId).state)
            assertNull(account.waits(reply.sendId))
            assertEquals(2, account.status().failed)
            val later = NewMessage(To.Reply(first.thread), "", "Later")
            assertFails(TmtpError.NotNow(NotNowWhy.BEGINNING_FAILED)) { account.send(later) }
            assertFails(TmtpError.NotNow(NotNowWhy.BEGINNING_FAILED)) { account.sendAgain(reply.sendId) }
            account.sendAgain(first.sendId)
            assertEquals(Waits(WaitsWhy.BEGINNING, first.sendId, null), account.waits(reply.sendId))
            client.wake(DEADLINE)
            account.withdraw(first.sendId)
            assertEquals(OutgoingState.Failed(FailedWhy.BEGINNING_WITHDRAWN, ""), account.outgoing(reply.sendId).state)
            account.withdraw(reply.sendId)
            assertTrue(account.outbox().items.isEmpty())
            assertTrue(account.threads().items.isEmpty())
        }

    private suspend fun Account.waits(sendId: SendId): Waits? = outgoing(sendId).waits
}
