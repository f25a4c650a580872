//! Networks in the console: what is shown, what is left out, what officers add, and who may not.

use axum::http::StatusCode;
use blocklist::key::Role as KeyRole;
use data::{
    ceremony,
    network::{self, Found, Role, Rules, Shared},
    testing::{ADMINS, NOW, person},
};

use super::{Answer, House};

/// A wallet links alone while nine sites show it; a contact never does.
pub(crate) struct Simple;

impl Rules for Simple {
    fn points(&self, kind: &str, sites: i64) -> i64 {
        match kind {
            "wallet.tron" if sites <= 9 => 100,
            "phone" | "telegram" => 50,
            _ => 0,
        }
    }

    fn strength(&self, shared: &[Shared<'_>]) -> i64 {
        shared.iter().map(|one| one.points).max().unwrap_or(0)
    }
}

pub(crate) const WALLET: &str = "TQn9Y2khEsLJW1ChVWFMSMeRDow5KcbLSE";
pub(crate) const PHONE: &str = "+77012345678";
pub(crate) const ID: &str = "N-2026-000001";

fn found(kind: &str, value: &str, quote: &str) -> Found {
    Found {
        kind: kind.into(),
        value: value.into(),
        role: Role::Own,
        place: "footer>p".into(),
        url: format!("http://x.test/?tel={PHONE}"),
        capture: "ab".repeat(32),
        quote: quote.into(),
    }
}

impl House {
    /// Three sites with cases that show one wallet; two of them one phone and one common counter.
    pub(crate) async fn with_network() -> Self {
        let house = Self::new().await;
        let wallet = found(
            "wallet.tron",
            WALLET,
            "<script>alert(1)</script>\u{202e}Кошелёк, тел. +7 (701) 234-56-78, @tez_kz",
        );
        let phone = found("phone", PHONE, "Звоните +7 701 234 56 78");
        let counter = found("analytics.metrika", "12345678", "ym(12345678)");
        for (host, shows) in [
            (
                "a.test",
                vec![wallet.clone(), phone.clone(), counter.clone()],
            ),
            ("b.test", vec![wallet.clone(), phone, counter]),
            ("теңге.test", vec![wallet]),
        ] {
            house.centre.plant_case(host).await;
            let host = blocklist::DomainName::parse(host).unwrap();
            network::update(&house.centre.store, host.as_str(), &shows, NOW, &Simple)
                .await
                .unwrap();
        }
        house
    }

    pub(crate) async fn page_of(&self, cookie: &str, path: &str) -> Answer {
        let page = self.get_as(cookie, path).await;
        assert_eq!(page.status, StatusCode::OK, "{path}: {}", page.body);
        page
    }

