//! Signing: the road of a listing through two officers, and every way it is refused.

use std::sync::atomic::Ordering;

use axum::http::StatusCode;
use data::testing::PASSWORD;

use super::{House, hidden_hash, listing_of};

#[tokio::test]
async fn two_officers_list_and_one_lifts() {
    let house = House::new().await;
    let case = house.centre.plant_case("obmen.test").await;
    let first = house.sign_in("officer-1").await;
    house
        .get_as(&first, "/en/console")
        .await
        .says("obmen.test")
        .says("98%");
    let page = house
        .get_as(&first, &format!("/en/console/case/{case}"))
        .await;
    page.says("Checklist")
        .says("<mark>USDT</mark>")
        .says("Propose to block")
        .says("no licence in any register");

    let proposed = house.propose(&first, &case, &[]).await;
    let id = listing_of(&proposed);
    let listing = format!("/en/console/listing/{id}");
    house
        .get_as(&first, &format!("{listing}?done=proposed"))
        .await
        .says("Your signature is stored")
        .says("Another officer must approve it");
    assert_eq!(house.woken.load(Ordering::SeqCst), 0);
    assert_eq!(
        house.get(&format!("/en/i/{id}")).await.status,
        StatusCode::NOT_FOUND,
        "nothing public before the log"
    );
    house
        .get("/en/check?q=obmen.test")
        .await
        .says("We do not know this site");

    let second = house.sign_in("officer-2").await;
    house
        .get_as(&second, "/en/console/listings")
        .await
        .says(&id)
        .says("officer-1");
    let page = house.get_as(&second, &listing).await;
    page.says("Evidence first")
        .says("Sells USDT for tenge.")
        .says("order.txt");
    let document = house.get_as(&second, &format!("{listing}/document")).await;
    assert_eq!(document.body, "The order.");
    assert!(
        document
            .header("content-disposition")
            .starts_with("attachment")
    );
    let sha256 = hidden_hash(&page.body);
    let form = [
        ("statement_sha256", sha256.as_str()),
        ("password", PASSWORD),
    ];
    let approved = house
        .post(&second, &format!("{listing}/approve"), &form)
        .await;
    assert_eq!(approved.location(), format!("{listing}?done=approved"));
    assert_eq!(house.woken.load(Ordering::SeqCst), 1);
    let again = house
        .post(&second, &format!("{listing}/approve"), &form)
        .await;
    assert_eq!(again.status, StatusCode::UNPROCESSABLE_ENTITY);
    again.says("moved this case");
    house.publish().await;
    house.get(&format!("/en/i/{id}")).await.says("Blocked");

    house.clock.fetch_add(100, Ordering::SeqCst);
    let lift = format!("{listing}/lift");
    let refused = house
        .post(&second, &lift, &[("reason", "x"), ("password", PASSWORD)])
        .await;
    refused.says("Choose a reason");
    let refused = house
        .post(
            &second,
            &lift,
            &[
                ("reason_code", "closed"),
                ("reason", "gone"),
                ("password", "wrong"),
            ],
        )
        .await;
    refused
        .says("The password is wrong")
        .says("href=\"#lift-password\"");
    let lifted = house
        .post(
            &second,
            &lift,
            &[
                ("reason_code", "closed"),
                ("reason", "gone"),
                ("password", PASSWORD),
            ],
        )
        .await;
    assert_eq!(lifted.location(), format!("{listing}?done=lifted"));
    assert_eq!(house.woken.load(Ordering::SeqCst), 2);
    house.publish().await;
    house
        .get(&format!("/en/i/{id}"))
        .await
        .says("The block was lifted")
        .says("The site closed");
    house
        .get("/en/check?q=obmen.test")
        .await
        .says("We do not know this site");
}

#[tokio::test]
async fn one_officer_is_never_two() {
    let house = House::new().await;
    let case = house.centre.plant_case("obmen.test").await;
    let first = house.sign_in("officer-1").await;
    let id = listing_of(&house.propose(&first, &case, &[]).await);
    // The form is not offered; sending it anyway is refused.
    let second = house.sign_in("officer-2").await;
    let sha256 = hidden_hash(
        &house
            .get_as(&second, &format!("/en/console/listing/{id}"))
            .await
            .body,
    );
    let answer = house
        .post(
            &first,
            &format!("/en/console/listing/{id}/approve"),
            &[("statement_sha256", &sha256), ("password", PASSWORD)],
        )
        .await;
    assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY);
    answer.says("Another officer must give the second signature");
    assert_eq!(house.woken.load(Ordering::SeqCst), 0);
}

