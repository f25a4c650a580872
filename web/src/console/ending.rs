//! What may still become of a listing, as its page shows it: the number that an emergency listing
//! lacks, motions that wait for a second signature, the second look at a lift, a date that has come.

use blocklist::{Timestamp, fold::Listing, statement::List};
use data::ending::{
    motion::{self, Action, Motion},
    number,
    question::{self, Finding, Why},
    review,
};

use crate::{
    centre::Centre,
    console::{
        case::{self, Choice},
        queue,
        staff::Staff,
    },
    faults::Fault,
    hostile,
    messages::{self, Value, key},
    page::Page,
};

/// Reasons for annulling; they stand in the public log.
pub(crate) const ANNUL: [(&str, &str); 5] = [
    ("not-exchange", key("annul-code-not-exchange")),
    ("not-kz", key("annul-code-not-kz")),
    ("licensed", key("annul-code-licensed")),
    ("wrong-name", key("annul-code-wrong-name")),
    ("no-order", key("annul-code-no-order")),
];

/// What was typed into a form that is shown again.
#[derive(Debug, Default)]
pub(crate) struct Typed {
    pub(crate) number: String,
    pub(crate) annul_code: String,
    pub(crate) annul_reason: String,
    pub(crate) review_reason: String,
    pub(crate) keep_reason: String,
}

/// The number of an emergency listing's order, which is not there yet.
pub(crate) struct Emergency {
    pub(crate) due: String,
    /// `None` once it is too late.
    pub(crate) left: Option<String>,
    /// Whether a number waits for its second signature.
    pub(crate) moved: bool,
    pub(crate) path: String,
    pub(crate) typed: String,
}

/// A motion that waits for another officer.
pub(crate) struct MotionView {
    pub(crate) id: i64,
    pub(crate) title: String,
    /// What `reason` is: the order's number or a reason.
    pub(crate) reason_label: String,
    pub(crate) reason: String,
    pub(crate) by: String,
    pub(crate) at: String,
    pub(crate) statement: String,
    pub(crate) sha256: String,
    pub(crate) own: bool,
}

/// A lift that another officer is to look at.
pub(crate) struct Review {
    pub(crate) by: String,
    pub(crate) at: String,
    pub(crate) reason: String,
    pub(crate) due: String,
    pub(crate) overdue: bool,
    pub(crate) own: bool,
    pub(crate) path: String,
    pub(crate) typed: String,
}

/// A date of the listing that has come.
pub(crate) struct Question {
    pub(crate) why: String,
    pub(crate) asked: String,
    pub(crate) finding: String,
    pub(crate) tone: &'static str,
    pub(crate) path: String,
    pub(crate) typed: String,
}

/// All of it for one listing.
pub(crate) struct Ending {
    pub(crate) emergency: Option<Emergency>,
    pub(crate) motions: Vec<MotionView>,
    pub(crate) second_path: String,
    pub(crate) review: Option<Review>,
    pub(crate) question: Option<Question>,
    /// Where the form that moves to annul leads, if the listing can be annulled.
    pub(crate) annul_path: Option<String>,
    pub(crate) annul_reasons: Vec<Choice>,
    pub(crate) typed_reason: String,
}

/// The listing whose page is shown.
pub(crate) struct About<'a> {
    pub(crate) id: &'a str,
    /// Its signed statement, where it can be read.
    pub(crate) list: Option<&'a List>,
    /// As the log has it.
    pub(crate) logged: Option<&'a Listing>,
    /// The state of the case that stands for it.
    pub(crate) case_state: &'a str,
}

/// Words for what a motion asks.
pub(crate) fn action_words(p: &Page, action: Action) -> String {
    p.t(match action {
        Action::OrderNumber => key("motion-number"),
        Action::Lift => key("motion-lift"),
        Action::Annul => key("motion-annul"),
    })
}

/// Words and colour for what visiting a site again found.
pub(crate) fn finding_words(p: &Page, finding: &Finding) -> (String, &'static str) {
    match finding {
        Finding::Waiting => (p.t(key("finding-waiting")), "info"),
        Finding::Licensed => (p.t(key("finding-licensed")), "care"),
        Finding::Exchange { at } => (
            p.t1(key("finding-exchange"), "date", &p.date_time(*at)),
            "bad",
        ),
        Finding::Gone { at } => (p.t1(key("finding-gone"), "date", &p.date_time(*at)), "care"),
        Finding::Silent { failure } => (
            p.t1(key("finding-silent"), "what", &hostile::line(failure, 200)),
            "info",
        ),
    }
}

/// Words for why a listing is asked about.
pub(crate) fn why_words(p: &Page, why: Why) -> String {
    p.t(match why {
        Why::Review => key("question-review"),
        Why::Expiry => key("question-expiry"),
    })
}

/// Hours and minutes of a time that is left, in seconds.
fn left(p: &Page, seconds: i64) -> String {
    let numbers = [
        ("hours", Value::Count(seconds / 3_600)),
        ("minutes", Value::Count(seconds % 3_600 / 60)),
    ];
    messages::text(p.lang, key("emergency-left"), &numbers)
}

