//! The form, and the page with the receipt.

use std::sync::Arc;

use askama::Template;
use axum::{
    Form,
    extract::{Query, State},
    http::StatusCode,
    response::Response,
};
use data::appeal::{
    AppealError, Kind, LONGEST_CONTACT, TEXT,
    code::{PUBLISHED_AS, Receipt},
    proof,
    receive::{NewAppeal, receive},
};
use serde::Deserialize;

use super::named;
use crate::{
    centre::Centre,
    console::problems::Problem,
    faults::Fault,
    hostile,
    language::Lang,
    messages::{self, key},
    names::Shown,
    page::{self, Page},
    public::Here,
};

/// `?listing=`: a listing's number, or a site.
#[derive(Debug, Default, Deserialize)]
pub(crate) struct About {
    #[serde(default)]
    listing: String,
}

/// What the form sends.
#[derive(Debug, Default, Deserialize)]
pub(crate) struct Sent {
    #[serde(default)]
    listing: String,
    #[serde(default)]
    kind: String,
    #[serde(default)]
    text: String,
    #[serde(default)]
    contact: String,
    /// Of an owner who was asked to publish first.
    #[serde(default)]
    receipt: String,
}

#[derive(Template)]
#[template(path = "appeal.html")]
struct FormPage {
    p: Page,
    listing: String,
    name: Option<Shown>,
    kind: String,
    text: String,
    contact: String,
    receipt: String,
    publish: Option<ToPublish>,
    longest: usize,
    longest_contact: usize,
    errors: Vec<Problem>,
}

/// What an owner is to publish, ready to be copied.
pub(crate) struct ToPublish {
    pub(crate) record: String,
    pub(crate) value: String,
    pub(crate) file: String,
    pub(crate) until: String,
}

impl ToPublish {
    pub(crate) fn new(p: &Page, host: &str, token: &str, lapses_at: i64) -> Self {
        Self {
            record: format!("_qalqan.{host}"),
            value: format!("{PUBLISHED_AS}{token}"),
            file: format!("https://{host}/.well-known/qalqan-appeal.txt"),
            until: p.date_time(lapses_at),
        }
    }
}

#[derive(Template)]
#[template(path = "appeal_received.html")]
struct ReceivedPage {
    p: Page,
    id: String,
    receipt: String,
    name: Shown,
    publish: Option<ToPublish>,
}

async fn show(
    centre: &Centre,
    lang: Lang,
    sent: Sent,
    errors: Vec<Problem>,
    token: Option<String>,
) -> Result<Response, Fault> {
    let title = messages::text(lang, key("appeal-title"), &[]);
    let asked = sent.listing.trim();
    let path = if asked.is_empty() {
        "appeal".to_owned()
    } else {
        format!("appeal?listing={}", hostile::query_encode(asked))
    };
    let p = Page::new(lang, &path, title, centre.demo);
    let known = centre.known().await?;
    let status = if errors.is_empty() {
        StatusCode::OK
    } else {
        StatusCode::UNPROCESSABLE_ENTITY
    };
    let host = named(&known, asked).map(|(_, host)| host);
    let until = proof::lapses_at(centre.now());
    let publish = host.as_ref().zip(token);
    let page = FormPage {
        name: host.as_ref().map(Shown::new),
        receipt: hostile::line(&sent.receipt, 40),
        publish: publish.map(|(host, token)| ToPublish::new(&p, host.as_str(), &token, until)),
        listing: hostile::line(asked, 300),
        kind: sent.kind,
        text: hostile::block(&sent.text, *TEXT.end()),
        contact: hostile::line(&sent.contact, LONGEST_CONTACT),
        longest: *TEXT.end(),
        longest_contact: LONGEST_CONTACT,
        errors,
        p,
    };
    Ok(page::show(status, &page))
}

/// `GET /{lang}/appeal?listing=`.
pub(crate) async fn form(
    State(centre): State<Arc<Centre>>,
    Here(lang): Here,
    Query(about): Query<About>,
) -> Result<Response, Fault> {
    let sent = Sent {
        listing: about.listing,
        ..Sent::default()
    };
    show(&centre, lang, sent, vec![], None).await
}

/// What is wrong with what was sent.
fn problem(lang: Lang, error: &AppealError) -> Option<Problem> {
    let (field, text) = match error {
        AppealError::NotListed => ("listing", key("appeal-problem-listing")),
        AppealError::Field("contact") => ("contact", key("appeal-problem-contact")),
        AppealError::Field(_) => ("text", key("appeal-problem-text")),
        AppealError::Known => ("text", key("appeal-problem-known")),
        AppealError::Full => ("text", key("appeal-problem-full")),
        AppealError::ProofFirst { .. } => ("publish", key("appeal-problem-proof-first")),
        _ => return None,
    };
    Some(Problem::new(lang, field, text))
}

/// `POST /{lang}/appeal`.
pub(crate) async fn send(
    State(centre): State<Arc<Centre>>,
    Here(lang): Here,
    Form(sent): Form<Sent>,
) -> Result<Response, Fault> {
    let now = centre.now();
    let known = centre.known().await?;
    let Some((listing, host)) = named(&known, &sent.listing) else {
        let none = vec![Problem::new(lang, "listing", key("appeal-problem-listing"))];
        return show(&centre, lang, sent, none, None).await;
    };
    let Some(kind) = Kind::parse(&sent.kind) else {
        let none = vec![Problem::new(lang, "kind", key("appeal-problem-kind"))];
        return show(&centre, lang, sent, none, None).await;
    };
    let receipt = Receipt::parse(&sent.receipt);
    let new = NewAppeal {
        listing_id: listing.statement.listing_id.as_str(),
        host: &host,
        kind,
        text: &sent.text,
        contact: Some(&sent.contact),
        receipt: receipt.as_ref(),
    };
    let received = match receive(&centre.store, new, now).await {
        Ok(received) => received,
        Err(error) => {
            let Some(problem) = problem(lang, &error) else {
                return Err(Fault::internal(error));
            };
            let (mut sent, mut to_publish) = (sent, None);
            if let AppealError::ProofFirst { receipt, token } = error {
                sent.receipt = receipt.to_string();
                to_publish = Some(token);
            }
            return show(&centre, lang, sent, vec![problem], to_publish).await;
        }
    };
    let title = messages::text(lang, key("appeal-received-title"), &[]);
    let p = Page::new(lang, "appeal/status", title, centre.demo);
    let publish = received
        .token
        .map(|token| ToPublish::new(&p, host.as_str(), &token, proof::lapses_at(now)));
    Ok(page::ok(&ReceivedPage {
        id: received.id,
        receipt: received.receipt.to_string(),
        name: Shown::new(&host),
        publish,
        p,
    }))
}
