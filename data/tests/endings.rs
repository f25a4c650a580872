//! How listings end, through a real database and a published log, at moments the test gives.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    missing_docs,
    reason = "tests"
)]

use blocklist::{Timestamp, fold::ListingState, key::Role, leaf::Leaf, time::DAY_SECONDS};
use data::{
    Officer, case, ceremony,
    decide::{self, DecideError, Proposal},
    ending::{
        LIFTS_A_DAY, annul,
        lift::Lifted,
        motion::{self, Action, Motion},
        number,
        question::{self, Finding, Why},
        review::{self, Outcome},
        sweep,
    },
    frontier,
    testing::{ADMINS, Centre, Engine, NOW, PASSWORD, person, proposal},
};

/// A day, in seconds: how long an emergency listing waits for its number.
const DAY: i64 = DAY_SECONDS;

fn emergency() -> Proposal {
    Proposal {
        order_number: String::new(),
        urgent: Some("People are losing money today.".into()),
        ..proposal()
    }
}

async fn publish(centre: &Centre, now: i64) {
    centre.publisher().await.step(now).await.unwrap();
}

/// Where a listing stands by the log.
async fn state(centre: &Centre, listing: &str, now: i64) -> ListingState {
    let folded = centre.store.folded(Timestamp(now)).await.unwrap();
    let mut listings = folded.listings.into_iter();
    let found = listings.find(|l| l.statement.listing_id.as_str() == listing);
    found.expect("a listing in the log").state
}

async fn case_state(centre: &Centre, listing: &str) -> String {
    let case = case::of_listing(&centre.store, listing).await.unwrap();
    let file = case::load(&centre.store, &case.unwrap()).await.unwrap();
    file.unwrap().case.state
}

async fn motion(centre: &Centre, listing: &str, now: i64) -> Motion {
    let mut waiting = motion::waiting_on(&centre.store, listing, now)
        .await
        .unwrap();
    waiting.pop().expect("a motion that waits")
}

async fn second(
    centre: &Centre,
    officer: &Officer,
    motion: &Motion,
    now: i64,
) -> Result<Action, DecideError> {
    let hash = &motion.statement_sha256;
    motion::second(&centre.store, officer, PASSWORD, motion.id, hash, now).await
}

async fn lift(centre: &Centre, officer: &Officer, listing: &str, now: i64) -> Lifted {
    let store = &centre.store;
    decide::lift(
        store,
        officer,
        PASSWORD,
        listing,
        "closed",
        "It is gone.",
        now,
    )
    .await
    .unwrap()
}

async fn third(centre: &Centre) -> Officer {
    let new = person("officer-3", Role::Officer);
    let officer = ceremony::add_officer(&centre.store, new, ADMINS, NOW).await;
    publish(centre, NOW).await;
    officer.unwrap()
}

async fn the_number_of_an_emergency_follows_within_a_day(engine: Engine) {
    let centre = Centre::on(engine).await;
    let (store, first, other) = (&centre.store, &centre.first, &centre.second);
    let case = centre.plant_case("calm.test").await;
    let calm = Proposal {
        urgent: None,
        ..emergency()
    };
    let refused = decide::propose(store, first, PASSWORD, &case, calm, NOW).await;
    assert!(matches!(refused, Err(DecideError::Field("order_number"))));

    let listing = centre.approved("obmen.test", emergency()).await;
    publish(&centre, NOW).await;
    let give = |number: &'static str, now| {
        let listing = listing.clone();
        async move { number::give(store, first, PASSWORD, &listing, number, now).await }
    };
    assert!(matches!(
        give(" ", NOW).await,
        Err(DecideError::Field("order_number"))
    ));
    give("№ 1-Қ", NOW + 60).await.unwrap();
    let wrong = motion(&centre, &listing, NOW + 60).await;
    // The first finds a mistake: what was moved last counts.
    give(" № 8-Қ ", NOW + 120).await.unwrap();
    let stale = second(&centre, other, &wrong, NOW + 180).await;
    assert!(matches!(stale, Err(DecideError::Stale)), "{stale:?}");
    let right = motion(&centre, &listing, NOW + 180).await;
    assert_eq!(
        (right.action, right.reason.as_str()),
        (Action::OrderNumber, "№ 8-Қ")
    );
    assert!(matches!(
        second(&centre, first, &right, NOW + 180).await,
        Err(DecideError::SameOfficer)
    ));
    let unseen = motion::second(store, other, PASSWORD, right.id, &"0".repeat(64), NOW).await;
    assert!(matches!(unseen, Err(DecideError::StatementChanged)));
    second(&centre, other, &right, NOW + DAY - 1).await.unwrap();
    publish(&centre, NOW + DAY - 1).await;

    let folded = store.folded(Timestamp(NOW + 2 * DAY)).await.unwrap();
    assert_eq!(
        folded.listings[0].statement.order.number.as_deref(),
        Some("№ 8-Қ")
    );
    assert!(matches!(
        folded.listings[0].state,
        ListingState::Listed { .. }
    ));
    assert!(folded.remarks.is_empty(), "{:?}", folded.remarks);
    assert!(matches!(
        give("№ 9", NOW + DAY - 1).await,
        Err(DecideError::NumberKnown)
    ));
    data::audit::verify(store).await.unwrap();
}

