//! One officer lifts, and another looks.

use super::*;

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
    // The day is the office's: it ends at 19:00 UTC. The database counts the same day.
    let tomorrow = Timestamp::parse("2026-11-21T19:00:00Z").unwrap().0;
    let alone = format!(
        "INSERT INTO lift VALUES ('{}', '{}', NULL, {}, {tomorrow})",
        more[0],
        first.id,
        tomorrow - 1
    );
    let refused = centre.sql(&alone).await.unwrap_err().to_string();
    assert!(refused.contains("takes another officer's"), "{refused}");
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
    a_fourth_lift_of_a_day_waits_for_another_officer,
    another_officer_looks_at_every_lift,
    a_reversal_leaves_the_site_one_live_case,
    any_other_officer_will_do
);
