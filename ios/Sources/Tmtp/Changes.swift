// The changes of one account, for the sequences that show something of it.

internal import TmtpCore

/// Pulls what happens in one account, from now on.
struct ChangePull: Sendable {
    private let account: AccountName
    private var pull: EventPull

    init(account: Account) throws(TmtpError) {
        self.account = account.name
        pull = EventPull(core: account.client.core, cursor: try account.client.eventCursor())
    }

    /// The changes of the next batch that has some, or that has a gap; `nil` at the end.
    mutating func next() async throws(TmtpError) -> (changes: [Change], gap: Bool)? {
        while let batch = try await pull.next() {
            let changes = batch.events.filter { $0.account == account }.map(\.change)
            if !changes.isEmpty || batch.isGap { return (changes, batch.isGap) }
        }
        return nil
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
        case .messageArrived, .messageChanged, .threadChanged, .outgoingChanged, .withdrawn, .accountRemoved: true
        default: false
        }
    }

    /// Whether one thread may look different.
    func concerns(_ wanted: ThreadId) -> Bool {
        switch self {
        case .messageArrived(let thread, _, _), .messageChanged(let thread, _), .threadChanged(let thread):
            thread == wanted
        // The site's id of a thread's beginning comes with its own event; states of items do not name their thread.
        case .outgoingChanged, .withdrawn, .accountRemoved: true
        default: false
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

extension TmtpError {
    /// Whether a sequence ends by it as if there were no more: its task was cancelled, or its client stopped.
    var endsSequences: Bool {
        switch self {
        case .Cancelled, .Closed: true
        default: false
        }
    }
}