async fn a_number_that_comes_too_late_is_refused(engine: Engine) {
    let centre = Centre::on(engine).await;
    let (store, first, other) = (&centre.store, &centre.first, &centre.second);
    let listing = centre.approved("obmen.test", emergency()).await;
    let unseconded = centre.proposed("slow.test", emergency()).await;
    publish(&centre, NOW).await;
    number::give(store, first, PASSWORD, &listing, "№ 8", NOW + 60)
        .await
        .unwrap();
    let moved = motion(&centre, &listing, NOW + 60).await;
    let late = second(&centre, other, &moved, NOW + DAY).await;
    assert!(matches!(late, Err(DecideError::NumberLate)), "{late:?}");
    let late = number::give(store, first, PASSWORD, &listing, "№ 8", NOW + DAY).await;
    assert!(matches!(late, Err(DecideError::NumberLate)), "{late:?}");
    // One that waited its day away would end as it begins.
    let proposed = case::proposal(store, &unseconded).await.unwrap().unwrap();
    let hash = proposed.statement_sha256;
    let late = decide::approve(store, other, PASSWORD, &unseconded, &hash, NOW + DAY).await;
    assert!(matches!(late, Err(DecideError::NumberLate)), "{late:?}");

    publish(&centre, NOW + DAY).await;
    let swept = sweep::sweep(store, NOW + DAY).await.unwrap();
    assert_eq!(swept.expired, [listing.as_str()]);
    assert_eq!(case_state(&centre, &listing).await, "expired");
    assert_eq!(
        sweep::sweep(store, NOW + DAY).await.unwrap(),
        sweep::Swept::default(),
        "nothing is done twice"
    );
}

async fn a_fourth_lift_of_a_day_waits_for_another_officer(engine: Engine) {
    let centre = Centre::on(engine).await;
    let (store, first, other) = (&centre.store, &centre.first, &centre.second);
    let mut listings = Vec::new();
    for host in ["a.test", "b.test", "c.test", "d.test", "e.test"] {
        listings.push(centre.approved(host, proposal()).await);
    }
    publish(&centre, NOW).await;
    let (few, more) = listings.split_at(usize::try_from(LIFTS_A_DAY).unwrap());
    for listing in few {
        assert_eq!(lift(&centre, first, listing, NOW + 60).await, Lifted::Done);
    }
    assert_eq!(
        lift(&centre, first, &more[0], NOW + 60).await,
        Lifted::Waits
    );
    assert_eq!(
        lift(&centre, first, &more[0], NOW + 60).await,
        Lifted::Waits,
        "asking twice is no second signature"
    );
    publish(&centre, NOW + 60).await;
    assert!(
        matches!(
            state(&centre, &more[0], NOW + 60).await,
            ListingState::Listed { .. }
        ),
        "one signature more has no effect"
    );
    let waits = motion(&centre, &more[0], NOW + 60).await;
    assert!(matches!(
        second(&centre, first, &waits, NOW + 90).await,
        Err(DecideError::SameOfficer)
    ));
    let done = second(&centre, other, &waits, NOW + 90).await.unwrap();
    assert_eq!(done, Action::Lift);
    publish(&centre, NOW + 90).await;
    assert!(matches!(
        state(&centre, &more[0], NOW + 90).await,
        ListingState::Lifted { .. }
    ));
    let leaves = data::record::leaves(store, 0, u64::MAX).await.unwrap();
    let leaf = Leaf::from_bytes(leaves.last().unwrap()).unwrap();
    assert_eq!(
        (leaf.statement.action(), leaf.signatures.len()),
        ("lift", 2)
    );
    // Both have looked at that one; each of the others waits for a second look.
    let waiting = review::waiting(store).await.unwrap();
    assert_eq!(waiting.len(), few.len());
    // The day is the office's: it ends at 19:00 UTC.
    let tomorrow = Timestamp::parse("2026-11-21T19:00:00Z").unwrap().0;
    assert_eq!(lift(&centre, first, &more[1], tomorrow).await, Lifted::Done);
}

