//! Names under public notice: of the raised tier, agreed by two officers, not blocked yet.

use std::sync::Arc;

use askama::Template;
use axum::{
    Json,
    extract::State,
    response::{IntoResponse as _, Response},
};
use data::decide::{self, Notice};
use serde_json::json;

use crate::{
    centre::Centre,
    dates,
    faults::Fault,
    hostile,
    messages::{self, key},
    names::Shown,
    page::{self, Page},
    public::{Here, listing},
};

struct Row {
    name: Shown,
    scope: String,
    basis: String,
    authority: String,
    from: String,
    from_iso: String,
    effective: String,
    effective_iso: String,
    state: String,
}

#[derive(Template)]
#[template(path = "notices.html")]
struct NoticesPage {
    p: Page,
    rows: Vec<Row>,
}

async fn standing(centre: &Centre) -> Result<Vec<Notice>, Fault> {
    let found = decide::notices(&centre.store, centre.now()).await;
    found.map_err(Fault::internal)
}

/// `GET /{lang}/notices`.
pub(crate) async fn notices(
    State(centre): State<Arc<Centre>>,
    Here(lang): Here,
) -> Result<Response, Fault> {
    let title = messages::text(lang, key("notices-title"), &[]);
    let p = Page::new(lang, "notices", title, centre.demo);
    let row = |notice: Notice| Row {
        name: Shown::new(&notice.name),
        scope: listing::scope(&p, notice.scope),
        basis: listing::basis(&p, &notice.basis),
        authority: hostile::line(&notice.authority, 200),
        from: p.date_time(notice.from.0),
        from_iso: dates::rfc3339(notice.from.0),
        effective: p.date_time(notice.effective_at.0),
        effective_iso: dates::rfc3339(notice.effective_at.0),
        state: p.t(if notice.signed {
            key("notice-signed")
        } else {
            key("notice-unsigned")
        }),
    };
    let rows = standing(&centre).await?.into_iter().map(row).collect();
    Ok(page::ok(&NoticesPage { p, rows }))
}

/// `GET /api/v1/notices`.
pub(crate) async fn api(State(centre): State<Arc<Centre>>) -> Result<Response, Fault> {
    let notices: Vec<_> = standing(&centre)
        .await?
        .into_iter()
        .map(|notice| {
            json!({
                "listing_id": notice.listing_id, "name": notice.name, "scope": notice.scope,
                "basis": notice.basis, "authority": hostile::line(&notice.authority, 200),
                "from": notice.from, "effective_at": notice.effective_at,
                "legal_signature": notice.signed,
            })
        })
        .collect();
    let as_of = dates::rfc3339(centre.now());
    Ok(Json(json!({ "as_of": as_of, "demo": centre.demo, "notices": notices })).into_response())
}
