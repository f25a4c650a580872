//! The number of an emergency listing's order.

use super::*;

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

data::both_engines!(
    the_number_of_an_emergency_follows_within_a_day,
    a_number_that_comes_too_late_is_refused
);
