// What each exported call costs beside an empty one, seen from Swift: median of many, in microseconds. Started by
// `ios/run crossings`; the figures stand in tests/bench/README.md.

import Foundation
import Tmtp
import TmtpKit
import TmtpKitCore

@main
enum Main {
    static func main() async throws {
        try await Crossings.run()
    }
}

enum Crossings {
    static func run() async throws {
        let stage = try await Furnished()
        let client = stage.client
        let account = stage.account

        let empty = try await measure("an empty call") { try TmtpKitCore.empty() }
        try await measure("where the newest event stands", beside: empty) { _ = try client.eventCursor() }
        try await measure("how an account stands", beside: empty) { _ = try account.state() }
        try await measure("foreground", beside: empty) { try client.foreground() }
        try await measure("network", beside: empty) { try client.network(NetworkHint(path: 1)) }
        try await measure("unlocked", beside: empty) { try client.unlocked() }
        try await measure("memory pressure", beside: empty) { try client.memoryPressure() }
        try await measure("power", beside: empty) { try client.power(saver: false) }
        try await measure("resumed", beside: empty) { try client.resumed() }

        let waiting = try await measure("an empty call that waits") { try await emptyAsync() }
        try await measure("accounts", beside: waiting) { _ = try await client.accounts() }
        try await measure("one account", beside: waiting) { _ = try await client.account("ada") }
        try await measure("unread in all", beside: waiting) { _ = try await client.unreadTotal() }
        try await measure("status", beside: waiting) { _ = try await account.status() }
        try await measure("50 threads", beside: waiting) { _ = try await account.threads() }
        try await measure("1 thread", beside: waiting) { _ = try await account.threads(page: Page(limit: 1)) }
        try await measure("a thread with 50 messages", beside: waiting) { _ = try await account.screen(stage.thread) }
        try await measure("a message", beside: waiting) { _ = try await account.message(stage.message) }
        try await measure("50 of the outbox", beside: waiting) { _ = try await account.outbox() }
        try await measure("one of the outbox", beside: waiting) { _ = try await account.outgoing(stage.sendId) }
        try await measure("contacts", beside: waiting) { _ = try await account.contacts() }
        try await measure("pings", beside: waiting) { _ = try await account.pings() }
        try await measure("drafts", beside: waiting) { _ = try await account.drafts() }
        try await measure("parked", beside: waiting) { _ = try await account.parked() }
        try await measure("aliases", beside: waiting) { _ = try await account.aliases() }
        try await measure("nodes", beside: waiting) { _ = try await account.nodes() }
        try await measure("ledger", beside: waiting) { _ = try await client.ledger() }
        let behind = EventCursor(epoch: 0, seq: 0)
        try await measure("a batch of 64 events", beside: waiting) {
            var events = client.events(after: behind).makeAsyncIterator()
            _ = try await events.next()
        }
        try await measure("a person acts", beside: waiting) { try await account.userActs() }

        print(
            "\nWith a commit. The folder is the system's for temporary files, often in memory: then nothing waits for a disk."
        )
        var number = 0
        try await measure("keep a draft", beside: waiting, times: 100) {
            try await account.saveDraft(NewMessage(draft: "draft", to: .people(), subject: "s", text: "t"))
        }
        try await measure("send", beside: waiting, times: 100) {
            number += 1
            try await account.send(NewMessage(draft: "\(number)", to: .reply(thread: stage.thread), text: "t"))
        }
        try await measure("send the same again", beside: waiting, times: 100) {
            try await account.send(NewMessage(draft: "1", to: .reply(thread: stage.thread), text: "t"))
        }
        try await measure("mark a thread read", beside: waiting, times: 100) {
            try await account.markThreadRead(stage.thread)
        }
        try await client.stop()
    }

    /// Prints and returns the median in microseconds.
    @discardableResult
    static func measure(
        _ what: String, beside empty: Double? = nil, times: Int = 1_000, _ call: () async throws -> Void
    ) async throws -> Double {
        let clock = ContinuousClock()
        var took: [Double] = []
        for _ in 0..<times {
            let began = clock.now
            try await call()
            let (seconds, attoseconds) = (clock.now - began).components
            took.append(Double(seconds) * 1e6 + Double(attoseconds) / 1e12)
        }
        let median = took.sorted()[times / 2]
        let ratio = empty.map { String(format: "%7.1f", median / $0) } ?? ""
        print(what.padding(toLength: 32, withPad: " ", startingAt: 0), String(format: "%9.1f us", median), ratio)
        return median
    }
}

/// A client with something to read: 60 threads, one of 60 messages, none of them sent.
struct Furnished {
    let home = FileManager.default.temporaryDirectory.appending(path: "tmtp-crossings-\(UUID().uuidString)")
    let client: Client
    let account: Account
    let thread: ThreadId
    let message: MessageId
    let sendId: SendId

    init() async throws {
        let site = try await KitSite.start()
        client = try await Client.open(at: home)
        account = try await client.join(SiteAddress(site.address()), as: "ada lovelace", name: "ada")
        // From here on nothing leaves: what is measured is this side alone.
        try await site.stop()
        var sent: Sent?
        for number in 0..<60 {
            sent = try await account.send(
                NewMessage(to: .people(), subject: "Thread \(number)", text: String(repeating: "Text. ", count: 30)))
        }
        guard let sent else { throw TmtpError.NotFound }
        (thread, message, sendId) = (sent.thread, sent.message, sent.sendId)
        for _ in 0..<60 {
            try await account.send(
                NewMessage(to: .reply(thread: thread), text: String(repeating: "Text. ", count: 30)))
        }
    }
}
