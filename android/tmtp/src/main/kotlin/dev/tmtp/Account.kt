package dev.tmtp

import dev.tmtp.internal.LiveState
import dev.tmtp.internal.Pulse
import dev.tmtp.internal.call
import dev.tmtp.internal.millis
import dev.tmtp.internal.opening
import dev.tmtp.internal.rows
import dev.tmtp.internal.toFfi
import dev.tmtp.internal.toPublic
import dev.tmtp.internal.whole
import kotlinx.coroutines.flow.Flow
import kotlinx.coroutines.flow.StateFlow
import java.nio.file.Path
import kotlin.time.Duration
import kotlin.time.Duration.Companion.minutes
import kotlin.time.Duration.Companion.seconds
import dev.tmtp.ffi.Account as FfiAccount

/**
 * A membership at one site with its own mail, kept on this device. Reading works always, also beside another process
 * that is the account's writer; the first call that writes or wants a link opens it for writing.
 *
 * What is written is durable when the call returns; what has to reach the site then waits in the outbox, and leaves
 * when a link is held or looked for.
 *
 * @property name how it is called on this device
 */
public class Account internal constructor(
    public val name: AccountName,
    private val ffi: FfiAccount,
    private val pulse: Pulse,
) {
    /**
     * How the account stands with its site: its value is asked for each time, and who collects it begins with what is
     * so then. It has no end of its own. When the client was stopped or closed, or the account removed, it is
     * [AccountState.Idle] for ever; [AccountState.Broken] where calls say [TmtpError.Broken].
     */
    public val states: StateFlow<AccountState> =
        LiveState(
            pulse.live({ it.account == name && it.change is Change.StateChanged }, ::isTheEnd) { state() },
            atTheEnd = {
                if (it?.error ==
                    TmtpError.Broken
                ) {
                    AccountState.Broken(BrokenWhy.PANICKED)
                } else {
                    AccountState.Idle
                }
            },
        ) { ffi.state().toPublic() }

    /** How the account stands with its site, as this process knows. */
    public suspend fun state(): AccountState = call { ffi.state().toPublic() }

    /** How the account is doing. Works also beside another process that is its writer. */
    public suspend fun status(): Status = call { ffi.status().toPublic() }

    /** Threads, the one with the newest message first. */
    public suspend fun threads(
        page: Page = Page(),
        unreadOnly: Boolean = false,
    ): Rows<ThreadRow> =
        call { ffi.threads(unreadOnly, page.toFfi()).let { rows(it.items, it.next) { it.toPublic() } } }

    /**
     * The inbox: the first threads, now and whenever something in them changes. This and all lists of its kind: nothing
     * is read while the client is suspended, they go on after [Client.resumed]; they end when the client is stopped or
     * closed or the account removed, and fail with the [TmtpException] that reading fails with.
     */
    public fun inbox(
        limit: Int = 50,
        unreadOnly: Boolean = false,
    ): Flow<List<ThreadRow>> = live { threads(Page(limit), unreadOnly).items }

    /** A thread and a page of its messages. Any id that the thread ever had will do. */
    public suspend fun thread(
        thread: ThreadId,
        page: Page = Page(),
        newestFirst: Boolean = true,
    ): ThreadScreen = call { ffi.threadScreen(thread.text, newestFirst, page.toFfi()).toPublic() }

    /** A thread with its newest messages, now and whenever something in it changes. */
    public fun liveThread(
        thread: ThreadId,
        limit: Int = 50,
    ): Flow<ThreadScreen> = live { thread(thread, Page(limit)) }

    /** One message. Any id that it ever had will do. */
    public suspend fun message(message: MessageId): MessageRow = call { ffi.message(message.text).toPublic() }

    /** What waits, is on its way, in doubt or refused, in the order of [send]. */
    public suspend fun outbox(page: Page = Page()): Rows<OutgoingRow> =
        call { ffi.outbox(page.toFfi()).let { rows(it.items, it.next) { it.toPublic() } } }

    /** One item that this device has sent or wants to send. */
    public suspend fun outgoing(sendId: SendId): OutgoingRow = call { ffi.outgoing(sendId.text).toPublic() }

    /** The address book, by alias. */
    public suspend fun contacts(page: Page = Page()): Rows<ContactRow> =
        call { ffi.contacts(page.toFfi()).let { rows(it.items, it.next) { it.toPublic() } } }

    /** Pings, the newest first. */
    public suspend fun pings(page: Page = Page()): Rows<PingRow> =
        call { ffi.pings(page.toFfi()).let { rows(it.items, it.next) { it.toPublic() } } }

    /** Drafts, by their ids. */
    public suspend fun drafts(page: Page = Page()): Rows<DraftRow> =
        call { ffi.drafts(page.toFfi()).let { rows(it.items, it.next) { it.toPublic() } } }

    /** What this version has stored without interpreting it. */
    public suspend fun parked(page: Page = Page()): Rows<ParkedRow> =
        call { ffi.parked(page.toFfi()).let { rows(it.items, it.next) { it.toPublic() } } }

    /** The member's own aliases, and those asked for or refused. */
    public suspend fun aliases(): List<AliasRow> = call { ffi.aliases().map { it.toPublic() } }

    /** The member's other nodes, as far as they are known here. */
    public suspend fun nodes(): List<NodeRow> = call { ffi.nodes().map { it.toPublic() } }

    /**
     * Sends a message. When this returns, message and files are durable on this device, and it stays in the outbox
     * until the site has taken it, the person withdraws it, or the site refuses it.
     *
     * Called again with the same [NewMessage.draft] and the same content, also after a kill or a cancelled call, it
     * returns the same message. Files that are not there any more are then compared by their names.
     *
     * @throws TmtpException nothing was accepted. [TmtpError.File]: an attachment cannot be read.
     *   [TmtpError.DraftUsed]: something else was sent under this draft id, or was taken back.
     *   [TmtpError.UnknownRecipient], [TmtpError.OnlyClaimed], [TmtpError.ConflictingAlias]: a recipient's name is not
     *   known well enough. [TmtpError.Unreachable]: not everybody in the thread would get the reply
     */
    public suspend fun send(message: NewMessage): Sent = call { ffi.send(message.toFfi(), null).toPublic() }

    /**
     * Sends a draft that was kept, with its files. Durable, and the same message when called again, as [send].
     *
     * @throws TmtpException [TmtpError.NotFound]: there is no such draft, and none was sent; [TmtpError.DraftUsed];
     *   and all others of [send]
     */
    public suspend fun sendDraft(draft: String): Sent = call { ffi.sendDraft(draft.whole("draft")).toPublic() }

    /**
     * Sends a ping. Durable, and the same ping when called again, as [send].
     *
     * @throws TmtpException [TmtpError.DraftUsed]: something else was sent under this draft id, or was taken back
     */
    public suspend fun ping(ping: NewPing): Pinged = call { ffi.ping(ping.toFfi()).toPublic() }

    /**
     * Waits until an item of the outbox is settled: sent or refused. When the time is over first, how far it is then.
     * Needs a link held or a wake beside it, else nothing moves. Cancelled, nothing changes.
     *
     * @throws TmtpException [TmtpError.NotFound]: there is no such item; one that was withdrawn is gone
     */
    public suspend fun waitSent(
        sendId: SendId,
        deadline: Duration = 1.minutes,
    ): OutgoingState = call { ffi.waitSent(sendId.text, deadline.millis, null).toPublic() }

    /**
     * Does not send this, if that is still possible; the answer says what became of it. What is removed is gone with its
     * text: keep that as a draft first, under another id, if the person may want it again.
     */
    public suspend fun withdraw(sendId: SendId): Withdrawn = call { ffi.withdraw(sendId.text).toPublic() }

    /** Sends again what failed or is in doubt: the person accepts that it may arrive twice. */
    public suspend fun sendAgain(sendId: SendId): Unit = call { ffi.sendAgain(sendId.text) }

    /** What is in doubt has arrived, says the person. */
    public suspend fun takeAsSent(sendId: SendId): Unit = call { ffi.takeAsSent(sendId.text) }

    /** Asks the site for one more alias. Durable; [waitAlias] waits for the site's word. */
    public suspend fun addAlias(alias: Alias): Unit = call { ffi.addAlias(alias.text.whole("alias")) }

    /**
     * Waits for the site's word on an alias. True: it is this member's. False: the time was over first, and it is still
     * being asked for. Cancelled, nothing changes.
     *
     * @throws TmtpException [TmtpError.Refused] with the site's reason; [TmtpError.NotFound] if it was never asked for
     */
    public suspend fun waitAlias(
        alias: Alias,
        deadline: Duration = 1.minutes,
    ): Boolean = call { ffi.waitAlias(alias.text, deadline.millis, null) }

    /**
     * Makes a further node of this member and gives what its device needs. The request is durable; the answer needs a
     * link, which is held for as long as this takes. Called again for the same label, also after it was cancelled, it
     * gives the same ticket, until [forgetNodeTicket].
     *
     * @throws TmtpException [TmtpError.TimedOut]: the site has not answered in time, ask again; [TmtpError.Refused];
     *   [TmtpError.NotNow]: there is such a node already, and its ticket was forgotten, choose another label
     */
    public suspend fun addNode(
        label: String,
        deadline: Duration = 1.minutes,
    ): NodeTicket = call { NodeTicket(ffi.addNode(label, deadline.millis, null)) }

    /** The other device has what it needs: forgets the secret here. */
    public suspend fun forgetNodeTicket(label: String): Unit = call { ffi.forgetNodeTicket(label) }

    /** The person has seen this message. */
    public suspend fun markRead(message: MessageId): Unit = call { ffi.markRead(message.text) }

    /** The person has seen all messages of this thread. */
    public suspend fun markThreadRead(thread: ThreadId): Unit = call { ffi.markThreadRead(thread.text) }

    /** The person has seen all pings. */
    public suspend fun markPingsRead(): Unit = call { ffi.markPingsRead() }

    /** Deletes a message here. Its ids stay, so that it does not come back. */
    public suspend fun deleteMessage(message: MessageId): Unit = call { ffi.deleteMessage(message.text) }

    /** Deletes all messages of a thread here. A later one shows it again. */
    public suspend fun deleteThread(thread: ThreadId): Unit = call { ffi.deleteThread(thread.text) }

    /**
     * The person knows that some entries of this thread's recipient list name nobody ([ThreadRow.unreachable]): from
     * now on replies go to the others.
     *
     * @throws TmtpException [TmtpError.NotFound]: there is no such thread
     */
    public suspend fun goWithoutUnreachable(thread: ThreadId): Unit = call { ffi.goWithoutUnreachable(thread.text) }

    /**
     * Forgets that [alias], as [ContactRow.alias] has it, is said to be this member's, checked or claimed. A later ping,
     * or claim, tells it again.
     *
     * @throws TmtpException [TmtpError.NotFound]: nobody says so
     */
    public suspend fun removeContact(
        alias: Alias,
        uid: Uid,
    ): Unit = call { ffi.removeContact(alias.text, uid.text) }

    /**
     * Keeps what is not finished, with its files. One of the same [NewMessage.draft] is replaced.
     *
     * @throws TmtpException [TmtpError.DraftUsed]: it was sent meanwhile, or taken back, and is not kept. What comes
     *   late behind its sending is to be ignored; new words want a new id
     */
    public suspend fun saveDraft(message: NewMessage): Unit = call { ffi.saveDraft(message.toFfi(), null) }

    /** Forgets a draft and its files. */
    public suspend fun deleteDraft(draft: String): Unit = call { ffi.deleteDraft(draft.whole("draft")) }

    /** What to do with a delivery above the limit, which holds up everything behind it. */
    public suspend fun answerTooLarge(
        message: MessageId,
        answer: TooLargeAnswer,
    ): Unit = call { ffi.answerTooLarge(message.text, answer.toFfi()) }

    /**
     * Writes an attachment of a message to a file, given as an absolute path. The file is there whole or not at all,
     * also when this is cancelled; one that exists is left as it is unless [replace] says otherwise. Works beside
     * another process. Returns its size in bytes.
     *
     * @throws TmtpException [TmtpError.File]: it cannot be written there, or it exists; [TmtpError.NotFound]: no such
     *   attachment
     */
    public suspend fun saveAttachment(
        message: MessageId,
        name: String,
        to: Path,
        replace: Boolean = false,
    ): Long = call { ffi.saveAttachment(message.text, name, to.toString(), replace, null) }

    /**
     * Holds a link to the site until what this returns is stopped or closed. An app that reports [Client.foreground]
     * and [Client.background] does not need this. Returns when the account is open for writing, not when the link
     * stands: watch [states] for that.
     */
    public suspend fun stay(): Stay = opening { Stay(ffi.stay()) }

    /**
     * A person wants it now: waits are void, and what was stopped is tried once more. A link is made also when there
     * were too many of late, at most one each ten seconds. Counts, too, for an account that is opened within half a
     * minute; else without effect while no link is wanted.
     */
    public suspend fun userActs(): Unit = call { ffi.userActs() }

    /**
     * Closes the account in this process: quits the link, closes the store, frees it for another process. It opens
     * again by the next call that needs it. Cancelled, it goes on to its end.
     *
     * @throws TmtpException [TmtpError.TimedOut]: it was cut short; what was accepted is in the store all the same
     */
    public suspend fun release(deadline: Duration = 2.seconds): Unit = call { ffi.release(deadline.millis) }

    /**
     * Takes an account into use that was copied here ([AccountState.Cloned]): its original is gone, or nothing logs in
     * from it any more, says the person. If something does, each of the two misses the mail that the other gets. Closes
     * the account for that; changes nothing about one that was made here. Cancelled, it goes on to its end.
     *
     * @throws TmtpException [TmtpError.InUse]; [TmtpError.StorageFull]
     */
    public suspend fun adopt(): Unit = call { ffi.adopt() }

    /**
     * Saves what still reads of a damaged store into a new one, and keeps the old one in the account's folder. Closes
     * the account for that; it opens again by the next call that needs it. If this fails, or is cut short by a kill,
     * the old store is as it was. Cancelled, it goes on to its end. Can take long.
     *
     * @throws TmtpException [TmtpError.Damaged]: nothing of it reads; [TmtpError.InUse]; [TmtpError.StorageFull]
     */
    public suspend fun salvage(): SalvageReport = call { ffi.salvage(null).toPublic() }

    /** Gives back what this object holds of the Rust library. Calls from now on get [TmtpError.Closed]. */
    internal fun forget() {
        ffi.close()
    }

    private fun <T : Any> live(read: suspend () -> T): Flow<T> =
        pulse.live({ it.account == name && it.change.showsInLists() }, ::isTheEnd, read)

    private fun isTheEnd(event: Event.Changed): Boolean = event.account == name && event.change == Change.AccountRemoved
}

/** Progress is told often and changes no list. */
private fun Change.showsInLists(): Boolean =
    this !is Change.Progress && this !is Change.Receiving && this !is Change.StateChanged && this !is Change.WakeEnded
