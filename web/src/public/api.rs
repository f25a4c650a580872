//! Answers for programs: the check, the register, one listing, and their description.

use std::{collections::BTreeMap, sync::Arc};

use axum::{
    Json,
    extract::{Path, Query, State},
    http::StatusCode,
    response::{IntoResponse, Response},
};
use blocklist::{
    Timestamp,
    matching::{self, LONGEST, Query as Asking},
};
use data::{
    appeal::outcome::{self, Decided},
    known::KnownNow,
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
        listing, sources,
    },
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
    let query = match Asking::parse(&asked.q) {
        Ok(query) => query,
        Err(error) => {
            let body = Json(json!({
                "error": format!("q: {error}"), "code": error.code(), "status": 422,
            }));
            return Ok((StatusCode::UNPROCESSABLE_ENTITY, body).into_response());
        }
    };
    let now = Timestamp(centre.now());
    let known = centre.known().await?;
    let answer = answer(
        &asked.q,
        query,
        &known,
        now,
        &centre.public_url,
        centre.demo,
    );
    Ok(Json(answer).into_response())
}

/// The check's JSON, the same for the API and the command line. `asked` is what was typed, `query`
/// what it was read as.
pub fn answer(
    asked: &str,
    query: Asking,
    known: &KnownNow,
    now: Timestamp,
    public_url: &str,
    demo: bool,
) -> Value {
    let english = Page::new(Lang::En, "", String::new(), demo);
    let (kind, looked_up) = (query.kind(), hostile::line(query.text(), LONGEST));
    let found = matching::answer(query, known, now);
    let reasons: Vec<_> = found
        .reasons
        .iter()
        .map(|reason| json!({ "code": reason.code, "args": reason.args, "text": check::reason(&english, reason) }))
        .collect();
    let sources: Vec<_> = sources::of(known, &found, public_url, now)
        .into_iter()
        .map(|source| {
            json!({
                "name": source.name, "url": source.url, "date": source.date, "basis": source.basis,
                "stale_copy": source.stale_copy,
            })
        })
        .collect();
    let hosts: Vec<_> = found
        .hosts
        .iter()
        .map(|answer| {
            json!({
                "host": answer.host, "kind": answer.kind, "verdict": answer.found.verdict,
                "also": answer.found.also, "listing_id": answer.found.listing_id,
            })
        })
        .collect();
    let of_host = (kind == "host").then(|| found.hosts.first()).flatten();
    let listing = of_host.and_then(|answer| answer.found.listing_id.as_ref());
    json!({
        "query": hostile::line(asked, LONGEST),
        "asked": { "kind": kind, "text": looked_up },
        "verdict": found.verdict,
        "also": found.also,
        "matched": {
            "name": of_host.map(|answer| &answer.host),
            "listing_id": listing,
            "listing_url": listing.map(|id| format!("{public_url}/i/{id}")),
            "register_row": of_host.and_then(|answer| answer.found.matched.as_ref()),
            "hosts": hosts,
            "rows": found.rows,
            "warnings": found.warnings,
            "operators": found.operators,
        },
        "reasons": reasons,
        "as_of": now,
        "sources": sources,
        "not_found_is_not_safe": true,
        "demo": demo,
    })
}

/// `GET /api/v1/register`: every listing there ever was, oldest first; every licence row and notice
/// held, each with its basis.
pub(crate) async fn register(State(centre): State<Arc<Centre>>) -> Result<Response, Fault> {
    let known = centre.known().await?;
    let decided = outcome::all(&centre.store).await.map_err(Fault::internal)?;
    let mut appeals: BTreeMap<&str, Vec<&Decided>> = BTreeMap::new();
    for decided in &decided {
        appeals
            .entry(&decided.listing_id)
            .or_default()
            .push(decided);
    }
    let later = listing::numbered_later(&centre).await?;
    let listings: Vec<_> = known
        .listings
        .iter()
        .map(|listing| {
            let id = listing.statement.listing_id.as_str();
            let appeals = appeals.get(id).map_or(&[][..], Vec::as_slice);
            listing::to_json(&centre, listing, appeals, &later)
        })
        .collect();
    let now = Timestamp(centre.now());
    let licences: Vec<_> = known
        .rows()
        .map(|(snapshot, signed, row)| {
            json!({
                "register": snapshot.register, "taken_on": snapshot.taken_on, "signed": signed,
                "fresh": signed && snapshot.is_fresh(now, known.register_days),
                "verdict": matching::row_verdict(&known, snapshot, signed, row, now), "row": row,
            })
        })
        .collect();
    let registers: Vec<_> = known
        .registers()
        .map(|(snapshot, signed)| {
            json!({
                "register": snapshot.register, "taken_on": snapshot.taken_on, "signed": signed,
                "fresh": signed && snapshot.is_fresh(now, known.register_days),
            })
        })
        .collect();
    Ok(Json(json!({
        "as_of": dates::rfc3339(centre.now()),
        "demo": centre.demo,
        "register_days": known.register_days,
        "registers": registers,
        "listings": listings,
        "licences": licences,
        "warnings": known.warnings,
    }))
    .into_response())
}

/// `GET /api/v1/listing/{id}`.
pub(crate) async fn one(
    State(centre): State<Arc<Centre>>,
    Path(id): Path<String>,
) -> Result<Response, Fault> {
    let found = listing::find(&centre, &id).await?;
    let appeals = outcome::of_listing(&centre.store, found.statement.listing_id.as_str())
        .await
        .map_err(Fault::internal)?;
    let appeals: Vec<_> = appeals.iter().collect();
    let later = listing::numbered_later(&centre).await?;
    Ok(Json(listing::to_json(&centre, &found, &appeals, &later)).into_response())
}
