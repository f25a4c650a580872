//! Objecting to a listing: from the form to the outcome on its public page.

use axum::{
    body::Body,
    http::{Request, StatusCode},
};
use blocklist::{key::Role, testing::name};
use data::{
    appeal::{
        Kind, MOST_WAITING, decide,
        proof::{self, Look, Seen},
        receive::{NewAppeal, receive},
    },
    ceremony,
    testing::{ADMINS, NOW, PASSWORD, person},
};

use super::{Answer, House, ask};

const TEXT: &str = "We sell <b>flowers</b>, <script>alert(1)</script> and nothing\u{202e} else.";
const CONTACT: &str = "gul-7319@shop.test";

async fn house() -> (House, String) {
    let house = House::new().await;
    let store = &house.centre.store;
    ceremony::add_officer(store, person("officer-3", Role::Officer), ADMINS, NOW)
        .await
        .unwrap();
    let id = house.list("obmen.test").await;
    (house, id)
}

async fn send(house: &House, listing: &str, kind: &str, text: &str) -> Answer {
    let form = [
        ("listing", listing),
        ("kind", kind),
        ("text", text),
        ("contact", CONTACT),
    ];
    house.post("", "/en/appeal", &form).await
}

/// The code on the page that shows it.
fn receipt(page: &Answer) -> String {
    assert_eq!(page.status, StatusCode::OK, "{}", page.body);
    let opening = "name=\"receipt\" value=\"";
    let at = page.body.find(opening).expect("a code") + opening.len();
    page.body[at..at + 19].to_owned()
}

async fn status(house: &House, receipt: &str, action: &str) -> Answer {
    let form = [("receipt", receipt), ("action", action)];
    house.post("", "/en/appeal/status", &form).await
}

#[tokio::test]
async fn a_report_goes_from_the_form_to_the_public_outcome() {
    let (house, id) = house().await;
    let form = house.get(&format!("/kk/appeal?listing={id}")).await;
    form.says("Тізімге шағым беру").says("name=\"listing\"");
    house
        .get(&format!("/en/i/{id}"))
        .await
        .says(&format!("/en/appeal?listing={id}"));
    let sent = send(&house, &id, "report", TEXT).await;
    let code = receipt(&sent);
    sent.says(&code).says("A-2026-000001");
    assert_eq!(sent.header("cache-control"), "no-store");
    assert!(sent.headers.get("set-cookie").is_none());
    assert!(!sent.location().contains(&code), "never part of an address");
    status(&house, &code.to_lowercase().replace('-', " "), "")
        .await
        .says("Waits for an officer")
        .says("Decided by");

    let (first, third) = (
        house.sign_in("officer-1").await,
        house.sign_in("officer-3").await,
    );
    let desk = house.get_as(&first, "/en/console/appeals").await;
    desk.says("A-2026-000001").says("you signed it");
    let path = "/en/console/appeal/A-2026-000001";
    let page = house.get_as(&first, path).await;
    page.says("You signed this listing");
    assert!(!page.body.contains("/take\""), "nothing to press");
    let forced = house.post(&first, &format!("{path}/take"), &[]).await;
    assert_eq!(forced.status, StatusCode::UNPROCESSABLE_ENTITY);
    forced.says("Another officer decides");

    let taken = house.post(&third, &format!("{path}/take"), &[]).await;
    assert_eq!(taken.status, StatusCode::SEE_OTHER, "{}", taken.body);
    let page = house.get_as(&third, path).await;
    page.says("We sell &#60;b&#62;flowers&#60;/b&#62;")
        .says("[U+202E]");
    assert!(!page.body.contains("<script>") && !page.body.contains(CONTACT));
    house
        .post(&third, &format!("{path}/contact"), &[])
        .await
        .says(CONTACT);
    status(&house, &code, "").await.says("Being decided");

    let uphold = |password: &'static str| {
        let (house, third) = (&house, &third);
        async move {
            let form = [
                ("outcome", "lift"),
                ("reason_code", "not-an-exchange"),
                ("answer", "You were right <i>indeed</i>."),
                ("note", "seen again"),
                ("password", password),
            ];
            house.post(third, &format!("{path}/uphold"), &form).await
        }
    };
    let wrong = uphold("not the password").await;
    assert_eq!(wrong.status, StatusCode::UNPROCESSABLE_ENTITY);
    wrong.says("Nothing was signed").says("indeed");
    let upheld = uphold(PASSWORD).await;
    assert_eq!(upheld.status, StatusCode::SEE_OTHER, "{}", upheld.body);
    house.publish().await;

    let listing = house.get(&format!("/en/i/{id}")).await;
    listing
        .says("Decided appeals")
        .says("Upheld: the block was lifted")
        .says("It is not an exchange")
        .says("An appeal was upheld");
    let json = house.get(&format!("/api/v1/listing/{id}")).await;
    let register = house.get("/api/v1/register").await;
    assert_eq!(register.json()["listings"][0], json.json());
    let appeal = &json.json()["appeals"][0];
    assert_eq!(appeal["decision"], "upheld");
    assert_eq!(appeal["outcome"], "lift");
    for public in [&listing, &json] {
        for secret in [
            "flowers",
            CONTACT,
            "officer-3",
            "indeed",
            "seen again",
            &code,
        ] {
            assert!(!public.body.contains(secret), "{secret}");
        }
    }
    status(&house, &code, "")
        .await
        .says("You were right &#60;i&#62;indeed")
        .says("Upheld");
    // Nothing is left to object to.
    let late = send(&house, &id, "report", "It is an error all the same.").await;
    assert_eq!(late.status, StatusCode::UNPROCESSABLE_ENTITY);
    late.says("not on the list");
}

