//! The case page: what it shows of people, of resemblances, and of a site that comes again.

use axum::http::StatusCode;
use blocklist::testing::name;
use data::{
    assessment::{self, NewAssessment},
    case::{self, NewCase},
    network::{self, Found, Role},
    testing::NOW,
};

use super::{House, networks::Simple};

impl House {
    /// Judges a planted site again with these signals (id and quote), and opens its case if one is
    /// to be opened.
    async fn judged_again(
        &self,
        host: &str,
        signals: &[(&str, &str)],
        licence_match: &str,
    ) -> Option<String> {
        let (store, at) = (&self.centre.store, NOW + 3_600);
        let before = assessment::latest(store, host).await.unwrap().unwrap();
        let signals: Vec<_> = signals
            .iter()
            .map(|(id, quote)| {
                serde_json::json!({ "id": id, "weight": 2.0, "quote": quote, "where": "p",
                    "url": format!("http://{host}/?tel=+77012345678"), "capture": "ab".repeat(32) })
            })
            .collect();
        let host = name(host);
        let new = NewAssessment {
            host: &host,
            at,
            exchange: 0.9,
            serves_kz: 0.9,
            verdict: "flag",
            evidence_root: &before.evidence_root,
            report: &serde_json::json!({ "signals": signals }).to_string(),
        };
        let new = NewCase {
            host: &host,
            assessment_id: assessment::add(store, new).await.unwrap(),
            evidence_root: &before.evidence_root,
            licence_match,
            at,
        };
        case::open(store, new).await.unwrap()
    }

    /// A site of which the first case was closed and the second shows what is new.
    async fn came_again(&self, cookie: &str, quote: &str, licence_match: &str) -> String {
        let first = self.centre.plant_case("obmen.test").await;
        let form = [("reason_code", "not-exchange"), ("review_days", "90")];
        let path = format!("/en/console/case/{first}/dismiss");
        let closed = self.post(cookie, &path, &form).await;
        assert_eq!(closed.status, StatusCode::SEE_OTHER, "{}", closed.body);
        let signals = [("order-form", "Отдаёте USDT"), ("feed", quote)];
        let again = self.judged_again("obmen.test", &signals, licence_match);
        again.await.expect("a feed is new")
    }
}

const QUOTE: &str = "Лимит 5 000 000 ₸, БИН 220340900012, тел. +7 701 234-56-78, TEZ_aiyrbas";

#[tokio::test]
async fn a_site_that_comes_again_says_what_is_new() {
    let house = House::new().await;
    let officer = house.sign_in("officer-1").await;
    let second = house.came_again(&officer, "rates", "{}").await;
    for (lang, title, signal) in [
        ("kk", "Іс бұрын жабылған", "Жаңа белгілер"),
        ("ru", "Дело уже закрывали", "Новые признаки"),
        (
            "en",
            "Closed before, and now something is new",
            "New signals",
        ),
    ] {
        let path = format!("/{lang}/console/case/{second}");
        let page = house.get_as(&officer, &path).await;
        page.says(title).says(signal).says("C-2026-000001");
        assert!(!page.body.contains('⟨'), "{}", page.body);
    }
    let first = house
        .get_as(&officer, "/en/console/case/C-2026-000001")
        .await;
    first.says("Not asked again on the same evidence before");
    let open = house.centre.plant_case("other.test").await;
    let path = format!("/en/console/case/{open}/dismiss");
    let form = [("reason_code", "not-kz"), ("review_days", "soon")];
    let refused = house.post(&officer, &path, &form).await;
    assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY);
    refused.says("Choose when to ask again");
}

