//! The start page: one box, what stands on the list now, how it comes to be.

use std::sync::Arc;

use askama::Template;
use axum::{
    extract::State,
    http::{HeaderMap, header},
    response::{IntoResponse, Redirect, Response},
};
use blocklist::{Timestamp, fold::ListingState};

use crate::{
    centre::Centre,
    faults::{self, Fault},
    messages::{self, key},
    page::{self, Page},
    public::{Here, licensed, register},
};

#[derive(Template)]
#[template(path = "home.html")]
struct HomePage {
    p: Page,
    query: &'static str,
    blocked: usize,
    licensed: usize,
    too_old: Vec<String>,
    latest: Vec<register::Row>,
}

/// `GET /`: to the reader's language.
pub(crate) async fn root(headers: HeaderMap) -> Response {
    let lang = faults::language("/", &headers);
    let vary = [(header::VARY, "Accept-Language")];
    (vary, Redirect::to(&format!("/{lang}/"))).into_response()
}

/// `GET /{lang}`: the same page has one address.
pub(crate) async fn without_slash(Here(lang): Here) -> Redirect {
    Redirect::permanent(&format!("/{lang}/"))
}

/// `GET /{lang}/`.
pub(crate) async fn home(
    State(centre): State<Arc<Centre>>,
    Here(lang): Here,
) -> Result<Response, Fault> {
    let title = messages::text(lang, key("home-title"), &[]);
    let mut p = Page::new(lang, "", title, centre.demo);
    p.indexed = true;
    let known = centre.known().await?;
    let blocked = known
        .listings
        .iter()
        .filter(|listing| matches!(listing.state, ListingState::Listed { .. }))
        .count();
    let latest = known
        .listings
        .iter()
        .rev()
        .take(5)
        .map(|listing| register::row(&p, listing))
        .collect();
    let now = Timestamp(centre.now());
    let licensed = licensed::count_live(&known, now);
    let too_old = licensed::too_old(&p, &known, now);
    Ok(page::ok(&HomePage {
        p,
        query: "",
        blocked,
        licensed,
        too_old,
        latest,
    }))
}
