//! Proposing a listing: the order, the reasons, the first signature.

use std::sync::Arc;

use askama::Template;
use axum::{
    extract::{Multipart, Path, State, multipart::Field as MultipartField},
    http::StatusCode,
    response::Response,
};
use blocklist::{Scope, Timestamp, time::Day};
use data::decide::{self, DecideError, Document, Proposal};

use crate::{
    centre::Centre,
    console::{
        case::{self, Choice},
        case_checks::Stop,
        outlook,
        problems::{self, Problem},
        staff::Staff,
    },
    dates,
    faults::Fault,
    hostile,
    language::Lang,
    messages::{self, Value, key},
    names::Shown,
    page::{self, Page},
    public::listing,
};

/// What the form holds, as text, so that it can be shown again.
#[derive(Debug, Default)]
struct Typed {
    scope: String,
    basis: String,
    reason_code: String,
    reason: String,
    days: String,
    effective: String,
    urgent: String,
    authority: String,
    number: String,
    date: String,
    password: String,
    document: Option<Document>,
    /// Root of the evidence that was on the page.
    evidence: String,
}

#[derive(Template)]
#[template(path = "console/propose.html")]
struct ProposePage {
    p: Page,
    case_path: String,
    action: String,
    name: Shown,
    errors: Vec<Problem>,
    stops: Vec<Stop>,
    f: Typed,
    bases: Vec<Choice>,
    codes: Vec<Choice>,
    terms: Vec<Choice>,
}

const CODES: [(&str, &str); 3] = [
    (
        "unlicensed_exchange",
        key("propose-code-unlicensed-exchange"),
    ),
    ("forged_licence", key("propose-code-forged-licence")),
    ("licence_ended", key("propose-code-licence-ended")),
];

/// For how long, in days.
pub(crate) const TERMS: [(&str, &str); 4] = [
    ("365", key("days-365")),
    ("180", key("days-180")),
    ("90", key("days-90")),
    ("730", key("days-730")),
];

/// File types an order may have. What is stored is offered for download only, never shown.
const DOCUMENT_TYPES: [&str; 4] = ["application/pdf", "text/plain", "image/png", "image/jpeg"];

async fn show(
    centre: &Centre,
    staff: &Staff,
    id: &str,
    mut typed: Typed,
    errors: Vec<Problem>,
) -> Result<Response, Fault> {
    let file = case::load(centre, id).await?;
    if errors.is_empty() && !matches!(file.case.state.as_str(), "open" | "in_review") {
        return Ok(staff.go(&format!("console/case/{}", file.case.id)));
    }
    let case_path = format!("console/case/{}", file.case.id);
    let action = format!("{case_path}/propose");
    let p = staff.page(centre, &action, &staff.word(key("propose-title")));
    let bases = {
        let mut record = centre.store.read_record().await.map_err(Fault::internal)?;
        record
            .replay()
            .map_err(Fault::internal)?
            .fold()
            .policy()
            .bases
            .clone()
    };
    let bases = bases
        .into_iter()
        .map(|code| Choice {
            text: listing::basis(&p, &code),
            chosen: code == typed.basis,
            code,
        })
        .collect();
    typed.password = String::new();
    typed.evidence = file.evidence_root;
    let now = Timestamp(centre.now());
    let meant_for = if p.demo {
        vec![now]
    } else {
        vec![now.plus(decide::NOTICE_SECONDS), now]
    };
    let stops = outlook::stops(centre, &p, &meant_for).await?;
    let page = ProposePage {
        case_path,
        action,
        name: Shown::of(&file.case.host),
        bases,
        codes: case::choices(&p, &CODES, &typed.reason_code),
        terms: case::choices(&p, &TERMS, &typed.days),
        f: typed,
        p,
        errors,
        stops,
    };
    let status = if page.errors.is_empty() {
        StatusCode::OK
    } else {
        StatusCode::UNPROCESSABLE_ENTITY
    };
    Ok(page::show(status, &page))
}

/// `GET /{lang}/console/case/{id}/propose`.
pub(crate) async fn form(
    State(centre): State<Arc<Centre>>,
    staff: Staff,
    Path((_, id)): Path<(String, String)>,
) -> Result<Response, Fault> {
    let typed = Typed {
        scope: "host".into(),
        days: "365".into(),
        effective: "notice".into(),
        reason: messages::text(staff.lang, key("propose-default-reason"), &[]),
        date: dates::input_day(centre.now()),
        ..Typed::default()
    };
    show(&centre, &staff, &id, typed, vec![]).await
}

