//! Which sites come before people, and which come again.

use super::*;
use crate::{
    assessment::{self, NewAssessment},
    decide,
    testing::{Centre, Engine, NOW},
};

const DAY: i64 = blocklist::time::DAY_SECONDS;

crate::both_engines!(a_closed_case_comes_again_only_with_something_new);

/// Judges a site again, with these signals, and offers its case.
async fn crawled(centre: &Centre, host: &str, signals: &[&str], at: i64) -> Option<String> {
    let host = blocklist::testing::name(host);
    let before = assessment::latest(&centre.store, host.as_str()).await;
    let root = before.unwrap().unwrap().evidence_root;
    let signals: Vec<_> = signals
        .iter()
        .map(|id| serde_json::json!({ "id": id, "weight": 2.0 }))
        .collect();
    let new = NewAssessment {
        host: &host,
        at,
        exchange: 0.9,
        serves_kz: 0.9,
        verdict: "flag",
        evidence_root: &root,
        report: &serde_json::json!({ "signals": signals }).to_string(),
    };
    let assessment_id = assessment::add(&centre.store, new).await.unwrap();
    let new = NewCase {
        host: &host,
        assessment_id,
        evidence_root: &root,
        licence_match: r#"{"match":{"verdict":"unknown"}}"#,
        at,
    };
    open(&centre.store, new).await.unwrap()
}

async fn a_closed_case_comes_again_only_with_something_new(engine: Engine) {
    let centre = Centre::on(engine).await;
    let (store, officer) = (&centre.store, &centre.first);
    let close = async |case: &str, at| {
        decide::dismiss(store, officer, case, "not-exchange", "", 90, at)
            .await
            .unwrap();
    };
    let first = centre.plant_case("obmen.test").await;
    close(&first, NOW).await;
    for day in 1..4 {
        let again = crawled(&centre, "obmen.test", &["order-form"], NOW + day * DAY).await;
        assert_eq!(again, None, "day {day}");
    }
    let with_feed = crawled(
        &centre,
        "obmen.test",
        &["order-form", "feed"],
        NOW + 4 * DAY,
    )
    .await;
    let second = with_feed.expect("a feed is new");
    let file = load(store, &second).await.unwrap().unwrap();
    let change = &file.changes[0];
    assert_eq!(
        (change.actor.as_str(), change.action.as_str()),
        (CRAWLER, "reopened")
    );
    let why: Reopened = serde_json::from_str(&change.detail).unwrap();
    let expected = Reopened {
        after: first,
        signals: vec!["feed".into()],
        ..Reopened::default()
    };
    assert_eq!(why, expected);

    // What was seen in either case is known now, until the day comes.
    close(&second, NOW + 5 * DAY).await;
    for seen in [&["order-form"][..], &["feed"]] {
        assert_eq!(
            crawled(&centre, "obmen.test", seen, NOW + 94 * DAY).await,
            None
        );
    }
    let due = crawled(&centre, "obmen.test", &["feed"], NOW + 95 * DAY).await;
    let file = load(store, &due.unwrap()).await.unwrap().unwrap();
    let why: Reopened = serde_json::from_str(&file.changes[0].detail).unwrap();
    assert!(why.review && why.signals.is_empty());
    crate::audit::verify(store).await.unwrap();

    let another = centre.plant_case("other.test").await;
    let never = decide::dismiss(store, officer, &another, "not-kz", "", 0, NOW).await;
    assert!(matches!(
        never,
        Err(decide::DecideError::Field("review_days"))
    ));
}
