//! How listings end, through the console's forms: numbers that follow, annulments, second looks, dates.

use std::sync::{Arc, atomic::Ordering};

use axum::{
    body::Body,
    http::{Request, StatusCode},
};
use blocklist::Timestamp;
use data::{ending::sweep, testing::PASSWORD};

use super::{Answer, House, ask, listing_of};
use crate::{block_page_router, dates, language::Lang};

/// What stands in the hidden field of this name.
fn hidden(page: &Answer, name: &str) -> String {
    let mark = format!("name=\"{name}\" value=\"");
    let (_, rest) = page.body.split_once(&mark).expect("a hidden field");
    rest.split('"').next().unwrap().to_owned()
}

/// Signs what waits on a listing's page as this officer.
async fn second(house: &House, cookie: &str, listing: &str) -> Answer {
    let page = house.get_as(cookie, listing).await;
    let form = [
        ("motion", hidden(&page, "motion")),
        ("statement_sha256", hidden(&page, "statement_sha256")),
        ("password", PASSWORD.to_owned()),
    ];
    let form: Vec<(&str, &str)> = form.iter().map(|(n, v)| (*n, v.as_str())).collect();
    house
        .post(cookie, &format!("{listing}/second"), &form)
        .await
}

/// An emergency listing in force: its number, and the cookies of the officers who signed.
async fn emergency(house: &House) -> (String, String, String) {
    let case = house.centre.plant_case("obmen.test").await;
    let (first, other) = (
        house.sign_in("officer-1").await,
        house.sign_in("officer-2").await,
    );
    let urgent = [
        ("number", ""),
        ("effective", "now"),
        ("urgent", "People are losing money today."),
    ];
    let id = listing_of(&house.propose(&first, &case, &urgent).await);
    let listing = format!("/en/console/listing/{id}");
    let page = house.get_as(&other, &listing).await;
    page.says("number to follow by");
    let sha256 = super::hidden_hash(&page.body);
    let form = [
        ("statement_sha256", sha256.as_str()),
        ("password", PASSWORD),
    ];
    house
        .post(&other, &format!("{listing}/approve"), &form)
        .await;
    house.publish().await;
    (id, first, other)
}

/// Wherever its order is shown it says until when the number is to follow; gives that moment.
async fn every_page_waits_for_the_number(house: &House, officer: &str, id: &str) -> Timestamp {
    let listing = house.get(&format!("/api/v1/listing/{id}")).await.json();
    let moment = |field: &str| Timestamp::parse(listing[field].as_str().unwrap()).unwrap();
    let due = moment("number_due");
    assert_eq!(due, moment("effective_at").plus(86_400));
    let register = house.get("/api/v1/register").await.json();
    assert_eq!(register["listings"][0]["number_due"], listing["number_due"]);
    let request = Request::get("/").header("host", "obmen.test");
    let block_page = block_page_router(Arc::clone(&house.web));
    let block_page = ask(&block_page, request.body(Body::empty()).unwrap()).await;
    for (lang, before, after) in [
        (
            Lang::Kk,
            "нөмірі ",
            " дейін берілуі керек, әйтпесе жазба аяқталады",
        ),
        (
            Lang::Ru,
            "номер должны указать до ",
            ", иначе запись прекратится",
        ),
        (Lang::En, "number to follow by ", ", else the listing ends"),
    ] {
        let words = format!("{before}{}{after}", dates::date_time(lang, due.0));
        block_page.says(&words);
        for path in [
            "register",
            "changes.atom",
            "changes.json",
            &format!("i/{id}"),
        ] {
            house.get(&format!("/{lang}/{path}")).await.says(&words);
        }
        for path in ["listings", &format!("listing/{id}")] {
            let path = format!("/{lang}/console/{path}");
            house.get_as(officer, &path).await.says(&words);
        }
    }
    due
}

#[tokio::test]
async fn an_emergency_that_ended_for_want_of_its_number_says_so() {
    let house = House::new().await;
    let (id, ..) = emergency(&house).await;
    house.clock.fetch_add(86_400, Ordering::SeqCst);
    house.publish().await;
    for path in ["register", "changes.json", &format!("i/{id}")] {
        let page = house.get(&format!("/en/{path}")).await;
        page.says("no number was given");
        assert!(!page.body.contains("to follow"), "{path}");
    }
    let listing = house.get(&format!("/api/v1/listing/{id}")).await.json();
    assert_eq!(listing["state"], "expired");
    assert!(listing["number_due"].is_null() && listing["order"]["number"].is_null());
}

