package dev.tmtp.cost

import dev.tmtp.Account
import dev.tmtp.Client
import dev.tmtp.NewMessage
import dev.tmtp.To
import dev.tmtp.kit.ffi.empty
import dev.tmtp.kit.ffi.emptyAsync
import kotlinx.coroutines.flow.take
import kotlinx.coroutines.runBlocking
import kotlin.io.path.Path
import kotlin.system.exitProcess
import kotlin.time.TimeMark
import kotlin.time.TimeSource

/**
 * Prints what each call of the border costs, in microseconds, as an app makes it: through the library, from a
 * coroutine. Arguments: the file `border.txt`; and `--check`, to look only whether each of its calls has a line here or
 * a reason for having none.
 */
fun main(arguments: Array<String>): Unit =
    runBlocking {
        val (options, files) = arguments.partition { it.startsWith("--") }
        val unfilled = groups(Stage(Path("")))
        val measured = unfilled.flatMap { it.second }.flatMapTo(mutableSetOf(EVENTS)) { it.covers }
        val wrong = mistakes(border(Path(files.single())), measured)
        wrong.forEach { System.err.println("cost: $it") }
        if (wrong.isNotEmpty()) exitProcess(1)
        if ("--check" !in options) Stage.play { table(it) }
    }

private fun groups(stage: Stage): List<Pair<String, List<Row>>> =
    listOf(
        "Told, or asked of what is in memory" to facts(stage),
        "Read" to reading(stage),
        "Written: most end in a commit" to writing(stage),
        "Opened, closed, and with a site that answers at once" to talking(stage),
    )

private suspend fun table(stage: Stage) {
    // What runs first pays for the compiler of the Java machine.
    repeat(5) { cost(Row("") { emptyAsync() }) }
    val atOnce = cost(Row("") { empty() })
    val waiting = cost(Row("") { emptyAsync() })
    println("%-52s %12s %9s".format("", "us a call", "x empty"))
    line("an empty call", atOnce, 1.0)
    line("an empty call that waits", waiting, 1.0)
    groups(stage).forEach { (title, rows) ->
        println("\n$title")
        rows.forEach { row -> cost(row).let { line(row.label, it, it / (if (row.waits) waiting else atOnce)) } }
    }
    eventCost(stage.client, stage.account).let { line("$EVENTS, for each event of a batch", it, it / waiting) }
    println("\nNot measured")
    notMeasured.forEach { (call, reason) -> println("%-24s %s".format(call, reason)) }
}

private fun line(
    label: String,
    micros: Double,
    ratio: Double,
) = println("%-52s %12.1f %9.2f".format(label, micros, ratio))

/** Microseconds of one event when many are waiting: they cross in batches. */
private suspend fun eventCost(
    client: Client,
    account: Account,
): Double {
    var began: TimeMark? = null
    client.events().take(1 + MANY).collect {
        if (began == null) {
            // The first tells that the place is known. What happens now waits until this returns.
            repeat(MANY) { account.saveDraft(NewMessage(To.NewThread(), "$it", "Text", draft = "draft")) }
            began = TimeSource.Monotonic.markNow()
        }
    }
    return began!!.elapsedNow().inWholeNanoseconds / 1_000.0 / MANY
}

private const val EVENTS = "client.nextEvents"

/** Fewer than the library keeps for a reader. */
private const val MANY = 500
