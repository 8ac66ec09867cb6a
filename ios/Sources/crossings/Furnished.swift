// What the calls are made on: a site, and two phones of its members.

import Foundation
import Tmtp
import TmtpKit

/// Rows in each list that is read: a full screen and more.
let rows = 50

/// What a message says here: about a line and a half on the screen of a phone.
let text = "Text as long as people write it, about a line and a half of it on the screen of a phone."

/// Anna's phone is full: lists, mail of another member, an outbox that stays full because no link is held. Dora's is
/// new, and talks with the site.
final class Furnished {
    let folder = FileManager.default.temporaryDirectory.appending(path: "tmtp-crossings-\(UUID().uuidString)")
    private(set) var site: KitSite!
    private(set) var client: Client!
    private(set) var account: Account!
    private(set) var talking: Client!
    private(set) var talker: Account!
    /// Of another member: threads of one message, and messages of one thread, to be marked and deleted.
    private(set) var threads: [ThreadId] = []
    private(set) var messages: [MessageId] = []
    /// An own message with a file, and an own thread.
    private(set) var withFile: MessageId = ""
    private(set) var thread: ThreadId = ""
    /// Sent, waiting, and refused by the site.
    private(set) var sent: SendId = ""
    private(set) var waiting: SendId = ""
    private(set) var failed: [SendId] = []
    /// A uid that no member has.
    private(set) var nobody: Uid = ""

    /// Where this one has its files.
    func place(_ name: String) -> URL { folder.appending(path: name) }

    /// Where to join.
    var address: SiteAddress { SiteAddress(site.address()) }

    func open(_ name: String) async throws -> Client {
        let world = try KitWorld.make(times: WorldTimes(linksPerHour: 1_000_000), ownDisk: false)
        return try await Client.open(at: place(name), world: world.world())
    }

    /// Makes all of it.
    func fill() async throws {
        site = try await KitSite.start()
        client = try await open("full")
        account = try await client.join(address, as: "Full Amsel", name: "full")
        talking = try await open("talker")
        talker = try await talking.join(address, as: "Talker Amsel", name: "talker")
        try await receive()
        try await beRefused()
        try await write()
    }

    /// Another member writes, and Anna's phone takes it.
    private func receive() async throws {
        guard let uid = try await account.status().uid else { throw TmtpError.NotFound }
        let bela = try await KitMember.join(site, as: "Bela Buchfink")
        let many = try await bela.send(to: [uid.text], subject: "Many", text: "0", attachments: [])
        for number in 0..<(2 * calls(commits)) { try await bela.reply(thread: many, text: "\(number)") }
        for number in 0..<calls(commits) {
            _ = try await bela.send(to: [uid.text], subject: "Thread \(number)", text: text, attachments: [])
        }
        try await bela.awaitSent(deadlineMs: 60_000)
        _ = try await client.wake(within: .seconds(60))
        try await bela.stop()
        var found: [ThreadRow] = []
        var page: Page? = Page(limit: 100)
        while let asked = page {
            let part = try await account.threads(page: asked)
            found += part.items
            page = part.next.map { Page(limit: 100, after: $0) }
        }
        guard let one = found.first(where: { $0.subject == "Many" })?.thread else { throw TmtpError.NotFound }
        threads = found.map(\.thread).filter { $0 != one }
        var come: [MessageId] = []
        page = Page(limit: 100)
        while let asked = page {
            let part = try await account.screen(one, page: asked)
            come += part.messages.map(\.message)
            page = part.next.map { Page(limit: 100, after: $0) }
        }
        messages = come
    }

    /// Messages to somebody whom the site does not know: it refuses them for good.
    private func beRefused() async throws {
        guard let own = try await talker.status().uid else { throw TmtpError.NotFound }
        nobody = Uid(String(own.text.reversed()))
        var refused: [SendId] = []
        for number in 0..<calls(commits) {
            let message = NewMessage(to: .people(nobody.text), subject: "Refused \(number)", text: "Message")
            refused.append(try await talker.send(message).sendId)
        }
        sent = try await talker.send(NewMessage(to: .people(), subject: "Sent", text: "Message")).sendId
        _ = try await talking.wake(within: .seconds(60))
        for item in refused {
            guard case .failed = try await talker.outgoing(item).state else { throw TmtpError.NotFound }
        }
        failed = refused
    }

    /// Anna's own, which all stays here: no link is held.
    private func write() async throws {
        let file = place("file")
        try Data(count: 10_000).write(to: file)
        let first = NewMessage(to: .people(), subject: "File", text: "Here.", attachments: [file])
        withFile = try await account.send(first).message
        let begun = try await account.send(NewMessage(to: .people(), subject: "Thread", text: "Message"))
        (thread, waiting) = (begun.thread, begun.sendId)
        for number in 0..<rows {
            try await account.send(NewMessage(to: .people(), subject: "Thread \(number)", text: text))
            try await account.send(NewMessage(to: .reply(thread: thread), text: text))
            try await account.ping(Alias("Somebody \(number)"), text: "Ping")
            try await account.saveDraft(
                NewMessage(draft: "draft \(number)", to: .people(), subject: "Draft", text: text))
        }
    }

    /// Ends everything.
    func clear() async throws {
        try await client.stop()
        try await talking.stop()
        try await site.stop()
        try FileManager.default.removeItem(at: folder)
    }
}
