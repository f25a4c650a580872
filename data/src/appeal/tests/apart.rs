//! Who decides, held by the program and by the database.

use super::*;

/// Each person who signed the listing, each thing to do with the appeal: refused by the program and
/// by the database.
async fn whoever_signed_the_listing_decides_nothing(engine: Engine) {
    let stage = Stage::on(engine).await;
    let store = &stage.centre.store;
    let received = stage.report().await;
    let taken = stage.send(Kind::Report, "Another error it is.", NOW).await;
    let taken = taken.unwrap();
    decide::take(store, &stage.third, &taken.id, NOW)
        .await
        .unwrap();
    let legal = add(&stage.centre, "legal-1", Role::Legal).await;
    // The third signature of the listing, put there past the rule of when a lawyer signs: what matters
    // here is that it stands.
    let past = engine.drop_trigger("signature_in_notice", "signature");
    stage.centre.sql(&past).await.unwrap();
    let hash = case::proposal(store, &stage.listing)
        .await
        .unwrap()
        .unwrap()
        .statement_sha256;
    let sql = format!(
        "INSERT INTO signature VALUES ('{}', 3, '{}', '{}', '{hash}', {}, 0)",
        stage.listing,
        legal.id,
        legal.key_id,
        engine.octets("00")
    );
    stage.centre.sql(&sql).await.unwrap();
    let admin = officer::all(store).await.unwrap().remove(0);
    for (who, part) in [
        (&stage.centre.first, "the proposer"),
        (&stage.centre.second, "the approver"),
        (&legal, "the legal signer"),
        (&admin, "an admin"),
    ] {
        let id = &received.id;
        let refusals = [
            decide::take(store, who, id, NOW).await,
            decide::take(store, who, &taken.id, NOW).await,
            decide::reject(store, who, &taken.id, REJECTED, NOW).await,
            decide::uphold(store, who, PASSWORD, &taken.id, Outcome::Lift, UPHELD, NOW).await,
            keep::contact(store, who, &taken.id, NOW).await.map(|_| ()),
        ];
        for refused in refusals {
            let expected = match who.role {
                Role::Officer => matches!(refused, Err(AppealError::TookPart)),
                _ => matches!(refused, Err(AppealError::NotAnOfficer)),
            };
            assert!(expected, "{part}: {refused:?}");
        }
        for (id, kind, state, outcome, seq) in [
            (id, "take", "taken", "NULL", 2),
            (&taken.id, "take", "taken", "NULL", 3),
            (&taken.id, "reject", "rejected", "NULL", 3),
            (&taken.id, "uphold", "upheld", "'lift'", 3),
        ] {
            let sql = format!(
                "INSERT INTO appeal_event VALUES ('{id}', {seq}, 0, '{kind}', '{state}', '{}', {outcome}, '', '')",
                who.id
            );
            let refused = stage.centre.sql(&sql).await.expect_err(part).to_string();
            let says = [
                "signed the listing",
                "active officer",
                "ends the listing",
                "has taken",
            ];
            assert!(
                says.iter().any(|says| refused.contains(says)),
                "{part}: {refused}"
            );
        }
    }
    // Nor does the legal signer in another role.
    let sql = format!(
        "UPDATE officer SET role = 'officer' WHERE id = '{}'",
        legal.id
    );
    stage.centre.sql(&sql).await.unwrap();
    let legal = officer::load(store, &legal.id).await.unwrap().unwrap();
    let refused = decide::take(store, &legal, &received.id, NOW).await;
    assert!(matches!(refused, Err(AppealError::TookPart)));
    let row = |id: &str| {
        format!(
            "INSERT INTO appeal_event VALUES ('{}', 3, 0, 'take', 'taken', '{id}', NULL, '', '')",
            taken.id
        )
    };
    let refused = stage
        .centre
        .sql(&row(&legal.id))
        .await
        .unwrap_err()
        .to_string();
    assert!(refused.contains("whoever signed the listing"), "{refused}");
    // The very same rows by somebody who signed nothing are let in, so it is the person that was refused.
    let sql = format!(
        "INSERT INTO appeal_event VALUES ('{}', 3, 0, 'reject', 'rejected', '{}', NULL, '', '')",
        taken.id, stage.third.id
    );
    stage.centre.sql(&sql).await.unwrap();
    let file = case::load(store, "C-2026-000001").await.unwrap().unwrap();
    assert_eq!(file.case.state, "listed");
    assert_eq!(file.decisions.len(), 2, "nobody decided anything");
}

