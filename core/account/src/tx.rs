//! The transaction of one step. It is begun by the first thing that needs it, so that a step which only
//! moves bytes costs nothing; each input that changes mail gets a savepoint of its own.
//!
//! Statements instead of `rusqlite`'s guards: the guards borrow the connection for their lifetime, while a
//! step hands it to whoever needs it next.

use rusqlite::Connection;
use tmtp_store::StoreError;

use crate::plant::{self, Plant};

/// The transaction of one step. Dropped without [`Tx::commit`] it is rolled back.
pub(crate) struct Tx<'a> {
    conn: &'a Connection,
    open: bool,
    /// Rows that the connection had changed before.
    before: u64,
}

impl<'a> Tx<'a> {
    pub(crate) fn new(conn: &'a Connection) -> Self {
        Tx { conn, open: false, before: conn.total_changes() }
    }

    /// The connection, with the transaction open.
    pub(crate) fn conn(&mut self) -> Result<&'a Connection, StoreError> {
        if !self.open {
            if self.conn.is_autocommit() {
                run(self.conn, "BEGIN IMMEDIATE")?;
            }
            self.open = true;
        }
        Ok(self.conn)
    }

    /// Whether anything has changed in it: only then the commit costs a sync.
    pub(crate) fn has_changed(&self) -> bool {
        self.open && self.conn.total_changes() != self.before
    }

    /// Runs `work` in a savepoint: all of it, or nothing.
    pub(crate) fn all_or_nothing<T, E: From<StoreError>>(
        &mut self,
        work: impl FnOnce(&'a Connection) -> Result<T, E>,
    ) -> Result<T, E> {
        let conn = self.conn()?;
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

    /// Commits, if there is anything.
    pub(crate) fn commit(mut self) -> Result<(), StoreError> {
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
