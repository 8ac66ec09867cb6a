package dev.tmtp.smoke

import dev.tmtp.Alias
import dev.tmtp.Config
import dev.tmtp.KeyAnswer
import dev.tmtp.KeyStore
import dev.tmtp.LogLevel
import dev.tmtp.NameTrust
import dev.tmtp.NewMessage
import dev.tmtp.OutgoingState
import dev.tmtp.SiteAddress
import dev.tmtp.Tmtp
import dev.tmtp.TmtpError
import dev.tmtp.TmtpException
import dev.tmtp.To
import kotlinx.coroutines.flow.first
import kotlinx.coroutines.runBlocking
import java.util.concurrent.ConcurrentHashMap
import java.util.concurrent.atomic.AtomicInteger
import kotlin.io.path.Path
import kotlin.time.Duration.Companion.seconds

/**
 * A small app, shrunk: HOME SITE. It uses every kind of crossing (calls that wait and calls that do not, records,
 * errors, events, both callbacks), and ends with 0 if all of them came through.
 */
fun main(arguments: Array<String>): Unit =
    runBlocking {
        val (home, site) = arguments
        val records = AtomicInteger()
        val config = Config(Path(home), keys = Keys(), log = { records.incrementAndGet() }, logLevel = LogLevel.DEBUG)
        Tmtp.open(config).use { client ->
            val account = client.join(SiteAddress(site), Alias("Anna Amsel"))
            client.foreground()
            val sent = account.send(NewMessage(To.NewThread(), "Shopping", "Bread, tea"))
            check(account.waitSent(sent.sendId, WAIT) == OutgoingState.Sent)
            val thread = account.inbox().first { it.isNotEmpty() }.single()
            check(thread.subject == "Shopping" && thread.from.trust == NameTrust.OWN)
            val error = runCatching { account.send(NewMessage(To.NewThread(), "", "")) }.exceptionOrNull()
            check((error as TmtpException).error is TmtpError.Input)
            client.stop()
        }
        check(records.get() > 0)
        println("version ${Tmtp.version}: the shrunk app ran")
    }

private class Keys : KeyStore {
    private val kept = ConcurrentHashMap<String, ByteArray>()

    override fun get(name: String): KeyAnswer = kept[name]?.let { KeyAnswer.Value(it) } ?: KeyAnswer.Absent

    override fun put(
        name: String,
        secret: ByteArray,
    ) {
        kept[name] = secret
    }

    override fun remove(name: String) {
        kept.remove(name)
    }
}

private val WAIT = 30.seconds