    /// Rows of the audit chain, which must hold together.
    pub(crate) async fn audited(&self) -> i64 {
        data::audit::verify(&self.centre.store).await.unwrap().0
    }
}

#[tokio::test]
async fn networks_are_listed_and_shown_in_three_languages() {
    let house = House::with_network().await;
    let officer = house.sign_in("officer-1").await;
    for (lang, title, sites, ties) in [
        ("kk", "Желілер", "3 сайт", "Не байланыстырады"),
        ("ru", "Сети", "3 сайта", "Что их связывает"),
        ("en", "Networks", "3 sites", "What ties them"),
    ] {
        let list = house
            .page_of(&officer, &format!("/{lang}/console/networks"))
            .await;
        list.says(title).says(ID);
        let page = format!("/{lang}/console/network/{ID}");
        let page = house.page_of(&officer, &page).await;
        page.says(sites)
            .says(ties)
            .says("<svg")
            .says("теңге.test")
            .says(WALLET)
            .says("/capture/");
        assert!(!page.body.contains('⟨'), "{}", page.body);
    }
    let list = house.page_of(&officer, "/kk/console/networks").await;
    assert!(!list.body.contains('⟨'), "{}", list.body);
    list.says("aria-current=\"page\">Желілер");
    // What only looks shared is told apart, with why.
    house
        .page_of(&officer, &format!("/en/console/network/{ID}"))
        .await
        .says("it says nothing of one operator");
    let nothing = house
        .get_as(&officer, "/kk/console/network/N-2026-000009")
        .await;
    assert_eq!(nothing.status, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn what_points_to_people_is_shown_once_with_a_reason() {
    let house = House::with_network().await;
    let officer = house.sign_in("officer-1").await;
    let path = format!("/en/console/network/{ID}");
    let masked = house.page_of(&officer, &path).await;
    for secret in [PHONE, "234-56-78", "234 56 78", "tez_kz", "tel="] {
        assert!(!masked.body.contains(secret), "{secret}: {}", masked.body);
    }
    masked
        .says("+7…78")
        .says("&#60;script&#62;")
        .says("[U+202E]");
    assert!(!masked.body.contains("<script"));
    let (unmask, before) = (format!("{path}/unmasked"), house.audited().await);
    let refused = house.post(&officer, &unmask, &[("reason", "  ")]).await;
    assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY);
    refused.says("Write the reason");
    assert!(!refused.body.contains(PHONE));
    assert_eq!(house.audited().await, before);
    let whole = house
        .post(
            &officer,
            &unmask,
            &[("reason", "To write to the operator.")],
        )
        .await;
    assert_eq!(whole.status, StatusCode::OK);
    whole.says(PHONE).says("234-56-78").says("&#60;script&#62;");
    assert!(whole.header("cache-control").contains("no-store"));
    assert_eq!(house.audited().await, before + 1);
    let again = house.page_of(&officer, &path).await;
    assert!(!again.body.contains(PHONE));
}

#[tokio::test]
async fn a_tie_is_cut_and_the_cut_taken_back() {
    let house = House::with_network().await;
    let officer = house.sign_in("officer-1").await;
    let tie = format!("/en/console/network/{ID}/tie?a=a.test&b=b.test");
    house
        .page_of(&officer, &tie)
        .await
        .says("Cut this tie")
        .says(WALLET);
    let cut = format!("/en/console/network/{ID}/cut");
    let pair = |why| [("a", "a.test"), ("b", "b.test"), ("why", why)];
    let refused = house.post(&officer, &cut, &pair(" ")).await;
    assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY);
    refused.says("Write the reason");
    let done = house.post(&officer, &cut, &pair("A <b>partner</b>.")).await;
    assert_eq!(done.status, StatusCode::SEE_OTHER, "{}", done.body);
    assert_eq!(
        done.location(),
        format!("/en/console/network/{ID}?done=cut#cuts")
    );
    house
        .page_of(&officer, &format!("/en/console/network/{ID}?done=cut"))
        .await
        .says("It stays cut")
        .says("A &#60;b&#62;partner")
        .says("officer-1");
    let again = house.post(&officer, &cut, &pair("Again.")).await;
    assert_eq!(again.status, StatusCode::UNPROCESSABLE_ENTITY);
    again.says("somebody was here before you");
    house
        .page_of(&officer, "/en/console/networks")
        .await
        .says("Cuts that stand");
    house
        .page_of(&officer, &tie)
        .await
        .says("Take the cut back");
    let undo = format!("/en/console/network/{ID}/undo");
    let done = house.post(&officer, &undo, &pair("The same people.")).await;
    assert!(done.location().contains("done=undone"), "{}", done.body);
    house
        .page_of(&officer, &tie)
        .await
        .says("The same people.")
        .says("Cut this tie");
    let elsewhere = format!("/en/console/network/{ID}/tie?a=a.test&b=other.test");
    let nothing = house.get_as(&officer, &elsewhere).await;
    assert_eq!(nothing.status, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn volumes_are_entered_put_right_and_withdrawn() {
    let house = House::with_network().await;
    let officer = house.sign_in("officer-1").await;
    let path = format!("/en/console/network/{ID}/volume");
    let good = [
        ("kzt", "24 000 000 000"),
        ("usdt", ""),
        ("rate", ""),
        ("rate_on", ""),
        ("from", "2026-10-01"),
        ("to", "2026-10-31"),
        ("source", "Letter № 12 of the <bank>"),
        ("replaces", ""),
    ];
    let with = |changed: &[(&'static str, &'static str)]| {
        let value = |(name, value)| {
            let other = changed.iter().find(|(field, _)| *field == name);
            (name, other.map_or(value, |(_, value)| *value))
        };
        good.map(value)
    };
    for (field, value, says) in [
        ("kzt", "24,000", "reads in two ways"),
        ("kzt", "", "Write an amount"),
        ("to", "2026-09-01", "before the first"),
        ("from", "soon", "Give the day"),
        ("source", " ", "Write where the figure comes from"),
        ("rate", "512,35", "A rate belongs to an amount"),
    ] {
        let refused = house.post(&officer, &path, &with(&[(field, value)])).await;
        assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY, "{field}");
        refused.says(says).says(&format!("id=\"{field}-wrong\""));
        let kept = if field == "from" {
            "Letter № 12"
        } else {
            "value=\"2026-10-01\""
        };
        refused.says("There is a problem").says(kept);
    }
    let done = house.post(&officer, &path, &good).await;
    assert_eq!(
        done.location(),
        format!("/en/console/network/{ID}?done=volume#volumes"),
        "{}",
        done.body
    );
    let page = house
        .page_of(&officer, &format!("/en/console/network/{ID}"))
        .await;
    page.says("24\u{a0}000\u{a0}000\u{a0}000 ₸")
        .says("Letter № 12 of the &#60;bank&#62;");
    house
        .page_of(&officer, "/kk/console/networks")
        .await
        .says("24 млрд теңге");
    let opening = "/volume?replaces=";
    let at = page.body.find(opening).expect("a way to put it right") + opening.len();
    let row: String = page.body[at..]
        .chars()
        .take_while(char::is_ascii_digit)
        .collect();
    let form = format!("{path}?replaces={row}");
    house
        .page_of(&officer, &form)
        .await
        .says("Put a volume right");
    let mut usdt = with(&[
        ("kzt", ""),
        ("usdt", "1 000 000"),
        ("rate", "512,35"),
        ("rate_on", "2026-10-31"),
    ]);
    usdt[7] = ("replaces", &row);
    let done = house.post(&officer, &path, &usdt).await;
    assert_eq!(done.status, StatusCode::SEE_OTHER, "{}", done.body);
    let totals = house.page_of(&officer, "/en/console/networks").await;
    totals
        .says("512\u{a0}350\u{a0}000")
        .says("1\u{a0}000\u{a0}000");
    // It was replaced: neither another nor a withdrawal can take its place again.
    let again = house.post(&officer, &path, &usdt).await;
    assert!(again.status.is_client_error(), "{}", again.status);
    let page = house
        .page_of(&officer, &format!("/en/console/network/{ID}"))
        .await;
    page.says("does not count");
    let at = page.body.find(opening).expect("the new row") + opening.len();
    let row: String = page.body[at..]
        .chars()
        .take_while(char::is_ascii_digit)
        .collect();
    let withdraw = format!("/en/console/network/{ID}/withdraw");
    let refused = house.post(&officer, &withdraw, &[("replaces", &row)]).await;
    refused.says("Write the reason");
    let done = house
        .post(
            &officer,
            &withdraw,
            &[("replaces", &row), ("why", "Another network's.")],
        )
        .await;
    assert!(done.location().contains("done=withdrawn"), "{}", done.body);
    house
        .page_of(&officer, "/en/console/networks")
        .await
        .says("No officer has stated a volume yet");
}

#[tokio::test]
async fn only_officers_add_to_networks_or_see_people() {
    let house = House::with_network().await;
    let legal = person("legal-1", KeyRole::Legal);
    ceremony::add_officer(&house.centre.store, legal, ADMINS, NOW)
        .await
        .unwrap();
    let (admin, legal) = (
        house.sign_in("admin-1").await,
        house.sign_in("legal-1").await,
    );
    let base = format!("/en/console/network/{ID}");
    let moves = ["cut", "undo", "volume", "withdraw", "unmasked"];
    for cookie in [&admin, &legal] {
        for action in moves {
            let form = [
                ("a", "a.test"),
                ("b", "b.test"),
                ("why", "x"),
                ("reason", "x"),
            ];
            let answer = house.post(cookie, &format!("{base}/{action}"), &form).await;
            assert_eq!(answer.status, StatusCode::FORBIDDEN, "{action}");
            answer.says("Not for your role");
        }
    }
    let read = house.page_of(&legal, &base).await;
    assert!(!read.body.contains("/unmasked") && !read.body.contains("/volume\""));
    for action in moves {
        let answer = house
            .post("", &format!("{base}/{action}"), &[("reason", "x")])
            .await;
        assert_eq!(answer.location(), "/en/console/sign-in", "{action}");
    }
    for path in ["networks", &format!("network/{ID}")] {
        let answer = house.get(&format!("/en/console/{path}")).await;
        assert_eq!(answer.location(), "/en/console/sign-in", "{path}");
    }
}

#[tokio::test]
async fn a_case_names_its_network_and_public_pages_never_do() {
    let house = House::with_network().await;
    let alone = house.centre.plant_case("alone.test").await;
    let listing = house.list("c.test").await;
    let officer = house.sign_in("officer-1").await;
    let queue = house.page_of(&officer, "/en/console").await;
    assert!(queue.body.contains("a.test"));
    let case = data::case::queue(&house.centre.store).await.unwrap();
    let case = case.iter().find(|case| case.host == "a.test").unwrap();
    house
        .page_of(&officer, &format!("/en/console/case/{}", case.id))
        .await
        .says(&format!(
            "Belongs to {ID} with 2 other sites, 0 of them listed"
        ))
        .says(WALLET)
        .says(&format!("/en/console/network/{ID}"));
    let page = house
        .page_of(&officer, &format!("/en/console/case/{alone}"))
        .await;
    assert!(!page.body.contains("Belongs to"), "{}", page.body);
    for path in [
        "/kk/".to_owned(),
        "/kk/check?q=a.test".to_owned(),
        format!("/kk/check?q={WALLET}"),
        "/kk/register".to_owned(),
        "/kk/licensed".to_owned(),
        "/kk/verify".to_owned(),
        "/kk/privacy".to_owned(),
        format!("/kk/i/{listing}"),
        "/api/v1/check?q=a.test".to_owned(),
        "/api/v1/register".to_owned(),
        format!("/api/v1/listing/{listing}"),
        "/openapi.json".to_owned(),
    ] {
        let page = house.get(&path).await;
        assert!(
            page.status.is_success() || page.status.is_client_error(),
            "{path}"
        );
        for word in [ID, "N-2026", "console/network", PHONE, "b.test"] {
            assert!(!page.body.contains(word), "{path}: {word}: {}", page.body);
        }
    }
}
