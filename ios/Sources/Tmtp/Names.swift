// The names of everything that crosses, so that an app imports this module alone. What each is and holds is
// documented where it is defined, in the generated module `TmtpCore`.

public import TmtpCore

// MARK: Ids

/// How an account is called on this device.
public typealias AccountName = TmtpCore.AccountName

/// A thread, for ever.
public typealias ThreadId = TmtpCore.ThreadId

/// A message or a ping, for ever.
public typealias MessageId = TmtpCore.MessageId

/// Something that this member sends.
public typealias SendId = TmtpCore.SendId

/// A member at a site, for ever.
public typealias Uid = TmtpCore.Uid

/// A name by which a member can be found.
public typealias Alias = TmtpCore.Alias

/// A site: `=host:port`, trusted by its key, or `+host:port`, trusted by its certificate.
public typealias SiteAddress = TmtpCore.SiteAddress

/// The key of a site, for a person to compare.
public typealias SitePin = TmtpCore.SitePin

/// What another device needs to become a node of a member. It is a secret.
public typealias NodeTicket = TmtpCore.NodeTicket

/// A place in a list.
public typealias PageCursor = TmtpCore.PageCursor

// MARK: What an app gives

/// What kind of process this is.
public typealias Profile = TmtpCore.Profile

/// A proxy on the way into the network.
public typealias ProxyConfig = TmtpCore.ProxyConfig

/// A message to be sent, or a draft to be kept.
public typealias NewMessage = TmtpCore.NewMessage

/// Where a message goes.
public typealias To = TmtpCore.To

/// Somebody in a new thread.
public typealias Recipient = TmtpCore.Recipient

/// A ping to be sent.
public typealias NewPing = TmtpCore.NewPing

/// Which part of a list is wanted.
public typealias Page = TmtpCore.Page

/// What to do with a delivery above the limit.
public typealias TooLargeAnswer = TmtpCore.TooLargeAnswer

/// What the platform says about the network. It hastens, it never forbids.
public typealias NetworkHint = TmtpCore.NetworkHint

// MARK: What happens

/// Something that has changed, and its place in the order.
public typealias Event = TmtpCore.Event

/// What has changed in an account.
public typealias Change = TmtpCore.Change

/// Up to where a reader has seen events.
public typealias EventCursor = TmtpCore.EventCursor

/// How an account stands with its site.
public typealias AccountState = TmtpCore.AccountState

/// How far something is that this member sends.
public typealias OutgoingState = TmtpCore.OutgoingState

/// Why an account waits.
public typealias WaitWhy = TmtpCore.WaitWhy

/// What a defect of the library was.
public typealias BrokenWhy = TmtpCore.BrokenWhy

/// What a site has refused.
public typealias RefusedWhy = TmtpCore.RefusedWhy

/// Why only a person can decide.
public typealias StopWhy = TmtpCore.StopWhy

/// What a wake of one account has found out.
public typealias WakeEnd = TmtpCore.WakeEnd

/// What a wake of all accounts has found out.
public typealias WakeSummary = TmtpCore.WakeSummary

/// What a wake has found out in all.
public typealias WakeOutcome = TmtpCore.WakeOutcome

/// What a wake has found out for one account.
public typealias AccountWake = TmtpCore.AccountWake

// MARK: What screens show

/// An account in a list of accounts.
public typealias AccountSummary = TmtpCore.AccountSummary

/// What was not seen yet.
public typealias Unread = TmtpCore.Unread

/// Everything about how an account is doing.
public typealias Status = TmtpCore.Status

/// Something that is counted.
public typealias Counter = TmtpCore.Counter

/// A thread as a list shows it.
public typealias ThreadRow = TmtpCore.ThreadRow

/// A page of threads.
public typealias ThreadPage = TmtpCore.ThreadPage

/// A thread with a page of its messages.
public typealias ThreadScreen = TmtpCore.ThreadScreen

/// A message.
public typealias MessageRow = TmtpCore.MessageRow

/// Something attached to a message.
public typealias AttachmentRow = TmtpCore.AttachmentRow

/// What an attachment is.
public typealias AttachmentKind = TmtpCore.AttachmentKind

/// Somebody who sent something: a name to show, and how far it can be believed.
public typealias SenderRow = TmtpCore.SenderRow

/// How far the name of somebody can be believed.
public typealias NameTrust = TmtpCore.NameTrust

/// Somebody in a thread.
public typealias RecipientRow = TmtpCore.RecipientRow

