//! Volumes from a table: all lines or none, errors with their line, and who may.

use axum::{
    body::Body,
    http::{Request, StatusCode, header},
};
use data::{
    ceremony, network,
    testing::{ADMINS, NOW, person},
};

use super::{Answer, House, ask, networks::ID};

const PATH: &str = "/en/console/networks/volumes";

impl House {
    async fn send_table(&self, cookie: &str, path: &str, table: &str) -> Answer {
        let boundary = "----qalqan-test";
        let body = format!(
            "--{boundary}\r\nContent-Disposition: form-data; name=\"table\"; filename=\"t.csv\"\r\n\
            Content-Type: text/csv\r\n\r\n{table}\r\n--{boundary}--\r\n"
        );
        let kind = format!("multipart/form-data; boundary={boundary}");
        let request = Request::post(path)
            .header("host", "127.0.0.1:8080")
            .header("sec-fetch-site", "same-origin")
            .header("cookie", cookie)
            .header(header::CONTENT_TYPE, kind)
            .body(Body::from(body))
            .unwrap();
        ask(&self.pages, request).await
    }
}

#[tokio::test]
async fn a_table_is_entered_whole_or_says_which_lines_are_wrong() {
    let house = House::with_network().await;
    let officer = house.sign_in("officer-1").await;
    house
        .page_of(&officer, "/en/console/networks")
        .await
        .says("Enter volumes from a table");
    for lang in ["kk", "ru", "en"] {
        let form = format!("/{lang}/console/networks/volumes");
        let page = house.page_of(&officer, &form).await;
        page.says("type=\"file\"").says("rate_on");
        assert!(!page.body.contains('⟨'), "{}", page.body);
    }
    let good = format!(
        "of,from,to,kzt,usdt,rate,rate_on,source\n\
        {ID},2026-10-01,2026-10-31,24 000 000 000,,,,Letter <12>\n\
        b.test,2026-10-01,2026-10-31,,1000000,512.35,2026-10-31,Block 7\n"
    );
    let bad = good.replace("b.test", "<b>elsewhere.test");
    let refused = house.send_table(&officer, PATH, &bad).await;
    assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY);
    refused
        .says("Line 3: &#60;b&#62;elsewhere.test is no network")
        .says("href=\"#table\"");
    let bad = good
        .replace("1000000", "many")
        .replace("2026-10-31,24", "2027-10-31,24");
    let refused = house.send_table(&officer, PATH, &bad).await;
    refused
        .says("Line 2: to: This day has not come yet")
        .says("Line 3: usdt:");
    let refused = house.send_table(&officer, PATH, "").await;
    refused.says("Choose a file");
    let volumes = async || network::totals(&house.centre.store).await.unwrap().volumes;
    assert_eq!(volumes().await, 0);

    let done = house.send_table(&officer, PATH, &good).await;
    assert_eq!(done.location(), "/en/console/networks?done=volumes#totals");
    assert_eq!(volumes().await, 2);
    let page = house
        .page_of(&officer, "/en/console/networks?done=volumes")
        .await;
    page.says("The volumes of the table are entered")
        .says("24\u{a0}512\u{a0}350\u{a0}000")
        .says("Letter &#60;12&#62;");
    let again = house.send_table(&officer, PATH, &good).await;
    again.says("Line 2: The same volume").says("stands already");
    assert_eq!(volumes().await, 2);
}

#[tokio::test]
async fn only_officers_enter_tables() {
    let house = House::with_network().await;
    let legal = person("legal-1", blocklist::key::Role::Legal);
    ceremony::add_officer(&house.centre.store, legal, ADMINS, NOW)
        .await
        .unwrap();
    let reader = house.sign_in("legal-1").await;
    assert_eq!(
        house.get_as(&reader, PATH).await.status,
        StatusCode::FORBIDDEN
    );
    let sent = house.send_table(&reader, PATH, "of\n").await;
    assert_eq!(sent.status, StatusCode::FORBIDDEN);
    let page = house.page_of(&reader, "/en/console/networks").await;
    assert!(!page.body.contains("Enter volumes from a table"));
}
