// The calls, in the order in which they can be made.

import Foundation
import Tmtp
import class TmtpCore.Cancel
import func TmtpCore.version
import TmtpKit

/// All rows of the table. Nothing is asked of the stage before a row is measured.
struct Rows {
    let stage: Furnished

    private var client: Client { stage.client }
    private var account: Account { stage.account }
    private var talking: Client { stage.talking }
    private var talker: Account { stage.talker }

    /// What is told, or asked of what is in memory.
    var facts: [Row] {
        let cancel = Cancel()
        return [
            Row("version", waits: false) { _ in _ = version() },
            Row("client.eventCursor", waits: false) { _ in _ = try talking.eventCursor() },
            Row("account.state", waits: false) { _ in _ = try talker.state() },
            Row("client.foreground", waits: false) { _ in try talking.foreground() },
            Row("client.background", waits: false) { _ in try talking.background(for: .zero) },
            Row("client.network", waits: false) { _ in try talking.network(NetworkHint(path: 1)) },
            Row("client.unlocked", waits: false) { _ in try talking.unlocked() },
            Row("client.memoryPressure", waits: false) { _ in try talking.memoryPressure() },
            Row("client.power", waits: false) { _ in try talking.power(saver: false) },
            Row("client.resumed", waits: false) { _ in try talking.resumed() },
            Row("cancel.isCancelled", waits: false) { _ in _ = cancel.isCancelled() },
            Row("cancel.cancel, with making it", waits: false) { _ in Cancel().cancel() },
            Row("code", waits: false) { _ in _ = TmtpError.NotFound.code() },
            Row("action", waits: false) { _ in _ = TmtpError.NotFound.action() },
            Row("retryAfterMs", waits: false) { _ in _ = TmtpError.NotFound.retryAfterMs() },
        ]
    }

    /// What a screen reads.
    var reading: [Row] {
        [
            Row("client.accounts") { _ in _ = try await client.accounts() },
            Row("client.account") { _ in _ = try await client.account("full") },
            Row("client.unreadTotal") { _ in _ = try await client.unreadTotal() },
            Row("client.ledger") { _ in _ = try await client.ledger() },
            Row("client.ledgerExport") { _ in _ = try await client.ledgerExport() },
            Row("account.status") { _ in _ = try await account.status() },
            Row("account.threads, 1 row") { _ in _ = try await account.threads(page: Page(limit: 1)) },
            Row("account.threads, \(rows) rows") { _ in _ = try await account.threads() },
            Row("account.threadScreen, \(rows) messages") { _ in _ = try await account.screen(stage.thread) },
            Row("account.message") { _ in _ = try await account.message(stage.messages[0]) },
            Row("account.outbox, \(rows) rows") { _ in _ = try await account.outbox() },
            Row("account.outgoing") { _ in _ = try await account.outgoing(stage.waiting) },
            Row("account.drafts, \(rows) rows") { _ in _ = try await account.drafts() },
            Row("account.contacts") { _ in _ = try await account.contacts() },
            Row("account.pings, \(rows) rows") { _ in _ = try await account.pings() },
            Row("account.parked, none") { _ in _ = try await account.parked() },
            Row("account.aliases") { _ in _ = try await account.aliases() },
            Row("account.nodes, none") { _ in _ = try await account.nodes() },
            Row("account.waitSent, sent before") { _ in
                _ = try await talker.waitSent(stage.sent, within: .seconds(1))
            },
            Row("account.waitAlias, held before") { _ in
                _ = try await account.waitAlias("Full Amsel", within: .seconds(1))
            },
            Row("account.userActs") { _ in try await account.userActs() },
            Row("an error: nothing of this id", covers: []) { _ in
                try await refused { _ = try await account.message("0000000000000001") }
            },
            Row("client.nextEvents, a batch of 64") { _ in
                var events = client.events(after: EventCursor(epoch: 0, seq: 0)).makeAsyncIterator()
                _ = try await events.next()
            },
        ]
    }

