// What an app passes in, at its worst.

import Foundation
import Tmtp

/// A key store that throws whenever it is asked to keep something.
final class ThrowingKeys: KeyStore {
    /// What it throws.
    enum Kind {
        case declared, undeclared
    }

    private let kind: Kind

    init(_ kind: Kind) {
        self.kind = kind
    }

    func get(name: String) throws -> KeyAnswer { .absent }

    func put(name: String, secret: Data) throws {
        switch kind {
        case .declared: throw KeyStoreError.Failed
        case .undeclared: throw CocoaError(.fileWriteUnknown)
        }
    }

    func remove(name: String) throws {}
}

/// A log sink that keeps what it is told, and throws.
final class ThrowingLog: LogSink, @unchecked Sendable {
    private let lock = NSLock()
    private var kept: [String] = []
    private var words: [LogField] = []

    var lines: [String] { lock.withLock { kept } }

    /// The fields that are words.
    var codes: [LogField] { lock.withLock { words } }

    func log(record: LogRecord) throws {
        lock.withLock {
            kept.append("\(record.part) \(record.sentence) \(record.fields)")
            words += record.fields.filter { $0.code != nil }
        }
        throw CocoaError(.fileWriteUnknown)
    }
}
