//! Pings, threads, replies: between two members, exactly once.

use tmtp_client::{
    Client, Config, Error, NameTrust, NewMessage, OutgoingState, Settings, State, To, TooLargeAnswer,
    WaitWhy, WaitsWhy, WakeEnd, Withdrawn,
};

use crate::world::{LONG, World, join, letter, page};

#[tokio::test]
async fn a_ping_makes_two_members_known_to_each_other() {
    let world = World::new().await;
    let (ada, bob) = world.friends().await;
    let contacts = bob.here.contacts(page(10)).await.unwrap();
    assert!(contacts.items.iter().any(|row| row.alias == ada.alias && !row.claimed));
    let pings = bob.here.pings(page(10)).await.unwrap();
    assert!(pings.items.iter().any(|ping| ping.from.name == ada.alias && ping.text == "Hello"));
    world.is_content();
}

#[tokio::test]
async fn a_thread_and_its_replies_arrive_at_both_in_one_order() {
    let world = World::new().await;
    let (ada, bob) = world.friends().await;
    let sent = ada.writes(&bob, "Tea", &[]).await;
    assert_eq!(sent.state, OutgoingState::Queued);
    ada.looks().await;
    assert_eq!(ada.settled(&sent).await, OutgoingState::Sent);

    let report = bob.looks().await;
    assert_eq!((report.arrived_count, report.end), (1, WakeEnd::New));
    assert_eq!(bob.client.unread_total().await.unwrap().messages, 1);
    let thread = bob.newest().await;
    bob.answers(thread, "With milk").await;
    bob.answers(thread, "And sugar").await;
    bob.looks().await;
    assert_eq!(ada.looks().await.arrived_count, 2);
    let expected = ["About Tea", "With milk", "And sugar"];
    assert_eq!(bob.texts(thread).await, expected);
    assert_eq!(ada.texts(sent.thread).await, expected, "found by the name that it had before it was sent");
    assert_eq!(ada.texts(thread).await, expected);

    bob.here.mark_thread_read(thread).await.unwrap();
    assert_eq!(bob.client.unread_total().await.unwrap().messages, 0);
    world.is_content();
}

#[tokio::test]
async fn a_note_to_self_is_there_at_once() {
    let world = World::new().await;
    let ada = world.member("ada lovelace").await;
    let sent = ada.here.send(letter("note", &[], "Shopping")).await.unwrap();
    assert_eq!(ada.threads().await, ["Shopping"]);
    ada.looks().await;
    assert_eq!(ada.settled(&sent).await, OutgoingState::Sent);
    assert_eq!(ada.threads().await, ["Shopping"]);
    assert_eq!(ada.client.unread_total().await.unwrap().messages, 0);
}

#[tokio::test]
async fn a_draft_that_is_sent_twice_is_one_message() {
    let world = World::new().await;
    let (ada, bob) = world.friends().await;
    let first = ada.here.send(letter("one", &[&bob.alias], "Once")).await.unwrap();
    let again = ada.here.send(letter("one", &[&bob.alias], "Once")).await.unwrap();
    assert_eq!(first.send_id, again.send_id);
    ada.looks().await;
    let later = ada.here.send(letter("one", &[&bob.alias], "Once")).await.unwrap();
    assert_eq!((later.send_id, later.state), (first.send_id, OutgoingState::Sent));
    ada.looks().await;
    assert_eq!(bob.looks().await.arrived_count, 1);
    world.is_content();
}

#[tokio::test]
async fn a_send_that_was_dropped_at_any_moment_can_be_repeated() {
    let world = World::new().await;
    let (ada, bob) = world.friends().await;
    let file = world.file("a.txt", b"twenty bytes of file");
    for turns in 0..40 {
        let mut message = letter(&format!("draft {turns}"), &[&bob.alias], &format!("No {turns}"));
        message.attachments = vec![file.clone()];
        // Polled so many times, then dropped.
        let mut sending = Box::pin(ada.here.send(message.clone()));
        for _ in 0..turns {
            tokio::select! {
                biased;
                _ = &mut sending => break,
                () = tokio::task::yield_now() => {}
            }
        }
        drop(sending);
        ada.here.send(message).await.unwrap();
    }
    ada.looks().await;
    let report = bob.looks().await;
    assert_eq!(report.arrived_count, 40);
    let mut subjects = bob.threads().await;
    subjects.sort();
    subjects.dedup();
    assert_eq!(subjects.len(), 40);
    world.is_content();
}

