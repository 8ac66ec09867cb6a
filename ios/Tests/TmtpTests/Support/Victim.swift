// A child process that is killed.

import Foundation

/// The executable `victim`, running.
final class Victim {
    private let process = Process()
    private let output = Pipe()

    init(home: URL, account: String, to recipient: String, file: URL) throws {
        // Beside the test bundle, where SwiftPM puts what it builds.
        let products = URL(filePath: CommandLine.arguments[0]).deletingLastPathComponent()
        process.executableURL = products.appending(path: "victim")
        process.arguments = [home.path, account, recipient, file.path]
        process.standardOutput = output
        try process.run()
    }

    /// The line that it says when its message is durable.
    func said() async throws -> String {
        let handle = output.fileHandleForReading
        let line = await Task.detached { handle.availableData }.value
        return String(decoding: line, as: UTF8.self).trimmingCharacters(in: .whitespacesAndNewlines)
    }

    /// SIGKILL, and waits until it is gone.
    func kill() {
        Foundation.kill(process.processIdentifier, SIGKILL)
        process.waitUntilExit()
    }

    deinit {
        if process.isRunning { kill() }
    }
}
