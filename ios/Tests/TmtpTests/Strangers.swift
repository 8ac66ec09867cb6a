// Mail from people whom nobody knows yet: how far their names can be believed, and to whom one can write.

import Foundation
import Testing
import Tmtp
import TmtpKit

@Suite(.timeLimit(.minutes(1)))
struct Strangers {
    @Test func whoeverWritesFirstHasANameThatIsOnlyClaimed() async throws {
        try await Stage.play { stage in
            let ada = try await stage.join()
            let account = try ada.account
            let row = try await firstMail(for: ada, on: stage)
            #expect(row.from.name == "bob babbage")
            #expect(row.from.trust == .claimed)
            #expect(row.from.uid == Uid(stage.bob.uid()))
            #expect(!row.own && row.unreachable == 0 && !row.withoutThem)
            let shown = try #require(try await account.screen(row.thread).messages.first)
            #expect(shown.from.trust == .claimed && !shown.from.outside)
            let contact = try #require(try await account.contacts().items.first { $0.alias == "bob babbage" })
            #expect(contact.claimed && contact.trust == .claimed && contact.name == "bob babbage")
            #expect(contact.by?.uid == Uid(stage.bob.uid()))
            try await ada.client.stop()
        }
    }

    @Test func aNameThatIsOnlyClaimedIsNoRecipientAndTheUidIs() async throws {
        try await Stage.play { stage in
            let ada = try await stage.join()
            let account = try ada.account
            _ = try await firstMail(for: ada, on: stage)
            let bob = Uid(stage.bob.uid())
            do throws(TmtpError) {
                try await account.send(message("tea", to: "bob babbage"))
                Issue.record("sent to a name that nobody has checked")
            } catch {
                #expect(error == .OnlyClaimed(who: "bob babbage", uid: bob, by: bob, byName: nil))
                #expect(error.code() == "only_claimed" && error.action() == .chooseAnother)
            }
            // The id is free all the same.
            let sent = try await account.send(message("tea", to: bob.text))
            #expect(try await account.waitSent(sent.sendId, within: patience) == .sent)
            let to = try #require(try await account.screen(sent.thread).thread.to.first { $0.uid == bob })
            #expect(to.reachable && to.trust == .claimed)
            try await ada.client.stop()
        }
    }

