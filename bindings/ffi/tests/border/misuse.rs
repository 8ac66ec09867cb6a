//! Whatever a shell can pass wrongly gets an error of its own, and nothing breaks by it.

use tmtp_ffi::error::{FileTrouble, InputLimit};
use tmtp_ffi::events::EventCursor;
use tmtp_ffi::ids::{
    AccountName, Alias, MessageId, NodeTicket, PageCursor, SendId, SiteAddress, SitePin, ThreadId,
};
use tmtp_ffi::options::{JoinOptions, NewMessage, NewPing, Page, ProxyConfig, ProxyKind, Recipient, To};
use tmtp_ffi::{TmtpError, open_client};

use crate::world::{LONG, Stage, config, first, join, note};

fn between(field: &str, least: i64, most: i64, actual: i64) -> TmtpError {
    let limit = InputLimit::Between { least, most };
    TmtpError::Input { field: field.to_owned(), limit, actual: Some(actual) }
}

#[tokio::test]
async fn a_stopped_client_says_so_to_every_call() {
    let stage = Stage::new().await;
    let (client, account) = stage.member("ada lovelace").await;
    let link = account.stay().await.unwrap();
    client.stop(LONG).await.unwrap();
    client.stop(LONG).await.unwrap();
    let closed = TmtpError::Closed;
    assert_eq!(client.accounts().await.err(), Some(closed.clone()));
    assert_eq!(client.account("here".into()).await.err(), Some(closed.clone()));
    assert_eq!(client.unread_total().await.err(), Some(closed.clone()));
    assert_eq!(client.event_cursor().err(), Some(closed.clone()));
    assert_eq!(
        client.next_events(EventCursor { epoch: 0, seq: 0 }, 1, 0, None).await.err(),
        Some(closed.clone())
    );
    assert_eq!(client.foreground().err(), Some(closed.clone()));
    assert_eq!(client.resumed().err(), Some(closed.clone()));
    assert_eq!(client.will_suspend(LONG).await.err(), Some(closed.clone()));
    assert_eq!(client.wake(None, LONG, None).await.err(), Some(closed.clone()));
    assert_eq!(client.push(None, LONG, None).await.err(), Some(closed.clone()));
    assert_eq!(account.state().err(), Some(closed.clone()));
    assert_eq!(account.status().await.err(), Some(closed.clone()));
    assert_eq!(account.send(note("1"), None).await.err(), Some(closed.clone()));
    assert_eq!(account.stay().await.err(), Some(closed.clone()));
    // What was let go is let go.
    let stopped = link.stop(LONG).await;
    assert!(matches!(stopped, Ok(()) | Err(TmtpError::Closed)), "{stopped:?}");
}

#[tokio::test]
async fn absurd_times_and_amounts_are_named() {
    let stage = Stage::new().await;
    let (client, account) = stage.member("ada lovelace").await;
    let day = 86_400_000;
    for given in [-1, i64::MIN, i64::MAX, day + 1] {
        let wrong = between("deadline_ms", 0, day, given);
        assert_eq!(client.stop(given).await.err(), Some(wrong.clone()));
        assert_eq!(client.will_suspend(given).await.err(), Some(wrong.clone()));
        assert_eq!(client.remove("here".into(), given).await.err(), Some(wrong.clone()));
        assert_eq!(account.release(given).await.err(), Some(wrong.clone()));
        assert_eq!(account.wait_sent("00000000000001".into(), given, None).await.err(), Some(wrong.clone()));
        let joining = JoinOptions { deadline_ms: given, ..join(&stage.site.address(), "bob babbage") };
        assert_eq!(client.join(joining, None).await.err(), Some(wrong));
        let wrong = between("budget_ms", 0, day, given);
        assert_eq!(client.background(given).err(), Some(wrong.clone()));
        assert_eq!(client.wake(None, given, None).await.err(), Some(wrong.clone()));
        assert_eq!(client.push(None, given, None).await.err(), Some(wrong));
        let events = client.next_events(EventCursor { epoch: 0, seq: 0 }, 1, given, None).await;
        assert_eq!(events.err(), Some(between("wait_ms", 0, day, given)));
    }
    for given in [0, -1, 101, i32::MIN, i32::MAX] {
        let wrong = between("limit", 1, 100, given.into());
        assert_eq!(account.threads(false, first(given)).await.err(), Some(wrong.clone()));
        assert_eq!(client.ledger(first(given)).await.err(), Some(wrong));
    }
    for given in [0, -1, 257] {
        let events = client.next_events(EventCursor { epoch: 0, seq: 0 }, given, 0, None).await;
        assert_eq!(events.err(), Some(between("max", 1, 256, given.into())));
    }
    // Nothing of this has harmed the client.
    account.send(note("1"), None).await.unwrap();
    client.stop(LONG).await.unwrap();
}

