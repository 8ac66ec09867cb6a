// The changes of one account, for the sequences that show something of it.

internal import TmtpCore

/// Pulls what happens in one account, from now on.
struct ChangePull: Sendable {
    private let account: AccountName
    private var events: EventPull

    init(account: Account) throws(TmtpError) {
        self.account = account.name
        events = EventPull(core: account.client.core, cursor: try account.client.eventCursor())
    }

    /// The changes of the next batch that has some, or that has a gap; `nil` at the end.
    mutating func next() async throws(TmtpError) -> (changes: [Change], gap: Bool)? {
        while let found = try await pull() {
            if !found.changes.isEmpty || found.gap { return found }
        }
        return nil
    }

    /// The changes of one pull, which waits for a while and may bring none; `nil` at the end.
    mutating func pull() async throws(TmtpError) -> (changes: [Change], gap: Bool)? {
        guard let batch = try await events.pull() else { return nil }
        return (batch.events.filter { $0.account == account }.map(\.change), batch.isGap)
    }
}

extension EventBatch {
    /// Whether something is gone that the reader has not seen.
    var isGap: Bool { missed > 0 || newEpoch }
}

extension Change {
    /// Whether a list of threads may look different.
    var concernsThreads: Bool {
        switch self {
        case .messageArrived, .messageChanged, .threadChanged, .outgoingChanged, .withdrawn: true
        default: concernsNames
        }
    }

    /// Whether somebody may have another name, or one that can be believed more or less than before. Everything that
    /// shows people concerns it; the change does not say who it is.
    var concernsNames: Bool {
        switch self {
        case .contactsChanged, .aliasesChanged: true
        default: false
        }
    }

    /// Whether one thread may look different.
    func concerns(_ wanted: ThreadId) -> Bool {
        switch self {
        case .messageArrived(let thread, _, _), .messageChanged(let thread, _), .threadChanged(let thread):
            thread == wanted
        // The site's id of a thread's beginning comes with its own event; states of items do not name their thread.
        case .outgoingChanged, .withdrawn: true
        default: concernsNames
        }
    }
}

/// `nil` instead of the errors by which a sequence ends.
func ending<Answer: Sendable>(
    isolation: isolated (any Actor)? = #isolation,
    _ work: () async throws(TmtpError) -> Answer
) async throws(TmtpError) -> Answer? {
    do throws(TmtpError) {
        return try await work()
    } catch {
        if error.endsSequences { return nil }
        throw error
    }
}

/// `nil` while nothing can be read, because the client is suspended.
func unlessSuspended<Answer: Sendable>(
    isolation: isolated (any Actor)? = #isolation,
    _ work: () async throws(TmtpError) -> Answer
) async throws(TmtpError) -> Answer? {
    do throws(TmtpError) {
        return try await work()
    } catch {
        if error == .Suspended { return nil }
        throw error
    }
}

extension TmtpError {
    /// Whether a sequence ends by it as if there were no more: its task was cancelled, or its client stopped.
    var endsSequences: Bool {
        switch self {
        case .Cancelled, .Closed: true
        default: false
        }
    }
}
