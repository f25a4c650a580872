//! The console: who gets in, what is shown, closing and sending back.

use std::sync::atomic::Ordering;

use axum::{
    body::Body,
    http::{Request, StatusCode, header},
};
use data::testing::PASSWORD;

use super::{House, ask, listing_of};

#[tokio::test]
async fn nobody_enters_without_signing_in() {
    let house = House::new().await;
    for path in [
        "/kk/console",
        "/kk/console/listings",
        "/kk/console/case/C-2026-000001",
        "/kk/console/listing/Q-2026-000001",
    ] {
        let answer = house.get(path).await;
        assert_eq!(
            (answer.status, answer.location()),
            (StatusCode::SEE_OTHER, "/kk/console/sign-in"),
            "{path}"
        );
    }
    let forged = format!("qalqan={}", "ab".repeat(32));
    assert_eq!(
        house.get_as(&forged, "/kk/console").await.status,
        StatusCode::SEE_OTHER
    );
    let case = house.centre.plant_case("obmen.test").await;
    let post = house
        .post(
            "",
            &format!("/kk/console/case/{case}/dismiss"),
            &[("reason_code", "closed")],
        )
        .await;
    assert_eq!(post.location(), "/kk/console/sign-in");
}

#[tokio::test]
async fn sign_in_refuses_says_why_and_locks() {
    let house = House::new().await;
    let enter = async |password: &str| {
        house
            .post(
                "",
                "/ru/console/sign-in",
                &[("login", "officer-1"), ("password", password)],
            )
            .await
    };
    for _ in 0..8 {
        let refused = enter("wrong").await;
        assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY);
        refused
            .says("Неверный логин или пароль")
            .says("value=\"officer-1\"");
        assert!(refused.headers.get("set-cookie").is_none());
        assert!(
            !refused.body.contains("wrong"),
            "a password is never shown again"
        );
    }
    let locked = enter(PASSWORD).await;
    assert_eq!(locked.status, StatusCode::TOO_MANY_REQUESTS);
    locked.says("Слишком много попыток");
    house.clock.fetch_add(1_000, Ordering::SeqCst);
    assert_eq!(enter(PASSWORD).await.status, StatusCode::SEE_OTHER);
}

#[tokio::test]
async fn the_session_cookie_is_bound_and_ends() {
    let house = House::new().await;
    let signed_in = house
        .post(
            "",
            "/en/console/sign-in",
            &[("login", "officer-1"), ("password", PASSWORD)],
        )
        .await;
    let cookie = signed_in.header("set-cookie").to_owned();
    for part in ["qalqan=", "HttpOnly", "SameSite=Strict", "Path=/"] {
        assert!(cookie.contains(part), "{cookie}");
    }
    assert!(!cookie.contains("Secure"), "plain http on loopback");
    let cookie = cookie.split(';').next().unwrap().to_owned();
    assert_eq!(
        house.get_as(&cookie, "/en/console").await.status,
        StatusCode::OK
    );
    let left = house.post(&cookie, "/en/console/sign-out", &[]).await;
    assert!(left.header("set-cookie").contains("Max-Age=0"));
    assert_eq!(
        house.get_as(&cookie, "/en/console").await.status,
        StatusCode::SEE_OTHER
    );

    let cookie = house.sign_in("officer-1").await;
    house
        .clock
        .fetch_add(data::session::IDLE_SECONDS + 1, Ordering::SeqCst);
    assert_eq!(
        house.get_as(&cookie, "/en/console").await.status,
        StatusCode::SEE_OTHER
    );

    let secure = House::over("https://qalqan.test").await;
    let signed_in = secure
        .post(
            "",
            "/en/console/sign-in",
            &[("login", "officer-1"), ("password", PASSWORD)],
        )
        .await;
    let cookie = signed_in.header("set-cookie");
    assert!(
        cookie.starts_with("__Host-qalqan=") && cookie.contains("; Secure"),
        "{cookie}"
    );
}

#[tokio::test]
async fn an_admin_has_no_part_in_cases() {
    let house = House::new().await;
    let admin = house.sign_in("admin-1").await;
    let page = house.get_as(&admin, "/en/console").await;
    assert_eq!(page.status, StatusCode::FORBIDDEN);
    page.says("Not for your role");
}

#[tokio::test]
async fn forms_from_elsewhere_are_refused() {
    let house = House::new().await;
    let case = house.centre.plant_case("obmen.test").await;
    let cookie = house.sign_in("officer-1").await;
    for (name, value) in [
        ("sec-fetch-site", "cross-site"),
        ("sec-fetch-site", "same-site"),
        ("origin", "http://evil.test"),
        ("origin", "null"),
    ] {
        let request = Request::post(format!("/en/console/case/{case}/dismiss"))
            .header("host", "127.0.0.1:8080")
            .header("cookie", &cookie)
            .header(name, value)
            .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded")
            .body(Body::from("reason_code=closed"))
            .unwrap();
        let answer = ask(&house.pages, request).await;
        assert_eq!(answer.status, StatusCode::FORBIDDEN, "{name}: {value}");
        answer.says("Refused");
    }
    house
        .get_as(&cookie, &format!("/en/console/case/{case}"))
        .await
        .says("Propose to block");
}

