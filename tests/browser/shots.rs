//! Pictures of every page, for people to look at: three languages, a phone and a desk, light and
//! dark. Nothing is compared here; how a page looks is judged by eye.

use std::path::Path;

use serde_json::json;

use crate::{
    FLAGGED, ORDER,
    driver::{Browser, Window},
    officer::Officer,
    support::{
        demo::Demo,
        dns::{self, Answer},
    },
};

/// A flagged site whose proposal waits for the second signature.
const WAITING: &str = "jeruiyq.test";

/// A flagged site nobody has decided about.
const OPEN: &str = "quorvia.test";

/// A name that reads like a licensed one.
const LOOKALIKE: &str = "xn--kerbz-2we.test";

/// The longest picture, in CSS pixels.
const LONGEST: u64 = 6_000;

#[tokio::test(flavor = "multi_thread")]
#[ignore = "writes pictures to the directory that QALQAN_SHOTS names"]
async fn pictures_of_every_page() {
    let folder = std::env::var_os("QALQAN_SHOTS").expect("QALQAN_SHOTS names a directory");
    let folder = Path::new(&folder);
    std::fs::create_dir_all(folder).unwrap();
    let Some(driver) = crate::driver().await else {
        return;
    };
    let demo = Demo::start().await;
    let browser = driver
        .open(Window {
            width: 1280,
            scripts: true,
        })
        .await;
    let pages = set_the_stage(&browser, &demo).await;
    for scheme in ["light", "dark"] {
        let dark = json!({ "features": [{ "name": "prefers-color-scheme", "value": scheme }] });
        browser.devtools("Emulation.setEmulatedMedia", dark).await;
        for width in [360, 1280] {
            for lang in ["kk", "ru", "en"] {
                for (name, address) in &pages {
                    let file = folder.join(format!("{name}-{lang}-{width}-{scheme}.png"));
                    let address = address.replace("{lang}", lang);
                    std::fs::write(file, picture(&browser, &address, width).await).unwrap();
                }
            }
        }
    }
    browser.close().await;
}

/// One site listed, one waiting for the second signature, the second officer signed in; gives the
/// pages by name.
async fn set_the_stage(browser: &Browser, demo: &Demo) -> Vec<(&'static str, String)> {
    let [first, second] = demo.officers();
    let officer = Officer::sign_in(browser, demo, &first, "kk").await;
    officer.open_case(FLAGGED).await;
    let listed = officer.propose(&ORDER).await;
    officer.open_case(WAITING).await;
    let waiting = officer.propose(&ORDER).await;
    officer.sign_out().await;
    let officer = Officer::sign_in(browser, demo, &second, "kk").await;
    officer.open_listing(&listed).await;
    officer.ready_to_approve(&listed).await;
    officer.approve(&listed).await;
    let within = crate::ENFORCED_WITHIN;
    let blocked = |answer: &Answer| matches!(answer, Answer::Blocked(_));
    dns::until(demo.port("dns"), FLAGGED, within, blocked).await;
    officer.open_case(OPEN).await;
    let case = browser.url().await.replace("/kk/", "/{lang}/");
    let page = |path: &str| demo.page(&format!("/{{lang}}/{path}"));
    let block = format!("http://{FLAGGED}:{}/", demo.port("block_page").port());
    vec![
        ("home", page("")),
        ("check-licensed", page("check?q=kerbez.test")),
        ("check-blocked", page(&format!("check?q={FLAGGED}"))),
        ("check-unknown", page("check?q=belgisiz-nars.test")),
        ("check-lookalike", page(&format!("check?q={LOOKALIKE}"))),
        ("check-refused", page("check?q=%20%20")),
        ("register", page("register")),
        ("licensed", page("licensed")),
        ("verify", page("verify")),
        ("privacy", page("privacy")),
        ("listing", page(&format!("i/{listed}"))),
        ("not-found", page("i/Q-2026-999999")),
        ("block-page", block),
        ("sign-in", page("console/sign-in")),
        ("queue", page("console")),
        ("case", case.clone()),
        ("propose", format!("{case}/propose")),
        ("listings", page("console/listings")),
        ("approval", page(&format!("console/listing/{waiting}"))),
        ("lift", page(&format!("console/listing/{listed}"))),
    ]
}

/// The whole page at this width.
async fn picture(browser: &Browser, address: &str, width: u32) -> Vec<u8> {
    browser.resize(width, 800).await;
    browser.goto(address).await;
    let height = "return document.documentElement.scrollHeight";
    let height = browser.eval(height, vec![]).await;
    let height = height.as_u64().expect("a height").min(LONGEST);
    browser
        .resize(width, u32::try_from(height).unwrap_or(800))
        .await;
    browser.picture().await
}
