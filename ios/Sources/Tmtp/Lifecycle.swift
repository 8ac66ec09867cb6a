// Facts about the world, told to the core as they are. What follows from them is decided there, once for all
// platforms: they may come in any order, repeated and contradictory. They only ever hasten something.

public import Foundation
public import TmtpCore

extension Client {
    /// The app is on the screen: links are held.
    public nonisolated func foreground() throws(TmtpError) {
        try telling { try core.foreground() }
    }

    /// The app has left the screen, and the platform grants it so much time: what waits is sent and fetched, then the
    /// links are quit.
    public nonisolated func background(for budget: Duration) throws(TmtpError) {
        try telling { try core.background(budgetMs: budget.milliseconds) }
    }

    /// The network looks different.
    ///
    /// Where bytes cost money (`metered`), a large message that was sent is not downloaded again only to prove that it
    /// was; one whose answer is lost may have to ask its person. Nothing else follows: a delivery that is left at the
    /// site holds up everything behind it. An app that wants to spare bytes asks before it sends a large file.
    public nonisolated func network(_ hint: NetworkHint) throws(TmtpError) {
        try telling { try core.network(hint: hint) }
    }

    /// The device was unlocked: keys can be read now.
    public nonisolated func unlocked() throws(TmtpError) {
        try telling { try core.unlocked() }
    }

    /// The platform is short of memory.
    public nonisolated func memoryPressure() throws(TmtpError) {
        try telling { try core.memoryPressure() }
    }

    /// Whether the person wants to spare the battery. While so, an account that could not be opened is tried again, and a
    /// link is probed when the network changes again and again, after four times the wait. Nothing else changes.
    public nonisolated func power(saver: Bool) throws(TmtpError) {
        try telling { try core.power(saver: saver) }
    }

    /// The process is about to be suspended. When this returns, no file of ours is open or locked; calls that come then
    /// get `TmtpError.Suspended` and lose nothing. Not ended by cancelling the task: the platform's patience is the
    /// deadline.
    public nonisolated func willSuspend(within deadline: Duration) async throws(TmtpError) {
        try await asking { try await core.willSuspend(deadlineMs: deadline.milliseconds) }
    }

    /// The process runs again.
    public nonisolated func resumed() throws(TmtpError) {
        try telling { try core.resumed() }
    }

    /// A push has come: looks at the accounts that it concerns, at all of them if that cannot be told.
    ///
    /// Always answers before the budget is over.
    public nonisolated func push(_ payload: Data?, within budget: Duration) async throws(TmtpError) -> WakeSummary {
        try await calling {
            try await core.push(payload: payload, budgetMs: budget.milliseconds, cancel: $0)
        }
    }

    /// Looks at these accounts, at all of them if `nil`: connects, stores what waits, sends what is queued, quits.
    ///
    /// Always answers before the budget is over.
    public nonisolated func wake(
        _ accounts: [AccountName]? = nil, within budget: Duration
    ) async throws(TmtpError) -> WakeSummary {
        try await calling {
            try await core.wake(accounts: accounts, budgetMs: budget.milliseconds, cancel: $0)
        }
    }

    /// The wakes of all accounts, the last first: stages and times, no contents.
    public nonisolated func ledger(page: Page = .first) async throws(TmtpError) -> LedgerPage {
        try await asking { try await core.ledger(page: page) }
    }

    /// The whole ledger as JSON, one line for each wake, for whoever examines what pushes do. No contents.
    public nonisolated func ledgerExport() async throws(TmtpError) -> String {
        try await asking { try await core.ledgerExport() }
    }
}