async fn another_officer_looks_at_every_lift(engine: Engine) {
    let centre = Centre::on(engine).await;
    let (store, first, other) = (&centre.store, &centre.first, &centre.second);
    let kept = centre.approved("kept.test", proposal()).await;
    let wrong = centre.approved("wrong.test", proposal()).await;
    publish(&centre, NOW).await;
    lift(&centre, first, &wrong, NOW + 60).await;
    lift(&centre, other, &kept, NOW + 120).await;
    publish(&centre, NOW + 120).await;

    let waiting = review::waiting(store).await.unwrap();
    assert_eq!(waiting.len(), 2);
    assert_eq!(waiting[0].reason, "It is gone.");
    // Saturday: there is time to the end of Monday.
    let due = Timestamp::parse("2026-11-23T19:00:00Z").unwrap().0;
    assert_eq!(waiting[0].due_at, due);
    let counts = |waiting, overdue| review::Counts { waiting, overdue };
    assert_eq!(review::counts(store, due - 1).await.unwrap(), counts(2, 0));
    assert_eq!(review::counts(store, due).await.unwrap(), counts(2, 2));

    let look = |officer, listing: &str, outcome| {
        let listing = listing.to_owned();
        async move { review::review(store, officer, &listing, outcome, "Seen.", NOW + 300).await }
    };
    assert!(matches!(
        look(first, &wrong, Outcome::Confirmed).await,
        Err(DecideError::OwnLift)
    ));
    let silent = review::review(store, other, &wrong, Outcome::Confirmed, " ", NOW).await;
    assert!(matches!(silent, Err(DecideError::Field("reason"))));
    look(first, &kept, Outcome::Confirmed).await.unwrap();
    assert_eq!(case_state(&centre, &kept).await, "lifted");
    assert!(matches!(
        look(first, &kept, Outcome::Reversed).await,
        Err(DecideError::Stale)
    ));
    look(other, &wrong, Outcome::Reversed).await.unwrap();
    assert!(review::waiting(store).await.unwrap().is_empty());
    // The name is off the list all the same, until two officers list it anew.
    assert_eq!(case_state(&centre, &wrong).await, "open");
    publish(&centre, NOW + 400).await;
    assert!(matches!(
        state(&centre, &wrong, NOW + 400).await,
        ListingState::Lifted { .. }
    ));
    let case = case::of_listing(store, &wrong).await.unwrap().unwrap();
    let anew = decide::propose(store, first, PASSWORD, &case, proposal(), NOW + 500)
        .await
        .unwrap();
    assert_ne!(anew.as_str(), wrong);
    // What the case goes on with is the new listing: the old one cannot be moved any more.
    let old = annul::propose(store, first, PASSWORD, &wrong, "wrong-name", "x", NOW + 600).await;
    assert!(matches!(old, Err(DecideError::Stale)), "{old:?}");
    data::audit::verify(store).await.unwrap();
}