#[tokio::test]
async fn paths_that_lead_nowhere_or_outside_are_refused() {
    let stage = Stage::new().await;
    let bad = TmtpError::File { trouble: FileTrouble::BadPath };
    let long = format!("/{}", "x/".repeat(4096));
    for home in ["", "relative", "/tmp/../etc/tmtp", "/nul\0", long.as_str()] {
        assert_eq!(open_client(config(home), None, None, None).await.err(), Some(bad.clone()), "{home}");
    }
    let (client, account) = stage.member("ada lovelace").await;
    let with = |file: &str| NewMessage { attachments: vec![file.to_owned()], ..note("1") };
    for (file, trouble) in [
        ("photo.jpg", FileTrouble::BadPath),
        ("/tmp/../etc/passwd", FileTrouble::BadPath),
        ("/nowhere/at/all", FileTrouble::NotFound),
    ] {
        assert_eq!(account.send(with(file), None).await.err(), Some(TmtpError::File { trouble }), "{file}");
    }
    let folder = account.send(with(&stage.path("")), None).await.err();
    assert!(matches!(folder, Some(TmtpError::File { .. })), "{folder:?}");
    let many = NewMessage { attachments: vec!["/x".to_owned(); 101], ..note("1") };
    let limit = InputLimit::AtMostItems { items: 100 };
    let wrong = TmtpError::Input { field: "attachments".to_owned(), limit, actual: Some(101) };
    assert_eq!(account.send(many, None).await.err(), Some(wrong));
    let saved = account.save_attachment("0000000000000001".into(), "a".into(), "a".into(), false, None).await;
    assert_eq!(saved.err(), Some(bad));
    assert_eq!(account.outbox(first(1)).await.unwrap().items.len(), 0);
    client.stop(LONG).await.unwrap();
}

#[tokio::test]
async fn ids_and_names_that_cannot_exist_are_not_found_or_refused() {
    let stage = Stage::new().await;
    let (client, account) = stage.member("ada lovelace").await;
    let huge = "x".repeat(10_000_000);
    for id in ["", "zzz", "\u{0}", "0000000000000001", huge.as_str()] {
        let none = Some(TmtpError::NotFound);
        assert_eq!(account.thread_screen(ThreadId::from(id), true, first(1)).await.err(), none);
        assert_eq!(account.message(MessageId::from(id)).await.err(), none);
        assert_eq!(account.outgoing(SendId::from(id)).await.err(), none);
        assert_eq!(account.withdraw(SendId::from(id)).await.err(), none);
        assert_eq!(account.mark_read(MessageId::from(id)).await.err(), none);
        assert_eq!(client.account(AccountName::from(id)).await.err(), none);
        let page = Page { limit: 1, after: Some(PageCursor::from(id)) };
        assert_eq!(account.threads(false, page.clone()).await.err(), none);
        assert_eq!(client.ledger(page).await.err(), none);
    }
    for name in ["", "..", "a/b", "Ä", huge.as_str()] {
        let joining = JoinOptions { name: Some(name.into()), ..join(&stage.site.address(), "bob babbage") };
        assert_eq!(client.join(joining, None).await.err(), Some(TmtpError::AccountName));
    }
    for site in ["", "mail.example.org", "=:0", huge.as_str()] {
        let joined = client.join(join(site, "bob babbage"), None).await.err();
        assert!(matches!(joined, Some(TmtpError::Input { .. })), "{joined:?}");
        let trusted = client.trust(SiteAddress::from(site), SitePin::from("00")).await.err();
        assert!(matches!(trusted, Some(TmtpError::Input { .. })), "{trusted:?}");
    }
    let pinned = client.trust(stage.site.address().as_str().into(), SitePin::from("abc")).await.err();
    assert!(matches!(pinned, Some(TmtpError::Input { limit: InputLimit::SitePin, .. })), "{pinned:?}");
    for ticket in ["", "tmtp-node:", huge.as_str()] {
        let joined = client.join_node(NodeTicket::from(ticket), None).await.err();
        assert!(matches!(joined, Some(TmtpError::Ticket { .. })), "{joined:?}");
    }
    client.stop(LONG).await.unwrap();
}

