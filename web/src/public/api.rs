//! Answers for programs: the check, the register, one listing, and their description.

use std::sync::Arc;

use axum::{
    Json,
    extract::{Path, Query, State},
    http::StatusCode,
    response::{IntoResponse, Response},
};
use blocklist::{
    DomainName, Timestamp,
    matching::{self, Known},
};
use serde_json::{Value, json};

use crate::{
    centre::Centre,
    dates,
    faults::Fault,
    hostile,
    language::Lang,
    page::Page,
    public::{
        check::{self, Asked},
        listing,
    },
    query,
};

static OPENAPI: &str = include_str!("../../assets/openapi.json");

/// `GET /openapi.json`.
pub(crate) async fn openapi() -> Response {
    (
        [(axum::http::header::CONTENT_TYPE, "application/json")],
        OPENAPI,
    )
        .into_response()
}

/// `GET /api/v1/check?q=`: DESIGN's check JSON.
pub(crate) async fn check(
    State(centre): State<Arc<Centre>>,
    Query(asked): Query<Asked>,
) -> Result<Response, Fault> {
    let name = match query::host(&asked.q) {
        Ok(name) => name,
        Err(error) => {
            let body = Json(json!({ "error": format!("q: {error}"), "status": 422 }));
            return Ok((StatusCode::UNPROCESSABLE_ENTITY, body).into_response());
        }
    };
    let now = Timestamp(centre.now());
    let answer = answer(
        &name,
        &asked.q,
        &centre.known().await?,
        now,
        &centre.public_url,
        centre.demo,
    );
    Ok(Json(answer).into_response())
}

/// The check's JSON, the same for the API and the command line.
pub fn answer(
    name: &DomainName,
    query: &str,
    known: &Known,
    now: Timestamp,
    public_url: &str,
    demo: bool,
) -> Value {
    let found = matching::check_host(name, known, now);
    let english = Page::new(Lang::En, "", String::new(), demo);
    let reasons: Vec<_> = found
        .reasons
        .iter()
        .map(|reason| json!({ "code": reason.code, "args": reason.args, "text": check::reason(&english, reason) }))
        .collect();
    let sources: Vec<_> = check::sources(known, name, &found, public_url)
        .into_iter()
        .map(|(name, url, day)| json!({ "name": name, "url": url, "date": day }))
        .collect();
    let matched = json!({
        "name": name,
        "listing_id": found.listing_id,
        "listing_url": found.listing_id.as_ref().map(|id| format!("{public_url}/i/{id}")),
        "register_row": found.matched,
    });
    json!({
        "query": hostile::line(query, query::LONGEST),
        "verdict": found.verdict,
        "also": found.also,
        "matched": matched,
        "reasons": reasons,
        "as_of": now,
        "sources": sources,
        "not_found_is_not_safe": true,
        "demo": demo,
    })
}

/// `GET /api/v1/register`: every listing there ever was, oldest first.
pub(crate) async fn register(State(centre): State<Arc<Centre>>) -> Result<Response, Fault> {
    let known = centre.known().await?;
    let listings: Vec<_> = known
        .listings
        .iter()
        .map(|listing| listing::to_json(&centre, listing))
        .collect();
    Ok(Json(json!({
        "as_of": dates::rfc3339(centre.now()),
        "demo": centre.demo,
        "listings": listings,
    }))
    .into_response())
}

/// `GET /api/v1/listing/{id}`.
pub(crate) async fn one(
    State(centre): State<Arc<Centre>>,
    Path(id): Path<String>,
) -> Result<Response, Fault> {
    let found = listing::find(&centre, &id).await?;
    Ok(Json(listing::to_json(&centre, &found)).into_response())
}
