//! Taking cases, evidence that grew old, proposals that waited too long, full days.

use blocklist::{Timestamp, testing::name};
use data::{
    assessment::{self, NewAssessment},
    case::{self, NewCase},
    decide::{self, DecideError},
    frontier::{self, NewUrl, Source},
    testing::{Centre, Engine, NOW, PASSWORD, proposal},
};

use super::{approve, column, state};

const HOUR: i64 = 3_600;
const DAY: i64 = 24 * HOUR;

async fn one_officer_at_a_time_looks_at_a_case(engine: Engine) {
    let centre = Centre::on(engine).await;
    let (store, first, second) = (&centre.store, &centre.first, &centre.second);
    let case = centre.plant_case("obmen.test").await;
    let taker = async || {
        let file = case::load(store, &case).await.unwrap().unwrap();
        (file.case.state, file.case.taken_by)
    };
    decide::take(store, first, &case, NOW).await.unwrap();
    decide::take(store, first, &case, NOW + 1).await.unwrap();
    assert_eq!(taker().await, ("in_review".into(), Some(first.id.clone())));
    for tried in [
        decide::dismiss(store, second, &case, "not-an-exchange", "", 90, NOW).await,
        decide::propose(store, second, PASSWORD, &case, proposal(), NOW)
            .await
            .map(|_| ()),
    ] {
        assert!(
            matches!(&tried, Err(DecideError::Taken(who)) if who == "officer-1"),
            "{tried:?}"
        );
    }
    decide::take(store, second, &case, NOW + 2).await.unwrap();
    assert_eq!(taker().await.1, Some(second.id.clone()));
    decide::release(store, first, &case, NOW + 3).await.unwrap();
    assert_eq!(taker().await, ("open".into(), None));
    let twice = decide::release(store, first, &case, NOW + 4).await;
    assert!(matches!(twice, Err(DecideError::Stale)), "{twice:?}");
    decide::take(store, second, &case, NOW + 5).await.unwrap();
    decide::propose(store, second, PASSWORD, &case, proposal(), NOW + 6)
        .await
        .unwrap();
    assert_eq!(taker().await, ("proposed".into(), None));
    let late = decide::take(store, first, &case, NOW + 7).await;
    assert!(matches!(late, Err(DecideError::Stale)), "{late:?}");
    let made = column(
        &centre,
        "SELECT kind || ' ' || role FROM decision ORDER BY decided_at, id",
    )
    .await;
    let kinds = ["take", "take", "release", "take", "propose"];
    assert_eq!(made, kinds.map(|kind| format!("{kind} officer")));
    data::audit::verify(store).await.unwrap();
}

/// The site is captured again and judged; gives the root of the new evidence.
async fn recaptured(centre: &Centre, host: &str, verdict: &str, at: i64) -> String {
    let manifest = format!(
        r#"[{{"body_sha256":"{0}","fetched_at":{at},"record_sha256":"{0}","status":200,"url":"http://{host}/"}}]"#,
        "cd".repeat(32)
    );
    let root = blocklist::Digest::of(manifest.as_bytes()).to_string();
    centre
        .sql(&format!("INSERT INTO evidence (root, host, manifest, created_at) VALUES ('{root}', '{host}', '{manifest}', {at})"))
        .await
        .unwrap();
    let new = NewAssessment {
        host: &name(host),
        at,
        exchange: 0.9,
        serves_kz: 0.9,
        verdict,
        evidence_root: &root,
        report: r#"{"signals":[]}"#,
    };
    let assessment_id = assessment::add(&centre.store, new).await.unwrap();
    if verdict != "clear" {
        let new = NewCase {
            host: &name(host),
            assessment_id,
            evidence_root: &root,
            licence_match: r#"{"match":null,"claims":[]}"#,
            at,
        };
        let opened = case::open(&centre.store, new).await.unwrap();
        assert_eq!(opened, None, "the site has its case");
    }
    root
}

