// Stores that are not as this process has left them: of a newer version, damaged, copied here. An app shows what is
// wrong and what helps, and nothing is lost by opening.

import Foundation
import Testing
import Tmtp
import TmtpKit

@Suite(.timeLimit(.minutes(1)))
struct Stores {
    @Test func aStoreOfANewerVersionSaysWhichAndIsLeftAsItIs() async throws {
        try await Stage.play { stage in
            let ada = try await stage.join()
            try await ada.client.stop()
            let database = self.database(of: ada)
            var bytes = try Data(contentsOf: database)
            // The number of the format stands here in every SQLite file.
            bytes.replaceSubrange(60..<64, with: [0, 0, 3, 132])
            try bytes.write(to: database)

            let again = try await stage.reopen()
            guard case .NewerStore(let found, let known) = await error(of: again) else {
                Issue.record("read all the same")
                return
            }
            #expect(found == 900 && known < found)
            let state = AccountState.newerStore(found: 900, known: known)
            let listed = try #require(try await again.client.accounts().first)
            #expect(listed.state == state && listed.problem?.action() == .update)
            #expect(try await again.client.wake(within: .seconds(5)).outcome == .notKnown(why: .newerStore))
            #expect(try again.account.state() == state)
            try await again.client.stop()
            #expect(try Data(contentsOf: database) == bytes)
        }
    }

    @Test func aDamagedStoreSaysSoAndIsSalvaged() async throws {
        try await Stage.play { stage in
            let ada = try await stage.join()
            let sent = try await ada.account.send(NewMessage(to: .people(), subject: "Tea", text: "At five?"))
            try await ada.client.stop()
            let database = self.database(of: ada)
            let whole = try Data(contentsOf: database)
            try Data(repeating: 0x5a, count: 8_192).write(to: database)

            let again = try await stage.reopen()
            #expect(await error(of: again) == .Damaged)
            let listed = try #require(try await again.client.accounts().first)
            #expect(listed.state == .damaged && listed.problem?.action() == .salvage)
            #expect(try await again.client.wake(within: .seconds(5)).outcome == .notKnown(why: .damaged))
            #expect(try again.account.state() == .damaged)
            try await again.client.stop()

            // Where something reads, it is saved; the old store is kept.
            try whole.write(to: database)
            let salvaged = try await stage.reopen()
            let report = try await salvaged.account.salvage()
            let kept = database.deletingLastPathComponent().appending(path: report.kept)
            #expect(FileManager.default.fileExists(atPath: kept.path))
            #expect(try await salvaged.account.message(sent.message).text == "At five?")
            try await salvaged.client.stop()
        }
    }

    @Test func aCopyIsReadAndIsOnlyUsedOnceItWasAdopted() async throws {
        try await Stage.play { stage in
            let ada = try await stage.join()
            let sent = try await ada.account.send(NewMessage(to: .people(), subject: "Tea", text: "At five?"))
            try await ada.client.stop()
            // As a backup comes back: without what names the installation.
            try FileManager.default.copyItem(at: ada.home, to: stage.home("copy"))
            try FileManager.default.removeItem(at: stage.home("copy").appending(path: "install"))

            let client = try await Client.open(at: stage.home("copy"))
            let account = try await client.account("ada")
            #expect(try await account.threads().items.map(\.subject) == ["Tea"])
            await #expect(throws: TmtpError.Cloned) {
                try await account.send(NewMessage(to: .people(), subject: "Two", text: "Two"))
            }
            #expect(try account.state() == .cloned)
            try await account.adopt()
            try client.foreground()
            #expect(try await account.waitSent(sent.sendId, within: patience) == .sent)
            try await client.stop()
        }
    }

    private func database(of device: Device) -> URL {
        device.home.appending(path: "accounts/ada/mail.db")
    }

    /// Why the archive cannot be read.
    private func error(of device: Device) async -> TmtpError? {
        do {
            _ = try await device.account.threads()
            return nil
        } catch {
            return error as? TmtpError
        }
    }
}