#[tokio::test]
async fn huge_and_empty_values_are_refused_by_name() {
    let stage = Stage::new().await;
    let (client, account) = stage.member("ada lovelace").await;
    let huge = "x".repeat(10_000_000);
    let fields = [
        ("draft", NewMessage { draft: String::new(), ..note("1") }),
        ("draft", NewMessage { draft: huge.clone(), ..note("1") }),
        ("subject", NewMessage { subject: huge.clone(), ..note("1") }),
        ("subject", NewMessage { subject: String::new(), ..note("1") }),
        ("text", NewMessage { text: huge.clone(), ..note("1") }),
    ];
    for (field, message) in fields {
        let refused = account.send(message, None).await.err();
        let named = matches!(&refused, Some(TmtpError::Input { field: of, .. }) if of.contains(field));
        assert!(named, "{field}: {:?}", refused.map(|error| error.code()));
    }
    let who = Recipient { who: huge.clone(), note: String::new() };
    let to = To::NewThread { recipients: vec![who], from_alias: None };
    let refused = account.send(NewMessage { to, ..note("1") }, None).await.err();
    assert!(
        matches!(refused, Some(TmtpError::Input { .. } | TmtpError::UnknownRecipient { .. })),
        "{refused:?}"
    );
    let ping = NewPing { draft: "p".into(), from: None, to: Alias::from("bob babbage"), text: huge.clone() };
    assert!(matches!(account.ping(ping).await.err(), Some(TmtpError::Input { .. })));
    assert!(matches!(account.add_alias(Alias(huge.clone())).await.err(), Some(TmtpError::Input { .. })));
    assert!(matches!(account.add_node(huge, LONG, None).await.err(), Some(TmtpError::Input { .. })));
    let none = client.wake(Some(vec![]), LONG, None).await.err();
    assert!(matches!(none, Some(TmtpError::Input { .. })), "{none:?}");
    assert_eq!(client.wake(Some(vec!["nobody".into()]), LONG, None).await.err(), Some(TmtpError::NotFound));
    assert_eq!(account.outbox(first(1)).await.unwrap().items.len(), 0);
    client.stop(LONG).await.unwrap();
}

#[tokio::test]
async fn calls_in_the_wrong_order_say_what_is_missing() {
    let stage = Stage::new().await;
    let (client, account) = stage.member("ada lovelace").await;
    assert_eq!(account.send_draft("never kept".into()).await.err(), Some(TmtpError::NotFound));
    assert_eq!(account.wait_alias("never asked".into(), 0, None).await.err(), Some(TmtpError::NotFound));
    assert_eq!(account.wait_sent("00000000000001".into(), 0, None).await.err(), Some(TmtpError::NotFound));
    client.resumed().unwrap();
    client.will_suspend(LONG).await.unwrap();
    client.will_suspend(LONG).await.unwrap();
    assert_eq!(account.send(note("1"), None).await.err(), Some(TmtpError::Suspended));
    client.foreground().unwrap();
    client.resumed().unwrap();
    client.resumed().unwrap();
    account.send(note("1"), None).await.unwrap();
    let gone = client.account("here".into()).await.unwrap();
    client.remove("here".into(), LONG).await.unwrap();
    assert_eq!(client.remove("here".into(), LONG).await.err(), Some(TmtpError::NotFound));
    assert_eq!(gone.send(note("2"), None).await.err(), Some(TmtpError::NotFound));
    client.stop(LONG).await.unwrap();
}

#[tokio::test]
async fn a_second_client_on_one_folder_reads_and_is_told_who_writes() {
    let stage = Stage::new().await;
    let (client, account) = stage.member("ada lovelace").await;
    account.send(note("1"), None).await.unwrap();
    let second = stage.open("ada lovelace").await;
    let other = second.account("here".into()).await.unwrap();
    assert_eq!(other.threads(false, first(10)).await.unwrap().items.len(), 1);
    let refused = other.send(note("2"), None).await.err();
    assert!(matches!(refused, Some(TmtpError::InUse { .. })), "{refused:?}");
    client.stop(LONG).await.unwrap();
    other.send(note("2"), None).await.unwrap();
    second.stop(LONG).await.unwrap();
}

#[tokio::test]
async fn a_proxy_without_a_port_is_refused() {
    let stage = Stage::new().await;
    for port in [0, -1, 65_536] {
        let proxy = ProxyConfig { kind: ProxyKind::Socks5, host: "localhost".into(), port, auth: None };
        let config = tmtp_ffi::options::ClientConfig { proxy: Some(proxy), ..stage.config("ada lovelace") };
        let opened = open_client(config, None, None, None).await.err();
        assert_eq!(opened, Some(between("port", 1, 65_535, port.into())));
    }
}
