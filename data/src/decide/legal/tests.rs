use blocklist::{
    fold::ListingState,
    guard::{GuardList, Reach, Tier},
    testing::name,
};

use super::*;
use crate::{
    ceremony, decide,
    testing::{ADMINS, Centre, Engine, NOW, PASSWORD, person, proposal},
};

crate::both_engines!(
    a_raised_name_goes_to_the_log_with_three_signatures,
    notice_comes_before_the_effect_or_nobody_signs,
    a_lawyer_sends_it_back,
    the_database_holds_it_too,
);

const DAY: i64 = DAY_SECONDS;

/// A centre in which `brand.test` is raised, and a lawyer works.
async fn centre(engine: Engine) -> (Centre, Officer) {
    let centre = Centre::on(engine).await;
    let brands = GuardList {
        list: "brands".into(),
        tier: Tier::Raised,
        reach: Reach::Tree,
        reason: "a name the world knows".into(),
        names: vec![name("brand.test")],
    };
    let store = &centre.store;
    ceremony::set_guard(store, brands, ADMINS, NOW)
        .await
        .unwrap();
    let lawyer = ceremony::add_officer(store, person("lawyer", Role::Legal), ADMINS, NOW)
        .await
        .unwrap();
    centre.publisher().await.step(NOW).await.unwrap();
    (centre, lawyer)
}

async fn shown(centre: &Centre, listing: &str) -> String {
    let held = case::proposal(&centre.store, listing).await.unwrap();
    held.unwrap().statement_sha256
}

async fn approve(centre: &Centre, listing: &str, at: i64) -> Result<(), DecideError> {
    let shown = shown(centre, listing).await;
    decide::approve(&centre.store, &centre.second, PASSWORD, listing, &shown, at).await
}

async fn sign(centre: &Centre, who: &Officer, listing: &str, at: i64) -> Result<(), DecideError> {
    let shown = shown(centre, listing).await;
    legal_sign(&centre.store, who, PASSWORD, listing, &shown, at).await
}

async fn queued(centre: &Centre) -> usize {
    queue::pending(&centre.store).await.unwrap().len()
}

async fn a_raised_name_goes_to_the_log_with_three_signatures(engine: Engine) {
    let (centre, lawyer) = centre(engine).await;
    let store = &centre.store;
    let listing = centre.proposed("www.brand.test", proposal()).await;
    let noticed = async |at| notices(store, at).await.unwrap();
    // One officer's word is nobody's business yet, and not the lawyer's.
    assert!(noticed(NOW).await.is_empty());
    let early = sign(&centre, &lawyer, &listing, NOW).await;
    assert!(matches!(early, Err(DecideError::Stale)), "{early:?}");
    approve(&centre, &listing, NOW + 60).await.unwrap();
    assert_eq!(queued(&centre).await, 0, "the log waits for the lawyer");
    let notice = noticed(NOW + 60).await.remove(0);
    assert_eq!(
        (
            notice.name.as_str(),
            notice.authority.as_str(),
            notice.signed
        ),
        ("www.brand.test", "Demo authority", false)
    );
    assert_eq!(notice.from, Timestamp(NOW + 60));
    assert!(notice.effective_at.0 >= notice.from.0 + RAISED_NOTICE_SECONDS);
    for officer in [&centre.first, &centre.second] {
        let other = sign(&centre, officer, &listing, NOW + 90).await;
        assert!(matches!(other, Err(DecideError::NotLegal)));
    }
    sign(&centre, &lawyer, &listing, NOW + 90).await.unwrap();
    assert_eq!(queued(&centre).await, 1);
    let twice = sign(&centre, &lawyer, &listing, NOW + 90).await;
    assert!(matches!(twice, Err(DecideError::Stale)));
    assert!(noticed(NOW + 90).await[0].signed);

    centre.publisher().await.step(NOW + 90).await.unwrap();
    let state = async |at| {
        store
            .folded(Timestamp(at))
            .await
            .unwrap()
            .listings
            .remove(0)
    };
    let before = state(notice.effective_at.0 - 1).await;
    assert!(matches!(before.state, ListingState::Scheduled { .. }));
    assert_eq!(before.signed_by.len(), 3);
    let after = state(notice.effective_at.0).await;
    assert!(
        matches!(after.state, ListingState::Listed { .. }),
        "{after:?}"
    );
    assert!(noticed(notice.effective_at.0).await.is_empty());
}