#[tokio::test]
async fn a_case_is_closed_or_sent_back_with_a_reason() {
    let house = House::new().await;
    let (closed, returned) = (
        house.centre.plant_case("harmless.test").await,
        house.centre.plant_case("obmen.test").await,
    );
    let (first, second) = (
        house.sign_in("officer-1").await,
        house.sign_in("officer-2").await,
    );
    let dismiss = format!("/en/console/case/{closed}/dismiss");
    let refused = house
        .post(&first, &dismiss, &[("reason", "<b>typed</b>")])
        .await;
    refused.says("Choose a reason").says("&#60;b&#62;typed");
    let done = house
        .post(
            &first,
            &dismiss,
            &[("reason_code", "not-exchange"), ("reason", "A bank.")],
        )
        .await;
    assert_eq!(done.location(), "/en/console?done=dismissed");
    house
        .get_as(&first, &format!("/en/console/case/{closed}"))
        .await
        .says("It is not an exchange. A bank.");

    let id = listing_of(&house.propose(&first, &returned, &[]).await);
    let send_back = format!("/en/console/listing/{id}/return");
    house
        .post(&second, &send_back, &[("reason", "")])
        .await
        .says("Write the reasons");
    let done = house
        .post(&second, &send_back, &[("reason", "Wrong order")])
        .await;
    assert_eq!(done.location(), "/en/console?done=returned");
    house
        .get_as(&first, &format!("/en/console/case/{returned}"))
        .await
        .says("Wrong order")
        .says("Propose to block");
}

#[tokio::test]
async fn hostile_text_is_text() {
    let house = House::new().await;
    let case = house.centre.plant_case("obmen.test").await;
    let title = "<img src=x onerror=alert(1)>\u{202e}\u{200b}\"><script>";
    let hash = "cd".repeat(32);
    let insert = format!(
        "INSERT INTO capture VALUES (7, 'obmen.test', 'http://obmen.test/', {}, 200, 'text/html', 'utf-8', '{title}', '{hash}', 12, FALSE, 'x.warc.gz', 0, 1, '{hash}')",
        data::testing::NOW
    );
    house.centre.sql(&insert).await.unwrap();
    let cookie = house.sign_in("officer-1").await;
    let page = house
        .get_as(&cookie, &format!("/en/console/case/{case}"))
        .await;
    assert!(!page.body.contains("<img") && !page.body.contains("<script"));
    page.says("&#60;img src=x onerror=alert(1)&#62;[U+202E][U+200B]&#34;&#62;&#60;script&#62;");
    let at = page.body.find("/capture/").unwrap();
    let start = page.body[..at].rfind('"').unwrap() + 1;
    let href = page.body[start..].split('"').next().unwrap();
    let capture = house.get_as(&cookie, href).await;
    capture
        .says("&#60;script&#62;alert(1)&#60;/script&#62;[U+202E]тенге")
        .says("http://127.0.0.1:8082/capture/");
    assert!(!capture.body.contains("<script"));
    let other = house.centre.plant_case("other.test").await;
    let elsewhere = href.replace(&case, &other);
    assert_eq!(
        house.get_as(&cookie, &elsewhere).await.status,
        StatusCode::NOT_FOUND,
        "a capture of another site"
    );
}

#[tokio::test]
async fn captures_that_are_quoted_come_first_and_the_rest_by_address() {
    let house = House::new().await;
    let case = house.centre.plant_case("obmen.test").await;
    let hash = "cd".repeat(32);
    for (id, url) in [
        (8, "http://obmen.test/b"),
        (9, "http://obmen.test/a"),
        (7, "ftp://obmen.test/"),
    ] {
        let insert = format!(
            "INSERT INTO capture VALUES ({id}, 'obmen.test', '{url}', {}, 200, 'text/html', 'utf-8', 'T', '{hash}', 12, FALSE, 'x.warc.gz', 0, 1, '{hash}')",
            data::testing::NOW
        );
        house.centre.sql(&insert).await.unwrap();
    }
    let cookie = house.sign_in("officer-1").await;
    let page = house
        .get_as(&cookie, &format!("/en/console/case/{case}"))
        .await;
    let (_, table) = page.body.split_once("id=\"captures\"").unwrap();
    let places = [
        "Quoted: 1",
        ">http://obmen.test/<",
        ">ftp://obmen.test/<",
        ">http://obmen.test/a<",
        ">http://obmen.test/b<",
    ]
    .map(|text| table.find(text).expect(text));
    assert!(places.is_sorted(), "{places:?}");
    assert_eq!(table.matches("Quoted: ").count(), 1);
}

