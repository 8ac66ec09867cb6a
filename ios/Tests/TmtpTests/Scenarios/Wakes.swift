// What a push finds.

import Foundation
import Testing
import Tmtp
import TmtpKit

extension Scenarios {
    @Test("wake with something")
    func wakeWithSomething() async throws {
        try await Stage.play { stage in
            let ada = try await stage.join()
            let uid = try #require(try await ada.account.status().uid)
            try await stage.bob.write(to: uid, text: "Are you there?")
            try await stage.site.awaitQueued(uid, 1)

            let found = try await ada.client.push(Data(#"{"uid":"\#(uid)"}"#.utf8), within: .seconds(25))
            #expect(found.outcome == .new)
            let account = try #require(found.accounts.first)
            #expect(account.arrivedCount == 1)
            // It is stored: what a notification shows can be read at once.
            let arrived = try #require(account.arrived.first)
            let message = try await ada.account.message(try #require(arrived.messages.first))
            #expect(message.text == "Are you there?" && message.unread)
            #expect(found.tookMs < 25_000)

            try await stage.site.awaitQueued(uid, 0)
            try await ada.client.stop()
            let store = try await ada.stored()
            #expect(store.messages.map(\.text) == ["Are you there?"])
            #expect(store.wakes.first == "new")
        }
    }

    @Test("wake with nothing")
    func wakeWithNothing() async throws {
        try await Stage.play { stage in
            let ada = try await stage.join()
            let found = try await ada.client.push(nil, within: .seconds(25))
            #expect(found.outcome == .nothingNew)
            #expect(found.accounts.map(\.arrivedCount) == [0])
            #expect(try await ada.client.ledger().items.first?.arrived == 0)
            try await ada.client.stop()
            #expect(try await ada.stored().wakes.first == "nothing_new")
        }
    }

    @Test("wake with a dead network")
    func wakeWithADeadNetwork() async throws {
        try await Stage.play { stage in
            let ada = try await stage.join()
            let uid = try #require(try await ada.account.status().uid)
            try await stage.bob.write(to: uid, text: "Are you there?")
            stage.relay.blackHole()

            let clock = ContinuousClock()
            let began = clock.now
            let found = try await ada.client.wake(within: .seconds(4))
            #expect(clock.now - began < .seconds(4))
            guard case .notKnown = found.outcome else {
                Issue.record("\(found.outcome)")
                return
            }
            #expect(try await ada.account.threads().items.isEmpty)

            // Nothing was lost by it.
            stage.relay.heal()
            #expect(try await ada.client.wake(within: .seconds(25)).outcome == .new)
            try await ada.client.stop()
            #expect(try await ada.stored().messages.map(\.text) == ["Are you there?"])
        }
    }

    @Test("wake with node busy")
    func wakeWithNodeBusy() async throws {
        try await Stage.play(SiteOptions(silenceMs: 6_000)) { stage in
            let ada = try await stage.join()
            let uid = try #require(try await ada.account.status().uid)
            try await ada.goOnline()
            // The link vanishes, and with it the word of its end: the site holds the node for alive.
            stage.relay.blackHole()
            try? await ada.client.stop()
            stage.relay.heal()
            try await stage.bob.write(to: uid, text: "Are you there?")

            let again = try await stage.reopen()
            let found = try await again.client.wake(within: .seconds(3))
            #expect(found.outcome == .notKnown(why: .nodeBusy))
            #expect(stage.site.count(what: .nodesBusy) >= 1)
            // The site notices by itself; then the wake finds what has come.
            let later = try await again.client.wake(within: .seconds(25))
            #expect(later.outcome == .new)
            try await again.client.stop()
            #expect(try await again.stored().messages.map(\.text) == ["Are you there?"])
        }
    }

    @Test("wake before first unlock")
    func wakeBeforeFirstUnlock() async throws {
        try await Stage.play { stage in
            let keys = KitKeys()
            let ada = try await stage.join(keys: keys)
            let uid = try #require(try await ada.account.status().uid)
            try await ada.client.stop()
            try await stage.bob.write(to: uid, text: "Are you there?")
            let secrets = keys.names()

            // The device has started anew: the key store says "not now", which is not "absent".
            keys.answer(answer: .notNow)
            let again = try await stage.reopen(keys: keys)
            let found = try await again.client.push(nil, within: .seconds(10))
            #expect(found.outcome == .notKnown(why: .locked))
            #expect(keys.names() == secrets)
            #expect(stage.site.count(what: .registrations) == 2)

            keys.answer(answer: .honest)
            try again.client.unlocked()
            #expect(try await again.client.wake(within: .seconds(25)).outcome == .new)
            try await again.client.stop()
            let store = try await again.stored()
            #expect(store.messages.map(\.text) == ["Are you there?"])
            #expect(store.uid == uid.text)
        }
    }
}
