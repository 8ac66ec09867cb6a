package dev.tmtp.tests

import dev.tmtp.Alias
import dev.tmtp.NewMessage
import dev.tmtp.SiteAddress
import dev.tmtp.Tmtp
import dev.tmtp.To
import kotlinx.coroutines.coroutineScope
import kotlinx.coroutines.flow.first
import kotlinx.coroutines.launch
import java.nio.file.Path

suspend fun quickStart(
    folder: Path,
    site: SiteAddress,
) = coroutineScope {
    Tmtp.open(folder).use { tmtp ->
        val account = tmtp.join(site, Alias("Anna Amsel"))
        tmtp.foreground() // The app is on the screen: links are held.

        val screen =
            launch {
                // The inbox, now and whenever something in it changes: here until there is something to show.
                account.inbox().first { threads ->
                    threads.forEach { println("${it.subject}: ${it.preview}") }
                    threads.isNotEmpty()
                }
            }

        // Nobody as recipient: a note to self. Durable when `send` returns.
        val sent = account.send(NewMessage(To.NewThread(), subject = "Shopping", text = "Bread, tea"))
        println(account.waitSent(sent.sendId)) // Sent

        screen.join()
        tmtp.stop()
    }
}
