// Every size and time of the Swift side, each with its reason.

enum Limits {
    /// Events in a batch: a screenful of changes in one crossing, and little to hold.
    static let eventsInABatch: Int32 = 64

    /// Milliseconds that one pull waits in the core. Longer waits are pulls repeated, each of which wakes an idle
    /// processor. The core's own longest wait.
    static let waitForEvents: Int64 = 600_000
}
