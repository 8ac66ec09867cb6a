package dev.tmtp.cost

import dev.tmtp.Account
import dev.tmtp.AccountName
import dev.tmtp.Alias
import dev.tmtp.Client
import dev.tmtp.MessageId
import dev.tmtp.NetworkHint
import dev.tmtp.NewMessage
import dev.tmtp.NewPing
import dev.tmtp.NodeTicket
import dev.tmtp.Page
import dev.tmtp.SendId
import dev.tmtp.SiteKey
import dev.tmtp.Stay
import dev.tmtp.Tmtp
import dev.tmtp.TmtpException
import dev.tmtp.To
import dev.tmtp.TooLargeAnswer
import dev.tmtp.kit.where
import kotlinx.coroutines.delay
import kotlinx.coroutines.flow.first
import kotlin.time.Duration
import kotlin.time.Duration.Companion.minutes
import kotlin.time.Duration.Companion.seconds

/** What is told, or asked of what is in memory. */
internal fun facts(stage: Stage): List<Row> =
    with(stage) {
        listOf(
            Row("version", waits = false) { Tmtp.version },
            Row("client.eventCursor, and a flow of events around it", waits = false) { talking.events().first() },
            Row("account.state", waits = false) { talker.state() },
            Row("client.foreground", waits = false) { talking.foreground() },
            Row("client.background", waits = false) { talking.background(Duration.ZERO) },
            Row("client.network", waits = false) { talking.network(NetworkHint(1)) },
            Row("client.unlocked", waits = false) { talking.unlocked() },
            Row("client.memoryPressure", waits = false) { talking.memoryPressure() },
            Row("client.power", waits = false) { talking.power(false) },
            Row("client.resumed", waits = false) { talking.resumed() },
        )
    }

/** What a screen reads. */
internal fun reading(stage: Stage): List<Row> =
    with(stage) {
        val page = Page(ROWS)
        listOf(
            Row("client.accounts") { client.accounts() },
            Row("client.account") { client.account(account.name) },
            Row("client.unreadTotal") { client.unreadTotal() },
            Row("client.ledger") { client.ledger(page) },
            Row("client.ledgerExport") { client.ledgerExport() },
            Row("account.status") { account.status() },
            Row("account.threads, 1 row") { account.threads(Page(1)) },
            Row("account.threads, $ROWS rows") { account.threads(page) },
            Row("account.threadScreen, $ROWS messages") { account.thread(thread, page) },
            Row("account.message") { account.message(messages.first()) },
            Row("account.outbox, $ROWS rows") { account.outbox(page) },
            Row("account.outgoing") { account.outgoing(waiting.sendId) },
            Row("account.drafts, $ROWS rows") { account.drafts(page) },
            Row("account.contacts") { account.contacts(page) },
            Row("account.pings, $ROWS rows") { account.pings(page) },
            Row("account.parked, none") { account.parked(page) },
            Row("account.aliases") { account.aliases() },
            Row("account.nodes, none") { account.nodes() },
            Row("account.waitSent, sent before") { talker.waitSent(sent, 1.seconds) },
            Row("account.waitAlias, held before") { account.waitAlias(Alias("Full Amsel"), 1.seconds) },
            Row("account.userActs") { account.userActs() },
            Row(
                "an error: nothing of this id",
                covers = listOf("code", "action", "retryAfterMs"),
            ) { refused { account.message(MessageId("0000000000000001")) } },
        )
    }

