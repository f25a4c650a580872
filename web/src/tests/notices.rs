//! Names of the raised tier: public notice, the lawyer's page; and figures of campaigns.

use std::sync::atomic::Ordering;

use axum::http::StatusCode;
use blocklist::{
    guard::{GuardList, Reach, Tier},
    key::Role,
    testing::name,
    time::Day,
};
use data::{
    campaign::{self, Kind, NewCampaign, NewFigure, Rate, Titles},
    ceremony, decide,
    money::Unit,
    testing::{ADMINS, NOW, PASSWORD, person},
};

use super::{House, hidden_hash, listing_of};

const LANGS: [&str; 3] = ["kk", "ru", "en"];

async fn house() -> House {
    let house = House::new().await;
    let brands = GuardList {
        list: "brands".into(),
        tier: Tier::Raised,
        reach: Reach::Tree,
        reason: "a name the world knows".into(),
        names: vec![name("brand.test")],
    };
    let store = &house.centre.store;
    ceremony::set_guard(store, brands, ADMINS, NOW)
        .await
        .unwrap();
    ceremony::add_officer(store, person("lawyer", Role::Legal), ADMINS, NOW)
        .await
        .unwrap();
    house.publish().await;
    house
}

#[tokio::test]
async fn a_raised_name_is_announced_and_a_lawyer_signs_third() {
    let house = house().await;
    let case = house.centre.plant_case("brand.test").await;
    let (first, second) = (
        house.sign_in("officer-1").await,
        house.sign_in("officer-2").await,
    );
    house
        .get_as(&first, &format!("/en/console/case/{case}"))
        .await
        .says("Widely known name")
        .says("a third, legal signature");
    let proposed = house.propose(&first, &case, &[]).await;
    assert_eq!(proposed.status, StatusCode::SEE_OTHER, "{}", proposed.body);
    let id = listing_of(&proposed);
    let quiet = house.get("/api/v1/notices").await.json();
    assert_eq!(quiet["notices"].as_array().unwrap().len(), 0);

    let listing = format!("/en/console/listing/{id}");
    let sha256 = hidden_hash(&house.get_as(&second, &listing).await.body);
    let signing = [
        ("statement_sha256", sha256.as_str()),
        ("password", PASSWORD),
    ];
    let approved = house
        .post(&second, &format!("{listing}/approve"), &signing)
        .await;
    assert!(
        approved.location().ends_with("?done=approved-raised"),
        "{}",
        approved.body
    );
    let waiting = house.get_as(&second, &listing).await;
    waiting
        .says("Waits for a lawyer, under public notice")
        .says(&format!("/en/console/to-sign/{id}"));
    assert!(!waiting.body.contains("/lift\""), "it is in no log yet");
    let all = house.get_as(&second, "/en/console/listings").await;
    all.says("Waits for a lawyer, under public notice");
    assert!(!all.body.contains("being written to the log"));

    // Public, in three languages and as data, before it is in the log, and nothing about people.
    let announced = house.get("/api/v1/notices").await.json();
    let notice = &announced["notices"][0];
    assert_eq!(notice["name"], "brand.test");
    assert_eq!(notice["legal_signature"], false);
    for lang in LANGS {
        let page = house.get(&format!("/{lang}/notices")).await;
        page.says("brand.test").says("Комитет (demo)");
        assert!(!page.body.contains("officer-1"), "{}", page.body);
    }
    house.publish().await;
    let page = house.get(&format!("/en/i/{id}")).await;
    assert_eq!(page.status, StatusCode::NOT_FOUND);

    // Officers see it and cannot sign it; the lawyer can, once.
    let to_sign = format!("/en/console/to-sign/{id}");
    house
        .get_as(&second, &to_sign)
        .await
        .says("Only a legal account signs here");
    let refused = house.post(&second, &to_sign, &signing).await;
    assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY);
    refused.says("Only a legal account gives the third signature");
    let lawyer = house.sign_in("lawyer").await;
    house
        .get_as(&lawyer, "/en/console/to-sign")
        .await
        .says(&format!("/en/console/to-sign/{id}"));
    let page = house.get_as(&lawyer, &to_sign).await;
    assert_eq!(hidden_hash(&page.body), sha256);
    let woken = house.woken.load(Ordering::SeqCst);
    let signed = house.post(&lawyer, &to_sign, &signing).await;
    assert_eq!(signed.status, StatusCode::SEE_OTHER, "{}", signed.body);
    assert_eq!(house.woken.load(Ordering::SeqCst), woken + 1);
    house
        .get_as(&lawyer, "/en/console/to-sign?done=signed")
        .await
        .says("Nothing waits for a third signature");
    house.publish().await;
    let announced = house.get("/api/v1/notices").await.json();
    assert_eq!(announced["notices"][0]["legal_signature"], true);
    house
        .get_as(&lawyer, &listing)
        .await
        .says("Third signature (legal)");
    let listed = house.get(&format!("/api/v1/listing/{id}")).await.json();
    assert_eq!(listed["state"], "scheduled");
    house
        .clock
        .store(NOW + 60 + decide::AHEAD_SECONDS, Ordering::SeqCst);
    house.publish().await;
    let listed = house.get(&format!("/api/v1/listing/{id}")).await.json();
    assert_eq!(listed["state"], "blocked");
    house
        .get("/en/notices")
        .await
        .says("No name is under notice");
}

