// A client that is stopped, or let go, at any moment of its own calls and sequences. What goes wrong here corrupts the
// memory of the process, which ends a little later, anywhere.

import Foundation
import Testing
import Tmtp
import TmtpKit

@Suite(.timeLimit(.minutes(60)))
struct CloseRace {
    /// How many, `TMTP_CLOSES=10000`; as many as there is time for in a run of all tests.
    private let closes = ProcessInfo.processInfo.environment["TMTP_CLOSES"].flatMap { Int($0) } ?? 3_000

    @Test func aClientCanEndUnderReadersAndWritersAsOftenAsOneLikes() async throws {
        try await Stage.play { stage in
            let first = try await stage.join()
            try await first.client.stop()
            let world = try Device.hasty()
            for round in 0..<closes {
                try await race(round, at: stage.home("ada"), world: world)
            }
            // Those that were let go end by themselves.
            let last = try await Client.open(at: stage.home("ada"), world: world.world())
            let account = try await last.account("ada")
            try await whenFree { try await account.saveDraft(draft("last", "last")) }
            try await last.stop()
        }
    }

    private func race(_ round: Int, at home: URL, world: KitWorld) async throws {
        let client = try await Client.open(at: home, world: world.world())
        let account = try await client.account("ada")
        var random = Seeded(state: UInt64(round))
        let changes = Int.random(in: 0..<4, using: &random)
        let (begun, say) = AsyncStream.makeStream(of: Void.self)
        let writers = [
            Task {
                try await untilClosed { number in
                    if number == changes { say.yield() }
                    try await account.saveDraft(draft("draft", "\(number)"))
                }
            },
            Task { try await untilClosed { _ in try await account.stay().stop() } },
            Task { try await untilClosed { _ in _ = try account.state() } },
            Task {
                try await untilClosed { _ in
                    let sent = try await account.send(draft("sent", "always"))
                    _ = try await account.waitSent(sent.sendId, within: .milliseconds(20))
                }
            },
        ]
        let readers = self.readers(of: client, account)
        for await _ in begun.prefix(1) {}
        switch round % 4 {
        case 0:
            // Nobody stops it: it goes with the last of those who hold it.
            for task in readers + writers { task.cancel() }
        case 1: try await client.stop()
        case 2:
            async let once: Void = client.stop()
            async let again: Void = client.stop()
            _ = try await (once, again)
        default:
            for (at, reader) in readers.enumerated() where at.isMultiple(of: 2) { reader.cancel() }
            try await client.stop()
        }
        for task in readers + writers { try await task.value }
    }

    private func readers(of client: Client, _ account: Account) -> [Task<Void, any Error>] {
        let events = (0..<4).map { _ in
            Task { try await untilClosed(once: true) { _ in for try await _ in try client.events() {} } }
        }
        let inboxes = (0..<2).map { _ in Task { for try await _ in account.inbox() {} } }
        return events + inboxes + [Task { for try await _ in account.states {} }]
    }

    /// Calls until it is cancelled, or a call says that the client is closed: the only errors that there may be. One that
    /// was let go may hold the account a moment longer.
    private func untilClosed(once: Bool = false, _ call: (Int) async throws -> Void) async throws {
        var number = 0
        while !Task.isCancelled {
            do {
                try await call(number)
                number += 1
                if once { return }
            } catch TmtpError.Closed, TmtpError.Cancelled {
                return
            } catch TmtpError.InUse {
                await Task.yield()
            }
        }
    }

    private func whenFree(_ call: () async throws -> Void) async throws {
        let clock = ContinuousClock()
        let end = clock.now + patience
        while clock.now < end {
            do { return try await call() } catch TmtpError.InUse { await Task.yield() }
        }
        try await call()
    }

    private func draft(_ id: String, _ text: String) -> NewMessage {
        NewMessage(draft: id, to: .people(), subject: "Counts", text: text)
    }
}

/// Random numbers that are the same each time.
private struct Seeded: RandomNumberGenerator {
    var state: UInt64

    mutating func next() -> UInt64 {
        state = state &+ 0x9E37_79B9_7F4A_7C15
        var mixed = (state ^ (state >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return mixed ^ (mixed >> 31)
    }
}
