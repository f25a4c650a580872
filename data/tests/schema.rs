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
use sqlx::migrate::Migrator;

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
    let opened = Store::open(&centre.url).await;
    match engine {
        // The newest migration there can be run again.
        Engine::Sqlite => {
            opened.unwrap().close().await;
            let again = schema::migrate(&centre.url).await.unwrap();
            assert_eq!((again.from, again.to), (newest, newest));
        }
        Engine::Postgres => {
            let error = opened.unwrap_err();
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

/// The tables of the program before cases had a lifecycle.
async fn tables_of_version_8(scratch: &Scratch) {
    let engine = match scratch.engine() {
        Engine::Sqlite => "sqlite",
        Engine::Postgres => "postgres",
    };
    let all = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("migrations");
    let old = scratch.dir.path().join("old");
    std::fs::create_dir(&old).unwrap();
    for file in std::fs::read_dir(all.join(engine)).unwrap() {
        let file = file.unwrap();
        if file.file_name().to_str().unwrap() < "0009" {
            std::fs::copy(file.path(), old.join(file.file_name())).unwrap();
        }
    }
    let migrator = Migrator::new(old.as_path()).await.unwrap();
    match scratch.engine() {
        Engine::Sqlite => {
            let url = format!("{}?mode=rwc", scratch.url);
            let db = sqlx::SqlitePool::connect(&url).await.unwrap();
            migrator.run(&db).await.unwrap();
            db.close().await;
        }
        Engine::Postgres => {
            let db = sqlx::PgPool::connect(&scratch.url).await.unwrap();
            migrator.run(&db).await.unwrap();
            db.close().await;
        }
    }
}

/// Runs statements on tables of any version.
async fn run(scratch: &Scratch, sql: &str) -> sqlx::Result<()> {
    let sql = sqlx::AssertSqlSafe(sql.to_owned());
    match scratch.engine() {
        Engine::Sqlite => {
            let db = sqlx::SqlitePool::connect(&scratch.url).await?;
            let ran = sqlx::raw_sql(sql).execute(&db).await.map(|_| ());
            db.close().await;
            ran
        }
        Engine::Postgres => {
            let db = sqlx::PgPool::connect(&scratch.url).await?;
            let ran = sqlx::raw_sql(sql).execute(&db).await.map(|_| ());
            db.close().await;
            ran
        }
    }
}

async fn numbers(store: &Store, sql: &str) -> Vec<i64> {
    let sql = sqlx::AssertSqlSafe(sql.to_owned());
    match store.pool() {
        Pool::Sqlite(db) => sqlx::query_scalar(sql).fetch_all(db).await.unwrap(),
        Pool::Postgres(db) => sqlx::query_scalar(sql).fetch_all(db).await.unwrap(),
    }
}

/// Cases that refer to one another, with their decisions and signatures, come through whole.
async fn older_cases_come_into_the_lifecycle(engine: Engine) {
    let scratch = Scratch::new(engine).await;
    tables_of_version_8(&scratch).await;
    let octets = engine.octets("00");
    let mut sql = String::new();
    for who in ["one", "two"] {
        sql += &format!(
            "INSERT INTO officer VALUES ('{who}', '{who}', '{who}', 'officer', '', 'key-{who}', {octets}, {octets}, 0, NULL);"
        );
    }
    sql += &format!(
        "INSERT INTO site (id, host, discovered_at, discovered_from, state) VALUES (1, 'a.test', 0, 'seed', 'assessed');
        INSERT INTO evidence VALUES ('root', 'a.test', '[]', 0);
        INSERT INTO assessment VALUES (1, 'a.test', 0, 1, 1, 'flag', 'root', '{{}}');
        INSERT INTO review_case VALUES ('C-1', 'a.test', 0, 1, 'root', '{{}}', 'listed', 'assessment', NULL, NULL);
        INSERT INTO order_document VALUES ('o', 'o', 'o', {octets}, 'one', 0);
        INSERT INTO proposal VALUES ('Q-1', 'C-1', {octets}, 'hash', 'o', 'one', 5);
        INSERT INTO review_case VALUES ('C-2', 'a.test', 0, 1, 'root', '{{}}', 'open', 'cancel', 'cancel Q-1', 'Q-1');
        INSERT INTO decision VALUES (7, 'C-1', 'one', 'propose', 'code', 'words', 5, NULL);
        INSERT INTO decision VALUES (8, 'C-1', 'two', 'approve', 'code', 'words', 6, 9);
        INSERT INTO signature VALUES ('Q-1', 1, 'one', 'key-one', 'hash', {octets}, 5);
        INSERT INTO signature VALUES ('Q-1', 2, 'two', 'key-two', 'hash', {octets}, 6);"
    );
    run(&scratch, &sql).await.unwrap();

    let migrated = schema::migrate(&scratch.url).await.unwrap();
    assert_eq!(migrated.from, 8);
    let store = scratch.open().await;
    for (held, expected) in [
        (
            "SELECT COUNT(*) FROM review_case WHERE taken_by IS NULL AND (id, state) IN (('C-1', 'listed'), ('C-2', 'open'))",
            vec![2],
        ),
        (
            "SELECT id FROM decision WHERE role = 'officer' AND evidence_root = 'root' ORDER BY id",
            vec![7, 8],
        ),
        (
            "SELECT review_at FROM decision WHERE review_at IS NOT NULL",
            vec![9],
        ),
        (
            "SELECT place FROM signature WHERE listing_id = 'Q-1' ORDER BY place",
            vec![1, 2],
        ),
    ] {
        assert_eq!(numbers(&store, held).await, expected, "{held}");
    }
    store.close().await;
    // The rules stand again, those between the tables, too.
    for (refused, says) in [
        ("DELETE FROM review_case WHERE id = 'C-1'", "FOREIGN KEY"),
        ("UPDATE decision SET reason = 'x'", "append-only"),
        ("DELETE FROM signature", "append-only"),
        (
            "UPDATE review_case SET state = 'proposed' WHERE id = 'C-1'",
            "no move leads",
        ),
    ] {
        let error = run(&scratch, refused).await.unwrap_err().to_string();
        assert!(
            error.to_lowercase().contains(&says.to_lowercase()),
            "{refused}: {error}"
        );
    }
}

data::both_engines!(
    older_cases_come_into_the_lifecycle,
    an_empty_database_gets_its_tables_once,
    tables_of_something_else_are_left_alone,
    older_tables,
    tables_of_a_newer_program_are_refused,
);
