//! What officers do with a listing: approve, send back, lift.

use std::sync::Arc;

use axum::{
    Form,
    extract::{Path, State},
    response::Response,
};
use data::{decide, ending::lift::Lifted};
use serde::Deserialize;

use crate::{
    centre::Centre,
    console::{
        listing::{LIFT, LiftForm, show},
        problems::{self, Problem},
        staff::Staff,
    },
    faults::Fault,
    messages::key,
};

/// What the approving form sends.
#[derive(Debug, Deserialize)]
pub(crate) struct Approval {
    #[serde(default)]
    statement_sha256: String,
    #[serde(default)]
    password: String,
}

/// What the form that sends back sends.
#[derive(Debug, Deserialize)]
pub(crate) struct Return {
    #[serde(default)]
    reason: String,
}

/// `POST /{lang}/console/listing/{id}/approve`.
pub(crate) async fn approve(
    State(centre): State<Arc<Centre>>,
    staff: Staff,
    Path((_, id)): Path<(String, String)>,
    Form(form): Form<Approval>,
) -> Result<Response, Fault> {
    let nothing = LiftForm::default();
    let Ok(_turn) = centre.signing.try_acquire() else {
        let busy = vec![Problem::new(staff.lang, "password", key("problem-busy"))];
        return show(&centre, &staff, &id, None, busy, &nothing).await;
    };
    let (store, now) = (&centre.store, centre.now());
    match decide::approve(
        store,
        &staff.officer,
        &form.password,
        &id,
        &form.statement_sha256,
        now,
    )
    .await
    {
        Ok(()) => {
            (centre.waker)();
            let waits = decide::awaits_lawyer(store, &id).await;
            let waits = waits.map_err(Fault::internal)?;
            let done = if waits { "approved-raised" } else { "approved" };
            Ok(staff.go(&format!("console/listing/{id}?done={done}")))
        }
        Err(error) => {
            let problem = vec![problems::of_decision(staff.lang, &error)];
            show(&centre, &staff, &id, None, problem, &nothing).await
        }
    }
}

/// `POST /{lang}/console/listing/{id}/return`.
pub(crate) async fn send_back(
    State(centre): State<Arc<Centre>>,
    staff: Staff,
    Path((_, id)): Path<(String, String)>,
    Form(form): Form<Return>,
) -> Result<Response, Fault> {
    match decide::send_back(
        &centre.store,
        &staff.officer,
        &id,
        form.reason.trim(),
        centre.now(),
    )
    .await
    {
        Ok(()) => Ok(staff.go("console?done=returned")),
        Err(error) => {
            let problem = vec![problems::of_decision(staff.lang, &error)];
            show(&centre, &staff, &id, None, problem, &LiftForm::default()).await
        }
    }
}

/// `POST /{lang}/console/listing/{id}/lift`.
pub(crate) async fn lift(
    State(centre): State<Arc<Centre>>,
    staff: Staff,
    Path((_, id)): Path<(String, String)>,
    Form(form): Form<LiftForm>,
) -> Result<Response, Fault> {
    if !LIFT.iter().any(|(code, _)| *code == form.reason_code) {
        let problem = vec![Problem::new(
            staff.lang,
            "reason_code",
            key("problem-field-reason-code"),
        )];
        return show(&centre, &staff, &id, None, problem, &form).await;
    }
    let Ok(_turn) = centre.signing.try_acquire() else {
        let busy = vec![Problem::new(
            staff.lang,
            "lift-password",
            key("problem-busy"),
        )];
        return show(&centre, &staff, &id, None, busy, &form).await;
    };
    let (store, now) = (&centre.store, centre.now());
    let (code, reason) = (form.reason_code.as_str(), form.reason.trim());
    match decide::lift(
        store,
        &staff.officer,
        &form.password,
        &id,
        code,
        reason,
        now,
    )
    .await
    {
        Ok(Lifted::Done) => {
            (centre.waker)();
            Ok(staff.go(&format!("console/listing/{id}?done=lifted")))
        }
        Ok(Lifted::Waits) => Ok(staff.go(&format!("console/listing/{id}?done=lift-waits"))),
        Err(error) => {
            let mut problem = problems::of_decision(staff.lang, &error);
            if problem.field == "password" {
                problem.field = "lift-password";
            }
            show(&centre, &staff, &id, None, vec![problem], &form).await
        }
    }
}
