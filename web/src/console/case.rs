//! The case page, and closing a case without a listing.

use std::sync::Arc;

use askama::Template;
use axum::{
    Form,
    extract::{Path, State},
    http::StatusCode,
    response::{IntoResponse, Response},
};
use blocklist::Timestamp;
use data::{
    case::{self, CaseFile, CaseRow},
    decide,
};
use serde::Deserialize;

use crate::{
    centre::Centre,
    console::{
        case_alike::{self, Alike},
        case_checks::{self, Stop, Tick},
        case_record::{self, CaptureLine, Event, Similar},
        case_view::{self, Candidate, LedgerRow, Material, Quote},
        network,
        network_words::{self, Belongs},
        problems::{self, Problem},
        propose::TERMS,
        report,
        staff::Staff,
        stage,
        take::Review,
        unmask::Unmask,
    },
    dates,
    faults::Fault,
    hostile,
    messages::key,
    names::Shown,
    page::{self, Page},
};

struct Score {
    label: String,
    percent: i64,
}

struct ListingLink {
    text: String,
    action: String,
    path: String,
}

/// A reason code with its words.
pub(crate) struct Choice {
    pub(crate) code: String,
    pub(crate) text: String,
    pub(crate) chosen: bool,
}

/// Builds choices from `(code, message key)` pairs.
pub(crate) fn choices(p: &Page, codes: &[(&str, &str)], chosen: &str) -> Vec<Choice> {
    codes
        .iter()
        .map(|(code, key)| Choice {
            code: (*code).to_owned(),
            text: p.t(key),
            chosen: *code == chosen,
        })
        .collect()
}

struct View {
    id: String,
    name: Shown,
    kinds: Option<String>,
    state: String,
    tone: &'static str,
    opened: String,
    opened_iso: String,
    scores: [Score; 2],
    top: Vec<String>,
    stops: Vec<Stop>,
    ticks: Vec<Tick>,
    quotes: Vec<Quote>,
    ledger: Vec<LedgerRow>,
    candidates: Vec<Candidate>,
    alike: Vec<Alike>,
    captures: Vec<CaptureLine>,
    other_captures: Vec<CaptureLine>,
    evidence_root: String,
    timeline: Vec<Event>,
    similar: Vec<Similar>,
    network: Option<Belongs>,
    listing: Option<ListingLink>,
    review: Review,
    open: bool,
    can_propose: bool,
    /// Whether what points to people is shown, and whether the reader may ask for that.
    unmasked: bool,
    may: bool,
    unmask_path: String,
    unmask_typed: String,
    propose_path: String,
    dismiss_path: String,
    dismiss_reasons: Vec<Choice>,
    review_terms: Vec<Choice>,
    typed_reason: String,
    next: Option<String>,
}

#[derive(Template)]
#[template(path = "console/case.html")]
struct CasePage {
    p: Page,
    v: View,
    errors: Vec<Problem>,
}

/// Reasons for closing a case without a listing.
const DISMISS: [(&str, &str); 5] = [
    ("licensed", key("dismiss-licensed")),
    ("not-exchange", key("dismiss-not-exchange")),
    ("not-kz", key("dismiss-not-kz")),
    ("closed", key("dismiss-closed")),
    ("duplicate", key("dismiss-duplicate")),
];

/// What the form for closing a case sends.
#[derive(Debug, Default, Deserialize)]
pub(crate) struct Dismissal {
    #[serde(default)]
    reason_code: String,
    #[serde(default)]
    reason: String,
    #[serde(default)]
    review_days: String,
}

impl Dismissal {
    /// For how many days the same evidence is not shown again.
    fn review_days(&self) -> Option<u32> {
        if self.review_days.is_empty() {
            Some(decide::REVIEW_DAYS)
        } else {
            self.review_days.parse().ok()
        }
    }
}

/// Loads a case or answers that there is none.
pub(crate) async fn load(centre: &Centre, id: &str) -> Result<CaseFile, Fault> {
    if id.len() > 32 {
        return Err(Fault::NOT_FOUND);
    }
    case::load(&centre.store, id)
        .await
        .map_err(Fault::internal)?
        .ok_or(Fault::NOT_FOUND)
}

