//! From a case to the published list and back, through a real database and a real directory.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    missing_docs,
    reason = "tests"
)]

use std::collections::BTreeMap;

use blocklist::{Folded, Release, log, testing::name, verify};
use data::{
    decide::{self, DecideError},
    officer,
    publish::PublishError,
    testing::{Centre, Engine, NOW, PASSWORD, proposal},
};

/// Reads the release directory as an outsider would and believes nothing.
fn verify_release(centre: &Centre) -> Folded {
    let base = centre.dir.path().join("release");
    let read = |path: &str| std::fs::read(base.join(path)).unwrap();
    let release = Release::open(&read("release"), &centre.trust).unwrap();
    let mut leaves = Vec::new();
    for (index, width) in log::bundles(0, release.size) {
        let bytes = read(&format!("log/{}", log::entry_bundle_path(index, width)));
        leaves.extend(log::bundle::decode(index, width, &bytes).unwrap());
    }
    let folded = verify::replay(&centre.trust, &release, &leaves).unwrap();
    let published: BTreeMap<_, _> = release
        .artefacts
        .keys()
        .map(|path| (path.clone(), read(path)))
        .collect();
    verify::check_artefacts(&centre.trust, &release, &folded, &published).unwrap();
    assert_eq!(
        log::open_checkpoint(&read("log/checkpoint"), &centre.trust)
            .unwrap()
            .0,
        release.size
    );
    folded
}

async fn shown(centre: &Centre, listing: &str) -> String {
    data::case::proposal(&centre.store, listing)
        .await
        .unwrap()
        .unwrap()
        .statement_sha256
}

async fn proposed_approved_published_and_lifted(engine: Engine) {
    let centre = Centre::on(engine).await;
    let case = centre.plant_case("obmen.test").await;
    let (store, first, second) = (&centre.store, &centre.first, &centre.second);
    let listing = decide::propose(store, first, PASSWORD, &case, proposal(), NOW + 1)
        .await
        .unwrap();
    let mut publisher = centre.publisher().await;
    publisher.step(NOW + 2).await.unwrap();
    assert!(
        verify_release(&centre).entries.is_empty(),
        "one signature lists nothing"
    );

    let hash = shown(&centre, listing.as_str()).await;
    decide::approve(store, second, PASSWORD, listing.as_str(), &hash, NOW + 3)
        .await
        .unwrap();
    assert!(publisher.step(NOW + 3).await.unwrap());
    let folded = verify_release(&centre);
    assert!(
        folded
            .block_set()
            .unwrap()
            .find_name(&name("www.obmen.test"))
            .is_some()
    );
    assert!(
        !publisher.step(NOW + 4).await.unwrap(),
        "nothing changed, nothing is written"
    );
    assert!(
        publisher.step(NOW + 3700).await.unwrap(),
        "re-signed after an hour"
    );
    assert_eq!(verify_release(&centre).serial(), folded.serial());

    decide::lift(
        store,
        first,
        PASSWORD,
        listing.as_str(),
        "owner-complied",
        "",
        NOW + 3800,
    )
    .await
    .unwrap();
    publisher.step(NOW + 3800).await.unwrap();
    let lifted = verify_release(&centre);
    assert!(lifted.entries.is_empty());
    assert_eq!(lifted.serial(), folded.serial() + 1);
    data::audit::verify(store).await.unwrap();
    let file = data::case::load(store, &case).await.unwrap().unwrap();
    let kinds: Vec<_> = file.decisions.iter().map(|d| d.kind.as_str()).collect();
    assert_eq!(kinds, ["propose", "approve", "lift"]);
}

