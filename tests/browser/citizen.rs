//! What anybody sees: the check, the page of a listing, in three languages, without scripts.

use fantoccini::key::Key;

use crate::{driver::Browser, stage::LANGUAGES, support::demo::Demo};

/// A host of the demonstration's register.
const LICENSED: &str = "kerbez.test";

/// A host nobody has heard of.
const UNKNOWN: &str = "belgisiz-nars.test";

/// What the page of a check says in one language, from the file the pages take it from.
fn word(lang: &str, key: &str) -> String {
    let file = format!(
        "{}/../web/locales/{lang}/public.ftl",
        env!("CARGO_MANIFEST_DIR")
    );
    let messages = std::fs::read_to_string(file).unwrap();
    let find = |line: &str| Some(line.strip_prefix(key)?.strip_prefix(" = ")?.to_owned());
    messages.lines().find_map(find).expect(key)
}

/// Opens the check of a host and reads its verdict.
pub(crate) async fn sees(browser: &Browser, demo: &Demo, lang: &str, host: &str, verdict: &str) {
    let page = demo.page(&format!("/{lang}/check?q={host}"));
    browser.goto(&page).await;
    assert_eq!(
        browser.text("#verdict").await,
        word(lang, verdict),
        "{host}"
    );
}

/// Before the second signature there is no public page, and the check says nothing of a case.
pub(crate) async fn knows_nothing_of(browser: &Browser, demo: &Demo, listing: &str) {
    sees(browser, demo, "kk", crate::FLAGGED, "verdict-unknown").await;
    assert_eq!(browser.count(&format!("a[href*='{listing}']")).await, 0);
    browser.goto(&demo.page(&format!("/i/{listing}"))).await;
    assert_eq!(browser.status().await, 404);
}

/// The check says blocked and leads to the listing; the address that DNS gives shows the order.
pub(crate) async fn reads_the_order(
    browser: &Browser,
    demo: &Demo,
    host: &str,
    listing: &str,
    number: &str,
) {
    sees(browser, demo, "kk", host, "verdict-blocked").await;
    let link = format!("a[href$='/i/{listing}']");
    browser.follow(&link).await;
    assert!(browser.words().await.contains(number));
    browser.goto(&demo.page(&format!("/i/{listing}"))).await;
    assert_eq!(browser.status().await, 200);
    let words = browser.words().await;
    assert!(words.contains(number) && words.contains(host), "{words}");
    // Where an operator answers with the block page's address, the name itself leads there.
    let port = demo.port("block_page").port();
    browser.goto(&format!("http://{host}:{port}/")).await;
    assert!(browser.words().await.contains(number));
    assert_eq!(browser.count(&link).await, LANGUAGES.len());
}

/// From the front page, in each language, on the narrowest screen, with scripts off: a licensed, a
/// blocked and an unknown name.
pub(crate) async fn checks_names_without_scripts(
    browser: &Browser,
    demo: &Demo,
    blocked: &str,
    listing: &str,
) {
    scripts_are_off(browser).await;
    let names = [
        (LICENSED, "verdict-licensed"),
        (blocked, "verdict-blocked"),
        (UNKNOWN, "verdict-unknown"),
    ];
    for lang in LANGUAGES {
        for (host, verdict) in names {
            browser.goto(&demo.page(&format!("/{lang}/"))).await;
            fits(browser, lang).await;
            browser.type_into("[name=q]", host).await;
            browser.leave(browser.press(Key::Enter)).await;
            fits(browser, lang).await;
            assert_eq!(
                browser.text("#verdict").await,
                word(lang, verdict),
                "{host}"
            );
            switches_language(browser, lang, verdict).await;
        }
        for path in [
            "register",
            "licensed",
            "notices",
            "campaigns",
            "verify",
            "privacy",
            &format!("i/{listing}"),
        ] {
            browser.goto(&demo.page(&format!("/{lang}/{path}"))).await;
            fits(browser, lang).await;
        }
    }
    assert!(
        browser.cookies().await.is_empty(),
        "a public page set a cookie"
    );
}

/// Proves the browser, so that the rest means something.
async fn scripts_are_off(browser: &Browser) {
    let page = "data:text/html,<noscript><p id=off></p></noscript><script>document.write('<p id=on>')</script>";
    browser.goto(page).await;
    assert_eq!(browser.count("#off").await, 1);
    assert_eq!(browser.count("#on").await, 0);
}

/// The page is styled, states its language, and nothing stands out sideways.
async fn fits(browser: &Browser, lang: &str) {
    let at = browser.url().await;
    assert_eq!(browser.attribute("html", "lang").await, lang, "{at}");
    let rules =
        "return [...document.styleSheets].reduce((n, sheet) => n + sheet.cssRules.length, 0)";
    assert_ne!(browser.eval(rules, vec![]).await, 0, "{at} has no style");
    let wide = "const page = document.documentElement;
        return [page.clientWidth, page.scrollWidth, document.body.scrollWidth]";
    let widths = browser.eval(wide, vec![]).await;
    assert_eq!(
        widths,
        serde_json::json!([320, 320, 320]),
        "{at} scrolls sideways"
    );
}

/// From the result of a check to each other language and back: the same name, the same verdict.
async fn switches_language(browser: &Browser, lang: &str, verdict: &str) {
    let query = |url: String| url.split_once("q=").expect("a query").1.to_owned();
    let asked = query(browser.url().await);
    let others = LANGUAGES.into_iter().filter(|other| *other != lang);
    for to in others.chain([lang]) {
        browser.follow(&format!("nav a[hreflang={to}]")).await;
        assert_eq!(browser.attribute("html", "lang").await, to);
        assert_eq!(query(browser.url().await), asked);
        assert_eq!(browser.text("#verdict").await, word(to, verdict));
    }
}

/// Objects to a listing as somebody who noticed an error, and is shown the code once.
pub(crate) async fn objects_to(browser: &Browser, demo: &Demo, listing: &str) {
    let form = demo.page(&format!("/kk/appeal?listing={listing}"));
    browser.goto(&form).await;
    browser.click("#kind-report").await;
    browser
        .type_into("#text", "Бұл сайтта айырбас жоқ, бағам ғана.")
        .await;
    browser.follow("form[action$='/appeal'] button").await;
    assert_eq!(browser.text(".receipt").await.len(), 19);
}
