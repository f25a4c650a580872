//! What the console says when a move is refused: which field, what happened, what to do.

use data::{
    decide::{self, DecideError},
    officer::SignInError,
};

use crate::{console::refusal, hostile, language::Lang, messages, messages::key};

/// One line of the error summary.
#[derive(Clone, Debug)]
pub(crate) struct Problem {
    /// Id of the field it is about; the summary links there.
    pub(crate) field: &'static str,
    /// What to do, in the reader's language.
    pub(crate) text: String,
    /// Detail from elsewhere, such as the guard's reason.
    pub(crate) detail: Option<String>,
}

impl Problem {
    /// A problem without detail.
    pub(crate) fn new(lang: Lang, field: &'static str, key: &str) -> Self {
        Self {
            field,
            text: messages::text(lang, key, &[]),
            detail: None,
        }
    }

    fn with(mut self, detail: &str) -> Self {
        self.detail = Some(hostile::line(detail, 1_000));
        self
    }
}

/// What is wrong with one field.
pub(crate) fn at<'a>(problems: &'a [Problem], field: &str) -> Option<&'a Problem> {
    problems.iter().find(|problem| problem.field == field)
}

/// Words for a refused sign-in.
pub(crate) fn of_sign_in(lang: Lang, error: &SignInError) -> Problem {
    match error {
        SignInError::WrongCredentials => {
            Problem::new(lang, "login", key("problem-wrong-credentials"))
        }
        SignInError::TooManyTries => Problem::new(lang, "login", key("problem-too-many-tries")),
        SignInError::Store(error) => {
            tracing::error!(%error, "sign-in could not be checked");
            Problem::new(lang, "login", key("problem-internal"))
        }
    }
}

/// Words for a refused move.
pub(crate) fn of_decision(lang: Lang, error: &DecideError) -> Problem {
    match error {
        DecideError::NotAnOfficer => Problem::new(lang, "decide", key("error-role-text")),
        DecideError::WrongPassword => Problem::new(lang, "password", key("problem-wrong-password")),
        DecideError::TooManyTries => Problem::new(lang, "password", key("problem-too-many-tries")),
        DecideError::Stale => Problem::new(lang, "decide", key("problem-stale")),
        DecideError::SameOfficer => Problem::new(lang, "decide", key("problem-same-officer")),
        DecideError::StatementChanged => {
            Problem::new(lang, "decide", key("problem-statement-changed"))
        }
        DecideError::ProposalExpired => {
            Problem::new(lang, "decide", key("problem-proposal-expired"))
        }
        DecideError::Taken(who) => Problem::new(lang, "decide", key("problem-taken")).with(who),
        DecideError::EvidenceOld { hours } => {
            let count = [
                ("hours", messages::Value::Count(*hours)),
                ("most", messages::Value::Count(decide::EVIDENCE_HOURS)),
            ];
            let mut problem = Problem::new(lang, "decide", key("problem-evidence-old"));
            problem.text = messages::text(lang, key("problem-evidence-old"), &count);
            problem
        }
        DecideError::EvidenceTurned => Problem::new(lang, "decide", key("problem-evidence-turned")),
        DecideError::EvidenceChanged => {
            Problem::new(lang, "decide", key("problem-evidence-changed"))
        }
        DecideError::Consent(error) => {
            tracing::error!(%error, "signatures do not make a listing");
            Problem::new(lang, "decide", key("problem-internal"))
        }
        DecideError::Guarded(refusal) => {
            Problem::new(lang, "scope", key("problem-guard")).with(&refusal::words(lang, refusal))
        }
        DecideError::RaisedUrgent => Problem::new(lang, "urgent", key("problem-raised-urgent")),
        DecideError::NotLegal => Problem::new(lang, "decide", key("problem-not-legal")),
        DecideError::NoticeTooShort(_) => {
            Problem::new(lang, "decide", key("problem-notice-too-short"))
        }
        DecideError::Basis(code) => Problem::new(lang, "basis", key("problem-basis")).with(code),
        DecideError::NumberKnown => Problem::new(lang, "decide", key("problem-number-known")),
        DecideError::NumberLate => Problem::new(lang, "decide", key("problem-number-late")),
        DecideError::OwnLift => Problem::new(lang, "decide", key("problem-own-lift")),
        DecideError::Field(field) => of_field(lang, field),
        DecideError::KeyNotActive(key_id) => {
            Problem::new(lang, "password", key("problem-key-not-active")).with(key_id.as_str())
        }
        DecideError::Store(error) => {
            tracing::error!(%error, "a decision could not be stored");
            Problem::new(lang, "decide", key("problem-internal"))
        }
    }
}

/// Words for a field that the store refused; forms check the same before.
fn of_field(lang: Lang, field: &str) -> Problem {
    match field {
        "authority" => Problem::new(lang, "authority", key("problem-field-authority")),
        "order_number" => Problem::new(lang, "number", key("problem-field-number")),
        "order_date" => Problem::new(lang, "date", key("problem-field-date")),
        "document" => Problem::new(lang, "document", key("problem-field-document")),
        "urgent" => Problem::new(lang, "urgent", key("problem-field-urgent")),
        "days" => Problem::new(lang, "days", key("problem-field-days")),
        "review_days" => Problem::new(lang, "review_days", key("problem-field-review-days")),
        "reason" => Problem::new(lang, "reason", key("problem-field-reason")),
        other => Problem::new(lang, "decide", key("problem-invalid")).with(other),
    }
}
