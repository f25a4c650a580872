//! What an officer does in the console, with keyboard and mouse.

use fantoccini::key::Key;
use serde_json::json;

use crate::{
    driver::Browser,
    keyboard,
    support::demo::{Demo, Person},
};

/// An order as it is typed into the form.
pub(crate) struct Order<'a> {
    pub(crate) authority: &'a str,
    pub(crate) number: &'a str,
}

/// A signed-in officer.
pub(crate) struct Officer<'a> {
    pub(crate) browser: &'a Browser,
    demo: &'a Demo,
    person: &'a Person,
    /// Language of the console.
    lang: &'a str,
}

impl<'a> Officer<'a> {
    /// Signs in with the keyboard alone.
    pub(crate) async fn sign_in(
        browser: &'a Browser,
        demo: &'a Demo,
        person: &'a Person,
        lang: &'a str,
    ) -> Self {
        let officer = Self {
            browser,
            demo,
            person,
            lang,
        };
        browser.goto(&officer.address("/sign-in")).await;
        browser.type_into("[name=login]", &person.login).await;
        browser.press(Key::Tab).await;
        let focused = "return document.activeElement.name";
        assert_eq!(browser.eval(focused, vec![]).await, "password");
        browser.type_into("[name=password]", &person.password).await;
        browser.leave(browser.press(Key::Enter)).await;
        assert_eq!(browser.url().await, officer.address(""), "signed in");
        assert_eq!(browser.attribute("html", "lang").await, lang);
        officer
    }

    /// Signs out; the console is closed again.
    pub(crate) async fn sign_out(self) {
        self.browser.goto(&self.address("")).await;
        self.browser
            .follow("form[action$='/sign-out'] button")
            .await;
        self.browser.goto(&self.address("")).await;
        assert_eq!(self.browser.url().await, self.address("/sign-in"));
        assert!(self.browser.cookies().await.is_empty());
    }

    fn address(&self, path: &str) -> String {
        self.demo.page(&format!("/{}/console{path}", self.lang))
    }

    /// The address of the case on `host`, as the queue links it.
    async fn case_of(&self, host: &str) -> String {
        self.browser.goto(&self.address("")).await;
        let find = "return [...document.querySelectorAll(\"a[href*='/console/case/']\")]
            .find(link => link.textContent.trim() === arguments[0])?.getAttribute('href') ?? null";
        let href = self.browser.eval(find, vec![json!(host)]).await;
        let href = href.as_str();
        href.unwrap_or_else(|| panic!("no case on {host}"))
            .to_owned()
    }

    /// Opens the case on `host` from the queue.
    pub(crate) async fn open_case(&self, host: &str) {
        let href = self.case_of(host).await;
        self.browser.follow(&format!("a[href='{href}']")).await;
    }

    /// Looks with the keyboard at the queue, the case on `host` and the form that proposes it.
    pub(crate) async fn keyboard_reaches_everything(&self, host: &str) {
        keyboard::reaches_everything(self.browser, &self.address("")).await;
        let case = self.demo.page(&self.case_of(host).await);
        keyboard::reaches_everything(self.browser, &case).await;
        keyboard::reaches_everything(self.browser, &format!("{case}/propose")).await;
    }

    /// The open case shows what was found: passages with the words that count marked.
    pub(crate) async fn sees_quotes(&self) {
        let quotes = "section[aria-labelledby=quotes] blockquote";
        assert!(self.browser.count(quotes).await > 0);
        assert!(self.browser.count(&format!("{quotes} mark")).await > 0);
        assert!(!self.browser.text(quotes).await.is_empty());
    }

    /// From the open case: fills in the proposal, attaches the order, signs. Gives the listing.
    pub(crate) async fn propose(&self, order: &Order<'_>) -> String {
        let browser = self.browser;
        browser.follow("a[href$='/propose']").await;
        browser.type_into("[name=authority]", order.authority).await;
        browser.type_into("[name=number]", order.number).await;
        let words = format!("DEMO\n{}\n{}\n", order.authority, order.number);
        let document = self.demo.file("order.txt", words.as_bytes());
        browser.choose_file("[name=document]", &document).await;
        self.type_password("form[action$='/propose']").await;
        browser.follow("form[action$='/propose'] button").await;
        let url = browser.url().await;
        let (_, rest) = url
            .split_once("/console/listing/")
            .unwrap_or_else(|| panic!("the proposal was refused: {url}"));
        rest.split('?').next().unwrap_or_default().to_owned()
    }

    async fn type_password(&self, form: &str) {
        let field = format!("{form} [name=password]");
        self.browser.type_into(&field, &self.person.password).await;
    }

    /// Opens a listing from the list of listings.
    pub(crate) async fn open_listing(&self, listing: &str) {
        self.browser.goto(&self.address("/listings")).await;
        let link = format!("a[href$='/listing/{listing}']");
        self.browser.follow(&link).await;
    }

