// Every size and time of the Swift side, each with its reason.

enum Limits {
    /// Events in a batch: a screenful of changes in one crossing, and little to hold.
    static let eventsInABatch: Int32 = 64

    /// Milliseconds that one pull waits in the core. Longer waits are pulls repeated, so that none outlives a process
    /// that was suspended in between by much. The core's own longest wait.
    static let waitForEvents: Int64 = 60_000
}
