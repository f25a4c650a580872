//! `check::check` finds what somebody who owns the database changed behind the triggers.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    missing_docs,
    reason = "tests"
)]

use data::{
    check,
    testing::{Centre, Engine, NOW, proposal},
};

async fn check(centre: &Centre) -> check::Checked {
    // What this process has read of the log must not hide what stands in it now.
    let store = centre.another().await;
    check::check(&store, &centre.dir.path().join("release"))
        .await
        .unwrap()
}

/// Each way to change a row, with the trigger that forbids it, and where the check finds it.
fn changes(
    engine: Engine,
) -> Vec<(
    &'static str,
    &'static str,
    String,
    &'static str,
    &'static str,
)> {
    let octets = engine.octets("7b7d");
    let change = |table: &str, what: &str| format!("UPDATE {table} SET {what}");
    vec![
        (
            "audit",
            "audit_keeps",
            change("audit", "subject = 'x' WHERE seq = 2"),
            "audit",
            "was changed",
        ),
        (
            "audit",
            "audit_stays",
            "DELETE FROM audit WHERE seq = 3".into(),
            "audit",
            "is missing",
        ),
        (
            "log_leaf",
            "log_leaf_keeps",
            change("log_leaf", &format!("leaf = {octets} WHERE position = 2")),
            "log_leaf",
            "not those that were queued",
        ),
        (
            "log_leaf",
            "log_leaf_stays",
            "DELETE FROM log_leaf WHERE position = 1".into(),
            "log_leaf",
            "leaf 1 is missing",
        ),
        (
            "log_leaf",
            "log_leaf_stays",
            "DELETE FROM log_leaf WHERE position = 4".into(),
            "log_leaf",
            "the first 5 leaves do not hash to the published checkpoint",
        ),
        (
            "signed_statement",
            "signed_statement_keeps",
            change("signed_statement", &format!("leaf = {octets} WHERE id = 5")),
            "signed_statement",
            "the hash it is named by",
        ),
        (
            "signature",
            "signature_keeps",
            change(
                "signature",
                "signature = signed.signature FROM signature signed
                WHERE signature.place = 1 AND signed.place = 2",
            ),
            "signature",
            "does not verify",
        ),
        (
            "signature",
            "signature_stays",
            "DELETE FROM signature WHERE place = 2".into(),
            "signed_statement",
            "without the signatures of two officers",
        ),
        (
            "proposal",
            "proposal_keeps",
            change("proposal", &format!("statement = {octets}")),
            "signature",
            "over other bytes than the proposal",
        ),
        (
            "order_document",
            "order_document_keeps",
            change("order_document", &format!("bytes = {octets}")),
            "order_document",
            "the hash it is named by",
        ),
        (
            "evidence",
            "evidence_keeps",
            change("evidence", "manifest = '[]'"),
            "evidence",
            "the hash it is named by",
        ),
        (
            "released",
            "released_keeps",
            change("released", "note = 'x'"),
            "released",
            "",
        ),
    ]
}

async fn every_change_behind_the_triggers_is_found(engine: Engine) {
    for (table, trigger, sql, found_in, says) in changes(engine) {
        let centre = Centre::on(engine).await;
        centre.approved("obmen.test", proposal()).await;
        centre.publisher().await.step(NOW + 1).await.unwrap();
        let before = check(&centre).await;
        assert_eq!(before.problems, []);
        assert_eq!((before.leaves, before.signatures), (5, 2));
        assert!(before.audit_rows > 4 && before.releases == 2, "{before:?}");

        centre.sql(&sql).await.expect_err("the trigger forbids it");
        centre
            .sql(&engine.drop_trigger(trigger, table))
            .await
            .unwrap();
        centre.sql(&sql).await.unwrap();
        let after = check(&centre).await.problems;
        let found = after
            .iter()
            .any(|problem| problem.table == found_in && problem.problem.contains(says));
        assert!(found, "{sql}: {after:#?}");
    }
}

data::both_engines!(every_change_behind_the_triggers_is_found);
