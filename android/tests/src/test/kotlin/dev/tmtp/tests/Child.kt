package dev.tmtp.tests

import dev.tmtp.Config
import dev.tmtp.Tmtp
import dev.tmtp.kit.below
import kotlinx.coroutines.awaitCancellation
import kotlinx.coroutines.runBlocking
import kotlin.io.path.Path

/** What a [ChildProcess] runs: HOME TO FILE. */
fun main(arguments: Array<String>): Unit =
    runBlocking {
        val (home, to, file) = arguments
        Tmtp.open(Config(Path(home)), Scene.quick().below).use { client ->
            client.account(PHONE).send(message(to, "See the film", Path(file)))
            client.foreground()
            awaitCancellation()
        }
    }
