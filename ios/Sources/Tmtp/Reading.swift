// What screens show: pages of rows from the device. One crossing for one screen.

public import Foundation
public import TmtpCore

extension Page {
    /// The beginning of a list: several screens of a phone, half of what the core gives at most.
    public static let first = Page(limit: 50)
}

extension Account {
    /// Threads, the one with the newest message first.
    public func threads(
        unreadOnly: Bool = false, page: Page = .first
    ) async throws(TmtpError) -> ThreadPage {
        try await asking { try await core.threads(unreadOnly: unreadOnly, page: page) }
    }

    /// A thread with a page of its messages, the newest first or the oldest first. Any name that the thread ever had will
    /// do.
    public func screen(
        _ thread: ThreadId, newestFirst: Bool = true, page: Page = .first
    ) async throws(TmtpError) -> ThreadScreen {
        try await asking { try await core.threadScreen(thread: thread, newestFirst: newestFirst, page: page) }
    }

    /// One message. Any name that it ever had will do.
    public func message(_ message: MessageId) async throws(TmtpError) -> MessageRow {
        try await asking { try await core.message(message: message) }
    }

    /// What waits, and for what, is on its way, in doubt, or has failed, in the order of `send`.
    public func outbox(page: Page = .first) async throws(TmtpError) -> OutboxPage {
        try await asking { try await core.outbox(page: page) }
    }

    /// One item that this device has sent or wants to send.
    public func outgoing(_ sendId: SendId) async throws(TmtpError) -> OutgoingRow {
        try await asking { try await core.outgoing(sendId: sendId) }
    }

    /// The address book, by alias: whom the site has checked, and what senders only claim.
    public func contacts(page: Page = .first) async throws(TmtpError) -> ContactPage {
        try await asking { try await core.contacts(page: page) }
    }

    /// Pings, the newest first.
    public func pings(page: Page = .first) async throws(TmtpError) -> PingPage {
        try await asking { try await core.pings(page: page) }
    }

    /// Drafts, by their ids.
    public func drafts(page: Page = .first) async throws(TmtpError) -> DraftPage {
        try await asking { try await core.drafts(page: page) }
    }

    /// What this version has stored without interpreting it.
    public func parked(page: Page = .first) async throws(TmtpError) -> ParkedPage {
        try await asking { try await core.parked(page: page) }
    }

    /// The member's own aliases, and those asked for or refused.
    public func aliases() async throws(TmtpError) -> [AliasRow] {
        try await asking { try await core.aliases() }
    }

    /// The member's own nodes, and those asked for or refused.
    public func nodes() async throws(TmtpError) -> [NodeRow] {
        try await asking { try await core.nodes() }
    }

    /// Writes an attachment into a file, which is there whole or not at all, and says how many bytes it has. A file that
    /// is there already is only replaced if `replace` says so.
    @discardableResult
    public func saveAttachment(
        of message: MessageId, named name: String, to file: URL, replace: Bool = false
    ) async throws(TmtpError) -> Int64 {
        try await calling {
            try await core.saveAttachment(message: message, name: name, to: file.path, replace: replace, cancel: $0)
        }
    }
}
