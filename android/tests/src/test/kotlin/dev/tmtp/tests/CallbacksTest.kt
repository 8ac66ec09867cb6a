package dev.tmtp.tests

import dev.tmtp.Alias
import dev.tmtp.Config
import dev.tmtp.LogLevel
import dev.tmtp.LogRecord
import dev.tmtp.Tmtp
import dev.tmtp.TmtpError
import dev.tmtp.kit.where
import java.util.concurrent.ConcurrentHashMap
import java.util.concurrent.atomic.AtomicInteger
import kotlin.test.Test
import kotlin.test.assertContains
import kotlin.test.assertEquals
import kotlin.test.assertSame
import kotlin.test.assertTrue
import kotlin.time.Duration.Companion.seconds

/** What an app gives to the library: key stores and log sinks, and what becomes of what they throw. */
class CallbacksTest {
    @Test
    fun `a key store that throws at a join leaves no member and no account`() =
        Scene.play {
            val troubles = listOf(IllegalStateException("kaboom"), NotImplementedError("kaboom"), OutOfMemoryError())
            val keys = MemoryKeys()
            val client = open(keys)
            troubles.forEach { trouble ->
                keys.trouble = trouble
                val error = failure { client.join(site.where, Alias(ANNA), PHONE, 10.seconds) }
                assertEquals(TmtpError.KeyStore, error.error)
                assertSame(trouble, error.cause)
                assertTrue(client.accounts().isEmpty())
            }
            keys.trouble = null
            client.join(site.where, Alias(ANNA), PHONE, DEADLINE)
            assertEquals(listOf(PHONE), client.accounts().map { it.name })
        }

    @Test
    fun `a key store that throws later stops nothing for good`() =
        Scene.play {
            val keys = MemoryKeys()
            val (first, _) = anna(keys = keys)
            first.stop()
            keys.trouble = IllegalStateException("kaboom")
            val client = open(keys)
            val names = keys.names()
            client.wake(3.seconds)
            assertEquals(names, keys.names())
            keys.trouble = null
            client.foreground()
            client.unlocked()
            client.account(PHONE).awaitOnline()
        }

    @Test
    fun `a key that is lost makes the archive readable and nothing new`() =
        Scene.play {
            val (first, _) = anna(keys = MemoryKeys())
            first.stop()
            val empty = MemoryKeys()
            val client = open(empty)
            assertFails(TmtpError.KeyLost) { client.account(PHONE).send(message("x", "x")) }
            assertTrue(
                client
                    .account(PHONE)
                    .threads()
                    .items
                    .isEmpty(),
            )
            assertTrue(empty.names().isEmpty())
        }

    @Test
    fun `a log sink gets sentences and no names, and may throw`() =
        Scene.play {
            val records = StringBuffer()
            val calls = AtomicInteger()
            val codes = ConcurrentHashMap<String, String>()
            val sink = { record: LogRecord ->
                records.append(record)
                codes += record.codes
                if (calls.incrementAndGet() % 2 == 0) error("kaboom")
            }
            Tmtp.open(Config(home, log = sink, logLevel = LogLevel.DEBUG)).use { client ->
                val account = client.join(site.where, Alias(ANNA), PHONE, DEADLINE)
                client.foreground()
                account.send(message(account.status().uid!!.text, "Secret text"))
                account.awaitOnline()
                client.stop()
            }
            assertTrue(calls.get() > 2, "the sink went on after it had thrown")
            assertTrue(ANNA !in records && "Secret" !in records)
            assertContains(records, "LogRecord")
            assertTrue(codes.isNotEmpty(), "why a link has ended is a stable word")
        }
}
