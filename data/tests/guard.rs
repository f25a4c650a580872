//! What may never be listed is refused at each door: when an officer proposes, when another
//! approves, and in the fold when a protection enters the log after both have signed.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    missing_docs,
    reason = "tests"
)]

use blocklist::{
    Scope, Timestamp,
    fold::ListingState,
    guard::{GuardList, Reach, Refusal, Relation, Tier},
    register::Snapshot,
    testing::name,
};
use data::{
    ceremony,
    decide::{self, DecideError},
    testing::{Centre, Engine, NOW, PASSWORD, proposal},
};

const ADMINS: ceremony::Pair<'_> = [("admin-1", PASSWORD), ("admin-2", PASSWORD)];
const OFFICERS: ceremony::Pair<'_> = [("officer-1", PASSWORD), ("officer-2", PASSWORD)];

/// Enters a register with one row into the log and publishes it.
async fn register(centre: &Centre, host: &str, basis: &str, term: &str) {
    let json = format!(
        r#"{{"register":"afsa-demo","taken_on":"2026-11-20","source":"x","rows":[{{"record_id":"r",
        "regulator":"AFSA","legal_name":"Demo Ltd.","basis":"{basis}",{term}"hosts":["{host}"],
        "source_url":"http://register.test/","source_date":"2026-11-20"}}]}}"#
    );
    let snapshot = Snapshot::from_json(json.as_bytes()).unwrap();
    ceremony::enter_register(&centre.store, &snapshot, OFFICERS, NOW)
        .await
        .unwrap();
    publish(centre).await;
}

async fn guard(centre: &Centre, host: &str) {
    let list = GuardList {
        list: "late".into(),
        tier: Tier::Never,
        reach: Reach::Tree,
        reason: "it turned out to be a bank".into(),
        names: vec![name(host)],
    };
    ceremony::set_guard(&centre.store, list, ADMINS, NOW)
        .await
        .unwrap();
    publish(centre).await;
}

async fn publish(centre: &Centre) {
    centre.publisher().await.step(NOW + 1).await.unwrap();
}

async fn propose(centre: &Centre, host: &str, scope: Scope) -> Result<String, DecideError> {
    let case = centre.plant_case(host).await;
    propose_case(centre, &case, scope).await
}

async fn propose_case(centre: &Centre, case: &str, scope: Scope) -> Result<String, DecideError> {
    let mut form = proposal();
    form.scope = scope;
    let listing = decide::propose(&centre.store, &centre.first, PASSWORD, case, form, NOW).await?;
    Ok(listing.to_string())
}

async fn approve(centre: &Centre, listing: &str) -> Result<(), DecideError> {
    let store = &centre.store;
    let shown = data::case::proposal(store, listing)
        .await
        .unwrap()
        .unwrap()
        .statement_sha256;
    decide::approve(store, &centre.second, PASSWORD, listing, &shown, NOW).await
}

#[track_caller]
fn refusal<T: std::fmt::Debug>(result: Result<T, DecideError>) -> Refusal {
    match result {
        Err(DecideError::Guarded(refusal)) => *refusal,
        other => panic!("not refused by the guard: {other:?}"),
    }
}

