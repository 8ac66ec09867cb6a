package dev.tmtp.smoke

import dev.tmtp.kit.Kit
import dev.tmtp.kit.where
import kotlinx.coroutines.runBlocking
import java.nio.file.Files
import java.util.concurrent.TimeUnit
import kotlin.io.path.Path
import kotlin.io.path.fileSize
import kotlin.io.path.listDirectoryEntries
import kotlin.test.Test
import kotlin.test.assertEquals
import kotlin.test.assertTrue

class ShrunkTest {
    @Test
    fun `an app shrunk with the rules of the library runs`() =
        runBlocking<Unit> {
            val site = Kit.site()
            val home = Files.createTempDirectory("tmtp-smoke")
            val shrunk = Path("target/shrunk.jar")
            val whole = Path("target/app").listDirectoryEntries().sumOf { it.fileSize() }
            assertTrue(shrunk.fileSize() < whole, "R8 has taken something away")
            val java = Path(System.getProperty("java.home")).resolve("bin/java").toString()
            val library = "-Duniffi.component.tmtp_ffi.libraryOverride=${System.getProperty("tmtp.library")}"
            val command = listOf(java, library, "-cp", "$shrunk", "dev.tmtp.smoke.MainKt", "$home", site.where.text)
            val process = ProcessBuilder(command).redirectErrorStream(true).start()
            val output = process.inputStream.bufferedReader().readText()
            assertTrue(process.waitFor(1, TimeUnit.MINUTES), output)
            assertEquals(0, process.exitValue(), output)
            assertEquals(1, site.record().posts.size)
            site.stop()
            home.toFile().deleteRecursively()
        }
}
