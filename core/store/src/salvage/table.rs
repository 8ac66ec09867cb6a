//! What a table looks like, as far as copying its rows needs to know.

use rusqlite::Connection;

use crate::error::StoreError;

/// A table.
pub(super) struct Table {
    pub(super) name: String,
    pub(super) columns: Vec<String>,
    /// What finds a row: `rowid`, or the columns of the primary key of a table without row numbers.
    pub(super) key: Vec<String>,
    pub(super) without_rowid: bool,
    /// The table and column that the first column of the key belongs to.
    pub(super) owner: Option<(String, String)>,
}

/// The tables of a database; those that others belong to come before them.
pub(super) fn tables(conn: &Connection) -> Result<Vec<Table>, StoreError> {
    let mut statement = conn.prepare(
        "SELECT name, wr FROM pragma_table_list
         WHERE schema = 'main' AND type = 'table' AND name NOT LIKE 'sqlite_%' ORDER BY wr, name",
    )?;
    let names = statement.query_map([], |row| Ok((row.get(0)?, row.get(1)?)))?;
    let names: Vec<(String, bool)> = names.collect::<rusqlite::Result<_>>()?;
    names.into_iter().map(|(name, without_rowid)| describe(conn, name, without_rowid)).collect()
}

fn describe(conn: &Connection, name: String, without_rowid: bool) -> Result<Table, StoreError> {
    let mut statement = conn.prepare("SELECT name, pk FROM pragma_table_info(?1)")?;
    let rows = statement.query_map([&name], |row| Ok((row.get(0)?, row.get(1)?)))?;
    let rows: Vec<(String, i64)> = rows.collect::<rusqlite::Result<_>>()?;
    let columns = rows.iter().map(|(column, _)| column.clone()).collect();
    let mut key = vec!["rowid".to_owned()];
    if without_rowid {
        let mut parts: Vec<&(String, i64)> = rows.iter().filter(|(_, pk)| *pk > 0).collect();
        parts.sort_by_key(|(_, pk)| *pk);
        key = parts.into_iter().map(|(column, _)| column.clone()).collect();
    }
    let mut statement =
        conn.prepare("SELECT \"table\", \"to\" FROM pragma_foreign_key_list(?1) WHERE \"from\" = ?2")?;
    let mut owners = statement.query([Some(&name), key.first()])?;
    let owner = owners.next()?.map(|row| Ok::<_, StoreError>((row.get(0)?, row.get(1)?))).transpose()?;
    Ok(Table { name, columns, key, without_rowid, owner })
}

impl Table {
    /// `column = ?1 AND …`
    pub(super) fn by_key(&self) -> String {
        let parts: Vec<String> =
            (1..).zip(&self.key).map(|(at, column)| format!("{column} = ?{at}")).collect();
        parts.join(" AND ")
    }
}

/// An index of a table, with the condition of its rows if it does not have all of them.
pub(super) struct Index {
    pub(super) name: String,
    pub(super) condition: Option<String>,
}

/// The indexes of a table that stand by themselves.
pub(super) fn indexes(conn: &Connection, table: &Table) -> rusqlite::Result<Vec<Index>> {
    let mut statement = conn.prepare(
        "SELECT l.name, s.sql FROM pragma_index_list(?1) l JOIN sqlite_schema s ON s.name = l.name
         WHERE l.origin <> 'pk' OR NOT ?2 ORDER BY l.partial, l.name",
    )?;
    let rows = statement.query_map(rusqlite::params![table.name, table.without_rowid], |row| {
        let sql: Option<String> = row.get(1)?;
        let condition =
            sql.as_deref().and_then(|sql| sql.split_once(" WHERE ")).map(|(_, rest)| rest.to_owned());
        Ok(Index { name: row.get(0)?, condition })
    })?;
    rows.collect()
}
