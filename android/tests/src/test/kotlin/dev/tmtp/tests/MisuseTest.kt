package dev.tmtp.tests

import dev.tmtp.AccountName
import dev.tmtp.Action
import dev.tmtp.Alias
import dev.tmtp.Config
import dev.tmtp.FileTrouble
import dev.tmtp.InputLimit
import dev.tmtp.MessageId
import dev.tmtp.NewMessage
import dev.tmtp.NewPing
import dev.tmtp.NodeTicket
import dev.tmtp.Page
import dev.tmtp.PageCursor
import dev.tmtp.SendId
import dev.tmtp.SiteAddress
import dev.tmtp.SitePin
import dev.tmtp.ThreadId
import dev.tmtp.TicketTrouble
import dev.tmtp.Tmtp
import dev.tmtp.TmtpError
import dev.tmtp.To
import dev.tmtp.kit.where
import kotlin.io.path.Path
import kotlin.test.Test
import kotlin.test.assertEquals
import kotlin.test.assertIs
import kotlin.time.Duration
import kotlin.time.Duration.Companion.days
import kotlin.time.Duration.Companion.milliseconds
import kotlin.time.Duration.Companion.seconds

/** Whatever an app can do wrong gets a typed error; nothing is lost, nothing falls over. */
class MisuseTest {
    @Test
    fun `calls after stop and after close say closed`() =
        Scene.play {
            val (client, account) = anna()
            client.stop()
            client.stop()
            assertFails(TmtpError.Closed) { client.accounts() }
            assertFails(TmtpError.Closed) { client.foreground() }
            assertFails(TmtpError.Closed) { account.threads() }
            client.close()
            client.close()
            assertFails(TmtpError.Closed) { client.accounts() }
            assertFails(TmtpError.Closed) { client.account(PHONE) }
            assertFails(TmtpError.Closed) { account.send(message("x", "x")) }
            val error = failure { account.state() }
            assertEquals("closed", error.code)
            assertEquals(Action.REOPEN, error.action)
        }

    @Test
    fun `a stay that is closed twice or after its client does no harm`() =
        Scene.play {
            val (client, account) = anna()
            val stay = account.stay()
            val other = account.stay()
            stay.stop()
            stay.stop()
            stay.close()
            stay.stop()
            client.close()
            other.close()
            other.close()
        }

    @Test
    fun `absurd deadlines are named`() =
        Scene.play {
            val (client, account) = anna()
            val stay = account.stay()
            listOf((-1).milliseconds, -Duration.INFINITE, Duration.INFINITE, 400.days).forEach { deadline ->
                assertInput("budget_ms") { client.wake(deadline) }
                assertInput("budget_ms") { client.push(null, deadline) }
                assertInput("budget_ms") { client.background(deadline) }
                assertInput("deadline_ms") { client.willSuspend(deadline) }
                assertInput("deadline_ms") { client.stop(deadline) }
                assertInput("deadline_ms") { client.join(site.where, Alias("Other name"), deadline = deadline) }
                assertInput("deadline_ms") { client.remove(PHONE, deadline) }
                assertInput("deadline_ms") { client.siteKey(site.where, deadline) }
                assertInput("deadline_ms") { account.waitSent(SendId("00000000000001"), deadline) }
                assertInput("deadline_ms") { account.waitAlias(Alias(ANNA), deadline) }
                assertInput("deadline_ms") { account.addNode("tablet", deadline) }
                assertInput("deadline_ms") { account.release(deadline) }
                assertInput("deadline_ms") { stay.stop(deadline) }
            }
            stay.stop()
            assertEquals(1, client.accounts().size)
        }

    @Test
    fun `paths that are none are refused`() =
        Scene.play {
            assertFails(TmtpError.File(FileTrouble.BAD_PATH)) { Tmtp.open(Path("relative")).close() }
            assertFails(TmtpError.File(FileTrouble.BAD_PATH)) { Tmtp.open(folder.resolve("a/../../b")).close() }
            val (_, account) = anna()
            assertFails(TmtpError.File(FileTrouble.BAD_PATH)) { account.send(message(ANNA, "x", Path("map.bin"))) }
            val missing = folder.resolve("missing.bin")
            val uid = account.status().uid!!.text
            assertFails(TmtpError.File(FileTrouble.NOT_FOUND)) { account.send(message(uid, "x", missing)) }
            assertIs<TmtpError.File>(failure { account.send(message(uid, "x", folder)) }.error)
            assertEquals(0, stored().outbox.size)
        }

