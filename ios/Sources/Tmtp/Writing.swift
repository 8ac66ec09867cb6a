// What changes mail. Each call returns when its change is durable on this device.

public import Foundation
public import TmtpCore

extension NewMessage {
    /// A message under a draft id of its own, unless one is given: under it the message is sent once, however often it
    /// is asked for. Keep it to ask again after a kill. An id stands for one content: under one that was used for
    /// something else nothing is sent (`TmtpError.DraftUsed`). Files are copied, and may be changed or removed afterwards.
    public init(
        draft: String = UUID().uuidString, to: To, subject: String = "", text: String, attachments: [URL] = []
    ) {
        self.init(draft: draft, to: to, subject: subject, text: text, attachments: attachments.map(\.path))
    }
}

extension To {
    /// The beginning of a thread with these people: aliases that the site has checked (their members have pinged this
    /// one), own aliases, or uids. What a sender only claims is nobody's name. Nobody: a note to self.
    public static func people(_ who: String..., from alias: Alias? = nil) -> To {
        .newThread(recipients: who.map { Recipient(who: $0, note: "") }, fromAlias: alias)
    }
}

extension Account {
    /// Sends a message. When this returns, message and files are durable on this device, and it stays in the outbox until
    /// the site has taken it, the person withdraws it, or the site refuses it.
    ///
    /// Called again under the same draft, also after a kill or a cancelled call, it returns the same message, even if the
    /// files are gone meanwhile.
    ///
    /// - Throws: `TmtpError.DraftUsed`, something else was sent under this draft, or taken back: choose another id.
    ///   `TmtpError.OnlyClaimed`, only a sender says who has this name: offer a ping, or sending to the uid.
    ///   `TmtpError.ConflictingAlias`, several members are said to have it. `TmtpError.Unreachable`, entries of the thread's
    ///   recipient list name nobody: see ``goWithoutUnreachable(_:)``. Nothing was accepted then.
    @discardableResult
    public func send(_ message: NewMessage) async throws(TmtpError) -> Sent {
        try await calling { try await core.send(message: message, cancel: $0) }
    }

    /// Sends a draft that was kept, with its files; as `send` does.
    ///
    /// - Throws: `TmtpError.NotFound`, there is no such draft, and none was sent.
    @discardableResult
    public func sendDraft(_ draft: String) async throws(TmtpError) -> Sent {
        try await asking { try await core.sendDraft(draft: draft) }
    }

    /// Sends a ping: a short text to somebody whose alias is known, who then knows this member. As `send` does; also in
    /// that an id that was used for something else is `TmtpError.DraftUsed`.
    @discardableResult
    public func ping(_ ping: NewPing) async throws(TmtpError) -> Pinged {
        try await asking { try await core.ping(ping: ping) }
    }

    /// Sends a ping under a draft id of its own.
    @discardableResult
    public func ping(_ alias: Alias, text: String = "") async throws(TmtpError) -> Pinged {
        try await ping(NewPing(draft: UUID().uuidString, to: alias, text: text))
    }

    /// Waits until something is sent or has failed, at most so long, and says how far it is. What it waits for says
    /// `OutgoingRow.waits`.
    public func waitSent(_ sendId: SendId, within deadline: Duration) async throws(TmtpError) -> OutgoingState {
        try await calling {
            try await core.waitSent(sendId: sendId, deadlineMs: deadline.milliseconds, cancel: $0)
        }
    }

    /// Takes something back, as far as that is still possible. The text goes with it: keep it as a draft first, under
    /// another id, if the person may want it again.
    @discardableResult
    public func withdraw(_ sendId: SendId) async throws(TmtpError) -> Withdrawn {
        try await asking { try await core.withdraw(sendId: sendId) }
    }

    /// The person's word on something failed or in doubt: send it again.
    public func sendAgain(_ sendId: SendId) async throws(TmtpError) {
        try await asking { try await core.sendAgain(sendId: sendId) }
    }

    /// The person's word on something in doubt: it has arrived.
    public func takeAsSent(_ sendId: SendId) async throws(TmtpError) {
        try await asking { try await core.takeAsSent(sendId: sendId) }
    }

    /// A message was seen.
    public func markRead(_ message: MessageId) async throws(TmtpError) {
        try await asking { try await core.markRead(message: message) }
    }

    /// All messages of a thread were seen.
    public func markThreadRead(_ thread: ThreadId) async throws(TmtpError) {
        try await asking { try await core.markThreadRead(thread: thread) }
    }

    /// All pings were seen.
    public func markPingsRead() async throws(TmtpError) {
        try await asking { try await core.markPingsRead() }
    }

    /// Deletes a message from this device. The site has none.
    public func deleteMessage(_ message: MessageId) async throws(TmtpError) {
        try await asking { try await core.deleteMessage(message: message) }
    }

    /// Deletes a thread from this device, with its messages.
    public func deleteThread(_ thread: ThreadId) async throws(TmtpError) {
        try await asking { try await core.deleteThread(thread: thread) }
    }

    /// The person knows that some entries of this thread's recipient list name nobody (`TmtpError.Unreachable`): from now
    /// on replies go to the others. Send again under the same draft then.
    public func goWithoutUnreachable(_ thread: ThreadId) async throws(TmtpError) {
        try await asking { try await core.goWithoutUnreachable(thread: thread) }
    }

    /// Forgets that this alias, given as `ContactRow.alias` has it, is said to be this member's, checked or claimed. A
    /// later ping, or claim, tells it again.
    ///
    /// - Throws: `TmtpError.NotFound`, nobody says so.
    public func removeContact(_ alias: Alias, of uid: Uid) async throws(TmtpError) {
        try await asking { try await core.removeContact(alias: alias, uid: uid) }
    }

    /// Keeps a message as a draft, with copies of its files; one of the same id is replaced.
    ///
    /// - Throws: `TmtpError.DraftUsed`, a message was sent under this id. An app that saves while the person writes may
    ///   come too late, behind its own `send`: nothing is wrong then.
    public func saveDraft(_ message: NewMessage) async throws(TmtpError) {
        try await calling { try await core.saveDraft(message: message, cancel: $0) }
    }

    /// Deletes a draft.
    public func deleteDraft(_ draft: String) async throws(TmtpError) {
        try await asking { try await core.deleteDraft(draft: draft) }
    }

    /// The person's word on a delivery above the limit.
    public func answerTooLarge(_ message: MessageId, _ answer: TooLargeAnswer) async throws(TmtpError) {
        try await asking { try await core.answerTooLarge(message: message, answer: answer) }
    }
}
