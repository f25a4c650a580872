//! One appeal in the console: what it says, what proves it, and the decision.

use std::sync::Arc;

use askama::Template;
use axum::{
    Form,
    extract::{Path, Query, State},
    http::StatusCode,
    response::Response,
};
use data::appeal::{
    AppealError, LONGEST_NOTE, Outcome, REJECTED_FOR, State as At, TEXT, UPHELD_FOR,
    decide::{self, Decision},
    desk::{self, File},
    keep,
};
use serde::Deserialize;

use crate::{
    centre::Centre,
    console::{
        case::Choice,
        problems::{self, Problem},
        staff::Staff,
    },
    faults::Fault,
    hostile,
    language::Lang,
    messages::{self, Value, key},
    names::Shown,
    page::{self, Page},
    public::appeal::{self, kind_words, looks, reason_words, state_words},
};

struct EventView {
    at: String,
    what: String,
    who: String,
    reason: String,
    note: String,
}

struct View {
    id: String,
    name: Shown,
    kind: String,
    state: String,
    tone: &'static str,
    received: String,
    due: Option<String>,
    overdue: bool,
    listing: String,
    listing_path: String,
    public_path: String,
    text: Option<String>,
    answer: Option<String>,
    looks: Vec<appeal::LookView>,
    trail: Vec<EventView>,
    signed_by_you: bool,
    /// Which form is open: the one that came back with something wrong.
    rejecting: bool,
    upholding: bool,
    officer: bool,
    can_take: bool,
    take_over: bool,
    yours: bool,
    closed: bool,
    /// Whether the listing still stands, so that upholding signs something.
    stands: bool,
    has_contact: bool,
    contact: Option<String>,
    path: String,
    upheld_for: Vec<Choice>,
    rejected_for: Vec<Choice>,
    typed: Decided,
    longest: usize,
}

#[derive(Template)]
#[template(path = "console/appeal.html")]
struct AppealPage {
    p: Page,
    v: View,
    done: Option<String>,
    errors: Vec<Problem>,
}

/// `?done=`: what was just done.
#[derive(Debug, Default, Deserialize)]
pub(crate) struct Done {
    #[serde(default)]
    done: String,
}

/// What the deciding forms send.
#[derive(Debug, Default, Deserialize)]
pub(crate) struct Decided {
    #[serde(default)]
    outcome: String,
    #[serde(default)]
    reason_code: String,
    #[serde(default)]
    answer: String,
    #[serde(default)]
    note: String,
    #[serde(default)]
    password: String,
}

fn choices(p: &Page, codes: &[&str], chosen: &str) -> Vec<Choice> {
    codes
        .iter()
        .map(|code| Choice {
            code: (*code).to_owned(),
            text: reason_words(p, code),
            chosen: *code == chosen,
        })
        .collect()
}

fn event(p: &Page, event: &desk::Event) -> EventView {
    let what = match event.kind.as_str() {
        "receive" => key("appeal-event-receive"),
        "prove" => key("appeal-event-prove"),
        "lapse" => key("appeal-event-lapse"),
        "take" => key("appeal-event-take"),
        "uphold" => key("appeal-event-uphold"),
        "reject" => key("appeal-event-reject"),
        "withdraw" => key("appeal-event-withdraw"),
        _ => key("appeal-event-erase"),
    };
    let reason = match event.reason_code.as_str() {
        "" => String::new(),
        code => reason_words(p, code),
    };
    EventView {
        at: p.date_time(event.at),
        what: p.t(what),
        who: hostile::line(event.display_name.as_deref().unwrap_or_default(), 80),
        reason,
        // What a proof consists of is shown by itself.
        note: match event.kind.as_str() {
            "prove" => String::new(),
            _ => hostile::line(&event.note, hostile::LONGEST),
        },
    }
}