async fn moves_that_are_refused(engine: Engine) {
    let centre = Centre::on(engine).await;
    let (store, first, second) = (&centre.store, &centre.first, &centre.second);
    let case = centre.plant_case("obmen.test").await;
    let propose = |form| decide::propose(store, first, PASSWORD, &case, form, NOW);

    let wrong = decide::propose(store, first, "not the password", &case, proposal(), NOW).await;
    assert!(matches!(wrong, Err(DecideError::WrongPassword)));
    let mut form = proposal();
    form.document.bytes.clear();
    assert!(matches!(
        propose(form).await,
        Err(DecideError::Field("document"))
    ));
    let mut form = proposal();
    form.basis = "gambling".into();
    assert!(matches!(propose(form).await, Err(DecideError::Basis(_))));
    let mut form = proposal();
    form.days = 10_000;
    assert!(matches!(
        propose(form).await,
        Err(DecideError::Field("days"))
    ));
    let admin = officer::all(store).await.unwrap().remove(0);
    let by_admin = decide::propose(store, &admin, PASSWORD, &case, proposal(), NOW).await;
    assert!(matches!(by_admin, Err(DecideError::NotAnOfficer)));

    let bank = centre.plant_case("bank.test").await;
    let guarded = decide::propose(store, first, PASSWORD, &bank, proposal(), NOW).await;
    assert!(matches!(guarded, Err(DecideError::Guarded(refusal)) if refusal.list == "banks"));

    let listing = propose(proposal()).await.unwrap();
    let hash = shown(&centre, listing.as_str()).await;
    let approve = |who, shown: String, at| {
        let listing = listing.clone();
        async move { decide::approve(store, who, PASSWORD, listing.as_str(), &shown, at).await }
    };
    assert!(matches!(propose(proposal()).await, Err(DecideError::Stale)));
    assert!(matches!(
        approve(first, hash.clone(), NOW).await,
        Err(DecideError::SameOfficer)
    ));
    assert!(matches!(
        approve(second, "0".repeat(64), NOW).await,
        Err(DecideError::StatementChanged)
    ));
    let late = approve(second, hash.clone(), NOW + 8 * 86_400).await;
    assert!(matches!(late, Err(DecideError::ProposalExpired)));
    decide::send_back(
        store,
        second,
        listing.as_str(),
        "the order names another host",
        NOW,
    )
    .await
    .unwrap();
    assert!(matches!(
        approve(second, hash, NOW).await,
        Err(DecideError::Stale)
    ));
    decide::dismiss(store, second, &case, "not-an-exchange", "", 90, NOW)
        .await
        .unwrap();
    let again = decide::dismiss(store, second, &case, "not-an-exchange", "", 90, NOW).await;
    assert!(matches!(again, Err(DecideError::Stale)));
}

/// What somebody with a database console tries; the database itself says no.
async fn the_database_holds_the_rules(engine: Engine) {
    let centre = Centre::on(engine).await;
    let (store, first) = (&centre.store, &centre.first);
    let case = centre.plant_case("obmen.test").await;
    let listing = decide::propose(store, first, PASSWORD, &case, proposal(), NOW)
        .await
        .unwrap();
    let hash = shown(&centre, listing.as_str()).await;
    let octets = engine.octets("00");
    let sign = |officer: &data::Officer, place: i64, hash: &str| {
        format!(
            "INSERT INTO signature VALUES ('{listing}', {place}, '{}', '{}', '{hash}', {octets}, 0)",
            officer.id, officer.key_id
        )
    };
    let tries = [
        (
            "the first officer again",
            sign(first, 2, &hash),
            "signs first and never second",
        ),
        (
            "other bytes",
            sign(&centre.second, 2, &"0".repeat(64)),
            "other bytes than the proposal",
        ),
        (
            "a place of the proposer",
            sign(&centre.second, 1, &hash),
            "signs first and never second",
        ),
        (
            "another's key",
            sign(&centre.second, 2, &hash)
                .replace(centre.second.key_id.as_str(), first.key_id.as_str()),
            "with their own key",
        ),
        (
            "a listing with one signature",
            format!(
                "INSERT INTO signed_statement VALUES (99, 'list', '{listing}', {octets}, 'x', 0)"
            ),
            "the signatures of two officers",
        ),
        (
            "an altered statement",
            format!("UPDATE proposal SET statement = {octets} WHERE listing_id = '{listing}'"),
            "append-only",
        ),
        (
            "a rewritten log",
            format!("UPDATE log_leaf SET leaf = {octets} WHERE position = 1"),
            "append-only",
        ),
        (
            "a shortened log",
            "DELETE FROM log_leaf WHERE position = 3".into(),
            "append-only",
        ),
        (
            "a leaf out of order",
            format!("INSERT INTO log_leaf VALUES (99, NULL, {octets}, 0)"),
            "one after another",
        ),
        (
            "a removed audit row",
            "DELETE FROM audit".into(),
            "append-only",
        ),
        (
            "a changed decision",
            "UPDATE decision SET reason = 'x'".into(),
            "append-only",
        ),
        (
            "an order removed",
            "DELETE FROM order_document".into(),
            "append-only",
        ),
    ];
    let mut tries = Vec::from(tries);
    if engine == Engine::Postgres {
        for table in ["decision", "audit", "log_leaf", "proposal"] {
            let sql = format!("TRUNCATE {table} CASCADE");
            tries.push(("a table emptied at once", sql, "append-only"));
        }
    }
    for (what, sql, says) in tries {
        let refused = centre.sql(&sql).await.expect_err(what).to_string();
        assert!(refused.contains(says), "{what}: {refused}");
    }
}

