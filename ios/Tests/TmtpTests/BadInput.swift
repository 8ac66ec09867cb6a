// Everything that an app can pass wrongly gets a typed error.

import Foundation
import Testing
import Tmtp
import TmtpKit

@Suite(.timeLimit(.minutes(1)))
struct BadInput {
    @Test func aHomeThatIsNoPathOrNoFolderIsAFileError() async throws {
        let folder = try Folder()
        await #expect(throws: TmtpError.File(trouble: .badPath)) {
            try await Client.open(at: folder["a/../../b"])
        }
        let long = folder[String(repeating: "x", count: 5_000)]
        await #expect(throws: TmtpError.File(trouble: .badPath)) { try await Client.open(at: long) }
        let file = try folder.file("file", bytes: 10)
        await #expect(throws: TmtpError.self) { try await Client.open(at: file) }
    }

    @Test(arguments: [Duration.seconds(-1), .seconds(86_401), .seconds(Int64.max), .seconds(Int64.min)])
    func absurdDeadlinesAreNamed(deadline: Duration) async throws {
        let folder = try Folder()
        let client = try await Client.open(at: folder["home"])
        let calls: [(String, () async throws -> Void)] = [
            ("budget_ms", { _ = try await client.wake(within: deadline) }),
            ("budget_ms", { _ = try await client.push(nil, within: deadline) }),
            ("budget_ms", { try client.background(for: deadline) }),
            ("deadline_ms", { try await client.willSuspend(within: deadline) }),
            ("deadline_ms", { _ = try await client.join("=127.0.0.1:1", as: "ada lovelace", within: deadline) }),
            ("deadline_ms", { try await client.remove("nobody", within: deadline) }),
            ("deadline_ms", { _ = try await client.siteKey(of: "=127.0.0.1:1", within: deadline) }),
            ("deadline_ms", { try await client.stop(within: deadline) }),
        ]
        for (field, call) in calls { await expectInput(field, call) }
        // None of them has done anything.
        #expect(try await client.accounts().isEmpty)
        try await client.stop()
        await #expect(throws: TmtpError.Closed) { try await client.accounts() }
    }

    @Test func absurdDeadlinesOfAnAccountAreNamed() async throws {
        try await Stage.play { stage in
            let ada = try await stage.join()
            let account = try ada.account
            let stay = try await account.stay()
            for deadline in [Duration.seconds(-1), .seconds(86_401), .seconds(Int64.max), .seconds(Int64.min)] {
                let calls: [() async throws -> Void] = [
                    { _ = try await account.waitSent("00000000000001", within: deadline) },
                    { _ = try await account.waitAlias("ada lovelace", within: deadline) },
                    { _ = try await account.addNode("tablet", within: deadline) },
                    { try await account.release(within: deadline) },
                    { try await stay.stop(within: deadline) },
                ]
                for call in calls { await expectInput("deadline_ms", call) }
            }
            try await stay.stop()
            try await ada.client.stop()
        }
    }

    @Test func idsThatCannotExistAreNotFound() async throws {
        try await Stage.play { stage in
            let ada = try await stage.join()
            let account = try ada.account
            for text in ["", "nonsense", "\0", String(repeating: "9", count: 1_000_000), "ü"] {
                let calls: [() async throws -> Void] = [
                    { _ = try await ada.client.account(AccountName(text)) },
                    { _ = try await ada.client.wake([AccountName(text)], within: .seconds(1)) },
                    { _ = try await account.screen(ThreadId(text)) },
                    { _ = try await account.message(MessageId(text)) },
                    { try await account.withdraw(SendId(text)) },
                    { _ = try await account.threads(page: Page(limit: 1, after: PageCursor(text))) },
                ]
                for call in calls { await #expect(throws: TmtpError.NotFound) { try await call() } }
            }
            try await ada.client.stop()
        }
    }

    @Test func factsAboutTheWorldMayComeInAnyOrder() async throws {
        try await Stage.play { stage in
            let ada = try await stage.join()
            let client = ada.client
            for _ in 0..<3 {
                try client.resumed()
                try client.background(for: .seconds(1))
                try client.foreground()
                try client.unlocked()
                try client.memoryPressure()
                try client.power(saver: true)
                try client.power(saver: false)
                try await client.willSuspend(within: .seconds(3))
                try await client.willSuspend(within: .seconds(3))
                try client.foreground()
                try client.resumed()
            }
            _ = try await ada.account.states.first { $0 == .online }
            try await client.stop()
        }
    }

    @Test func namesAndAddressesThatAreNoneAreErrors() async throws {
        let folder = try Folder()
        let client = try await Client.open(at: folder["home"])
        for site in [
            "", "example.org", "=127.0.0.1", "=:1", "=127.0.0.1:99999999", String(repeating: "=", count: 100_000),
        ] {
            await #expect(throws: TmtpError.self) { try await client.join(SiteAddress(site), as: "ada lovelace") }
        }
        for alias in ["", ".", "a\nb", String(repeating: "x", count: 1_000_000)] {
            await expectInput("alias") { _ = try await client.join("=127.0.0.1:1", as: Alias(alias)) }
        }
        for name in ["", "A B", "..", "a/b", String(repeating: "x", count: 65)] {
            await #expect(throws: TmtpError.AccountName) {
                try await client.join("=127.0.0.1:1", as: "ada lovelace", name: AccountName(name))
            }
            await #expect(throws: TmtpError.NotFound) { try await client.account(AccountName(name)) }
        }
        await #expect(throws: TmtpError.Ticket(trouble: .notATicket)) { try await client.joinNode("nonsense") }
        await #expect(throws: TmtpError.self) { try await client.trust("nonsense", of: "=127.0.0.1:1") }
        #expect(try await client.accounts().isEmpty)
        try await client.stop()
    }

    @Test func emptyAndUnknownListsOfAccountsAreErrors() async throws {
        let folder = try Folder()
        let client = try await Client.open(at: folder["home"])
        await expectInput("accounts") { _ = try await client.wake([], within: .seconds(5)) }
        await #expect(throws: TmtpError.NotFound) { try await client.wake(["nobody"], within: .seconds(5)) }
        #expect(try await client.push(Data(repeating: 0xff, count: 1_000_000), within: .seconds(5)).accounts.isEmpty)
        try await client.stop()
    }

    @Test func messagesThatCannotBeSentAreErrorsAndLeaveNothing() async throws {
        try await Stage.play { stage in
            let ada = try await stage.join()
            let account = try ada.account
            let huge = String(repeating: "x", count: 2_000_000)
            let people = To.people(stage.bob.uid())
            await expectInput("draft") {
                try await account.send(NewMessage(draft: "", to: people, subject: "s", text: ""))
            }
            await expectInput("draft") {
                try await account.send(NewMessage(draft: huge, to: people, subject: "s", text: ""))
            }
            await expectInput("subject") { try await account.send(NewMessage(to: people, subject: huge, text: "")) }
            await expectInput("subject") { try await account.send(NewMessage(to: people, text: "no subject")) }
            await expectInput("text") { try await account.send(NewMessage(to: people, subject: "s", text: huge)) }
            await #expect(throws: TmtpError.UnknownRecipient(who: "nobody at all")) {
                try await account.send(NewMessage(to: .people("nobody at all"), subject: "s", text: ""))
            }
            await #expect(throws: TmtpError.NotFound) {
                try await account.send(NewMessage(to: .reply(thread: "nonsense"), text: ""))
            }
            for outside in ["/etc/../etc/hostname", "/not/there", "/"] {
                await #expect(throws: TmtpError.self) {
                    let file = URL(filePath: outside)
                    try await account.send(NewMessage(to: people, subject: "s", text: "", attachments: [file]))
                }
            }
            await expectInput("text") { try await account.ping("bob babbage", text: huge) }
            await #expect(throws: TmtpError.self) { try await account.threads(page: Page(limit: 0)) }
            await #expect(throws: TmtpError.self) { try await account.threads(page: Page(limit: 101)) }
            await #expect(throws: TmtpError.NotFound) { try await account.threads(page: Page(limit: 1, after: "x")) }
            #expect(try await account.outbox().items.isEmpty)
            #expect(try await account.threads().items.isEmpty)
            try await ada.client.stop()
        }
    }

    @Test func callsInTheWrongOrderAreErrorsOrHarmless() async throws {
        try await Stage.play { stage in
            let ada = try await stage.join()
            let account = try ada.account
            try ada.client.resumed()
            try ada.client.unlocked()
            try ada.client.background(for: .zero)
            try ada.client.foreground()
            await #expect(throws: TmtpError.NotFound) {
                try await account.waitSent("00000000000000", within: .seconds(1))
            }
            await #expect(throws: TmtpError.NotFound) { try await account.withdraw("nonsense") }
            await #expect(throws: TmtpError.NotFound) { try await account.markRead("0000000000000000") }
            await #expect(throws: TmtpError.NotFound) { try await account.screen("0000000000000000") }
            await #expect(throws: TmtpError.NotFound) { try await account.sendDraft("never kept") }
            await #expect(throws: TmtpError.NameTaken) {
                try await ada.client.join(stage.relay.site, as: "ada the second", name: "ada")
            }
            let stay = try await account.stay()
            try await stay.stop()
            try await stay.stop()
            try await ada.client.stop()
        }
    }

    @Test func theSecondClientOfAFolderReadsButDoesNotWrite() async throws {
        try await Stage.play { stage in
            let ada = try await stage.join()
            let message = NewMessage(draft: "tea", to: .people(), subject: "Tea", text: "At five?")
            try await ada.account.send(message)
            let second = try await stage.reopen()
            #expect(try await second.account.threads().items.count == 1)
            do {
                try await second.account.send(NewMessage(to: .people(), subject: "Two", text: "Two"))
                Issue.record("two writers")
            } catch TmtpError.InUse {}
            try await ada.client.stop()
            // The first has let go: now the second may.
            try await second.account.send(NewMessage(to: .people(), subject: "Two", text: "Two"))
            try await second.client.stop()
        }
    }

    @Test func halfACharacterIsKeptAsTheReplacementCharacter() async throws {
        try await Stage.play { stage in
            let ada = try await stage.join()
            let units = Array("Tea \u{1F600}".utf16.dropLast())
            // As Swift makes it, and as it comes from Foundation.
            for text in [String(decoding: units, as: UTF16.self), String(utf16CodeUnits: units, count: units.count)] {
                try await ada.account.saveDraft(NewMessage(draft: "tea", to: .people(), subject: text, text: text))
                let kept = try #require(try await ada.account.drafts().items.first)
                #expect(kept.text == "Tea \u{FFFD}")
                #expect(kept.subject == "Tea \u{FFFD}")
            }
            try await ada.client.stop()
        }
    }

    @Test func aTextBeyondEveryLimitIsRefusedByItsField() async throws {
        try await Stage.play { stage in
            let ada = try await stage.join()
            let huge = String(repeating: "\u{E4}", count: 30_000_000)
            await expectInput("text") {
                try await ada.account.saveDraft(NewMessage(to: .people(), subject: "Tea", text: huge))
            }
            let push = try await ada.client.push(Data(count: 60_000_000), within: .seconds(2))
            #expect(push.accounts.count == 1)
            try await ada.client.stop()
        }
    }

    /// Expects that a call names this value as wrong.
    private func expectInput(
        _ field: String, _ call: () async throws -> Void, sourceLocation: SourceLocation = #_sourceLocation
    ) async {
        do {
            try await call()
            Issue.record("accepted", sourceLocation: sourceLocation)
        } catch TmtpError.Input(let named, _, _) {
            #expect(named == field, sourceLocation: sourceLocation)
        } catch {
            Issue.record(error, sourceLocation: sourceLocation)
        }
    }
}
