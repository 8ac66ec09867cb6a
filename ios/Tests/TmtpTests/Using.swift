// What an app may count on when it gives up calls, reads sequences, stops clients, or passes things of its own in.

import Foundation
import Testing
import Tmtp
import TmtpKit

@Suite(.timeLimit(.minutes(1)))
struct Using {
    @Test func callsOfAnAccountAfterTheEndOfItsClientSayClosed() async throws {
        try await Stage.play { stage in
            let ada = try await stage.join()
            let account = try ada.account
            let stay = try await account.stay()
            try await ada.client.stop()
            await #expect(throws: TmtpError.Closed) { try await account.threads() }
            await #expect(throws: TmtpError.Closed) { try await account.status() }
            await #expect(throws: TmtpError.Closed) { try await account.stay() }
            await #expect(throws: TmtpError.Closed) {
                try await account.send(NewMessage(to: .people(), subject: "Late", text: "Late"))
            }
            #expect(throws: TmtpError.Closed) { try account.state() }
            await #expect(throws: TmtpError.Closed) { try await stay.stop() }
            // A sequence that is begun then is over at once.
            var inbox = account.inbox().makeAsyncIterator()
            #expect(try await inbox.next() == nil)
        }
    }

    @Test func aReaderThatWaitsEndsWhenItsTaskIsCancelledAndTheOthersGoOn() async throws {
        try await Stage.play { stage in
            let ada = try await stage.join()
            let account = try ada.account
            let (one, other) = (reading(try ada.client.events()), reading(try ada.client.events()))
            try await draft("first", in: account)
            for await _ in one.seen.prefix(1) {}
            for await _ in other.seen.prefix(1) {}
            // Both wait in the core now, for up to a minute.
            one.task.cancel()
            try await one.task.value
            try await draft("second", in: account)
            for await _ in other.seen.prefix(1) {}
            try await ada.client.stop()
            try await other.task.value
        }
    }

    @Test func aCancelledCallEndsAtOnceAndIsHarmless() async throws {
        try await Stage.play { stage in
            let ada = try await stage.join()
            let account = try ada.account
            stage.relay.blackHole()
            let message = NewMessage(to: .people(stage.bob.uid()), subject: "Tea", text: "At five?")
            let sent = try await account.send(message)
            let clock = ContinuousClock()
            let began = clock.now
            let calls = [
                Task { _ = try await account.waitSent(sent.sendId, within: .seconds(50)) },
                Task { _ = try await ada.client.wake(within: .seconds(50)) },
                Task { _ = try await ada.client.join(stage.relay.site, as: "ada the second", name: "second") },
            ]
            // They have begun when the site's side sees a link.
            try await stage.relay.awaitRunning(0)
            for call in calls {
                call.cancel()
                await #expect(throws: TmtpError.Cancelled) { try await call.value }
            }
            #expect(clock.now - began < .seconds(20))
            stage.relay.heal()
            try ada.client.foreground()
            #expect(try await account.waitSent(sent.sendId, within: patience) == .sent)
            try await ada.client.stop()
        }
    }

    @Test func whoeverJoinsAgainHasTheSameAccount() async throws {
        try await Stage.play { stage in
            let ada = try await stage.join()
            let registrations = stage.site.count(what: .registrations)
            for name: AccountName? in [nil, "ada", "second"] {
                let again = try await ada.client.join(stage.relay.site, as: "ada lovelace", name: name)
                #expect(again.name == "ada")
            }
            #expect(try await ada.client.accounts().map(\.name) == ["ada"])
            #expect(stage.site.count(what: .registrations) == registrations)
            try await ada.client.stop()
        }
    }

    @Test func aThreadStaysUpToDateOnTheScreen() async throws {
        try await Stage.play { stage in
            let ada = try await stage.join()
            try ada.client.foreground()
            let message = NewMessage(to: .people(stage.bob.uid()), subject: "Tea", text: "At five?")
            let sent = try await ada.account.send(message)
            let screens = try ada.account.live(sent.thread)
            let taken = try await screens.first { $0.messages.first?.state == .sent }
            #expect(taken?.messages.count == 1)
            let atBob = try await stage.bob.awaitMessages(1)
            try await stage.bob.reply(thread: try #require(atBob.first).thread, text: "At five.")
            try await stage.bob.awaitSent(deadlineMs: 30_000)
            let answered = try await screens.first { $0.messages.count == 2 }
            #expect(answered?.messages.map(\.text) == ["At five.", "At five?"])
            try await ada.client.stop()
        }
    }

    @Test func aKeyStoreThatThrowsIsAnErrorAndLeavesNothing() async throws {
        try await Stage.play { stage in
            for keys in [ThrowingKeys(.declared), ThrowingKeys(.undeclared)] {
                let client = try await Client.open(at: stage.home("ada"), keys: keys)
                await #expect(throws: TmtpError.KeyStore) {
                    try await client.join(stage.relay.site, as: "ada lovelace")
                }
                #expect(try await client.accounts().isEmpty)
                try await client.stop()
            }
        }
    }

    @Test func aLogSinkThatThrowsHarmsNobodyAndSeesNoContent() async throws {
        try await Stage.play { stage in
            let log = ThrowingLog()
            let client = try await Client.open(at: stage.home("ada"), log: log, logLevel: .debug)
            let account = try await client.join(stage.relay.site, as: "ada lovelace")
            try client.foreground()
            let sent = try await account.send(
                NewMessage(to: .people(stage.bob.uid()), subject: "Flamingo", text: "Flamingo"))
            #expect(try await account.waitSent(sent.sendId, within: patience) == .sent)
            try await client.stop()
            let lines = log.lines
            #expect(!lines.isEmpty)
            // Why a link has ended is said in a word of ours.
            #expect(log.codes.contains { $0.name == "code" && $0.value == 0 })
            #expect(!lines.contains { $0.contains("Flamingo") || $0.contains("lovelace") || $0.contains("127.0.0.1") })
        }
    }

    @Test func aPanicOfTheCoreIsBrokenAndLosesNothing() async throws {
        try await Stage.play { stage in
            let world = try Device.hasty()
            let ada = try await stage.join(world: world)
            let message = NewMessage(to: .people(stage.bob.uid()), subject: "Tea", text: "At five?")
            let sent = try await ada.account.send(message)
            breakIt(ada.client, by: world)
            await #expect(throws: TmtpError.Broken) { try await ada.account.threads() }
            try? await ada.client.stop()

            let again = try await stage.reopen()
            try again.client.foreground()
            #expect(try await again.account.waitSent(sent.sendId, within: patience) == .sent)
            try await again.client.stop()
            #expect(stage.site.record().posts.count == 1)
        }
    }

    /// Plants panics until one has met a call: others meet tasks of the library's own, which it begins anew.
    private func breakIt(_ client: Client, by world: KitWorld) {
        for _ in 0..<10_000 {
            world.panicNext()
            do throws(TmtpError) {
                try client.unlocked()
            } catch {
                if error == .Broken { return }
            }
        }
        Issue.record("no panic has met a call")
    }

    private func draft(_ name: String, in account: Account) async throws {
        try await account.saveDraft(NewMessage(draft: name, to: .people(), subject: "", text: name))
    }

    /// Reads events in a task of its own; says each that it has seen.
    private func reading(_ events: Events) -> (task: Task<Void, any Error>, seen: AsyncStream<Void>) {
        let (seen, say) = AsyncStream.makeStream(of: Void.self)
        let task = Task {
            for try await _ in events { say.yield() }
        }
        return (task, seen)
    }
}
