//! The page of one listing: what was decided, by which order, why, and how to appeal.

use std::{collections::BTreeSet, sync::Arc};

use askama::Template;
use axum::{
    extract::{Path, State},
    http::{HeaderMap, header},
    response::{IntoResponse, Redirect, Response},
};
use blocklist::{
    Digest, ListingId, Scope,
    fold::{Listing, ListingState},
    statement::Statement,
};
use data::{
    appeal::outcome::{self, Decided},
    ending::number,
};
use serde_json::json;

use crate::{
    centre::Centre,
    dates,
    faults::{self, Fault},
    hostile,
    messages::{self, Value, key},
    names::Shown,
    page::{self, Page},
    public::{Here, appeal, register},
};

struct Signer {
    role: String,
    key_id: String,
}

/// A decided appeal: never its words, and never who.
struct AppealView {
    id: String,
    kind: String,
    received: String,
    decided: String,
    outcome: String,
    reason: String,
}

struct View {
    id: String,
    name: Shown,
    tone: &'static str,
    icon: &'static str,
    state: String,
    meaning: String,
    scope: String,
    basis: String,
    authority: String,
    order_no: String,
    order_date: String,
    effective: String,
    effective_iso: String,
    review: String,
    expires: String,
    ended: Option<String>,
    reasons: Vec<String>,
    signers: Vec<Signer>,
    position: u64,
    statement_sha256: String,
    order_sha256: String,
    evidence_root: String,
    stands: bool,
    appeals: Vec<AppealView>,
}

#[derive(Template)]
#[template(path = "listing.html")]
struct ListingPage {
    p: Page,
    v: View,
}

/// Words for the scope of a listing.
pub(crate) fn scope(p: &Page, scope: Scope) -> String {
    p.t(match scope {
        Scope::Host => key("scope-host"),
        Scope::Subtree => key("scope-subtree"),
    })
}

/// Words for a legal ground; the code itself where there are none.
pub(crate) fn basis(p: &Page, code: &str) -> String {
    let plain: String = code
        .chars()
        .map(|c| if c.is_ascii_alphanumeric() { c } else { '-' })
        .collect();
    p.t_or(&format!("basis-{plain}"), &hostile::line(code, 100))
}

/// When a listing was ended, and the public reason.
fn ended_words(p: &Page, at: i64, codes: &str, code: &str) -> String {
    let reason = p.t_or(&format!("{codes}-{code}"), &hostile::line(code, 100));
    format!("{} — {reason}", p.date_time(at))
}

/// The listings whose order got its number after they were signed: what the fold says of these holds
/// more than their officers signed.
pub(crate) async fn numbered_later(centre: &Centre) -> Result<BTreeSet<String>, Fault> {
    let later = number::given_later(&centre.store).await;
    later.map_err(Fault::internal)
}

/// Hash of the bytes that both officers signed.
fn statement_digest(listing: &Listing, later: &BTreeSet<String>) -> String {
    let mut signed = blocklist::statement::List::clone(&listing.statement);
    if later.contains(signed.listing_id.as_str()) {
        signed.order.number = None;
    }
    Statement::List(signed)
        .to_bytes()
        .map(|bytes| Digest::of(&bytes).to_string())
        .unwrap_or_default()
}

/// A calendar day in words.
pub(crate) fn day(p: &Page, day: blocklist::time::Day) -> String {
    dates::parse_day(&day.to_string())
        .map(|day| dates::day(p.lang, day))
        .unwrap_or_default()
}

fn appeal_view(p: &Page, decided: &Decided) -> AppealView {
    AppealView {
        id: decided.id.clone(),
        kind: appeal::kind_words(p, &decided.kind),
        received: p.date(decided.received_at),
        decided: p.date(decided.decided_at),
        outcome: appeal::outcome_words(p, decided),
        reason: appeal::reason_words(p, &decided.reason),
    }
}

