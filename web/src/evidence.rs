//! The evidence listener: original captured bytes, on an origin of their own, as plain text.
//!
//! It knows no cookies. A link carries a seal made for a signed-in officer and works for an hour.

use std::sync::Arc;

use axum::{
    Router,
    extract::{Path, Query, State},
    http::{HeaderName, StatusCode, header},
    response::{IntoResponse, Response},
    routing::get,
};
use serde::Deserialize;

use crate::centre::Centre;

/// What a sealed link carries.
#[derive(Deserialize)]
struct Sealed {
    until: i64,
    seal: String,
}

/// A charset label that may stand in a header.
fn charset(label: &str) -> &str {
    let plain = !label.is_empty()
        && label.len() <= 40
        && label
            .bytes()
            .all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_' | b':'));
    if plain { label } else { "utf-8" }
}

async fn capture(
    State(centre): State<Arc<Centre>>,
    Path(id): Path<i64>,
    Query(link): Query<Sealed>,
) -> Response {
    if !centre.evidence_link_holds(id, link.until, &link.seal) {
        return (
            StatusCode::FORBIDDEN,
            "This link is no longer valid. Open the capture again from the case.\n",
        )
            .into_response();
    }
    let Some(load) = &centre.load_body else {
        return StatusCode::NOT_FOUND.into_response();
    };
    let Some(body) = load(id).await else {
        return (
            StatusCode::NOT_FOUND,
            "The stored bytes could not be read.\n",
        )
            .into_response();
    };
    (
        [
            (
                header::CONTENT_TYPE,
                format!("text/plain; charset={}", charset(body.label())),
            ),
            (
                header::CONTENT_DISPOSITION,
                format!("inline; filename=\"capture-{id}.txt\""),
            ),
        ],
        body.bytes,
    )
        .into_response()
}

/// Router of the evidence listener.
pub fn evidence_router(centre: Arc<Centre>) -> Router {
    Router::new()
        .route("/capture/{id}", get(capture))
        .layer(axum::middleware::map_response(
            async |mut response: Response| {
                let headers = response.headers_mut();
                for (name, value) in [
                    (
                        header::CONTENT_SECURITY_POLICY,
                        "sandbox; default-src 'none'; frame-ancestors 'none'",
                    ),
                    (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
                    (header::X_FRAME_OPTIONS, "DENY"),
                    (header::REFERRER_POLICY, "no-referrer"),
                    (header::CACHE_CONTROL, "no-store"),
                    (
                        HeaderName::from_static("cross-origin-resource-policy"),
                        "same-origin",
                    ),
                    (
                        HeaderName::from_static("cross-origin-opener-policy"),
                        "same-origin",
                    ),
                    (HeaderName::from_static("x-robots-tag"), "noindex"),
                ] {
                    headers.insert(name, axum::http::HeaderValue::from_static(value));
                }
                response
            },
        ))
        .with_state(centre)
}