#[tokio::test]
async fn an_owner_is_told_what_to_publish_and_what_was_seen() {
    let (house, id) = house().await;
    let sent = send(&house, "https://obmen.test/kurs", "owner", TEXT).await;
    let code = receipt(&sent);
    sent.says("_qalqan.obmen.test TXT")
        .says("https://obmen.test/.well-known/qalqan-appeal.txt")
        .says("qalqan-appeal=");
    status(&house, &code, "").await.says("Not looked for yet");
    let third = house.sign_in("officer-3").await;
    let desk = house.get_as(&third, "/en/console/appeals").await;
    desk.says("not proved control yet: 1");
    assert!(
        !desk.body.contains("A-2026-000001"),
        "nobody needs to read it"
    );
    let hidden = house
        .get_as(&third, "/en/console/appeal/A-2026-000001")
        .await;
    assert_eq!(hidden.status, StatusCode::NOT_FOUND);

    let look = |seen, detail: &str| Look {
        asked: "TXT _qalqan.obmen.test".into(),
        seen,
        detail: detail.into(),
    };
    let store = &house.centre.store;
    let other = [look(Seen::Other, "<b>v=spf1</b>\u{202e}")];
    proof::found(store, "A-2026-000001", &other, NOW + 60)
        .await
        .unwrap();
    let page = status(&house, &code, "").await;
    page.says("something else is there")
        .says("&#60;b&#62;v=spf1&#60;/b&#62;[U+202E]");
    status(&house, &code, "look").await.says("just looked for");
    let proved = [look(Seen::Token, "qalqan-appeal=x")];
    proof::found(store, "A-2026-000001", &proved, NOW + 60)
        .await
        .unwrap();
    status(&house, &code, "").await.says("Proved, waits");
    house
        .get_as(&third, "/en/console/appeal/A-2026-000001")
        .await
        .says("Proof of control")
        .says("TXT _qalqan.obmen.test");
    status(&house, &code, "withdraw").await.says("taken back");
    let again = status(&house, &code, "withdraw").await;
    assert_eq!(again.status, StatusCode::UNPROCESSABLE_ENTITY);
    house
        .get(&format!("/en/i/{id}"))
        .await
        .says("Object to this listing");
}

