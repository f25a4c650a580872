//! The tables of both engines, and what is done about tables that are not as they should be.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    missing_docs,
    reason = "tests"
)]

use std::collections::BTreeMap;

use data::{
    Error, Store,
    pool::{Pool, schema},
    testing::{Centre, Engine, Scratch},
};

/// Columns by table, each with whether it must have a value.
type Tables = BTreeMap<String, BTreeMap<String, bool>>;

async fn tables(store: &Store) -> Tables {
    let rows: Vec<(String, String, i64)> = match store.pool() {
        Pool::Sqlite(db) => {
            // A key of one column that is not an integer may be NULL in SQLite unless it says not.
            let sql = "SELECT m.name, c.name, MAX(c.\"notnull\", c.pk > 0) FROM sqlite_master m
                JOIN pragma_table_info(m.name) c WHERE m.type = 'table'";
            sqlx::query_as(sql).fetch_all(db).await.unwrap()
        }
        Pool::Postgres(db) => {
            let sql = "SELECT table_name::TEXT, column_name::TEXT,
                    CASE is_nullable WHEN 'NO' THEN 1::BIGINT ELSE 0 END
                FROM information_schema.columns WHERE table_schema = current_schema()";
            sqlx::query_as(sql).fetch_all(db).await.unwrap()
        }
    };
    let mut tables = Tables::new();
    for (table, column, must) in rows {
        if !table.starts_with("sqlite_") && !table.starts_with("_sqlx") {
            tables.entry(table).or_default().insert(column, must == 1);
        }
    }
    tables
}

#[tokio::test]
async fn both_engines_have_the_same_tables() {
    if !Engine::Postgres.is_here() {
        return;
    }
    let [sqlite, postgres] = [Engine::Sqlite, Engine::Postgres].map(Scratch::new);
    let (sqlite, postgres) = (sqlite.await, postgres.await);
    let expected = tables(&sqlite.open().await).await;
    assert!(expected.contains_key("log_leaf"));
    assert_eq!(tables(&postgres.open().await).await, expected);
}

async fn an_empty_database_gets_its_tables_once(engine: Engine) {
    let scratch = Scratch::new(engine).await;
    let first = schema::migrate(&scratch.url).await.unwrap();
    assert_eq!(first.from, 0);
    assert!(first.to > 0);
    let again = schema::migrate(&scratch.url).await.unwrap();
    assert_eq!((again.from, again.to), (first.to, first.to));
}

async fn tables_of_something_else_are_left_alone(engine: Engine) {
    let centre = Centre::on(engine).await;
    // The tables of a centre without the list of migrations: names that are ours, made by who knows.
    centre.sql("DROP TABLE _sqlx_migrations").await.unwrap();
    let error = Store::open(&centre.url).await.unwrap_err();
    assert!(matches!(error, Error::Foreign), "{error:?}");
    assert!(error.is_usage());
}

/// An older program's tables: one machine brings its own up to date, a server's are left to a person.
async fn older_tables(engine: Engine) {
    let centre = Centre::on(engine).await;
    let newest = schema::migrate(&centre.url).await.unwrap().to;
    centre
        .sql(&format!(
            "DELETE FROM _sqlx_migrations WHERE version = {newest}"
        ))
        .await
        .unwrap();
    let error = Store::open(&centre.url).await.unwrap_err();
    match engine {
        // It tries, and finds what the migration makes there already.
        Engine::Sqlite => assert!(matches!(error, Error::Database(_)), "{error:?}"),
        Engine::Postgres => {
            assert!(matches!(error, Error::Outdated { .. }), "{error:?}");
            assert!(error.is_usage());
        }
    }
}

async fn tables_of_a_newer_program_are_refused(engine: Engine) {
    let centre = Centre::on(engine).await;
    let success = if engine == Engine::Sqlite {
        "1"
    } else {
        "TRUE"
    };
    let sql = format!(
        "INSERT INTO _sqlx_migrations (version, description, success, checksum, execution_time)
        VALUES (9999, 'later', {success}, {}, 0)",
        engine.octets("00")
    );
    centre.sql(&sql).await.unwrap();
    let error = Store::open(&centre.url).await.unwrap_err();
    assert!(matches!(error, Error::Migration(_)), "{error:?}");
}

data::both_engines!(
    an_empty_database_gets_its_tables_once,
    tables_of_something_else_are_left_alone,
    older_tables,
    tables_of_a_newer_program_are_refused,
);