/// A name with one Cyrillic letter looks like the firm's own: every page must show which letter.
#[tokio::test]
async fn the_odd_letter_of_a_look_alike_is_marked_wherever_the_name_stands() {
    let house = House::new().await;
    let case = house.centre.plant_case("xn--krbez-zwe.test").await;
    let first = house.sign_in("officer-1").await;
    let odd = "k<mark>\u{435}</mark>rbez.test";
    for path in [
        "/ru/console".to_owned(),
        format!("/ru/console/case/{case}"),
        format!("/ru/console/case/{case}/propose"),
    ] {
        let page = house.get_as(&first, &path).await;
        page.says(odd)
            .says("xn--krbez-zwe.test")
            .says("буквы разных алфавитов");
    }
    let id = house.list("kerb\u{435}z-obmen.test").await;
    let odd = "kerb<mark>\u{435}</mark>z-obmen.test";
    for path in [
        format!("/ru/console/listing/{id}"),
        "/ru/console/listings".to_owned(),
        format!("/ru/i/{id}"),
        "/ru/register".to_owned(),
    ] {
        house.get_as(&first, &path).await.says(odd);
    }
}

#[tokio::test]
async fn console_pages_are_whole_in_three_languages() {
    let house = House::new().await;
    let open = house.centre.plant_case("open.test").await;
    let id = house.list("obmen.test").await;
    let cookie = house.sign_in("officer-1").await;
    for lang in ["kk", "ru", "en"] {
        for path in [
            "console".to_owned(),
            "console/listings".into(),
            format!("console/case/{open}"),
            format!("console/case/{open}/propose"),
            format!("console/listing/{id}"),
            "console/case/C-1".into(),
        ] {
            let page = house.get_as(&cookie, &format!("/{lang}/{path}")).await;
            page.says(&format!("<html lang=\"{lang}\">"));
            assert!(
                !page.body.contains('⟨'),
                "a message is missing on {path}: {}",
                page.body
            );
            assert_eq!(page.body.matches("<h1").count(), 1, "{path}");
            assert_eq!(page.header("cache-control"), "no-store", "{path}");
            assert!(!page.body.contains(" style="), "{path}");
        }
    }
}

/// A listed firm gets its licence, and one that had a case loses it: the console says what is asked.
#[tokio::test]
async fn what_a_register_asks_of_people_is_told_and_shown() {
    let house = House::new().await;
    let listing = house.list("obmen.test").await;
    house.publish().await;
    let store = &house.centre.store;
    let enter = async |day: &str, state: &str| {
        let row = |host: &str, state: &str| {
            serde_json::json!({
                "record_id": host, "regulator": "AFSA", "legal_name": "Firm Ltd.", "basis": "register",
                "state": state, "valid_from": "2026-01-01", "hosts": [host],
                "source_url": "https://register.test/", "source_date": day,
            })
        };
        let rows = [row("obmen.test", "active"), row("birja.test", state)];
        let text =
            serde_json::json!({ "register": "demo", "taken_on": day, "source": "x", "rows": rows });
        let snapshot =
            blocklist::register::Snapshot::from_json(text.to_string().as_bytes()).unwrap();
        let officers = [("officer-1", PASSWORD), ("officer-2", PASSWORD)];
        data::ceremony::enter_register(store, &snapshot, officers, house.web.now())
            .await
            .unwrap();
        house.publish().await;
        data::rematch::run(store, house.web.now()).await.unwrap();
    };
    let waiting = house.centre.plant_case("birja.test").await;
    data::rematch::run(store, house.web.now()).await.unwrap();
    enter("2026-11-20", "active").await;
    enter("2026-11-21", "suspended").await;

    let cookie = house.sign_in("officer-1").await;
    let queue = house.get_as(&cookie, "/en/console").await;
    queue.says("order to be cancelled");
    let cancel = data::case::queue(store).await.unwrap().remove(0);
    let page = house
        .get_as(&cookie, &format!("/en/console/case/{}", cancel.id))
        .await;
    page.says("A live licence covers this listed name")
        .says(&format!("The suspended listing: {listing}"))
        .says(&format!("/en/console/listing/{listing}"))
        .says("Opened the case");
    assert!(
        !page.body.contains("/propose\""),
        "no second order is proposed"
    );
    let page = house
        .get_as(&cookie, &format!("/en/console/case/{waiting}"))
        .await;
    page.says("The registers say something else")
        .says("Before: Licensed. Now: Licence has ended.");
    for lang in ["kk", "ru"] {
        house
            .get_as(&cookie, &format!("/{lang}/console/case/{}", cancel.id))
            .await
            .says(&listing);
    }

    // Weeks later nobody has read the register again.
    house
        .clock
        .fetch_add(30 * 86_400, std::sync::atomic::Ordering::SeqCst);
    let cookie = house.sign_in("officer-1").await;
    for path in [
        "/en/".to_owned(),
        "/en/licensed".to_owned(),
        format!("/en/console/case/{waiting}"),
    ] {
        let page = house.get_as(&cookie, &path).await;
        page.says("Our copy of “demo” is from");
    }
    house
        .get("/en/check?q=somewhere.test")
        .await
        .says("too old to say that a licence is live");
    let answer = house.get("/api/v1/check?q=somewhere.test").await.json();
    assert_eq!(answer["sources"][0]["stale_copy"], "2026-11-21");
    let held = house.get("/api/v1/register").await.json();
    assert_eq!(held["registers"][0]["fresh"], false);
}
