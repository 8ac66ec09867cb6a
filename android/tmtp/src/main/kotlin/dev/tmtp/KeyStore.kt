package dev.tmtp

/**
 * A place for the secrets of nodes. On a phone: readable after the first unlock, on this device only, never in a
 * backup. Called on a thread of the library that may block for a moment, never on one of the app's; rarely.
 *
 * What it throws, whatever it is, is taken as *the key store failed*: nothing is created, nothing is deleted, the
 * call that needed it gets [TmtpError.KeyStore], and it is asked again later.
 */
public interface KeyStore {
    /**
     * The secret of this name. [KeyAnswer.NotNow] while it cannot be read; only [KeyAnswer.Absent] says that there is
     * none.
     */
    public fun get(name: String): KeyAnswer

    /** Keeps a secret, replacing an earlier one of this name; durable on return. */
    public fun put(
        name: String,
        secret: ByteArray,
    )

    /** Forgets a secret. One that is not there is fine. */
    public fun remove(name: String)
}

/** What a key store knows about a name. */
public sealed interface KeyAnswer {
    /**
     * The secret.
     *
     * @property secret its bytes, as they were put
     */
    public class Value(
        public val secret: ByteArray,
    ) : KeyAnswer

    /** There is certainly none. */
    public data object Absent : KeyAnswer

    /** It cannot be read at this moment, usually before the first unlock. */
    public data object NotNow : KeyAnswer
}
