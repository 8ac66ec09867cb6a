// That the quick start runs as it is printed.

import Foundation
import Testing
import Tmtp
import TmtpKit

@Suite(.timeLimit(.minutes(1)))
struct QuickStartTests {
    @Test func theQuickStartSendsAndShowsWhatComes() async throws {
        try await Stage.play { stage in
            let (shown, show) = AsyncStream.makeStream(of: [ThreadRow].self)
            let (home, site, friend) = (stage.home("ada"), stage.relay.site, stage.bob.uid())
            let app = Task {
                try await quickStart(home: home, site: site, friend: friend) { show.yield($0) }
            }
            let atBob = try await stage.bob.awaitMessages(1)
            #expect(atBob.map(\.text) == ["At five?"])
            try await stage.bob.reply(thread: try #require(atBob.first).thread, text: "At five.")
            try await stage.bob.awaitSent(deadlineMs: 30_000)
            let answered = await shown.first { $0.first?.unread == 1 }
            #expect(answered?.map(\.preview) == ["At five."])
            app.cancel()
            try await app.value
            #expect(try await stored(at: home).first?.messages.map(\.state) == ["sent", nil])
        }
    }

    @Test func theReadmePrintsTheQuickStartThatIsRun() throws {
        let here = URL(filePath: #filePath).deletingLastPathComponent()
        let source = try String(contentsOf: here.appending(path: "QuickStart.swift"), encoding: .utf8)
        let readme = try String(contentsOf: here.appending(path: "../../README.md"), encoding: .utf8)
        let code = try #require(source.range(of: "import Foundation")).lowerBound
        #expect(readme.contains("```swift\n" + source[code...] + "```"))
    }
}