/// What somebody with a database console tries.
async fn the_database_holds_the_steps(engine: Engine) {
    let stage = Stage::on(engine).await;
    let (third, fourth) = (
        &stage.third,
        &add(&stage.centre, "officer-4", Role::Officer).await,
    );
    let taken = stage.taken().await.id;
    let owner = stage.send(Kind::Owner, TEXT, NOW).await.unwrap().id;
    let event = |id: &str,
                 seq: i64,
                 kind: &str,
                 state: &str,
                 officer: Option<&str>,
                 outcome: &str| {
        let officer = officer.map_or("NULL".to_owned(), |id| format!("'{id}'"));
        format!(
            "INSERT INTO appeal_event VALUES ('{id}', {seq}, 0, '{kind}', '{state}', {officer}, {outcome}, '', '')"
        )
    };
    let (by_third, by_fourth) = (Some(third.id.as_str()), Some(fourth.id.as_str()));
    let tries = [
        (
            event(&taken, 3, "uphold", "upheld", by_third, "'lift'"),
            "ends the listing",
        ),
        (
            event(&taken, 3, "uphold", "upheld", by_third, "NULL"),
            "ends the listing",
        ),
        (
            event(&taken, 3, "reject", "rejected", by_third, "'lift'"),
            "ends the listing",
        ),
        (
            event(&taken, 3, "reject", "rejected", by_fourth, "NULL"),
            "has taken the appeal",
        ),
        (
            event(&taken, 3, "reject", "rejected", None, "NULL"),
            "cannot take this step",
        ),
        (
            event(&taken, 3, "reject", "upheld", by_third, "NULL"),
            "cannot take this step",
        ),
        (
            event(&taken, 4, "reject", "rejected", by_third, "NULL"),
            "cannot take this step",
        ),
        (
            event(&taken, 3, "erase", "taken", None, "NULL"),
            "cannot take this step",
        ),
        (
            event(&owner, 2, "take", "taken", by_third, "NULL"),
            "cannot take this step",
        ),
        (
            event(&owner, 2, "prove", "proved", by_third, "NULL"),
            "cannot take this step",
        ),
        (
            "UPDATE appeal SET kind = 'report', token = NULL".into(),
            "append-only",
        ),
        (
            "UPDATE appeal_event SET officer_id = NULL".into(),
            "append-only",
        ),
        ("DELETE FROM appeal_event".into(), "append-only"),
        ("DELETE FROM appeal".into(), "append-only"),
        ("DELETE FROM appeal_step".into(), "append-only"),
        ("UPDATE appeal_words SET words = 'x'".into(), "append-only"),
        ("DELETE FROM appeal_words".into(), "of an open appeal stay"),
        (
            "DELETE FROM appeal_contact".into(),
            "of an open appeal stay",
        ),
    ];
    for (sql, says) in tries {
        let refused = stage.centre.sql(&sql).await.expect_err(&sql).to_string();
        assert!(refused.contains(says), "{sql}: {refused}");
    }
    // An owner's appeal that skips its proof.
    let sql = format!(
        "INSERT INTO appeal SELECT 'A-1', listing_id, host, kind, 0, 'x', 'y', 'z' FROM appeal WHERE id = '{owner}'"
    );
    stage.centre.sql(&sql).await.unwrap();
    let skipped = event("A-1", 1, "receive", "received", None, "NULL");
    let refused = stage.centre.sql(&skipped).await.unwrap_err().to_string();
    assert!(refused.contains("an owner proves control"), "{refused}");
}

async fn one_officer_holds_an_appeal_and_another_may_take_it_over(engine: Engine) {
    let stage = Stage::on(engine).await;
    let store = &stage.centre.store;
    let fourth = add(&stage.centre, "officer-4", Role::Officer).await;
    let id = stage.taken().await.id;
    let not_mine = decide::reject(store, &fourth, &id, REJECTED, NOW + 2).await;
    assert!(matches!(not_mine, Err(AppealError::NotTaken)));
    let twice = decide::take(store, &stage.third, &id, NOW + 2).await;
    assert!(matches!(twice, Err(AppealError::Stale)));
    let contact = keep::contact(store, &fourth, &id, NOW + 2).await;
    assert!(matches!(contact, Err(AppealError::NotTaken)));
    decide::take(store, &fourth, &id, NOW + 3).await.unwrap();
    let contact = keep::contact(store, &fourth, &id, NOW + 4).await.unwrap();
    assert_eq!(contact.as_deref(), Some(CONTACT));
    let opened: i64 = stage
        .count("audit WHERE action = 'appeal.contact' AND subject LIKE 'A-%'")
        .await;
    assert_eq!(opened, 1);
    let lost = decide::reject(store, &stage.third, &id, REJECTED, NOW + 5).await;
    assert!(matches!(lost, Err(AppealError::NotTaken)));
    for (decision, field) in [
        (
            Decision {
                reason_code: "licensed",
                ..REJECTED
            },
            "reason_code",
        ),
        (
            Decision {
                answer: " ",
                ..REJECTED
            },
            "answer",
        ),
    ] {
        let refused = decide::reject(store, &fourth, &id, decision, NOW + 5).await;
        assert!(matches!(refused, Err(AppealError::Field(f)) if f == field));
    }
    decide::reject(store, &fourth, &id, REJECTED, NOW + 6)
        .await
        .unwrap();
}

crate::both_engines!(
    whoever_signed_the_listing_decides_nothing,
    the_database_holds_the_steps,
    one_officer_holds_an_appeal_and_another_may_take_it_over
);
