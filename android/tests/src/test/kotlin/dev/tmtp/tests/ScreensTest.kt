package dev.tmtp.tests

import dev.tmtp.AccountState
import dev.tmtp.Alias
import dev.tmtp.Change
import dev.tmtp.Event
import dev.tmtp.TmtpError
import dev.tmtp.TmtpException
import dev.tmtp.kit.await
import dev.tmtp.kit.ffi.SiteCount
import dev.tmtp.kit.where
import kotlinx.coroutines.CoroutineStart
import kotlinx.coroutines.asCoroutineDispatcher
import kotlinx.coroutines.async
import kotlinx.coroutines.delay
import kotlinx.coroutines.flow.first
import kotlinx.coroutines.flow.toList
import kotlinx.coroutines.launch
import kotlinx.coroutines.withTimeout
import java.util.concurrent.Executor
import java.util.concurrent.LinkedBlockingQueue
import java.util.concurrent.TimeUnit
import kotlin.test.Test
import kotlin.test.assertEquals
import kotlin.test.assertIs
import kotlin.test.assertNotNull
import kotlin.test.assertTrue
import kotlin.time.Duration
import kotlin.time.Duration.Companion.milliseconds
import kotlin.time.Duration.Companion.seconds

/** What an app shows for long, and the ends that it may meet. */
class ScreensTest {
    @Test
    fun `states begin with what is so now`() =
        Scene.play {
            val (client, account) = anna()
            assertEquals(AccountState.Off, account.states.value)
            hold(client, account)
            assertEquals(AccountState.Online, account.states.value)
            client.background(Duration.ZERO)
            withTimeout(DEADLINE) { while (account.state() != AccountState.Off) delay(10.milliseconds) }
            // Nobody has looked meanwhile; the next who does is not shown the old link.
            assertEquals(AccountState.Off, account.states.first())
            assertEquals(AccountState.Off, account.states.value)
            client.close()
            assertEquals(AccountState.Idle, account.states.value)
            account.states.await { it == AccountState.Idle }
        }

    @Test
    fun `a screen that is open goes on after a suspension`() =
        Scene.play {
            val bela = bela()
            val (client, account) = anna()
            val uid = account.status().uid!!.text
            // One that has shown something before, and is told of the suspension itself.
            val accounts = async { client.liveAccounts().first { it.single().unread.messages == 1L } }
            client.liveAccounts().await { it.single().state == AccountState.Off }
            client.willSuspend(3.seconds)
            // One that is opened meanwhile.
            val inbox = async(start = CoroutineStart.UNDISPATCHED) { account.inbox().first { it.isNotEmpty() } }
            repeat(20) { assertFails(TmtpError.Suspended) { account.threads() } }
            client.resumed()
            client.foreground()
            bela.send(listOf(uid), "Tea", "At five?", emptyList())
            bela.awaitSent(DEADLINE.inWholeMilliseconds)
            assertEquals(listOf("Tea"), withTimeout(DEADLINE) { inbox.await() }.map { it.subject })
            assertEquals(listOf(PHONE), withTimeout(DEADLINE) { accounts.await() }.map { it.name })
        }

    @Test
    fun `screens of a client that is broken are told, and nothing else falls over`() =
        Scene.play {
            val uncaught = LinkedBlockingQueue<Throwable>()
            val before = Thread.getDefaultUncaughtExceptionHandler()
            Thread.setDefaultUncaughtExceptionHandler { _, error -> uncaught += error }
            try {
                val world = Scene.quick()
                val bela = bela()
                val client = open(world = world)
                val account = anna(client)
                val uid = account.status().uid!!.text
                hold(client, account)
                val states = async { account.states.first { it is AccountState.Broken } }
                val inbox = async { runCatching { account.inbox().toList() }.exceptionOrNull() }
                client.liveAccounts().await { it.isNotEmpty() }
                world.panicNext()
                assertFails(TmtpError.Broken) { repeat(1_000) { client.unlocked() } }
                // The pull that is under way comes back with this, and the next finds the client broken.
                bela.send(listOf(uid), "Tea", "At five?", emptyList())
                bela.awaitSent(DEADLINE.inWholeMilliseconds)
                assertEquals(TmtpError.Broken, assertIs<TmtpException>(withTimeout(DEADLINE) { inbox.await() }).error)
                withTimeout(DEADLINE) { states.await() }
                assertTrue(uncaught.isEmpty(), "${uncaught.peek()}")
            } finally {
                Thread.setDefaultUncaughtExceptionHandler(before)
            }
        }

    @Test
    fun `an account that is removed ends its screens, and its name can be taken again`() =
        Scene.play {
            val (client, account) = anna()
            val inbox = async(start = CoroutineStart.UNDISPATCHED) { account.inbox().toList() }
            account.inbox().first()
            val removed = async(start = CoroutineStart.UNDISPATCHED) { client.events().first { it.isRemoval() } }
            // The caller goes away when it is done: that is none of the account's business.
            givenUpWhenDone { client.remove(PHONE) }
            assertNotNull(withTimeout(DEADLINE) { removed.await() })
            assertTrue(withTimeout(DEADLINE) { inbox.await() }.size <= 1)
            assertFails(TmtpError.NotFound) { account.threads() }
            assertFails(TmtpError.NotFound) { client.account(PHONE) }
            val again = client.join(site.where, Alias("Anna Again"), PHONE, DEADLINE)
            assertTrue(again.threads().items.isEmpty())
            assertEquals(client.account(PHONE).status().uid, again.status().uid)
        }

    @Test
    fun `what is opened for a caller that has just gone is closed`() =
        Scene.play {
            val (_, account) = anna()
            val logins = site.record().logins
            givenUpWhenDone(
                meanwhile = { site.await(SiteCount.LOGINS, logins + 1, DEADLINE) },
            ) { account.stay().close() }
            account.states.await { it == AccountState.Off }
        }

    private fun Event.isRemoval(): Boolean = this is Event.Changed && change == Change.AccountRemoved

    /** A caller that is cancelled after its call has come to its end, and before it hears of it. */
    private suspend fun Scene.givenUpWhenDone(
        meanwhile: suspend () -> Unit = {},
        call: suspend () -> Unit,
    ) {
        val turns = LinkedBlockingQueue<Runnable>()
        do {
            val caller = launch(Executor { turns += it }.asCoroutineDispatcher()) { call() }
            turns.take().run()
            // A call that was so quick that nobody had to wait for it is made again.
            if (caller.isCompleted) continue
            val last = assertNotNull(turns.poll(DEADLINE.inWholeSeconds, TimeUnit.SECONDS), "the call has ended")
            meanwhile()
            caller.cancel()
            last.run()
            while (!caller.isCompleted) turns.take().run()
        } while (!caller.isCancelled)
    }
}