/// Live, over, and only reported: a host that any row names is protected.
const ROWS: [(&str, &str); 4] = [
    ("register", r#""valid_from":"2020-01-01","#),
    (
        "register",
        r#""valid_from":"2020-01-01","valid_to":"2021-01-01","#,
    ),
    ("letter", ""),
    ("secondary", ""),
];

async fn a_proposal_for_a_public_suffix_is_refused(engine: Engine) {
    let centre = Centre::on(engine).await;
    let case = centre.plant_case("test").await;
    for scope in [Scope::Host, Scope::Subtree] {
        let refused = refusal(propose_case(&centre, &case, scope).await);
        assert_eq!(refused.list, "floor/public-suffix");
    }
}

async fn a_host_that_a_register_names_is_refused_on_any_basis(engine: Engine) {
    for (basis, term) in ROWS {
        let centre = Centre::on(engine).await;
        register(&centre, "jaqsy.test", basis, term).await;
        let host = refusal(propose(&centre, "jaqsy.test", Scope::Host).await);
        assert_eq!(host.relation, Relation::Same, "{basis} {term}");
        let below = refusal(propose(&centre, "trade.jaqsy.test", Scope::Host).await);
        assert_eq!(
            (below.relation, below.protected),
            (Relation::Below, name("jaqsy.test"))
        );
    }
}

async fn a_subtree_that_holds_a_protected_host_is_refused_and_the_host_beside_it_is_not(
    engine: Engine,
) {
    for (basis, term) in ROWS {
        let centre = Centre::on(engine).await;
        register(&centre, "trade.big.test", basis, term).await;
        let case = centre.plant_case("big.test").await;
        let above = refusal(propose_case(&centre, &case, Scope::Subtree).await);
        assert_eq!(
            (above.relation, above.protected),
            (Relation::Above, name("trade.big.test"))
        );
        // The refusal moved nothing: the same case may be proposed for the host alone.
        propose_case(&centre, &case, Scope::Host).await.unwrap();
    }
}

/// The second officer is asked by the log of that moment, not by that of the first signature.
async fn a_protection_that_enters_between_the_two_signatures_stops_the_second(engine: Engine) {
    for (host, scope, protected) in [
        ("obmen.test", Scope::Host, "obmen.test"),
        ("www.obmen.test", Scope::Host, "obmen.test"),
        ("obmen.test", Scope::Subtree, "trade.obmen.test"),
    ] {
        for (basis, term) in ROWS {
            let centre = Centre::on(engine).await;
            let listing = propose(&centre, host, scope).await.unwrap();
            register(&centre, protected, basis, term).await;
            let refused = refusal(approve(&centre, &listing).await);
            assert_eq!(refused.protected, name(protected), "{basis}");
            publish(&centre).await;
            let folded = centre.store.folded(Timestamp(NOW)).await.unwrap();
            assert!(folded.listings.is_empty(), "nothing was queued");
        }
        let centre = Centre::on(engine).await;
        let listing = propose(&centre, host, scope).await.unwrap();
        guard(&centre, protected).await;
        let refused = refusal(approve(&centre, &listing).await);
        assert_eq!(
            (refused.protected, refused.list.as_str()),
            (name(protected), "late")
        );
    }
}

/// A register row of the same moment as the approval: both are in the log, the row wins.
async fn a_protection_that_enters_after_both_signatures_holds_the_listing_back(engine: Engine) {
    let centre = Centre::on(engine).await;
    for host in [
        "live.test",
        "named.test",
        "bank-to-be.test",
        "big.test",
        "free.test",
    ] {
        let listing = propose(&centre, host, Scope::Subtree).await.unwrap();
        approve(&centre, &listing).await.unwrap();
    }
    publish(&centre).await;
    assert_eq!(
        centre
            .store
            .folded(Timestamp(NOW))
            .await
            .unwrap()
            .entries
            .len(),
        5
    );

    let json = r#"{"register":"afsa-demo","taken_on":"2026-11-20","source":"x","rows":[
        {"record_id":"a","regulator":"AFSA","legal_name":"A","basis":"register","valid_from":"2020-01-01",
         "hosts":["live.test"],"source_url":"http://r.test/","source_date":"2026-11-20"},
        {"record_id":"b","regulator":"AFSA","legal_name":"B","basis":"letter",
         "hosts":["named.test","trade.big.test"],"source_url":"http://r.test/","source_date":"2026-11-20"}]}"#;
    let snapshot = Snapshot::from_json(json.as_bytes()).unwrap();
    ceremony::enter_register(&centre.store, &snapshot, OFFICERS, NOW)
        .await
        .unwrap();
    guard(&centre, "bank-to-be.test").await;

    let folded = centre.store.folded(Timestamp(NOW)).await.unwrap();
    let states: Vec<_> = folded
        .listings
        .iter()
        .map(|listing| match &listing.state {
            ListingState::Listed { .. } => "listed",
            ListingState::Suspended { .. } => "suspended",
            ListingState::Guarded { .. } => "guarded",
            _ => "otherwise",
        })
        .collect();
    assert_eq!(
        states,
        ["suspended", "guarded", "guarded", "listed", "listed"]
    );
    // What a node loads: the rest applies, and the licensed child of a listed parent resolves.
    let set = folded.block_set().unwrap();
    for (host, blocked) in [
        ("live.test", false),
        ("named.test", false),
        ("bank-to-be.test", false),
        ("free.test", true),
        ("big.test", true),
        ("other.big.test", true),
        ("trade.big.test", false),
        ("www.trade.big.test", false),
    ] {
        assert_eq!(set.find_name(&name(host)).is_some(), blocked, "{host}");
    }
}

