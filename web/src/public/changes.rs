//! Changes of the list as a feed: Atom (RFC 4287) and JSON Feed 1.1, in each language.
//!
//! A listing gives an item when it takes effect and one when it ends; one that was annulled is told as
//! our error and not as a listing. What is only scheduled or held back changes nothing yet.

use std::sync::Arc;

use askama::Template;
use axum::{
    extract::State,
    http::header,
    response::{IntoResponse as _, Response},
};
use blocklist::{
    Timestamp,
    fold::{Listing, ListingState},
};
use serde_json::json;

use crate::{
    centre::Centre,
    dates,
    faults::Fault,
    messages::{self, key},
    names::Shown,
    page::Page,
    public::{Here, listing, register},
};

/// How many items a feed holds, the newest first.
const ITEMS: usize = 100;

/// One change of the list.
struct Item {
    at: i64,
    /// The same in all languages and formats, for ever.
    id: String,
    url: String,
    title: String,
    text: String,
}

impl Item {
    fn when(&self) -> String {
        dates::rfc3339(self.at)
    }
}

#[derive(Template)]
#[template(path = "changes.xml")]
struct Atom {
    p: Page,
    base: String,
    updated: String,
    items: Vec<Item>,
}

/// When a listing took effect and when it ended, as far as that is past, with the state it then had.
fn moments(listing: &Listing) -> Vec<(Timestamp, ListingState)> {
    let begun = listing.statement.effective_at;
    let listed = |since| (since, ListingState::Listed { since });
    let state = listing.state.clone();
    match listing.state {
        ListingState::Listed { since } => vec![listed(since)],
        ListingState::Suspended { .. } => vec![listed(begun)],
        ListingState::Lifted { at, .. } | ListingState::Expired { at } if begun < at => {
            vec![listed(begun), (at, state)]
        }
        ListingState::Lifted { at, .. }
        | ListingState::Expired { at }
        | ListingState::Annulled { at, .. } => vec![(at, state)],
        ListingState::Scheduled { .. } | ListingState::Guarded { .. } => Vec::new(),
    }
}

fn item(p: &Page, base: &str, of: &Listing, at: Timestamp, state: &ListingState) -> Item {
    let words = register::state_words(state);
    let id = &of.statement.listing_id;
    let name = Shown::new(&of.statement.name).whole();
    Item {
        at: at.0,
        id: format!("{base}/i/{id}#{}", words.code),
        url: format!("{base}/{}/i/{id}", p.lang),
        title: format!("{name}: {}", p.t(words.word)),
        text: format!(
            "{} {}. {}",
            p.t(words.meaning),
            listing::scope(p, of.statement.scope),
            register::order(p.lang, &of.statement, of.state.stands())
        ),
    }
}

/// The page that words are taken from, and the newest items.
async fn newest(centre: &Centre, here: Here) -> Result<(Page, Vec<Item>), Fault> {
    let Here(lang) = here;
    let title = messages::text(lang, key("register-title"), &[]);
    let p = Page::new(lang, "changes.atom", title, centre.demo);
    let (known, now) = (centre.known().await?, Timestamp(centre.now()));
    let mut changes: Vec<_> = known
        .listings
        .iter()
        .flat_map(|of| {
            moments(of)
                .into_iter()
                .map(move |(at, state)| (at, of, state))
        })
        .filter(|(at, ..)| *at <= now)
        .collect();
    changes.sort_by_key(|(at, of, _)| std::cmp::Reverse((*at, of.position)));
    let items = changes
        .iter()
        .take(ITEMS)
        .map(|(at, of, state)| item(&p, &centre.public_url, of, *at, state))
        .collect();
    Ok((p, items))
}

/// `GET /{lang}/changes.atom`.
pub(crate) async fn atom(State(centre): State<Arc<Centre>>, here: Here) -> Result<Response, Fault> {
    let (p, items) = newest(&centre, here).await?;
    let latest = items.first().map_or_else(|| centre.now(), |item| item.at);
    let feed = Atom {
        base: centre.public_url.clone(),
        updated: dates::rfc3339(latest),
        p,
        items,
    };
    let body = feed.render().map_err(Fault::internal)?;
    let media_type = "application/atom+xml; charset=utf-8";
    Ok(([(header::CONTENT_TYPE, media_type)], body).into_response())
}

/// `GET /{lang}/changes.json`.
pub(crate) async fn json(State(centre): State<Arc<Centre>>, here: Here) -> Result<Response, Fault> {
    let (p, items) = newest(&centre, here).await?;
    let (base, lang) = (&centre.public_url, p.lang);
    let items: Vec<_> = items
        .iter()
        .map(|item| {
            json!({
                "id": item.id, "url": item.url, "title": item.title,
                "content_text": item.text, "date_published": item.when(),
            })
        })
        .collect();
    let feed = json!({
        "version": "https://jsonfeed.org/version/1.1",
        "title": p.title, "description": p.t("register-lead"), "language": lang.tag(),
        "home_page_url": format!("{base}/{lang}/register"),
        "feed_url": format!("{base}/{lang}/changes.json"),
        "authors": [{ "name": "Qalqan", "url": base }],
        "items": items,
    });
    let media_type = "application/feed+json";
    Ok(([(header::CONTENT_TYPE, media_type)], feed.to_string()).into_response())
}
