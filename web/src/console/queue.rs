//! The queue: cases that wait for a decision, for a second officer, or are on the list.

use std::{collections::BTreeMap, sync::Arc};

use askama::Template;
use axum::{
    extract::{Query, State},
    response::Response,
};
use blocklist::{
    DomainName, Timestamp,
    lifecycle::{CaseState, Stage},
    matching::{self, Verdict},
};
use data::case::{self, CaseRow};
use serde::Deserialize;

use crate::{
    centre::Centre,
    console::{report, staff::Staff, stage},
    dates,
    faults::Fault,
    hostile,
    messages::key,
    names::Shown,
    page::{self, Page},
    public::check,
};

/// `?done=`: what was just done.
#[derive(Debug, Deserialize)]
pub(crate) struct Done {
    pub(crate) done: Option<String>,
}

impl Done {
    /// The sentence that confirms it.
    pub(crate) fn text(&self, p: &Page) -> Option<String> {
        let key = match self.done.as_deref()? {
            "dismissed" => key("done-dismissed"),
            "proposed" => key("done-proposed"),
            "approved" => key("done-approved"),
            "returned" => key("done-returned"),
            "lifted" => key("done-lifted"),
            "lift-waits" => key("done-lift-waits"),
            "moved" => key("done-moved"),
            "numbered" => key("done-numbered"),
            "annulled" => key("done-annulled"),
            "confirmed" => key("done-confirmed"),
            "reversed" => key("done-reversed"),
            "kept" => key("done-kept"),
            "approved-raised" => key("done-approved-raised"),
            "signed" => key("done-signed"),
            "withheld" => key("done-withheld"),
            _ => return None,
        };
        Some(p.t(key))
    }
}

struct Row {
    path: String,
    name: Shown,
    verdict: String,
    tone: &'static str,
    kinds: String,
    exchange: i64,
    serves_kz: i64,
    register: String,
    opened: String,
    opened_iso: String,
    proposed_by: Option<String>,
    /// Where it stands, where its lane does not say.
    note: Option<String>,
    /// What is asked, where it is not whether to list.
    ask: Option<String>,
}

struct Lane {
    title: String,
    empty: String,
    rows: Vec<Row>,
}

#[derive(Template)]
#[template(path = "console/queue.html")]
struct QueuePage {
    p: Page,
    done: Option<String>,
    lanes: Vec<Lane>,
}

/// Word and colour for the machine's finding.
pub(crate) fn machine_verdict(p: &Page, code: &str) -> (String, &'static str) {
    match code {
        "flag" => (p.t(key("machine-flag")), "bad"),
        "review" => (p.t(key("machine-review")), "care"),
        _ => (p.t(key("machine-clear")), "good"),
    }
}

/// Names of the officers behind ids.
pub(crate) async fn officer_names(centre: &Centre) -> Result<BTreeMap<String, String>, Fault> {
    let all = data::officer::all(&centre.store)
        .await
        .map_err(Fault::internal)?;
    Ok(all
        .into_iter()
        .map(|officer| (officer.id, hostile::line(&officer.display_name, 80)))
        .collect())
}

/// Where a case leads: the proposal while one waits, else the case.
fn path(case: &CaseRow) -> String {
    match (&case.listing_id, case.state.as_str()) {
        (Some(listing), "proposed" | "listed") => format!("console/listing/{listing}"),
        _ => format!("console/case/{}", case.id),
    }
}

/// `GET /{lang}/console`.
pub(crate) async fn queue(
    State(centre): State<Arc<Centre>>,
    staff: Staff,
    Query(done): Query<Done>,
) -> Result<Response, Fault> {
    let p = staff.page(&centre, "console", &staff.word(key("queue-title")));
    let cases = case::queue(&centre.store).await.map_err(Fault::internal)?;
    let names = officer_names(&centre).await?;
    let known = centre.known().await?;
    let now = Timestamp(centre.now());
    let stages = case::stages(&centre.store, &cases, now)
        .await
        .map_err(Fault::internal)?;
    let row = |(case, at): (&CaseRow, Stage)| {
        let (verdict, tone) = machine_verdict(&p, &case.verdict);
        let register = DomainName::parse(&case.host)
            .map(
                |name| match matching::check_host(&name, &known, now).verdict {
                    Verdict::Unknown => p.t(key("queue-no-row")),
                    verdict => check::word(&p, verdict),
                },
            )
            .unwrap_or_default();
        Row {
            path: path(case),
            name: Shown::of(&case.host),
            verdict,
            tone,
            kinds: String::new(),
            exchange: report::percent(case.exchange),
            serves_kz: report::percent(case.serves_kz),
            register,
            opened: p.date_time(case.opened_at),
            opened_iso: dates::rfc3339(case.opened_at),
            proposed_by: case
                .proposed_by
                .as_ref()
                .and_then(|id| names.get(id))
                .map(|name| p.t1(key("queue-proposed-by"), "name", name)),
            note: match at {
                Stage::InReview => stage::reviewed_by(&p, case),
                Stage::Candidate | Stage::Proposed => None,
                at => Some(stage::word(&p, at).0),
            },
            ask: match case.reason.as_str() {
                case::reason::LICENCE => Some(p.t(key("queue-ask-licence"))),
                case::reason::CANCEL => Some(p.t(key("queue-ask-cancel"))),
                _ => None,
            },
        }
    };
    let lane = |title: &str, empty: &str, states: &[CaseState]| Lane {
        title: p.t(title),
        empty: p.t(empty),
        rows: cases
            .iter()
            .zip(stages.iter().copied())
            .filter(|(_, at)| states.contains(&at.case_state()))
            .take(500)
            .map(row)
            .collect(),
    };
    let lanes = vec![
        lane(
            key("queue-lane-open"),
            key("queue-empty-open"),
            &[CaseState::Open, CaseState::InReview],
        ),
        lane(
            key("queue-lane-proposed"),
            key("queue-empty-proposed"),
            &[CaseState::Proposed],
        ),
        lane(
            key("queue-lane-listed"),
            key("queue-empty-listed"),
            &[CaseState::Listed],
        ),
    ];
    let done = done.text(&p);
    Ok(page::ok(&QueuePage { p, done, lanes }))
}