#[tokio::test]
async fn a_case_shows_people_once_with_a_reason() {
    let house = House::new().await;
    let officer = house.sign_in("officer-1").await;
    let case = house.came_again(&officer, QUOTE, "{}").await;
    let handle = |kind: &str, value: &str| Found {
        kind: kind.into(),
        value: value.into(),
        role: Role::Own,
        place: "p".into(),
        url: "http://obmen.test/".into(),
        capture: "ab".repeat(32),
        quote: String::new(),
    };
    let shown = [
        handle("telegram", "tez_aiyrbas"),
        handle("bin", "220340900012"),
    ];
    network::update(&house.centre.store, "obmen.test", &shown, NOW, &Simple)
        .await
        .unwrap();
    let path = format!("/en/console/case/{case}");
    let masked = house.get_as(&officer, &path).await;
    masked
        .says("5 000 000 ")
        .says("БИН 220340900012, тел. +7…78, …");
    for secret in ["234-56-78", "aiyrbas", "77012345678"] {
        assert!(!masked.body.contains(secret), "{secret}: {}", masked.body);
    }
    let unmask = format!("{path}/unmasked");
    let before = house.audited().await;
    let refused = house.post(&officer, &unmask, &[("reason", " ")]).await;
    assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY);
    refused.says("id=\"unmask-wrong\"");
    assert!(!refused.body.contains("234-56-78"));
    assert_eq!(house.audited().await, before);
    let form = [("reason", "To compare with a complaint.")];
    let whole = house.post(&officer, &unmask, &form).await;
    whole.says("234-56-78").says("TEZ_aiyrbas");
    assert_eq!(house.audited().await, before + 1);
    let again = house.get_as(&officer, &path).await;
    assert!(!again.body.contains("234-56-78"));
    // The second officer's page quotes the same passages.
    let proposed = house.propose(&officer, &case, &[]).await;
    let listing = format!("/en/console/listing/{}", super::listing_of(&proposed));
    let page = house.get_as(&officer, &listing).await;
    page.says("БИН 220340900012");
    assert!(!page.body.contains("234-56-78"), "{}", page.body);
}

#[tokio::test]
async fn a_resemblance_to_a_registered_site_is_told_with_both_places() {
    let house = House::new().await;
    let officer = house.sign_in("officer-1").await;
    let place = |host: &str, quote: &str| serde_json::json!({ "url": format!("http://{host}/i.png"), "capture": "ab".repeat(32), "quote": quote });
    let found = serde_json::json!({ "match": { "verdict": "unknown" }, "claims": [], "resembles": [
        { "kind": "favicon", "host": "licensed.test", "likeness": 1.0,
            "here": place("obmen.test", ""), "there": place("licensed.test", "") },
        { "kind": "text.legal", "host": "licensed.test", "likeness": 0.83,
            "here": place("obmen.test", "<b>Ережелер</b> @tez_kz"), "there": place("licensed.test", "Ережелер") },
    ]});
    let case = house
        .came_again(&officer, "rates", &found.to_string())
        .await;
    for (lang, icon) in [
        ("kk", "Белгішесі licensed.test сайтындағымен бірдей."),
        ("ru", "Тот же значок, что у licensed.test."),
        ("en", "Same icon as licensed.test."),
    ] {
        let page = house
            .get_as(&officer, &format!("/{lang}/console/case/{case}"))
            .await;
        page.says(icon)
            .says("83")
            .says("http://licensed.test/i.png")
            .says("&#60;b&#62;Ережелер");
        assert!(!page.body.contains("tez_kz") && !page.body.contains('⟨'));
        for word in ["imitat", "имитац", "подделк", "еліктеу"] {
            assert!(!page.body.to_lowercase().contains(word), "{lang}: {word}");
        }
    }
}

#[tokio::test]
async fn a_capture_shows_the_certificate_that_is_frozen_with_it() {
    let house = House::new().await;
    let officer = house.sign_in("officer-1").await;
    let case = house.came_again(&officer, "rates", "{}").await;
    let page = house
        .get_as(&officer, &format!("/en/console/case/{case}"))
        .await;
    let at = page.body.find("/capture/").expect("a capture") + "/capture/".len();
    let id: String = page.body[at..]
        .chars()
        .take_while(char::is_ascii_digit)
        .collect();
    let path = format!("/en/console/case/{case}/capture/{id}");
    let plain = house.get_as(&officer, &path).await;
    assert!(!plain.body.contains("SPKI"), "{}", plain.body);

    let (body, certificate, spki) = ("ab".repeat(32), "c1".repeat(32), "d2".repeat(32));
    let manifest = format!(
        r#"[{{"body_sha256":"{body}","certificate_sha256":"{certificate}","fetched_at":{NOW},"key_sha256":"{spki}","record_sha256":"{body}","status":200,"url":"http://obmen.test/"}}]"#
    );
    let root = blocklist::Digest::of(manifest.as_bytes());
    for sql in [
        format!(
            "INSERT INTO evidence (root, host, manifest, created_at) VALUES ('{root}', 'obmen.test', '{manifest}', {NOW})"
        ),
        format!("UPDATE review_case SET evidence_root = '{root}' WHERE id = '{case}'"),
    ] {
        house.centre.sql(&sql).await.unwrap();
    }
    house
        .get_as(&officer, &path)
        .await
        .says("(SPKI)")
        .says(&certificate)
        .says(&spki);
}
