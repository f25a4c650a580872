//! Officers and citizens at a real browser, before the real binary.
//!
//! * [`driver`] is Chromium; [`officer`] and [`citizen`] are what people do with it, [`keyboard`]
//!   is what must hold for whoever has no mouse, [`audit`] what must hold of every page there is.
//! * Without Chromium or chromedriver a test says that it did not run; with
//!   `QALQAN_REQUIRE_TOOLS=1` a missing tool is a failure.
//! * `QALQAN_SHOTS=DIR cargo test -p tests --test browser -- --ignored` writes pictures of the pages
//!   to look at.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    missing_docs,
    reason = "tests"
)]

mod audit;
mod citizen;
mod driver;
mod hostile;
mod keyboard;
mod officer;
mod shots;
mod stage;
#[path = "../support/mod.rs"]
mod support;

use std::{
    io::Write as _,
    time::{Duration, Instant},
};

use driver::{Driver, Window};
use officer::{Officer, Order};
use support::{
    demo::Demo,
    dns::{self, Answer},
};

/// How long a signed decision may take to reach DNS before the test gives up; no measure of speed.
const ENFORCED_WITHIN: Duration = Duration::from_secs(10);

/// A flagged site of the demonstration.
const FLAGGED: &str = "tezaina.test";

/// The order, with a number in Kazakh script.
const ORDER: Order<'static> = Order {
    authority: "Цифрлық нарықтарды қадағалау комитеті (demo)",
    number: "№ 77-қ/2026",
};

/// Says something past the capturing of test output, so that it is seen.
fn say(line: &str) {
    let _ = writeln!(std::io::stderr(), "{line}");
}

/// The browser; `None`, said aloud, when it is not installed and need not be.
async fn driver() -> Option<Driver> {
    let driver = Driver::start().await;
    if driver.is_none() {
        say_or_fail("chromium or chromedriver is missing (packages chromium, chromium-driver)");
    }
    driver
}

/// Says aloud that a test does not run; where every tool must be there, that is a failure.
fn say_or_fail(missing: &str) {
    let required = std::env::var_os("QALQAN_REQUIRE_TOOLS").is_some();
    assert!(!required, "{missing}");
    say(&format!("NOT RUN: {missing}"));
}

#[tokio::test(flavor = "multi_thread")]
async fn two_officers_block_a_site_and_lift_it_again() {
    let Some(driver) = driver().await else {
        return;
    };
    let demo = Demo::start().await;
    let browser = driver
        .open(Window {
            width: 1280,
            scripts: true,
        })
        .await;
    let [first, second] = demo.officers();
    let dns = demo.port("dns");

    keyboard::reaches_everything(&browser, &demo.page("/kk/console/sign-in")).await;
    let officer = Officer::sign_in(&browser, &demo, &first, "kk").await;
    officer.keyboard_reaches_everything(FLAGGED).await;
    officer.open_case(FLAGGED).await;
    officer.sees_quotes().await;
    let listing = officer.propose(&ORDER).await;
    assert_eq!(
        dns::ask(dns, FLAGGED).await,
        Answer::Address,
        "one signature"
    );
    officer.cannot_approve_own(&listing).await;
    assert_eq!(dns::ask(dns, FLAGGED).await, Answer::Address, "both his");
    citizen::knows_nothing_of(&browser, &demo, &listing).await;
    officer.sign_out().await;

    let officer = Officer::sign_in(&browser, &demo, &second, "ru").await;
    officer.open_listing(&listing).await;
    officer.ready_to_approve(&listing).await;
    // Both at once: what is measured is from the press of the button to the answer.
    let pressed = Instant::now();
    let (blocked, ()) = tokio::join!(
        dns::until(dns, FLAGGED, ENFORCED_WITHIN, |answer| *answer
            != Answer::Address),
        officer.approve(&listing),
    );
    let (Answer::Blocked(why), at) = (blocked.1, blocked.0) else {
        panic!("neither an address nor blocked with a reason");
    };
    assert!(why.contains(&listing), "{why}");
    say(&format!(
        "from the button that signs second to NXDOMAIN with EDE 16: {} ms",
        (at - pressed).as_millis()
    ));
    citizen::reads_the_order(&browser, &demo, FLAGGED, &listing, ORDER.number).await;

    let visitor = driver
        .open(Window {
            width: 320,
            scripts: false,
        })
        .await;
    citizen::checks_names_without_scripts(&visitor, &demo, FLAGGED, &listing).await;
    visitor.close().await;

    lift(&officer, &demo, &listing).await;
    browser.close().await;
    // The centre for itself, and anybody else with the trust file over HTTP.
    let (base, trust) = (demo.page(""), demo.trust());
    let outside = ["list", "verify", "--base", &base, "--trust", &trust];
    for arguments in [&outside[..2], &outside] {
        let verified = demo.qalqan(arguments);
        assert!(verified.status.success(), "{arguments:?}: {verified:?}");
    }
}

/// Lifts the listing, and looks at DNS and at the public check.
async fn lift(officer: &Officer<'_>, demo: &Demo, listing: &str) {
    officer.open_listing(listing).await;
    officer.ready_to_lift(listing).await;
    let pressed = Instant::now();
    let (resolves, ()) = tokio::join!(
        dns::until(demo.port("dns"), FLAGGED, ENFORCED_WITHIN, |answer| {
            *answer == Answer::Address
        }),
        officer.lift(listing),
    );
    say(&format!(
        "from the button that lifts to an address again: {} ms",
        (resolves.0 - pressed).as_millis()
    ));
    citizen::sees(officer.browser, demo, "en", FLAGGED, "verdict-unknown").await;
}
