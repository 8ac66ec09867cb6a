//! A large store, filled by the same functions that the account's step stores mail with; only the commits are larger.

use std::path::Path;

use tmtp_store::fs::RealFs;
use tmtp_store::write::inbox::{self, NewMessage};
use tmtp_store::write::{names, threads};
use tmtp_store::{Place, StoreError, Writer, install};
use tmtp_wire::datahead::Cc;
use tmtp_wire::ids::MsgId;
use tmtp_wire::time::Wall;

use super::Answer;
use crate::error::Outcome;
use crate::limits::{FILL_COMMIT, FILL_PER_THREAD, FILL_TEXT};

const PEER: &str = "4F%BZ+K7QH2MXV9DTL4RWC8NPJ56GSY1";

/// Nanoseconds of 2024, below every id that a site of today gives.
const FIRST_ID: u64 = 1_704_067_200_000_000_000;

/// Stores so many messages in threads of [`FILL_PER_THREAD`], the threads taking turns, as they would in years.
pub(super) fn run(folder: &Path, home: &Path, messages: usize) -> Outcome<Answer> {
    let install = install::read_or_make(&RealFs, &home.join("install"), [0; 16])?;
    let mut writer = Writer::open(Place::new(folder, install))?;
    let rows = begin_threads(&mut writer, (messages / FILL_PER_THREAD).max(1))?;
    let mut stored = rows.len();
    while stored < messages {
        let until = messages.min(stored + FILL_COMMIT);
        let conn = writer.connection();
        let step = conn.transaction().map_err(StoreError::from)?;
        for number in stored..until {
            let thread = rows.get(number % rows.len()).copied().unwrap_or_default();
            store(&step, thread, number, "")?;
        }
        step.commit().map_err(StoreError::from)?;
        stored = until;
    }
    writer.close()?;
    Ok(Answer::Filled { bytes: std::fs::metadata(folder.join("mail.db"))?.len() })
}

/// The first messages, which begin the threads; the threads' rows.
fn begin_threads(writer: &mut Writer, count: usize) -> Outcome<Vec<i64>> {
    let to = Cc { who: "bench ours".to_owned(), who_uid: PEER.to_owned(), ..Cc::default() };
    let step = writer.connection().transaction().map_err(StoreError::from)?;
    let mut rows = Vec::with_capacity(count);
    for number in 0..count {
        let subject = format!("Thread number {number}");
        let row = threads::create(&step, id(number), &subject, true)?;
        threads::set_recipients(&step, row, std::slice::from_ref(&to))?;
        store(&step, row, number, &subject)?;
        rows.push(row);
    }
    step.commit().map_err(StoreError::from)?;
    Ok(rows)
}

fn store(step: &rusqlite::Connection, thread: i64, number: usize, subject: &str) -> Outcome<()> {
    let text = format!("{number:>FILL_TEXT$}");
    let posted = Wall(i64::try_from(id(number).0 / 1_000_000).unwrap_or(i64::MAX));
    let message = NewMessage {
        thread,
        msgid: Some(id(number)),
        send_id: None,
        own: false,
        from_uid: PEER,
        from_alias: "bench feeder",
        subject,
        text: &text,
        posted: Some(posted),
        written: None,
        content: &[7; 32],
        header_head: None,
        data_head: None,
        unread: false,
    };
    let row = inbox::insert(step, &message)?;
    names::name_message(step, row, id(number), Some(posted), &[9; 32])?;
    threads::shown(step, thread, tmtp_store::values::id_in(id(number)), false)?;
    Ok(())
}

/// One message a minute.
fn id(number: usize) -> MsgId {
    MsgId(FIRST_ID + number as u64 * 60_000_000_000)
}
