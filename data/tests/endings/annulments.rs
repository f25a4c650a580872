//! What should never have been, and what nobody may forge.

use super::*;

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

data::both_engines!(
    two_officers_annul_what_should_never_have_been,
    the_database_holds_who_may_end_a_listing,
    an_altered_motion_is_found_and_not_seconded
);
