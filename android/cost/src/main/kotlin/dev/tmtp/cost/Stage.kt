package dev.tmtp.cost

import dev.tmtp.Account
import dev.tmtp.AccountName
import dev.tmtp.Alias
import dev.tmtp.Client
import dev.tmtp.Config
import dev.tmtp.MessageId
import dev.tmtp.NewMessage
import dev.tmtp.NewPing
import dev.tmtp.OutgoingRow
import dev.tmtp.OutgoingState
import dev.tmtp.Page
import dev.tmtp.SendId
import dev.tmtp.ThreadId
import dev.tmtp.Tmtp
import dev.tmtp.To
import dev.tmtp.Uid
import dev.tmtp.kit.Kit
import dev.tmtp.kit.below
import dev.tmtp.kit.ffi.KitSite
import dev.tmtp.kit.ffi.KitWorld
import dev.tmtp.kit.ffi.WorldTimes
import dev.tmtp.kit.join
import dev.tmtp.kit.where
import java.nio.file.Files
import java.nio.file.Path
import kotlin.time.Duration.Companion.minutes

/** Rows in each list that is read: a full screen and more. */
internal const val ROWS = 50

/** How often something is measured that commits, and something that talks with the site. */
internal const val COMMITS = 100
internal const val TALKS = 12

/**
 * A site, and two phones of its members. Anna's is full: lists of [ROWS], mail of another member, an outbox that stays
 * full because no link is held. Dora's is new, and talks with the site.
 */
internal class Stage(
    private val folder: Path,
) {
    lateinit var site: KitSite
        private set
    val full: Path = folder.resolve("full")
    private lateinit var anna: Pair<Client, Account>
    private lateinit var dora: Pair<Client, Account>
    val client: Client get() = anna.first
    val account: Account get() = anna.second
    val talking: Client get() = dora.first
    val talker: Account get() = dora.second

    /** Of another member: as many threads of one message, and messages of one thread, as are deleted or marked. */
    lateinit var threads: List<ThreadId>
    lateinit var messages: List<MessageId>

    /** Who has sent them. */
    var other = Uid("")

    /** An own message with a file, and an own thread of [ROWS] messages. */
    var withFile = MessageId("")
    var thread = ThreadId("")

    /** Sent, waiting, and refused by the site. */
    var sent = SendId("")
    lateinit var waiting: OutgoingRow
    lateinit var failed: List<SendId>

    fun place(name: String): Path = folder.resolve(name)

    suspend fun open(home: Path): Client =
        Tmtp.open(Config(home), KitWorld.make(WorldTimes(linksPerHour = 1_000_000), false).below)

    private suspend fun member(name: String): Pair<Client, Account> =
        open(place(name)).let {
            it to
                it.join(site.where, Alias("${name.replaceFirstChar(Char::uppercase)} Amsel"), AccountName(name))
        }

    private suspend fun fill() {
        site = Kit.site()
        anna = member("full")
        dora = member("talker")
        receive()
        failed = refused()
        sent = talker.send(NewMessage(To.NewThread(), "Sent", "Message")).sendId
        talking.wake(1.minutes)
        val file = Files.write(place("file"), ByteArray(10_000))
        withFile = account.send(NewMessage(To.NewThread(), "File", "Here.", listOf(file))).message
        thread = account.send(NewMessage(To.NewThread(), "Thread", "Message")).thread
        repeat(ROWS) {
            account.send(NewMessage(To.NewThread(), "Thread $it", TEXT))
            account.send(NewMessage(To.Reply(thread), "", TEXT))
            account.ping(NewPing(Alias("Somebody $it"), "Ping"))
            account.saveDraft(NewMessage(To.NewThread(), "Draft $it", TEXT, draft = "draft $it"))
        }
        waiting = account.outbox(Page(1)).items.single()
    }

    /** Another member writes, and Anna's phone takes it. */
    private suspend fun receive() {
        val bela = site.join("Bela Buchfink")
        other = Uid(bela.uid())
        val uid = account.status().uid!!.text
        val many = bela.send(listOf(uid), "Many", "0", emptyList())
        repeat(2 * calls(COMMITS)) { bela.reply(many, "$it") }
        repeat(calls(COMMITS)) { bela.send(listOf(uid), "Thread $it", TEXT, emptyList()) }
        bela.awaitSent(WAIT_MILLIS)
        client.wake(1.minutes)
        bela.close()
        val rows = all { account.threads(it).let { rows -> rows.items to rows.nextPage(100) } }
        val one = rows.single { it.subject == "Many" }.thread
        threads = rows.map { it.thread } - one
        messages =
            all { page -> account.thread(one, page).messages.let { it.items to it.nextPage(100) } }.map { it.message }
    }

    /** Messages to somebody whom the site does not know: it refuses them for good. */
    private suspend fun refused(): List<SendId> {
        val nobody =
            talker
                .status()
                .uid!!
                .text
                .reversed()
        val items =
            List(calls(COMMITS)) { talker.send(NewMessage(To.NewThread(nobody), "Refused $it", "Message")).sendId }
        talking.wake(1.minutes)
        check(
            items.all { talker.outgoing(it).state is OutgoingState.Failed },
        ) { "the site has taken what it should refuse" }
        return items
    }

    private suspend fun <T> all(read: suspend (Page) -> Pair<List<T>, Page?>): List<T> {
        val found = mutableListOf<T>()
        var page: Page? = Page(100)
        while (page != null) {
            val (items, next) = read(page)
            found += items
            page = next
        }
        return found
    }

    companion object {
        const val TEXT = "Text as long as people write it, about a line and a half of it on the screen of a phone."
        private const val WAIT_MILLIS = 60_000L

        suspend fun play(act: suspend (Stage) -> Unit) {
            val folder = Files.createTempDirectory("tmtp-cost")
            val stage = Stage(folder)
            try {
                stage.fill()
                act(stage)
                listOf(stage.client, stage.talking).forEach {
                    it.stop()
                    it.close()
                }
                stage.site.stop()
            } finally {
                folder.toFile().deleteRecursively()
            }
        }
    }
}
