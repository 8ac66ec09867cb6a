// What a screen shows, kept up to date: read once, and again after whatever may have changed it.

public import TmtpCore

/// Something of an account that a screen shows: now, and after each change.
///
/// However many events came at once, it is read once for them. While the client is suspended nothing is read; it goes on
/// after ``Client/resumed()``. Ends without an error when its task is cancelled, the client is stopped, or the account is
/// removed.
public struct Live<Shown: Sendable>: AsyncSequence, Sendable {
    /// What is shown.
    public typealias Element = Shown

    let account: Account
    /// Whether what was shown last may look different after this.
    let concerns: @Sendable (Change, Shown) -> Bool
    let read: @Sendable () async throws(TmtpError) -> Shown

    /// A reader that begins with what there is then.
    public func makeAsyncIterator() -> Iterator {
        Iterator(live: self)
    }

    /// Reads again whenever something has changed.
    public struct Iterator: AsyncIteratorProtocol {
        private let live: Live
        private var changes: ChangePull?
        private var last: Shown?
        /// What was due could not be read, because the client was suspended.
        private var isMissing = false
        private var isOver = false

        init(live: Live) {
            self.live = live
        }

        /// What is shown next; `nil` at the end, and after an error.
        public mutating func next() async throws -> Shown? {
            guard !isOver else { return nil }
            isOver = true
            if changes == nil {
                // From before the first reading, so that nothing falls between the two.
                let account = live.account
                changes = try await ending { () async throws(TmtpError) in try ChangePull(account: account) }
            }
            while changes != nil, try await isDue() {
                let read = live.read
                let tried = try await ending { () async throws(TmtpError) in try await unlessSuspended(read) }
                guard let found = tried else { return nil }
                guard let shown = found else {
                    isMissing = true
                    continue
                }
                isMissing = false
                last = shown
                isOver = false
                return shown
            }
            return nil
        }

        /// Waits for a change that concerns what is shown; false at the end.
        private mutating func isDue() async throws(TmtpError) -> Bool {
            // That the client goes on is told; should that have been before, a pull that brings nothing will do.
            if isMissing { return try await changes?.pull() != nil }
            guard let last else { return true }
            while let (found, gap) = try await changes?.next() {
                if found.contains(.accountRemoved) { return false }
                if gap || found.contains(where: { live.concerns($0, last) }) { return true }
            }
            return false
        }
    }
}

extension Account {
    /// The first threads, the one with the newest message first: now, and after each change.
    public func inbox(unreadOnly: Bool = false, page: Page = .first) -> Live<[ThreadRow]> {
        Live(account: self, concerns: { change, _ in change.concernsThreads }) { () async throws(TmtpError) in
            try await self.threads(unreadOnly: unreadOnly, page: page).items
        }
    }

    /// One thread with its last messages: now, and after each change.
    public func live(_ thread: ThreadId, page: Page = .first) -> Live<ThreadScreen> {
        // A thread is named anew when the site has taken its beginning.
        Live(account: self, concerns: { $0.concerns(thread) || $0.concerns($1.thread.thread) }) {
            () async throws(TmtpError) in
            try await self.screen(thread, page: page)
        }
    }

    /// How the account stands with its site: now, and after each change, at least the last of several.
    public var states: Live<AccountState> {
        Live(
            account: self,
            concerns: { change, _ in
                if case .stateChanged = change { true } else { false }
            },
            read: { () async throws(TmtpError) in try self.state() })
    }
}
