// The identifiers of TMTP as value types, so that a thread is never taken for a message. The generated records
// use them; their texts are made and checked by the core alone. Nothing here looks into a text.

/// The text that names something of one kind. Two are equal if their texts are.
///
/// Ids come from the core. One that an app has stored is made again from its ``text``; whether it is well formed
/// is said by the call that gets it.
public struct Id<Kind: IdKind>: Hashable, Sendable {
    /// The id as it is stored and logged.
    public let text: String

    /// The id with this text.
    public init(_ text: String) {
        self.text = text
    }
}

/// What an ``Id`` names. Closed: the kinds below are all that there are.
public protocol IdKind {
    /// Whether the text must not be seen in a log.
    static var isSecret: Bool { get }
}

extension IdKind {
    /// Most are no secret.
    public static var isSecret: Bool { false }
}

/// An account, as it is called on this device.
public enum AccountKind: IdKind {}

/// A thread.
public enum ThreadKind: IdKind {}

/// A message or a ping.
public enum MessageKind: IdKind {}

/// Something sent from this device; the same through all repetitions.
public enum SendKind: IdKind {}

/// A member of a site.
public enum UidKind: IdKind {}

/// A name by which members find each other.
public enum AliasKind: IdKind {}

/// A site's address.
public enum SiteKind: IdKind {}

/// A site's key, for a person to compare.
public enum PinKind: IdKind {}

/// What another device needs to become a node of a member.
public enum TicketKind: IdKind {
    /// It is one.
    public static var isSecret: Bool { true }
}

/// A place in a list.
public enum CursorKind: IdKind {}

extension Id: CustomStringConvertible {
    /// The ``text``, unless it is a secret.
    public var description: String { Kind.isSecret ? "(secret)" : text }
}

extension Id: ExpressibleByStringLiteral {
    /// The id with this text.
    public init(stringLiteral text: String) {
        self.init(text)
    }
}

extension Id: Codable {
    /// From a single text.
    public init(from decoder: any Decoder) throws {
        text = try decoder.singleValueContainer().decode(String.self)
    }

    /// As a single text.
    public func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(text)
    }
}