    /// What ends in a commit, or could.
    var writing: [Row] {
        let kept = Kept<SendId>()
        return [
            Row("account.saveDraft", commits) { _ in try await account.saveDraft(draft("draft")) },
            Row("account.deleteDraft", commits, before: { _ in try await account.saveDraft(draft("gone")) }) { _ in
                try await account.deleteDraft("gone")
            },
            Row("account.sendDraft", commits, before: { try await account.saveDraft(draft("send \($0)")) }) {
                try await account.sendDraft("send \($0)")
            },
            Row("account.send", commits) { kept.all.append(try await account.send(draft("fresh \($0)")).sendId) },
            Row("account.send, the same again", commits) { _ in try await account.send(draft("fresh 0")) },
            Row("account.withdraw", commits) { try await account.withdraw(kept.all[$0]) },
            Row("account.ping", commits) { try await account.ping(Alias("Nobody \($0)"), text: "Ping") },
            Row("account.markRead", commits) { try await account.markRead(stage.messages[$0]) },
            Row("account.markThreadRead", commits) { try await account.markThreadRead(stage.threads[$0]) },
            Row("account.markPingsRead, none", commits) { _ in try await account.markPingsRead() },
            Row("account.deleteMessage", commits) {
                try await account.deleteMessage(stage.messages[$0 + calls(commits)])
            },
            Row("account.deleteThread", commits) { try await account.deleteThread(stage.threads[$0]) },
            // The first agrees, the others find that the person has.
            Row("account.goWithoutUnreachable, all reachable", commits) { _ in
                try await account.goWithoutUnreachable(stage.thread)
            },
            Row("account.removeContact, of nobody", commits) { _ in
                try await refused { try await account.removeContact("Nobody", of: stage.nobody) }
            },
            Row("account.addAlias", commits) { try await account.addAlias(Alias("Anna Amsel \($0)")) },
            Row("account.sendAgain, of what was refused", commits) { try await talker.sendAgain(stage.failed[$0]) },
            Row("account.takeAsSent, of what is in no doubt", commits) { _ in
                try await refused { try await account.takeAsSent(stage.waiting) }
            },
            Row("account.answerTooLarge, of what is not", commits) { _ in
                try await refused { try await account.answerTooLarge(stage.messages[0], .accept) }
            },
            Row("account.saveAttachment, 10 kB", commits) { _ in
                try await account.saveAttachment(
                    of: stage.withFile, named: "file", to: stage.place("saved"), replace: true)
            },
        ]
    }

    /// What opens, closes, or talks with the site, which answers at once here.
    var conversing: [Row] {
        let (stay, second, key, tickets) = (Kept<Stay>(), Kept<Client>(), Kept<SiteKey>(), Kept<NodeTicket>())
        return [
            Row("openClient", talks, before: { _ in try await second.all.last?.stop() }) { _ in
                second.all = [try await stage.open("full")]
            },
            Row(
                "client.stop, an account open", talks,
                before: { _ in
                    try await second.all.last?.stop()
                    second.all = [try await opened()]
                }
            ) { _ in try await second.all[0].stop() },
            Row("client.willSuspend, an account open", talks, before: { _ in try await awake() }) { _ in
                try await talking.willSuspend(within: .seconds(3))
            },
            Row("account.release", talks, before: { _ in try await awake() }) { _ in try await talker.release() },
            Row("account.adopt, of one that was made here", talks, before: { _ in try await awake() }) { _ in
                try await talker.adopt()
            },
            Row("account.salvage", talks) { _ in _ = try await account.salvage() },
            Row("account.stay", talks, before: { _ in try await stay.all.last?.stop() }) { _ in
                stay.all = [try await talker.stay()]
            },
            Row(
                "stay.stop, the link stands", talks,
                before: { _ in
                    try await stay.all.last?.stop()
                    stay.all = [try await talker.stay()]
                    _ = try await talker.states.first { $0 == .online }
                }
            ) { _ in try await stay.all[0].stop() },
            Row("client.wake, nothing new", talks, before: rest) { _ in _ = try await talking.wake(within: .seconds(60))
            },
            Row("client.push, nothing new", talks, before: rest) { _ in
                _ = try await talking.push(nil, within: .seconds(60))
            },
            Row("client.siteKey", talks) { _ in key.all = [try await talking.siteKey(of: stage.address)] },
            Row("client.trust", talks) { _ in try await talking.trust(key.all[0].seen, of: stage.address) },
            Row("client.join", talks, before: rest) {
                _ = try await talking.join(stage.address, as: Alias("Joined \($0)"), name: AccountName("joined-\($0)"))
            },
            Row("client.remove", talks) {
                try await talking.remove(AccountName("joined-\($0)"), within: .seconds(2))
            },
            Row(
                "account.addNode, a link stands", talks,
                before: { number in
                    guard number == 0 else { return }
                    stay.all = [try await talker.stay()]
                    _ = try await talker.states.first { $0 == .online }
                }
            ) { tickets.all.append(try await talker.addNode("node \($0)")) },
            Row("account.forgetNodeTicket", talks) { try await talker.forgetNodeTicket("node \($0)") },
            Row("client.joinNode", talks) {
                _ = try await client.joinNode(tickets.all[$0], name: AccountName("node-\($0)"))
            },
        ]
    }

    private func draft(_ id: String) -> NewMessage {
        NewMessage(draft: id, to: .people(), subject: "Subject", text: text)
    }

    /// A call that is to fail.
    private func refused(_ call: () async throws -> Void) async throws {
        do {
            try await call()
        } catch is TmtpError { return }
        throw CocoaError(.featureUnsupported)
    }

    /// So long that a link is made at once: after many in a row each waits for its turn.
    private func rest(_: Int) async throws { try await Task.sleep(for: .seconds(1)) }

    /// A client of its own with an account that is open for writing.
    private func opened() async throws -> Client {
        let client = try await stage.open("stopped")
        if try await client.accounts().isEmpty {
            _ = try await client.join(stage.address, as: "Stopped Amsel", name: "stopped")
        }
        try await client.account("stopped").saveDraft(draft("open"))
        return client
    }

    /// After this the account is open for writing.
    private func awake() async throws {
        try talking.resumed()
        try await talker.saveDraft(draft("open"))
    }
}

/// What one call leaves for another.
final class Kept<Thing> {
    var all: [Thing] = []
}
