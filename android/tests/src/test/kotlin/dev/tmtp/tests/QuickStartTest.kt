package dev.tmtp.tests

import dev.tmtp.kit.where
import java.io.ByteArrayOutputStream
import java.io.PrintStream
import kotlin.io.path.Path
import kotlin.io.path.readText
import kotlin.test.Test
import kotlin.test.assertContains
import kotlin.test.assertEquals

class QuickStartTest {
    @Test
    fun `the quick start runs as it is printed`() =
        Scene.play {
            val output = ByteArrayOutputStream()
            val before = System.out
            System.setOut(PrintStream(output, true))
            try {
                quickStart(home, site.where)
            } finally {
                System.setOut(before)
            }
            val lines = output.toString().lines()
            assertContains(lines, "Shopping: Bread, tea")
            assertContains(lines, "Sent")
            assertEquals(1, site.record().posts.size)
        }

    @Test
    fun `the example of the test kit runs as it is printed`() = Scene.play { anAppGetsMail(open()) }

    @Test
    fun `the README prints what is run`() {
        val readme = Path("../README.md").readText()
        listOf("QuickStart", "KitExample").forEach { name ->
            val code = Path("src/test/kotlin/dev/tmtp/tests/$name.kt").readText()
            assertContains(readme, code.substring(code.indexOf("suspend fun")), false, name)
        }
    }
}
