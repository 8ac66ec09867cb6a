package dev.tmtp.tests

import dev.tmtp.KeyAnswer
import dev.tmtp.KeyStore
import java.util.concurrent.ConcurrentHashMap

/** A key store in memory, with all three answers, and one that throws. */
internal class MemoryKeys : KeyStore {
    private val kept = ConcurrentHashMap<String, ByteArray>()

    /** The device was not unlocked yet. */
    @Volatile
    var locked = false

    /** Thrown at every call, if there is one. */
    @Volatile
    var trouble: Throwable? = null

    fun names(): Set<String> = kept.keys.toSet()

    override fun get(name: String): KeyAnswer {
        trouble?.let { throw it }
        if (locked) return KeyAnswer.NotNow
        return kept[name]?.let { KeyAnswer.Value(it) } ?: KeyAnswer.Absent
    }

    override fun put(
        name: String,
        secret: ByteArray,
    ) {
        trouble?.let { throw it }
        kept[name] = secret
    }

    override fun remove(name: String) {
        trouble?.let { throw it }
        kept.remove(name)
    }
}
