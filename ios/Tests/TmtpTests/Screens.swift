// What an app shows for long, and the ends that it may meet. The same cases stand in Kotlin (ScreensTest).

import Foundation
import Testing
import Tmtp
import TmtpKit

@Suite(.timeLimit(.minutes(2)))
struct Screens {
    @Test func statesBeginWithWhatIsSoNow() async throws {
        try await Stage.play { stage in
            let ada = try await stage.join()
            let account = try ada.account
            try await ada.goOnline()
            let states = account.states
            #expect(try await states.first { _ in true } == .online)
            try ada.client.background(for: .zero)
            _ = try await account.states.first { $0 == .off }
            // Nobody is shown what somebody saw before.
            #expect(try await states.first { _ in true } == .off)
            try await ada.client.stop()
            #expect(try await states.first { _ in true } == nil)
        }
    }

    @Test func aScreenThatIsOpenGoesOnAfterASuspension() async throws {
        try await Stage.play { stage in
            let ada = try await stage.join()
            let account = try ada.account
            let uid = try #require(try await account.status().uid)
            try await ada.client.willSuspend(within: .seconds(3))
            // One that is opened meanwhile: it has tried to read before these calls are through.
            let inbox = Task { try await account.inbox().first { !$0.isEmpty } }
            for _ in 0..<20 {
                await #expect(throws: TmtpError.Suspended) { try await account.threads() }
            }
            try ada.client.resumed()
            try ada.client.foreground()
            try await stage.bob.write(to: uid, subject: "Tea", text: "At five?")
            #expect(try await inbox.value?.map(\.subject) == ["Tea"])
            try await ada.client.stop()
        }
    }

    @Test func screensOfAClientThatIsBrokenAreTold() async throws {
        try await Stage.play { stage in
            let world = try Device.hasty()
            let ada = try await stage.join(world: world)
            let account = try ada.account
            let uid = try #require(try await account.status().uid)
            try await ada.goOnline()
            let (shown, show) = AsyncStream.makeStream(of: Void.self)
            let inbox = Task {
                for try await _ in account.inbox() { show.yield() }
            }
            for await _ in shown.prefix(1) {}
            for _ in 0..<1_000 {
                world.panicNext()
                do throws(TmtpError) { try ada.client.unlocked() } catch { break }
            }
            // The pull that is under way comes back with this, and the next finds the client broken.
            try await stage.bob.write(to: uid, text: "At five?")
            await #expect(throws: TmtpError.Broken) { try await inbox.value }
            try? await ada.client.stop()
        }
    }

    @Test func anAccountThatIsRemovedEndsItsScreensAndItsNameCanBeTakenAgain() async throws {
        try await Stage.play { stage in
            let ada = try await stage.join()
            let account = try ada.account
            let (shown, show) = AsyncStream.makeStream(of: Void.self)
            let inbox = Task {
                for try await _ in account.inbox() { show.yield() }
            }
            for await _ in shown.prefix(1) {}
            try await ada.client.remove("ada", within: .seconds(2))
            try await inbox.value
            await #expect(throws: TmtpError.NotFound) { try await account.threads() }
            await #expect(throws: TmtpError.NotFound) { try await ada.client.account("ada") }
            let again = try await ada.client.join(stage.relay.site, as: "ada again", name: "ada")
            #expect(try await again.threads().items.isEmpty)
            try await ada.client.stop()
        }
    }

    @Test func aStayThatNobodyKeepsLetsTheLinkGo() async throws {
        try await Stage.play { stage in
            let ada = try await stage.join()
            let account = try ada.account
            let logins = stage.site.count(what: .logins)
            var stay: Stay? = try await account.stay()
            try await stage.site.awaitCount(.logins, logins + 1)
            #expect(stay != nil)
            stay = nil
            _ = try await account.states.first { $0 == .off }
            try await ada.client.stop()
        }
    }
}