/// A host has one live case: what was lifted is not opened beside the case that came after it.
async fn a_reversal_leaves_the_site_one_live_case(engine: Engine) {
    let centre = Centre::on(engine).await;
    let listing = centre.approved("obmen.test", proposal()).await;
    publish(&centre, NOW).await;
    lift(&centre, &centre.first, &listing, NOW + 60).await;
    let store = &centre.store;
    let case = case::of_listing(store, &listing).await.unwrap().unwrap();
    let old = case::load(store, &case).await.unwrap().unwrap();
    let later = case::NewCase {
        host: &blocklist::testing::name("obmen.test"),
        assessment_id: data::assessment::latest(store, "obmen.test")
            .await
            .unwrap()
            .unwrap()
            .id,
        evidence_root: &old.evidence_root,
        licence_match: &old.licence_match,
        at: NOW + 70,
    };
    assert!(case::open(store, later).await.unwrap().is_some());
    let other = &centre.second;
    review::review(
        store,
        other,
        &listing,
        Outcome::Reversed,
        "Too soon.",
        NOW + 80,
    )
    .await
    .unwrap();
    assert_eq!(case_state(&centre, &listing).await, "lifted");
    assert!(review::waiting(store).await.unwrap().is_empty());
}

async fn two_officers_annul_what_should_never_have_been(engine: Engine) {
    let centre = Centre::on(engine).await;
    let (store, first, other) = (&centre.store, &centre.first, &centre.second);
    let listed = centre.approved("listed.test", proposal()).await;
    let lifted = centre.approved("lifted.test", proposal()).await;
    let waiting = centre.proposed("waiting.test", proposal()).await;
    publish(&centre, NOW).await;
    lift(&centre, other, &lifted, NOW + 30).await;
    let propose = |listing: &str, reason: &'static str| {
        let listing = listing.to_owned();
        async move {
            let code = "not-exchange";
            annul::propose(store, first, PASSWORD, &listing, code, reason, NOW + 60).await
        }
    };
    assert!(matches!(
        propose(&listed, "").await,
        Err(DecideError::Field("reason"))
    ));
    assert!(matches!(
        propose(&waiting, "x").await,
        Err(DecideError::Stale)
    ));
    for listing in [&listed, &lifted] {
        propose(listing, "A flower shop.").await.unwrap();
        publish(&centre, NOW + 90).await;
        assert!(
            !matches!(
                state(&centre, listing, NOW + 90).await,
                ListingState::Annulled { .. }
            ),
            "one signature annuls nothing"
        );
        let moved = motion(&centre, listing, NOW + 60).await;
        assert!(matches!(
            second(&centre, first, &moved, NOW + 90).await,
            Err(DecideError::SameOfficer)
        ));
        assert_eq!(
            second(&centre, other, &moved, NOW + 90).await.unwrap(),
            Action::Annul
        );
        publish(&centre, NOW + 90).await;
        assert!(matches!(
            state(&centre, listing, NOW + 90).await,
            ListingState::Annulled { .. }
        ));
        assert_eq!(case_state(&centre, listing).await, "annulled");
        assert!(matches!(
            propose(listing, "x").await,
            Err(DecideError::Stale)
        ));
    }
    assert!(
        review::waiting(store).await.unwrap().is_empty(),
        "an annulment answers more than the second look would"
    );
    // The same evidence does not put an innocent site before people again at the next crawl.
    let closed = case::of_listing(store, &listed).await.unwrap().unwrap();
    let file = case::load(store, &closed).await.unwrap().unwrap();
    let again = case::NewCase {
        host: &blocklist::testing::name("listed.test"),
        assessment_id: data::assessment::latest(store, "listed.test")
            .await
            .unwrap()
            .unwrap()
            .id,
        evidence_root: &file.evidence_root,
        licence_match: &file.licence_match,
        at: NOW + 100,
    };
    assert_eq!(case::open(store, again).await.unwrap(), None);
    data::audit::verify(store).await.unwrap();
}

