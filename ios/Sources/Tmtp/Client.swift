// The object that an app holds: all accounts of an installation.

public import Foundation
public import TmtpCore

/// All accounts of an installation, opened in one folder.
///
/// An actor for its end only: whoever stops it first decides, everybody else waits for the same end. Everything else
/// is done by the core on threads of its own, in any order, and may be called from anywhere; a call that is made after
/// the end gets `TmtpError.Closed`.
///
/// Cancelling the task around a call ends the call in the core, too: it throws `TmtpError.Cancelled`. A call that only
/// reads has then read nothing; one that writes has either happened or not, and `send`, `ping` and `saveDraft` may be
/// repeated under the same draft with the same content.
public actor Client {
    nonisolated let core: any ClientProtocol
    private var stopping: Task<TmtpError?, Never>?

    private init(core: any ClientProtocol) {
        self.core = core
    }

    /// Opens the accounts in a folder, which is made if it is not there. Connects nowhere yet: see ``foreground()`` and
    /// ``wake(_:within:)``.
    ///
    /// - Parameters:
    ///   - home: Holds everything. Its file `install` must not get into backups.
    ///   - profile: What kind of process this is.
    ///   - deviceName: What this device calls its node at the sites; a neutral word if `nil`.
    ///   - proxy: The way out into the network.
    ///   - keys: Where the nodes' secrets are; files in the folder if `nil`.
    ///   - log: Where the core's log goes; nowhere if `nil`.
    ///   - logLevel: Up to what the log is told.
    ///   - world: A disk and clocks for tests.
    public static func open(
        at home: URL, profile: Profile = .app, deviceName: String? = nil, proxy: ProxyConfig? = nil,
        keys: (any KeyStore)? = nil, log: (any LogSink)? = nil, logLevel: LogLevel = .info, world: World? = nil
    ) async throws(TmtpError) -> Client {
        let config = ClientConfig(
            home: home.path, profile: profile, deviceName: deviceName, proxy: proxy, logLevel: logLevel)
        return try await asking {
            Client(core: try await openClient(config: config, keys: keys, log: log, world: world))
        }
    }

    /// The accounts, by name. One that cannot be read is listed with its trouble.
    public nonisolated func accounts() async throws(TmtpError) -> [AccountSummary] {
        try await asking { try await core.accounts() }
    }

    /// One account.
    public nonisolated func account(_ name: AccountName) async throws(TmtpError) -> Account {
        try await asking { try Account(core: await core.account(name: name), client: self) }
    }

    /// Becomes a member of a site. Returns when the alias is this member's; or, once registered, when the time is over:
    /// then the alias is still asked for whenever a link is held.
    ///
    /// Called again for the same site and alias, also after a kill, a cancelled call or an answer that nobody saw, it goes
    /// on with the account that is there, or returns the finished one without a link. Its name may then be another than
    /// the one asked for: see ``Account/name``. ``remove(_:within:)`` takes away what was begun.
    ///
    /// - Parameters:
    ///   - site: Where.
    ///   - alias: Under which name others may find the new member. It must be free there.
    ///   - name: How to call the account on this device; made of the site's host if `nil`.
    ///   - deadline: How long it may take.
    public nonisolated func join(
        _ site: SiteAddress, as alias: Alias, name: AccountName? = nil, within deadline: Duration = .seconds(60)
    ) async throws(TmtpError) -> Account {
        let options = JoinOptions(site: site, alias: alias, name: name, deadlineMs: deadline.milliseconds)
        return try await calling { try Account(core: await core.join(options: options, cancel: $0), client: self) }
    }

    /// Takes a membership over to this device, as a further node of the member. Called again with the same ticket, it
    /// returns the same account.
    public nonisolated func joinNode(
        _ ticket: NodeTicket, name: AccountName? = nil
    ) async throws(TmtpError) -> Account {
        try await asking {
            try Account(core: await core.joinNode(ticket: ticket, name: name), client: self)
        }
    }

    /// Removes an account and everything in it from this device. The member stays known at the site.
    public nonisolated func remove(_ name: AccountName, within deadline: Duration) async throws(TmtpError) {
        try await asking { try await core.remove(name: name, deadlineMs: deadline.milliseconds) }
    }

    /// What was not seen yet, over all accounts that can be read.
    public nonisolated func unreadTotal() async throws(TmtpError) -> Unread {
        try await asking { try await core.unreadTotal() }
    }

    /// What happens from now on, in all accounts.
    public nonisolated func events() throws(TmtpError) -> Events {
        try events(after: eventCursor())
    }

    /// Where the newest event stands.
    public nonisolated func eventCursor() throws(TmtpError) -> EventCursor {
        try telling { try core.eventCursor() }
    }

    /// What has happened since a cursor, as far as it is kept, and what happens from now on.
    public nonisolated func events(after cursor: EventCursor) -> Events {
        Events(core: core, start: cursor)
    }

    /// Quits all links, closes all stores and ends the core's threads. Every sequence ends. What was accepted is durable
    /// in any case.
    ///
    /// - Throws: `TmtpError.TimedOut` if it had to be cut short. The client is stopped all the same.
    public func stop(within deadline: Duration = .seconds(2)) async throws(TmtpError) {
        let stopping =
            self.stopping
            ?? Task { [core] in
                do throws(TmtpError) {
                    try await asking { try await core.stop(deadlineMs: deadline.milliseconds) }
                    return nil
                } catch {
                    return error
                }
            }
        self.stopping = stopping
        guard let error = await stopping.value else { return }
        // A deadline that is none has stopped nothing: the next may be one.
        if case .Input = error { self.stopping = nil }
        throw error
    }
}