/// Triggers can be dropped by whoever owns the file; signatures cannot.
async fn a_statement_altered_behind_the_triggers_does_not_get_a_second_signature(engine: Engine) {
    let centre = Centre::on(engine).await;
    let case = centre.plant_case("obmen.test").await;
    let listing = decide::propose(
        &centre.store,
        &centre.first,
        PASSWORD,
        &case,
        proposal(),
        NOW,
    )
    .await
    .unwrap();
    let old = data::case::proposal(&centre.store, listing.as_str())
        .await
        .unwrap()
        .unwrap();
    let altered = String::from_utf8(old.statement)
        .unwrap()
        .replace("obmen.test", "dobro.test");
    let hash = blocklist::Digest::of(altered.as_bytes());
    centre
        .sql(&engine.drop_trigger("proposal_keeps", "proposal"))
        .await
        .unwrap();
    centre
        .sql(&format!(
            "UPDATE proposal SET statement = {}, statement_sha256 = '{hash}'",
            engine.octets(&blocklist::digest::hex(altered.as_bytes()))
        ))
        .await
        .unwrap();
    let refused = decide::approve(
        &centre.store,
        &centre.second,
        PASSWORD,
        listing.as_str(),
        &hash.to_string(),
        NOW,
    )
    .await;
    assert!(matches!(refused, Err(DecideError::Store(_))), "{refused:?}");
}

async fn a_forged_queue_entry_stops_the_publisher(engine: Engine) {
    let centre = Centre::on(engine).await;
    let other = blocklist::testing::TestLog::with_seed(true, 70);
    let mut forged = blocklist::testing::TestLog::with_seed(true, 70);
    forged.list("innocent.test", blocklist::Scope::Host, 1);
    let leaf = forged.leaves.last().unwrap();
    assert!(other.leaves.len() < forged.leaves.len());
    let sql = format!(
        "INSERT INTO signed_statement VALUES (999, 'key.add', NULL, {}, 'x', 0)",
        engine.octets(&blocklist::digest::hex(leaf))
    );
    centre.sql(&sql).await.unwrap();
    let stopped = centre.publisher().await.step(NOW + 1).await;
    assert!(
        matches!(stopped, Err(PublishError::Queued { id: 999, .. })),
        "{stopped:?}"
    );
    assert!(verify_release(&centre).entries.is_empty());
}

async fn one_publisher_at_a_time_and_never_a_second_history(engine: Engine) {
    let centre = Centre::on(engine).await;
    let held = centre.publisher().await;
    let second = data::publish::Publisher::open(centre.store.clone(), centre.dir.path(), NOW).await;
    assert!(matches!(second, Err(PublishError::Leased)));
    drop(held);

    // An old backup: the same directory, a store with fewer leaves.
    let backup = Centre::on(engine).await;
    let older = data::publish::Publisher::open(backup.store.clone(), centre.dir.path(), NOW).await;
    assert!(
        matches!(
            older,
            Err(PublishError::LogKey(_) | PublishError::Behind { .. })
        ),
        "another log"
    );
    centre
        .sql(&engine.drop_trigger("log_leaf_stays", "log_leaf"))
        .await
        .unwrap();
    centre
        .sql("DELETE FROM log_leaf WHERE position = 3")
        .await
        .unwrap();
    let restored = centre.another().await;
    let refused = data::publish::Publisher::open(restored, centre.dir.path(), NOW).await;
    assert!(matches!(
        refused,
        Err(PublishError::Behind {
            published: 4,
            stored: 3
        })
    ));
}

async fn time_alone_moves_list_and_serial(engine: Engine) {
    let centre = Centre::on(engine).await;
    let mut form = proposal();
    form.days = 1;
    centre.approved("obmen.test", form).await;
    let mut publisher = centre.publisher().await;
    publisher.step(NOW).await.unwrap();
    let listed = verify_release(&centre);
    assert_eq!(listed.entries.len(), 2 - 1);
    // The publisher was away while the listing ended.
    drop(publisher);
    centre
        .publisher()
        .await
        .step(NOW + 2 * 86_400)
        .await
        .unwrap();
    let ended = verify_release(&centre);
    assert!(ended.entries.is_empty());
    // The end of the listing, and the days' head of the audit chain.
    assert_eq!(ended.serial(), listed.serial() + 2);
}

data::both_engines!(
    proposed_approved_published_and_lifted,
    moves_that_are_refused,
    the_database_holds_the_rules,
    a_statement_altered_behind_the_triggers_does_not_get_a_second_signature,
    a_forged_queue_entry_stops_the_publisher,
    one_publisher_at_a_time_and_never_a_second_history,
    time_alone_moves_list_and_serial,
);
