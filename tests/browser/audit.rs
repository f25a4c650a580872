//! Every page as those use it who see, hear or move otherwise, by machine: the rules of WCAG 2.2 A
//! and AA and of good practice that axe-core knows, on a phone and a desk, light and dark, in three
//! languages; Tab reaches every control; nothing scrolls sideways, nothing is asked of anybody else.
//!
//! axe-core (MPL-2.0) is no part of this repository: `tests/run --install` fetches the version whose
//! hash stands in `axe-core.sha512`. Without it the audit says that it did not run.

use std::{collections::BTreeSet, path::PathBuf};

use serde_json::json;

use crate::{
    driver::{Browser, Window},
    keyboard,
    officer::Officer,
    stage,
    support::demo::Demo,
};

/// The pinned archive, as `sha512sum` writes it: its hash and its name.
const PINNED: &str = include_str!("axe-core.sha512");

/// Which rules: everything that WCAG 2.2 A and AA asks, and what is good practice beyond.
const TAGS: [&str; 7] = [
    "wcag2a",
    "wcag2aa",
    "wcag21a",
    "wcag21aa",
    "wcag22a",
    "wcag22aa",
    "best-practice",
];

/// Widths in CSS pixels: the narrowest of WCAG 1.4.10, and a desk.
const WIDTHS: [u32; 2] = [320, 1280];

const SCHEMES: [&str; 2] = ["light", "dark"];

/// What axe-core objects to on the page as it stands, and the rules it could apply at all.
const RUN: &str = "
    const [tags, done] = arguments;
    axe.run(document, {
        runOnly: { type: 'tag', values: tags },
        rules: { 'target-size': { enabled: true } }, // off by default, though part of WCAG 2.2 AA
        resultTypes: ['violations'],
    }).then(found => done({
        applied: [...found.passes, ...found.violations, ...found.incomplete].map(rule => rule.id),
        violations: found.violations.map(rule => `${rule.id}: ${rule.help}: `
            + rule.nodes.map(node => `${node.html.slice(0, 160)} (${node.any.concat(node.all, node.none)
                .map(check => check.message).join('; ')})`).join(' | ')),
    }), error => done({ applied: [], violations: [String(error)] }))";

/// Where `tests/run` puts the script: `<target>/tools/axe-core-<version>/axe.min.js`.
fn script() -> PathBuf {
    let archive = PINNED.split_whitespace().nth(1).expect("hash and name");
    let test = std::env::current_exe().unwrap();
    // <target>/<profile>/deps/<test>
    let target = test.ancestors().nth(3).expect("a target folder");
    let folder = target.join("tools").join(archive.trim_end_matches(".tgz"));
    folder.join("axe.min.js")
}

/// axe-core; `None`, said aloud, when it is not installed and need not be.
fn axe() -> Option<String> {
    let script = script();
    let source = std::fs::read_to_string(&script).ok();
    if source.is_none() {
        let missing = format!("{} is missing (tests/run --install)", script.display());
        crate::say_or_fail(&missing);
    }
    source
}

/// A browser with the auditor's eyes, and what they have found.
struct Audit<'a> {
    browser: &'a Browser,
    axe: String,
    found: BTreeSet<String>,
    applied: BTreeSet<String>,
}

impl<'a> Audit<'a> {
    fn new(browser: &'a Browser, axe: String) -> Self {
        Self {
            browser,
            axe,
            found: BTreeSet::new(),
            applied: BTreeSet::new(),
        }
    }

    /// Opens a page and looks at it.
    async fn visit(&mut self, address: &str, lang: &str, status: u16) {
        self.browser.goto(address).await;
        self.look(lang, status).await;
    }

    /// Looks at the open page, in every width and both schemes.
    async fn look(&mut self, lang: &str, status: u16) {
        let at = format!("{} [{lang}]", self.browser.url().await);
        let came = self.browser.status().await;
        self.check(came == status, &at, &format!("status {came}"));
        let says = self.browser.attribute("html", "lang").await;
        self.check(says == lang, &at, &format!("is in {says:?}"));
        self.quiet(&at, status).await;
        self.browser.eval(&self.axe, vec![]).await;
        for width in WIDTHS {
            self.browser.resize(width, 900).await;
            self.fits(&at, width).await;
            for scheme in SCHEMES {
                self.browser.colours(scheme).await;
                self.ask_axe(&format!("{at} {width} {scheme}")).await;
            }
        }
    }

    /// Since the last look nobody else was asked for anything, and nothing went wrong.
    async fn quiet(&mut self, at: &str, status: u16) {
        for host in self.browser.asked_hosts().await {
            let ours = host == "127.0.0.1" || host == "localhost" || host.ends_with(".test");
            self.check(ours, at, &format!("asked {host}"));
        }
        // The browser notes the status of a page that says what went wrong; that is meant.
        let meant = format!("the server responded with a status of {status}");
        for line in self.browser.console().await {
            self.check(line.contains(&meant), at, &format!("console: {line}"));
        }
    }

