//! An officer at a browser: the real pages and forms over HTTP, nothing else.

use std::net::SocketAddr;

use reqwest::{
    Client, Response, StatusCode,
    header::LOCATION,
    multipart::{Form, Part},
};
use scraper::{ElementRef, Html, Selector};

use crate::failure::{Exit, Failure};

/// A signed-in officer.
pub(crate) struct OfficerAtBrowser {
    client: Client,
    base: String,
    password: String,
}

/// What goes into the proposal form.
pub(crate) struct ProposalForm<'a> {
    pub(crate) scope: &'a str,
    pub(crate) reason_code: &'a str,
    pub(crate) reason: &'a str,
    pub(crate) authority: &'a str,
    pub(crate) number: &'a str,
    pub(crate) date: &'a str,
    pub(crate) file_name: &'a str,
    pub(crate) document: &'a [u8],
}

impl OfficerAtBrowser {
    /// Signs in through the form.
    pub(crate) async fn sign_in(
        web: SocketAddr,
        login: &str,
        password: &str,
    ) -> Result<Self, Failure> {
        let client = Client::builder()
            .cookie_store(true)
            .redirect(reqwest::redirect::Policy::none())
            .no_proxy()
            .build()?;
        let officer = Self {
            client,
            base: format!("http://{web}/en/console"),
            password: password.to_owned(),
        };
        let form = [("login", login), ("password", password)];
        let done = officer
            .client
            .post(officer.at("/sign-in"))
            .form(&form)
            .send()
            .await?;
        expect_moved(done, "sign in").await?;
        Ok(officer)
    }

    fn at(&self, path: &str) -> String {
        format!("{}{path}", self.base)
    }

    async fn page(&self, path: &str) -> Result<Html, Failure> {
        let response = self
            .client
            .get(self.at(path))
            .send()
            .await?
            .error_for_status()?;
        Ok(Html::parse_document(&response.text().await?))
    }

    /// The number of the case on `host`, as the queue shows it.
    pub(crate) async fn case_of(&self, host: &str) -> Result<Option<String>, Failure> {
        let page = self.page("").await?;
        let row = selector("tr")?;
        let link = selector("a.row-link")?;
        let ascii = selector("th small.mono")?;
        for row in page.select(&row) {
            let Some(anchor) = row.select(&link).next() else {
                continue;
            };
            let shown = row.select(&ascii).next().map_or_else(|| text(anchor), text);
            if shown == host {
                let href = anchor.value().attr("href").unwrap_or_default();
                return Ok(href.rsplit('/').next().map(str::to_owned));
            }
        }
        Ok(None)
    }

    /// Fills in and signs the proposal form; gives the listing's number.
    pub(crate) async fn propose(
        &self,
        case: &str,
        form: &ProposalForm<'_>,
    ) -> Result<String, Failure> {
        let path = format!("/case/{case}/propose");
        // What the page offers first is what an officer leaves as it is.
        let page = self.page(&path).await?;
        let chosen = |name: &str| -> Result<String, Failure> {
            let places = [
                format!("select[name={name}] option[selected]"),
                format!("select[name={name}] option"),
                format!("input[name={name}]"),
            ];
            for place in &places {
                let offered = page.select(&selector(place)?).next();
                if let Some(value) = offered.and_then(|element| element.value().attr("value")) {
                    return Ok(value.to_owned());
                }
            }
            Err(unexpected(&format!("the form has no `{name}`")))
        };
        let document = Part::bytes(form.document.to_vec())
            .file_name(form.file_name.to_owned())
            .mime_str("text/plain")?;
        let fields = Form::new()
            .text("scope", form.scope.to_owned())
            .text("basis", chosen("basis")?)
            .text("days", chosen("days")?)
            .text("reason_code", form.reason_code.to_owned())
            .text("reason", form.reason.to_owned())
            .text("authority", form.authority.to_owned())
            .text("number", form.number.to_owned())
            .text("date", form.date.to_owned())
            .text("password", self.password.clone())
            .part("document", document);
        let done = self
            .client
            .post(self.at(&path))
            .multipart(fields)
            .send()
            .await?;
        let location = expect_moved(done, "propose").await?;
        listing_in(&location).ok_or_else(|| unexpected("the proposal leads to no listing"))
    }

    /// Reads the statement as the second officer and signs it.
    pub(crate) async fn approve(&self, listing: &str) -> Result<(), Failure> {
        let page = self.page(&format!("/listing/{listing}")).await?;
        let hidden = selector("input[name=statement_sha256]")?;
        let shown = page
            .select(&hidden)
            .next()
            .and_then(|input| input.value().attr("value"))
            .ok_or_else(|| unexpected("the page shows no statement to approve"))?
            .to_owned();
        drop(page);
        let form = [
            ("statement_sha256", shown.as_str()),
            ("password", &self.password),
        ];
        let done = self
            .client
            .post(self.at(&format!("/listing/{listing}/approve")))
            .form(&form)
            .send()
            .await?;
        expect_moved(done, "approve").await.map(|_| ())
    }

    /// Closes a case without a listing.
    pub(crate) async fn dismiss(
        &self,
        case: &str,
        reason_code: &str,
        reason: &str,
    ) -> Result<(), Failure> {
        let form = [("reason_code", reason_code), ("reason", reason)];
        let done = self
            .client
            .post(self.at(&format!("/case/{case}/dismiss")))
            .form(&form)
            .send()
            .await?;
        expect_moved(done, "dismiss").await.map(|_| ())
    }

    /// Lifts a listing.
    pub(crate) async fn lift(
        &self,
        listing: &str,
        reason_code: &str,
        reason: &str,
    ) -> Result<(), Failure> {
        let form = [
            ("reason_code", reason_code),
            ("reason", reason),
            ("password", &self.password),
        ];
        let done = self
            .client
            .post(self.at(&format!("/listing/{listing}/lift")))
            .form(&form)
            .send()
            .await?;
        expect_moved(done, "lift").await.map(|_| ())
    }
}

/// A form that was taken answers with a redirect; anything else is shown with the page's own words.
async fn expect_moved(response: Response, what: &str) -> Result<String, Failure> {
    if response.status() == StatusCode::SEE_OTHER {
        let location = response
            .headers()
            .get(LOCATION)
            .and_then(|value| value.to_str().ok());
        return Ok(location.unwrap_or_default().to_owned());
    }
    let status = response.status();
    let page = Html::parse_document(&response.text().await?);
    let errors = selector(".errors, .error-summary, [role=alert], h1")?;
    let words: Vec<_> = page.select(&errors).map(text).collect();
    Err(unexpected(&format!(
        "{what}: HTTP {status}: {}",
        words.join("; ")
    )))
}

fn listing_in(location: &str) -> Option<String> {
    let from = location.find("Q-")?;
    location
        .get(from..from + "Q-2026-000001".len())
        .map(str::to_owned)
}

fn text(element: ElementRef<'_>) -> String {
    element
        .text()
        .collect::<String>()
        .split_whitespace()
        .collect::<Vec<_>>()
        .join(" ")
}

fn selector(css: &str) -> Result<Selector, Failure> {
    Selector::parse(css).map_err(|error| unexpected(&error.to_string()))
}

fn unexpected(words: &str) -> Failure {
    Failure::new(Exit::Permanent, anyhow::anyhow!("{words}"))
}