/// What somebody with a database console tries; the database itself says no.
async fn the_database_holds_who_may_end_a_listing(engine: Engine) {
    let centre = Centre::on(engine).await;
    let (first, other) = (&centre.first, &centre.second);
    let lifted = centre.approved("lifted.test", proposal()).await;
    let listed = centre.approved("listed.test", proposal()).await;
    publish(&centre, NOW).await;
    lift(&centre, first, &lifted, NOW + 60).await;
    let code = "not-exchange";
    annul::propose(&centre.store, first, PASSWORD, &listed, code, "x", NOW + 60)
        .await
        .unwrap();
    let moved = motion(&centre, &listed, NOW + 60).await;
    let (octets, id, hash) = (engine.octets("00"), moved.id, &moved.statement_sha256);
    let sign = |officer: &Officer, key: &Officer, place: i64, hash: &str| {
        format!(
            "INSERT INTO motion_signature VALUES ({id}, {place}, '{}', '{}', '{hash}', {octets}, 0)",
            officer.id, key.key_id
        )
    };
    let queue = |kind: &str| {
        format!("INSERT INTO signed_statement VALUES (99, '{kind}', '{listed}', {octets}, 'x', 0)")
    };
    let review = |lifter: &Officer, reviewer: &Officer| {
        format!(
            "INSERT INTO lift_review VALUES ('{lifted}', '{}', '{}', 'confirmed', 'x', 0)",
            lifter.id, reviewer.id
        )
    };
    let second_look = |kind: &str| {
        format!(
            "INSERT INTO decision (id, case_id, officer_id, kind, reason_code, reason, decided_at, role, evidence_root)
            SELECT 1, c.id, '{}', '{kind}', 'x', 'x', {}, 'officer', c.evidence_root
            FROM review_case c JOIN proposal p ON p.case_id = c.id WHERE p.listing_id = '{lifted}'",
            first.id,
            NOW + 70
        )
    };
    let unique = |says: &'static str| match engine {
        Engine::Sqlite => "UNIQUE constraint",
        Engine::Postgres => says,
    };
    let check = match engine {
        Engine::Sqlite => "CHECK constraint",
        Engine::Postgres => "check constraint",
    };
    let foreign = match engine {
        Engine::Sqlite => "FOREIGN KEY",
        Engine::Postgres => "foreign key",
    };
    let tries = [
        (
            "the mover seconds",
            sign(first, first, 2, hash),
            "never second",
        ),
        (
            "a second first signature",
            sign(other, other, 1, hash),
            "never second",
        ),
        (
            "other bytes",
            sign(other, other, 2, &"0".repeat(64)),
            "other bytes than the motion",
        ),
        (
            "another's key",
            sign(other, first, 2, hash),
            "with their own key",
        ),
        ("an annulment by one", queue("annul"), "two officers sign"),
        (
            "a number by one",
            queue("order.number"),
            "two officers sign",
        ),
        (
            "a lift nobody reviews",
            queue("lift"),
            "another officer reviews it",
        ),
        ("their own lift", review(first, first), check),
        ("somebody else's name on it", review(other, first), foreign),
        (
            "their own lift, as a move",
            second_look("confirm-lift"),
            "another person",
        ),
        (
            "a lift twice",
            format!(
                "INSERT INTO lift VALUES ('{lifted}', '{}', NULL, 0, 0)",
                other.id
            ),
            unique("duplicate key"),
        ),
        (
            "a lift seconded by its officer",
            format!(
                "INSERT INTO lift VALUES ('{listed}', '{0}', '{0}', 0, 0)",
                other.id
            ),
            check,
        ),
        (
            "a longer time",
            "UPDATE lift SET due_at = due_at + 1".into(),
            "append-only",
        ),
        (
            "a motion removed",
            "DELETE FROM motion".into(),
            "append-only",
        ),
        (
            "a signature removed",
            "DELETE FROM motion_signature".into(),
            "append-only",
        ),
    ];
    for (what, sql, says) in tries {
        let refused = centre.sql(&sql).await.expect_err(what).to_string();
        assert!(refused.contains(says), "{what}: {refused}");
    }
    // And what is right goes through.
    centre.sql(&review(first, other)).await.unwrap();
    let rewritten = centre
        .sql("UPDATE lift_review SET outcome = 'reversed'")
        .await;
    assert!(rewritten.unwrap_err().to_string().contains("append-only"));
}

