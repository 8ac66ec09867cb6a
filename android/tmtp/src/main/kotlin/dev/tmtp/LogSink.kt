package dev.tmtp

/**
 * Takes what the library logs: always on the same thread, one record after the other. A sink that is slow loses
 * records, a sink that throws is ignored. No record ever holds anybody's words, names or secrets.
 */
public fun interface LogSink {
    /** One more. */
    public fun log(record: LogRecord)
}

/**
 * One line of the log.
 *
 * @property level how much it matters
 * @property part which part of the library
 * @property line which line of its code
 * @property sentence what happened, as it stands in the code; empty if the code did not write it literally
 * @property fields numbers that belong to it, by name; a flag is 0 or 1
 * @property codes stable words that belong to it and stand in the code, by name
 * @property dropped how many records were dropped before this one, because the sink was too slow
 */
public data class LogRecord(
    val level: LogLevel,
    val part: String,
    val line: Long?,
    val sentence: String,
    val fields: Map<String, Long>,
    val codes: Map<String, String>,
    val dropped: Long,
)

/** How much a record matters. */
public enum class LogLevel {
    /** A defect of this library. */
    ERROR,

    /** Something that should not be, and was dealt with. */
    WARNING,

    /** What happens, such as a network that is lost. */
    INFO,

    /** For whoever works on the library. */
    DEBUG,
}
