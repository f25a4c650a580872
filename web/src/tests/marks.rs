//! Identifiers that officers mark as nobody's: the form on a tie, who and when, and the way back.

use axum::http::StatusCode;
use data::{
    ceremony,
    testing::{ADMINS, NOW, person},
};

use super::{
    House,
    networks::{ID, PHONE, WALLET},
};
use crate::console::network_marks::reference;

const TIE: &str = "/en/console/network/N-2026-000001/tie?a=a.test&b=b.test";

#[tokio::test]
async fn an_identifier_is_marked_with_a_reason_and_the_mark_taken_back() {
    let house = House::with_network().await;
    let officer = house.sign_in("officer-1").await;
    let wallet = reference("wallet.tron", WALLET);
    let tie = house.page_of(&officer, TIE).await;
    tie.says("Mark as nobody’s").says(&wallet);
    // A form names an identifier without showing a person's.
    assert!(!tie.body.contains(PHONE) && tie.body.contains("+7…78"));

    let mark = format!("/en/console/network/{ID}/nobodys");
    let form = |identifier: &str, why: &str| {
        [
            ("a", "a.test"),
            ("b", "b.test"),
            ("identifier", identifier),
            ("why", why),
        ]
        .map(|(name, value)| (name, value.to_owned()))
    };
    let send = async |path: &str, form: [(&'static str, String); 4]| {
        let form: Vec<_> = form.iter().map(|(n, v)| (*n, v.as_str())).collect();
        house.post(&officer, path, &form).await
    };
    let before = house.audited().await;
    let refused = send(&mark, form(&wallet, " ")).await;
    assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY);
    refused.says("Write the reason").says("id=\"nobodys\"");
    // Only the form that was refused says so.
    assert!(
        !refused.body.contains("id=\"why-wrong\""),
        "{}",
        refused.body
    );
    let unknown = send(&mark, form(&"0".repeat(64), "Of a studio.")).await;
    assert_eq!(unknown.status, StatusCode::UNPROCESSABLE_ENTITY);
    unknown.says("nothing to do here any more");
    assert_eq!(house.audited().await, before);

    let done = send(&mark, form(&wallet, "A <b>studio</b>'s.")).await;
    assert_eq!(done.location(), "/en/console/networks?done=marked#marks");
    assert_eq!(house.audited().await, before + 1);
    for lang in ["kk", "ru", "en"] {
        let path = format!("/{lang}/console/networks?done=marked");
        let page = house.page_of(&officer, &path).await;
        page.says(WALLET)
            .says("A &#60;b&#62;studio")
            .says("officer-1");
        assert!(!page.body.contains('⟨'), "{}", page.body);
    }
    // Nothing of the kind ties these three any more.
    let list = house.page_of(&officer, "/en/console/networks").await;
    list.says("No networks").says("Take the mark back");
    house
        .page_of(&officer, &format!("/en/console/network/{ID}"))
        .await
        .says("An officer marked as nobody’s: wallet (tron) TQn9");

    let undo = "/en/console/networks/marks/undo";
    let refused = send(undo, form(&wallet, "")).await;
    assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY);
    refused.says("Write the reason").says("id=\"nobodys\"");
    let done = send(undo, form(&wallet, "It was not.")).await;
    assert_eq!(done.location(), "/en/console/networks?done=unmarked#marks");
    let list = house.page_of(&officer, "/en/console/networks").await;
    list.says("3</td>");
    assert!(!list.body.contains("Take the mark back"));
    let again = send(undo, form(&wallet, "It was not.")).await;
    again.says("somebody was here before you");
}

#[tokio::test]
async fn a_mark_is_shown_where_the_sites_stay_together() {
    let house = House::with_network().await;
    let officer = house.sign_in("officer-1").await;
    let form = [
        ("a", "a.test"),
        ("b", "b.test"),
        ("identifier", &*reference("phone", PHONE)),
        ("why", "The studio's."),
    ];
    let mark = format!("/en/console/network/{ID}/nobodys");
    let done = house.post(&officer, &mark, &form).await;
    assert_eq!(done.status, StatusCode::SEE_OTHER, "{}", done.body);
    let tie = house.page_of(&officer, TIE).await;
    tie.says("Marked as nobody’s")
        .says("The studio&#39;s.")
        .says("Take the mark back");
    let page = format!("/en/console/network/{ID}");
    let network = house.page_of(&officer, &page).await;
    network.says("Marked as nobody’s by officer-1");
    assert!(!network.body.contains(PHONE));
    house
        .page_of(&officer, "/en/console/networks")
        .await
        .says("+7…78");
}

#[tokio::test]
async fn only_officers_mark() {
    let house = House::with_network().await;
    let legal = person("legal-1", blocklist::key::Role::Legal);
    ceremony::add_officer(&house.centre.store, legal, ADMINS, NOW)
        .await
        .unwrap();
    let reader = house.sign_in("legal-1").await;
    let tie = house.page_of(&reader, TIE).await;
    assert!(!tie.body.contains("Mark as nobody’s"));
    for path in [
        format!("/en/console/network/{ID}/nobodys"),
        "/en/console/networks/marks/undo".into(),
    ] {
        let form = [
            ("identifier", &*reference("wallet.tron", WALLET)),
            ("why", "x"),
        ];
        let refused = house.post(&reader, &path, &form).await;
        assert_eq!(refused.status, StatusCode::FORBIDDEN, "{path}");
    }
}
