// What a client does that has no account yet.

import Foundation
import Testing
import Tmtp

@Suite(.timeLimit(.minutes(1)))
struct Opening {
    @Test func aStoppedClientSaysClosedToEveryCall() async throws {
        let folder = try Folder()
        let client = try await Client.open(at: folder["home"])
        let events = try client.events()
        try await client.stop()
        try await client.stop()

        await #expect(throws: TmtpError.Closed) { try await client.accounts() }
        await #expect(throws: TmtpError.Closed) { try await client.account("nobody") }
        await #expect(throws: TmtpError.Closed) { try await client.unreadTotal() }
        await #expect(throws: TmtpError.Closed) { try await client.wake(within: .seconds(1)) }
        await #expect(throws: TmtpError.Closed) { try await client.willSuspend(within: .seconds(1)) }
        #expect(throws: TmtpError.Closed) { try client.foreground() }
        #expect(throws: TmtpError.Closed) { try client.resumed() }
        #expect(throws: TmtpError.Closed) { try client.events() }
        var iterator = events.makeAsyncIterator()
        #expect(try await iterator.next() == nil)
    }

    @Test func whoeverStopsItOnceMoreWaitsForTheSameEnd() async throws {
        let folder = try Folder()
        let client = try await Client.open(at: folder["home"])
        try await withThrowingTaskGroup(of: Void.self) { group in
            for _ in 0..<8 { group.addTask { try await client.stop() } }
            try await group.waitForAll()
        }
    }

    @Test func aCallOfACancelledTaskDoesNotBegin() async throws {
        let folder = try Folder()
        let client = try await Client.open(at: folder["home"])
        let task = Task {
            while !Task.isCancelled { await Task.yield() }
            return try await client.wake(within: .seconds(30))
        }
        task.cancel()
        await #expect(throws: TmtpError.Cancelled) { try await task.value }
        try await client.stop()
    }

    @Test func theFolderOpensAgainAfterItsClientWasStopped() async throws {
        let folder = try Folder()
        for _ in 0..<3 {
            let client = try await Client.open(at: folder["home"])
            #expect(try await client.accounts().isEmpty)
            try await client.stop()
        }
    }
}
