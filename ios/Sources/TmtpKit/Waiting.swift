// The kit in Swift's own words: what is started, and what is waited for, with a deadline that fails the test. Nothing
// waits by sleeping.

public import Foundation
public import Tmtp
public import TmtpKitCore

extension Duration {
    /// Whole milliseconds.
    fileprivate var milliseconds: Int64 {
        components.seconds * 1000 + components.attoseconds / 1_000_000_000_000_000
    }
}

/// How long a test waits for something at most, unless it says otherwise: ample on a machine that is busy.
public let patience: Duration = .seconds(40)

extension KitSite {
    /// A site on a free port, in memory.
    public static func start(_ options: SiteOptions = SiteOptions()) async throws -> KitSite {
        try await startSite(options: options)
    }

    /// Waits until something has happened at least so often.
    @discardableResult
    public func awaitCount(
        _ what: SiteCount, _ least: Int64, within deadline: Duration = patience
    ) async throws -> Int64 {
        try await awaitCount(what: what, atLeast: least, deadlineMs: deadline.milliseconds)
    }

    /// Waits until exactly so many messages wait for the nodes of a member.
    public func awaitQueued(_ uid: Uid, _ exactly: Int64, within deadline: Duration = patience) async throws {
        try await awaitQueued(uid: uid.text, exactly: exactly, deadlineMs: deadline.milliseconds)
    }

    /// Waits until everything was delivered and confirmed.
    public func awaitAllDelivered(within deadline: Duration = patience) async throws {
        try await awaitAllDelivered(deadlineMs: deadline.milliseconds)
    }
}

extension KitRelay {
    /// A relay in front of a site.
    public static func start(before site: KitSite) async throws -> KitRelay {
        try await startRelay(siteAddress: site.address())
    }

    /// Where to join instead of the site.
    public var site: SiteAddress { SiteAddress(address()) }

    /// Waits until exactly so many links run.
    public func awaitRunning(_ exactly: Int64, within deadline: Duration = patience) async throws {
        try await awaitRunning(exactly: exactly, deadlineMs: deadline.milliseconds)
    }

    /// Waits until at least so many bytes have come that way, over all links so far.
    @discardableResult
    public func awaitBytes(_ least: Int64, _ way: Way, within deadline: Duration = patience) async throws -> Int64 {
        try await awaitBytes(atLeast: least, way: way, deadlineMs: deadline.milliseconds)
    }
}

/// What is in the stores of a home, read by a fresh reader: beside whoever has them open, or after a kill.
public func stored(at home: URL) async throws -> [StoredAccount] {
    try await readStore(home: home.path)
}

/// The files below a folder that this process has open, mapped or locked.
public func filesInUse(below folder: URL) throws -> [UsedFile] {
    try filesUsed(below: folder.path, process: nil)
}

extension KitMember {
    /// Becomes a member of a site. It holds no link then.
    public static func join(_ site: KitSite, as alias: Alias) async throws -> KitMember {
        try await joinMember(siteAddress: site.address(), alias: alias.text)
    }

    /// Waits until it has at least so many messages of others; all that it has.
    public func awaitMessages(_ least: Int64, within deadline: Duration = patience) async throws -> [MemberMessage] {
        try await awaitMessages(atLeast: least, deadlineMs: deadline.milliseconds)
    }

    /// Begins a thread, and waits until the site has it. Its id.
    @discardableResult
    public func write(
        to uid: Uid, subject: String = "From Bob", text: String, within deadline: Duration = patience
    ) async throws -> String {
        let thread = try await send(to: [uid.text], subject: subject, text: text, attachments: [])
        try await awaitSent(deadlineMs: deadline.milliseconds)
        return thread
    }
}

extension KitHostile {
    /// A site in front of an honest one, honest itself until it turns.
    public static func start(before site: KitSite) async throws -> KitHostile {
        try await startHostile(siteAddress: site.address())
    }

    /// Waits until it has taken at least so many links.
    public func awaitLinks(_ least: Int64, within deadline: Duration = patience) async throws {
        _ = try await awaitLinks(atLeast: least, deadlineMs: deadline.milliseconds)
    }
}
