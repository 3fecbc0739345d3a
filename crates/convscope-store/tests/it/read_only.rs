use convscope_store::{Contents, Database, QueryError};
use tempfile::TempDir;

fn refusal(sql: &str) -> QueryError {
    let contents = Contents::default();
    let database = Database::of(&contents, []).unwrap();
    database.query("select * from curves").unwrap();
    let refused = database.query(sql).unwrap_err();
    // And the database goes on as it was.
    assert_eq!(database.query("select * from jobs").unwrap().rows.len(), 0);
    refused
}

#[test]
fn statements_that_write_are_refused() {
    let folder = TempDir::new().unwrap();
    let file = folder.path().join("out.db");
    let file = file.to_str().unwrap();
    for sql in [
        "insert into _results values ('a', null, 1, null)",
        "with x as (select 1) delete from _results",
        "update _placements set seed = 1",
        "drop view results",
        "create table x (y)",
        "create temp table x as select * from results",
        "pragma user_version = 7",
        "pragma journal_mode",
        "begin",
        "vacuum",
        &format!("vacuum into '{file}'"),
        &format!("attach database '{file}' as out"),
        "select * from pragma_table_info('jobs')",
        "reindex",
        "analyze",
    ] {
        assert_eq!(refusal(sql), QueryError::Writes, "{sql}");
    }
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 0);
}

#[test]
fn one_statement_is_answered_at_a_time() {
    assert_eq!(refusal("select 1; select 2"), QueryError::Several);
    assert_eq!(refusal("select 1; drop view results"), QueryError::Writes);
    assert_eq!(refusal(""), QueryError::Empty);
    assert_eq!(refusal(" -- nothing"), QueryError::Empty);
    let contents = Contents::default();
    let database = Database::of(&contents, []).unwrap();
    assert_eq!(database.query("select 1 as one; -- and no more").unwrap().rows.len(), 1);
}

#[test]
fn a_parameter_without_a_value_is_refused() {
    assert!(matches!(refusal("select ? as x"), QueryError::Sqlite { .. }));
}
