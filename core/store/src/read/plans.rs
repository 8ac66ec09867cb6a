//! How the database finds what screens ask for: by an index, in its order, never by going through a table.

use rusqlite::Connection;

use super::{account, attachments, drafts, history, messages, outbox, people, pings, threads};
use crate::trust;

/// Statements that may go through a whole index, because it only has what they ask for.
const WHOLE_INDEX: [&str; 2] = [account::UNREAD_PINGS, account::COUNTS];

const ALL: [&str; 27] = [
    threads::ALL,
    threads::UNREAD,
    threads::NEWEST,
    messages::OLDEST_FIRST,
    messages::NEWEST_FIRST,
    outbox::OUTBOX,
    outbox::ONE,
    outbox::SENT_MESSAGE,
    outbox::SENT_PING,
    outbox::OF_DRAFT,
    outbox::IN_THE_WAY,
    outbox::STATE_OF_MESSAGE,
    outbox::STATE_OF_PING,
    people::CONTACTS,
    trust::CHECKED_ALIAS,
    trust::RIVAL,
    trust::NAMESAKE,
    trust::LISTED,
    people::RECIPIENTS,
    attachments::ATTACHMENTS,
    pings::UNSENT,
    pings::SENT,
    drafts::DRAFTS,
    history::PARKED,
    history::WAKES,
    account::UNREAD_MESSAGES,
    account::UNREAD_PINGS,
];

fn plan(conn: &Connection, sql: &str) -> Vec<String> {
    let mut statement = conn.prepare(&format!("EXPLAIN QUERY PLAN {sql}")).unwrap();
    let count = statement.parameter_count();
    let params = rusqlite::params_from_iter(vec![0_i64; count]);
    let rows = statement.query_map(params, |row| row.get(3)).unwrap();
    rows.collect::<rusqlite::Result<_>>().unwrap()
}

#[test]
fn every_list_is_found_by_an_index_and_in_its_order() {
    let mut conn = Connection::open_in_memory().unwrap();
    crate::migrate::run(&mut conn, |_| Ok(())).unwrap();
    for sql in ALL.into_iter().chain([account::COUNTS]) {
        for step in plan(&conn, sql) {
            let through_all = step.contains("SCAN") && !WHOLE_INDEX.contains(&sql);
            let without_index = step.contains("SCAN") && !step.contains("INDEX");
            let sorted = step.contains("TEMP B-TREE") && sql != trust::CHECKED_ALIAS;
            assert!(!through_all && !without_index && !sorted, "{step}\n{sql}");
        }
    }
}

#[test]
fn the_test_of_plans_sees_a_scan() {
    let mut conn = Connection::open_in_memory().unwrap();
    crate::migrate::run(&mut conn, |_| Ok(())).unwrap();
    let steps = plan(&conn, "SELECT id FROM message WHERE text = 'x' ORDER BY posted");
    assert!(steps.iter().any(|step| step.contains("SCAN")));
    assert!(steps.iter().any(|step| step.contains("TEMP B-TREE")));
}
