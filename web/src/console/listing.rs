//! One listing in the console: evidence first, then the statement and who signed it.

use std::sync::Arc;

use askama::Template;
use axum::{
    extract::{Path, Query, State},
    http::{HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};
use blocklist::{
    matching::Index,
    statement::{List, Statement, from_canonical},
};
use data::{
    case::{self as cases, CaseFile},
    decide, reading,
};
use serde::Deserialize;

use crate::{
    centre::Centre,
    console::{
        case::{self, Choice},
        case_checks::{self, Stop},
        case_view::{self, Material, Quote},
        ending::{self, Ending},
        listings, outlook,
        problems::Problem,
        propose,
        queue::{self, Done},
        report::{self, Report},
        staff::Staff,
    },
    faults::Fault,
    hostile,
    messages::{self, Value, key},
    names::Shown,
    page::{self, Page},
    public::listing::{basis, day, scope},
};

/// A named value in a summary.
pub(crate) struct Field {
    pub(crate) name: String,
    pub(crate) value: String,
    pub(crate) mono: bool,
}

struct SignatureView {
    place: String,
    who: String,
    at: String,
    key_id: String,
}

struct View {
    id: String,
    name: Shown,
    state: String,
    tone: &'static str,
    case_path: String,
    public: bool,
    public_path: String,
    stops: Vec<Stop>,
    evidence: Vec<Quote>,
    fields: Vec<Field>,
    document_path: String,
    document_name: String,
    document_size: String,
    statement: String,
    statement_sha256: String,
    proposed_by: String,
    proposed_at: String,
    reason: String,
    signatures: Vec<SignatureView>,
    waiting: bool,
    own: bool,
    live: bool,
    /// Where a lawyer signs it third, while it waits for that.
    to_sign_path: Option<String>,
    approve_path: String,
    return_path: String,
    lift_path: String,
    lift_reasons: Vec<Choice>,
    typed_reason: String,
    ending: Ending,
}

#[derive(Template)]
#[template(path = "console/listing.html")]
struct ListingPage {
    p: Page,
    v: View,
    done: Option<String>,
    errors: Vec<Problem>,
}

/// Reasons for lifting; they stand in the public log.
pub(crate) const LIFT: [(&str, &str); 4] = [
    ("licensed", key("lift-code-licensed")),
    ("closed", key("lift-code-closed")),
    ("error", key("lift-code-error")),
    ("order-cancelled", key("lift-code-order-cancelled")),
];

/// Passages shown to the second officer before anything else.
const EVIDENCE_FIRST: usize = 5;

/// What the lifting form sends.
#[derive(Debug, Default, Deserialize)]
pub(crate) struct LiftForm {
    #[serde(default)]
    pub(crate) reason_code: String,
    #[serde(default)]
    pub(crate) reason: String,
    #[serde(default)]
    pub(crate) password: String,
    /// What was typed into another form of the page.
    #[serde(skip)]
    pub(crate) ending: ending::Typed,
}

/// The fields of the statement. `number` says that of its order, which may have come after it.
pub(crate) fn fields(p: &Page, list: &List, number: String) -> Vec<Field> {
    let field = |name: &str, value: String, mono: bool| Field {
        name: p.t(name),
        value,
        mono,
    };
    vec![
        field(key("field-action"), p.t(key("action-list")), false),
        field(key("field-name"), list.name.to_string(), true),
        field(key("field-scope"), scope(p, list.scope), false),
        field(key("field-basis"), basis(p, &list.basis), false),
        field(
            key("field-authority"),
            hostile::line(&list.order.authority, 300),
            false,
        ),
        field(key("field-order-no"), number, false),
        field(key("field-order-date"), day(p, list.order.date), false),
        field(
            key("field-effective"),
            p.date_time(list.effective_at.0),
            false,
        ),
        field(key("field-review"), p.date(list.review_at.0), false),
        field(key("field-expires"), p.date(list.expires_at.0), false),
        field(
            key("field-evidence-root"),
            list.evidence_root.to_string(),
            true,
        ),
        field(
            key("field-order-hash"),
            list.order.document_sha256.to_string(),
            true,
        ),
    ]
}

/// The stop signs of the case behind a listing, as they stand now, and its strongest quotes.
async fn of_case(
    centre: &Centre,
    p: &Page,
    file: &CaseFile,
    report: &Report,
    known: &Index,
) -> Result<(Vec<Stop>, Vec<Quote>), Fault> {
    let name = cases::host(&file.case).map_err(Fault::internal)?;
    let guard = case_view::guard_refusal(&centre.store, &name)
        .await
        .map_err(Fault::internal)?;
    let (claims, now) = (report::claims(&file.licence_match), centre.now());
    let found = case_view::match_now(&name, known, now);
    let guard = guard.as_deref();
    let claims = claims.as_slice();
    let mask = case_view::mask(&centre.store, &file.case.host, claims, false)
        .await
        .map_err(Fault::internal)?;
    let quotes = case_view::quotes(p, file, report, &mask, EVIDENCE_FIRST);
    let stops = case_checks::stops(&Material {
        p,
        file,
        name: &name,
        report,
        claims,
        found: &found,
        known,
        mask: &mask,
        guard,
        now,
    });
    Ok((stops, quotes))
}

/// The page of a listing with what was just done or what went wrong.
pub(crate) async fn show(
    centre: &Centre,
    staff: &Staff,
    id: &str,
    done: Option<&Done>,
    errors: Vec<Problem>,
    typed: &LiftForm,
) -> Result<Response, Fault> {
    let store = &centre.store;
    let proposal = cases::proposal(store, id)
        .await
        .map_err(Fault::internal)?
        .ok_or(Fault::NOT_FOUND)?;
    let case_id = cases::of_listing(store, id)
        .await
        .map_err(Fault::internal)?
        .ok_or(Fault::NOT_FOUND)?;
    let file = case::load(centre, &case_id).await?;
    // The bytes are shown even when they no longer parse: that is what an officer must see.
    let list = match from_canonical(&proposal.statement) {
        Ok(Statement::List(list)) => Some(list),
        _ => None,
    };
    let title = messages::text(staff.lang, key("approve-title"), &[("id", Value::Text(id))]);
    let p = staff.page(centre, &format!("console/listing/{id}"), &title);
    let document = reading::order_document(store, id)
        .await
        .map_err(Fault::internal)?;
    let signatures = reading::signatures(store, id)
        .await
        .map_err(Fault::internal)?;
    let names = queue::officer_names(centre).await?;
    let known = centre.known().await?;
    let logged = known
        .listings
        .iter()
        .find(|listing| listing.statement.listing_id.as_str() == id);
    // A proposal that was sent back stays readable, but its case may have a newer one.
    let current = file.case.listing_id.as_deref() == Some(id);
    let case_state = if current {
        file.case.state.as_str()
    } else {
        "returned"
    };
    let (mut state, mut tone) = listings::state(&p, case_state, logged);
    let awaits_lawyer = decide::awaits_lawyer(store, id).await;
    let awaits_lawyer = awaits_lawyer.map_err(Fault::internal)?;
    if awaits_lawyer {
        (state, tone) = (p.t(key("state-awaits-lawyer")), "care");
    }
    let reason =
        file.decisions.iter().rev().find(|decision| {
            decision.kind == "propose" && decision.decided_at <= proposal.proposed_at
        });
    let report = report::read(&file.report);
    let about = ending::About {
        id,
        list: list.as_ref(),
        logged,
        case_state,
    };
    let ending = ending::of(centre, staff, &p, &about, &typed.ending).await?;
    let (mut stops, evidence) = of_case(centre, &p, &file, &report, &known).await?;
    if let Some(list) = list.as_ref().filter(|_| case_state == "proposed") {
        stops.extend(outlook::stops(centre, &p, &[list.effective_at]).await?);
    }
    let v = View {
        stops,
        name: Shown::of(&file.case.host),
        state,
        tone,
        case_path: format!("console/case/{case_id}"),
        public: logged.is_some(),
        public_path: format!("i/{id}"),
        evidence,
        fields: list
            .as_ref()
            .map(|list| {
                let number = listings::order_number(p.lang, list, case_state, logged);
                fields(&p, list, number)
            })
            .unwrap_or_default(),
        document_path: format!("console/listing/{id}/document"),
        document_name: document
            .as_ref()
            .map(|d| hostile::line(&d.file_name, 120))
            .unwrap_or_default(),
        document_size: propose::size(staff.lang, document.as_ref().map_or(0, |d| d.bytes.len())),
        statement: hostile::block(&String::from_utf8_lossy(&proposal.statement), 16_384),
        statement_sha256: hostile::line(&proposal.statement_sha256, 64),
        proposed_by: names
            .get(&proposal.proposed_by)
            .cloned()
            .unwrap_or_default(),
        proposed_at: p.date_time(proposal.proposed_at),
        reason: reason
            .map(|r| hostile::line(&r.reason, hostile::LONGEST))
            .unwrap_or_default(),
        signatures: signatures
            .iter()
            .map(|signature| SignatureView {
                place: p.t(match signature.place {
                    1 => key("signature-1"),
                    2 => key("signature-2"),
                    _ => key("signature-3"),
                }),
                who: hostile::line(&signature.display_name, 80),
                at: p.date_time(signature.signed_at),
                key_id: signature.key_id.clone(),
            })
            .collect(),
        waiting: case_state == "proposed",
        own: proposal.proposed_by == staff.officer.id,
        // One that waits for a lawyer is in no log: it is sent back, not lifted.
        live: listings::is_live(case_state, logged) && !awaits_lawyer,
        to_sign_path: awaits_lawyer.then(|| format!("console/to-sign/{id}")),
        approve_path: format!("console/listing/{id}/approve"),
        return_path: format!("console/listing/{id}/return"),
        lift_path: format!("console/listing/{id}/lift"),
        lift_reasons: case::choices(&p, &LIFT, &typed.reason_code),
        typed_reason: hostile::block(&typed.reason, hostile::LONGEST),
        ending,
        id: id.to_owned(),
    };
    let done = done.and_then(|done| done.text(&p));
    let status = if errors.is_empty() {
        StatusCode::OK
    } else {
        StatusCode::UNPROCESSABLE_ENTITY
    };
    Ok(page::show(status, &ListingPage { p, v, done, errors }))
}

/// `GET /{lang}/console/listing/{id}`.
pub(crate) async fn listing(
    State(centre): State<Arc<Centre>>,
    staff: Staff,
    Path((_, id)): Path<(String, String)>,
    Query(done): Query<Done>,
) -> Result<Response, Fault> {
    show(
        &centre,
        &staff,
        &id,
        Some(&done),
        vec![],
        &LiftForm::default(),
    )
    .await
}

/// `GET /{lang}/console/listing/{id}/document`: for download only, whatever it claims to be.
pub(crate) async fn document(
    State(centre): State<Arc<Centre>>,
    _staff: Staff,
    Path((_, id)): Path<(String, String)>,
) -> Result<Response, Fault> {
    let document = reading::order_document(&centre.store, &id)
        .await
        .map_err(Fault::internal)?
        .ok_or(Fault::NOT_FOUND)?;
    let extension = match document.content_type.as_str() {
        "application/pdf" => "pdf",
        "image/png" => "png",
        "image/jpeg" => "jpg",
        _ => "txt",
    };
    let mut response = document.bytes.into_response();
    let headers = response.headers_mut();
    headers.insert(
        header::CONTENT_TYPE,
        HeaderValue::from_static("application/octet-stream"),
    );
    let name = format!(
        "attachment; filename=\"order-{}.{extension}\"",
        hostile::query_encode(&id)
    );
    if let Ok(value) = HeaderValue::from_str(&name) {
        headers.insert(header::CONTENT_DISPOSITION, value);
    }
    Ok(response)
}
