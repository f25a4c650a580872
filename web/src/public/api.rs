//! Answers for programs: the check, the register, one listing, and their description.

use std::sync::Arc;

use axum::{
    Json,
    extract::{Path, Query, State},
    http::StatusCode,
    response::{IntoResponse, Response},
};
use blocklist::{Timestamp, matching};
use serde_json::json;

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
    query::{self, QueryError},
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
            let text = match error {
                QueryError::Empty => "give a domain or a web address in q",
                QueryError::NotAName => "q is not a domain or a web address",
            };
            let body = Json(json!({ "error": text, "status": 422 }));
            return Ok((StatusCode::UNPROCESSABLE_ENTITY, body).into_response());
        }
    };
    let now = centre.now();
    let known = centre.known().await?;
    let found = matching::check_host(&name, &known, Timestamp(now));
    let english = Page::new(Lang::En, "", String::new(), centre.demo);
    let reasons: Vec<_> = found
        .reasons
        .iter()
        .map(|reason| json!({ "code": reason.code, "args": reason.args, "text": check::reason(&english, reason) }))
        .collect();
    let sources: Vec<_> = check::sources(&known, &name, &found, &centre.public_url)
        .into_iter()
        .map(|(name, url, day)| json!({ "name": name, "url": url, "date": day }))
        .collect();
    let matched = json!({
        "name": name,
        "listing_id": found.listing_id,
        "listing_url": found.listing_id.as_ref().map(|id| format!("{}/i/{id}", centre.public_url)),
        "register_row": found.matched,
    });
    Ok(Json(json!({
        "query": hostile::line(&asked.q, query::LONGEST),
        "verdict": found.verdict,
        "also": found.also,
        "matched": matched,
        "reasons": reasons,
        "as_of": dates::rfc3339(now),
        "sources": sources,
        "not_found_is_not_safe": true,
        "demo": centre.demo,
    }))
    .into_response())
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