/// Who stands behind an alias.
public typealias ContactRow = TmtpCore.ContactRow

/// A page of contacts.
public typealias ContactPage = TmtpCore.ContactPage

/// A ping.
public typealias PingRow = TmtpCore.PingRow

/// A page of pings.
public typealias PingPage = TmtpCore.PingPage

/// Something that this member sends.
public typealias OutgoingRow = TmtpCore.OutgoingRow

/// What something in the outbox is.
public typealias OutgoingKind = TmtpCore.OutgoingKind

/// What something in the outbox waits for.
public typealias Waits = TmtpCore.Waits

/// What kind of thing an item of the outbox waits for.
public typealias WaitsWhy = TmtpCore.WaitsWhy

/// Why something that was to be sent has failed.
public typealias FailedWhy = TmtpCore.FailedWhy

/// A page of the outbox.
public typealias OutboxPage = TmtpCore.OutboxPage

/// A message that is durable and on its way.
public typealias Sent = TmtpCore.Sent

/// A ping that is durable and on its way.
public typealias Pinged = TmtpCore.Pinged

/// What became of a withdrawal.
public typealias Withdrawn = TmtpCore.Withdrawn

/// A draft.
public typealias DraftRow = TmtpCore.DraftRow

/// A file of a draft.
public typealias DraftFile = TmtpCore.DraftFile

/// A page of drafts.
public typealias DraftPage = TmtpCore.DraftPage

/// Something that was stored raw.
public typealias ParkedRow = TmtpCore.ParkedRow

/// A page of what was stored raw.
public typealias ParkedPage = TmtpCore.ParkedPage

/// A delivery above the limit.
public typealias TooLargeRow = TmtpCore.TooLargeRow

/// What was said about a delivery above the limit.
public typealias TooLargeWord = TmtpCore.TooLargeWord

/// An own alias.
public typealias AliasRow = TmtpCore.AliasRow

/// How it stands with an own alias.
public typealias AliasState = TmtpCore.AliasState

/// An own node.
public typealias NodeRow = TmtpCore.NodeRow

/// How it stands with an own node.
public typealias NodeState = TmtpCore.NodeState

/// The key of a site.
public typealias SiteKey = TmtpCore.SiteKey

/// A wake in the ledger.
public typealias LedgerRow = TmtpCore.LedgerRow

/// A page of the ledger.
public typealias LedgerPage = TmtpCore.LedgerPage

/// A stage of a wake.
public typealias Stage = TmtpCore.Stage

/// What was saved of a damaged store.
public typealias SalvageReport = TmtpCore.SalvageReport

// MARK: What goes wrong

/// Why a call did not do what was asked: one closed list.
public typealias TmtpError = TmtpCore.TmtpError

/// What the caller of a failed call can do.
public typealias Action = TmtpCore.Action

/// A rule for a value.
public typealias InputLimit = TmtpCore.InputLimit

/// What is wrong with a node ticket.
public typealias TicketTrouble = TmtpCore.TicketTrouble

/// Why something does not fit the state of an item.
public typealias NotNowWhy = TmtpCore.NotNowWhy

/// What the system says about a file.
public typealias FileTrouble = TmtpCore.FileTrouble

// MARK: What the platform gives

/// Where secrets are kept.
public typealias KeyStore = TmtpCore.KeyStore

/// What a key store says.
public typealias KeyAnswer = TmtpCore.KeyAnswer

/// Why a key store failed.
public typealias KeyStoreError = TmtpCore.KeyStoreError

/// Where the core's log goes. It never sees content.
public typealias LogSink = TmtpCore.LogSink

/// A line of the log.
public typealias LogRecord = TmtpCore.LogRecord

/// How much is logged.
public typealias LogLevel = TmtpCore.LogLevel

/// A disk and clocks for tests; only the test kit makes one.
public typealias World = TmtpCore.World

/// Messages of one thread that came.
public typealias ArrivedIn = TmtpCore.ArrivedIn

/// Why a wake could not find out.
public typealias NotKnownWhy = TmtpCore.NotKnownWhy

/// A number, a flag or a stable word of a log record.
public typealias LogField = TmtpCore.LogField

/// Why a log sink failed.
public typealias LogSinkError = TmtpCore.LogSinkError

/// What kind of proxy it is.
public typealias ProxyKind = TmtpCore.ProxyKind

/// What a proxy wants to know first.
public typealias ProxyAuth = TmtpCore.ProxyAuth
