//! What waits for a lawyer: listings of the raised tier that two officers signed, and the third
//! signature.

use std::sync::Arc;

use askama::Template;
use axum::{
    Form,
    extract::{Path, Query, State},
    http::StatusCode,
    response::Response,
};
use blocklist::{
    key::Role,
    statement::{Statement, from_canonical},
};
use data::{
    case, decide,
    decide::{DecideError, Notice},
    reading,
};
use serde::Deserialize;

use crate::{
    centre::Centre,
    console::{
        listing::{Field, fields},
        problems::{self, Problem},
        queue::Done,
        staff::Staff,
    },
    faults::Fault,
    hostile,
    messages::{self, Value, key},
    names::Shown,
    page::{self, Page},
    public::register,
};

struct Row {
    name: Shown,
    path: String,
    id: String,
    from: String,
    effective: String,
}

#[derive(Template)]
#[template(path = "console/to_sign.html")]
struct WaitingPage {
    p: Page,
    done: Option<String>,
    rows: Vec<Row>,
}

#[derive(Template)]
#[template(path = "console/legal_sign.html")]
struct SignPage {
    p: Page,
    name: Shown,
    id: String,
    listing_path: String,
    fields: Vec<Field>,
    signed_by: Vec<String>,
    notice_from: String,
    statement: String,
    statement_sha256: String,
    /// Only a lawyer's key signs third; officers may send back.
    lawyer: bool,
    action: String,
    withhold: String,
    errors: Vec<Problem>,
}

/// What the form that signs sends.
#[derive(Debug, Deserialize)]
pub(crate) struct Signing {
    #[serde(default)]
    statement_sha256: String,
    #[serde(default)]
    password: String,
}

/// What the form that sends back sends.
#[derive(Debug, Deserialize)]
pub(crate) struct Withholding {
    #[serde(default)]
    reason: String,
}

/// What waits, also where its time has passed: that is to be sent back.
async fn unsigned(centre: &Centre) -> Result<Vec<Notice>, Fault> {
    let standing = decide::notices(&centre.store, 0).await;
    let mut standing = standing.map_err(Fault::internal)?;
    standing.retain(|notice| !notice.signed);
    Ok(standing)
}

/// `GET /{lang}/console/to-sign`.
pub(crate) async fn waiting(
    State(centre): State<Arc<Centre>>,
    staff: Staff,
    Query(done): Query<Done>,
) -> Result<Response, Fault> {
    let title = staff.word(key("to-sign-title"));
    let p = staff.page(&centre, "console/to-sign", &title);
    let rows = unsigned(&centre)
        .await?
        .into_iter()
        .map(|notice| Row {
            name: Shown::new(&notice.name),
            path: format!("console/to-sign/{}", notice.listing_id),
            from: p.date_time(notice.from.0),
            effective: p.date_time(notice.effective_at.0),
            id: notice.listing_id,
        })
        .collect();
    let done = done.text(&p);
    Ok(page::ok(&WaitingPage { p, done, rows }))
}

async fn show(
    centre: &Centre,
    staff: &Staff,
    id: &str,
    errors: Vec<Problem>,
) -> Result<Response, Fault> {
    let store = &centre.store;
    let awaits = decide::awaits_lawyer(store, id).await;
    if !awaits.map_err(Fault::internal)? && errors.is_empty() {
        return Ok(staff.go("console/to-sign"));
    }
    let proposal = case::proposal(store, id)
        .await
        .map_err(Fault::internal)?
        .ok_or(Fault::NOT_FOUND)?;
    let Ok(Statement::List(list)) = from_canonical(&proposal.statement) else {
        return Err(Fault::NOT_FOUND);
    };
    let signatures = reading::signatures(store, id)
        .await
        .map_err(Fault::internal)?;
    let title = messages::text(
        staff.lang,
        key("legal-sign-title"),
        &[("id", Value::Text(id))],
    );
    let action = format!("console/to-sign/{id}");
    let p = staff.page(centre, &action, &title);
    let status = if errors.is_empty() {
        StatusCode::OK
    } else {
        StatusCode::UNPROCESSABLE_ENTITY
    };
    let second = signatures.iter().find(|signature| signature.place == 2);
    let page = SignPage {
        name: Shown::new(&list.name),
        id: id.to_owned(),
        listing_path: format!("console/listing/{id}"),
        fields: fields(&p, &list, register::order_number(p.lang, &list, true)),
        signed_by: signatures
            .iter()
            .map(|signature| {
                let who = hostile::line(&signature.display_name, 80);
                format!("{who}, {}", p.date_time(signature.signed_at))
            })
            .collect(),
        notice_from: second.map_or_else(String::new, |signature| p.date_time(signature.signed_at)),
        statement: hostile::block(&String::from_utf8_lossy(&proposal.statement), 16_384),
        statement_sha256: hostile::line(&proposal.statement_sha256, 64),
        lawyer: staff.officer.role == Role::Legal,
        withhold: format!("{action}/withhold"),
        action,
        errors,
        p,
    };
    Ok(page::show(status, &page))
}

/// `GET /{lang}/console/to-sign/{id}`.
pub(crate) async fn form(
    State(centre): State<Arc<Centre>>,
    staff: Staff,
    Path((_, id)): Path<(String, String)>,
) -> Result<Response, Fault> {
    show(&centre, &staff, &id, vec![]).await
}

/// `POST /{lang}/console/to-sign/{id}`.
pub(crate) async fn sign(
    State(centre): State<Arc<Centre>>,
    staff: Staff,
    Path((_, id)): Path<(String, String)>,
    Form(form): Form<Signing>,
) -> Result<Response, Fault> {
    let Ok(_turn) = centre.signing.try_acquire() else {
        let busy = vec![Problem::new(staff.lang, "password", key("problem-busy"))];
        return show(&centre, &staff, &id, busy).await;
    };
    let (store, now) = (&centre.store, centre.now());
    let (password, hash) = (&form.password, &form.statement_sha256);
    let signed = decide::legal_sign(store, &staff.officer, password, &id, hash, now).await;
    if signed.is_ok() {
        (centre.waker)();
    }
    after(&centre, &staff, &id, signed, "signed").await
}

/// `POST /{lang}/console/to-sign/{id}/withhold`.
pub(crate) async fn withhold(
    State(centre): State<Arc<Centre>>,
    staff: Staff,
    Path((_, id)): Path<(String, String)>,
    Form(form): Form<Withholding>,
) -> Result<Response, Fault> {
    let (store, now, reason) = (&centre.store, centre.now(), form.reason.trim());
    let sent = decide::withhold(store, &staff.officer, &id, reason, now).await;
    after(&centre, &staff, &id, sent, "withheld").await
}

async fn after(
    centre: &Centre,
    staff: &Staff,
    id: &str,
    moved: Result<(), DecideError>,
    done: &str,
) -> Result<Response, Fault> {
    match moved {
        Ok(()) => Ok(staff.go(&format!("console/to-sign?done={done}"))),
        Err(error) => {
            let problem = vec![problems::of_decision(staff.lang, &error)];
            show(centre, staff, id, problem).await
        }
    }
}
