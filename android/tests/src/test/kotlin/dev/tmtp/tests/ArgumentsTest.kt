package dev.tmtp.tests

import dev.tmtp.Account
import dev.tmtp.AccountName
import dev.tmtp.Alias
import dev.tmtp.Client
import dev.tmtp.InputLimit
import dev.tmtp.MessageId
import dev.tmtp.NewMessage
import dev.tmtp.NewPing
import dev.tmtp.NodeTicket
import dev.tmtp.Page
import dev.tmtp.PageCursor
import dev.tmtp.Recipient
import dev.tmtp.SendId
import dev.tmtp.SiteAddress
import dev.tmtp.SitePin
import dev.tmtp.ThreadId
import dev.tmtp.TmtpError
import dev.tmtp.TmtpException
import dev.tmtp.To
import dev.tmtp.Uid
import dev.tmtp.ffi.Cancel
import dev.tmtp.ffi.ClientConfig
import dev.tmtp.ffi.JoinOptions
import dev.tmtp.ffi.KeyAnswer
import dev.tmtp.ffi.KeyStore
import dev.tmtp.ffi.LogLevel
import dev.tmtp.ffi.Profile
import dev.tmtp.ffi.World
import dev.tmtp.ffi.openClient
import dev.tmtp.kit.ffi.filesUsed
import dev.tmtp.kit.where
import kotlinx.coroutines.delay
import kotlinx.coroutines.withTimeout
import java.lang.ref.WeakReference
import kotlin.test.Test
import kotlin.test.assertEquals
import kotlin.test.assertFailsWith
import kotlin.test.assertIs
import kotlin.test.assertTrue
import kotlin.time.Duration.Companion.milliseconds
import kotlin.time.Duration.Companion.seconds
import dev.tmtp.ffi.NewMessage as FfiMessage
import dev.tmtp.ffi.To as FfiTo

/** What crosses the border as an argument: half characters, objects that are closed, more than fits. */
class ArgumentsTest {
    @Test
    fun `half a character in a text is kept as the replacement character`() =
        Scene.play {
            val (_, account) = anna()
            // As somebody composes: each keystroke is kept.
            val whole = "Tea \uD83D\uDE00 at five"
            for (length in 0..whole.length) {
                account.saveDraft(NewMessage(To.NewThread(), whole.take(length), whole.take(length), draft = "tea"))
                val kept = account.drafts().items.single()
                val expected = if (length == 5) "Tea \uFFFD" else whole.take(length)
                assertEquals(expected, kept.text)
                assertEquals(expected, kept.subject)
            }
            val uid = account.status().uid!!.text
            val to = To.NewThread(listOf(Recipient(uid, "a\uDE00b")))
            val sent = account.send(NewMessage(to, "\uDE00\uD83D", "\uD83D"))
            val screen = account.thread(sent.thread)
            val kept = screen.messages.items.single()
            assertEquals("\uFFFD", kept.text)
            assertEquals("\uFFFD\uFFFD", screen.thread.subject)
        }

    @Test
    fun `half a character where a name is given is refused by field`() =
        Scene.play {
            val (client, account) = anna()

            suspend fun assertBroken(
                field: String,
                call: suspend () -> Unit,
            ) = assertFails(TmtpError.Input(field, InputLimit.NoReplacement, null), call)
            val half = "Half a name \uD83D"
            assertBroken("alias") { client.join(site.where, Alias(half)) }
            assertBroken("alias") { account.addAlias(Alias(half)) }
            assertBroken("alias") { account.ping(NewPing(Alias(half), "")) }
            assertBroken("alias") { account.ping(NewPing(Alias(BELA), "", from = Alias(half))) }
            assertBroken("alias") { account.send(NewMessage(To.NewThread(emptyList(), Alias(half)), "s", "t")) }
            assertBroken("draft") { account.saveDraft(NewMessage(To.NewThread(), "s", "t", draft = half)) }
            assertBroken("draft") { account.send(NewMessage(To.NewThread(), "s", "t", draft = half)) }
            assertBroken("draft") { account.ping(NewPing(Alias(BELA), "", draft = half)) }
            assertBroken("draft") { account.sendDraft(half) }
            assertBroken("draft") { account.deleteDraft(half) }
            assertBroken("text") { account.ping(NewPing(Alias(BELA), half)) }
            // A pair is a character.
            account.saveDraft(NewMessage(To.NewThread(), "s", "t", draft = "\uD83D\uDE00"))
            assertEquals(listOf("\uD83D\uDE00"), account.drafts().items.map { it.draft })
        }

    @Test
    fun `whatever text is given, nothing but the documented error comes, and nothing is held`() =
        Scene.play {
            val (client, account) = anna()
            val calls = texts(client, account)
            for (half in listOf("\uD83D", "\uDE00", "x\uD83Dx", "\uDE00\uD83D")) {
                for (call in calls) {
                    // Some may well succeed.
                    assertTrue(runCatching { call(half) }.exceptionOrNull() is TmtpException?)
                }
            }
            client.close()
            // Not stopped, and nobody has a handle of it any more: its links are quit, its stores are closed.
            withTimeout(DEADLINE) { while (!isFree()) delay(20.milliseconds) }
        }

