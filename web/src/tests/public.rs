//! Public pages.

use std::sync::atomic::Ordering;

use axum::{
    body::Body,
    http::{Request, StatusCode},
};

use super::{House, ask};

#[tokio::test]
async fn the_first_visit_goes_to_the_readers_language() {
    let house = House::new().await;
    for (accept, home) in [
        ("", "/kk/"),
        ("ru-KZ,ru;q=0.9", "/ru/"),
        ("en", "/en/"),
        ("de", "/kk/"),
    ] {
        let request = Request::get("/")
            .header("accept-language", accept)
            .body(Body::empty())
            .unwrap();
        let answer = ask(&house.pages, request).await;
        assert_eq!(
            (answer.status, answer.location()),
            (StatusCode::SEE_OTHER, home)
        );
        assert_eq!(answer.header("vary"), "Accept-Language");
    }
    let page = house.get("/ru/check?q=obmen.test").await;
    page.says("<html lang=\"ru\">");
    for other in ["/kk/check?q=obmen.test", "/en/check?q=obmen.test"] {
        page.says(&format!("href=\"{other}\""));
    }
}

#[tokio::test]
async fn every_public_page_is_whole_in_three_languages_without_cookies_or_scripts() {
    let house = House::new().await;
    let id = house.list("obmen.test").await;
    for lang in ["kk", "ru", "en"] {
        for path in [
            String::new(),
            "check?q=obmen.test".into(),
            "check?q=nobody.test".into(),
            "check?q=".into(),
            "register".into(),
            "licensed".into(),
            "notices".into(),
            "campaigns".into(),
            "verify".into(),
            "privacy".into(),
            format!("i/{id}"),
            "no-such-page".into(),
            "console/sign-in".into(),
        ] {
            let page = house.get(&format!("/{lang}/{path}")).await;
            page.says(&format!("<html lang=\"{lang}\">"))
                .says("class=\"demo\"")
                .says("<h1");
            assert!(
                !page.body.contains('⟨'),
                "a message is missing on {path}: {}",
                page.body
            );
            assert!(!page.body.to_lowercase().contains("<script"), "{path}");
            assert!(!page.body.contains(" style="), "{path}");
            assert!(page.headers.get("set-cookie").is_none(), "{path}");
            assert_eq!(page.body.matches("<h1").count(), 1, "{path}");
            assert_eq!(page.header("x-content-type-options"), "nosniff");
            let policy = page.header("content-security-policy");
            for part in [
                "default-src 'none'",
                "style-src 'self'",
                "frame-ancestors 'none'",
                "base-uri 'none'",
            ] {
                assert!(policy.contains(part), "{path}: {policy}");
            }
            assert!(!policy.contains("unsafe") && !policy.contains("script-src"));
            let (referrer, caching) = if path.starts_with("console") {
                ("same-origin", "no-store")
            } else {
                ("no-referrer", "no-cache")
            };
            assert_eq!(
                (page.header("referrer-policy"), page.header("cache-control")),
                (referrer, caching)
            );
        }
    }
}

#[tokio::test]
async fn the_check_answers_before_and_after_a_listing() {
    let house = House::new().await;
    house
        .get("/en/check?q=https://obmen.test/kurs")
        .await
        .says("We do not know this site")
        .says("does not mean");
    let id = house.list("obmen.test").await;
    assert_eq!(
        house.woken.load(Ordering::SeqCst),
        1,
        "the publisher is woken by the second signature"
    );
    house
        .get("/en/check?q=https://obmen.test/kurs")
        .await
        .says("Blocked by an order")
        .says(&format!("/en/i/{id}"));
    let json = house.get("/api/v1/check?q=obmen.test").await;
    assert_eq!(json.header("content-type"), "application/json");
    let json = json.json();
    assert_eq!(json["verdict"], "blocked");
    assert_eq!(json["matched"]["listing_id"], id.as_str());
    for field in ["query", "also", "reasons", "as_of", "sources"] {
        assert!(json.get(field).is_some(), "{field}");
    }
    let register = house.get("/api/v1/register").await.json();
    assert_eq!(register["listings"][0]["state"], "blocked");
    assert_eq!(
        register["listings"][0]["signatures"]
            .as_array()
            .unwrap()
            .len(),
        2
    );
}