#[tokio::test]
async fn what_cannot_be_taken_says_what_to_do() {
    let (house, id) = house().await;
    let long = "x".repeat(4_001);
    for (listing, kind, text, says) in [
        ("", "report", TEXT, "not on the list"),
        ("Q-2026-000099", "report", TEXT, "not on the list"),
        ("dobro.test", "report", TEXT, "not on the list"),
        ("www.obmen.test", "report", TEXT, "not on the list"),
        ("<script>", "report", TEXT, "not on the list"),
        (&id, "", TEXT, "Choose who you are"),
        (&id, "officer", TEXT, "Choose who you are"),
        (&id, "report", "short", "in 10 to 4,000"),
        (&id, "report", &long, "in 10 to 4,000"),
    ] {
        let refused = send(&house, listing, kind, text).await;
        assert_eq!(
            refused.status,
            StatusCode::UNPROCESSABLE_ENTITY,
            "{listing}"
        );
        refused.says("There is a problem").says(says);
        assert!(!refused.body.contains("<script>"), "{listing}");
    }
    receipt(&send(&house, &id, "report", TEXT).await);
    let twice = send(&house, &id, "report", TEXT).await;
    assert_eq!(twice.status, StatusCode::UNPROCESSABLE_ENTITY);
    twice.says("it counts once");
    for code in ["", "0000-0000-0000-0000", "<script>", &"0".repeat(5_000)] {
        let unknown = status(&house, code, "withdraw").await;
        assert_eq!(unknown.status, StatusCode::UNPROCESSABLE_ENTITY);
        assert!(!unknown.body.contains("<script>"));
    }
    let large = send(&house, &id, "report", &"y".repeat(70_000)).await;
    assert_eq!(large.status, StatusCode::PAYLOAD_TOO_LARGE);
}

/// Another site's form is refused; a plain browser's own, which says no more than its origin, is not.
#[tokio::test]
async fn only_our_own_form_is_taken() {
    let (house, id) = house().await;
    let post = |site: &'static str, origin: &'static str| {
        let body = format!("listing={id}&kind=report&text=It+is+an+error+{origin}");
        let mut request = Request::post("/en/appeal")
            .header("host", "127.0.0.1:8080")
            .header("content-type", "application/x-www-form-urlencoded");
        for (name, value) in [("sec-fetch-site", site), ("origin", origin)] {
            if !value.is_empty() {
                request = request.header(name, value);
            }
        }
        request.body(Body::from(body)).unwrap()
    };
    for (site, origin) in [
        ("cross-site", "http://evil.test"),
        ("same-site", "http://evil.test"),
        ("", "http://evil.test"),
        ("", "null"),
    ] {
        let refused = ask(&house.pages, post(site, origin)).await;
        assert_eq!(refused.status, StatusCode::FORBIDDEN, "{site} {origin}");
    }
    let page = house.get(&format!("/en/appeal?listing={id}")).await;
    assert_eq!(
        page.header("referrer-policy"),
        "same-origin",
        "else browsers would send `Origin: null`"
    );
    let own = ask(&house.pages, post("", "http://127.0.0.1:8080")).await;
    receipt(&own);
}

#[tokio::test]
async fn every_page_of_appeals_is_whole_in_three_languages() {
    let (house, id) = house().await;
    let codes = [
        receipt(&send(&house, &id, "report", TEXT).await),
        receipt(&send(&house, &id, "owner", TEXT).await),
    ];
    let third = house.sign_in("officer-3").await;
    let officer = data::officer::all(&house.centre.store).await.unwrap();
    let officer = officer.iter().find(|o| o.login == "officer-3").unwrap();
    decide::take(&house.centre.store, officer, "A-2026-000001", NOW)
        .await
        .unwrap();
    for lang in ["kk", "ru", "en"] {
        let mut pages = vec![
            house.get(&format!("/{lang}/appeal")).await,
            house.get(&format!("/{lang}/appeal?listing={id}")).await,
            house.get(&format!("/{lang}/appeal/status")).await,
            house
                .get_as(&third, &format!("/{lang}/console/appeals"))
                .await,
            house
                .get_as(&third, &format!("/{lang}/console/appeal/A-2026-000001"))
                .await,
        ];
        for code in &codes {
            let form = [("receipt", code.as_str())];
            pages.push(
                house
                    .post("", &format!("/{lang}/appeal/status"), &form)
                    .await,
            );
        }
        for page in pages {
            assert_eq!(page.status, StatusCode::OK, "{}", page.body);
            page.says(&format!("<html lang=\"{lang}\">"));
            assert!(
                !page.body.contains('⟨'),
                "a message is missing: {}",
                page.body
            );
            assert!(!page.body.contains("<script") && !page.body.contains(" style="));
            assert_eq!(page.body.matches("<h1").count(), 1);
            assert_eq!(page.header("cache-control"), "no-store");
        }
    }
}

