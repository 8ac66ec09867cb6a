//! The member that folds nothing gets what is sent to its uid.

#![allow(clippy::unwrap_used, missing_docs, reason = "tests")]

use tmtp_kit::site::SiteOptions;
use tmtp_kit::{join_member, start_plain, start_site};

const LONG: i64 = 60_000;

#[tokio::test]
async fn a_plain_member_gets_each_delivery_also_after_the_site_was_restarted() {
    let site = start_site(SiteOptions::default()).await.unwrap();
    let plain = start_plain(site.address(), LONG).await.unwrap();
    let ada = join_member(site.address(), "ada lovelace".to_owned()).await.unwrap();
    for text in ["one", "two"] {
        ada.send(vec![plain.uid()], "Numbers".into(), text.into(), vec![]).await.unwrap();
        ada.await_sent(LONG).await.unwrap();
        let count = if text == "one" { 1 } else { 2 };
        plain.await_deliveries(count, LONG).await.unwrap();
        site.restart();
    }
    site.await_all_delivered(LONG).await.unwrap();
    let texts: Vec<String> = plain.deliveries().into_iter().map(|delivery| delivery.text).collect();
    assert_eq!(texts, ["one", "two"]);
    assert_eq!(site.record().violations, []);
}