#[tokio::test]
async fn a_statement_that_is_not_the_one_shown_is_not_signed() {
    let house = House::new().await;
    let case = house.centre.plant_case("obmen.test").await;
    let first = house.sign_in("officer-1").await;
    let id = listing_of(&house.propose(&first, &case, &[]).await);
    let second = house.sign_in("officer-2").await;
    let other = "0".repeat(64);
    let answer = house
        .post(
            &second,
            &format!("/en/console/listing/{id}/approve"),
            &[("statement_sha256", &other), ("password", PASSWORD)],
        )
        .await;
    assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY);
    answer.says("The statement has changed");
    // Bytes altered in the store behind the first signature: the hash the form shows no longer fits.
    house
        .centre
        .sql("DROP TRIGGER proposal_keeps")
        .await
        .unwrap();
    let alter = "UPDATE proposal SET statement = CAST(replace(CAST(statement AS TEXT), 'obmen.test', 'other.test') AS BLOB)";
    assert_eq!(house.centre.sql(alter).await.unwrap(), 1);
    let page = house
        .get_as(&second, &format!("/en/console/listing/{id}"))
        .await;
    let sha256 = hidden_hash(&page.body);
    let answer = house
        .post(
            &second,
            &format!("/en/console/listing/{id}/approve"),
            &[("statement_sha256", &sha256), ("password", PASSWORD)],
        )
        .await;
    assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY);
    answer.says("The statement has changed");
    assert_eq!(house.woken.load(Ordering::SeqCst), 0);
}

#[tokio::test]
async fn a_proposal_that_cannot_stand_says_why_and_keeps_what_was_typed() {
    let house = House::new().await;
    let case = house.centre.plant_case("obmen.test").await;
    let first = house.sign_in("officer-1").await;
    for (field, value, said) in [
        ("document", "", "Attach the order document"),
        ("authority", " ", "Name the authority"),
        ("number", "", "Give the number"),
        ("date", "soon", "Give the date"),
        ("date", "2027-01-01", "lies in the future"),
        ("reason", "", "Write the reasons"),
        ("days", "9999", "Choose for how long"),
        ("scope", "everything", "Choose what to block"),
        ("password", "wrong password", "The password is wrong"),
        ("basis", "invented", "does not allow this legal ground"),
    ] {
        let answer = house.propose(&first, &case, &[(field, value)]).await;
        assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY, "{field}");
        answer.says("There is a problem").says(said);
        if field != "number" {
            answer.says("№ 7-Қ");
        }
        assert!(
            !answer.body.contains(PASSWORD),
            "a password is never shown again"
        );
    }
    house.get_as(&first, "/en/console").await.says("obmen.test");
    let large = "x".repeat(6 << 20);
    let answer = house.propose(&first, &case, &[("document", &large)]).await;
    assert_eq!(answer.status, StatusCode::PAYLOAD_TOO_LARGE);
    answer.says("up to 5 MB");
}

#[tokio::test]
async fn the_guard_is_shown_first_and_refuses() {
    let house = House::new().await;
    let case = house.centre.plant_case("pay.bank.test").await;
    let first = house.sign_in("officer-1").await;
    house
        .get_as(&first, &format!("/en/console/case/{case}"))
        .await
        .says("Protected name")
        .says("a bank");
    let answer = house.propose(&first, &case, &[]).await;
    assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY);
    answer
        .says("This name may not be listed")
        .says("pay.bank.test stands below the protected name bank.test. List: banks (a bank).")
        .says("two administrators change it");
    for (lang, says) in [
        (
            "kk",
            "pay.bank.test қорғалған bank.test атауының астында тұр. Тізім: banks (a bank).",
        ),
        (
            "ru",
            "pay.bank.test стоит под защищённым именем bank.test. Список: banks (a bank).",
        ),
    ] {
        let page = format!("/{lang}/console/case/{case}");
        house.get_as(&first, &page).await.says(says);
    }
}
