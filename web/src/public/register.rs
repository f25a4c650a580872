//! The public register: every name that was ever listed, and what became of it.

use std::sync::Arc;

use askama::Template;
use axum::{extract::State, response::Response};
use blocklist::{
    fold::{Listing, ListingState},
    statement::List,
};

use crate::{
    centre::Centre,
    dates,
    faults::Fault,
    hostile,
    language::Lang,
    messages::{self, Value, key},
    names::Shown,
    page::{self, Page},
    public::Here,
};

/// One row of the register.
pub(crate) struct Row {
    pub(crate) id: String,
    pub(crate) path: String,
    pub(crate) name: Shown,
    pub(crate) state: String,
    pub(crate) tone: &'static str,
    pub(crate) since: String,
    pub(crate) since_iso: String,
    pub(crate) order: String,
}

#[derive(Template)]
#[template(path = "register.html")]
struct RegisterPage {
    p: Page,
    rows: Vec<Row>,
}

/// How a state is shown: code, word, meaning, colour, icon.
pub(crate) struct StateWords {
    /// Code in JSON.
    pub(crate) code: &'static str,
    /// Message key of the word.
    pub(crate) word: &'static str,
    /// Message key of the sentence.
    pub(crate) meaning: &'static str,
    /// Colour class.
    pub(crate) tone: &'static str,
    /// Icon name.
    pub(crate) icon: &'static str,
}

/// The words of a state.
pub(crate) fn state_words(state: &ListingState) -> StateWords {
    let (code, word, meaning, tone, icon) = match state {
        ListingState::Scheduled { .. } => (
            "scheduled",
            key("state-scheduled"),
            key("meaning-state-scheduled"),
            "care",
            "clock",
        ),
        ListingState::Listed { .. } => (
            "blocked",
            key("state-blocked"),
            key("meaning-state-blocked"),
            "bad",
            "stop",
        ),
        ListingState::Suspended { .. } => (
            "suspended",
            key("state-suspended"),
            key("meaning-state-suspended"),
            "info",
            "pause",
        ),
        ListingState::Guarded { .. } => (
            "guarded",
            key("state-guarded"),
            key("meaning-state-guarded"),
            "info",
            "pause",
        ),
        ListingState::Expired { .. } => (
            "expired",
            key("state-expired"),
            key("meaning-state-expired"),
            "",
            "clock",
        ),
        ListingState::Lifted { .. } => (
            "lifted",
            key("state-lifted"),
            key("meaning-state-lifted"),
            "good",
            "ok",
        ),
        ListingState::Annulled { .. } => (
            "annulled",
            key("state-annulled"),
            key("meaning-state-annulled"),
            "care",
            "warn",
        ),
    };
    StateWords {
        code,
        word,
        meaning,
        tone,
        icon,
    }
}

/// The number of a listing's order, or what stands in its place: until when it is to follow, as long as
/// the listing `stands`.
pub(crate) fn order_number(lang: Lang, list: &List, stands: bool) -> String {
    match (&list.order.number, list.number_due()) {
        (Some(number), _) => hostile::line(number, 200),
        (None, Some(due)) if stands => {
            let date = dates::date_time(lang, due.0);
            let date = [("date", Value::Text(&date))];
            messages::text(lang, key("order-no-follows"), &date)
        }
        (None, _) => messages::text(lang, key("order-no-missing"), &[]),
    }
}

/// An order in one line: who gave it, and its number or what stands in its place.
pub(crate) fn order(lang: Lang, list: &List, stands: bool) -> String {
    let authority = hostile::line(&list.order.authority, 200);
    format!("{authority}, {}", order_number(lang, list, stands))
}

/// One row.
pub(crate) fn row(p: &Page, listing: &Listing) -> Row {
    let list = &listing.statement;
    let words = state_words(&listing.state);
    Row {
        id: list.listing_id.to_string(),
        path: format!("i/{}", list.listing_id),
        name: Shown::new(&list.name),
        state: p.t(words.word),
        tone: words.tone,
        since: p.date(list.effective_at.0),
        since_iso: dates::rfc3339(list.effective_at.0),
        order: order(p.lang, list, listing.state.stands()),
    }
}

/// `GET /{lang}/register`.
pub(crate) async fn register(
    State(centre): State<Arc<Centre>>,
    Here(lang): Here,
) -> Result<Response, Fault> {
    let title = messages::text(lang, key("register-title"), &[]);
    let mut p = Page::new(lang, "register", title, centre.demo);
    p.indexed = true;
    let known = centre.known().await?;
    let rows = known
        .listings
        .iter()
        .rev()
        .map(|listing| row(&p, listing))
        .collect();
    Ok(page::ok(&RegisterPage { p, rows }))
}