    /// On the page of the own proposal: there is nothing to approve with, and a form made up with the
    /// right statement and password is refused.
    pub(crate) async fn cannot_approve_own(&self, listing: &str) {
        let browser = self.browser;
        let approve = format!("/{}/console/listing/{listing}/approve", self.lang);
        assert_eq!(browser.count("form[action$='/approve']").await, 0);
        let statement = statement_hash(&browser.words().await);
        let post = "const form = document.createElement('form');
            form.method = 'post'; form.action = arguments[0];
            for (const [name, value] of Object.entries(arguments[1])) {
                const field = document.createElement('input');
                field.name = name; field.value = value; form.append(field);
            }
            document.body.append(form); form.submit()";
        let fields = json!({ "statement_sha256": statement, "password": self.person.password });
        let forced = async {
            browser.eval(post, vec![json!(approve), fields]).await;
        };
        browser.leave(forced).await;
        assert_eq!(browser.status().await, 422);
        assert!(browser.url().await.ends_with(&approve));
        assert_eq!(browser.count("[role=alert]").await, 1);
        // Refused for who signs, not for what: it is still the statement that waits.
        assert_eq!(statement_hash(&browser.words().await), statement);
    }

    /// On the page of a proposal by somebody else: everything filled in but the button.
    pub(crate) async fn ready_to_approve(&self, listing: &str) {
        let form = format!("form[action$='/listing/{listing}/approve']");
        let field = format!("{form} [name=statement_sha256]");
        let signed = self.browser.attribute(&field, "value").await;
        assert_eq!(signed, statement_hash(&self.browser.words().await));
        self.type_password(&form).await;
    }

    /// On the first tie that several things hold, marks one of them as nobody's; gives the address of the
    /// page of that tie, on which the mark stands now.
    pub(crate) async fn mark_on_a_tie(&self) -> String {
        let (browser, form) = (self.browser, "form[action$='/nobodys']");
        let tie = self.tie_of_several(form).await;
        unfold(browser, form).await;
        let why = format!("{form} textarea");
        browser.type_into(&why, "Студияның байланысы").await;
        browser.follow(&format!("{form} button")).await;
        let url = browser.url().await;
        let words = browser.words().await;
        assert!(url.contains("done=marked"), "{url}: {words}");
        tie
    }

    /// The path of the page of the appeal that is due first.
    pub(crate) async fn first_appeal(&self) -> String {
        self.browser.goto(&self.address("/appeals")).await;
        self.browser.attribute("th a.row-link", "href").await
    }

    /// Opens ties, network by network, until one has more than two of these forms: it holds without one.
    async fn tie_of_several(&self, form: &str) -> String {
        let browser = self.browser;
        let links = "return [...document.querySelectorAll(arguments[0])].map(link => link.href)";
        let links = async |address: &str, css: &str| -> Vec<String> {
            browser.goto(address).await;
            let found = browser.eval(links, vec![json!(css)]).await;
            serde_json::from_value(found).expect("addresses")
        };
        for network in links(&self.address("/networks"), "th a.row-link").await {
            for tie in links(&network, "a[href*='/tie?']").await {
                browser.goto(&tie).await;
                if browser.count(form).await > 2 {
                    return tie;
                }
            }
        }
        panic!("no tie is held by several things");
    }

    /// On the page of a case or a network: gives a reason and sees it whole.
    pub(crate) async fn sees_whole(browser: &Browser) {
        let form = "form[action$='/unmasked']";
        unfold(browser, form).await;
        let why = format!("{form} [name=reason]");
        browser.type_into(&why, "Шағыммен салыстыру").await;
        browser.follow(&format!("{form} button")).await;
        assert_eq!(browser.count(form).await, 0, "{}", browser.url().await);
    }

    /// Presses the button that signs second.
    pub(crate) async fn approve(&self, listing: &str) {
        self.press("approve", listing).await;
    }

    /// On the page of a listing in force: everything filled in but the button.
    pub(crate) async fn ready_to_lift(&self, listing: &str) {
        let form = format!("form[action$='/listing/{listing}/lift']");
        self.browser
            .click(&format!("{form} [name=reason_code][value=error]"))
            .await;
        let reason = format!("{form} [name=reason]");
        self.browser.type_into(&reason, "Қате шешім").await;
        self.type_password(&form).await;
    }

    /// Presses the button that lifts.
    pub(crate) async fn lift(&self, listing: &str) {
        self.press("lift", listing).await;
    }

    async fn press(&self, what: &str, listing: &str) {
        let path = format!("/listing/{listing}");
        let button = format!("form[action$='{path}/{what}'] button");
        self.browser.follow(&button).await;
        let url = self.browser.url().await;
        assert!(url.starts_with(&self.address(&path)), "{what}: {url}");
        let refused = url.ends_with(what) || self.browser.count("[role=alert]").await > 0;
        assert!(!refused, "{what}: {}", self.browser.words().await);
    }
}

/// Opens what the first form of this kind is folded into.
async fn unfold(browser: &Browser, form: &str) {
    let open = "document.querySelector(arguments[0]).closest('details').open = true";
    browser.eval(open, vec![json!(form)]).await;
}

/// The hash of the statement that the page of a proposal states.
fn statement_hash(words: &str) -> String {
    let hashes = words.split("sha256 ").skip(1);
    let mut whole = hashes.filter_map(|rest| rest.get(..64));
    let hex = |hash: &&str| hash.bytes().all(|octet| octet.is_ascii_hexdigit());
    whole.find(hex).expect("the statement's hash").to_owned()
}