/// Reads what may become of a listing.
pub(crate) async fn of(
    centre: &Centre,
    staff: &Staff,
    p: &Page,
    about: &About<'_>,
    typed: &Typed,
) -> Result<Ending, Fault> {
    let (id, now) = (about.id, centre.now());
    let names = queue::officer_names(centre).await?;
    let who = |id: &str| names.get(id).cloned().unwrap_or_default();
    let motions = motion::waiting_on(&centre.store, id, now)
        .await
        .map_err(Fault::internal)?;
    let view = |motion: Motion| MotionView {
        id: motion.id,
        title: action_words(p, motion.action),
        reason_label: p.t(match motion.action {
            Action::OrderNumber => key("field-order-no"),
            Action::Lift | Action::Annul => key("propose-reason"),
        }),
        reason: reason(p, &motion),
        by: who(&motion.moved_by),
        at: p.date_time(motion.moved_at),
        statement: hostile::block(&String::from_utf8_lossy(&motion.statement), 4_096),
        sha256: hostile::line(&motion.statement_sha256, 64),
        own: motion.moved_by == staff.officer.id,
    };
    let signed = about.case_state == "listed" || about.logged.is_some();
    let moved = |action| motions.iter().any(|motion| motion.action == action);
    let annullable = signed
        && ["listed", "lifted", "expired"].contains(&about.case_state)
        && !moved(Action::Annul);
    let number_moved = moved(Action::OrderNumber);
    Ok(Ending {
        emergency: emergency(centre, p, about, typed, number_moved).await?,
        motions: motions.into_iter().map(view).collect(),
        second_path: format!("console/listing/{id}/second"),
        review: unreviewed(centre, staff, p, id, typed).await?,
        question: asked(centre, p, id, typed).await?,
        annul_path: annullable.then(|| format!("console/listing/{id}/annul")),
        annul_reasons: case::choices(p, &ANNUL, &typed.annul_code),
        typed_reason: hostile::block(&typed.annul_reason, hostile::LONGEST),
    })
}

/// The reason of a motion: the number itself, or the public word and the note.
fn reason(p: &Page, motion: &Motion) -> String {
    let code = match motion.action {
        Action::OrderNumber => return hostile::line(&motion.reason, number::MAX_NUMBER),
        Action::Lift => format!("lift-code-{}", motion.reason_code),
        Action::Annul => format!("annul-code-{}", motion.reason_code),
    };
    let word = p.t_or(&code, &hostile::line(&motion.reason_code, 100));
    let note = hostile::line(&motion.reason, hostile::LONGEST);
    if note.is_empty() {
        word
    } else {
        format!("{word}. {note}")
    }
}

async fn emergency(
    centre: &Centre,
    p: &Page,
    about: &About<'_>,
    typed: &Typed,
    moved: bool,
) -> Result<Option<Emergency>, Fault> {
    let now = centre.now();
    let waits = ["listed", "expired"].contains(&about.case_state);
    let due = about.list.filter(|_| waits).and_then(List::number_due);
    let Some(Timestamp(due)) = due else {
        return Ok(None);
    };
    let given = number::given(&centre.store, about.id).await;
    if given.map_err(Fault::internal)? {
        return Ok(None);
    }
    let in_time = about.case_state == "listed" && now < due;
    Ok(Some(Emergency {
        due: p.date_time(due),
        left: in_time.then(|| left(p, due - now)),
        moved,
        path: format!("console/listing/{}/number", about.id),
        typed: hostile::line(&typed.number, number::MAX_NUMBER),
    }))
}

async fn unreviewed(
    centre: &Centre,
    staff: &Staff,
    p: &Page,
    id: &str,
    typed: &Typed,
) -> Result<Option<Review>, Fault> {
    let waiting = review::waiting(&centre.store)
        .await
        .map_err(Fault::internal)?;
    let lift = waiting.into_iter().find(|lift| lift.listing_id == id);
    Ok(lift.map(|lift| Review {
        by: hostile::line(&lift.display_name, 80),
        at: p.date_time(lift.lifted_at),
        reason: lift_words(p, &lift),
        due: p.date_time(lift.due_at),
        overdue: lift.is_overdue(centre.now()),
        own: lift.lifted_by == staff.officer.id,
        path: format!("console/listing/{id}/review"),
        typed: hostile::block(&typed.review_reason, hostile::LONGEST),
    }))
}

/// The reason of a lift: the public word and the note.
pub(crate) fn lift_words(p: &Page, lift: &review::Unreviewed) -> String {
    let code = format!("lift-code-{}", lift.reason_code);
    let word = p.t_or(&code, &hostile::line(&lift.reason_code, 100));
    let note = hostile::line(&lift.reason, hostile::LONGEST);
    if note.is_empty() {
        word
    } else {
        format!("{word}. {note}")
    }
}

async fn asked(
    centre: &Centre,
    p: &Page,
    id: &str,
    typed: &Typed,
) -> Result<Option<Question>, Fault> {
    let question = question::of(&centre.store, id)
        .await
        .map_err(Fault::internal)?;
    let Some(question) = question else {
        return Ok(None);
    };
    let found = question::finding(&centre.store, &question, centre.now())
        .await
        .map_err(Fault::internal)?;
    let (finding, tone) = finding_words(p, &found);
    Ok(Some(Question {
        why: why_words(p, question.why),
        asked: p.date_time(question.asked_at),
        finding,
        tone,
        path: format!("console/listing/{id}/keep"),
        typed: hostile::block(&typed.keep_reason, hostile::LONGEST),
    }))
}