fn listing_link(p: &Page, case: &CaseRow) -> Option<ListingLink> {
    if let Some(about) = &case.about {
        return Some(ListingLink {
            text: p.t1(key("case-cancel-listing"), "listing", about),
            action: p.t(key("case-go-listing")),
            path: format!("console/listing/{about}"),
        });
    }
    let id = case.listing_id.as_ref()?;
    let (text, action) = match case.state.as_str() {
        "proposed" => (key("case-has-proposal"), key("case-go-proposal")),
        "listed" => (key("case-has-listing"), key("case-go-listing")),
        _ => (key("case-was-listed"), key("case-go-listing")),
    };
    Some(ListingLink {
        text: p.t(text),
        action: p.t(action),
        path: format!("console/listing/{id}"),
    })
}

/// How a case page is asked for.
#[derive(Default)]
struct Asked<'a> {
    errors: Vec<Problem>,
    typed: Dismissal,
    /// Why it is to be shown whole; refused where there are errors.
    unmask: Option<&'a str>,
}

async fn show(
    centre: &Centre,
    staff: &Staff,
    id: &str,
    asked: Asked<'_>,
) -> Result<Response, Fault> {
    let Asked {
        errors,
        typed,
        unmask,
    } = asked;
    let unmasked = unmask.is_some() && errors.is_empty();
    let file = load(centre, id).await?;
    let name = case::host(&file.case).map_err(Fault::internal)?;
    let shown = Shown::new(&name);
    let title = crate::messages::text(
        staff.lang,
        key("case-title"),
        &[("name", crate::messages::Value::Text(&shown.whole()))],
    );
    let p = staff.page(centre, &format!("console/case/{}", file.case.id), &title);
    let now = centre.now();
    let known = centre.known().await?;
    let found = case_view::match_now(&name, &known, now);
    let report = report::read(&file.report);
    let claims = report::claims(&file.licence_match);
    let guard = case_view::guard_refusal(&centre.store, &name)
        .await
        .map_err(Fault::internal)?;
    let mask = case_view::mask(&centre.store, &file.case.host, &claims, unmasked)
        .await
        .map_err(Fault::internal)?;
    let all = case::queue(&centre.store).await.map_err(Fault::internal)?;
    let m = Material {
        p: &p,
        file: &file,
        name: &name,
        report: &report,
        claims: &claims,
        found: &found,
        known: &known,
        mask: &mask,
        guard: guard.as_deref(),
        now,
    };
    let quotes = case_view::quotes(&p, &file, &report, &mask, usize::MAX);
    let stages = case::stages(
        &centre.store,
        std::slice::from_ref(&file.case),
        Timestamp(now),
    );
    let stages = stages.await.map_err(Fault::internal)?;
    let (state, tone) = stages
        .first()
        .map(|stage| stage::word(&p, *stage))
        .unwrap_or_default();
    let review = Review::of(&p, staff, &file.case);
    let (captures, other_captures) = case_record::captures(&p, &file, &quotes, &mask);
    let next = all
        .iter()
        .filter(|case| case.state == "open" || case.id == file.case.id)
        .skip_while(|case| case.id != file.case.id)
        .nth(1)
        .or_else(|| {
            all.iter()
                .find(|case| case.state == "open" && case.id != file.case.id)
        })
        .map(|case| format!("console/case/{}", case.id));
    let v = View {
        name: shown,
        kinds: case_view::kinds(&p, &report),
        state,
        tone,
        opened: p.date_time(file.case.opened_at),
        opened_iso: dates::rfc3339(file.case.opened_at),
        scores: [
            Score {
                label: p.t(key("score-exchange")),
                percent: report::percent(file.case.exchange),
            },
            Score {
                label: p.t(key("score-kz")),
                percent: report::percent(file.case.serves_kz),
            },
        ],
        top: case_view::top(&m),
        stops: case_checks::stops(&m),
        ticks: case_checks::ticks(&m, &quotes),
        ledger: case_view::ledger(&m, &quotes),
        candidates: case_view::candidates(&m),
        alike: case_alike::of_case(&m),
        quotes,
        captures,
        other_captures,
        evidence_root: file.evidence_root.clone(),
        timeline: case_record::timeline(&p, &file),
        similar: case_record::similar(&p, &file.case, &name, &all),
        network: network_words::belongs(centre, &p, &file.case.host).await?,
        listing: listing_link(&p, &file.case),
        open: review.mine,
        can_propose: review.mine && file.case.reason != case::reason::CANCEL,
        review,
        propose_path: format!("console/case/{}/propose", file.case.id),
        unmasked,
        may: network::may(staff),
        unmask_path: format!("console/case/{}/unmasked", file.case.id),
        unmask_typed: hostile::block(unmask.unwrap_or_default(), hostile::LONGEST),
        dismiss_path: format!("console/case/{}/dismiss", file.case.id),
        dismiss_reasons: choices(&p, &DISMISS, &typed.reason_code),
        review_terms: choices(
            &p,
            &TERMS,
            &typed
                .review_days()
                .unwrap_or(decide::REVIEW_DAYS)
                .to_string(),
        ),
        typed_reason: hostile::block(&typed.reason, hostile::LONGEST),
        next,
        id: file.case.id.clone(),
    };
    let status = if errors.is_empty() {
        StatusCode::OK
    } else {
        StatusCode::UNPROCESSABLE_ENTITY
    };
    Ok(page::show(status, &CasePage { p, v, errors }))
}

