// The process is frozen, or killed, in the middle of something.

import Foundation
import Testing
import Tmtp
import TmtpKit

/// 20 MB: more than the relay holds by itself.
private let large = 20 * 1024 * 1024

extension Scenarios {
    @Test("suspend in the middle of a send")
    func suspendInTheMiddleOfASend() async throws {
        try await Stage.play { stage in
            let ada = try await stage.join()
            try await ada.goOnline()
            // The relay itself holds up to 16 MB: the file is larger, and so it is still on its way from the app.
            try stage.relay.rate(bytesPerSecond: 500_000)
            let before = stage.relay.counters().bytesUp
            let file = try stage.folder.file("map", bytes: large)
            let sent = try await ada.account.send(
                NewMessage(to: .people(stage.bob.uid()), subject: "Map", text: "Here.", attachments: [file]))
            try await stage.relay.awaitBytes(before + 10_000_000, .up)

            try await suspend(ada)
            #expect(try await ada.stored().messages.map(\.text) == ["Here."])
            #expect(stage.site.record().posts.isEmpty)

            try stage.relay.rate(bytesPerSecond: nil)
            try await resume(ada)
            #expect(try await ada.account.waitSent(sent.sendId, within: patience) == .sent)
            #expect(try await stage.bob.awaitMessages(1).map(\.attachedBytes) == [Int64(large)])
            try await ada.client.stop()
            #expect(stage.site.record().posts.count == 1)
        }
    }

    @Test("suspend in the middle of a drain")
    func suspendInTheMiddleOfADrain() async throws {
        try await Stage.play { stage in
            let ada = try await stage.join()
            let uid = try #require(try await ada.account.status().uid)
            let texts = (0..<60).map { "number \($0)" }
            let thread = try await stage.bob.write(to: uid, subject: "Numbers", text: texts[0])
            for text in texts.dropFirst() { try await stage.bob.reply(thread: thread, text: text) }
            try await stage.bob.awaitSent(deadlineMs: 40_000)

            // Each message takes a round trip: there is time to be frozen between two of them.
            try stage.relay.latency(eachWayMs: 20)
            let confirmed = stage.site.count(what: .confirmations)
            try ada.client.foreground()
            try await stage.site.awaitCount(.confirmations, confirmed + 20)
            try await suspend(ada)
            #expect(stage.site.queued(uid: uid.text) > 0)

            try stage.relay.latency(eachWayMs: 0)
            try await resume(ada)
            try await stage.site.awaitQueued(uid, 0)
            try await ada.client.stop()
            #expect(try await ada.stored().messages.map(\.text) == texts)
        }
    }

    @Test("kill during an upload of 20 MB")
    func killDuringAnUploadOf20MB() async throws {
        try await Stage.play { stage in
            let ada = try await stage.join()
            try await ada.client.stop()
            let file = try stage.folder.file("film", bytes: large)
            try stage.relay.rate(bytesPerSecond: 500_000)
            let before = stage.relay.counters().bytesUp

            let victim = try Victim(home: ada.home, account: "ada", to: stage.bob.uid(), file: file)
            let sendId = try await victim.said()
            try await stage.relay.awaitBytes(before + 10_000_000, .up)
            victim.kill()
            #expect(stage.site.record().posts.isEmpty)

            // What was accepted is there, whole, and goes out once.
            let killed = try await ada.stored()
            #expect(killed.intact)
            #expect(killed.messages.map(\.attachedBytes) == [Int64(large)])
            try stage.relay.rate(bytesPerSecond: nil)
            let again = try await stage.reopen()
            try again.client.foreground()
            #expect(try await again.account.waitSent(SendId(sendId), within: .seconds(60)) == .sent)
            #expect(try await stage.bob.awaitMessages(1).map(\.attachedBytes) == [Int64(large)])
            try await again.client.stop()
            #expect(stage.site.record().posts.count == 1)
            #expect(try await again.stored().messages.map(\.state) == ["sent"])
        }
    }

    /// Suspends as a platform would, and looks from outside whether anything is still in use.
    private func suspend(_ device: Device) async throws {
        try await device.client.willSuspend(within: .seconds(5))
        #expect(try filesInUse(below: device.home) == [])
        await #expect(throws: TmtpError.Suspended) {
            try await device.account.send(NewMessage(draft: "late", to: .people(), subject: "Late", text: "Late"))
        }
    }

    private func resume(_ device: Device) async throws {
        try device.client.resumed()
        try device.client.foreground()
    }
}