fn view(p: &Page, listing: &Listing, appeals: &[Decided], later: &BTreeSet<String>) -> View {
    let list = &listing.statement;
    let words = register::state_words(&listing.state);
    let ended = match &listing.state {
        ListingState::Lifted { at, reason } => Some(ended_words(p, at.0, "lift-code", reason)),
        ListingState::Annulled { at, reason } => Some(ended_words(p, at.0, "annul-code", reason)),
        ListingState::Expired { at } => Some(p.date_time(at.0)),
        _ => None,
    };
    let officer = p.role("officer");
    // What was said of the site is not said again once it was found to be wrong.
    let reasons: &[&str] = match listing.state {
        ListingState::Annulled { .. } => &[key("reason-public-annulled")],
        _ => &[
            key("reason-public-no-licence"),
            key("reason-public-evidence"),
            key("listing-reasons-in-order"),
        ],
    };
    View {
        id: list.listing_id.to_string(),
        name: Shown::new(&list.name),
        tone: words.tone,
        icon: words.icon,
        state: p.t(words.word),
        meaning: p.t(words.meaning),
        scope: scope(p, list.scope),
        basis: basis(p, &list.basis),
        authority: hostile::line(&list.order.authority, 300),
        order_no: register::order_number(p.lang, list, listing.state.stands()),
        order_date: day(p, list.order.date),
        effective: p.date_time(list.effective_at.0),
        effective_iso: dates::rfc3339(list.effective_at.0),
        review: p.date(list.review_at.0),
        expires: p.date(list.expires_at.0),
        ended,
        reasons: reasons.iter().map(|reason| p.t(reason)).collect(),
        signers: listing
            .signed_by
            .iter()
            .map(|key_id| Signer {
                role: officer.clone(),
                key_id: key_id.to_string(),
            })
            .collect(),
        position: listing.position,
        statement_sha256: statement_digest(listing, later),
        order_sha256: list.order.document_sha256.to_string(),
        evidence_root: list.evidence_root.to_string(),
        stands: listing.state.stands(),
        appeals: appeals
            .iter()
            .map(|decided| appeal_view(p, decided))
            .collect(),
    }
}

/// The listing with this number, if it is in the log.
pub(crate) async fn find(centre: &Centre, id: &str) -> Result<Listing, Fault> {
    let id = ListingId::try_from(id.to_owned()).map_err(|_| Fault::NOT_FOUND)?;
    let known = centre.known().await?;
    let mut listings = known.listings.iter();
    let found = listings.find(|listing| listing.statement.listing_id == id);
    found.cloned().ok_or(Fault::NOT_FOUND)
}

/// `GET /i/{id}`: the short address that name servers give, to the reader's language.
pub(crate) async fn short(headers: HeaderMap, Path(id): Path<String>) -> Result<Response, Fault> {
    let id = ListingId::try_from(id).map_err(|_| Fault::NOT_FOUND)?;
    let lang = faults::language("/", &headers);
    let vary = [(header::VARY, "Accept-Language")];
    Ok((vary, Redirect::to(&format!("/{lang}/i/{id}"))).into_response())
}

/// `GET /{lang}/i/{id}`.
pub(crate) async fn listing(
    State(centre): State<Arc<Centre>>,
    Here(lang): Here,
    Path((_, id)): Path<(String, String)>,
) -> Result<Response, Fault> {
    let listing = find(&centre, &id).await?;
    let name = Shown::new(&listing.statement.name).whole();
    let title = messages::text(lang, key("listing-title"), &[("name", Value::Text(&name))]);
    let mut p = Page::new(
        lang,
        &format!("i/{}", listing.statement.listing_id),
        title,
        centre.demo,
    );
    // A wrong listing must not follow a firm about in search engines.
    p.indexed = !matches!(listing.state, ListingState::Annulled { .. });
    let appeals = outcome::of_listing(&centre.store, listing.statement.listing_id.as_str())
        .await
        .map_err(Fault::internal)?;
    let v = view(&p, &listing, &appeals, &numbered_later(&centre).await?);
    Ok(page::ok(&ListingPage { p, v }))
}

/// One listing as JSON: the public facts, roles and key ids, never names.
/// `appeals` are those decided against it, `later` the listings whose order's number came later.
pub(crate) fn to_json(
    centre: &Centre,
    listing: &Listing,
    appeals: &[&Decided],
    later: &BTreeSet<String>,
) -> serde_json::Value {
    let list = &listing.statement;
    let ended = match &listing.state {
        ListingState::Lifted { at, reason } | ListingState::Annulled { at, reason } => {
            json!({ "at": at.to_string(), "reason": reason })
        }
        ListingState::Expired { at } => json!({ "at": at.to_string(), "reason": "expired" }),
        _ => serde_json::Value::Null,
    };
    let signers: Vec<_> = listing
        .signed_by
        .iter()
        .map(|key_id| json!({ "role": "officer", "key_id": key_id.to_string() }))
        .collect();
    json!({
        "listing_id": list.listing_id,
        "name": list.name,
        "scope": list.scope,
        "state": register::state_words(&listing.state).code,
        "basis": list.basis,
        "order": list.order,
        "number_due": listing.number_due(),
        "evidence_root": list.evidence_root,
        "effective_at": list.effective_at,
        "review_at": list.review_at,
        "expires_at": list.expires_at,
        "ended": ended,
        "appeals": appeals,
        "signatures": signers,
        "automation": "discovery-only",
        "log_position": listing.position,
        "statement_sha256": statement_digest(listing, later),
        "url": format!("{}/i/{}", centre.public_url, list.listing_id),
    })
}
