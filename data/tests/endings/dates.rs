//! What time brings.

use super::*;

/// The site's address as the crawler left it, once visited.
async fn visited(centre: &Centre, host: &str, outcome: &str) {
    let sql =
        format!("UPDATE frontier SET state = 'done', outcome = '{outcome}' WHERE host = '{host}'");
    assert_eq!(centre.sql(&sql).await.unwrap(), 1);
}

/// What the crawler keeps of a site that answered.
async fn seen(centre: &Centre, host: &str, verdict: &str, at: i64) {
    let body = "cd".repeat(32);
    let capture = format!(
        "INSERT INTO capture (id, host, url, fetched_at, status, content_type, charset, title, body_sha256, body_bytes, truncated, warc_file, warc_offset, warc_length, record_sha256) VALUES ({at}, '{host}', 'http://{host}/', {at}, 200, 'text/html', 'utf-8', '', '{body}', 1, FALSE, 'x', 0, 1, '{body}')"
    );
    centre.sql(&capture).await.unwrap();
    assessed(centre, host, verdict, at).await;
}

async fn assessed(centre: &Centre, host: &str, verdict: &str, at: i64) {
    let sql = format!(
        "INSERT INTO assessment (id, host, assessed_at, exchange, serves_kz, verdict, evidence_root, report) SELECT {at}, '{host}', {at}, 0.5, 0.5, '{verdict}', root, '{{}}' FROM evidence WHERE host = '{host}'"
    );
    assert_eq!(centre.sql(&sql).await.unwrap(), 1);
}

async fn a_date_that_has_come_is_asked_about_once(engine: Engine) {
    let centre = Centre::on(engine).await;
    let (store, first) = (&centre.store, &centre.first);
    let year = Proposal {
        days: 100,
        ..proposal()
    };
    let listing = centre.approved("obmen.test", year).await;
    publish(&centre, NOW).await;
    let url = frontier::NewUrl {
        url: "http://obmen.test/".into(),
        host: blocklist::testing::name("obmen.test"),
        depth: 0,
        priority: 100,
        source: frontier::Source::Seed,
        found_on: None,
    };
    frontier::add(store, &[url], 10, NOW).await.unwrap();
    visited(&centre, "obmen.test", "200").await;

    let review = NOW + 50 * DAY;
    assert_eq!(
        sweep::sweep(store, review - 1).await.unwrap(),
        sweep::Swept::default()
    );
    let unasked = question::keep(store, first, &listing, "Still there.", review).await;
    assert!(matches!(unasked, Err(DecideError::Stale)));
    let swept = sweep::sweep(store, review).await.unwrap();
    assert_eq!(
        (swept.asked.as_slice(), swept.revisits),
        (&[listing.clone()][..], 1)
    );
    assert_eq!(
        sweep::sweep(store, review + 1).await.unwrap(),
        sweep::Swept::default(),
        "asked once"
    );
    let asked = question::of(store, &listing).await.unwrap().unwrap();
    assert_eq!(asked.why, Why::Review);
    let found = |now| question::finding(store, &asked, now);
    assert_eq!(found(review + 2).await.unwrap(), Finding::Waiting);

    // The name did not resolve. The crawler judges the site again from what it had, and that says
    // nothing of today.
    visited(&centre, "obmen.test", "no address").await;
    assessed(&centre, "obmen.test", "clear", review + 10).await;
    let silent = found(review + 10).await.unwrap();
    let failure = "no address".to_owned();
    assert_eq!(silent, Finding::Silent { failure });
    assert!(
        !silent.speaks_for_ending(),
        "one vantage proposes no lifting"
    );

    seen(&centre, "obmen.test", "clear", review + 20).await;
    let gone = found(review + 20).await.unwrap();
    assert_eq!(gone, Finding::Gone { at: review + 20 });
    assert!(gone.speaks_for_ending());
    seen(&centre, "obmen.test", "flag", review + 30).await;
    let exchange = found(review + 30).await.unwrap();
    assert_eq!(exchange, Finding::Exchange { at: review + 30 });
    assert!(!exchange.speaks_for_ending());
    assert!(
        matches!(
            state(&centre, &listing, review + 30).await,
            ListingState::Listed { .. }
        ),
        "whatever is found, people answer"
    );

    question::keep(store, first, &listing, "Still there.", review + 40)
        .await
        .unwrap();
    assert!(question::open(store).await.unwrap().is_empty());
    let case = case::of_listing(store, &listing).await.unwrap().unwrap();
    let file = case::load(store, &case).await.unwrap().unwrap();
    assert_eq!(file.decisions.last().unwrap().kind, "keep");

    // Two weeks before its end it is asked about once more; then it ends by itself.
    let end = NOW + 100 * DAY;
    let swept = sweep::sweep(store, end - 14 * DAY).await.unwrap();
    assert_eq!(swept.asked, [listing.as_str()]);
    let swept = sweep::sweep(store, end).await.unwrap();
    assert_eq!(swept.expired, [listing.as_str()]);
    assert!(question::open(store).await.unwrap().is_empty());
    assert_eq!(case_state(&centre, &listing).await, "expired");
    data::audit::verify(store).await.unwrap();
}

async fn lifting_answers_what_a_date_asked(engine: Engine) {
    let centre = Centre::on(engine).await;
    let listing = centre.approved("obmen.test", proposal()).await;
    publish(&centre, NOW).await;
    let now = NOW + 183 * DAY;
    let swept = sweep::sweep(&centre.store, now).await.unwrap();
    assert_eq!(swept.asked, [listing.as_str()]);
    assert_eq!(swept.revisits, 0, "no address of the site is known");
    lift(&centre, &centre.first, &listing, now).await;
    assert!(question::open(&centre.store).await.unwrap().is_empty());
}

data::both_engines!(
    a_date_that_has_come_is_asked_about_once,
    lifting_answers_what_a_date_asked
);
