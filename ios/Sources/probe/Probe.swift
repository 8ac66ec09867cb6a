// The smallest app: shows that the library alone, without the test kit, is enough to link and to run.

import Foundation
import Tmtp

@main
enum Probe {
    static func main() async throws {
        let home = URL.temporaryDirectory.appending(path: "tmtp-probe-\(UUID().uuidString)")
        defer { try? FileManager.default.removeItem(at: home) }
        let client = try await Client.open(at: home)
        let accounts = try await client.accounts()
        try await client.stop()
        print("The library runs; \(accounts.count) accounts.")
    }
}
