// What an app may count on about ids of drafts, and about what waits in the outbox.

import Foundation
import Testing
import Tmtp
import TmtpKit

@Suite(.timeLimit(.minutes(1)))
struct Drafts {
    @Test func anIdStandsForOneContentBeforeAndAfterItIsSent() async throws {
        try await Stage.play { stage in
            let ada = try await stage.join()
            let account = try ada.account
            let people = To.people(stage.bob.uid())
            let tea = NewMessage(draft: "tea", to: people, subject: "Tea", text: "At five?")
            let sent = try await account.send(tea)
            try await expectUsed("tea", by: tea, in: account, of: stage)
            #expect(try await account.outbox().items.map(\.sendId) == [sent.sendId])

            try ada.client.foreground()
            #expect(try await account.waitSent(sent.sendId, within: patience) == .sent)
            try await expectUsed("tea", by: tea, in: account, of: stage)
            #expect(try await account.outbox().items.isEmpty)
            #expect(try await stage.bob.awaitMessages(1).map(\.text) == ["At five?"])
            try await ada.client.stop()
            #expect(stage.site.record().posts.count == 1)
        }
    }

    @Test func anIdThatWasTakenBackIsUsed() async throws {
        try await Stage.play { stage in
            let ada = try await stage.join()
            let account = try ada.account
            let tea = NewMessage(draft: "tea", to: .people(stage.bob.uid()), subject: "Tea", text: "At five?")
            let sent = try await account.send(tea)
            #expect(try await account.withdraw(sent.sendId) == .removed)
            await #expect(throws: TmtpError.DraftUsed) { try await account.send(tea) }
            await #expect(throws: TmtpError.DraftUsed) { try await account.saveDraft(tea) }
            #expect(try await account.outbox().items.isEmpty)
            try await ada.client.stop()
        }
    }

    @Test func aPingIsKnownAgainByItsWords() async throws {
        try await Stage.play { stage in
            let ada = try await stage.join()
            let account = try ada.account
            let hello = NewPing(draft: "hello", to: "bob babbage", text: "Hello")
            let first = try await account.ping(hello)
            #expect(try await account.ping(hello).sendId == first.sendId)
            await #expect(throws: TmtpError.DraftUsed) {
                try await account.ping(NewPing(draft: "hello", to: "bob babbage", text: "Goodbye"))
            }
            await #expect(throws: TmtpError.DraftUsed) {
                try await account.ping(NewPing(draft: "hello", to: "somebody else", text: "Hello"))
            }
            await #expect(throws: TmtpError.DraftUsed) {
                try await account.send(NewMessage(draft: "hello", to: .people(), subject: "Hello", text: "Hello"))
            }
            #expect(try await account.outbox().items.map(\.sendId) == [first.sendId])
            try await ada.client.stop()
        }
    }

    @Test func aDraftThatIsSentIsUsed() async throws {
        try await Stage.play { stage in
            let ada = try await stage.join()
            let account = try ada.account
            let tea = NewMessage(draft: "tea", to: .people(stage.bob.uid()), subject: "Tea", text: "At five?")
            try await account.saveDraft(tea)
            let sent = try await account.sendDraft("tea")
            #expect(try await account.sendDraft("tea") == sent)
            #expect(try await account.send(tea) == sent)
            // What a screen saves by itself may come behind the sending.
            let late = NewMessage(draft: "tea", to: tea.to, subject: "Tea", text: "At five? Or")
            await #expect(throws: TmtpError.DraftUsed) { try await account.saveDraft(late) }
            #expect(try await account.drafts().items.isEmpty)
            try await ada.client.stop()
        }
    }

    @Test func whatWaitsSaysForWhat() async throws {
        try await Stage.play { stage in
            let ada = try await stage.join()
            let account = try ada.account
            let first = try await account.send(
                NewMessage(to: .people(stage.bob.uid()), subject: "Tea", text: "At five?"))
            let second = try await account.send(NewMessage(to: .reply(thread: first.thread), text: "Or at six?"))
            let rows = try await account.outbox().items
            #expect(rows.map(\.sendId) == [first.sendId, second.sendId])
            #expect(rows.map(\.state) == [.queued, .queued])
            #expect(rows.map(\.waits?.why) == [.link, .beginning])
            #expect(rows.map(\.waits?.behind) == [nil, first.sendId])
            #expect(rows.map(\.toMore) == [false, false] && rows.map(\.reason) == ["", ""])

            try ada.client.foreground()
            #expect(try await account.waitSent(second.sendId, within: patience) == .sent)
            #expect(try await account.outgoing(second.sendId).waits == nil)
            try await ada.client.stop()
        }
    }

    @Test func whatFailedSaysWhyAndTheBeginningTakesItsRepliesAlong() async throws {
        try await Stage.play { stage in
            let ada = try await stage.join()
            let account = try ada.account
            let nobody = String(try #require(try await account.status().uid).text.reversed())
            let first = try await account.send(NewMessage(to: .people(nobody), subject: "Tea", text: "At five?"))
            let second = try await account.send(NewMessage(to: .reply(thread: first.thread), text: "Or at six?"))
            try ada.client.foreground()
            guard case .failed(.refused, let words) = try await account.waitSent(first.sendId, within: patience) else {
                Issue.record("not refused")
                return
            }
            #expect(!words.isEmpty)
            #expect(try await account.outgoing(first.sendId).reason == words)
            // The site has said nothing about the reply.
            let failed = OutgoingState.failed(why: .beginningRefused, reason: "")
            #expect(try await account.waitSent(second.sendId, within: patience) == failed)
            await #expect(throws: TmtpError.NotNow(why: .beginningFailed)) {
                try await account.sendAgain(second.sendId)
            }
            await #expect(throws: TmtpError.NotNow(why: .beginningFailed)) {
                try await account.send(NewMessage(to: .reply(thread: first.thread), text: "Or at seven?"))
            }
            try await ada.client.stop()
        }
    }

    /// Expects that nothing else can be asked for under an id, and that the same again is the same.
    private func expectUsed(
        _ id: String, by message: NewMessage, in account: Account, of stage: Stage
    ) async throws {
        let same = try await account.send(message)
        let file = try stage.folder.file("map-\(UUID().uuidString)", bytes: 1_000)
        let others = [
            NewMessage(draft: id, to: message.to, subject: message.subject, text: "At six?"),
            NewMessage(draft: id, to: message.to, subject: "Coffee", text: message.text),
            NewMessage(draft: id, to: .people(), subject: message.subject, text: message.text),
            NewMessage(draft: id, to: .reply(thread: same.thread), text: message.text),
            NewMessage(
                draft: id, to: message.to, subject: message.subject, text: message.text, attachments: [file]),
        ]
        for other in others {
            do throws(TmtpError) {
                try await account.send(other)
                Issue.record("sent under an id that was used")
            } catch {
                #expect(error == .DraftUsed)
                #expect(error.code() == "draft_used" && error.action() == .chooseAnother)
            }
            await #expect(throws: TmtpError.DraftUsed) { try await account.saveDraft(other) }
        }
        await #expect(throws: TmtpError.DraftUsed) {
            try await account.ping(NewPing(draft: id, to: "bob babbage", text: message.text))
        }
        #expect(try await account.send(message).sendId == same.sendId)
    }
}
