package dev.tmtp.tests

import dev.tmtp.Account
import dev.tmtp.AccountName
import dev.tmtp.AccountState
import dev.tmtp.Alias
import dev.tmtp.Client
import dev.tmtp.Config
import dev.tmtp.KeyStore
import dev.tmtp.NewMessage
import dev.tmtp.SiteAddress
import dev.tmtp.Tmtp
import dev.tmtp.To
import dev.tmtp.kit.Kit
import dev.tmtp.kit.await
import dev.tmtp.kit.below
import dev.tmtp.kit.ffi.KitMember
import dev.tmtp.kit.ffi.KitRelay
import dev.tmtp.kit.ffi.KitSite
import dev.tmtp.kit.ffi.KitWorld
import dev.tmtp.kit.ffi.SiteCount
import dev.tmtp.kit.ffi.SiteOptions
import dev.tmtp.kit.ffi.StoredAccount
import dev.tmtp.kit.ffi.WorldTimes
import dev.tmtp.kit.ffi.filesUsed
import dev.tmtp.kit.ffi.readStore
import dev.tmtp.kit.join
import dev.tmtp.kit.where
import kotlinx.coroutines.CoroutineScope
import kotlinx.coroutines.Dispatchers
import kotlinx.coroutines.flow.Flow
import kotlinx.coroutines.flow.first
import kotlinx.coroutines.runBlocking
import kotlinx.coroutines.withTimeout
import java.nio.file.Files
import java.nio.file.Path
import kotlin.test.assertEquals
import kotlin.test.assertTrue
import kotlin.time.Duration.Companion.seconds

/** What a wait gets on a slow machine. Reaching it fails the test. */
internal val DEADLINE = 40.seconds

internal const val ANNA = "Anna Amsel"
internal const val BELA = "Bela Buchfink"

/** How long the sites of these tests hold a vanished link for alive; the public one takes two minutes. */
internal const val SILENCE_MS = 3_000L

/** The account of Anna, whose phone is under test. */
internal val PHONE = AccountName("phone")

/**
 * One test's surroundings: a site over TLS, a folder, and whatever is made through it, all of which end with it. Every
 * scene is judged at its end by the site's own record: nothing accepted twice, nothing that no client may do.
 */
internal class Scene private constructor(
    private val scope: CoroutineScope,
    val site: KitSite,
    val folder: Path,
) : CoroutineScope by scope {
    private val open = ArrayDeque<AutoCloseable>()

    /** The home of Anna's phone. */
    val home: Path = folder.resolve("phone")

    suspend fun relay(): KitRelay = Kit.relay(site).also { open.addFirst(it) }

    suspend fun bela(): KitMember = site.join(BELA).also { open.addFirst(it) }

    /** Opens Anna's phone, with waits short enough for a test. */
    suspend fun open(
        keys: KeyStore? = null,
        world: KitWorld = quick(),
    ): Client = Tmtp.open(Config(home, keys = keys), world.below).also { open.addFirst(it) }

    /** Opens Anna's phone and makes her a member; it then holds no link. */
    suspend fun anna(
        at: SiteAddress = site.where,
        keys: KeyStore? = null,
    ): Pair<Client, Account> {
        val client = open(keys)
        return client to anna(client, at)
    }

    /** Makes her a member; she then holds no link, and none is ending. */
    suspend fun anna(
        client: Client,
        at: SiteAddress = site.where,
    ): Account =
        client.join(at, Alias(ANNA), PHONE, DEADLINE).also { account ->
            account.states.await { it == AccountState.Off }
        }

    /**
     * Holds a link where none was held, and waits until it stands: this one. One of before that is just ending looks
     * the same for a moment, and would not be there when a test goes on.
     */
    suspend fun hold(
        client: Client,
        account: Account,
    ) {
        val logins = site.record().logins
        client.foreground()
        site.await(SiteCount.LOGINS, logins + 1, DEADLINE)
        account.awaitOnline()
    }

    /** Anna's store as a fresh reader sees it. */
    suspend fun stored(name: AccountName = PHONE): StoredAccount {
        val account = readStore(home.toString()).single { it.name == name.text }
        assertTrue(account.intact, "the database passes SQLite's own check")
        return account
    }

    /** Nothing of Anna's home is open, mapped or locked in this process. */
    fun assertNothingInUse() = assertEquals(emptyList(), filesUsed(home.toString(), null))

    /** Forgets what was made so far and is closed, in a test that makes very much. */
    fun forgetMade() = open.clear()

    private fun judge() {
        val record = site.record()
        assertEquals(0, record.acceptedTwice, "posts accepted twice")
        assertEquals(emptyList(), record.violations, "violations")
    }

    companion object {
        fun play(
            options: SiteOptions = SiteOptions(silenceMs = SILENCE_MS),
            act: suspend Scene.() -> Unit,
        ): Unit =
            runBlocking(Dispatchers.Default) {
                val folder = Files.createTempDirectory("tmtp-test")
                try {
                    val scene = Scene(this, Kit.site(options), folder)
                    try {
                        scene.act()
                        scene.judge()
                    } finally {
                        scene.open.forEach { it.close() }
                        scene.site.stop()
                        scene.site.close()
                    }
                } finally {
                    folder.toFile().deleteRecursively()
                }
            }

        /** The real disk and clocks, with waits short enough for a test. */
        fun quick(ownDisk: Boolean = false): KitWorld =
            KitWorld.make(
                WorldTimes(
                    backoffFirstMs = 50,
                    backoffMaxMs = 500,
                    stableAfterMs = 500,
                    busyBoundMs = SILENCE_MS,
                    linksPerHour = 1_000_000,
                ),
                ownDisk,
            )
    }
}

/** Waits for the first value that fits; fails when the time is over. */
internal suspend fun <T> Flow<T>.await(fits: (T) -> Boolean): T = withTimeout(DEADLINE) { first(fits) }

/** Waits until the account is logged in. */
internal suspend fun Account.awaitOnline() {
    states.await { it == AccountState.Online }
}

/** A message to somebody known by uid. */
internal fun message(
    to: String,
    text: String,
    vararg files: Path,
): NewMessage = NewMessage(To.NewThread(to), subject = "Birds", text = text, attachments = files.toList())

/** A file of so many bytes that do not compress into each other. */
internal fun Path.filled(bytes: Int): Path {
    val content = kotlin.random.Random(bytes).nextBytes(bytes)
    return Files.write(this, content)
}
