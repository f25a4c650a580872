use blocklist::{
    DomainName, Timestamp,
    fold::ListingState,
    matching::{Claim, Verdict},
    register::Snapshot,
    time::DAY_SECONDS,
};

use super::*;
use crate::{
    audit,
    case::{self, CaseRow},
    ceremony, decide,
    ending::{annul, motion, review},
    frontier,
    testing::{self, Centre, Engine, NOW, PASSWORD},
};

const OFFICERS: ceremony::Pair<'static> = [("officer-1", PASSWORD), ("officer-2", PASSWORD)];

/// A row of the invented register, in force from 2026 to the end of 2027, with fields replaced.
fn row(host: &str, with: &[(&str, &str)]) -> serde_json::Value {
    let mut row = json!({
        "record_id": host, "regulator": "Demo authority", "legal_name": format!("Firm of {host} Ltd."),
        "licence_no": "AFSA-A-LA-2026-0001", "basis": "register", "valid_from": "2026-01-01",
        "valid_to": "2027-12-31", "hosts": [host], "source_url": "https://register.test/",
        "source_date": "2026-11-20",
    });
    for (field, value) in with {
        row[*field] = (*value).into();
    }
    row
}

/// Two officers enter the register as it was on a day, and the publisher takes it.
async fn enter(centre: &Centre, day: &str, rows: &[serde_json::Value], now: i64) {
    let text = json!({
        "register": "afsa-demo", "taken_on": day, "source": "https://register.test/", "rows": rows,
    });
    let snapshot = Snapshot::from_json(text.to_string().as_bytes()).unwrap();
    ceremony::enter_register(&centre.store, &snapshot, OFFICERS, now)
        .await
        .unwrap();
    centre.publisher().await.step(now).await.unwrap();
}

async fn rematch(centre: &Centre, now: i64) -> Rematched {
    let done = run(&centre.store, now).await.unwrap();
    assert_eq!(
        run(&centre.store, now).await.unwrap(),
        None,
        "a second run has nothing to do"
    );
    done.expect("something changed")
}

async fn cases(centre: &Centre) -> Vec<CaseRow> {
    case::queue(&centre.store).await.unwrap()
}

async fn verdict(centre: &Centre, host: &str) -> String {
    let name = DomainName::parse(host).unwrap();
    let held = sites::one(&centre.store, &name, "[]".into()).await.unwrap();
    let with = With::at(&centre.store, NOW).await.unwrap();
    let looked = sites::look(vec![held], &with).unwrap();
    looked[0].before.clone().expect("a kept match")
}

async fn dismiss(centre: &Centre, case: &str) {
    let (store, officer) = (&centre.store, &centre.first);
    decide::dismiss(
        store,
        officer,
        case,
        "not-exchange",
        "Seen.",
        decide::REVIEW_DAYS,
        NOW,
    )
    .await
    .unwrap();
}

crate::both_engines!(
    a_listed_site_that_becomes_licensed_asks_for_its_order_to_be_cancelled,
    an_annulment_answers_the_question_whether_to_cancel,
    a_licence_that_ends_opens_one_case_and_blocks_nothing,
    a_waiting_case_is_marked_and_not_doubled,
    a_licence_left_out_of_its_register_opens_a_case,
    a_site_nobody_has_assessed_is_visited_first,
    a_site_that_was_just_assessed_is_matched_at_once,
    claims_are_weighed_anew_without_their_pages,
    a_register_that_was_just_signed_is_seen_at_once,
);