async fn nobody_signs_on_what_was_seen_too_long_ago(engine: Engine) {
    let centre = Centre::on(engine).await;
    let (store, first, second) = (&centre.store, &centre.first, &centre.second);
    let case = centre.plant_case("obmen.test").await;
    let page = NewUrl {
        url: "http://obmen.test/".into(),
        host: name("obmen.test"),
        depth: 0,
        priority: 100,
        source: Source::Seed,
        found_on: None,
    };
    frontier::add(store, &[page], 8, NOW).await.unwrap();
    let visited = "UPDATE frontier SET state = 'done', outcome = 'fetched'";
    centre.sql(visited).await.unwrap();
    let queued = async || {
        let sql = "SELECT url FROM frontier WHERE state = 'queued' AND priority > 100";
        column(&centre, sql).await
    };
    let propose = async |at| decide::propose(store, first, PASSWORD, &case, proposal(), at).await;

    let late = NOW + 72 * HOUR + 1;
    let old = propose(late).await;
    assert!(
        matches!(old, Err(DecideError::EvidenceOld { hours: 72 })),
        "{old:?}"
    );
    assert_eq!(queued().await, ["http://obmen.test/"]);
    centre.sql(visited).await.unwrap();
    let root = recaptured(&centre, "obmen.test", "flag", late).await;
    let file = case::load(store, &case).await.unwrap().unwrap();
    assert_eq!(file.evidence_root, root);
    assert_eq!(file.changes.last().unwrap().action, "renewed");
    let listing = propose(late).await.unwrap();
    let named = column(
        &centre,
        "SELECT evidence_root FROM decision WHERE kind = 'propose'",
    )
    .await;
    assert_eq!(named, std::slice::from_ref(&root));

    // What was signed is not renewed; the second officer needs a young capture all the same.
    let later = late + 72 * HOUR + 1;
    let old = approve(&centre, second, listing.as_str(), later).await;
    assert!(
        matches!(old, Err(DecideError::EvidenceOld { .. })),
        "{old:?}"
    );
    assert_eq!(queued().await, ["http://obmen.test/"]);
    recaptured(&centre, "obmen.test", "clear", later).await;
    let turned = approve(&centre, second, listing.as_str(), later).await;
    assert!(
        matches!(turned, Err(DecideError::EvidenceTurned)),
        "{turned:?}"
    );
    recaptured(&centre, "obmen.test", "flag", later + 1).await;
    let file = case::load(store, &case).await.unwrap().unwrap();
    assert_eq!(
        file.evidence_root, root,
        "two officers sign on what the first saw"
    );
    approve(&centre, second, listing.as_str(), later + 1)
        .await
        .unwrap();
}

async fn a_proposal_nobody_approves_goes_back_by_itself(engine: Engine) {
    let centre = Centre::on(engine).await;
    let (store, second) = (&centre.store, &centre.second);
    let listing = centre.proposed("obmen.test", proposal()).await;
    let case = case::of_listing(store, &listing).await.unwrap().unwrap();
    let nothing = decide::expire_proposals(store, NOW + 7 * DAY)
        .await
        .unwrap();
    assert!(nothing.is_empty(), "{nothing:?}");
    let lapsed = decide::expire_proposals(store, NOW + 7 * DAY + 1)
        .await
        .unwrap();
    assert_eq!(lapsed, std::slice::from_ref(&case));
    assert_eq!(state(&centre, &case).await, "open");
    let again = decide::expire_proposals(store, NOW + 8 * DAY)
        .await
        .unwrap();
    assert!(again.is_empty(), "{again:?}");
    let late = approve(&centre, second, &listing, NOW).await;
    assert!(matches!(late, Err(DecideError::Stale)), "{late:?}");
    let file = case::load(store, &case).await.unwrap().unwrap();
    let change = file.changes.last().unwrap();
    assert_eq!(
        (change.actor.as_str(), change.action.as_str()),
        (case::CALENDAR, "lapsed")
    );
    assert!(change.detail.contains(&listing));
    data::audit::verify(store).await.unwrap();
}

async fn the_desk_tells_when_a_listing_would_begin(engine: Engine) {
    let centre = Centre::on(engine).await;
    centre.approved("obmen.test", proposal()).await;
    let today = decide::outlook(&centre.store, Timestamp(NOW))
        .await
        .unwrap();
    assert_eq!(
        (today.begins, today.full, today.taken),
        (Timestamp(NOW), false, 1)
    );
}

data::both_engines!(
    one_officer_at_a_time_looks_at_a_case,
    nobody_signs_on_what_was_seen_too_long_ago,
    a_proposal_nobody_approves_goes_back_by_itself,
    the_desk_tells_when_a_listing_would_begin,
);
