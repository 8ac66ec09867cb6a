// Networks, disks and sites that go wrong, and readers that are too slow.

import Foundation
import Testing
import Tmtp
import TmtpKit

extension Scenarios {
    @Test("network change with a silent old path")
    func networkChangeWithASilentOldPath() async throws {
        try await Stage.play(SiteOptions(silenceMs: 3_000)) { stage in
            let ada = try await stage.join()
            let uid = try #require(try await ada.account.status().uid)
            try ada.client.network(NetworkHint(path: 1))
            try await ada.goOnline()
            // The old way into the network is gone without a word; the new one works.
            stage.relay.blackHole()
            stage.relay.heal()
            try await stage.bob.write(to: uid, text: "Still there?")
            let clock = ContinuousClock()
            let began = clock.now
            try ada.client.network(NetworkHint(path: 2))

            let inbox = try await ada.account.inbox().first { !$0.isEmpty }
            #expect(inbox?.first?.preview == "Still there?")
            // Noticed by probing, long before the two minutes in which silence shows by itself.
            #expect(clock.now - began < .seconds(30))
            try await ada.client.stop()
            #expect(try await ada.stored().messages.map(\.text) == ["Still there?"])
        }
    }

    @Test("two accounts one site hostile")
    func twoAccountsOneSiteHostile() async throws {
        try await Stage.play { stage in
            let ada = try await stage.join()
            let other = try await KitSite.start()
            let hostile = try await KitHostile.start(before: other)
            let bad = try await ada.client.join(SiteAddress(hostile.address()), as: "ada lovelace", name: "bad")
            let uid = try #require(try await ada.account.status().uid)
            try ada.client.foreground()
            let ways: [HostileWay] = [.nonsense, .badHeader, .halfFrame, .endless, .otherVersion, .silent, .hangsUp]
            for way in ways {
                let links = hostile.links()
                hostile.turn(way: way)
                try await act(on: bad, until: hostile, hasMoreThan: links)
                // The good account goes on as if the other were not there.
                try await stage.bob.write(to: uid, text: "\(way)")
                _ = try await ada.account.inbox().first { $0.contains { $0.preview == "\(way)" } }
            }
            // And this one goes on where it was, once its site is honest again.
            let links = hostile.links()
            hostile.turn(way: .honest)
            try await act(on: bad, until: hostile, hasMoreThan: links)
            _ = try await bad.states.first { $0 == .online }
            try await ada.client.stop()
            try await other.stop()
            let stores = try await TmtpKit.stored(at: ada.home)
            #expect(stores.map(\.intact) == [true, true])
            #expect(stores.map(\.messages.count) == [ways.count, 0])
        }
    }

    /// A person acts, once, and there is a link: whether the account has seen yet that its old one has ended or not.
    private func act(on account: Account, until hostile: KitHostile, hasMoreThan links: Int64) async throws {
        try await account.userActs()
        try await hostile.awaitLinks(links + 1, within: patience)
    }

    @Test("disk full and room again")
    func diskFullAndRoomAgain() async throws {
        try await Stage.play(SiteOptions(repeatMs: 1_000)) { stage in
            let world = try Device.hasty(ownDisk: true)
            let ada = try await stage.join(world: world)
            let uid = try #require(try await ada.account.status().uid)
            try await ada.goOnline()
            world.diskFull(full: true)
            let text = String(repeating: "Long. ", count: 20_000)
            try await stage.bob.write(to: uid, text: text)
            _ = try await ada.account.states.first {
                if case .storageFull = $0 { true } else { false }
            }
            // Nothing is confirmed that is not stored.
            #expect(stage.site.queued(uid: uid.text) == 1)
            let file = try stage.folder.file("map", bytes: 1_000_000)
            let message = NewMessage(
                draft: "map", to: .people(stage.bob.uid()), subject: "Map", text: "Here.", attachments: [file])
            do {
                try await ada.account.send(message)
                Issue.record("accepted on a full disk")
            } catch TmtpError.StorageFull(let needed) {
                #expect(needed > 0)
            }

            world.diskFull(full: false)
            try await ada.account.userActs()
            let sent = try await ada.account.send(message)
            #expect(try await ada.account.waitSent(sent.sendId, within: patience) == .sent)
            try await stage.site.awaitQueued(uid, 0)
            try await ada.client.stop()
            let store = try await ada.stored()
            #expect(store.intact)
            #expect(store.messages.filter { !$0.own }.map(\.text) == [text])
            #expect(stage.site.record().posts.count == 2)
        }
    }

    @Test("event overflow and resync")
    func eventOverflowAndResync() async throws {
        try await Stage.play { stage in
            let ada = try await stage.join()
            let account = try ada.account
            var events = try ada.client.events().makeAsyncIterator()
            // A reader that does not look while more happens than is kept.
            for number in 0..<1_100 {
                let draft = NewMessage(draft: "draft \(number % 7)", to: .people(), subject: "n", text: "\(number)")
                try await account.saveDraft(draft)
            }
            guard case .missed(let missed) = try await events.next() else {
                Issue.record("the gap was not told")
                return
            }
            #expect(missed > 0)
            // Read the lists again; what happens from here on is told.
            #expect(try await account.drafts().items.count == 7)
            try await account.deleteDraft("draft 0")
            let newest = try ada.client.eventCursor().seq
            while case .event(let event) = try await events.next(), event.seq < newest {
                #expect(event.change == .draftsChanged)
            }
            try await ada.client.stop()
            #expect(try await ada.stored().drafts.count == 6)
            #expect(try await events.next() == nil)
        }
    }
}