    @Test
    fun `empty and huge values are refused with the rule that they break`() =
        Scene.play {
            val (client, account) = anna()
            val huge = "x".repeat(2_000_000)
            assertInput("subject") { account.send(NewMessage(To.NewThread(), "", "text")) }
            assertInput("subject") { account.send(NewMessage(To.NewThread(), huge, "text")) }
            assertInput("text") { account.send(NewMessage(To.NewThread(), "subject", huge)) }
            assertInput("draft") { account.send(NewMessage(To.NewThread(), "s", "t", draft = "")) }
            assertInput("draft") { account.send(NewMessage(To.NewThread(), "s", "t", draft = huge)) }
            assertInput("text") { account.ping(NewPing(Alias(BELA), huge)) }
            assertInput("alias") { account.addAlias(Alias(huge)) }
            assertInput("attachments") {
                account.send(message(ANNA, "x", *Array(101) { folder.resolve("$it") }))
            }
            assertIs<TmtpError.Input>(failure { client.join(SiteAddress(huge), Alias(ANNA)) }.error)
            assertIs<TmtpError.Input>(failure { client.trust(site.where, SitePin("abc")) }.error)
            assertFails(TmtpError.AccountName) { client.join(site.where, Alias("Other name"), AccountName(huge)) }
            assertFails(TmtpError.Ticket(TicketTrouble.NOT_A_TICKET)) { client.joinNode(NodeTicket(huge)) }
            assertEquals(0, stored().outbox.size)
        }

    @Test
    fun `ids that cannot exist are not found`() =
        Scene.play {
            val (client, account) = anna()
            listOf("", "nonsense", "\u0000", "9".repeat(1_000_000), "ü").forEach { text ->
                assertFails(TmtpError.NotFound) { client.account(AccountName(text)) }
                assertFails(TmtpError.NotFound) { client.wake(1.seconds, listOf(AccountName(text))) }
                assertFails(TmtpError.NotFound) { account.thread(ThreadId(text)) }
                assertFails(TmtpError.NotFound) { account.message(MessageId(text)) }
                assertFails(TmtpError.NotFound) { account.withdraw(SendId(text)) }
                assertFails(TmtpError.NotFound) { account.threads(Page(after = PageCursor(text))) }
                assertFails(TmtpError.NotFound) { account.sendDraft("nonsense") }
            }
        }

    @Test
    fun `pages out of bounds are refused`() =
        Scene.play {
            val (_, account) = anna()
            listOf(0, -1, 101, Int.MAX_VALUE).forEach { limit ->
                val error = failure { account.threads(Page(limit)) }.error
                assertEquals(TmtpError.Input("limit", InputLimit.Between(1, 100), limit.toLong()), error)
            }
        }

    @Test
    fun `facts about the world may come in any order`() =
        Scene.play {
            val (client, account) = anna()
            repeat(3) {
                client.resumed()
                client.background(1.seconds)
                client.foreground()
                client.unlocked()
                client.memoryPressure()
                client.power(true)
                client.power(false)
                client.willSuspend(3.seconds)
                client.willSuspend(3.seconds)
                client.foreground()
                client.resumed()
            }
            client.foreground()
            account.awaitOnline()
            assertInput("accounts") { client.wake(5.seconds, emptyList()) }
        }

    @Test
    fun `two clients on one folder do not meet in one store`() =
        Scene.play {
            val (client, account) = anna()
            val stay = account.stay()
            Tmtp.open(Config(home)).use { second ->
                val same = second.account(PHONE)
                assertIs<TmtpError.InUse>(failure { same.stay().close() }.error)
                assertEquals(account.status().uid, same.status().uid)
                stay.stop()
                client.stop()
                same.stay().stop()
                second.stop()
            }
        }

    @Test
    fun `a defect leaves a client that says broken and can be opened again with nothing lost`() =
        Scene.play {
            val world = Scene.quick()
            val client = open(world = world)
            val account = anna(client)
            account.saveDraft(NewMessage(To.NewThread(), "Kept", "text", draft = "kept"))
            world.panicNext()
            val broken = failure { repeat(100) { client.wake(1.seconds) } }
            assertEquals(TmtpError.Broken, broken.error)
            assertEquals(Action.REOPEN, broken.action)
            client.stop()
            client.close()
            val again = open()
            assertEquals(
                listOf("kept"),
                again
                    .account(PHONE)
                    .drafts()
                    .items
                    .map { it.draft },
            )
            again.foreground()
            again.account(PHONE).awaitOnline()
        }

    @Test
    fun `a reply without a thread and a message without an account say what is missing`() =
        Scene.play {
            val (client, account) = anna()
            assertFails(TmtpError.NotFound) {
                account.send(NewMessage(To.Reply(ThreadId("0000000000000001")), "", "text"))
            }
            assertFails(TmtpError.UnknownRecipient("Nobody")) { account.send(message("Nobody", "text")) }
            assertFails(TmtpError.NameTaken) { client.join(site.where, Alias("Other name"), PHONE) }
        }

    private suspend fun assertInput(
        field: String,
        call: suspend () -> Unit,
    ) {
        val error = failure(call)
        assertEquals(field, assertIs<TmtpError.Input>(error.error).field)
        assertEquals(Action.MEND_INPUT, error.action)
    }
}
