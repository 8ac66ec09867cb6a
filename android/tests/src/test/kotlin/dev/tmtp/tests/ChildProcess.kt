package dev.tmtp.tests

import java.nio.file.Path
import kotlin.io.path.Path

/** An app in a process of its own, for tests that kill it. */
internal class ChildProcess private constructor(
    private val process: Process,
) : AutoCloseable {
    /** SIGKILL: nothing in it gets to run again. */
    fun kill() {
        process.destroyForcibly()
        process.waitFor()
    }

    override fun close() = kill()

    companion object {
        /** Starts one that opens this home, sends this file to this member, and stays. */
        fun start(
            home: Path,
            to: String,
            file: Path,
        ): ChildProcess {
            val java = Path(System.getProperty("java.home")).resolve("bin/java").toString()
            val libraries =
                System.getProperties().filterKeys { "$it".startsWith("uniffi.") }.map { (key, value) ->
                    "-D$key=$value"
                }
            val path = listOf("-cp", System.getProperty("java.class.path"), "dev.tmtp.tests.ChildKt")
            val command = listOf(java) + libraries + path + listOf("$home", to, "$file")
            return ChildProcess(ProcessBuilder(command).inheritIO().start())
        }
    }
}
