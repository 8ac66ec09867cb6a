// What each exported call costs beside an empty one, seen from Swift: the median of many, in microseconds. Started by
// `ios/run crossings`; the figures stand in tests/bench/README.md. Arguments: the file `border.txt`; and `--check`, to
// look only whether each of its calls has a line here or a reason for having none.

import Foundation
import Tmtp
import TmtpKit
import TmtpKitCore

@main
enum Main {
    static func main() async throws {
        try await Crossings.run(CommandLine.arguments.dropFirst())
    }
}

enum Crossings {
    static func run(_ arguments: ArraySlice<String>) async throws {
        guard let list = arguments.last, !list.hasPrefix("-") else {
            print("usage: crossings [--check] BORDER")
            exit(2)
        }
        let stage = Furnished()
        let measured = Set(groups(stage).flatMap(\.rows).flatMap(\.covers))
        let wrong = mistakes(border: try border(URL(filePath: list)), measured: measured)
        for mistake in wrong { print("crossings: \(mistake)") }
        if !wrong.isEmpty { exit(1) }
        if arguments.contains("--check") { return }
        try await stage.fill()
        try await table(groups(stage))
        try await stage.clear()
    }

    static func groups(_ stage: Furnished) -> [(title: String, rows: [Row])] {
        [
            ("Told, or asked of what is in memory", Rows(stage: stage).facts),
            ("Read", Rows(stage: stage).reading),
            ("Written: most end in a commit", Rows(stage: stage).writing),
            ("Opened, closed, and with a site that answers at once", Rows(stage: stage).conversing),
        ]
    }

    static func table(_ groups: [(title: String, rows: [Row])]) async throws {
        let atOnce = try await Row("") { _ in try TmtpKitCore.empty() }.cost()
        let waiting = try await Row("") { _ in try await emptyAsync() }.cost()
        print("".padding(toLength: 52, withPad: " ", startingAt: 0), "us a call   x empty")
        line("an empty call", atOnce, 1)
        line("an empty call that waits", waiting, 1)
        for (title, rows) in groups {
            print("\n\(title)")
            for row in rows {
                let micros = try await row.cost()
                line(row.label, micros, micros / (row.waits ? waiting : atOnce))
            }
        }
        print("\nNot measured")
        for (call, reason) in notMeasured.sorted(by: { $0.key < $1.key }) {
            print(call.padding(toLength: 24, withPad: " ", startingAt: 0), reason)
        }
    }

    static func line(_ label: String, _ micros: Double, _ ratio: Double) {
        print(
            label.padding(toLength: 52, withPad: " ", startingAt: 0), String(format: "%10.2f %9.2f", micros, ratio))
    }
}
