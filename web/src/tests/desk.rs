//! The desk: who looks at a case, and where it stands, on the pages that show it.

use axum::http::StatusCode;
use data::testing::{NOW, proposal};

use super::House;

#[tokio::test]
async fn a_case_is_taken_taken_over_and_given_back() {
    let house = House::new().await;
    let case = house.centre.plant_case("obmen.test").await;
    let (first, second) = (
        house.sign_in("officer-1").await,
        house.sign_in("officer-2").await,
    );
    let path = format!("/en/console/case/{case}");
    let page = house.get_as(&first, &path).await;
    page.says("New: nobody has looked yet")
        .says("accesskey=\"t\">Take for review")
        .says("Propose to block");
    let taken = house.post(&first, &format!("{path}/take"), &[]).await;
    assert_eq!(taken.location(), path);
    let mine = house.get_as(&first, &path).await;
    mine.says("In review")
        .says("Reviewed by officer-1")
        .says("Propose to block");
    house
        .get_as(&second, "/en/console")
        .await
        .says("Reviewed by officer-1");

    let theirs = house.get_as(&second, &path).await;
    theirs.says("Take over");
    assert!(
        !theirs.body.contains("Propose to block"),
        "a colleague has it"
    );
    let dismissed = [("reason_code", "closed")];
    let refused = house
        .post(&second, &format!("{path}/dismiss"), &dismissed)
        .await;
    assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY);
    refused
        .says("A colleague is reviewing this case")
        .says("officer-1");
    house.post(&second, &format!("{path}/take"), &[]).await;
    house
        .get_as(&first, &path)
        .await
        .says("Reviewed by officer-2");
    let back = house.post(&first, &format!("{path}/release"), &[]).await;
    assert_eq!(back.location(), path);
    let twice = house.post(&first, &format!("{path}/release"), &[]).await;
    twice.says("moved this case");
    let history = house.get_as(&first, &path).await;
    history
        .says("Took the case for review")
        .says("Gave the case back");
}

#[tokio::test]
async fn a_case_says_where_its_listing_stands() {
    let house = House::new().await;
    let listing = house.centre.approved("obmen.test", proposal()).await;
    let case = data::case::of_listing(&house.centre.store, &listing)
        .await
        .unwrap()
        .unwrap();
    let officer = house.sign_in("officer-1").await;
    let page = async || {
        house
            .get_as(&officer, &format!("/en/console/case/{case}"))
            .await
    };
    page().await.says("Signed by two, on its way to the log");
    house
        .get_as(&officer, "/en/console")
        .await
        .says("on its way to the log");
    house.publish().await;
    page().await.says("<span class=\"tag bad\">Listed</span>");
}

#[tokio::test]
async fn evidence_that_was_renewed_is_read_before_it_is_signed() {
    let house = House::new().await;
    let case = house.centre.plant_case("obmen.test").await;
    let officer = house.sign_in("officer-1").await;
    let form = house
        .get_as(&officer, &format!("/en/console/case/{case}/propose"))
        .await;
    let (_, shown) = form.body.split_once("name=\"evidence\" value=\"").unwrap();
    let (shown, _) = shown.split_once('"').unwrap();
    let file = data::case::load(&house.centre.store, &case)
        .await
        .unwrap()
        .unwrap();
    assert_eq!(shown, file.evidence_root);
    // Three days later the site has to be captured again.
    house
        .clock
        .store(NOW + 73 * 3_600, std::sync::atomic::Ordering::SeqCst);
    let officer = house.sign_in("officer-1").await;
    let late = house.propose(&officer, &case, &[]).await;
    late.says("captured 73 hours ago").says("good for 72");
    let changed = house.propose(&officer, &case, &[("evidence", "0")]).await;
    changed.says("captured again since you opened this page");
}