async fn notice_comes_before_the_effect_or_nobody_signs(engine: Engine) {
    let (centre, lawyer) = centre(engine).await;
    let store = &centre.store;
    let case = centre.plant_case("a.brand.test").await;
    let urgent = decide::Proposal {
        urgent: Some("At once".into()),
        ..proposal()
    };
    let refused = decide::propose(store, &centre.first, PASSWORD, &case, urgent, NOW).await;
    assert!(matches!(refused, Err(DecideError::RaisedUrgent)));

    // The second officer has three days; after that a day of notice no longer fits.
    let late = centre.proposed("b.brand.test", proposal()).await;
    let refused = approve(&centre, &late, NOW + 3 * DAY + 1).await;
    assert!(
        matches!(refused, Err(DecideError::NoticeTooShort(_))),
        "{refused:?}"
    );
    approve(&centre, &late, NOW + 3 * DAY).await.unwrap();
    // The lawyer has until the listing was to take effect.
    let refused = sign(&centre, &lawyer, &late, NOW + 4 * DAY).await;
    assert!(
        matches!(refused, Err(DecideError::NoticeTooShort(_))),
        "{refused:?}"
    );
    sign(&centre, &lawyer, &late, NOW + 4 * DAY - 1)
        .await
        .unwrap();

    // A name that became raised after it was proposed was never marked.
    let free = centre.proposed("late.test", proposal()).await;
    let more = GuardList {
        list: "more".into(),
        tier: Tier::Raised,
        reach: Reach::Tree,
        reason: "a name the world knows".into(),
        names: vec![name("late.test")],
    };
    ceremony::set_guard(store, more, ADMINS, NOW).await.unwrap();
    centre.publisher().await.step(NOW + 1).await.unwrap();
    let refused = approve(&centre, &free, NOW + 2).await;
    assert!(
        matches!(refused, Err(DecideError::Guarded(_))),
        "{refused:?}"
    );
}

async fn a_lawyer_sends_it_back(engine: Engine) {
    let (centre, lawyer) = centre(engine).await;
    let store = &centre.store;
    let listing = centre.proposed("brand.test", proposal()).await;
    let early = withhold(store, &lawyer, &listing, "No ground", NOW).await;
    assert!(matches!(early, Err(DecideError::Stale)));
    approve(&centre, &listing, NOW).await.unwrap();
    assert!(awaits_lawyer(store, &listing).await.unwrap());
    withhold(store, &lawyer, &listing, "No ground", NOW)
        .await
        .unwrap();
    assert!(notices(store, NOW).await.unwrap().is_empty());
    let gone = sign(&centre, &lawyer, &listing, NOW).await;
    assert!(matches!(gone, Err(DecideError::Stale)));

    // What three people signed is not sent back any more, and neither is any other listing.
    let case = case::of_listing(store, &listing).await.unwrap().unwrap();
    let again = decide::propose(store, &centre.first, PASSWORD, &case, proposal(), NOW).await;
    let again = again.unwrap().to_string();
    approve(&centre, &again, NOW).await.unwrap();
    sign(&centre, &lawyer, &again, NOW).await.unwrap();
    let plain = centre.approved("plain.test", proposal()).await;
    for listing in [again, plain] {
        let refused = withhold(store, &centre.first, &listing, "No", NOW).await;
        assert!(matches!(refused, Err(DecideError::Stale)));
        let case = case::of_listing(store, &listing).await.unwrap().unwrap();
        let sql = format!("UPDATE review_case SET state = 'open' WHERE id = '{case}'");
        assert!(centre.sql(&sql).await.is_err());
    }
}

async fn the_database_holds_it_too(engine: Engine) {
    let (centre, lawyer) = centre(engine).await;
    let listing = centre.proposed("brand.test", proposal()).await;
    let plain = centre.approved("plain.test", proposal()).await;
    let hash = shown(&centre, &listing).await;
    let third = |listing: &str, who: &Officer, hash: &str, at: i64| {
        format!(
            "INSERT INTO signature VALUES ('{listing}', 3, '{}', '{}', '{hash}', {}, {at})",
            who.id,
            who.key_id,
            engine.octets("00")
        )
    };
    let queue = format!(
        "INSERT INTO signed_statement VALUES (900, 'list', '{listing}', {}, 'x', 0)",
        engine.octets("00")
    );
    // Before the second officer, of a name that is not raised, and into the queue without a lawyer.
    let of_plain = shown(&centre, &plain).await;
    for sql in [
        third(&listing, &lawyer, &hash, NOW),
        third(&plain, &lawyer, &of_plain, NOW),
        queue.clone(),
    ] {
        assert!(centre.sql(&sql).await.is_err(), "{sql}");
    }
    approve(&centre, &listing, NOW).await.unwrap();
    for sql in [
        queue.clone(),
        third(&listing, &centre.first, &hash, NOW),
        third(&listing, &centre.second, &hash, NOW),
        third(&listing, &lawyer, &of_plain, NOW),
        third(&listing, &lawyer, &hash, NOW - 1),
        third(&listing, &lawyer, &hash, NOW + AHEAD_SECONDS),
        "DELETE FROM raised_notice".into(),
        "UPDATE raised_notice SET effective_at = 0".into(),
        format!("INSERT INTO raised_notice VALUES ('{plain}', 'l', 'p', 0)"),
    ] {
        assert!(centre.sql(&sql).await.is_err(), "{sql}");
    }
    centre
        .sql(&third(&listing, &lawyer, &hash, NOW))
        .await
        .unwrap();
    centre.sql(&queue).await.unwrap();
}