#[tokio::test]
async fn a_message_that_waits_can_be_withdrawn() {
    let world = World::new().await;
    let (ada, bob) = world.friends().await;
    let sent = ada.writes(&bob, "Regret", &[]).await;
    assert_eq!(ada.here.withdraw(sent.send_id).await.unwrap(), Withdrawn::Removed);
    ada.looks().await;
    assert_eq!(bob.looks().await.arrived_count, 0);
    assert!(matches!(ada.here.wait_sent(sent.send_id, LONG).await, Err(Error::NotFound)));

    let sent = ada.writes(&bob, "No regret", &[]).await;
    ada.looks().await;
    assert_eq!(ada.here.withdraw(sent.send_id).await.unwrap(), Withdrawn::AlreadySent);
}

#[tokio::test]
async fn what_is_wrong_is_said_before_anything_is_accepted() {
    let world = World::new().await;
    let (ada, bob) = world.friends().await;
    let mut empty = letter("a", &[&bob.alias], "x");
    empty.subject.clear();
    let mut long = letter("b", &[&bob.alias], "x");
    long.subject = "x".repeat(1001);
    let mut missing = letter("c", &[&bob.alias], "x");
    missing.attachments = vec![world.path("not there")];
    assert!(matches!(ada.here.send(empty).await, Err(Error::Input(error)) if error.field == "subject"));
    assert!(matches!(ada.here.send(long).await, Err(Error::Input(error)) if error.field == "subject"));
    assert!(matches!(ada.here.send(missing).await, Err(Error::File { .. })));
    let stranger = letter("d", &["nobody at all"], "x");
    assert!(
        matches!(ada.here.send(stranger).await, Err(Error::UnknownRecipient { who }) if who == "nobody at all")
    );
    assert!(ada.here.outbox(page(10)).await.unwrap().items.is_empty());
    assert!(ada.threads().await.is_empty());
}

#[tokio::test]
async fn a_deleted_message_is_gone_and_a_deleted_thread_comes_back_with_the_next_message() {
    let world = World::new().await;
    let (ada, bob) = world.friends().await;
    ada.writes(&bob, "Tea", &[]).await;
    ada.looks().await;
    bob.looks().await;
    let thread = bob.newest().await;
    bob.here.delete_thread(thread).await.unwrap();
    assert!(bob.threads().await.is_empty());
    assert_eq!(bob.client.unread_total().await.unwrap().messages, 0);
    ada.answers(ada.newest().await, "Are you there?").await;
    ada.looks().await;
    bob.looks().await;
    assert_eq!(bob.threads().await, ["Tea"]);
    assert_eq!(bob.texts(thread).await, ["Are you there?"]);
}

#[tokio::test]
async fn an_alias_can_be_added_and_one_that_is_taken_is_refused() {
    let world = World::new().await;
    let (ada, bob) = world.friends().await;
    ada.here.add_alias("countess ada".parse().unwrap()).await.unwrap();
    ada.here.add_alias(bob.alias()).await.unwrap();
    let _link = ada.here.stay().await.unwrap();
    assert!(ada.here.wait_alias(&"countess ada".parse().unwrap(), LONG).await.unwrap());
    assert!(matches!(ada.here.wait_alias(&bob.alias(), LONG).await, Err(Error::Refused { .. })));
    let unknown = ada.here.wait_alias(&"never wanted".parse().unwrap(), LONG).await;
    assert!(matches!(unknown, Err(Error::NotFound)));
    world.is_content();
}

