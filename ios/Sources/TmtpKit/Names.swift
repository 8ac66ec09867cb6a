// A site, a bad network and other members inside a test's own process. What they are and do is documented in the
// generated module `TmtpKitCore`; the names stand here, so that a test imports this module alone.

public import TmtpKitCore

/// An embedded site, over TLS.
public typealias KitSite = TmtpKitCore.KitSite

/// How a site is made.
public typealias SiteOptions = TmtpKitCore.SiteOptions

/// Something that a site counts.
public typealias SiteCount = TmtpKitCore.SiteCount

/// Everything that a site has seen.
public typealias SiteRecord = TmtpKitCore.SiteRecord

/// The network between an app and a site.
public typealias KitRelay = TmtpKitCore.KitRelay

/// Which way bytes go.
public typealias Way = TmtpKitCore.Way

/// Another member.
public typealias KitMember = TmtpKitCore.KitMember

/// The world below an app under test.
public typealias KitWorld = TmtpKitCore.KitWorld

/// Times of a client, shorter than a phone would want them.
public typealias WorldTimes = TmtpKitCore.WorldTimes

/// A key store with three answers.
public typealias KitKeys = TmtpKitCore.KitKeys

/// How a key store answers.
public typealias KitKeyAnswer = TmtpKitCore.KitKeyAnswer

/// A site that breaks the protocol.
public typealias KitHostile = TmtpKitCore.KitHostile

/// How a site breaks the protocol.
public typealias HostileWay = TmtpKitCore.HostileWay

/// What is in one account's store.
public typealias StoredAccount = TmtpKitCore.StoredAccount

/// A message in a store.
public typealias StoredMessage = TmtpKitCore.StoredMessage

/// A file that is in use.
public typealias UsedFile = TmtpKitCore.UsedFile

/// What can go wrong in a test's surroundings.
public typealias KitError = TmtpKitCore.KitError

/// A message that another member has.
public typealias MemberMessage = TmtpKitCore.MemberMessage