/// Rule 6 from end to end: the fold suspends, a case asks to cancel the order, one lift ends both.
async fn a_listed_site_that_becomes_licensed_asks_for_its_order_to_be_cancelled(engine: Engine) {
    let centre = Centre::on(engine).await;
    let listing = centre.approved("obmen.test", testing::proposal()).await;
    centre.publisher().await.step(NOW + 1).await.unwrap();
    let first = rematch(&centre, NOW + 1).await;
    assert_eq!((first.sites, first.opened.len()), (1, 0));

    enter(&centre, "2026-11-20", &[row("obmen.test", &[])], NOW + 2).await;
    let folded = centre.store.folded(Timestamp(NOW + 2)).await.unwrap();
    assert!(matches!(
        folded.listings[0].state,
        ListingState::Suspended { .. }
    ));
    assert!(folded.entries.is_empty(), "nothing is enforced any more");
    let done = rematch(&centre, NOW + 2).await;
    assert_eq!((done.changed, done.opened.len()), (1, 1));

    let queue = cases(&centre).await;
    let cancel = &queue[0];
    assert_eq!(
        (cancel.reason.as_str(), cancel.about.as_deref()),
        (case::reason::CANCEL, Some(listing.as_str())),
        "first in the queue"
    );
    assert_eq!(
        (cancel.state.as_str(), cancel.host.as_str()),
        ("open", "obmen.test")
    );
    let file = case::load(&centre.store, &queue[1].id)
        .await
        .unwrap()
        .unwrap();
    assert_eq!(file.case.state, "listed");
    let marked = file.changes.last().unwrap();
    assert_eq!(marked.action, "rematched");
    assert!(marked.detail.contains("suspended"), "{}", marked.detail);
    // Nobody answers it with another order.
    let again = decide::propose(
        &centre.store,
        &centre.first,
        PASSWORD,
        &cancel.id,
        testing::proposal(),
        NOW + 3,
    );
    assert!(matches!(again.await, Err(decide::DecideError::Stale)));

    // Somebody who has taken the question up is answered all the same.
    let taken = format!(
        "UPDATE review_case SET state = 'in_review', taken_by = '{}', taken_at = 0 WHERE id = '{}'",
        centre.first.id, cancel.id
    );
    assert_eq!(centre.sql(&taken).await.unwrap(), 1);
    decide::lift(
        &centre.store,
        &centre.second,
        PASSWORD,
        &listing,
        "licensed",
        "It is licensed now.",
        NOW + 3,
    )
    .await
    .unwrap();
    let unreviewed = review::waiting(&centre.store).await.unwrap();
    assert_eq!(unreviewed.len(), 1);
    assert_eq!(unreviewed[0].listing_id, listing);
    assert!(
        cases(&centre)
            .await
            .iter()
            .all(|case| case.state == "lifted")
    );
    centre.publisher().await.step(NOW + 4).await.unwrap();
    let after = rematch(&centre, NOW + 4).await;
    assert!(after.opened.is_empty() && after.closed.is_empty());
    audit::verify(&centre.store).await.unwrap();
}

/// A listing that was wrong from the first is annulled while it is suspended; nothing is left to cancel.
async fn an_annulment_answers_the_question_whether_to_cancel(engine: Engine) {
    let centre = Centre::on(engine).await;
    let store = &centre.store;
    let listing = centre.approved("obmen.test", testing::proposal()).await;
    centre.publisher().await.step(NOW + 1).await.unwrap();
    enter(&centre, "2026-11-20", &[row("obmen.test", &[])], NOW + 2).await;
    assert_eq!(rematch(&centre, NOW + 2).await.opened.len(), 1);
    let (code, why) = ("licensed", "It had its licence all along.");
    annul::propose(store, &centre.first, PASSWORD, &listing, code, why, NOW + 3)
        .await
        .unwrap();
    let waiting = motion::waiting_on(store, &listing, NOW + 3).await.unwrap();
    let (id, hash) = (waiting[0].id, &waiting[0].statement_sha256);
    motion::second(store, &centre.second, PASSWORD, id, hash, NOW + 4)
        .await
        .unwrap();
    assert!(
        cases(&centre)
            .await
            .iter()
            .all(|case| case.state == "annulled")
    );
    centre.publisher().await.step(NOW + 5).await.unwrap();
    let after = rematch(&centre, NOW + 5).await;
    assert!(after.opened.is_empty() && after.closed.is_empty());
}

