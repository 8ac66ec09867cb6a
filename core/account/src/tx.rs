//! The transaction of one step. It is begun by the first thing that needs it, so that a step which only
//! moves bytes costs nothing; each input that changes mail gets a savepoint of its own.
//!
//! Statements instead of `rusqlite`'s guards: the guards borrow the connection for their lifetime, while a
//! step hands it to whoever needs it next.

use rusqlite::Connection;
use tmtp_store::StoreError;
use tmtp_store::held::Held;

use crate::plant::{self, Plant};

/// The transaction of one step. Dropped without [`Tx::commit`] it is rolled back.
pub(crate) struct Tx<'a> {
    conn: &'a Connection,
    open: bool,
    /// It was begun here, and not left open by whoever had the connection before.
    begun: bool,
    /// Rows that the connection had changed before.
    before: u64,
    /// Tells who holds the writer for long.
    held: Option<Held>,
    doing: &'static str,
}

impl<'a> Tx<'a> {
    pub(crate) fn new(conn: &'a Connection) -> Self {
        Tx { conn, open: false, begun: false, before: conn.total_changes(), held: None, doing: "step" }
    }

    /// The connection, with the transaction open.
    pub(crate) fn conn(&mut self) -> Result<&'a Connection, StoreError> {
        if !self.open {
            if self.conn.is_autocommit() {
                self.held = Some(Held::begin("writer", self.doing));
                run(self.conn, "BEGIN IMMEDIATE")?;
                self.begun = true;
            }
            self.open = true;
        }
        Ok(self.conn)
    }

    /// Names what is done from now on.
    pub(crate) fn does(&mut self, what: &'static str) {
        self.doing = what;
        if let Some(held) = &mut self.held {
            held.goes_on(what);
        }
    }

    /// Whether anything has changed in it: only then the commit costs a sync.
    pub(crate) fn has_changed(&self) -> bool {
        self.open && self.conn.total_changes() != self.before
    }

    /// Runs `work` so that all of it happens, or nothing: in a savepoint. As long as nothing has changed, the
    /// transaction itself is one, and what fails ends it and has it begun anew: of a small delivery, which is mostly
    /// alone in its step, this spares two statements, and the copies of pages that a savepoint makes.
    pub(crate) fn all_or_nothing<T, E: From<StoreError>>(
        &mut self,
        work: impl FnOnce(&'a Connection) -> Result<T, E>,
    ) -> Result<T, E> {
        let conn = self.conn()?;
        if self.begun && !self.has_changed() {
            return work(conn).inspect_err(|_| self.begin_anew());
        }
        run(conn, "SAVEPOINT input")?;
        match work(conn) {
            Ok(done) => {
                run(conn, "RELEASE input")?;
                Ok(done)
            }
            Err(why) => {
                // A full disk inside a statement has ended the whole transaction by itself. And whatever
                // goes wrong here must not hide what went wrong first.
                if !conn.is_autocommit() {
                    let undone = run(conn, "ROLLBACK TO input").and_then(|()| run(conn, "RELEASE input"));
                    if undone.is_err() {
                        tracing::error!("A savepoint could not be undone.");
                    }
                }
                Err(why)
            }
        }
    }

    /// Nothing of the transaction is worth keeping. If it cannot be begun anew now, whoever needs it next tries again.
    fn begin_anew(&mut self) {
        if !self.conn.is_autocommit() && run(self.conn, "ROLLBACK").is_err() {
            tracing::error!("A rollback has failed.");
            return;
        }
        self.open = false;
        if self.conn().is_err() {
            tracing::error!("A transaction could not be begun anew.");
        }
    }

    /// Commits, if there is anything.
    pub(crate) fn commit(mut self) -> Result<(), StoreError> {
        self.does("commit");
        if self.open && !plant::on(Plant::ConfirmBeforeCommit) {
            run(self.conn, "COMMIT")?;
        }
        self.open = false;
        Ok(())
    }
}

impl Drop for Tx<'_> {
    fn drop(&mut self) {
        // A failed COMMIT may have ended the transaction already: then there is nothing to roll back.
        if self.open && !self.conn.is_autocommit() {
            let rolled_back = run(self.conn, "ROLLBACK");
            if rolled_back.is_err() {
                tracing::error!("A rollback has failed.");
            }
        }
    }
}

fn run(conn: &Connection, sql: &str) -> Result<(), StoreError> {
    conn.prepare_cached(sql)?.execute([])?;
    Ok(())
}

/// Whether an error says that the store itself failed, and not only that one statement did not fit what is
/// there. The first ends the step; the second only the input that it came from.
pub(crate) fn is_trouble(error: &StoreError) -> bool {
    !matches!(error, StoreError::NotFound | StoreError::Exists) && !is_misfit(error)
}

fn is_misfit(error: &StoreError) -> bool {
    let StoreError::Sqlite(error) = error else { return false };
    matches!(
        error.sqlite_error_code(),
        Some(
            rusqlite::ErrorCode::ConstraintViolation
                | rusqlite::ErrorCode::TypeMismatch
                | rusqlite::ErrorCode::TooBig
        )
    )
}

#[cfg(test)]
mod tests {
    use tmtp_store::write::counters;
    use tmtp_store::{InstallId, NewAccount, Place, Reader, Writer};
    use tmtp_wire::time::Wall;

    use super::*;

    /// One step whose inputs count something each; those in capitals fail behind that. What is counted then.
    fn step(inputs: &[&str]) -> Vec<String> {
        let dir = tempfile::tempdir().unwrap();
        let site = "=127.0.0.1:443".parse().unwrap();
        let new = NewAccount { site, key_name: "a".to_owned(), uid: None, created: Wall(0) };
        let mut writer = Writer::create(Place::new(dir.path(), InstallId([1; 16])), &new).unwrap();
        let conn: &Connection = writer.connection();
        let mut tx = Tx::new(conn);
        for input in inputs {
            let fails = input.chars().all(char::is_uppercase);
            let done = tx.all_or_nothing(|conn| {
                counters::add(conn, input, 1)?;
                if fails { Err(StoreError::Exists) } else { Ok(()) }
            });
            assert_eq!(done.is_err(), fails);
            assert!(!conn.is_autocommit(), "the transaction stays open");
        }
        tx.commit().unwrap();
        let counted = Reader::open(dir.path()).unwrap().counters().unwrap();
        counted.into_iter().map(|(name, _)| name).collect()
    }

    #[test]
    fn an_input_that_fails_leaves_nothing_and_takes_no_neighbour_with_it() {
        assert_eq!(step(&["a", "b"]), ["a", "b"]);
        assert_eq!(step(&["A", "b", "C", "d"]), ["b", "d"]);
        assert_eq!(step(&["a", "B", "c"]), ["a", "c"]);
        assert_eq!(step(&["A", "B"]), [""; 0]);
    }
}
