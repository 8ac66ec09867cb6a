package dev.tmtp

import dev.tmtp.ffi.JoinOptions
import dev.tmtp.internal.Pulse
import dev.tmtp.internal.call
import dev.tmtp.internal.closed
import dev.tmtp.internal.millis
import dev.tmtp.internal.rows
import dev.tmtp.internal.toFfi
import dev.tmtp.internal.toPublic
import dev.tmtp.internal.translated
import dev.tmtp.internal.whole
import kotlinx.coroutines.flow.Flow
import java.util.concurrent.ConcurrentHashMap
import java.util.concurrent.ConcurrentLinkedQueue
import java.util.concurrent.atomic.AtomicBoolean
import kotlin.time.Duration
import kotlin.time.Duration.Companion.minutes
import kotlin.time.Duration.Companion.seconds
import dev.tmtp.ffi.Account as FfiAccount
import dev.tmtp.ffi.Client as FfiClient

/**
 * All accounts of an installation. One for a process; safe to use from any thread.
 *
 * An app says what it sees of the world ([foreground], [background], [network], [willSuspend], …), in any order and as
 * often as it likes; when links are held follows from that. [stop] it before the process ends; [close] gives back what
 * it holds of the Rust library, and quits the links in the background if it was not stopped.
 */
public class Client internal constructor(
    private val ffi: FfiClient,
) : AutoCloseable {
    private val pulse = Pulse(ffi)
    private val known = ConcurrentHashMap<AccountName, Account>()

    /** Objects of accounts that are gone, or may be: they are in somebody's hands until this client is closed. */
    private val old = ConcurrentLinkedQueue<Account>()
    private val isClosed = AtomicBoolean()

    /**
     * The accounts, by name. Works beside other processes. An account that cannot be read is listed with its trouble.
     */
    public suspend fun accounts(): List<AccountSummary> = call { ffi.accounts().map { it.toPublic() } }

    /** The same, now and whenever something in them changes. */
    public fun liveAccounts(): Flow<List<AccountSummary>> = pulse.live({ it.change !is Change.Progress }) { accounts() }

    /**
     * One account. It lives as long as this client.
     *
     * @throws TmtpException [TmtpError.NotFound]: there is none of this name
     */
    public suspend fun account(name: AccountName): Account = call { keep(ffi.account(name.text), isNew = false) }

    /** What was not seen yet, over all accounts that can be read. */
    public suspend fun unreadTotal(): Unread = call { ffi.unreadTotal().toPublic() }

    /**
     * Becomes a member of the site at [site] under the name [alias], which must be free there. The account is called
     * [name] on this device; a name is made of the site's host if it is `null`.
     *
     * Returns when the alias is this member's; or, once registered, after [deadline]: then the alias is still asked
     * for whenever a link is held ([Account.waitAlias]). When the site refuses, or cannot be reached in time to
     * register, nothing is left here.
     *
     * Cancelled in the middle, or killed, the account stays as far as it has come, and the same call goes on with it;
     * [remove] takes it away. The same is the same [site] and [alias], whether or not [name] is given. One that is
     * finished is returned as it is, without a link. It may then have another name than the one asked for:
     * [Account.name].
     *
     * @throws TmtpException [TmtpError.Refused] with the site's reason, for instance an alias that is taken;
     *   [TmtpError.NeedsSignIn]; [TmtpError.NameTaken]: the name is that of another membership; [TmtpError.PinChanged];
     *   [TmtpError.Untrusted]; [TmtpError.ClockWrong]; [TmtpError.Network]; [TmtpError.TimedOut]
     */
    public suspend fun join(
        site: SiteAddress,
        alias: Alias,
        name: AccountName? = null,
        deadline: Duration = 1.minutes,
    ): Account =
        call {
            keep(
                ffi.join(JoinOptions(site.text, alias.text.whole("alias"), name?.text, deadline.millis), null),
                isNew = true,
            )
        }

    /**
     * Takes a further node of a member into use, which another device of theirs has made by [Account.addNode]. Needs no
     * link: mail begins to come when one is held. Called again with the same [ticket], also after a kill, with or
     * without a [name], it gives the same account.
     *
     * @throws TmtpException [TmtpError.Ticket]; [TmtpError.NameTaken]
     */
    public suspend fun joinNode(
        ticket: NodeTicket,
        name: AccountName? = null,
    ): Account = call { keep(ffi.joinNode(ticket.text, name?.text), isNew = true) }

    /**
     * Removes an account from this device: quits its link within [deadline], then removes its secrets and all its
     * mail. The member goes on to exist at the site. Cancelled, it goes on to its end.
     *
     * @throws TmtpException the account is still listed, unless [TmtpError.KeyStore]: then it is gone, and its secrets
     *   are removed at the next open. [TmtpError.InUse]: nothing was removed
     */
    public suspend fun remove(
        name: AccountName,
        deadline: Duration = 2.seconds,
    ) {
        try {
            call { ffi.remove(name.text, deadline.millis) }
        } finally {
            // Also when this was cancelled: then it is removed all the same, a moment later.
            known.remove(name)?.let(old::add)
        }
    }

    /**
     * What changes from now on, over all accounts, in order. Begins with an [Event.Resync], and has one wherever
     * changes were missed because the collector was slow: read again then what is shown. Nothing runs while nobody
     * collects. Ends when the client is stopped or closed.
     */
    public fun events(): Flow<Event> = pulse.events()

    /** The app is on the screen: links are held. */
    public suspend fun foreground(): Unit = call { ffi.foreground() }

    /**
     * The app has left the screen and may run for about [budget]: what is under way is finished, then links are quit.
     */
    public suspend fun background(budget: Duration): Unit = call { ffi.background(budget.millis) }

    /** The way into the network has changed, or what the platform thinks of it. */
    public suspend fun network(hint: NetworkHint): Unit = call { ffi.network(hint.toFfi()) }

    /** The device was unlocked: secrets can be read now. */
    public suspend fun unlocked(): Unit = call { ffi.unlocked() }

    /** Memory is short: what can be read again is let go. */
    public suspend fun memoryPressure(): Unit = call { ffi.memoryPressure() }

    /**
     * Energy is short, or is not any more. While it is, an account that could not be opened is tried again, and a link is
     * probed when the network changes again and again, after four times the wait. Nothing else changes.
     */
    public suspend fun power(saver: Boolean): Unit = call { ffi.power(saver) }

    /**
     * The platform is about to suspend this process: finishes or rolls back what is under way, closes everything, and
     * returns within [deadline]. After that no file of this library is open or locked; calls get [TmtpError.Suspended]
     * and lose nothing. Cancelled, it goes on to its end.
     *
     * @throws TmtpException [TmtpError.TimedOut]: something had to be cut short
     */
    public suspend fun willSuspend(deadline: Duration): Unit = call { ffi.willSuspend(deadline.millis) }

    /** The process runs again. What was closed is opened again when it is needed. */
    public suspend fun resumed(): Unit = call { ffi.resumed() }

    /**
     * A push has come: looks at the accounts that its payload names, or at all. The payload holds no content; one that
     * cannot be read counts as none. Ends within [budget], with a margin; see [wake].
     */
    public suspend fun push(
        payload: ByteArray?,
        budget: Duration,
    ): WakeSummary = call { ffi.push(payload, budget.millis, null).toPublic() }

    /**
     * Looks at these accounts, or at all: connects, stores what waits, sends what is queued while there is time, and
     * quits; a link that is held is only probed. Ends within [budget], with a margin. Cancelled, it goes on to its end,
     * and what comes is in the stores and in the events.
     *
     * @throws TmtpException [TmtpError.NotFound]: there is no account of one of the names
     */
    public suspend fun wake(
        budget: Duration,
        accounts: List<AccountName>? = null,
    ): WakeSummary = call { ffi.wake(accounts?.map { it.text }, budget.millis, null).toPublic() }

    /**
     * What each wake of each account did, the newest first. No contents. An account that cannot be read has no rows.
     */
    public suspend fun ledger(page: Page = Page()): Rows<LedgerRow> =
        call { ffi.ledger(page.toFfi()).let { rows(it.items, it.next) { it.toPublic() } } }

    /**
     * The whole ledger as JSON, one object a line, the newest first: for a report that a person sends to somebody. It
     * holds times, stable words, and the names of accounts on this device; no contents, no people.
     */
    public suspend fun ledgerExport(): String = call { ffi.ledgerExport() }

    /**
     * Looks at the key that a site shows now, without logging in and without trusting it.
     *
     * @throws TmtpException [TmtpError.Network]; [TmtpError.TimedOut]; [TmtpError.Untrusted] and
     *   [TmtpError.ClockWrong] for `+host:port`
     */
    public suspend fun siteKey(
        site: SiteAddress,
        deadline: Duration = 1.minutes,
    ): SiteKey = call { ffi.siteKey(site.text, deadline.millis, null).toPublic() }

    /**
     * Trusts this key of a site from now on, in place of any other. Ask whoever runs the site first. Accounts that had
     * stopped because of the old one go on.
     */
    public suspend fun trust(
        site: SiteAddress,
        key: SitePin,
    ): Unit = call { ffi.trust(site.text, key.text) }

    /**
     * Quits all links, closes all stores, ends all threads, within [deadline]. From then on every call gets
     * [TmtpError.Closed]; this one, made again, waits for the same end, or has nothing to do. It also clears a client
     * away that says [TmtpError.Broken]. Cancelled, it goes on to its end.
     *
     * @throws TmtpException [TmtpError.TimedOut]: something had to be cut short; everything that was accepted is in
     *   the stores all the same
     */
    public suspend fun stop(deadline: Duration = 2.seconds): Unit = call { ffi.stop(deadline.millis) }

    /**
     * Gives back what this client and its accounts hold of the Rust library. Does not wait: calls that are under way go
     * on to their end, and if [stop] was not called, links are quit in the background. Again: no effect.
     */
    override fun close() {
        if (isClosed.getAndSet(true)) return
        pulse.close()
        known.keys.toList().forEach { name -> known.remove(name)?.forget() }
        while (true) old.poll()?.forget() ?: break
        ffi.close()
    }

    /**
     * Keeps one object for each account; all objects of one name are the same account. One that [isNew] takes the place
     * of another, which may have been an account that was removed.
     */
    private fun keep(
        account: FfiAccount,
        isNew: Boolean,
    ): Account {
        val fresh = Account(AccountName(translated { account.name() }), account, pulse)
        val kept =
            if (isNew) {
                fresh.also { known.put(fresh.name, it)?.let(old::add) }
            } else {
                known.putIfAbsent(fresh.name, fresh) ?: fresh
            }
        if (kept !== fresh) fresh.forget()
        // Closed beside this call: nobody else gives the account back.
        if (isClosed.get()) known.remove(fresh.name)?.forget()
        return if (isClosed.get()) throw closed() else kept
    }
}
