// What a scenario plays on.

import Foundation
import Testing
import Tmtp
import TmtpKit

/// A site, a bad network in front of it, and somebody else who is a member there, without the bad network.
final class Stage: Sendable {
    let folder: Folder
    let site: KitSite
    let relay: KitRelay
    let bob: KitMember

    private init(_ options: SiteOptions) async throws {
        folder = try Folder()
        site = try await KitSite.start(options)
        relay = try await KitRelay.start(before: site)
        bob = try await KitMember.join(site, as: "bob babbage")
    }

    /// Plays a scenario, clears the stage, and judges what holds for all of them: nobody broke the protocol, and
    /// nothing was accepted twice whose sender could know.
    static func play(
        _ options: SiteOptions = SiteOptions(), _ scenario: (Stage) async throws -> Void
    ) async throws {
        let stage = try await Stage(options)
        do {
            try await scenario(stage)
        } catch {
            await stage.clear()
            throw error
        }
        await stage.clear()
        let record = stage.site.record()
        #expect(record.violations == [])
        #expect(record.acceptedTwice == 0)
        #expect(record.acceptedAgain == 0)
        #expect(stage.relay.counters().torn == 0)
    }

    private func clear() async {
        try? await bob.stop()
        try? await relay.stop()
        try? await site.stop()
    }

    /// Where a device of this name has its files.
    func home(_ name: String) -> URL {
        folder[name]
    }

    /// A device that is a member of the site, through the bad network. No link is held yet.
    func join(
        _ name: String = "ada", world: KitWorld? = nil, keys: KitKeys? = nil
    ) async throws -> Device {
        let device = try await Device.open(
            at: home(name), site: site, world: world ?? Device.hasty(), keys: keys)
        let account = try await device.client.join(
            relay.site, as: Alias("\(name) lovelace"), name: AccountName(name))
        // Where the machine is busy, the link of the join closes a moment later.
        _ = try await account.states.first { $0 == .off }
        return try await device.with(AccountName(name))
    }

    /// Opens the device of this name again, as after the end of its process.
    func reopen(
        _ name: String = "ada", world: KitWorld? = nil, keys: KitKeys? = nil
    ) async throws -> Device {
        let device = try await Device.open(
            at: home(name), site: site, world: world ?? Device.hasty(), keys: keys)
        return try await device.with(AccountName(name))
    }
}

/// An app under test: a client, and its first account.
struct Device: Sendable {
    let home: URL
    let client: Client
    private let site: KitSite
    private let first: Account?

    /// The account; a device has one once it is a member.
    var account: Account {
        get throws { try #require(first) }
    }

    /// A world whose waits suit a test.
    static func hasty(ownDisk: Bool = false) throws -> KitWorld {
        let times = WorldTimes(
            backoffFirstMs: 50, backoffMaxMs: 400, stableAfterMs: 200, busyBoundMs: nil, linksPerHour: 100_000)
        return try KitWorld.make(times: times, ownDisk: ownDisk)
    }

    static func open(
        at home: URL, site: KitSite, world: KitWorld?, keys: KitKeys?
    ) async throws -> Device {
        let client = try await Client.open(at: home, keys: keys?.keyStore(), world: world?.world())
        return Device(home: home, client: client, site: site, first: nil)
    }

    func with(_ account: AccountName) async throws -> Device {
        Device(home: home, client: client, site: site, first: try await client.account(account))
    }

    /// Holds a link where none was held, and waits until it stands: this one, for one of before that is just ending looks
    /// the same for a moment. What the site says by itself at a login has come then: nothing moves that a test does not
    /// move.
    func goOnline() async throws {
        let logins = site.count(what: .logins)
        try client.foreground()
        try await site.awaitCount(.logins, logins + 1)
        _ = try await account.states.first { $0 == .online }
        try await site.awaitAllDelivered()
    }

    /// What is in its store, seen by a fresh reader.
    func stored() async throws -> StoredAccount {
        try #require(try await TmtpKit.stored(at: home).first)
    }
}
