//! `schema.sql` is what the migrations add up to; `UPDATE_SCHEMA=1` writes it anew.

use std::fmt::Write;
use std::{env, fs};

use syncward_receiver::store::{Store, sql};

#[tokio::test]
async fn the_schema_is_the_sum_of_the_migrations() {
    let folder = tempfile::tempdir().unwrap();
    let store = Store::open(folder.path()).unwrap();
    let made = store.read(|connection| {
        let sql = "select sql from sqlite_master where sql is not null and name not like 'sqlite_%' \
                   order by tbl_name, type desc, name";
        let mut statement = connection.prepare_cached(sql)?;
        let rows = statement.query_map([], |row| row.get::<_, String>(0))?;
        Ok(rows.collect::<sql::Result<Vec<_>>>()?)
    });
    let mut sum = "-- The whole schema, for reading: written by a test from migrations/, which alone are run.\n".to_owned();
    for statement in made.await.unwrap() {
        write!(sum, "\n{statement};\n").unwrap();
    }
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/schema.sql");
    if env::var_os("UPDATE_SCHEMA").is_some() {
        fs::write(path, &sum).unwrap();
    }
    let kept = fs::read_to_string(path).unwrap_or_default();
    assert!(
        kept == sum,
        "the schema changed: look at the migration, then run with UPDATE_SCHEMA=1"
    );
}
