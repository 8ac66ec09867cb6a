// What changes, as a sequence. The core keeps the last events in a ring and hands them out in batches; nothing is
// kept here but the rest of one batch.

public import TmtpCore

/// What happens in all accounts, in one order, from the moment of ``Client/events()`` on.
///
/// Events hold ids: whoever wants to show something reads it, the store has it by then. Every loop over the sequence
/// sees all of it. It ends without an error when its task is cancelled or the client is stopped; a pull that waits in
/// the core ends with it.
public struct Events: AsyncSequence, Sendable {
    /// Something that happened, or a gap.
    public enum Element: Sendable, Hashable {
        /// Something has changed in an account.
        case event(Event)
        /// This reader was too slow, and so many events are gone (zero: its cursor was of another open of the client).
        /// Read the lists again.
        case missed(Int64)
    }

    let core: any ClientProtocol
    let start: EventCursor

    /// A reader that begins where the sequence begins.
    public func makeAsyncIterator() -> Iterator {
        Iterator(pull: EventPull(core: core, cursor: start))
    }

    /// Reads one event after the other.
    public struct Iterator: AsyncIteratorProtocol {
        private var pull: EventPull
        private var ready: ArraySlice<Element> = []

        init(pull: EventPull) {
            self.pull = pull
        }

        /// The next event; `nil` at the end.
        public mutating func next() async throws -> Element? {
            while true {
                if let element = ready.popFirst() { return element }
                guard let batch = try await pull.next() else { return nil }
                let gap: [Element] = batch.isGap ? [.missed(batch.missed)] : []
                ready = (gap + batch.events.map(Element.event))[...]
            }
        }
    }
}

/// Pulls events in batches from a cursor on: one crossing for each batch.
struct EventPull: Sendable {
    let core: any ClientProtocol
    var cursor: EventCursor

    /// The next batch that holds something, however long that takes; `nil` when the task is cancelled or the client
    /// is stopped.
    mutating func next() async throws(TmtpError) -> EventBatch? {
        while let batch = try await pull() {
            if batch.isGap || !batch.events.isEmpty { return batch }
        }
        return nil
    }

    /// The next batch, an empty one after a while in which nothing happened; `nil` as with ``next()``.
    mutating func pull() async throws(TmtpError) -> EventBatch? {
        if Task.isCancelled { return nil }
        let (core, after) = (core, cursor)
        let pulled = try await ending { () async throws(TmtpError) in
            try await calling { cancel in
                try await core.nextEvents(
                    after: after, max: Limits.eventsInABatch, waitMs: Limits.waitForEvents, cancel: cancel)
            }
        }
        cursor = pulled?.cursor ?? after
        return pulled
    }
}