/// A file name fit to be stored and offered again.
fn plain_file_name(name: &str) -> String {
    let last = name.rsplit(['/', '\\']).next().unwrap_or_default();
    let name: String = hostile::line(last, 120).replace(['"', '<', '>', ':', '|', '?', '*'], "_");
    if name.trim().is_empty() {
        "order".into()
    } else {
        name
    }
}

/// One file of a form; `None` when it was left empty.
pub(crate) async fn uploaded(mut form: Multipart, wanted: &str) -> Result<Option<Document>, Fault> {
    while let Some(field) = form.next_field().await.map_err(|error| refuse(&error))? {
        if field.name() == Some(wanted) {
            return document(field).await;
        }
    }
    Ok(None)
}

/// The file in a field; `None` when it was left empty.
async fn document(field: MultipartField<'_>) -> Result<Option<Document>, Fault> {
    let file_name = plain_file_name(field.file_name().unwrap_or_default());
    let content_type = field
        .content_type()
        .unwrap_or_default()
        .to_ascii_lowercase();
    let content_type = content_type.split(';').next().unwrap_or_default().trim();
    let content_type = content_type.to_owned();
    let bytes = field.bytes().await.map_err(|error| refuse(&error))?;
    Ok((!bytes.is_empty()).then(|| Document {
        file_name,
        content_type,
        bytes: bytes.to_vec(),
    }))
}

/// Reads the form field by field; every field is bounded, unknown ones are ignored.
async fn read(mut form: Multipart) -> Result<Typed, Fault> {
    let mut typed = Typed::default();
    while let Some(field) = form.next_field().await.map_err(|error| refuse(&error))? {
        let name = field.name().unwrap_or_default().to_owned();
        if name == "document" {
            if let Some(document) = document(field).await? {
                typed.document = Some(document);
            }
            continue;
        }
        let text = field.text().await.map_err(|error| refuse(&error))?;
        let text: String = text.chars().take(4_000).collect();
        match name.as_str() {
            "scope" => typed.scope = text,
            "basis" => typed.basis = text,
            "reason_code" => typed.reason_code = text,
            "reason" => typed.reason = text.trim().to_owned(),
            "days" => typed.days = text,
            "effective" => typed.effective = text,
            "urgent" => typed.urgent = text.trim().to_owned(),
            "authority" => typed.authority = text.trim().to_owned(),
            "number" => typed.number = text.trim().to_owned(),
            "date" => typed.date = text,
            "password" => typed.password = text,
            "evidence" => typed.evidence = text,
            _ => {}
        }
    }
    Ok(typed)
}

fn refuse(error: &axum::extract::multipart::MultipartError) -> Fault {
    if error.status() == StatusCode::PAYLOAD_TOO_LARGE {
        Fault::TOO_LARGE
    } else {
        Fault::BAD_REQUEST
    }
}

