// One line of the table, and how it is measured.

import Foundation

/// How often something is measured that commits, and something that talks with the site.
let commits = 100
let talks = 12

/// How many calls a row makes: those that count, and those before.
func calls(_ times: Int) -> Int { times + times / 4 }

/// One call, and what it needs.
struct Row {
    /// The call as the border names it; behind a comma, what was asked for.
    let label: String
    /// How often it is measured. A fourth of that comes before, and does not count.
    let times: Int
    /// Whether it goes to the library's threads and back, and so is compared with an empty call that does.
    let waits: Bool
    /// All calls of the border that are in it.
    let covers: [String]
    /// What has to be there for the call, outside of the time.
    let before: (Int) async throws -> Void
    /// The call.
    let call: (Int) async throws -> Void

    init(
        _ label: String, _ times: Int = 1_000, waits: Bool = true, covers: [String]? = nil,
        before: @escaping (Int) async throws -> Void = { _ in }, call: @escaping (Int) async throws -> Void
    ) {
        self.label = label
        self.times = times
        self.waits = waits
        self.covers = covers ?? [String(label.prefix { $0 != "," })]
        self.before = before
        self.call = call
    }

    /// Microseconds of one call: the median.
    func cost() async throws -> Double {
        let clock = ContinuousClock()
        var took: [Double] = []
        for number in 0..<calls(times) {
            try await before(number)
            let began = clock.now
            try await call(number)
            let (seconds, attoseconds) = (clock.now - began).components
            took.append(Double(seconds) * 1e6 + Double(attoseconds) / 1e12)
        }
        return took.suffix(times).sorted()[times / 2]
    }
}
