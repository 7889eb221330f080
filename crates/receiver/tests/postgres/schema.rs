//! Both databases have the same tables, columns and rules of uniqueness; a migration forgotten on one side shows.

use std::collections::BTreeSet;

use syncward_receiver::store::sql::{self, Connection};
use syncward_receiver::store::{Place, Store, StoreError};

use crate::command;
use crate::home::{self, Home};

/// What PostgreSQL needs where SQLite has it built in.
const OF_POSTGRES: [&str; 2] = ["numbering", "schema_version"];

fn lines(connection: &Connection, sql: &str) -> sql::Result<BTreeSet<String>> {
    let mut statement = connection.prepare_cached(sql)?;
    let rows = statement.query_map([], |row| row.get(0))?;
    rows.collect()
}

async fn read(place: Place, questions: [&'static str; 2]) -> [BTreeSet<String>; 2] {
    let store = Store::open_at(&place).unwrap();
    let read = store.read(move |connection| {
        Ok([
            lines(connection, questions[0])?,
            lines(connection, questions[1])?,
        ])
    });
    read.await.unwrap()
}

#[tokio::test]
async fn a_migration_has_its_twin() {
    let home = Home::in_folder();
    let lite = read(
        home.place(),
        [
            "select t.name || '.' || c.name || ' ' || lower(c.type) || case when c.pk = 0 and c.\"notnull\" = 0 then ' null' else '' end \
             from sqlite_master t join pragma_table_info(t.name) c where t.type = 'table' and t.name not like 'sqlite_%'",
            "select t.name || ' ' || (select group_concat(coalesce(c.name, '()')) from pragma_index_info(i.name) c) \
             from sqlite_master t join pragma_index_list(t.name) i where t.type = 'table' and i.\"unique\" = 1 and i.origin <> 'pk'",
        ],
    );
    let home = Home::in_postgres();
    let postgres = read(
        home.place(),
        [
            "select c.table_name || '.' || c.column_name || ' ' || \
             case c.data_type when 'bigint' then 'integer' when 'bytea' then 'blob' else c.data_type end || \
             case when c.is_nullable = 'YES' then ' null' else '' end \
             from information_schema.columns c where c.table_schema = 'public' and c.column_name <> 'rowid'",
            "select t.relname || ' ' || array_to_string(array(select coalesce(a.attname::text, '()') \
             from unnest(i.indkey::int2[]) with ordinality k(number, place) \
             left join pg_attribute a on a.attrelid = t.oid and a.attnum = k.number and k.number > 0 order by k.place), ',') \
             from pg_index i join pg_class t on t.oid = i.indrelid join pg_namespace n on n.oid = t.relnamespace \
             where n.nspname = 'public' and i.indisunique and not i.indisprimary",
        ],
    );
    let ([lite_columns, lite_uniques], [mut columns, mut uniques]) = (lite.await, postgres.await);
    columns.retain(|one| !OF_POSTGRES.iter().any(|table| one.starts_with(table)));
    uniques.retain(|one| !one.ends_with(" rowid"));
    let apart: Vec<_> = lite_columns.symmetric_difference(&columns).collect();
    assert!(apart.is_empty(), "{apart:#?}");
    let apart: Vec<_> = lite_uniques.symmetric_difference(&uniques).collect();
    assert!(apart.is_empty(), "{apart:#?}");
    assert!(columns.len() > 200 && uniques.len() > 8);
}

#[tokio::test]
async fn a_newer_schema_is_refused_untouched() {
    let home = Home::in_postgres();
    let store = Store::open_at(&home.place()).unwrap();
    let later = store.write(|tx| {
        let sql = "insert into schema_version (version) values (4711)";
        Ok(tx.execute(sql, [])?)
    });
    later.await.unwrap();
    let refused = Store::open_at(&home.place()).err();
    assert!(
        matches!(refused, Some(StoreError::Newer { found: 4711, .. })),
        "{refused:?}"
    );
    let (mut serve, _folder) = command(home.database().unwrap(), &[]);
    let done = serve.arg("serve").output().unwrap();
    let said = String::from_utf8_lossy(&done.stderr);
    assert!(
        !done.status.success() && said.contains("newer version"),
        "{said}"
    );
    let versions = store.read(|connection| {
        let sql = "select count(*) from schema_version where version > 1000";
        Ok(connection.query_row(sql, [], |row| row.get::<_, i64>(0))?)
    });
    assert_eq!(versions.await.unwrap(), 1);
}

#[test]
fn replicas_that_start_at_once_make_one_schema() {
    let home = Home::in_postgres();
    let starts: Vec<_> = (0..4)
        .map(|_| {
            let place = home.place();
            std::thread::spawn(move || Store::open_at(&place).map(|_| ()))
        })
        .collect();
    for start in starts {
        start.join().unwrap().unwrap();
    }
}

#[test]
fn copies_are_left_to_the_databases_own_tools() {
    let database = home::database();
    for (what, tool) in [("backup", "pg_dump"), ("restore", "pg_restore")] {
        let (mut copy, folder) = command(&database, &[]);
        let done = copy.arg(what).arg(folder.path().join("copy.db")).output();
        let done = done.unwrap();
        let said = String::from_utf8_lossy(&done.stderr);
        assert!(!done.status.success() && said.contains(tool), "{said}");
    }
}