/** What ends in a commit, or could. */
internal fun writing(stage: Stage): List<Row> =
    with(stage) {
        val kept = mutableListOf<SendId>()
        listOf(
            Row("account.saveDraft", COMMITS) { account.saveDraft(draft("draft")) },
            Row(
                "account.deleteDraft",
                COMMITS,
                before = { account.saveDraft(draft("gone")) },
            ) { account.deleteDraft("gone") },
            Row(
                "account.sendDraft",
                COMMITS,
                before = { account.saveDraft(draft("send $it")) },
            ) { account.sendDraft("send $it") },
            Row("account.send", COMMITS) { kept += account.send(draft("fresh $it")).sendId },
            Row("account.send, the same again", COMMITS) { account.send(draft("fresh 0")) },
            Row("account.withdraw", COMMITS) { account.withdraw(kept[it]) },
            Row("account.ping", COMMITS) { account.ping(NewPing(Alias("Nobody $it"), "Ping")) },
            Row("account.markRead", COMMITS) { account.markRead(messages[it]) },
            Row("account.markThreadRead", COMMITS) { account.markThreadRead(threads[it]) },
            Row("account.markPingsRead, none", COMMITS) { account.markPingsRead() },
            Row("account.goWithoutUnreachable", COMMITS) { account.goWithoutUnreachable(threads[it]) },
            Row("account.removeContact, of what nobody says", COMMITS) {
                refused { account.removeContact(Alias("Nobody $it"), other) }
            },
            Row("account.deleteMessage", COMMITS) { account.deleteMessage(messages[it + calls(COMMITS)]) },
            Row("account.deleteThread", COMMITS) { account.deleteThread(threads[it]) },
            Row("account.addAlias", COMMITS) { account.addAlias(Alias("Anna Amsel $it")) },
            Row("account.sendAgain, of what was refused", COMMITS) { talker.sendAgain(failed[it]) },
            Row(
                "account.takeAsSent, of what is in no doubt",
                COMMITS,
            ) { refused { account.takeAsSent(waiting.sendId) } },
            Row("account.answerTooLarge, of what is not", COMMITS) {
                refused { account.answerTooLarge(messages.first(), TooLargeAnswer.ACCEPT) }
            },
            Row("account.saveAttachment, 10 kB", COMMITS) {
                account.saveAttachment(withFile, "file", place("saved"), replace = true)
            },
        )
    }

/** What opens, closes, or talks with the site, which answers at once here. */
internal fun talking(stage: Stage): List<Row> =
    with(stage) {
        var stay: Stay? = null
        var second: Client? = null
        var key: SiteKey? = null
        val tickets = mutableListOf<NodeTicket>()
        listOf(
            Row("openClient", TALKS, before = { second?.stop() }) { second = open(full) },
            Row(
                "client.stop, an account open",
                TALKS,
                before = {
                    second?.stop()
                    second = opened("stopped")
                },
            ) { second!!.stop() },
            Row("client.willSuspend, an account open", TALKS, before = { awake() }) { talking.willSuspend(3.seconds) },
            Row("account.release", TALKS, before = { awake() }) { talker.release() },
            Row("account.adopt, of what was made here", TALKS) { account.adopt() },
            Row("account.salvage", TALKS) { account.salvage() },
            Row("account.stay", TALKS, before = { stay?.stop() }) { stay = talker.stay() },
            Row("stay.stop, the link stands", TALKS, before = { stay = online(stay) }) { stay!!.stop() },
            Row("client.wake, nothing new", TALKS, before = { rest() }) { talking.wake(1.minutes) },
            Row("client.push, nothing new", TALKS, before = { rest() }) { talking.push(null, 1.minutes) },
            Row("client.siteKey", TALKS) { key = talking.siteKey(site.where) },
            Row("client.trust", TALKS) { talking.trust(site.where, key!!.seen) },
            Row("client.join", TALKS, before = { rest() }) {
                talking.join(site.where, Alias("Joined $it"), AccountName("joined-$it"))
            },
            Row("client.remove", TALKS) { talking.remove(AccountName("joined-$it")) },
            Row("account.addNode, a link stands", TALKS, before = { if (it == 0) stay = online(stay) }) {
                tickets += talker.addNode("node $it")
            },
            Row("account.forgetNodeTicket", TALKS) { talker.forgetNodeTicket("node $it") },
            Row("client.joinNode", TALKS) { client.joinNode(tickets[it], AccountName("node-$it")) },
        )
    }

private fun draft(id: String) = NewMessage(To.NewThread(), "Subject", Stage.TEXT, draft = id)

/** A call that is to fail; the library throws, and the exception is made. */
private suspend fun refused(call: suspend () -> Unit) {
    try {
        call()
    } catch (_: TmtpException) {
        return
    }
    error("it did not fail")
}

/** So long that a link is made at once: after many in a row each waits for its turn. */
private suspend fun rest() = delay(1.seconds)

/** A client of its own with an account that is open for writing. */
private suspend fun Stage.opened(name: String): Client {
    val client = open(place(name))
    if (client.accounts().isEmpty()) client.join(site.where, Alias("Stopped Amsel"), AccountName(name))
    client.account(AccountName(name)).saveDraft(draft("open"))
    return client
}

/** After this the account is open for writing. */
private suspend fun Stage.awake() {
    talking.resumed()
    talker.saveDraft(draft("open"))
}

private suspend fun Stage.online(before: Stay?): Stay {
    before?.stop()
    return talker.stay().also { talker.awaitOnline() }
}

private suspend fun Account.awaitOnline() {
    states.first { it == dev.tmtp.AccountState.Online }
}