async fn a_licence_that_ends_opens_one_case_and_blocks_nothing(engine: Engine) {
    let centre = Centre::on(engine).await;
    for host in ["alpha.test", "p2p.alpha.test", "other.test"] {
        centre.plant_site(host).await;
    }
    let soon = row("alpha.test", &[("valid_to", "2026-11-22")]);
    enter(&centre, "2026-11-20", std::slice::from_ref(&soon), NOW + 1).await;
    let done = rematch(&centre, NOW + 1).await;
    assert_eq!((done.sites, done.opened.len()), (3, 0));
    assert_eq!(verdict(&centre, "alpha.test").await, "licensed");

    // Time alone: the last day is over.
    let later = NOW + 2 * DAY_SECONDS;
    let done = rematch(&centre, later).await;
    assert_eq!(
        (done.changed, done.opened.len()),
        (2, 1),
        "one case for both sites"
    );
    let queue = cases(&centre).await;
    assert_eq!(
        (
            queue[0].host.as_str(),
            queue[0].reason.as_str(),
            queue[0].state.as_str()
        ),
        ("alpha.test", case::reason::LICENCE, "open")
    );
    let folded = centre.store.folded(Timestamp(later)).await.unwrap();
    assert!(folded.entries.is_empty() && folded.listings.is_empty());

    // Whoever dismissed it is not asked again, by time or by a newer snapshot that says the same.
    dismiss(&centre, &queue[0].id).await;
    enter(&centre, "2026-11-23", &[soon], later + 1).await;
    assert!(rematch(&centre, later + 1).await.opened.is_empty());
    // A renewal ends the fact; when the regulator withdraws the licence then, that is another.
    enter(&centre, "2026-11-23", &[row("alpha.test", &[])], later + 2).await;
    assert!(rematch(&centre, later + 2).await.opened.is_empty());
    let withdrawn = row("alpha.test", &[("state", "withdrawn")]);
    enter(&centre, "2026-11-23", &[withdrawn], later + 3).await;
    assert_eq!(rematch(&centre, later + 3).await.opened.len(), 1);
    // Given back before anybody took the case up: there is nothing left to ask.
    enter(&centre, "2026-11-23", &[row("alpha.test", &[])], later + 4).await;
    assert_eq!(rematch(&centre, later + 4).await.closed.len(), 1);
    assert!(
        cases(&centre)
            .await
            .iter()
            .all(|case| case.state == "dismissed")
    );
    let suspended = row("alpha.test", &[("state", "withdrawn")]);
    enter(&centre, "2026-11-23", &[suspended], later + 5).await;
    assert_eq!(
        rematch(&centre, later + 5).await.opened.len(),
        1,
        "it happened again"
    );
    audit::verify(&centre.store).await.unwrap();
}

async fn a_waiting_case_is_marked_and_not_doubled(engine: Engine) {
    let centre = Centre::on(engine).await;
    let case_id = centre.plant_case("alpha.test").await;
    rematch(&centre, NOW).await;
    let found = r#"UPDATE review_case SET licence_match = '{"match":null,"resembles":["a logo"]}'"#;
    centre.sql(found).await.unwrap();
    enter(&centre, "2026-11-20", &[row("alpha.test", &[])], NOW + 1).await;
    assert_eq!(rematch(&centre, NOW + 1).await.changed, 1);
    let file = case::load(&centre.store, &case_id).await.unwrap().unwrap();
    assert_eq!(file.case.state, "open", "people close it");
    assert_eq!(
        file.changes[0].detail,
        r#"{"from":"unknown","to":"licensed"}"#
    );
    assert!(file.licence_match.contains("register-names-host"));
    assert!(
        file.licence_match.contains("a logo"),
        "what else was found of it stays"
    );

    let suspended = row("alpha.test", &[("state", "suspended")]);
    enter(
        &centre,
        "2026-11-20",
        std::slice::from_ref(&suspended),
        NOW + 2,
    )
    .await;
    assert!(rematch(&centre, NOW + 2).await.opened.is_empty());
    dismiss(&centre, &case_id).await;
    // The case stood for that fact as well.
    enter(&centre, "2026-11-21", &[suspended], NOW + 3).await;
    assert!(rematch(&centre, NOW + 3).await.opened.is_empty());
    assert_eq!(cases(&centre).await.len(), 1);
}

async fn a_licence_left_out_of_its_register_opens_a_case(engine: Engine) {
    let centre = Centre::on(engine).await;
    for host in ["alpha.test", "betabirja.test", "betabirga.test"] {
        centre.plant_site(host).await;
    }
    enter(&centre, "2026-11-19", &[row("alpha.test", &[])], NOW).await;
    rematch(&centre, NOW).await;
    assert_eq!(verdict(&centre, "betabirja.test").await, "unknown");
    enter(
        &centre,
        "2026-11-20",
        &[row("betabirja.test", &[])],
        NOW + 1,
    )
    .await;
    let done = rematch(&centre, NOW + 1).await;
    assert_eq!((done.changed, done.opened.len()), (3, 1));
    assert_eq!(cases(&centre).await[0].host, "alpha.test");
    assert_eq!(verdict(&centre, "alpha.test").await, "unknown");
    assert_eq!(verdict(&centre, "betabirja.test").await, "licensed");
    // A row explains a site that only resembles it.
    assert_eq!(verdict(&centre, "betabirga.test").await, "lookalike");
}

