//! Where an appeal stands, for whoever has the receipt.

use std::sync::Arc;

use askama::Template;
use axum::{Form, extract::State, http::StatusCode, response::Response};
use data::appeal::{
    AppealError, State as At,
    code::Receipt,
    sender::{self, Status},
};
use serde::Deserialize;

use super::{LookView, form::ToPublish, kind_words, looks, reason_words, state_words};
use crate::{
    centre::Centre,
    console::problems::Problem,
    faults::Fault,
    hostile,
    language::Lang,
    messages::{self, key},
    names::Shown,
    page::{self, Page},
    public::Here,
};

/// What the form sends.
#[derive(Debug, Default, Deserialize)]
pub(crate) struct Asked {
    #[serde(default)]
    receipt: String,
    /// What to do besides showing: `look` or `withdraw`.
    #[serde(default)]
    action: String,
}

struct View {
    id: String,
    listing_path: String,
    name: Shown,
    kind: String,
    state: String,
    tone: &'static str,
    meaning: String,
    received: String,
    moved: String,
    answer_by: Option<String>,
    decision_by: Option<String>,
    reason: Option<String>,
    answer: Option<String>,
    publish: Option<ToPublish>,
    checked: Option<String>,
    looks: Vec<LookView>,
    open: bool,
}

#[derive(Template)]
#[template(path = "appeal_status.html")]
struct StatusPage {
    p: Page,
    receipt: String,
    done: Option<String>,
    v: Option<View>,
    errors: Vec<Problem>,
}

fn view(p: &Page, status: Status) -> View {
    let words = state_words(status.state);
    let waits = status
        .due
        .filter(|_| matches!(status.state, At::Received | At::Proved));
    let decided = status
        .due
        .filter(|_| matches!(status.state, At::Received | At::Proved | At::Taken));
    let (publish, checked, seen) = match &status.proof {
        Some(proof) => (
            Some(ToPublish::new(
                p,
                &status.host,
                &proof.token,
                proof.lapses_at,
            )),
            proof.checked_at.map(|at| p.date_time(at)),
            looks(p, &proof.looks),
        ),
        None => (None, None, Vec::new()),
    };
    View {
        listing_path: format!("i/{}", status.listing_id),
        name: Shown::of(&status.host),
        kind: kind_words(p, status.kind.as_str()),
        state: p.t(words.word),
        tone: words.tone,
        meaning: p.t(words.meaning),
        received: p.date_time(status.received_at),
        moved: p.date_time(status.moved_at),
        answer_by: waits.map(|due| p.date_time(due.answer_by)),
        decision_by: decided.map(|due| p.date_time(due.decision_by)),
        reason: (!status.reason_code.is_empty()).then(|| reason_words(p, &status.reason_code)),
        answer: status
            .answer
            .map(|answer| hostile::block(&answer, hostile::LONGEST)),
        publish,
        checked,
        looks: seen,
        open: !status.state.is_closed(),
        id: status.id,
    }
}

fn show(
    centre: &Centre,
    lang: Lang,
    receipt: String,
    found: Option<Status>,
    done: Option<&'static str>,
    problem: Option<(&'static str, &'static str)>,
) -> Response {
    let title = messages::text(lang, key("appeal-status-title"), &[]);
    let p = Page::new(lang, "appeal/status", title, centre.demo);
    let code = match problem {
        Some(_) => StatusCode::UNPROCESSABLE_ENTITY,
        None => StatusCode::OK,
    };
    let page = StatusPage {
        receipt,
        done: done.map(|words| p.t(words)),
        v: found.map(|status| view(&p, status)),
        errors: problem
            .map(|(field, words)| Problem::new(lang, field, words))
            .into_iter()
            .collect(),
        p,
    };
    page::show(code, &page)
}

/// `GET /{lang}/appeal/status`: asks for the receipt.
pub(crate) async fn ask(State(centre): State<Arc<Centre>>, Here(lang): Here) -> Response {
    show(&centre, lang, String::new(), None, None, None)
}

/// `POST /{lang}/appeal/status`.
pub(crate) async fn status(
    State(centre): State<Arc<Centre>>,
    Here(lang): Here,
    Form(asked): Form<Asked>,
) -> Result<Response, Fault> {
    let (store, now) = (&centre.store, centre.now());
    let unknown = Some(("receipt", key("appeal-problem-receipt")));
    let typed = hostile::line(asked.receipt.trim(), 40);
    let Some(receipt) = Receipt::parse(&asked.receipt) else {
        return Ok(show(&centre, lang, typed, None, None, unknown));
    };
    let (mut done, mut problem) = (None, None);
    match asked.action.as_str() {
        "withdraw" => match sender::withdraw(store, &receipt, now).await {
            Ok(()) => done = Some(key("appeal-done-withdrawn")),
            Err(AppealError::Stale) => problem = Some(("receipt", key("appeal-problem-closed"))),
            Err(error) => return Err(Fault::internal(error)),
        },
        "look" => {
            let asked = sender::look_again(store, &receipt, now).await;
            done = match asked.map_err(Fault::internal)? {
                true => Some(key("appeal-done-look")),
                false => Some(key("appeal-done-look-soon")),
            };
        }
        _ => {}
    }
    let found = sender::status(store, &receipt)
        .await
        .map_err(Fault::internal)?;
    if found.is_none() {
        return Ok(show(&centre, lang, typed, None, None, unknown));
    }
    let receipt = receipt.to_string();
    Ok(show(&centre, lang, receipt, found, done, problem))
}