fn view(p: &Page, staff: &Staff, file: File, stands: bool, typed: Decided, now: i64) -> View {
    let line = &file.line;
    let words = state_words(line.state);
    let officer = staff.officer.role == blocklist::key::Role::Officer;
    let may = officer && !line.took_part;
    let taken = line.state == At::Taken;
    let yours = taken && line.officer_id.as_deref() == Some(staff.officer.id.as_str());
    let closed = line.state.is_closed();
    let came_back = [
        &typed.outcome,
        &typed.reason_code,
        &typed.answer,
        &typed.note,
    ]
    .iter()
    .any(|word| !word.is_empty());
    View {
        name: Shown::of(&line.host),
        kind: kind_words(p, line.kind.as_str()),
        state: p.t(words.word),
        tone: words.tone,
        received: p.date_time(line.received_at),
        due: (!closed).then(|| p.date_time(line.due_at())),
        overdue: line.is_overdue(now),
        listing: line.listing_id.clone(),
        listing_path: format!("console/listing/{}", line.listing_id),
        public_path: format!("i/{}", line.listing_id),
        text: file.text.map(|text| hostile::block(&text, *TEXT.end())),
        answer: file
            .answer
            .map(|answer| hostile::block(&answer, hostile::LONGEST)),
        looks: looks(p, &file.proof),
        trail: file.trail.iter().map(|step| event(p, step)).collect(),
        signed_by_you: line.took_part,
        rejecting: came_back && typed.outcome.is_empty(),
        upholding: came_back && !typed.outcome.is_empty(),
        officer,
        can_take: may && !closed && !yours,
        take_over: taken,
        yours,
        closed,
        stands,
        has_contact: file.has_contact,
        contact: None,
        path: format!("console/appeal/{}", line.id),
        upheld_for: choices(p, &UPHELD_FOR, &typed.reason_code),
        rejected_for: choices(p, &REJECTED_FOR, &typed.reason_code),
        typed: Decided {
            answer: hostile::block(&typed.answer, LONGEST_NOTE),
            note: hostile::block(&typed.note, LONGEST_NOTE),
            password: String::new(),
            ..typed
        },
        longest: LONGEST_NOTE,
        id: line.id.clone(),
    }
}

/// What a page shows besides the appeal.
#[derive(Default)]
struct Besides {
    done: Option<&'static str>,
    problem: Option<Problem>,
    contact: Option<String>,
    typed: Decided,
}

async fn show(
    centre: &Centre,
    staff: &Staff,
    id: &str,
    besides: Besides,
) -> Result<Response, Fault> {
    let file = desk::load(&centre.store, &staff.officer, id)
        .await
        .map_err(Fault::internal)?
        .ok_or(Fault::NOT_FOUND)?;
    let title = messages::text(
        staff.lang,
        key("appeal-page-title"),
        &[("id", Value::Text(&file.line.id))],
    );
    let p = staff.page(centre, &format!("console/appeal/{}", file.line.id), &title);
    let known = centre.known().await?;
    let stands = appeal::named(&known, &file.line.listing_id)
        .is_some_and(|(listing, _)| listing.state.stands());
    let mut v = view(&p, staff, file, stands, besides.typed, centre.now());
    v.contact = besides
        .contact
        .map(|contact| hostile::line(&contact, hostile::LONGEST));
    let status = match besides.problem {
        Some(_) => StatusCode::UNPROCESSABLE_ENTITY,
        None => StatusCode::OK,
    };
    let page = AppealPage {
        done: besides.done.map(|words| p.t(words)),
        errors: besides.problem.into_iter().collect(),
        v,
        p,
    };
    Ok(page::show(status, &page))
}

fn problem(lang: Lang, error: &AppealError) -> Problem {
    match error {
        AppealError::NotAnOfficer => Problem::new(lang, "decide", key("error-role-text")),
        AppealError::TookPart => Problem::new(lang, "decide", key("problem-appeal-part")),
        AppealError::NotTaken => Problem::new(lang, "decide", key("problem-appeal-not-taken")),
        AppealError::Stale => Problem::new(lang, "decide", key("problem-appeal-stale")),
        AppealError::Field("answer") => Problem::new(lang, "answer", key("problem-appeal-answer")),
        AppealError::Field("reason_code") => {
            Problem::new(lang, "reason_code", key("problem-field-reason-code"))
        }
        AppealError::LiftWaits => Problem::new(lang, "decide", key("problem-appeal-lift-waits")),
        AppealError::Lift(error) => problems::of_decision(lang, error),
        error => {
            tracing::error!(%error, "an appeal could not be decided");
            Problem::new(lang, "decide", key("problem-internal"))
        }
    }
}

