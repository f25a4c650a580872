//! Drills: somebody who owns the database rewrites who did what, and every row of it is named.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    missing_docs,
    reason = "tests"
)]

use blocklist::{Digest, time::DAY_SECONDS};
use data::{
    audit::{self, Broken, Row},
    check,
    pool::Pool,
    testing::{Centre, Engine, NOW, proposal},
};

/// The days on which the drills look, all after the log began.
const FIRST: i64 = NOW + DAY_SECONDS;
const SECOND: i64 = NOW + 2 * DAY_SECONDS;
const THIRD: i64 = NOW + 3 * DAY_SECONDS;

/// A centre whose chain was anchored on two days, with rows after each; gives how many rows each
/// anchor is over.
async fn anchored(engine: Engine) -> (Centre, i64, i64) {
    let centre = Centre::on(engine).await;
    let mut publisher = centre.publisher().await;
    publisher.step(NOW + 1).await.unwrap();
    assert!(
        audit::anchors(&centre.store).await.unwrap().is_empty(),
        "the day the log began"
    );
    let mut rows = Vec::new();
    for (host, day) in [("obmen.test", FIRST), ("kenes.test", SECOND)] {
        centre.approved(host, proposal()).await;
        publisher.step(day).await.unwrap();
        rows.push(audit::verify(&centre.store).await.unwrap().0);
    }
    centre.approved("altyn.test", proposal()).await;
    let heads: Vec<_> = audit::anchors(&centre.store).await.unwrap();
    let heads: Vec<_> = heads.iter().map(|anchor| anchor.head.rows).collect();
    assert_eq!(heads, rows);
    for trigger in ["audit_keeps", "audit_stays"] {
        let drop = engine.drop_trigger(trigger, "audit");
        centre.sql(&drop).await.unwrap();
    }
    (centre, rows[0], rows[1])
}

async fn rows(centre: &Centre) -> Vec<Row> {
    const SQL: &str =
        "SELECT seq, at, actor, action, subject, detail, prev_hash, hash FROM audit ORDER BY seq";
    match centre.store.pool() {
        Pool::Sqlite(db) => sqlx::query_as(SQL).fetch_all(db).await.unwrap(),
        Pool::Postgres(db) => sqlx::query_as(SQL).fetch_all(db).await.unwrap(),
    }
}

/// Gives every row from `first` on the hashes it would have had: what an insider can do.
async fn compute_anew(centre: &Centre, first: i64) {
    let mut before = audit::START.to_owned();
    for row in rows(centre).await {
        if row.seq >= first {
            let Row {
                seq,
                at,
                actor,
                action,
                subject,
                detail,
                ..
            } = row;
            let fields = serde_json::json!([seq, at, actor, action, subject, detail, before]);
            let hash = Digest::of(fields.to_string().as_bytes()).to_string();
            let sql = format!(
                "UPDATE audit SET prev_hash = '{before}', hash = '{hash}' WHERE seq = {seq}"
            );
            centre.sql(&sql).await.unwrap();
            before = hash;
        } else {
            before = row.hash;
        }
    }
    audit::verify(&centre.store)
        .await
        .expect("the chain alone shows nothing");
}

/// What `db check` says of the chain.
async fn found(centre: &Centre) -> Vec<Broken> {
    let store = centre.another().await;
    let release = centre.dir.path().join("release");
    let checked = check::check(&store, &release).await.unwrap();
    assert!(checked.problems.iter().all(|found| found.table == "audit"));
    let broken = |found: check::Problem| Broken {
        row: found.row.parse().unwrap(),
        problem: found.problem,
    };
    checked.problems.into_iter().map(broken).collect()
}

fn is(found: &[Broken], row: i64, says: &str) {
    let there = found
        .iter()
        .any(|broken| broken.row == row && broken.problem.contains(says));
    assert!(there, "row {row}, {says}: {found:#?}");
}

async fn a_row_changed(engine: Engine) {
    let (centre, ..) = anchored(engine).await;
    assert_eq!(found(&centre).await, []);
    let sql = "UPDATE audit SET actor = 'somebody' WHERE seq = 2";
    centre.sql(sql).await.unwrap();
    is(&found(&centre).await, 2, "was changed");
}