/// The case page with a move that was refused.
pub(crate) async fn refused(
    centre: &Centre,
    staff: &Staff,
    id: &str,
    problem: Problem,
) -> Result<Response, Fault> {
    let asked = Asked {
        errors: vec![problem],
        ..Asked::default()
    };
    show(centre, staff, id, asked).await
}

/// `GET /{lang}/console/case/{id}`.
pub(crate) async fn case(
    State(centre): State<Arc<Centre>>,
    staff: Staff,
    Path((_, id)): Path<(String, String)>,
) -> Result<Response, Fault> {
    show(&centre, &staff, &id, Asked::default()).await
}

/// `POST /{lang}/console/case/{id}/unmasked`.
pub(crate) async fn unmasked(
    State(centre): State<Arc<Centre>>,
    staff: Staff,
    Path((_, id)): Path<(String, String)>,
    Form(form): Form<Unmask>,
) -> Result<Response, Fault> {
    if !network::may(&staff) {
        return Ok(network::not_for_role(&centre, &staff));
    }
    let subject = load(&centre, &id).await?.case.id;
    let wrong = form
        .write_down(&centre, &staff, "case.unmask", &subject)
        .await?;
    let asked = Asked {
        errors: wrong.into_iter().collect(),
        unmask: Some(&form.reason),
        ..Asked::default()
    };
    show(&centre, &staff, &id, asked).await
}

/// `POST /{lang}/console/case/{id}/dismiss`.
pub(crate) async fn dismiss(
    State(centre): State<Arc<Centre>>,
    staff: Staff,
    Path((_, id)): Path<(String, String)>,
    Form(typed): Form<Dismissal>,
) -> Result<Response, Fault> {
    let problem = if !DISMISS.iter().any(|(code, _)| *code == typed.reason_code) {
        Problem::new(staff.lang, "reason_code", key("problem-field-reason-code"))
    } else if let Some(review_days) = typed.review_days() {
        let done = decide::dismiss(
            &centre.store,
            &staff.officer,
            &id,
            &typed.reason_code,
            typed.reason.trim(),
            review_days,
            centre.now(),
        );
        match done.await {
            Ok(()) => return Ok(staff.go("console?done=dismissed").into_response()),
            Err(error) => problems::of_decision(staff.lang, &error),
        }
    } else {
        Problem::new(staff.lang, "review_days", key("problem-field-review-days"))
    };
    let asked = Asked {
        errors: vec![problem],
        typed,
        unmask: None,
    };
    show(&centre, &staff, &id, asked).await
}