/// What sources report of a licence protects every host of the firm at once, before anybody signed a
/// register; an exchange that no row names stays open to be listed.
#[tokio::test]
async fn a_host_that_sources_report_as_licensed_cannot_be_proposed() {
    let centre = Centre::real("qalqan.test").await;
    for (host, scope, relation) in [
        ("bybit.kz", Scope::Host, Relation::Same),
        ("binance.kz", Scope::Host, Relation::Same),
        ("www.big.one", Scope::Host, Relation::Below),
        ("upbit.com", Scope::Host, Relation::Same),
        ("bytick.com", Scope::Subtree, Relation::Above),
        ("toplinelimited.zendesk.com", Scope::Host, Relation::Same),
    ] {
        let error = propose(&centre, host, scope).await.unwrap_err();
        let DecideError::Guarded(refusal) = error else {
            panic!("{host}: {error}");
        };
        assert_eq!(
            (refusal.list.as_str(), refusal.relation),
            ("reported-licences", relation),
            "{host}"
        );
    }
    propose(&centre, "obmen-almaty.kz", Scope::Host)
        .await
        .unwrap();
}

/// A register of five thousand hosts needs several leaves; whoever reads the log holds it whole.
async fn a_register_longer_than_a_leaf_is_one_register(engine: Engine) {
    let centre = Centre::on(engine).await;
    let rows: Vec<_> = (0..5_000)
        .map(|n| {
            serde_json::json!({
                "record_id": format!("r{n}"), "regulator": "AFSA", "legal_name": format!("Firm {n}"),
                "basis": "register", "valid_from": "2020-01-01", "hosts": [format!("firm{n:04}.test")],
                "source_url": "http://register.test/", "source_date": "2026-11-20",
            })
        })
        .collect();
    let text = serde_json::json!({ "register": "afsa-demo", "taken_on": "2026-11-20", "source": "x", "rows": rows });
    let snapshot = Snapshot::from_json(text.to_string().as_bytes()).unwrap();
    let leaves = async || {
        let mut record = centre.store.read_record().await.unwrap();
        record.replay().unwrap().tree().size()
    };
    let before = leaves().await;
    ceremony::enter_register(&centre.store, &snapshot, OFFICERS, NOW)
        .await
        .unwrap();
    publish(&centre).await;
    let parts = leaves().await - before;
    assert!(parts > 5, "{parts}");

    let known = centre.store.known(Timestamp(NOW)).await.unwrap();
    assert_eq!(known.snapshots.len(), 1);
    for host in ["firm0000.test", "firm2500.test", "firm4999.test"] {
        let found = data::known::check_host(&name(host), &known, Timestamp(NOW));
        assert_eq!(found.verdict.as_str(), "licensed", "{host}");
        let refused = propose(&centre, host, Scope::Host).await;
        assert!(matches!(refused, Err(DecideError::Guarded(_))), "{host}");
    }
}

data::both_engines!(
    a_register_longer_than_a_leaf_is_one_register,
    a_proposal_for_a_public_suffix_is_refused,
    a_host_that_a_register_names_is_refused_on_any_basis,
    a_subtree_that_holds_a_protected_host_is_refused_and_the_host_beside_it_is_not,
    a_protection_that_enters_between_the_two_signatures_stops_the_second,
    a_protection_that_enters_after_both_signatures_holds_the_listing_back,
);
