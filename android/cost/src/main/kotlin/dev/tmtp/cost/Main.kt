package dev.tmtp.cost

import dev.tmtp.Account
import dev.tmtp.Alias
import dev.tmtp.Client
import dev.tmtp.NetworkHint
import dev.tmtp.NewMessage
import dev.tmtp.Page
import dev.tmtp.Tmtp
import dev.tmtp.To
import dev.tmtp.kit.Kit
import dev.tmtp.kit.ffi.empty
import dev.tmtp.kit.ffi.emptyAsync
import dev.tmtp.kit.where
import kotlinx.coroutines.flow.take
import kotlinx.coroutines.runBlocking
import java.nio.file.Files
import kotlin.time.Duration.Companion.seconds
import kotlin.time.TimeMark
import kotlin.time.TimeSource
import kotlin.time.measureTime

/** Rows in each list that is read: a full screen and more. */
private const val ROWS = 50

/** Calls of each kind before it counts, and calls that count, in so many rounds of which the median is taken. */
private const val WARM_UP = 300
private const val CALLS = 200
private const val ROUNDS = 5

/**
 * Prints what each call costs, in microseconds, as an app makes it: through the library, from a coroutine. The first
 * lines are an empty call and an empty call that waits; whatever is above them is the store's and the conversion's.
 */
fun main(): Unit =
    runBlocking {
        val site = Kit.site()
        val home = Files.createTempDirectory("tmtp-cost")
        Tmtp.open(home).use { client ->
            val account = client.join(site.where, Alias("Anna Amsel"))
            fill(account)
            // What runs first pays for the compiler of the Java machine.
            repeat(ROUNDS) { cost { emptyAsync() } }
            val nothing = cost { emptyAsync() }
            println("%-36s %10s %8s".format("", "us a call", "x empty"))
            val all =
                listOf<Pair<String, suspend () -> Unit>>(
                    "empty, no waiting" to { empty() },
                    "empty, waits" to { emptyAsync() },
                )
            (all + calls(client, account)).forEach { (name, call) ->
                val each = cost(call)
                println("%-36s %10.1f %8.2f".format(name, each, each / nothing))
            }
            println("%-36s %10.1f".format("one event of a batch", eventCost(client, account)))
            client.stop()
        }
        site.stop()
        home.toFile().deleteRecursively()
    }

private suspend fun fill(account: Account) {
    val first = account.send(NewMessage(To.NewThread(), "Thread", "Message"))
    repeat(ROWS) {
        account.send(NewMessage(To.NewThread(), "Thread $it", "Message"))
        account.send(NewMessage(To.Reply(first.thread), "", "Reply $it"))
        account.saveDraft(NewMessage(To.NewThread(), "Draft $it", "Text", draft = "draft $it"))
    }
}

private suspend fun calls(
    client: Client,
    account: Account,
): List<Pair<String, suspend () -> Unit>> {
    val page = Page(ROWS)
    val item = account.outbox(Page(1)).items.single()
    val (thread, message) = item.thread!! to item.message!!
    return listOf(
        "client.accounts" to { client.accounts() },
        "client.account" to { client.account(account.name) },
        "client.unreadTotal" to { client.unreadTotal() },
        "client.ledger" to { client.ledger(page) },
        "account.state" to { account.state() },
        "account.status" to { account.status() },
        "account.threads, $ROWS rows" to { account.threads(page) },
        "account.thread, $ROWS messages" to { account.thread(thread, page) },
        "account.message" to { account.message(message) },
        "account.outbox, $ROWS rows" to { account.outbox(page) },
        "account.outgoing" to { account.outgoing(item.sendId) },
        "account.drafts, $ROWS rows" to { account.drafts(page) },
        "account.contacts" to { account.contacts(page) },
        "account.pings" to { account.pings(page) },
        "account.parked" to { account.parked(page) },
        "account.aliases" to { account.aliases() },
        "account.nodes" to { account.nodes() },
        "account.markRead" to { account.markRead(message) },
        "account.markThreadRead" to { account.markThreadRead(thread) },
        "account.saveDraft (one commit)" to {
            account.saveDraft(NewMessage(To.NewThread(), "Draft", "Text", draft = "draft"))
        },
        "account.send (one commit)" to { account.send(NewMessage(To.NewThread(), "Thread", "Message")) },
        // Facts come last: with a link, the outbox would not stay full.
        "client.network" to { client.network(NetworkHint(1)) },
        "client.power" to { client.power(false) },
        "client.unlocked" to { client.unlocked() },
        "account.userActs" to { account.userActs() },
        "client.background" to { client.background(1.seconds) },
        "client.foreground" to { client.foreground() },
    )
}

/** Microseconds of one call: the median of some rounds. */
private suspend fun cost(call: suspend () -> Unit): Double {
    repeat(WARM_UP) { call() }
    val rounds = List(ROUNDS) { measureTime { repeat(CALLS) { call() } } }
    return rounds.sorted()[ROUNDS / 2].inWholeNanoseconds / 1_000.0 / CALLS
}

/** Microseconds of one event when many are waiting: they cross in batches. */
private suspend fun eventCost(
    client: Client,
    account: Account,
): Double {
    var began: TimeMark? = null
    client.events().take(1 + EVENTS).collect {
        if (began == null) {
            // The first tells that the place is known. What happens now waits until this returns.
            repeat(EVENTS) { account.saveDraft(NewMessage(To.NewThread(), "$it", "Text", draft = "draft")) }
            began = TimeSource.Monotonic.markNow()
        }
    }
    return began!!.elapsedNow().inWholeNanoseconds / 1_000.0 / EVENTS
}

/** Fewer than the library keeps for a reader. */
private const val EVENTS = 500
