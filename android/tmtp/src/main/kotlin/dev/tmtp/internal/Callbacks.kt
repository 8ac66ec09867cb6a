package dev.tmtp.internal

import dev.tmtp.KeyAnswer
import dev.tmtp.KeyStore
import dev.tmtp.LogLevel
import dev.tmtp.LogRecord
import dev.tmtp.LogSink
import dev.tmtp.ffi.KeyStoreException
import java.util.concurrent.atomic.AtomicReference
import dev.tmtp.ffi.KeyAnswer as FfiAnswer
import dev.tmtp.ffi.KeyStore as FfiKeyStore
import dev.tmtp.ffi.LogRecord as FfiRecord
import dev.tmtp.ffi.LogSink as FfiLogSink

/**
 * An app's key store as the Rust library calls it. Whatever the app throws ends here, also what is no exception but an
 * error: the generated code would let it through into native code, which knows nothing of it.
 */
internal class KeyStoreBridge(
    private val keys: KeyStore,
) : FfiKeyStore {
    override fun get(name: String): FfiAnswer =
        guarded {
            when (val answer = keys.get(name)) {
                is KeyAnswer.Value -> FfiAnswer.Value(answer.secret)
                KeyAnswer.Absent -> FfiAnswer.Absent
                KeyAnswer.NotNow -> FfiAnswer.NotNow
            }
        }

    override fun put(
        name: String,
        secret: ByteArray,
    ) {
        guarded { keys.put(name, secret) }
    }

    override fun remove(name: String) {
        guarded { keys.remove(name) }
    }

    private inline fun <T> guarded(ask: () -> T): T =
        try {
            ask()
        } catch (trouble: Throwable) {
            KeyTrouble.last.set(trouble)
            throw KeyStoreException.Failed()
        }
}

/** What a key store has thrown last. It does not cross the border; the error that comes of it gets it as its cause. */
internal object KeyTrouble {
    val last = AtomicReference<Throwable>()
}

/** An app's log sink as the Rust library calls it. What it throws is its own affair. */
internal class LogSinkBridge(
    private val sink: LogSink,
) : FfiLogSink {
    override fun log(record: FfiRecord) {
        try {
            sink.log(record.toPublic())
        } catch (_: Throwable) {
            return
        }
    }
}

private fun FfiRecord.toPublic(): LogRecord =
    LogRecord(
        when (level) {
            dev.tmtp.ffi.LogLevel.ERROR -> LogLevel.ERROR
            dev.tmtp.ffi.LogLevel.WARNING -> LogLevel.WARNING
            dev.tmtp.ffi.LogLevel.INFO -> LogLevel.INFO
            dev.tmtp.ffi.LogLevel.DEBUG -> LogLevel.DEBUG
        },
        part,
        line,
        sentence,
        fields.filter { it.code == null }.associate { it.name to it.value },
        fields.mapNotNull { field -> field.code?.let { field.name to it } }.toMap(),
        dropped,
    )