    async fn fits(&mut self, at: &str, width: u32) {
        let sideways = "return document.documentElement.scrollWidth - innerWidth";
        let sideways = self.browser.eval(sideways, vec![]).await;
        let fits = sideways.as_i64().is_some_and(|over| over <= 0);
        let over = format!("scrolls sideways at {width} by {sideways}");
        self.check(fits, at, &over);
    }

    async fn ask_axe(&mut self, at: &str) {
        let report = self.browser.eval_async(RUN, vec![json!(TAGS)]).await;
        let texts = |field: &str| -> Vec<String> {
            let list = report[field].as_array().expect("a list").iter();
            list.map(|text| text.as_str().expect("text").to_owned())
                .collect()
        };
        self.applied.extend(texts("applied"));
        for violation in texts("violations") {
            self.check(false, at, &violation);
        }
    }

    fn check(&mut self, holds: bool, at: &str, otherwise: &str) {
        if !holds {
            self.found.insert(format!("{at}: {otherwise}"));
        }
    }

    /// All at once: what one sees of a hundred pages is what to mend.
    fn done(self) {
        let found: Vec<_> = self.found.into_iter().collect();
        assert!(found.is_empty(), "{}", found.join("\n"));
        for rule in ["color-contrast", "target-size", "label", "region"] {
            assert!(self.applied.contains(rule), "{rule} was never applied");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn every_page_is_for_everybody() {
    let (Some(axe), Some(driver)) = (axe(), crate::driver().await) else {
        return;
    };
    let demo = Demo::start().await;
    let browser = driver
        .open(Window {
            width: 1280,
            scripts: true,
        })
        .await;
    let mut audit = Audit::new(&browser, axe);
    for lang in stage::LANGUAGES {
        let form = demo.page(&format!("/{lang}/console/sign-in"));
        browser.goto(&form).await;
        browser.type_into("[name=login]", "nobody").await;
        browser.type_into("[name=password]", "wrong").await;
        browser.follow("main form button").await;
        audit.look(lang, 422).await;
    }
    let pages = stage::set(&browser, &demo).await;
    for page in &pages {
        for lang in page.languages() {
            audit.visit(&page.at(lang), lang, page.status).await;
        }
    }
    for page in stage::masked(&pages) {
        for lang in page.languages() {
            browser.goto(&page.at(lang)).await;
            Officer::sees_whole(&browser).await;
            audit.look(lang, 200).await;
        }
        for width in WIDTHS {
            browser.resize(width, 900).await;
            let whole = format!("{}, whole", browser.url().await);
            keyboard::walks_through(&browser, &whole).await;
        }
    }
    audit.done();
    for page in &pages {
        for width in WIDTHS {
            browser.resize(width, 900).await;
            keyboard::reaches_everything(&browser, &page.at(stage::LANGUAGES[0])).await;
        }
    }
    browser.close().await;
}

/// A page with one of each fault the audit is to find, and an address that nobody has.
const BAD: &str = "data:text/html,<html><head><title></title></head><body style='width:2000px'>
    <p style='color:%23aaa;background:%23fff'>pale</p><img src='http://elsewhere.invalid/x.png'>
    <input><button style='width:9px;height:9px;padding:0'>a</button><button style='width:9px;height:9px;padding:0'>b</button>
    <script>throw new Error('broken')</script>";

#[tokio::test(flavor = "multi_thread")]
async fn the_audit_sees_what_is_wrong() {
    let (Some(axe), Some(driver)) = (axe(), crate::driver().await) else {
        return;
    };
    let window = Window {
        width: 1280,
        scripts: true,
    };
    let browser = driver.open(window).await;
    let mut audit = Audit::new(&browser, axe);
    browser.goto(BAD).await;
    audit.quiet("bad", 200).await;
    browser.eval(&audit.axe, vec![]).await;
    browser.resize(320, 900).await;
    audit.fits("bad", 320).await;
    audit.ask_axe("bad").await;
    let found: Vec<_> = audit.found.into_iter().collect();
    for fault in [
        "asked elsewhere.invalid",
        "console: ",
        "broken",
        "scrolls sideways at 320",
        "bad: color-contrast: ",
        "bad: html-has-lang: ",
        "bad: image-alt: ",
        "bad: label: ",
        "bad: target-size: ",
        "bad: document-title: ",
        "bad: region: ",
    ] {
        let seen = found.iter().any(|line| line.contains(fault));
        assert!(seen, "{fault} was not seen in\n{}", found.join("\n"));
    }
    browser.close().await;
}