#[tokio::test]
async fn a_lawyer_sends_a_proposal_back() {
    let house = house().await;
    let case = house.centre.plant_case("brand.test").await;
    let first = house.sign_in("officer-1").await;
    let id = listing_of(&house.propose(&first, &case, &[]).await);
    let second = house.sign_in("officer-2").await;
    let listing = format!("/en/console/listing/{id}");
    let sha256 = hidden_hash(&house.get_as(&second, &listing).await.body);
    let signing = [
        ("statement_sha256", sha256.as_str()),
        ("password", PASSWORD),
    ];
    house
        .post(&second, &format!("{listing}/approve"), &signing)
        .await;
    let lawyer = house.sign_in("lawyer").await;
    let path = format!("/en/console/to-sign/{id}/withhold");
    let silent = house.post(&lawyer, &path, &[("reason", " ")]).await;
    assert_eq!(silent.status, StatusCode::UNPROCESSABLE_ENTITY);
    let back = house.post(&lawyer, &path, &[("reason", "No ground")]).await;
    assert!(back.location().ends_with("done=withheld"), "{}", back.body);
    house.get("/kk/notices").await.says("Қазір мұндай атау жоқ");
}

#[tokio::test]
async fn campaigns_show_what_another_confirmed() {
    let house = House::new().await;
    let store = &house.centre.store;
    let (first, second) = (&house.centre.first, &house.centre.second);
    let day = |text| Day::parse(text).unwrap();
    let new = NewCampaign {
        code: "spring",
        titles: Titles {
            kk: "Көктем".into(),
            ru: "Весна".into(),
            en: "Spring <b>".into(),
        },
        days: (day("2026-03-01"), day("2026-05-31")),
    };
    campaign::add(store, first, new, NOW).await.unwrap();
    let figure = |unit, amount, rate| NewFigure {
        kind: Kind::Seized,
        unit,
        amount,
        rate,
        source: "Letter 12".into(),
        document: None,
        listing: None,
        replaces: None,
        line: None,
    };
    let rate = Rate {
        parts: 5_123_500,
        on: day("2026-05-31"),
        source: "National Bank".into(),
    };
    let figures = [
        figure(Unit::Usdt, 1_500_000_000_000, Some(rate)),
        figure(Unit::Usd, 1_050, None),
    ];
    campaign::enter(store, first, "spring", &figures, NOW)
        .await
        .unwrap();
    for lang in LANGS {
        let page = house.get(&format!("/{lang}/campaigns")).await;
        assert!(!page.body.contains("Letter 12"), "{}", page.body);
    }
    let quiet = house.get("/api/v1/campaigns").await.json();
    assert_eq!(quiet["campaigns"].as_array().unwrap().len(), 0);
    campaign::confirm(store, second, "spring", &[1, 2], NOW)
        .await
        .unwrap();
    for (lang, title) in [
        ("kk", "Көктем"),
        ("ru", "Весна"),
        ("en", "Spring &#60;b&#62;"),
    ] {
        let page = house.get(&format!("/{lang}/campaigns")).await;
        page.says(title).says("Letter 12");
        page.says("768\u{a0}525\u{a0}000\u{a0}₸");
        assert!(!page.body.contains("officer-1"), "{}", page.body);
    }
    let json = house.get("/api/v1/campaigns").await.json();
    assert_eq!(json["totals"][0]["sums"][0]["amount"], "1500000");
    assert_eq!(json["totals"][0]["in_tenge"]["amount"], "768525000");
    assert_eq!(
        json["totals"][0]["in_tenge"]["left_out"][0]["amount"],
        "10.5"
    );
    assert_eq!(json["campaigns"][0]["figures"][0]["rate"], "512.35");
    assert!(!json.to_string().contains("officer"), "{json}");
}
