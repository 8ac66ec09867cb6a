//! What hangs on a row is found by an index when the row is deleted: else each deletion goes through all of it.

use std::collections::BTreeSet;

use crate::world::world;

#[test]
fn every_child_of_a_parent_is_found_by_an_index() {
    let mut world = world();
    let conn = world.writer.connection();
    let mut tables = conn.prepare("SELECT name FROM sqlite_schema WHERE type = 'table'").unwrap();
    let tables: Vec<String> =
        tables.query_map([], |row| row.get(0)).unwrap().collect::<Result<_, _>>().unwrap();
    let mut seen = BTreeSet::new();
    for table in tables {
        let mut keys = conn.prepare("SELECT \"from\" FROM pragma_foreign_key_list(?1)").unwrap();
        let columns: Vec<String> =
            keys.query_map([&table], |row| row.get(0)).unwrap().collect::<Result<_, _>>().unwrap();
        for column in columns {
            let sql = format!("EXPLAIN QUERY PLAN SELECT 1 FROM {table} WHERE {column} = ?1");
            let step: String = conn.query_row(&sql, [1], |row| row.get(3)).unwrap();
            assert!(step.contains("SEARCH"), "{table}.{column}: {step}");
            seen.insert(format!("{table}.{column}"));
        }
    }
    assert!(seen.len() >= 12, "{seen:?}");
    let step: String = conn
        .query_row("EXPLAIN QUERY PLAN DELETE FROM done WHERE send_id = ?1", [1], |row| row.get(3))
        .unwrap();
    assert!(step.contains("SEARCH"), "done: {step}");
}