#[tokio::test]
async fn the_number_of_an_emergency_follows() {
    let house = House::new().await;
    let (id, first, other) = emergency(&house).await;
    let listing = format!("/en/console/listing/{id}");
    let due = every_page_waits_for_the_number(&house, &first, &id).await;
    let before = house.get(&format!("/api/v1/listing/{id}")).await.json();
    assert_eq!(before["number_due"], due.to_string());

    house.clock.fetch_add(600, Ordering::SeqCst);
    house
        .get_as(&first, &listing)
        .await
        .says("The number of the order is missing")
        .says("23 h 50 min left");
    let number = format!("{listing}/number");
    let empty = house
        .post(&first, &number, &[("number", " "), ("password", PASSWORD)])
        .await;
    assert_eq!(empty.status, StatusCode::UNPROCESSABLE_ENTITY);
    empty.says("Give the number").says("href=\"#number\"");
    let wrong = house
        .post(&first, &number, &[("number", "№ 8"), ("password", "wrong")])
        .await;
    wrong
        .says("href=\"#number-password\"")
        .says("value=\"№ 8\"");
    let moved = house
        .post(
            &first,
            &number,
            &[("number", "№ 8"), ("password", PASSWORD)],
        )
        .await;
    assert_eq!(moved.location(), format!("{listing}?done=moved"));
    house
        .get_as(&first, &listing)
        .await
        .says("Another officer must sign the same words");
    house
        .get_as(&other, "/en/console/reviews")
        .await
        .says("Number of the order")
        .says("obmen.test");
    let woken = house.woken.load(Ordering::SeqCst);
    let signed = second(&house, &other, &listing).await;
    assert_eq!(signed.location(), format!("{listing}?done=numbered"));
    assert_eq!(house.woken.load(Ordering::SeqCst), woken + 1);
    house.publish().await;
    let page = house.get_as(&first, &listing).await;
    page.says("№ 8");
    assert!(!page.body.contains("The number of the order is missing"));
    house.get(&format!("/en/i/{id}")).await.says("№ 8");
    // What the two signed at first stays what it was.
    let after = house.get(&format!("/api/v1/listing/{id}")).await.json();
    assert_eq!(after["order"]["number"], "№ 8");
    assert_eq!(after["statement_sha256"], before["statement_sha256"]);
    assert_eq!(after["number_due"], serde_json::Value::Null);
}

#[tokio::test]
async fn an_annulment_takes_two_and_says_that_it_was_our_error() {
    let house = House::new().await;
    let id = house.list("obmen.test").await;
    let (first, other) = (
        house.sign_in("officer-1").await,
        house.sign_in("officer-2").await,
    );
    let listing = format!("/en/console/listing/{id}");
    let annul = format!("{listing}/annul");
    let words = [("reason", "A flower shop."), ("password", PASSWORD)];
    let refused = house.post(&first, &annul, &words).await;
    refused
        .says("Choose a reason")
        .says("A flower shop.")
        .says("href=\"#annul-code\"");
    let form = [
        ("reason_code", "not-exchange"),
        ("reason", "A flower shop."),
        ("password", PASSWORD),
    ];
    let moved = house.post(&first, &annul, &form).await;
    assert_eq!(moved.location(), format!("{listing}?done=moved"));
    house.publish().await;
    house.get(&format!("/en/i/{id}")).await.says("Blocked");
    house
        .get_as(&other, &listing)
        .await
        .says("Annulment")
        .says("The site is not an exchange. A flower shop.");
    let signed = second(&house, &other, &listing).await;
    assert_eq!(signed.location(), format!("{listing}?done=annulled"));
    house.publish().await;
    for (lang, error, reason) in [
        (
            "kk",
            "Күші жойылды: біздің қате",
            "Сайт айырбастау орны емес",
        ),
        ("ru", "Аннулировано: наша ошибка", "Сайт не обменник"),
        ("en", "Annulled: our error", "The site is not an exchange"),
    ] {
        let page = house.get(&format!("/{lang}/i/{id}")).await;
        page.says(error)
            .says(reason)
            .says("<meta name=\"robots\" content=\"noindex\">");
        assert!(
            !page.body.contains("No licence was found") && !page.body.contains("A flower shop"),
            "what was wrong is not said again, nor what colleagues noted"
        );
    }
    house
        .get_as(&first, &listing)
        .await
        .says("Nothing more can be done here");
}

