//! What a reader sees when something goes wrong: a page in their language, or JSON below `/api/`.
//!
//! Handlers and layers answer with a bare status; one middleware dresses it. So a form from
//! another site, a body that is too large, an unknown path and a fault of ours all look cared for.

use std::sync::Arc;

use askama::Template;
use axum::{
    extract::{Request, State},
    http::{HeaderMap, Method, StatusCode, header},
    middleware::Next,
    response::{IntoResponse, Response},
};

use crate::{
    centre::Centre,
    headers,
    language::Lang,
    messages::{self, key},
    page::{self, Page},
};

/// An answer that is not what was asked for; becomes a page on its way out.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Fault(StatusCode);

impl Fault {
    /// There is no such page, case, listing or file.
    pub(crate) const NOT_FOUND: Self = Self(StatusCode::NOT_FOUND);
    /// The request cannot be read.
    pub(crate) const BAD_REQUEST: Self = Self(StatusCode::BAD_REQUEST);

    /// What was sent is larger than allowed.
    pub(crate) const TOO_LARGE: Self = Self(StatusCode::PAYLOAD_TOO_LARGE);

    /// A fault of ours; what it was goes to the log, not to the reader.
    pub(crate) fn internal(error: impl std::fmt::Display) -> Self {
        tracing::error!(%error, "a request could not be answered");
        Self(StatusCode::INTERNAL_SERVER_ERROR)
    }
}

impl IntoResponse for Fault {
    fn into_response(self) -> Response {
        self.0.into_response()
    }
}

#[derive(Template)]
#[template(path = "error.html")]
struct ErrorPage {
    p: Page,
    text: String,
    detail: Option<String>,
    back_href: String,
    back_text: String,
}

/// The language of a request: by its path, else by `Accept-Language`.
pub(crate) fn language(path: &str, headers: &HeaderMap) -> Lang {
    Lang::of_path(path).unwrap_or_else(|| {
        Lang::preferred(
            headers
                .get(header::ACCEPT_LANGUAGE)
                .and_then(|value| value.to_str().ok()),
        )
    })
}

/// Title and text for a status.
fn words(status: StatusCode) -> (&'static str, &'static str) {
    match status {
        StatusCode::NOT_FOUND => (key("error-not-found-title"), key("error-not-found-text")),
        StatusCode::FORBIDDEN => (key("error-forbidden-title"), key("error-forbidden-text")),
        StatusCode::METHOD_NOT_ALLOWED => (key("error-method-title"), key("error-method-text")),
        StatusCode::PAYLOAD_TOO_LARGE => {
            (key("error-too-large-title"), key("error-too-large-text"))
        }
        StatusCode::REQUEST_TIMEOUT | StatusCode::SERVICE_UNAVAILABLE => {
            (key("error-timeout-title"), key("error-timeout-text"))
        }
        status if status.is_client_error() => (
            key("error-bad-request-title"),
            key("error-bad-request-text"),
        ),
        _ => (key("error-internal-title"), key("error-internal-text")),
    }
}

/// An error page with a text of its own.
pub(crate) fn error_page(
    centre: &Centre,
    lang: Lang,
    path: &str,
    status: StatusCode,
    (title, text): (&'static str, &'static str),
) -> Response {
    let console = headers::is_console(path);
    let title = messages::text(lang, title, &[]);
    let p = Page::new(
        lang,
        if console { "console" } else { "" },
        title,
        centre.demo,
    );
    let (back_href, back_text) = if console {
        (p.href("console"), p.t("error-back-console"))
    } else {
        (p.href(""), p.t("error-back-home"))
    };
    page::show(
        status,
        &ErrorPage {
            text: p.t(text),
            detail: None,
            back_href,
            back_text,
            p,
        },
    )
}

/// Middleware: gives a bare error its page.
pub(crate) async fn dress(
    State(centre): State<Arc<Centre>>,
    request: Request,
    next: Next,
) -> Response {
    let path = request.uri().path().to_owned();
    let head = request.method() == Method::HEAD;
    let lang = language(&path, request.headers());
    let response = next.run(request).await;
    let status = response.status();
    let dressed = response
        .headers()
        .get(header::CONTENT_TYPE)
        .is_some_and(|value| {
            value.as_bytes().starts_with(b"text/html")
                || value.as_bytes().starts_with(b"application/json")
        });
    if dressed || head || !(status.is_client_error() || status.is_server_error()) {
        return response;
    }
    let (title, text) = words(status);
    let mut page = if path.starts_with("/api/") {
        let body = serde_json::json!({ "error": messages::text(Lang::En, text, &[]), "status": status.as_u16() });
        (status, axum::Json(body)).into_response()
    } else {
        error_page(&centre, lang, &path, status, (title, text))
    };
    // Without these the status says nothing: 405 what is allowed, 416 how much there is.
    for name in [header::ALLOW, header::CONTENT_RANGE] {
        if let Some(value) = response.headers().get(&name) {
            page.headers_mut().insert(name, value.clone());
        }
    }
    page
}
