//! Every page a person can meet, with something on it: one site listed, one waiting for the second
//! signature, one undecided, and the second officer signed in.

use crate::{
    FLAGGED, ORDER, citizen,
    driver::Browser,
    officer::Officer,
    support::{
        demo::Demo,
        dns::{self, Answer},
    },
};

/// The languages of every page, the first one first.
pub(crate) const LANGUAGES: [&str; 3] = ["kk", "ru", "en"];

/// A flagged site whose proposal waits for the second signature.
const WAITING: &str = "jeruiyq.test";

/// A flagged site nobody has decided about.
const OPEN: &str = "quorvia.test";

/// A name that reads like a licensed one.
const LOOKALIKE: &str = "xn--kerbz-2we.test";

/// Pages that are shown whole for a reason, once: where the form stands.
pub(crate) fn masked(pages: &[Page]) -> impl Iterator<Item = &Page> {
    let has_form = |page: &&Page| matches!(page.name, "case" | "network");
    pages.iter().filter(has_form)
}

/// A page to look at.
pub(crate) struct Page {
    /// What a picture of it is called.
    pub(crate) name: &'static str,
    /// Its address, with `{lang}` where the language stands; without, all three are on one page.
    address: String,
    /// The HTTP status it comes with.
    pub(crate) status: u16,
}

impl Page {
    fn new(name: &'static str, address: String) -> Self {
        Self {
            name,
            address,
            status: 200,
        }
    }

    fn with(self, status: u16) -> Self {
        Self { status, ..self }
    }

    /// The languages it is to be read in.
    pub(crate) fn languages(&self) -> &'static [&'static str] {
        match self.address.contains("{lang}") {
            true => &LANGUAGES,
            false => &LANGUAGES[..1],
        }
    }

    /// Its address in one language.
    pub(crate) fn at(&self, lang: &str) -> String {
        self.address.replace("{lang}", lang)
    }
}

/// Plays until there is something on every page, and gives the pages.
pub(crate) async fn set(browser: &Browser, demo: &Demo) -> Vec<Page> {
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
    citizen::objects_to(browser, demo, &listed).await;
    let appeal = officer.first_appeal().await;
    let tie = officer.mark_on_a_tie().await;
    officer.open_case(OPEN).await;
    let anywhere = |address: &str| address.replacen("/kk/", "/{lang}/", 1);
    let case = anywhere(&browser.url().await);
    let capture = browser.attribute("a[href*='/capture/']", "href").await;
    let page = |name, path: &str| Page::new(name, demo.page(&format!("/{{lang}}/{path}")));
    let check = |name, query: &str| page(name, &format!("check?q={query}"));
    let block = |name, host: &str| {
        let port = demo.port("block_page").port();
        Page::new(name, format!("http://{host}:{port}/")).with(451)
    };
    vec![
        page("home", ""),
        check("check-licensed", "kerbez.test"),
        check("check-blocked", FLAGGED),
        check("check-unknown", "belgisiz-nars.test"),
        check("check-lookalike", LOOKALIKE),
        check("check-refused", "%20%20").with(422),
        page("register", "register"),
        page("licensed", "licensed"),
        page("notices", "notices"),
        page("campaigns", "campaigns"),
        page("appeal-form", &format!("appeal?listing={listed}")),
        page("appeal-form-empty", "appeal"),
        page("appeal-status", "appeal/status"),
        page("verify", "verify"),
        page("privacy", "privacy"),
        page("listing", &format!("i/{listed}")),
        page("not-found", "i/Q-2026-999999").with(404),
        block("block-page", FLAGGED),
        block("block-page-neutral", "localhost").with(404),
        page("sign-in", "console/sign-in"),
        page("queue", "console"),
        Page::new("case", case.clone()),
        Page::new("capture", demo.page(&anywhere(&capture))),
        Page::new("propose", format!("{case}/propose")),
        page("listings", "console/listings"),
        page("reviews", "console/reviews"),
        page("appeals", "console/appeals"),
        Page::new("appeal", demo.page(&anywhere(&appeal))),
        page("to-sign", "console/to-sign"),
        page("approval", &format!("console/listing/{waiting}")),
        page("lift", &format!("console/listing/{listed}")),
        page("networks", "console/networks"),
        page("network", "console/network/N-2026-000001"),
        Page::new("tie", anywhere(&tie)),
        page("volume", "console/network/N-2026-000001/volume"),
        page("volume-table", "console/networks/volumes"),
    ]
}