#[tokio::test]
async fn lifts_are_looked_at_and_the_fourth_waits() {
    let house = House::new().await;
    let mut listings = Vec::new();
    for host in ["a.test", "b.test", "c.test", "d.test"] {
        listings.push(house.list(host).await);
    }
    let (first, other) = (
        house.sign_in("officer-1").await,
        house.sign_in("officer-2").await,
    );
    let form = [
        ("reason_code", "closed"),
        ("reason", "gone"),
        ("password", PASSWORD),
    ];
    for (at, id) in listings.iter().enumerate() {
        let listing = format!("/en/console/listing/{id}");
        let lifted = house.post(&first, &format!("{listing}/lift"), &form).await;
        let done = if at < 3 { "lifted" } else { "lift-waits" };
        assert_eq!(lifted.location(), format!("{listing}?done={done}"));
    }
    let fourth = format!("/en/console/listing/{}", listings[3]);
    house
        .get_as(&first, &format!("{fourth}?done=lift-waits"))
        .await
        .says("three lifts today");
    let signed = second(&house, &other, &fourth).await;
    assert_eq!(signed.location(), format!("{fourth}?done=lifted"));

    let listing = format!("/en/console/listing/{}", listings[0]);
    let review = format!("{listing}/review");
    house
        .get_as(&first, &listing)
        .await
        .says("You lifted this. Another officer must look at it.");
    let look = |outcome| [("outcome", outcome), ("reason", "I looked: it is there.")];
    let own = house.post(&first, &review, &look("confirm")).await;
    assert_eq!(own.status, StatusCode::UNPROCESSABLE_ENTITY);
    own.says("Another officer must look at it");
    let unsaid = house.post(&other, &review, &look("")).await;
    unsaid
        .says("Say whether the lift was right")
        .says("it is there.");
    house
        .get_as(&other, "/en/console/reviews")
        .await
        .says("To be looked at by 24 November 2026");
    // Saturday's lifts are overdue on Tuesday.
    house.clock.fetch_add(3 * 86_400, Ordering::SeqCst);
    let other = house.sign_in("officer-2").await;
    house
        .get_as(&other, "/en/console/reviews")
        .await
        .says("Overdue lifts: 3");
    let reversed = house.post(&other, &review, &look("reverse")).await;
    assert_eq!(reversed.location(), format!("{listing}?done=reversed"));
    let page = house.get_as(&other, "/en/console/reviews").await;
    page.says("Overdue lifts: 2");
    assert!(!page.body.contains("a.test"));
    house.get_as(&other, "/en/console").await.says("a.test");
}

#[tokio::test]
async fn a_date_that_has_come_is_answered() {
    let house = House::new().await;
    let id = house.list("obmen.test").await;
    house.clock.fetch_add(183 * 86_400, Ordering::SeqCst);
    let now = house.clock.load(Ordering::SeqCst);
    sweep::sweep(&house.centre.store, now).await.unwrap();
    let first = house.sign_in("officer-1").await;
    house
        .get_as(&first, "/en/console/reviews")
        .await
        .says("The date for the review has come")
        .says("this alone is no reason to lift");
    let listing = format!("/en/console/listing/{id}");
    let keep = format!("{listing}/keep");
    let refused = house.post(&first, &keep, &[("reason", "")]).await;
    refused.says("href=\"#keep-reason\"");
    let kept = house
        .post(&first, &keep, &[("reason", "Still there.")])
        .await;
    assert_eq!(kept.location(), format!("{listing}?done=kept"));
    let again = house
        .post(&first, &keep, &[("reason", "Still there.")])
        .await;
    assert_eq!(again.status, StatusCode::UNPROCESSABLE_ENTITY);
}