    /** Everything that takes a text, by that text. */
    private fun Scene.texts(
        client: Client,
        account: Account,
    ): List<suspend (String) -> Unit> =
        listOf(
            { client.account(AccountName(it)) },
            { client.join(SiteAddress(it), Alias(BELA)) },
            { client.join(site.where, Alias(BELA), AccountName(it)) },
            { client.joinNode(NodeTicket(it)) },
            { client.joinNode(NodeTicket("x"), AccountName(it)) },
            { client.remove(AccountName(it)) },
            { client.wake(1.seconds, listOf(PHONE, AccountName(it))) },
            { client.ledger(Page(after = PageCursor(it))) },
            { client.siteKey(SiteAddress(it), 1.seconds) },
            { client.trust(SiteAddress(it), SitePin(it)) },
            { client.trust(site.where, SitePin(it)) },
            { account.threads(Page(after = PageCursor(it))) },
            { account.thread(ThreadId(it)) },
            { account.message(MessageId(it)) },
            { account.outgoing(SendId(it)) },
            { account.send(NewMessage(To.Reply(ThreadId(it)), "", it)) },
            { account.send(NewMessage(To.NewThread(it), it, it)) },
            { account.send(message("x", it, folder.resolve("x"))) },
            { account.sendDraft(it) },
            { account.ping(NewPing(Alias(it), it)) },
            { account.waitSent(SendId(it), 1.seconds) },
            { account.withdraw(SendId(it)) },
            { account.sendAgain(SendId(it)) },
            { account.takeAsSent(SendId(it)) },
            { account.addAlias(Alias(it)) },
            { account.waitAlias(Alias(it), 1.seconds) },
            { account.forgetNodeTicket(it) },
            { account.markRead(MessageId(it)) },
            { account.markThreadRead(ThreadId(it)) },
            { account.deleteMessage(MessageId(it)) },
            { account.deleteThread(ThreadId(it)) },
            { account.goWithoutUnreachable(ThreadId(it)) },
            { account.removeContact(Alias(it), Uid(it)) },
            { account.saveDraft(NewMessage(To.Reply(ThreadId(it)), it, it, draft = it)) },
            { account.deleteDraft(it) },
            { account.saveAttachment(MessageId(it), it, folder.resolve("x")) },
        )

    private fun Scene.isFree(): Boolean = filesUsed("$home", null).isEmpty()

    @Test
    fun `more than fits into one call is refused`() =
        Scene.play {
            val (_, account) = anna()
            val text = "x".repeat(20_000_000)
            val error = assertIs<TmtpError.Input>(failure { account.send(message("x", text)) }.error)
            assertEquals("text", error.field)
            val many = To.NewThread(List(30) { Recipient(text, text) })
            val tooMuch = failure { account.send(NewMessage(many, "s", "t")) }.error
            assertEquals("arguments", assertIs<TmtpError.Input>(tooMuch).field)
            assertEquals(0, stored().outbox.size)
        }

    @Test
    fun `the generated code hands no closed object over, and a call that fails so holds nothing`() =
        Scene.play {
            val (first, _) = anna()
            first.stop()
            val client = openClient(config(), null, null, null)
            val account = client.account(PHONE.text)
            val closed = Cancel().apply { close() }
            val text = FfiMessage("draft", FfiTo.NewThread(emptyList(), null), "s", "t", emptyList())
            assertFailsWith<IllegalStateException> { account.send(text, closed) }
            assertFailsWith<IllegalStateException> { account.saveDraft(text, closed) }
            assertFailsWith<IllegalStateException> { account.salvage(closed) }
            assertFailsWith<IllegalStateException> { client.join(JoinOptions("x", "y", null, 1_000), closed) }
            assertFailsWith<IllegalStateException> { client.nextEvents(client.eventCursor(), 1, 1_000, closed) }
            assertFailsWith<IllegalStateException> { closed.cancel() }
            // Open for writing: only when nobody holds it any more can somebody else write.
            account.saveDraft(text, Cancel())
            account.close()
            client.close()
            withTimeout(DEADLINE) { while (!isFree()) delay(20.milliseconds) }
            open().use { it.account(PHONE).stay().close() }
        }

    @Test
    fun `a key store that was given to a call which failed is let go`() =
        Scene.play {
            val world = Scene.quick()
            val closed = world.world().apply { close() }
            val keys = handedToNobody(closed)
            withTimeout(DEADLINE) {
                while (keys.get() != null) {
                    System.gc()
                    delay(20.milliseconds)
                }
            }
        }

    private suspend fun Scene.handedToNobody(closed: World): WeakReference<KeyStore> {
        val keys = NoKeys()
        assertFailsWith<IllegalStateException> { openClient(config(), keys, null, closed) }
        return WeakReference(keys)
    }

    private fun Scene.config() = ClientConfig("$home", Profile.APP, null, null, LogLevel.INFO)

    private class NoKeys : KeyStore {
        override fun get(name: String): KeyAnswer = KeyAnswer.Absent

        override fun put(
            name: String,
            secret: ByteArray,
        ) = Unit

        override fun remove(name: String) = Unit
    }
}