async fn a_site_nobody_has_assessed_is_visited_first(engine: Engine) {
    let centre = Centre::on(engine).await;
    let (store, host) = (&centre.store, DomainName::parse("alpha.test").unwrap());
    let url = frontier::NewUrl {
        url: "http://alpha.test/".into(),
        host: host.clone(),
        depth: 0,
        priority: 1,
        source: frontier::Source::Seed,
        found_on: None,
    };
    frontier::add(store, &[url], 8, NOW).await.unwrap();
    let lease = frontier::lease(store, "w", NOW, 60).await.unwrap().unwrap();
    frontier::end(store, &lease, frontier::Visited::Done("refused"), NOW)
        .await
        .unwrap();
    frontier::failed(store, host.as_str(), "nothing could be fetched")
        .await
        .unwrap();
    let suspended = row("alpha.test", &[("state", "suspended")]);
    enter(&centre, "2026-11-20", &[suspended], NOW + 1).await;
    let done = rematch(&centre, NOW + 1).await;
    assert_eq!((done.opened.len(), done.revisits), (0, 1));
    assert_eq!(frontier::counts(store).await.unwrap().queued, 1);
}

async fn a_site_that_was_just_assessed_is_matched_at_once(engine: Engine) {
    let centre = Centre::on(engine).await;
    let host = DomainName::parse("alpha.test").unwrap();
    let (assessment_id, root) = centre.plant_site("alpha.test").await;
    let suspended = row("alpha.test", &[("state", "suspended")]);
    enter(&centre, "2026-11-20", &[suspended], NOW + 1).await;
    let site = Judged {
        host: &host,
        claims: &[],
        assessment_id,
        evidence_root: &root,
        at: NOW + 2,
    };
    let opened = judged(&centre.store, site).await.unwrap();
    assert!(opened.is_some());
    assert_eq!(judged(&centre.store, site).await.unwrap(), None);
    assert!(rematch(&centre, NOW + 2).await.opened.is_empty());
}

async fn claims_are_weighed_anew_without_their_pages(engine: Engine) {
    let centre = Centre::on(engine).await;
    let host = DomainName::parse("copycat.test").unwrap();
    let (assessment_id, root) = centre.plant_site(host.as_str()).await;
    let claim = Claim {
        licence_no: "AFSA-A-LA-2026-0001".into(),
        legal_name: String::new(),
        bin: String::new(),
        quote: "Licence AFSA-A-LA-2026-0001".into(),
    };
    let site = Judged {
        host: &host,
        claims: &[claim],
        assessment_id,
        evidence_root: &root,
        at: NOW,
    };
    judged(&centre.store, site).await.unwrap();
    let kept = || async {
        let sql = "SELECT licence_match FROM site_match WHERE host = 'copycat.test'";
        let kept: String = crate::pool::on!(centre.store, |db| sqlx::query_scalar(sql)
            .fetch_one(db)
            .await)
        .unwrap();
        kept
    };
    assert!(!kept().await.contains("other_host"));
    enter(&centre, "2026-11-20", &[row("alpha.test", &[])], NOW + 1).await;
    rematch(&centre, NOW + 1).await;
    assert!(kept().await.contains("other_host"), "{}", kept().await);
}

/// What answers follow from is put together once and shared, and never a moment too long.
async fn a_register_that_was_just_signed_is_seen_at_once(engine: Engine) {
    let centre = Centre::on(engine).await;
    let web = centre.another().await;
    let name = DomainName::parse("alpha.test").unwrap();
    let known = |seconds| web.known(Timestamp(NOW + seconds));
    let says = |known: &KnownNow, seconds| {
        crate::known::check_host(&name, known, Timestamp(NOW + seconds)).verdict
    };
    let (first, again) = (known(0).await.unwrap(), known(3).await.unwrap());
    assert!(Arc::ptr_eq(&first, &again), "nothing changed: the same");
    assert_eq!(says(&again, 3), Verdict::Unknown);
    enter(&centre, "2026-11-20", &[row("alpha.test", &[])], NOW + 3).await;
    let signed = known(3).await.unwrap();
    assert_eq!(says(&signed, 3), Verdict::Licensed);
    // A listing that time moves is seen as well.
    let listing = centre.approved("obmen.test", testing::proposal()).await;
    centre.publisher().await.step(NOW + 4).await.unwrap();
    let listed = known(4).await.unwrap();
    assert_eq!(listed.listings[0].statement.listing_id.as_str(), listing);
    let over = known(366 * DAY_SECONDS).await.unwrap();
    assert!(matches!(
        over.listings[0].state,
        ListingState::Expired { .. }
    ));
}