#[tokio::test]
async fn a_draft_is_kept_with_its_files_and_sent_from_there() {
    let world = World::new().await;
    let (ada, bob) = world.friends().await;
    let file = world.file("plan.txt", b"the plan");
    let mut draft = letter("d1", &[&bob.alias], "Unfinished");
    draft.attachments = vec![file.clone()];
    ada.here.save_draft(draft).await.unwrap();
    std::fs::remove_file(file).unwrap();
    assert_eq!(ada.here.drafts(page(10)).await.unwrap().items.len(), 1);
    ada.here.send_draft("d1").await.unwrap();
    assert_eq!(ada.here.drafts(page(10)).await.unwrap().items.len(), 0);
    ada.looks().await;
    bob.looks().await;
    let message = bob.newest_message().await;
    let saved = world.path("saved.txt");
    bob.here.save_attachment(message, "plan.txt", &saved, false).await.unwrap();
    assert_eq!(std::fs::read(saved).unwrap(), b"the plan");
}

#[tokio::test]
async fn nothing_is_too_large_that_is_not_there() {
    let world = World::new().await;
    let ada = world.member("ada lovelace").await;
    let answer = ada.here.answer_too_large(tmtp_client::MsgId(7), TooLargeAnswer::Accept).await;
    assert!(matches!(answer, Err(Error::NotFound)));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_draft_that_is_sent_and_deleted_at_a_time_keeps_its_files_or_is_not_sent() {
    let world = World::new().await;
    let ada = world.member("ada lovelace").await;
    let file = world.file("plan.txt", &[7; 100_000]);
    let mut sent = 0;
    for turn in 0..24 {
        let draft = format!("draft {turn}");
        let mut message = letter(&draft, &[], &format!("No {turn}"));
        message.attachments = vec![file.clone()];
        ada.here.save_draft(message.clone()).await.unwrap();
        let overwritten = async {
            message.attachments.clear();
            if turn % 2 == 0 {
                ada.here.delete_draft(draft.clone()).await
            } else {
                ada.here.save_draft(message).await
            }
        };
        let (outcome, changed) = tokio::join!(ada.here.send_draft(&draft), overwritten);
        // Kept too late: it is sent by then, and its id is used.
        assert!(
            changed.is_ok() || matches!(changed, Err(Error::DraftUsed)) && outcome.is_ok(),
            "{changed:?}"
        );
        let Ok(outcome) = outcome else { continue };
        sent += 1;
        let row = ada.here.message(outcome.message).await.unwrap();
        for attachment in row.attachments {
            let to = world.path(&format!("saved {turn}"));
            ada.here.save_attachment(outcome.message, &attachment.name, &to, true).await.unwrap();
            assert_eq!(std::fs::read(to).unwrap(), [7; 100_000]);
        }
    }
    assert!(sent > 0);
}

#[tokio::test]
async fn an_id_that_was_used_stands_for_what_was_sent_under_it() {
    let world = World::new().await;
    let (ada, bob) = world.friends().await;
    let file = world.file("plan.txt", &[7; 100_000]);
    let mut message = letter("d1", &[&bob.alias], "The plan");
    message.attachments = vec![file.clone()];
    let sent = ada.here.send(message.clone()).await.unwrap();
    // Once more, with the file and after it is gone.
    assert_eq!(ada.here.send(message.clone()).await.unwrap().send_id, sent.send_id);
    std::fs::remove_file(&file).unwrap();
    assert_eq!(ada.here.send(message.clone()).await.unwrap().send_id, sent.send_id);
    let other = world.file("plan.txt", &[8; 100_000]);
    message.attachments = vec![other];
    for other in [message, letter("d1", &[&bob.alias], "Other words"), letter("d1", &[], "The plan")] {
        let answer = ada.here.send(other.clone()).await;
        assert!(matches!(answer, Err(Error::DraftUsed)), "{answer:?}");
        assert!(matches!(ada.here.save_draft(other).await, Err(Error::DraftUsed)));
    }
    assert_eq!(ada.here.outbox(page(10)).await.unwrap().items.len(), 1);
    assert_eq!(ada.here.send_draft("d1").await.unwrap().send_id, sent.send_id);
}

#[tokio::test]
async fn what_waits_says_for_what_also_when_nothing_is_open() {
    let world = World::new().await;
    let (ada, bob) = world.friends().await;
    let first = ada.here.send(letter("d1", &[&bob.alias], "First")).await.unwrap();
    let reply = NewMessage { to: To::Reply(first.thread), ..letter("d2", &[], "Second") };
    let second = ada.here.send(reply).await.unwrap();
    ada.here.close(LONG).await.unwrap();
    let rows = ada.here.outbox(page(10)).await.unwrap().items;
    let waits: Vec<_> = rows.iter().map(|row| row.waits.map(|waits| (waits.why, waits.behind))).collect();
    assert_eq!(waits, [Some((WaitsWhy::Link, None)), Some((WaitsWhy::Beginning, Some(first.send_id)))]);
    assert_eq!(rows[1].send_id, second.send_id);
}

#[tokio::test]
async fn an_account_with_too_many_links_of_late_says_until_when_and_still_serves_a_person() {
    let world = World::new().await;
    let folder = "ada lovelace";
    let client = world.newcomer(folder).await;
    let here = client.join(join(world.site.address(), folder)).await.unwrap();
    let name = here.name().clone();
    here.close(LONG).await.unwrap();
    client.stop(LONG).await.unwrap();
    drop((here, client));
    // The join took one link; no more than that are allowed in the next process.
    let settings = Settings { logins_per_hour: 1, ..Settings::default() };
    let config = Config { settings, ..Config::new(world.path(folder)) };
    let client = Client::open(config).await.unwrap();
    let here = client.account(&name).await.unwrap();
    let status = here.status().await.unwrap();
    let State::Waiting { why: WaitWhy::Budget, until } = status.state else { panic!("{:?}", status.state) };
    assert_eq!(status.next_try, Some(until));
    here.send(letter("d1", &[], "A note")).await.unwrap();
    here.close(LONG).await.unwrap();
    let waits = here.outbox(page(10)).await.unwrap().items[0].waits.unwrap();
    assert_eq!((waits.why, waits.until.is_some()), (WaitsWhy::Limit, true));
    here.user_acts().await;
    let report = here.wake(LONG).await.unwrap();
    assert!(
        !matches!(report.end, WakeEnd::NotKnown(_)),
        "a person is served within seconds: {:?}",
        report.end
    );
}

#[tokio::test]
async fn a_claimed_name_is_shown_as_one_and_leads_to_nobody() {
    let world = World::new().await;
    let (ada, bob) = world.friends().await;
    let cleo = world.member("cleo dunlin").await;
    cleo.pings(&ada).await;
    let letter_to = |draft: &str, who: &str| letter(draft, &[who], "Tea");
    ada.here.send(letter("both", &[&bob.alias, &cleo.alias], "Tea")).await.unwrap();
    ada.looks().await;
    bob.looks().await;

    let contacts = bob.here.contacts(page(10)).await.unwrap().items;
    let claim = contacts.into_iter().find(|row| row.alias == cleo.alias).unwrap();
    assert_eq!((claim.claimed, claim.trust), (true, NameTrust::Claimed));
    assert_eq!(claim.by.unwrap().name, ada.alias);
    let cleos = cleo.here.status().await.unwrap().uid.unwrap();
    match bob.here.send(letter_to("by name", &cleo.alias)).await {
        Err(Error::OnlyClaimed { who, uid, by_name, .. }) => {
            assert_eq!((who, uid, by_name), (cleo.alias.clone(), cleos.clone(), Some(ada.alias.clone())));
        }
        other => panic!("{other:?}"),
    }
    let thread = bob.here.thread_row(bob.newest().await).await.unwrap();
    assert_eq!((thread.from.name.as_str(), thread.from.trust), (ada.alias.as_str(), NameTrust::Checked));
    let trust: Vec<NameTrust> = thread.to.iter().map(|to| to.trust).collect();
    assert_eq!(trust, [NameTrust::Checked, NameTrust::Own, NameTrust::Claimed]);

    bob.here.remove_contact(cleo.alias.clone(), cleos.clone()).await.unwrap();
    assert!(matches!(bob.here.remove_contact(cleo.alias.clone(), cleos).await, Err(Error::NotFound)));
    let unknown = bob.here.send(letter_to("unknown", &cleo.alias)).await;
    assert!(matches!(unknown, Err(Error::UnknownRecipient { .. })), "{unknown:?}");
    world.is_content();
}