async fn rows_removed_from_the_end(engine: Engine) {
    let (centre, _, second) = anchored(engine).await;
    // What came after the last anchor is held by nothing yet; what came before it is.
    let sql = format!("DELETE FROM audit WHERE seq > {second}");
    centre.sql(&sql).await.unwrap();
    assert_eq!(found(&centre).await, []);
    let sql = format!("DELETE FROM audit WHERE seq >= {second}");
    centre.sql(&sql).await.unwrap();
    is(&found(&centre).await, second, "the chain ends at row");
}

async fn a_row_put_in_between(engine: Engine) {
    let (centre, ..) = anchored(engine).await;
    let hash = Digest::of(b"").to_string();
    for sql in [
        "UPDATE audit SET seq = seq + 1000 WHERE seq >= 3".to_owned(),
        "UPDATE audit SET seq = seq - 999 WHERE seq >= 1003".to_owned(),
        format!("INSERT INTO audit (seq, at, actor, action, subject, detail, prev_hash, hash)
            SELECT 3, at, actor, action, 'made up', detail, hash, '{hash}' FROM audit WHERE seq = 2"),
    ] {
        centre.sql(&sql).await.unwrap();
    }
    let found = found(&centre).await;
    is(&found, 3, "was changed");
    is(&found, 4, "does not continue row 3");
}

async fn the_whole_chain_computed_anew(engine: Engine) {
    let (centre, first, _) = anchored(engine).await;
    let sql = "UPDATE audit SET actor = 'somebody' WHERE seq = 2";
    centre.sql(sql).await.unwrap();
    compute_anew(&centre, 1).await;
    let found = found(&centre).await;
    assert_eq!(found.len(), 1, "{found:#?}");
    is(&found, first, "a row after row 0, was changed");
}

async fn a_day_computed_anew_is_found_by_its_own_anchor(engine: Engine) {
    let (centre, first, second) = anchored(engine).await;
    let changed = first + 1;
    let sql = format!("UPDATE audit SET actor = 'somebody' WHERE seq = {changed}");
    centre.sql(&sql).await.unwrap();
    compute_anew(&centre, changed).await;
    let found = found(&centre).await;
    assert_eq!(found.len(), 1, "{found:#?}");
    is(&found, second, &format!("a row after row {first}, was"));
}

async fn a_chain_that_was_tampered_with_is_not_anchored_again(engine: Engine) {
    let (centre, _, second) = anchored(engine).await;
    let sql = format!("UPDATE audit SET actor = 'somebody' WHERE seq = {second}");
    centre.sql(&sql).await.unwrap();
    compute_anew(&centre, second).await;
    let mut publisher = centre.publisher().await;
    publisher.step(THIRD).await.unwrap();
    let anchors = audit::anchors(&centre.store).await.unwrap();
    assert_eq!(
        anchors.len(),
        2,
        "and what is signed is published: {anchors:?}"
    );
}

async fn a_day_has_one_anchor_and_a_quiet_day_none(engine: Engine) {
    let (centre, ..) = anchored(engine).await;
    let mut publisher = centre.publisher().await;
    publisher.step(SECOND + 1).await.unwrap();
    assert_eq!(audit::anchors(&centre.store).await.unwrap().len(), 2);
    publisher.step(THIRD).await.unwrap();
    // Another publisher, which remembers nothing, and a day on which nobody did anything.
    drop(publisher);
    let mut publisher = centre.publisher().await;
    publisher.step(THIRD + 1).await.unwrap();
    publisher.step(THIRD + DAY_SECONDS).await.unwrap();
    assert_eq!(audit::anchors(&centre.store).await.unwrap().len(), 3);
}

data::both_engines!(
    a_row_changed,
    rows_removed_from_the_end,
    a_row_put_in_between,
    the_whole_chain_computed_anew,
    a_day_computed_anew_is_found_by_its_own_anchor,
    a_chain_that_was_tampered_with_is_not_anchored_again,
    a_day_has_one_anchor_and_a_quiet_day_none,
);
