package dev.tmtp

import dev.tmtp.ffi.openClient
import dev.tmtp.ffi.version
import dev.tmtp.internal.KeyStoreBridge
import dev.tmtp.internal.LogSinkBridge
import dev.tmtp.internal.opening
import dev.tmtp.internal.toFfi
import java.nio.file.Path

/**
 * Where an app begins: [open] gives the [Client] that everything else hangs on.
 *
 * Every `suspend` function of this library may be called from the main thread, and works on threads of its own. When
 * the coroutine that called it is cancelled, its work in the Rust library ends too: what only reads has read nothing,
 * what writes has either happened or not. [Account.send], [Account.ping] and [Account.saveDraft] are found again by
 * their draft.
 */
public object Tmtp {
    /** The version of the library, as in its changelog. */
    public val version: String get() = version()

    /** The same with nothing but a folder: secrets in files below it, straight into the network. */
    public suspend fun open(home: Path): Client = open(Config(home))

    /**
     * Opens the accounts of a home. Connects nowhere, and is not stopped by accounts that are damaged or in use: those
     * say so when they are asked. A [world] is for tests.
     *
     * @throws TmtpException [TmtpError.File] if the home is no absolute path; [TmtpError.Storage] or
     *   [TmtpError.StorageFull] if it cannot be made
     */
    public suspend fun open(
        config: Config,
        world: World? = null,
    ): Client =
        opening {
            val keys = config.keys?.let(::KeyStoreBridge)
            val log = config.log?.let(::LogSinkBridge)
            Client(openClient(config.toFfi(), keys, log, world?.inner))
        }
}
