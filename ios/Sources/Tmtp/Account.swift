// One account: a membership at one site, with its own mail, kept on this device. How it runs; what it shows and what is
// written stands in the files beside this one.

public import TmtpCore

/// One account. Reading works always, from the device, at once and without a network. What is written is durable when
/// the call returns, and reaches the site whenever there is a link.
public final class Account: Sendable {
    /// How it is called on this device.
    public let name: AccountName
    let core: any AccountProtocol
    /// Held because an account lives no longer than its client.
    let client: Client

    init(core: any AccountProtocol, client: Client) throws {
        self.name = try core.name()
        self.core = core
        self.client = client
    }

    /// How it stands with its site, as this process knows.
    public func state() throws(TmtpError) -> AccountState {
        try telling { try core.state() }
    }

    /// Everything about how it is doing.
    public func status() async throws(TmtpError) -> Status {
        try await asking { try await core.status() }
    }

    /// Holds a link as long as somebody holds what this returns, whether the app is on the screen or not. Apps tell
    /// ``Client/foreground()`` instead. Returns when the account is open, not when the link stands: see ``states``.
    public func stay() async throws(TmtpError) -> Stay {
        try await asking { Stay(core: try await core.stay()) }
    }

    /// A person wants it now: waits are void, and what was stopped is tried once more. So many links in the last hour
    /// that the next would have to wait are no hindrance then, but for a few seconds. Counts for the link that is wanted
    /// now, or within half a minute.
    public func userActs() async throws(TmtpError) {
        try await asking { try await core.userActs() }
    }

    /// Frees the account for another process: quits the link and closes the store. It opens again by the next call that
    /// needs it.
    public func release(within deadline: Duration = .seconds(2)) async throws(TmtpError) {
        try await asking { try await core.release(deadlineMs: deadline.milliseconds) }
    }

    /// Takes an account into use that was copied here (`AccountState.cloned`): its original is gone, or nothing logs in
    /// from it any more, says the person. If something does, each of the two misses the mail that the other gets.
    /// Changes nothing about an account that was made here. It opens again by the next call that needs it.
    ///
    /// - Throws: `TmtpError.InUse`, another process has it; `TmtpError.StorageFull`.
    public func adopt() async throws(TmtpError) {
        try await asking { try await core.adopt() }
    }

    /// Saves what still reads of a damaged store (`AccountState.damaged`) into a new one. The old one is kept. Can take long.
    public func salvage() async throws(TmtpError) -> SalvageReport {
        try await calling { try await core.salvage(cancel: $0) }
    }
}

/// As long as one of these lives, its account holds a link.
public final class Stay: Sendable {
    private let core: any StayProtocol

    init(core: any StayProtocol) {
        self.core = core
    }

    /// Lets the link go, and waits until the site has been told. Returns at once if others still hold it.
    public func stop(within deadline: Duration = .seconds(2)) async throws(TmtpError) {
        try await asking { try await core.stop(deadlineMs: deadline.milliseconds) }
    }
}
