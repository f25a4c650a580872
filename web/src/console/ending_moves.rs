//! What officers do about the end of a listing: bring its number, second a motion, annul, look at a
//! lift, keep what a date asked about.

use std::sync::Arc;

use axum::{
    Form,
    extract::{Path, State},
    response::Response,
};
use data::{
    decide::DecideError,
    ending::{
        annul,
        motion::{self, Action},
        number, question,
        review::{self, Outcome},
    },
};
use serde::Deserialize;

use crate::{
    centre::Centre,
    console::{
        ending::{ANNUL, Typed},
        listing::{LiftForm, show},
        problems::{self, Problem},
        staff::Staff,
    },
    faults::Fault,
    messages::key,
};

/// What these forms send; each sends some of it.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(crate) struct EndingForm {
    number: String,
    motion: i64,
    statement_sha256: String,
    outcome: String,
    reason_code: String,
    reason: String,
    password: String,
}

/// One form of the page: the ids of its fields, to which problems point.
struct Fields {
    password: &'static str,
    reason: &'static str,
}

/// One form in the hands of whoever sent it.
struct Sent<'a> {
    centre: &'a Centre,
    staff: &'a Staff,
    id: &'a str,
    fields: Fields,
    typed: Typed,
}

impl<'a> Sent<'a> {
    /// The form about listing `id` whose fields are called `[password, reason]`; what was `typed` is shown
    /// again with a problem.
    fn new(
        centre: &'a Centre,
        staff: &'a Staff,
        id: &'a str,
        [password, reason]: [&'static str; 2],
        typed: Typed,
    ) -> Self {
        Self {
            centre,
            staff,
            id,
            fields: Fields { password, reason },
            typed,
        }
    }

    async fn refuse(self, mut problem: Problem) -> Result<Response, Fault> {
        problem.field = match problem.field {
            "password" => self.fields.password,
            "reason" => self.fields.reason,
            other => other,
        };
        let typed = LiftForm {
            ending: self.typed,
            ..LiftForm::default()
        };
        show(
            self.centre,
            self.staff,
            self.id,
            None,
            vec![problem],
            &typed,
        )
        .await
    }

    async fn busy(self) -> Result<Response, Fault> {
        let busy = Problem::new(self.staff.lang, "password", key("problem-busy"));
        self.refuse(busy).await
    }

    /// Shows the page again with what was wrong, or goes on to it with what was done.
    async fn answer(self, done: Result<&str, DecideError>) -> Result<Response, Fault> {
        match done {
            Ok(done) => {
                let page = format!("console/listing/{}?done={done}", self.id);
                Ok(self.staff.go(&page))
            }
            Err(error) => {
                let problem = problems::of_decision(self.staff.lang, &error);
                self.refuse(problem).await
            }
        }
    }
}

/// `POST /{lang}/console/listing/{id}/number`.
pub(crate) async fn number(
    State(centre): State<Arc<Centre>>,
    staff: Staff,
    Path((_, id)): Path<(String, String)>,
    Form(form): Form<EndingForm>,
) -> Result<Response, Fault> {
    let typed = Typed {
        number: form.number.clone(),
        ..Typed::default()
    };
    let sent = Sent::new(&centre, &staff, &id, ["number-password", "number"], typed);
    let Ok(_turn) = centre.signing.try_acquire() else {
        return sent.busy().await;
    };
    let now = centre.now();
    let (password, number) = (&form.password, &form.number);
    let moved = number::give(&centre.store, &staff.officer, password, &id, number, now).await;
    sent.answer(moved.map(|()| "moved")).await
}

/// `POST /{lang}/console/listing/{id}/annul`.
pub(crate) async fn annul(
    State(centre): State<Arc<Centre>>,
    staff: Staff,
    Path((_, id)): Path<(String, String)>,
    Form(form): Form<EndingForm>,
) -> Result<Response, Fault> {
    let typed = Typed {
        annul_code: form.reason_code.clone(),
        annul_reason: form.reason.clone(),
        ..Typed::default()
    };
    let sent = Sent::new(
        &centre,
        &staff,
        &id,
        ["annul-password", "annul-reason"],
        typed,
    );
    if !ANNUL.iter().any(|(code, _)| *code == form.reason_code) {
        let which = key("problem-field-reason-code");
        return sent
            .refuse(Problem::new(staff.lang, "annul-code", which))
            .await;
    }
    let Ok(_turn) = centre.signing.try_acquire() else {
        return sent.busy().await;
    };
    let moved = annul::propose(
        &centre.store,
        &staff.officer,
        &form.password,
        &id,
        &form.reason_code,
        form.reason.trim(),
        centre.now(),
    )
    .await;
    sent.answer(moved.map(|()| "moved")).await
}

/// `POST /{lang}/console/listing/{id}/second`.
pub(crate) async fn second(
    State(centre): State<Arc<Centre>>,
    staff: Staff,
    Path((_, id)): Path<(String, String)>,
    Form(form): Form<EndingForm>,
) -> Result<Response, Fault> {
    let sent = Sent::new(&centre, &staff, &id, ["second", "second"], Typed::default());
    let Ok(_turn) = centre.signing.try_acquire() else {
        return sent.busy().await;
    };
    let seconded = motion::second(
        &centre.store,
        &staff.officer,
        &form.password,
        form.motion,
        &form.statement_sha256,
        centre.now(),
    )
    .await;
    if seconded.is_ok() {
        (centre.waker)();
    }
    let done = seconded.map(|action| match action {
        Action::OrderNumber => "numbered",
        Action::Lift => "lifted",
        Action::Annul => "annulled",
    });
    sent.answer(done).await
}

/// `POST /{lang}/console/listing/{id}/review`.
pub(crate) async fn review(
    State(centre): State<Arc<Centre>>,
    staff: Staff,
    Path((_, id)): Path<(String, String)>,
    Form(form): Form<EndingForm>,
) -> Result<Response, Fault> {
    let typed = Typed {
        review_reason: form.reason.clone(),
        ..Typed::default()
    };
    let sent = Sent::new(
        &centre,
        &staff,
        &id,
        ["review-reason", "review-reason"],
        typed,
    );
    let (outcome, done) = match form.outcome.as_str() {
        "confirm" => (Outcome::Confirmed, "confirmed"),
        "reverse" => (Outcome::Reversed, "reversed"),
        _ => {
            let which = key("problem-field-outcome");
            return sent
                .refuse(Problem::new(staff.lang, "outcome", which))
                .await;
        }
    };
    let now = centre.now();
    let (store, reason) = (&centre.store, form.reason.trim());
    let reviewed = review::review(store, &staff.officer, &id, outcome, reason, now).await;
    sent.answer(reviewed.map(|()| done)).await
}

/// `POST /{lang}/console/listing/{id}/keep`.
pub(crate) async fn keep(
    State(centre): State<Arc<Centre>>,
    staff: Staff,
    Path((_, id)): Path<(String, String)>,
    Form(form): Form<EndingForm>,
) -> Result<Response, Fault> {
    let typed = Typed {
        keep_reason: form.reason.clone(),
        ..Typed::default()
    };
    let sent = Sent::new(&centre, &staff, &id, ["keep-reason", "keep-reason"], typed);
    let (now, reason) = (centre.now(), form.reason.trim());
    let kept = question::keep(&centre.store, &staff.officer, &id, reason, now).await;
    sent.answer(kept.map(|()| "kept")).await
}
