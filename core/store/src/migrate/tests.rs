use super::*;

#[test]
fn what_a_database_lacks_is_shown_by_its_defaults() {
    let old = Connection::open_in_memory().unwrap();
    old.execute_batch("CREATE TABLE a (x INTEGER); INSERT INTO a VALUES (3); CREATE TABLE same (x INTEGER)")
        .unwrap();
    let newest = Connection::open_in_memory().unwrap();
    newest
        .execute_batch(
            "CREATE TABLE a (x INTEGER, y TEXT NOT NULL DEFAULT 'it''s', z INTEGER, w INTEGER NOT NULL DEFAULT 0);
             CREATE TABLE same (x INTEGER);
             CREATE TABLE b (q INTEGER NOT NULL, r TEXT)",
        )
        .unwrap();
    let views = views(&old, &newest, &[("a", "w", "x * 2")]).unwrap();
    assert_eq!(views.len(), 2, "{views:?}");
    views.iter().for_each(|view| old.execute_batch(view).unwrap());
    let row = old
        .query_row("SELECT x, y, z, w FROM a", [], |row| {
            Ok((
                row.get::<_, i64>(0)?,
                row.get::<_, String>(1)?,
                row.get::<_, Option<i64>>(2)?,
                row.get::<_, i64>(3)?,
            ))
        })
        .unwrap();
    assert_eq!(row, (3, "it's".to_owned(), None, 6));
    let none: i64 =
        old.query_row("SELECT count(*) FROM b WHERE q IS NULL OR r IS NULL", [], |row| row.get(0)).unwrap();
    assert_eq!(none, 0);
}
