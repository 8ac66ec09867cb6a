// How a call reaches the core: with a cancel handle that a cancelled task trips, and with one kind of error
// coming back. Every call of this module that may take long goes through here.

internal import TmtpCore

/// Calls the core so that cancelling the surrounding task ends the work there too, not only the waiting for it.
///
/// A generated call does not see `Task.cancel()`: it would run to its end. The handle is tripped instead, also if
/// the task was cancelled before the call begins; the core then answers `TmtpError.Cancelled`.
func calling<Answer: Sendable>(
    isolation: isolated (any Actor)? = #isolation,
    _ work: (Cancel) async throws -> Answer
) async throws(TmtpError) -> Answer {
    let cancel = Cancel()
    do {
        return try await withTaskCancellationHandler {
            try await work(cancel)
        } onCancel: {
            cancel.cancel()
        }
    } catch {
        throw TmtpError.of(error)
    }
}

/// Calls the core for something quick, which need not be cancelled.
func asking<Answer: Sendable>(
    isolation: isolated (any Actor)? = #isolation,
    _ work: () async throws -> Answer
) async throws(TmtpError) -> Answer {
    do {
        return try await work()
    } catch {
        throw TmtpError.of(error)
    }
}

/// Tells the core something, at once and without waiting.
func telling<Answer>(_ work: () throws -> Answer) throws(TmtpError) -> Answer {
    do {
        return try work()
    } catch {
        throw TmtpError.of(error)
    }
}

extension TmtpError {
    /// The error as the closed kind that callers get. Anything else would be a defect of the border: the core's
    /// panics arrive so, and leave the client `TmtpError.Broken`.
    static func of(_ error: any Error) -> TmtpError {
        error as? TmtpError ?? .Broken
    }
}
