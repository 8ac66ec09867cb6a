package dev.tmtp.tests

import dev.tmtp.kit.await
import dev.tmtp.kit.ffi.SiteCount
import dev.tmtp.kit.join
import kotlinx.coroutines.TimeoutCancellationException
import kotlinx.coroutines.delay
import kotlinx.coroutines.withTimeout
import org.junit.jupiter.api.Timeout
import java.nio.file.Path
import kotlin.io.path.Path
import kotlin.io.path.listDirectoryEntries
import kotlin.io.path.readSymbolicLink
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
            val before = InUse.now()
            repeat(OPENS) { openAndClose() }
            awaitNoMoreThan(before)
        }

    @Test
    @Timeout(300)
    fun `10 000 messages arrive once each, and leave no handle and no thread behind`() =
        Scene.play {
            val (first, account) = anna()
            val uid = account.status().uid!!.text
            first.stop()
            first.close()
            exchange("Bela Buchfink", uid, 10)
            val before = InUse.now()
            exchange("Cora Cuckoo", uid, MESSAGES)
            awaitNoMoreThan(before)
        }

    /** Another member writes so many messages, which Anna's phone takes while they come. */
    private suspend fun Scene.exchange(
        alias: String,
        uid: String,
        messages: Int,
    ) {
        val (client, other) = open() to site.join(alias)
        client.foreground()
        other.online()
        val posts = site.count(SiteCount.POSTS)
        val thread = other.send(listOf(uid), "Counts", "0", emptyList())
        for (number in 1 until messages) other.reply(thread, "$number")
        site.await(SiteCount.POSTS, posts + messages, 4.minutes)
        site.awaitQueued(uid, 0, 4.minutes.inWholeMilliseconds)
        client.stop()
        client.close()
        other.stop()
        val texts = stored().messages.filter { it.fromUid == other.uid() }.map { it.text }
        assertEquals((0 until messages).map { "$it" }, texts)
        other.close()
    }

    private suspend fun Scene.openAndClose() {
        open().use { client ->
            client.accounts().forEach { client.account(it.name).threads() }
            client.stop()
        }
    }

    /** What is open, and how many threads of the library there are; those of the Java machine are its own affair. */
    private data class InUse(
        val handles: List<String>,
        val threads: Int,
    ) {
        fun isNoMoreThan(other: InUse): Boolean = handles.size <= other.handles.size && threads <= other.threads

        companion object {
            fun now(): InUse {
                // First: the Java machine opens something for ever when it reads a file for the first time.
                val threads = Path("/proc/self/task").listDirectoryEntries().count { isOurs(it) }
                return InUse(Path("/proc/self/fd").listDirectoryEntries().mapNotNull { target(it) }.sorted(), threads)
            }

            /** One that was closed since the list was made is not open. */
            private fun target(handle: Path): String? = runCatching { handle.readSymbolicLink().toString() }.getOrNull()

            /** Not those of the kit. A thread that has ended meanwhile has no name any more. */
            private fun isOurs(task: Path): Boolean {
                val name = runCatching { task.resolve("comm").readText() }.getOrDefault("")
                return name.startsWith("tmtp") && !name.startsWith("tmtp-kit")
            }
        }
    }

    /** Threads end by themselves a moment after their client. */
    private suspend fun awaitNoMoreThan(before: InUse) {
        try {
            withTimeout(DEADLINE) { while (!InUse.now().isNoMoreThan(before)) delay(20.milliseconds) }
        } catch (_: TimeoutCancellationException) {
            assertEquals(before, InUse.now())
        }
    }

    private companion object {
        const val OPENS = 200
        const val MESSAGES = 10_000
    }
}
