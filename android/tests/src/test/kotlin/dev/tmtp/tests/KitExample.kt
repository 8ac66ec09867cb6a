package dev.tmtp.tests

import dev.tmtp.Alias
import dev.tmtp.Client
import dev.tmtp.kit.Kit
import dev.tmtp.kit.join
import dev.tmtp.kit.where
import kotlinx.coroutines.flow.first

suspend fun anAppGetsMail(client: Client) {
    val site = Kit.site()
    val account = client.join(site.where, Alias("Anna Amsel"))
    client.foreground()

    val bela = site.join("Bela Buchfink")
    bela.send(listOf(account.status().uid!!.text), "Tea", "At five?", emptyList())
    bela.awaitSent(10_000) // Until then it is only queued at Bela's.

    val inbox = account.inbox().first { it.isNotEmpty() }
    check(inbox.single().subject == "Tea")
    site.stop()
}
