//! The desk: moves of a case, who may make them, and what time does to them, on both engines.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    missing_docs,
    reason = "tests"
)]

mod apart;
mod review;
mod steps;

use data::{
    Officer, case, ceremony,
    pool::Pool,
    testing::{ADMINS, Centre, NOW, PASSWORD, person},
};

/// One more person.
async fn hired(centre: &Centre, login: &str, role: blocklist::key::Role) -> Officer {
    ceremony::add_officer(&centre.store, person(login, role), ADMINS, NOW)
        .await
        .unwrap()
}

/// The first column of what a query finds, as text.
async fn column(centre: &Centre, sql: &str) -> Vec<String> {
    let sql = sqlx::AssertSqlSafe(sql.to_owned());
    match centre.store.pool() {
        Pool::Sqlite(db) => sqlx::query_scalar(sql).fetch_all(db).await.unwrap(),
        Pool::Postgres(db) => sqlx::query_scalar(sql).fetch_all(db).await.unwrap(),
    }
}

async fn state(centre: &Centre, case: &str) -> String {
    let file = case::load(&centre.store, case).await.unwrap().unwrap();
    file.case.state
}

async fn approve(
    centre: &Centre,
    who: &Officer,
    listing: &str,
    at: i64,
) -> Result<(), data::decide::DecideError> {
    let proposal = case::proposal(&centre.store, listing).await.unwrap();
    let shown = proposal.unwrap().statement_sha256;
    data::decide::approve(&centre.store, who, PASSWORD, listing, &shown, at).await
}
