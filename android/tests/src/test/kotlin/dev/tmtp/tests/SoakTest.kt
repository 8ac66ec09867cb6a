package dev.tmtp.tests

import dev.tmtp.kit.await
import dev.tmtp.kit.ffi.SiteCount
import kotlinx.coroutines.delay
import kotlinx.coroutines.withTimeout
import org.junit.jupiter.api.Timeout
import kotlin.io.path.Path
import kotlin.io.path.listDirectoryEntries
import kotlin.io.path.readText
import kotlin.test.Test
import kotlin.test.assertEquals
import kotlin.time.Duration.Companion.milliseconds
import kotlin.time.Duration.Companion.minutes

/** What leaks a little each time is seen after many times. */
class SoakTest {
    @Test
    fun `200 opens and closes leave no handle and no thread behind`() =
        Scene.play {
            val (first, _) = anna()
            first.stop()
            first.close()
            // What is made once for a process is there after a few.
            repeat(5) { openAndClose() }
            val before = inUse()
            repeat(OPENS) { openAndClose() }
            awaitInUse(before)
        }

    @Test
    @Timeout(300)
    fun `10 000 messages arrive once each, and leave no handle and no thread behind`() =
        Scene.play {
            openAndClose()
            val bela = bela()
            val (client, account) = anna()
            val uid = account.status().uid!!.text
            val before = inUse()
            client.foreground()
            bela.online()
            val thread = bela.send(listOf(uid), "Counts", "0", emptyList())
            for (number in 1 until MESSAGES) bela.reply(thread, "$number")
            site.await(SiteCount.POSTS, MESSAGES.toLong(), 4.minutes)
            site.awaitAllDelivered(4.minutes.inWholeMilliseconds)
            bela.offline()
            client.stop()
            client.close()
            assertEquals((0 until MESSAGES).map { "$it" }, stored().messages.map { it.text })
            awaitInUse(before.copy(threads = before.threads - CLIENT_THREADS))
        }

    private suspend fun Scene.openAndClose() {
        open().use { client ->
            client.accounts().forEach { client.account(it.name).threads() }
            client.stop()
        }
    }

    /** Open files, and threads of the library; those of the Java machine come and go as it likes. */
    private data class InUse(
        val handles: Int,
        val threads: Int,
    )

    private fun inUse(): InUse {
        val names =
            Path("/proc/self/task").listDirectoryEntries().mapNotNull {
                runCatching { it.resolve("comm").readText() }.getOrNull()
            }
        return InUse(
            Path("/proc/self/fd").listDirectoryEntries().size,
            names.count { it.startsWith("tmtp") && !it.startsWith("tmtp-kit") },
        )
    }

    /** Threads end by themselves a moment after their client. */
    private suspend fun awaitInUse(before: InUse) {
        withTimeout(DEADLINE) {
            while (inUse().let { it.handles > before.handles || it.threads > before.threads }) delay(20.milliseconds)
        }
    }

    private companion object {
        const val OPENS = 200
        const val MESSAGES = 10_000
        const val CLIENT_THREADS = 0
    }
}
