//! What a browser sees where an operator points blocked names at us: HTTP 451 (RFC 7725), one
//! page in three languages, no cookies, no scripts, nothing to load.

use std::sync::{Arc, LazyLock};

use askama::Template;
use axum::{
    Router,
    extract::{Request, State},
    http::{HeaderMap, HeaderValue, StatusCode, header},
    middleware::{self, Next},
    response::{IntoResponse, Response},
};
use base64::{Engine as _, engine::general_purpose::STANDARD};
use blocklist::{DomainName, Timestamp, fold::Listing, matching, statement::List};
use sha2::{Digest, Sha256};

use crate::{
    centre::Centre,
    dates, headers, hostile,
    language::Lang,
    messages::{self, key},
    names::Shown,
    public::register,
};

static STYLE: &str = include_str!("../assets/block_page.css");

static CSP: LazyLock<HeaderValue> = LazyLock::new(|| {
    let hash = STANDARD.encode(Sha256::digest(STYLE.as_bytes()));
    let policy = format!(
        "default-src 'none'; style-src 'sha256-{hash}'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    );
    HeaderValue::from_str(&policy).unwrap_or(HeaderValue::from_static("default-src 'none'"))
});

/// The words of one language.
struct Section {
    lang: Lang,
    base: String,
}

impl Section {
    fn t(&self, key: &str) -> String {
        messages::text(self.lang, key, &[])
    }

    fn href(&self, path: &str) -> String {
        format!("{}/{}/{path}", self.base, self.lang)
    }

    fn order(&self, list: &List) -> String {
        register::order_number(self.lang, list, true)
    }

    fn date(&self, day: &str) -> String {
        dates::parse_day(day)
            .map(|day| dates::day(self.lang, day))
            .unwrap_or_default()
    }
}

/// What the page says of a listing.
struct Blocked {
    name: Shown,
    id: String,
    path: String,
    authority: String,
    list: Arc<List>,
    order_date: String,
}

#[derive(Template)]
#[template(path = "block_page.html")]
struct BlockPage {
    title: String,
    style: &'static str,
    demo: bool,
    listing: Option<Blocked>,
    sections: [Section; 3],
}

/// The host a browser asked for, if it is a name at all.
fn asked_host(request_headers: &HeaderMap) -> Option<DomainName> {
    let host = request_headers.get(header::HOST)?.to_str().ok()?;
    let name = host.rsplit_once(':').map_or(host, |(name, _)| name);
    DomainName::parse(name).ok()
}

fn blocked(listing: &Listing) -> Blocked {
    let list = &listing.statement;
    Blocked {
        name: Shown::new(&list.name),
        id: list.listing_id.to_string(),
        path: format!("i/{}", list.listing_id),
        authority: hostile::line(&list.order.authority, 200),
        list: Arc::clone(list),
        order_date: list.order.date.to_string(),
    }
}

/// Finds the listing that blocks what was asked for. A name that is not listed is never repeated.
async fn find(centre: &Centre, request_headers: &HeaderMap) -> Option<Blocked> {
    let name = asked_host(request_headers)?;
    let known = centre.known().await.ok()?;
    let found = matching::check_host(&name, &known, Timestamp(centre.now()));
    if found.verdict != matching::Verdict::Blocked {
        return None;
    }
    let id = found.listing_id?;
    known
        .listings
        .iter()
        .find(|listing| listing.statement.listing_id == id)
        .map(blocked)
}

async fn page(State(centre): State<Arc<Centre>>, request_headers: HeaderMap) -> Response {
    let listing = find(&centre, &request_headers).await;
    let (status, title) = if listing.is_some() {
        (
            StatusCode::UNAVAILABLE_FOR_LEGAL_REASONS,
            key("block-page-title"),
        )
    } else {
        (StatusCode::NOT_FOUND, key("block-neutral-title"))
    };
    let template = BlockPage {
        title: messages::text(Lang::Kk, title, &[]),
        style: STYLE,
        demo: centre.demo,
        listing,
        sections: Lang::ALL.map(|lang| Section {
            lang,
            base: centre.public_url.clone(),
        }),
    };
    match template.render() {
        Ok(html) => (
            status,
            [(header::CONTENT_TYPE, "text/html; charset=utf-8")],
            html,
        )
            .into_response(),
        Err(error) => {
            tracing::error!(%error, "the block page could not be rendered");
            StatusCode::INTERNAL_SERVER_ERROR.into_response()
        }
    }
}

async fn dress(State(centre): State<Arc<Centre>>, request: Request, next: Next) -> Response {
    let mut response = next.run(request).await;
    let blocked = response.status() == StatusCode::UNAVAILABLE_FOR_LEGAL_REASONS;
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_SECURITY_POLICY, CSP.clone());
    headers::common(headers, "default-src 'none'");
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    headers.insert(
        header::REFERRER_POLICY,
        HeaderValue::from_static("no-referrer"),
    );
    // RFC 7725 §4: who implements the block.
    if blocked
        && let Ok(link) =
            HeaderValue::from_str(&format!("<{}/>; rel=\"blocked-by\"", centre.public_url))
    {
        headers.insert(header::LINK, link);
    }
    response
}

/// The block page: answers every path and method of every host the same way. The path that was
/// asked for is neither shown nor logged.
pub fn block_page_router(centre: Arc<Centre>) -> Router {
    Router::new()
        .fallback(page)
        .layer(middleware::from_fn_with_state(Arc::clone(&centre), dress))
        .with_state(centre)
}