#[tokio::test]
async fn what_cannot_be_checked_says_what_to_type() {
    let house = House::new().await;
    for bad in [
        "",
        "127.0.0.1",
        "220340900478",
        "by%E2%80%AEtib",
        "%00",
        "%F0%9F%92%A5",
    ] {
        let page = house.get(&format!("/en/check?q={bad}")).await;
        assert_eq!(page.status, StatusCode::UNPROCESSABLE_ENTITY, "{bad}");
        page.says("There is a problem");
        let json = house.get(&format!("/api/v1/check?q={bad}")).await;
        assert_eq!(json.status, StatusCode::UNPROCESSABLE_ENTITY);
        assert!(json.json()["error"].is_string());
    }
    let page = house
        .get("/en/check?q=%3Cscript%3Ealert(1)%3C/script%3E%E2%80%AE")
        .await;
    assert!(!page.body.contains("<script"));
    page.says("&#60;script&#62;").says("[U+202E]");
}

#[tokio::test]
async fn a_listing_shows_keys_but_no_names() {
    let house = House::new().await;
    let id = house.list("obmen.test").await;
    let short = house.get(&format!("/i/{id}")).await;
    assert_eq!(short.location(), format!("/kk/i/{id}"));
    let page = house.get(&format!("/en/i/{id}")).await;
    page.says("obmen.test")
        .says("Комитет (demo)")
        .says("№ 7-Қ")
        .says("20 November 2026")
        .says("How to appeal");
    page.says(&house.centre.first.key_id.to_string())
        .says(&house.centre.second.key_id.to_string());
    for secret in [
        "officer-1",
        "officer-2",
        &house.centre.first.id,
        "Sells USDT",
    ] {
        assert!(!page.body.contains(secret), "{secret}");
    }
    for bad in ["Q-2026-999999", "Q-x", "%2e%2e"] {
        assert_eq!(
            house.get(&format!("/en/i/{bad}")).await.status,
            StatusCode::NOT_FOUND
        );
    }
}

#[tokio::test]
async fn the_release_is_served_as_static_files_and_nothing_else_is() {
    let house = House::new().await;
    house.list("obmen.test").await;
    let list = house.get("/list/domains").await;
    assert_eq!(list.status, StatusCode::OK);
    list.says("obmen.test");
    let etag = list.header("etag").to_owned();
    let request = Request::get("/list/domains")
        .header("if-none-match", &etag)
        .body(Body::empty())
        .unwrap();
    let again = ask(&house.pages, request).await;
    assert_eq!(
        (again.status, again.body.as_str()),
        (StatusCode::NOT_MODIFIED, "")
    );
    for path in ["/log/checkpoint", "/release", "/list/rpz", "/list/json"] {
        let file = house.get(path).await;
        assert_eq!(file.status, StatusCode::OK, "{path}");
        assert_eq!(file.header("access-control-allow-origin"), "*");
    }
    for bad in [
        "/log/../qalqan.db",
        "/log/%2e%2e/qalqan.db",
        "/log/..%2fqalqan.db",
        "/list/..%2f..%2fqalqan.db",
        "/list/%2fetc%2fpasswd",
        "/log/tile",
        "/list/.rpz",
        "/log/%00",
        "/list/rpz%00.txt",
    ] {
        assert_eq!(house.get(bad).await.status, StatusCode::NOT_FOUND, "{bad}");
    }
}

#[tokio::test]
async fn faults_are_pages_in_the_readers_language_and_json_in_the_api() {
    let house = House::new().await;
    house.get("/ru/nowhere").await.says("Страница не найдена");
    house.get("/kk/nowhere").await.says("Бет табылмады");
    let api = house.get("/api/v1/nowhere").await;
    assert_eq!(
        (api.status, api.json()["status"].clone()),
        (StatusCode::NOT_FOUND, 404.into())
    );
    let request = Request::delete("/en/register").body(Body::empty()).unwrap();
    let answer = ask(&house.pages, request).await;
    assert_eq!(answer.status, StatusCode::METHOD_NOT_ALLOWED);
    answer.says("Not possible this way");
    assert_eq!(house.get("/livez").await.status, StatusCode::OK);
    assert_eq!(house.get("/readyz").await.status, StatusCode::OK);
    let api = house.get("/openapi.json").await.json();
    assert_eq!(api["openapi"], "3.1.0");
}