/// Triggers can be dropped by whoever owns the database; signatures cannot.
async fn an_altered_motion_is_found_and_not_seconded(engine: Engine) {
    let centre = Centre::on(engine).await;
    let (store, first, other) = (&centre.store, &centre.first, &centre.second);
    let listing = centre.approved("obmen.test", proposal()).await;
    publish(&centre, NOW).await;
    annul::propose(store, first, PASSWORD, &listing, "not-kz", "x", NOW + 60)
        .await
        .unwrap();
    let release = centre.dir.path().join("release");
    let whole = data::check::check(store, &release).await.unwrap();
    assert_eq!((whole.problems.len(), whole.signatures), (0, 3));
    let old = motion(&centre, &listing, NOW + 60).await;
    let altered = String::from_utf8(old.statement).unwrap();
    let altered = altered.replace("not-kz", "no-order");
    let hash = blocklist::Digest::of(altered.as_bytes());
    for (trigger, table) in [
        ("motion_keeps", "motion"),
        ("motion_signature_keeps", "motion_signature"),
    ] {
        let sql = engine.drop_trigger(trigger, table);
        centre.sql(&sql).await.unwrap();
    }
    let octets = engine.octets(&blocklist::digest::hex(altered.as_bytes()));
    let sql = format!("UPDATE motion SET statement = {octets}, statement_sha256 = '{hash}'");
    centre.sql(&sql).await.unwrap();
    let sql = format!("UPDATE motion_signature SET statement_sha256 = '{hash}'");
    centre.sql(&sql).await.unwrap();
    let altered = motion(&centre, &listing, NOW + 60).await;
    let refused = second(&centre, other, &altered, NOW + 90).await;
    assert!(matches!(refused, Err(DecideError::Store(_))), "{refused:?}");
    let found = data::check::check(store, &release).await.unwrap().problems;
    assert_eq!(found.len(), 1, "{found:?}");
    assert!(found[0].row.starts_with(&format!("{listing}, annul")));
}

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

/// A third officer may second what the first moved, and look at what the second lifted.
async fn any_other_officer_will_do(engine: Engine) {
    let centre = Centre::on(engine).await;
    let third = third(&centre).await;
    let listing = centre.approved("obmen.test", proposal()).await;
    publish(&centre, NOW).await;
    lift(&centre, &centre.second, &listing, NOW + 60).await;
    let store = &centre.store;
    review::review(
        store,
        &third,
        &listing,
        Outcome::Confirmed,
        "Gone.",
        NOW + 90,
    )
    .await
    .unwrap();
    let first = &centre.first;
    annul::propose(
        store,
        first,
        PASSWORD,
        &listing,
        "wrong-name",
        "Another.",
        NOW + 100,
    )
    .await
    .unwrap();
    let moved = motion(&centre, &listing, NOW + 100).await;
    second(&centre, &third, &moved, NOW + 110).await.unwrap();
    publish(&centre, NOW + 120).await;
    assert!(matches!(
        state(&centre, &listing, NOW + 120).await,
        ListingState::Annulled { .. }
    ));
    // A motion does not wait for ever.
    let other = centre.approved("other.test", proposal()).await;
    publish(&centre, NOW + 130).await;
    annul::propose(
        store,
        first,
        PASSWORD,
        &other,
        "wrong-name",
        "Another.",
        NOW + 130,
    )
    .await
    .unwrap();
    let moved = motion(&centre, &other, NOW + 130).await;
    let late = second(&centre, &third, &moved, NOW + 130 + 7 * DAY).await;
    assert!(
        matches!(late, Err(DecideError::ProposalExpired)),
        "{late:?}"
    );
}

data::both_engines!(
    the_number_of_an_emergency_follows_within_a_day,
    a_number_that_comes_too_late_is_refused,
    a_fourth_lift_of_a_day_waits_for_another_officer,
    another_officer_looks_at_every_lift,
    a_reversal_leaves_the_site_one_live_case,
    two_officers_annul_what_should_never_have_been,
    the_database_holds_who_may_end_a_listing,
    an_altered_motion_is_found_and_not_seconded,
    a_date_that_has_come_is_asked_about_once,
    lifting_answers_what_a_date_asked,
    any_other_officer_will_do,
);