/// `GET /{lang}/console/appeal/{id}`.
pub(crate) async fn page(
    State(centre): State<Arc<Centre>>,
    staff: Staff,
    Path((_, id)): Path<(String, String)>,
    Query(Done { done }): Query<Done>,
) -> Result<Response, Fault> {
    let done = match done.as_str() {
        "taken" => Some(key("done-appeal-taken")),
        "upheld" => Some(key("done-appeal-upheld")),
        "rejected" => Some(key("done-appeal-rejected")),
        _ => None,
    };
    let besides = Besides {
        done,
        ..Besides::default()
    };
    show(&centre, &staff, &id, besides).await
}

/// After a move: on to where it led, or back to the page with what is wrong.
async fn after(
    centre: &Centre,
    staff: &Staff,
    id: &str,
    moved: Result<(), AppealError>,
    done: &str,
    typed: Decided,
) -> Result<Response, Fault> {
    match moved {
        Ok(()) => Ok(staff.go(&format!("console/appeal/{id}?done={done}"))),
        Err(error) => {
            let besides = Besides {
                problem: Some(problem(staff.lang, &error)),
                typed,
                ..Besides::default()
            };
            show(centre, staff, id, besides).await
        }
    }
}

/// `POST /{lang}/console/appeal/{id}/take`.
pub(crate) async fn take(
    State(centre): State<Arc<Centre>>,
    staff: Staff,
    Path((_, id)): Path<(String, String)>,
) -> Result<Response, Fault> {
    let moved = decide::take(&centre.store, &staff.officer, &id, centre.now()).await;
    after(&centre, &staff, &id, moved, "taken", Decided::default()).await
}

/// `POST /{lang}/console/appeal/{id}/contact`: shown once, and recorded.
pub(crate) async fn contact(
    State(centre): State<Arc<Centre>>,
    staff: Staff,
    Path((_, id)): Path<(String, String)>,
) -> Result<Response, Fault> {
    match keep::contact(&centre.store, &staff.officer, &id, centre.now()).await {
        Ok(contact) => {
            let besides = Besides {
                contact,
                ..Besides::default()
            };
            show(&centre, &staff, &id, besides).await
        }
        Err(error) => after(&centre, &staff, &id, Err(error), "", Decided::default()).await,
    }
}

/// `POST /{lang}/console/appeal/{id}/reject`.
pub(crate) async fn reject(
    State(centre): State<Arc<Centre>>,
    staff: Staff,
    Path((_, id)): Path<(String, String)>,
    Form(form): Form<Decided>,
) -> Result<Response, Fault> {
    let (store, now) = (&centre.store, centre.now());
    let moved = decide::reject(store, &staff.officer, &id, decision(&form), now).await;
    after(&centre, &staff, &id, moved, "rejected", form).await
}

/// `POST /{lang}/console/appeal/{id}/uphold`.
pub(crate) async fn uphold(
    State(centre): State<Arc<Centre>>,
    staff: Staff,
    Path((_, id)): Path<(String, String)>,
    Form(form): Form<Decided>,
) -> Result<Response, Fault> {
    let refused = |field, words, typed| Besides {
        problem: Some(Problem::new(staff.lang, field, words)),
        typed,
        ..Besides::default()
    };
    let Some(outcome) = Outcome::parse(&form.outcome) else {
        let besides = refused("outcome", key("problem-field-reason-code"), form);
        return show(&centre, &staff, &id, besides).await;
    };
    let Ok(_turn) = centre.signing.try_acquire() else {
        let besides = refused("password", key("problem-busy"), form);
        return show(&centre, &staff, &id, besides).await;
    };
    let (store, now) = (&centre.store, centre.now());
    let moved = decide::uphold(
        store,
        &staff.officer,
        &form.password,
        &id,
        outcome,
        decision(&form),
        now,
    )
    .await;
    if moved.is_ok() {
        (centre.waker)();
    }
    after(&centre, &staff, &id, moved, "upheld", form).await
}

fn decision(form: &Decided) -> Decision<'_> {
    Decision {
        reason_code: &form.reason_code,
        answer: &form.answer,
        note: &form.note,
    }
}