#[tokio::test]
async fn the_style_sheet_is_found_under_the_name_pages_use() {
    let house = House::new().await;
    let page = house.get("/kk/").await;
    let at = page.body.find("/assets/qalqan-").unwrap();
    let href = page.body[at..].split('"').next().unwrap();
    let css = house.get(href).await;
    assert_eq!(
        (css.status, css.header("content-type")),
        (StatusCode::OK, "text/css; charset=utf-8")
    );
    assert!(css.header("cache-control").contains("immutable"));
}

/// What is shipped answers through the API as it does on the command line: by address, name, number.
#[tokio::test]
async fn what_sources_report_is_answered_with_its_basis() {
    let house = House::real().await;
    for (query, verdict) in [
        ("bybit.kz", "licence_unconfirmed"),
        ("bybit.nl", "licensed_elsewhere"),
        ("eurasia.big.one", "licence_unconfirmed"),
        ("big.one", "licensed_elsewhere"),
        ("okx.com", "warned"),
        ("OKX", "warned"),
        ("kaspi.kz", "unknown"),
        ("ataix.kz", "licence_unconfirmed"),
        (
            "%D0%91%D0%B0%D0%B9%D0%B1%D0%B8%D1%82",
            "licence_unconfirmed",
        ),
        ("220340900479", "licence_unconfirmed"),
        ("AFSA-G-LA-2022-0002", "licence_unconfirmed"),
        ("%3Cscript%3Ealert(1)%3C/script%3E", "unknown"),
    ] {
        let json = house.get(&format!("/api/v1/check?q={query}")).await.json();
        assert_eq!(json["verdict"], verdict, "{query}: {json}");
        for lang in ["kk", "ru", "en"] {
            let page = house.get(&format!("/{lang}/check?q={query}")).await;
            assert_eq!(page.status, StatusCode::OK, "{lang} {query}");
            assert!(!page.body.contains("<script>"), "{lang} {query}");
            assert!(
                !page.body.contains("reason-"),
                "{lang} {query}: {}",
                page.body
            );
        }
    }
    let json = house.get("/api/v1/check?q=bybit.kz").await.json();
    assert_eq!(json["also"][0], "licence_ended", "the quoted term is over");
    assert_eq!(json["matched"]["register_row"]["row"]["basis"], "secondary");
    assert_eq!(json["matched"]["register_row"]["signed"], false);
    let said = json["reasons"].to_string();
    assert!(
        said.contains("2025-09-18") && said.contains("publicreg.myafsa.com"),
        "{said}"
    );
    house
        .get("/en/check?q=bybit")
        .await
        .says("Licence not confirmed")
        .says("Addresses, each by itself")
        .says("check?q=bybit.nl")
        .says("Anybody can use a name");
    house
        .get("/en/check?q=coinbase.com")
        .await
        .says("A measure by an authority is reported")
        .says("We do not hold that order");
    let by_name = house.get("/en/check?q=coinbase").await;
    by_name
        .says("check?q=coinbase.com")
        .says("A measure by an authority is reported");
    assert!(!by_name.body.contains("A regulator has warned about it"));
    house
        .get("/en/check?q=OKX")
        .await
        .says("The mapping to this domain is ours")
        .says("AFSA warnings: reported by others");
    house
        .get("/en/licensed")
        .await
        .says("ATAIX")
        .says("Not confirmed")
        .says("Reported by others; not read in the register");
    let register = house.get("/api/v1/register").await.json();
    let licences = register["licences"].as_array().unwrap();
    assert_eq!(licences.len(), 13);
    for licence in licences {
        assert_eq!(
            (&licence["signed"], &licence["verdict"]),
            (&false.into(), &"licence_unconfirmed".into())
        );
    }
    assert_eq!(register["warnings"].as_array().unwrap().len(), 16);
}

#[tokio::test]
async fn a_demonstration_sees_nothing_that_is_shipped() {
    let house = House::new().await;
    for query in ["bybit.kz", "okx.com", "OKX", "220340900479", "kraken.com"] {
        let json = house.get(&format!("/api/v1/check?q={query}")).await.json();
        assert_eq!(json["verdict"], "unknown", "{query}");
    }
    let register = house.get("/api/v1/register").await.json();
    assert_eq!(register["licences"].as_array().unwrap().len(), 0);
    assert_eq!(register["warnings"].as_array().unwrap().len(), 0);
}
