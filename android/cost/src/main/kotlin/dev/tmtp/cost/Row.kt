package dev.tmtp.cost

import kotlin.time.TimeSource

/**
 * One line of the table.
 *
 * @property label the call as the border names it; behind a comma, what was asked for
 * @property times how often it is measured; a fourth of that comes before, and does not count
 * @property waits whether it goes to the library's threads and back, and so is compared with an empty call that does
 * @property covers all calls of the border that are in it
 * @property before what has to be there for the call, outside of the time
 * @property call the call
 */
internal class Row(
    val label: String,
    val times: Int = 1_000,
    val waits: Boolean = true,
    val covers: List<String> = listOf(label.substringBefore(',')),
    val before: suspend (Int) -> Unit = {},
    val call: suspend (Int) -> Unit,
)

/** How many calls a row makes: those that count, and those before. */
internal fun calls(times: Int): Int = times + times / 4

/** Microseconds of one call: the median. */
internal suspend fun cost(row: Row): Double {
    val warmUp = calls(row.times) - row.times
    val took = DoubleArray(row.times)
    repeat(calls(row.times)) { number ->
        row.before(number)
        val began = TimeSource.Monotonic.markNow()
        row.call(number)
        val micros = began.elapsedNow().inWholeNanoseconds / 1_000.0
        if (number >= warmUp) took[number - warmUp] = micros
    }
    return took.sorted()[row.times / 2]
}
