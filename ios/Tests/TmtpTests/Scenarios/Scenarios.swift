// The scenarios of bindings/scenarios, as an app lives through them: the real library, a real site over TLS, a bad
// network between them. Judged by what the site has seen and by a fresh reader of the store. The same list stands in
// Rust (bindings/kit/tests/scenarios) and in Kotlin.

import Foundation
import Testing
import Tmtp
import TmtpKit

@Suite("scenarios", .serialized, .timeLimit(.minutes(2)))
struct Scenarios {
    @Test("first join and first message")
    func firstJoinAndFirstMessage() async throws {
        try await Stage.play { stage in
            let ada = try await stage.join()
            try ada.client.foreground()
            let sent = try await ada.account.send(
                NewMessage(to: .people(stage.bob.uid()), subject: "Tea", text: "At five?"))
            #expect(try await ada.account.waitSent(sent.sendId, within: patience) == .sent)

            let atBob = try await stage.bob.awaitMessages(1)
            #expect(atBob.map(\.text) == ["At five?"])
            try await stage.bob.reply(thread: try #require(atBob.first).thread, text: "At five.")
            try await stage.bob.awaitSent(deadlineMs: 30_000)
            let inbox = try await ada.account.inbox().first { $0.first?.unread == 1 }
            #expect(inbox?.first?.preview == "At five.")
            #expect(try await ada.client.unreadTotal().messages == 1)
            try await ada.client.stop()

            #expect(stage.site.record().posts.count == 2)
            let store = try await ada.stored()
            #expect(store.intact)
            #expect(store.messages.map(\.text) == ["At five?", "At five."])
            #expect(store.messages.map(\.state) == ["sent", nil])
        }
    }

    @Test("offline compose then network")
    func offlineComposeThenNetwork() async throws {
        try await Stage.play { stage in
            var ada = try await stage.join()
            stage.relay.refuse(refuse: true)
            try ada.client.foreground()
            var thread: ThreadId?
            for text in ["one", "two", "three"] {
                let to = thread.map { To.reply(thread: $0) } ?? .people(stage.bob.uid())
                let message = NewMessage(draft: text, to: to, subject: thread == nil ? "Counting" : "", text: text)
                thread = try await ada.account.send(message).thread
            }
            // The app ends and comes back, still without a network.
            try await ada.client.stop()
            #expect(try await ada.stored().outbox.map(\.state) == ["queued", "queued", "queued"])
            ada = try await stage.reopen()
            try ada.client.foreground()
            #expect(try await ada.account.outbox().items.count == 3)
            #expect(stage.site.record().posts.isEmpty)

            stage.relay.refuse(refuse: false)
            try ada.client.network(NetworkHint(path: 2))
            let atBob = try await stage.bob.awaitMessages(3)
            #expect(atBob.map(\.text) == ["one", "two", "three"])
            for item in try await ada.account.outbox().items {
                #expect(try await ada.account.waitSent(item.sendId, within: patience) == .sent)
            }
            try await ada.client.stop()
            #expect(stage.site.record().posts.count == 3)
            #expect(try await ada.stored().messages.map(\.state) == ["sent", "sent", "sent"])
        }
    }

    @Test("link cut during send resolved as sent")
    func linkCutDuringSendResolvedAsSent() async throws {
        try await Stage.play { stage in
            let ada = try await stage.join()
            try await ada.goOnline()
            // The site takes the post; not a byte of what it says then gets through.
            let states = ways(of: try ada.client.events())
            try stage.relay.cutAfter(bytes: 1, way: .down)
            let sent = try await ada.account.send(
                NewMessage(to: .people(stage.bob.uid()), subject: "Tea", text: "At five?"))
            #expect(try await ada.account.waitSent(sent.sendId, within: patience) == .sent)
            #expect(try await states.value.contains(.inDoubt))
            #expect(stage.relay.counters().cuts == 1)
            #expect(try await stage.bob.awaitMessages(1).map(\.text) == ["At five?"])
            try await ada.client.stop()

            #expect(stage.site.record().posts.count == 1)
            #expect(try await ada.stored().messages.map(\.state) == ["sent"])
        }
    }

    @Test("link cut during send resolved as not sent")
    func linkCutDuringSendResolvedAsNotSent() async throws {
        try await Stage.play { stage in
            let ada = try await stage.join()
            try await ada.goOnline()
            // So slow that the cut falls into the post.
            try stage.relay.rate(bytesPerSecond: 100_000)
            let before = stage.relay.counters().bytesUp
            let file = try stage.folder.file("map", bytes: 300_000)
            let sent = try await ada.account.send(
                NewMessage(to: .people(stage.bob.uid()), subject: "Map", text: "Here.", attachments: [file]))
            try await stage.relay.awaitBytes(before + 60_000, .up)
            stage.relay.cut()
            #expect(stage.site.record().posts.isEmpty)
            try stage.relay.rate(bytesPerSecond: nil)

            #expect(try await ada.account.waitSent(sent.sendId, within: patience) == .sent)
            let atBob = try await stage.bob.awaitMessages(1)
            #expect(atBob.map(\.attachedBytes) == [300_000])
            try await ada.client.stop()
            #expect(stage.site.record().posts.count == 1)
            #expect(try await ada.stored().messages.map(\.state) == ["sent"])
        }
    }

    @Test("same send called twice around a cancelled call")
    func sameSendCalledTwiceAroundACancelledCall() async throws {
        try await Stage.play { stage in
            let ada = try await stage.join()
            let account = try ada.account
            let file = try stage.folder.file("map", bytes: 4_000_000)
            let message = NewMessage(
                draft: "tea", to: .people(stage.bob.uid()), subject: "Tea", text: "At five?", attachments: [file])
            let first = Task { try await account.send(message) }
            first.cancel()
            // Cancelled before, while or after the file was copied: each is fine, and says so.
            if case .failure(let error) = await first.result {
                #expect(error as? TmtpError == .Cancelled)
            }
            let second = try await account.send(message)
            let third = try await account.send(message)
            #expect(second == third)

            try ada.client.foreground()
            #expect(try await account.waitSent(second.sendId, within: patience) == .sent)
            #expect(try await stage.bob.awaitMessages(1).map(\.attachedBytes) == [4_000_000])
            try await ada.client.stop()
            #expect(stage.site.record().posts.count == 1)
            #expect(try await ada.stored().messages.count == 1)
        }
    }

    /// The states through which the next item of an outbox goes until it is sent.
    private func ways(of events: Events) -> Task<[OutgoingState], any Error> {
        Task {
            var states: [OutgoingState] = []
            for try await case .event(let event) in events {
                guard case .outgoingChanged(_, let state) = event.change else { continue }
                states.append(state)
                if state == .sent { break }
            }
            return states
        }
    }
}