    @Test func aPingMakesANameCheckedOnEveryScreenThatIsOpen() async throws {
        try await Stage.play { stage in
            let ada = try await stage.join()
            let account = try ada.account
            let row = try await firstMail(for: ada, on: stage)
            let (inboxes, showInbox) = AsyncStream.makeStream(of: NameTrust.self)
            let (screens, showScreen) = AsyncStream.makeStream(of: NameTrust.self)
            let open = [
                Task {
                    for try await rows in account.inbox() { showInbox.yield(try #require(rows.first).from.trust) }
                },
                Task {
                    for try await screen in account.live(row.thread) {
                        showScreen.yield(try #require(screen.messages.first).from.trust)
                    }
                },
            ]
            #expect(await inboxes.first { _ in true } == .claimed)
            #expect(await screens.first { _ in true } == .claimed)
            try await stage.bob.ping(to: "ada lovelace", text: "It is me.", deadlineMs: 30_000)
            #expect(await inboxes.first { $0 != .claimed } == .checked)
            #expect(await screens.first { $0 != .claimed } == .checked)
            try await account.send(message("tea", to: "bob babbage"))
            try await ada.client.stop()
            for task in open { try await task.value }
        }
    }

    @Test func aNameLikeAnOwnAliasIsAConflictOnEveryScreenThatIsOpen() async throws {
        try await Stage.play { stage in
            let ada = try await stage.join()
            let account = try ada.account
            let eve = try await KitMember.join(stage.site, as: "ada l\u{456}ttle")
            let uid = try #require(try await account.status().uid)
            try ada.client.foreground()
            try await eve.write(to: uid, text: "It is you.")
            let (inboxes, show) = AsyncStream.makeStream(of: SenderRow?.self)
            let open = Task {
                for try await rows in account.inbox() { show.yield(rows.first?.from) }
            }
            #expect(await inboxes.first { $0 != nil }??.trust == .claimed)
            // From now on it looks like one of the own names.
            try await account.addAlias("ada little")
            #expect(try await account.waitAlias("ada little", within: patience))
            let warned = await inboxes.first { $0?.trust == .conflict }
            #expect(warned??.like == "ada little")
            try await ada.client.stop()
            try await open.value
            try await eve.stop()
        }
    }

    @Test func aPingThatAWakeBringsIsNamedAndCounted() async throws {
        try await Stage.play { stage in
            let ada = try await stage.join()
            try await stage.bob.ping(to: "ada lovelace", text: "It is me.", deadlineMs: 30_000)
            let found = try await ada.client.wake(within: .seconds(25))
            let account = try #require(found.accounts.first)
            #expect(found.outcome == .new && account.arrivedCount == 0)
            #expect(account.pingsCount == 1 && account.pings.count == 1)
            let ping = try #require(try await ada.account.pings().items.first)
            #expect(ping.message == account.pings.first)
            #expect(ping.from.name == "bob babbage" && ping.from.trust == .checked)
            try await ada.client.stop()
        }
    }

    @Test func aContactThatIsRemovedIsNobodyUntilTheNextPing() async throws {
        try await Stage.play { stage in
            let ada = try await stage.join()
            let account = try ada.account
            try await ada.goOnline()
            try await ping(ada, from: stage.bob)
            let bob = Uid(stage.bob.uid())
            try await account.removeContact("bob babbage", of: bob)
            await #expect(throws: TmtpError.NotFound) { try await account.removeContact("bob babbage", of: bob) }
            await #expect(throws: TmtpError.NotFound) {
                try await account.removeContact("bob babbage", of: "nonsense")
            }
            await #expect(throws: TmtpError.UnknownRecipient(who: "bob babbage")) {
                try await account.send(message("tea", to: "bob babbage"))
            }
            try await ping(ada, from: stage.bob)
            try await account.send(message("tea", to: "bob babbage"))
            try await ada.client.stop()
        }
    }

    @Test func goingWithoutWhoCannotBeReachedIsOfAThreadThatIsThere() async throws {
        try await Stage.play { stage in
            let ada = try await stage.join()
            let account = try ada.account
            let sent = try await account.send(NewMessage(to: .people(), subject: "Tea", text: "At five?"))
            try await account.goWithoutUnreachable(sent.thread)
            for thread: ThreadId in ["nonsense", "0000000000000000"] {
                await #expect(throws: TmtpError.NotFound) { try await account.goWithoutUnreachable(thread) }
            }
            // Everybody in it can be reached: replies go out as before.
            try await account.send(NewMessage(to: .reply(thread: sent.thread), text: "At six."))
            try await ada.client.stop()
        }
    }

    @Test func anAccountThatWasMadeHereIsAdoptedWithoutAnyEffect() async throws {
        try await Stage.play { stage in
            let ada = try await stage.join()
            let account = try ada.account
            let sent = try await account.send(NewMessage(to: .people(), subject: "Tea", text: "At five?"))
            try await account.adopt()
            try ada.client.foreground()
            #expect(try await account.waitSent(sent.sendId, within: patience) == .sent)
            try await ada.client.stop()
        }
    }

    /// Bob, whom nobody here knows, writes, and his message has come.
    private func firstMail(for ada: Device, on stage: Stage) async throws -> ThreadRow {
        let uid = try #require(try await ada.account.status().uid)
        try ada.client.foreground()
        try await stage.bob.write(to: uid, text: "Do you know me?")
        let inbox = try await ada.account.inbox().first { !$0.isEmpty }
        return try #require(inbox?.first)
    }

    /// Somebody pings, and the ping has come.
    private func ping(_ ada: Device, from member: KitMember) async throws {
        var events = try ada.client.events().makeAsyncIterator()
        try await member.ping(to: "ada lovelace", text: "It is me.", deadlineMs: 30_000)
        while case .event(let event)? = try await events.next() {
            if case .pingArrived = event.change { return }
        }
        Issue.record("no ping came")
    }

    private func message(_ draft: String, to who: String) -> NewMessage {
        NewMessage(draft: draft, to: .people(who), subject: "Tea", text: "At five?")
    }
}
