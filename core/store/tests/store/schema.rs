//! The schemas that stores out there have, written down: `schema/N.sql` is what version N makes. A schema that is
//! released is never changed. Whoever changes tables or indexes adds a migration, and the next file beside the others.

use std::fs;
use std::path::Path;

use rusqlite::Connection;
use tmtp_store::Writer;
use tmtp_store::write::contacts;
use tmtp_store::write::outbox::{self, Outcome};
use tmtp_wire::ids::SendId;

use super::world::{INSTALL, place, world};

/// The files, oldest first.
pub(crate) const WRITTEN: [&str; 3] =
    [include_str!("schema/1.sql"), include_str!("schema/2.sql"), include_str!("schema/3.sql")];

/// What a database is made of, one statement a line, without comments.
fn schema(conn: &Connection) -> String {
    let mut statement = conn
        .prepare(
            "SELECT sql FROM sqlite_schema WHERE sql IS NOT NULL AND name NOT LIKE 'sqlite_%' ORDER BY rowid",
        )
        .unwrap();
    let statements = statement.query_map([], |row| row.get::<_, String>(0)).unwrap();
    statements.map(|sql| plain(&sql.unwrap())).collect()
}

fn plain(sql: &str) -> String {
    let code = sql.lines().map(|line| line.split("--").next().unwrap_or_default());
    let words: Vec<&str> = code.flat_map(str::split_whitespace).collect();
    format!("{};\n", words.join(" ").replace("( ", "(").replace(" )", ")").replace(" ,", ","))
}

fn version(conn: &Connection) -> u32 {
    conn.query_row("PRAGMA user_version", [], |row| row.get(0)).unwrap()
}

pub(crate) fn folder_with(sql: &str, number: u32, dir: &Path) {
    let folder = place(dir).dir;
    fs::create_dir_all(&folder).unwrap();
    let conn = Connection::open(folder.join("mail.db")).unwrap();
    conn.execute_batch(sql).unwrap();
    conn.pragma_update(None, "user_version", number).unwrap();
    conn.execute(
        "INSERT INTO account (id, site, install, key_name, created) VALUES (1, '=127.0.0.1:443', ?1, 'a', 0)",
        [INSTALL.0],
    )
    .unwrap();
}

#[test]
fn a_new_store_has_the_schema_that_is_written_down_for_its_version() {
    let mut world = world();
    let conn = world.writer.connection();
    let made = schema(conn);
    assert_eq!(version(conn) as usize, WRITTEN.len(), "each version has its file");
    let newest = WRITTEN.last().unwrap();
    assert_eq!(made, *newest, "a change needs a migration and a file of its own; the store has now:\n{made}");
}

#[test]
fn a_store_of_every_version_is_brought_to_the_newest_schema() {
    for (number, written) in (1..).zip(WRITTEN) {
        let dir = tempfile::tempdir().unwrap();
        folder_with(written, number, dir.path());
        let mut writer = Writer::open(place(dir.path())).unwrap();
        let conn = writer.connection();
        assert_eq!(version(conn) as usize, WRITTEN.len());
        let mut made: Vec<String> = schema(conn).lines().map(str::to_owned).collect();
        let mut newest: Vec<&str> = WRITTEN.last().unwrap().lines().collect();
        // Tables that were made anew stand elsewhere.
        made.sort_unstable();
        newest.sort_unstable();
        assert_eq!(made, newest, "from version {number}");
    }
}

#[test]
fn what_became_of_drafts_is_known_after_the_second_step() {
    let dir = tempfile::tempdir().unwrap();
    folder_with(WRITTEN[0], 1, dir.path());
    let old = Connection::open(place(dir.path()).dir.join("mail.db")).unwrap();
    old.execute_batch("INSERT INTO done VALUES ('a', 7, 'sent'), ('b', 8, 'withdrawn')").unwrap();
    drop(old);
    let mut writer = Writer::open(place(dir.path())).unwrap();
    let conn = writer.connection();
    let became = ["a", "b", "c"].map(|draft| outbox::done(conn, draft).unwrap());
    let sent = SendId::new(7).map(|id| (id, Outcome::Sent));
    let withdrawn = SendId::new(8).map(|id| (id, Outcome::Withdrawn));
    assert_eq!(became, [sent, withdrawn, None]);
    conn.execute_batch("INSERT INTO done VALUES ('c', 9, 'dismissed')").unwrap();
    assert_eq!(outbox::outcome(conn, SendId::new(9).unwrap()).unwrap(), Some(Outcome::Dismissed));
}

#[test]
fn who_folds_is_told_anew_by_what_is_stored_in_the_third_step() {
    let dir = tempfile::tempdir().unwrap();
    folder_with(WRITTEN[1], 2, dir.path());
    let old = Connection::open(place(dir.path()).dir.join("mail.db")).unwrap();
    old.execute_batch(
        "INSERT INTO thread (id, msgid) VALUES (1, 5);
         INSERT INTO message (id, thread, send_id, place, own, from_uid, from_alias, subject, text, content) VALUES
           (1, 1, 77, 1, 0, 'only ours', '', '', '', x''), (2, 1, 78, 2, 0, 'both', '', '', '', x''),
           (3, 1, NULL, 3, 0, 'both', '', '', '', x''), (4, 1, 79, 4, 0, 'pings', '', '', '', x'');
         INSERT INTO ping (own, from_uid, from_alias, to_alias, text, token) VALUES
           (0, 'only ours', '', '', '', 5), (0, 'pings', '', '', '', NULL);
         INSERT INTO peer (uid, folds, accepted) VALUES ('only ours', 1, 1), ('both', 1, 1), ('pings', 1, 1), ('new', 0, 1);",
    )
    .unwrap();
    drop(old);
    let mut writer = Writer::open(place(dir.path())).unwrap();
    let folds =
        ["only ours", "both", "pings", "new"].map(|uid| contacts::peer(writer.connection(), uid).unwrap());
    assert_eq!(folds, [(true, true), (false, true), (false, true), (false, true)]);
}
