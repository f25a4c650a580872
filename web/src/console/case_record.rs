//! What stands on file: captures, moves made so far, similar cases.

use blocklist::{DomainName, matching::Verdict};
use data::case::{self, CaptureRow, CaseFile, CaseRow};

use crate::{
    console::{case_again, case_view::Quote, people::Mask, stage},
    hostile,
    messages::key,
    names::Shown,
    page::Page,
    public::check,
};

/// Most captures shown of either kind.
const MOST_CAPTURES: usize = 50;

/// Most similar cases shown.
const MOST_SIMILAR: usize = 5;

/// One capture.
pub(crate) struct CaptureLine {
    pub(crate) title: String,
    pub(crate) url: String,
    pub(crate) status: i64,
    pub(crate) at: String,
    pub(crate) hash: String,
    pub(crate) short: String,
    pub(crate) path: String,
    /// How many passages are quoted from it, in words; `None` for none.
    pub(crate) quotes: Option<String>,
}

/// One move somebody made.
pub(crate) struct Event {
    pub(crate) at: String,
    pub(crate) who: String,
    pub(crate) what: String,
    pub(crate) reason: String,
}

/// Another case of this site or of one like it.
pub(crate) struct Similar {
    pub(crate) path: String,
    pub(crate) name: String,
    pub(crate) state: String,
    pub(crate) why: String,
}

/// Captures that answered normally, and the others: those that are quoted first, then by address.
pub(crate) fn captures(
    p: &Page,
    file: &CaseFile,
    quotes: &[Quote],
    mask: &Mask,
) -> (Vec<CaptureLine>, Vec<CaptureLine>) {
    let quoted = |capture: &CaptureRow| {
        let from = |quote: &&Quote| quote.from == Some(capture.id);
        quotes.iter().filter(from).count()
    };
    let mut all: Vec<(usize, &CaptureRow)> =
        file.captures.iter().map(|row| (quoted(row), row)).collect();
    all.sort_by(|(a, one), (b, other)| (*a == 0, &one.url).cmp(&(*b == 0, &other.url)));
    let line = |(quotes, capture): (usize, &CaptureRow)| CaptureLine {
        title: if capture.title.trim().is_empty() {
            p.t(key("capture-no-title"))
        } else {
            hostile::line(&mask.text(&capture.title), 160)
        },
        url: mask.url(&capture.url),
        status: capture.status,
        at: p.date_time(capture.fetched_at),
        short: capture.body_sha256.chars().take(12).collect(),
        hash: capture.body_sha256.clone(),
        path: format!("console/case/{}/capture/{}", file.case.id, capture.id),
        quotes: (quotes > 0).then(|| p.n(key("capture-quotes"), quotes)),
    };
    let (normal, other): (Vec<_>, Vec<_>) = all
        .into_iter()
        .partition(|(_, capture)| (200..300).contains(&capture.status));
    let lines = |rows: Vec<_>| rows.into_iter().take(MOST_CAPTURES).map(line).collect();
    (lines(normal), lines(other))
}

/// Moves so far, the first first.
pub(crate) fn timeline(p: &Page, file: &CaseFile) -> Vec<Event> {
    let by_people = file.decisions.iter().map(|decision| {
        let words = reason_words(p, &decision.reason_code);
        let reason = hostile::line(&decision.reason, hostile::LONGEST);
        let until = decision
            .review_at
            .map(|at| p.t1(key("event-until"), "date", &p.date(at)));
        let said = [sentence(words), sentence(reason), until.unwrap_or_default()];
        let event = Event {
            at: p.date_time(decision.decided_at),
            who: hostile::line(&decision.display_name, 80),
            what: event(p, &decision.kind),
            reason: said
                .into_iter()
                .filter(|part| !part.is_empty())
                .collect::<Vec<_>>()
                .join(" "),
        };
        (decision.decided_at, event)
    });
    let by_machine = file.changes.iter().map(|change| {
        let (who, reason) = match change.actor.as_str() {
            case::CRAWLER => (key("event-by-crawler"), case_again::words(p, change)),
            case::CALENDAR => (key("event-by-calendar"), String::new()),
            _ => (key("event-by-registers"), rematched(p, &change.detail)),
        };
        let event = Event {
            at: p.date_time(change.at),
            who: p.t(who),
            what: machine_event(p, &change.action),
            reason,
        };
        (change.at, event)
    });
    let mut all: Vec<(i64, Event)> = by_people.chain(by_machine).collect();
    all.sort_by_key(|(at, _)| *at);
    all.into_iter().map(|(_, event)| event).collect()
}

/// A text that another can follow.
fn sentence(text: String) -> String {
    if text.is_empty() || text.ends_with(['.', '!', '?', '…']) {
        text
    } else {
        format!("{text}.")
    }
}

/// What a changed register or a new crawl did, in words.
fn machine_event(p: &Page, action: &str) -> String {
    p.t(match action {
        "reopened" => key("event-reopened"),
        "renewed" => key("event-renewed"),
        "lapsed" => key("event-lapsed"),
        "asked" => key("event-asked"),
        "expired" => key("event-expired"),
        "opened" => key("event-opened"),
        "closed" => key("event-closed"),
        "marked" => key("event-marked"),
        "unmarked" => key("event-unmarked"),
        _ => key("event-rematched"),
    })
}

/// What the registers said before and say since, in words; empty where the event is not about that.
fn rematched(p: &Page, detail: &str) -> String {
    #[derive(serde::Deserialize)]
    struct Detail {
        from: Verdict,
        to: Verdict,
    }
    serde_json::from_str(detail).map_or_else(
        |_| String::new(),
        |Detail { from, to }| {
            let (from, to) = (check::word(p, from), check::word(p, to));
            p.t2(key("event-rematched-words"), ("from", &from), ("to", &to))
        },
    )
}

/// What a decision was, in words.
fn event(p: &Page, kind: &str) -> String {
    p.t_or(&format!("event-{kind}"), &hostile::line(kind, 40))
}

/// The words of a stored reason code, where there are any.
fn reason_words(p: &Page, code: &str) -> String {
    let kebab = code.replace('_', "-");
    for family in ["dismiss", "propose-code", "lift-code"] {
        let words = p.t_or(&format!("{family}-{kebab}"), "");
        if !words.is_empty() {
            return words;
        }
    }
    String::new()
}

/// Other cases of the same site or of one that resembles it.
pub(crate) fn similar(
    p: &Page,
    case: &CaseRow,
    name: &DomainName,
    all: &[CaseRow],
) -> Vec<Similar> {
    all.iter()
        .filter(|other| other.id != case.id)
        .filter(|other| {
            other.host == case.host
                || DomainName::parse(&other.host).is_ok_and(|host| {
                    (name.registrable().is_some() && name.registrable() == host.registrable())
                        || blocklist::matching::resembles(name, &host)
                })
        })
        .take(MOST_SIMILAR)
        .map(|other| Similar {
            path: format!("console/case/{}", other.id),
            name: Shown::of(&other.host).whole(),
            state: stage::of_state(p, &other.state).0,
            why: format!("{}, {}", other.id, p.date(other.opened_at)),
        })
        .collect()
}
