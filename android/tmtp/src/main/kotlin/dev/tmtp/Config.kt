package dev.tmtp

import java.nio.file.Path

/**
 * What a client is opened with.
 *
 * @property home the folder that holds everything, as an absolute path; made if it is not there. Its file `install`
 *   must not get into backups: by it a copied home is noticed
 * @property profile what kind of process this is
 * @property deviceName what this device calls its node at the site, 1 to 64 bytes; a neutral word if `null`
 * @property proxy the way out into the network
 * @property keys where the secrets are kept; files below [home] if `null`
 * @property log who gets the log
 * @property logLevel up to where [log] is told; the first client of a process decides how much there can be at most
 */
public data class Config(
    val home: Path,
    val profile: Profile = Profile.APP,
    val deviceName: String? = null,
    val proxy: Proxy? = null,
    val keys: KeyStore? = null,
    val log: LogSink? = null,
    val logLevel: LogLevel = LogLevel.INFO,
)

/** What kind of process this is. Threads and caches follow from it. */
public enum class Profile {
    /** An app with a screen. */
    APP,

    /** An extension of an app, which has a few megabytes and one thing to do. */
    EXTENSION,
}

/**
 * A proxy on the way into the network.
 *
 * @property kind what it speaks
 * @property host its host, a name or an address
 * @property port its port, 1 to 65535
 * @property auth if it asks for a name and a password
 */
public data class Proxy(
    val kind: ProxyKind,
    val host: String,
    val port: Int,
    val auth: ProxyAuth? = null,
)

/** What a proxy speaks. */
public enum class ProxyKind {
    /** SOCKS 5, which also resolves names. */
    SOCKS5,

    /** HTTP with CONNECT. */
    HTTP_CONNECT,
}

/**
 * What a proxy asks for.
 *
 * @property user who
 * @property password never logged
 */
public class ProxyAuth(
    public val user: String,
    public val password: String,
)