/// Who appeals is written nowhere: not in the store, whatever their browser says of itself.
#[tokio::test]
async fn nothing_of_the_sender_is_kept_but_what_was_written() {
    let (house, id) = house().await;
    let body = format!("listing={id}&kind=report&text=It+is+an+error");
    let request = Request::post("/en/appeal")
        .header("host", "127.0.0.1:8080")
        .header("sec-fetch-site", "same-origin")
        .header("content-type", "application/x-www-form-urlencoded")
        .header("user-agent", "suraushy-7319/1.0")
        .header("x-forwarded-for", "203.0.113.77")
        .header("cookie", "who=suraushy-7319")
        .body(Body::from(body))
        .unwrap();
    let sent = ask(&house.pages, request).await;
    let code = receipt(&sent);
    house.centre.store.close().await;
    for file in std::fs::read_dir(house.centre.dir.path()).unwrap() {
        let path = file.unwrap().path();
        let Ok(bytes) = std::fs::read(&path) else {
            continue;
        };
        let bare = code.replace('-', "");
        for trace in ["suraushy-7319", "203.0.113.77", &code, &bare] {
            let found = bytes
                .windows(trace.len())
                .any(|part| part == trace.as_bytes());
            assert!(!found, "{trace} in {}", path.display());
        }
    }
}

#[tokio::test]
async fn an_owner_whose_room_strangers_filled_is_told_to_publish_first() {
    let (house, id) = house().await;
    for n in 0..MOST_WAITING {
        let new = NewAppeal {
            listing_id: &id,
            host: &name("obmen.test"),
            kind: Kind::Owner,
            text: &format!("It is mine, and mine alone: {n}."),
            contact: None,
            receipt: None,
        };
        receive(&house.centre.store, new, NOW).await.unwrap();
    }
    let page = send(&house, &id, "owner", TEXT).await;
    assert_eq!(page.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert_eq!(page.header("cache-control"), "no-store");
    page.says("First publish one of the two below")
        .says("href=\"#publish\"")
        .says("_qalqan.obmen.test TXT")
        .says("We sell &#60;b&#62;flowers");
    let hidden = |page: &Answer| {
        let (_, rest) = page.body.split_once("name=\"receipt\" value=\"").unwrap();
        rest[..19].to_owned()
    };
    let published = |page: &Answer| {
        let (_, rest) = page.body.split_once("qalqan-appeal=").unwrap();
        rest[..32].to_owned()
    };
    let form = [
        ("listing", id.as_str()),
        ("kind", "owner"),
        ("text", TEXT),
        ("receipt", &hidden(&page)),
    ];
    let again = house.post("", "/en/appeal", &form).await;
    assert_eq!(again.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert_eq!(
        published(&again),
        published(&page),
        "one token for a receipt"
    );
    let looks = [Look {
        asked: "TXT _qalqan.obmen.test".into(),
        seen: Seen::Other,
        detail: format!("qalqan-appeal={}", published(&page)),
    }];
    proof::found(&house.centre.store, "A-2026-000001", &looks, NOW)
        .await
        .unwrap();
    let taken = house.post("", "/en/appeal", &form).await;
    assert_eq!(receipt(&taken), hidden(&page));
}