/// Turns what was typed into a proposal, or says what is wrong field by field.
fn check(lang: Lang, typed: &Typed, now: i64) -> Result<Proposal, Vec<Problem>> {
    let mut problems = Vec::new();
    let mut must = |holds: bool, field: &'static str, key: &str| {
        if !holds {
            problems.push(Problem::new(lang, field, key));
        }
    };
    let fits = |text: &str, most: usize| (1..=most).contains(&text.chars().count());
    let scope = match typed.scope.as_str() {
        "host" => Some(Scope::Host),
        "subtree" => Some(Scope::Subtree),
        _ => None,
    };
    must(scope.is_some(), "scope", key("problem-field-scope"));
    must(
        CODES.iter().any(|(code, _)| *code == typed.reason_code),
        "reason_code",
        key("problem-field-reason-code"),
    );
    must(
        fits(&typed.reason, 2_000),
        "reason",
        key("problem-field-reason"),
    );
    let days = TERMS
        .iter()
        .find(|(code, _)| *code == typed.days)
        .and_then(|(code, _)| code.parse().ok());
    must(days.is_some(), "days", key("problem-field-days"));
    let urgent = (typed.effective == "now").then(|| typed.urgent.clone());
    must(
        urgent.as_deref().is_none_or(|why| fits(why, 500)),
        "urgent",
        key("problem-field-urgent"),
    );
    must(
        fits(&typed.authority, 200),
        "authority",
        key("problem-field-authority"),
    );
    must(
        fits(&typed.number, 100) || urgent.is_some() && typed.number.is_empty(),
        "number",
        key("problem-field-number"),
    );
    let date = Day::parse(&typed.date).ok();
    must(date.is_some(), "date", key("problem-field-date"));
    // A day that has begun in Kazakhstan may still lie ahead in UTC.
    let begun = dates::parse_day(&typed.date).is_none_or(|day| dates::start_of(day) <= now);
    must(begun, "date", key("problem-field-date-future"));
    let document = typed.document.as_ref().filter(|document| {
        document.bytes.len() <= decide::MAX_DOCUMENT
            && DOCUMENT_TYPES.contains(&document.content_type.as_str())
    });
    must(
        document.is_some(),
        "document",
        key("problem-field-document"),
    );
    must(
        fits(&typed.password, 256),
        "password",
        key("problem-field-password"),
    );
    match (scope, days, date, document) {
        (Some(scope), Some(days), Some(order_date), Some(document)) if problems.is_empty() => {
            Ok(Proposal {
                scope,
                basis: typed.basis.clone(),
                authority: typed.authority.clone(),
                order_number: typed.number.clone(),
                order_date,
                document: document.clone(),
                reason_code: typed.reason_code.clone(),
                reason: typed.reason.clone(),
                urgent,
                days,
            })
        }
        _ => {
            if typed.document.is_some() && document.is_some() {
                problems.push(Problem::new(
                    lang,
                    "document",
                    key("problem-field-document-again"),
                ));
            }
            Err(problems)
        }
    }
}

/// `POST /{lang}/console/case/{id}/propose`.
pub(crate) async fn propose(
    State(centre): State<Arc<Centre>>,
    staff: Staff,
    Path((_, id)): Path<(String, String)>,
    form: Multipart,
) -> Result<Response, Fault> {
    let typed = read(form).await?;
    let lang = staff.lang;
    let proposal = match check(lang, &typed, centre.now()) {
        Ok(proposal) => proposal,
        Err(problems) => return show(&centre, &staff, &id, typed, problems).await,
    };
    let file = case::load(&centre, &id).await?;
    if !typed.evidence.is_empty() && typed.evidence != file.evidence_root {
        let changed = problems::of_decision(lang, &DecideError::EvidenceChanged);
        return show(&centre, &staff, &id, typed, vec![changed]).await;
    }
    let Ok(_turn) = centre.signing.try_acquire() else {
        let busy = vec![Problem::new(lang, "password", key("problem-busy"))];
        return show(&centre, &staff, &id, typed, busy).await;
    };
    let signed = decide::propose(
        &centre.store,
        &staff.officer,
        &typed.password,
        &id,
        proposal,
        centre.now(),
    );
    match signed.await {
        Ok(listing_id) => Ok(staff.go(&format!("console/listing/{listing_id}?done=proposed"))),
        Err(error) => {
            let again = Problem::new(lang, "document", key("problem-field-document-again"));
            let problems = vec![problems::of_decision(lang, &error), again];
            show(&centre, &staff, &id, typed, problems).await
        }
    }
}

/// The size of a document in words.
pub(crate) fn size(lang: Lang, bytes: usize) -> String {
    messages::text(
        lang,
        key("size-bytes"),
        &[("count", Value::Count(bytes as i64))],
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn file_names_lose_their_path_and_their_tricks() {
        assert_eq!(plain_file_name("C:\\orders\\№ 7.pdf"), "№ 7.pdf");
        assert_eq!(plain_file_name("../../etc/passwd"), "passwd");
        assert_eq!(plain_file_name("a\"b\u{202e}fdp.exe"), "a_b[U+202E]fdp.exe");
        assert_eq!(plain_file_name(""), "order");
    }

    #[test]
    fn every_missing_answer_is_named() {
        let problems = check(Lang::En, &Typed::default(), 0).unwrap_err();
        let fields: Vec<_> = problems.iter().map(|problem| problem.field).collect();
        assert_eq!(
            fields,
            [
                "scope",
                "reason_code",
                "reason",
                "days",
                "authority",
                "number",
                "date",
                "document",
                "password"
            ]
        );
    }
}
