package dev.tmtp.cost

import java.nio.file.Path
import kotlin.io.path.readLines

/** The calls of the border that no row measures, and why not. */
internal val notMeasured =
    mapOf(
        "account.name" to "asked once, when an account is made: part of client.account",
        "cancel.cancel" to "no app calls it: a cancelled coroutine drops its call; Swift's table has it",
        "cancel.isCancelled" to "as cancel.cancel",
        "keyStore.get" to "the library calls it, once for each login, on a thread kept for it",
        "keyStore.put" to "the library calls it, once for each node",
        "keyStore.remove" to "the library calls it, once for each account that is removed",
        "logSink.log" to "the library calls it, on a thread kept for it; what does not fit is dropped",
    )

/**
 * Every call of `bindings/ffi/api/border.txt`, as `account.send`: the object, without `Protocol`, and the function. A
 * function outside of an object has only its name.
 */
internal fun border(file: Path): Set<String> {
    var owner = ""
    return file.readLines().mapNotNullTo(mutableSetOf()) { line ->
        OWNER.find(line)?.let { owner = it.groupValues[1].removeSuffix("Protocol").replaceFirstChar(Char::lowercase) }
        val inside = INSIDE.find(line)?.let { "$owner.${it.groupValues[1]}" }
        inside ?: OUTSIDE.find(line)?.groupValues?.get(1)
    }
}

/** What is wrong with the table: calls that it forgets, and calls that it names and that are not there. */
internal fun mistakes(
    border: Set<String>,
    measured: Set<String>,
): List<String> {
    val named = measured + notMeasured.keys
    return (border - named).map { "$it is neither measured nor excused" } +
        (named - border).map { "$it is named, and no call of the border" } +
        measured.intersect(notMeasured.keys).map { "$it is measured and excused" }
}

private val OWNER = Regex("^public (?:protocol|struct|enum|indirect enum) (\\w+)")
private val INSIDE = Regex("^    func (\\w+)\\(")
private val OUTSIDE = Regex("^public func (\\w+)\\(")
