// Folders that go with the test that made them.

import Foundation

/// A folder that is removed with the last reference to it.
final class Folder: Sendable {
    /// Where it is.
    let url: URL

    init() throws {
        url = FileManager.default.temporaryDirectory.appending(path: "tmtp-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: url, withIntermediateDirectories: true)
    }

    deinit {
        try? FileManager.default.removeItem(at: url)
    }

    /// A place in it.
    subscript(_ name: String) -> URL {
        url.appending(path: name)
    }

    /// A file of so many bytes, none like the next.
    func file(_ name: String, bytes: Int) throws -> URL {
        var state: UInt64 = 0x9E37_79B9_7F4A_7C15
        var data = Data(capacity: bytes + 8)
        while data.count < bytes {
            state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            withUnsafeBytes(of: state) { data.append(contentsOf: $0) }
        }
        let place = self[name]
        try data.prefix(bytes).write(to: place)
        return place
    }
}
