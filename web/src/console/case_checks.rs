//! What an officer must see first: stop signs, and the five points of the checklist.

use blocklist::{
    Timestamp,
    guard::Tier,
    matching::{ClaimFinding, ClaimKind, Verdict},
};
use data::case::{self, CaseFile};

use crate::{
    console::{
        case_again, case_alike,
        case_view::{Material, Quote, signal_name},
        people::Mask,
        refusal,
        report::{self, Contradiction},
    },
    hostile,
    messages::{self, Value, key},
    names::Shown,
    page::Page,
    public::{check, licensed},
};

/// Evidence older than this asks for a new capture, in seconds.
const STALE_SECONDS: i64 = 72 * 3_600;

/// A stop sign.
pub(crate) struct Stop {
    pub(crate) title: String,
    pub(crate) text: String,
    /// Colour class and icon: red for what forbids, amber for what needs thought.
    pub(crate) tone: &'static str,
    pub(crate) icon: &'static str,
}

impl Stop {
    fn red(title: String, text: String) -> Self {
        Self {
            title,
            text,
            tone: "bad",
            icon: "stop",
        }
    }

    pub(crate) fn amber(title: String, text: String) -> Self {
        Self {
            title,
            text,
            tone: "care",
            icon: "warn",
        }
    }
}

/// One line of the checklist.
pub(crate) struct Tick {
    pub(crate) tone: &'static str,
    pub(crate) icon: &'static str,
    pub(crate) claim: String,
    pub(crate) word: String,
    pub(crate) note: String,
    pub(crate) href: Option<String>,
}

/// A claim of the site in words; what was kept before reasons were is shown by its quote.
fn claim(p: &Page, mask: &Mask, finding: &ClaimFinding) -> String {
    let said: Vec<String> = finding
        .reasons
        .iter()
        .map(|reason| check::reason(p, reason))
        .collect();
    if said.is_empty() {
        hostile::line(&mask.text(&finding.claim.quote), 200)
    } else {
        said.join(" ")
    }
}

/// A contradiction in words; its code where there is none. What it quotes is foreign text.
pub(crate) fn contradiction(p: &Page, mask: &Mask, found: &Contradiction) -> String {
    let shown: Vec<(&str, String)> = found
        .args
        .iter()
        .map(|(name, value)| {
            let text = match name.as_str() {
                "guard" => signal_name(p, &format!("guard.{value}")),
                "signal" => signal_name(p, value),
                _ => hostile::line(&mask.text(value), 200),
            };
            (name.as_str(), text)
        })
        .collect();
    let values: Vec<_> = shown
        .iter()
        .map(|(name, text)| (*name, Value::Text(text)))
        .collect();
    messages::find(p.lang, &format!("contradiction-{}", found.code), &values)
        .unwrap_or_else(|| hostile::line(&found.code, 60))
}

/// What must be seen before anything else.
pub(crate) fn stops(m: &Material<'_>) -> Vec<Stop> {
    let p = m.p;
    let asked = asked(m).into_iter();
    let mut stops: Vec<Stop> = asked.chain(case_again::stop(p, m.file)).collect();
    if let Some(protected) = m.guard {
        let words = refusal::words(p.lang, protected);
        stops.push(match protected.tier {
            Tier::Raised => Stop::amber(p.t(key("stop-raised-title")), words),
            _ => Stop::red(p.t(key("stop-guard-title")), words),
        });
    }
    if matches!(
        m.found.verdict,
        Verdict::Licensed | Verdict::LicenceUnconfirmed | Verdict::LicenceEnded
    ) && let Some(matched) = &m.found.matched
    {
        let firm = hostile::line(&matched.row.legal_name, 120);
        let mut text = p.t1(key("stop-licensed-text"), "firm", &firm);
        if let Some(first) = m.found.reasons.first() {
            text = format!("{text} {}", check::reason(p, first));
        }
        stops.push(Stop::red(p.t(key("stop-licensed-title")), text));
    }
    for finding in m.claims {
        let stop = match finding.kind {
            ClaimKind::Agrees => continue,
            ClaimKind::OtherHost | ClaimKind::UnknownNumber | ClaimKind::Forged => {
                Stop::red(p.t(key("stop-forged-title")), claim(p, m.mask, finding))
            }
            ClaimKind::NameMismatch | ClaimKind::BinMismatch => {
                Stop::red(p.t(key("stop-mismatch-title")), claim(p, m.mask, finding))
            }
            ClaimKind::Expired => {
                Stop::red(p.t(key("stop-expired-title")), claim(p, m.mask, finding))
            }
            ClaimKind::Suspended => {
                Stop::red(p.t(key("stop-suspended-title")), claim(p, m.mask, finding))
            }
            ClaimKind::Unverified => {
                Stop::amber(p.t(key("stop-unverified-title")), claim(p, m.mask, finding))
            }
            ClaimKind::NameOnly => {
                Stop::amber(p.t(key("stop-name-title")), claim(p, m.mask, finding))
            }
        };
        stops.push(stop);
    }
    stops.extend(case_alike::stop(m));
    let too_old = licensed::too_old(p, m.known, Timestamp(m.now));
    if !too_old.is_empty() {
        stops.push(Stop::amber(
            p.t(key("stop-register-old-title")),
            too_old.join(" "),
        ));
    }
    let guards: Vec<String> = m
        .report
        .guards
        .iter()
        .take(6)
        .map(|code| signal_name(p, &format!("guard.{code}")))
        .collect();
    if !guards.is_empty() {
        stops.push(Stop::amber(
            p.t(key("stop-lookalike-title")),
            guards.join(". "),
        ));
    }
    for contradiction in m.report.contradictions.iter().take(4) {
        stops.push(Stop::amber(
            p.t(key("stop-contradiction-title")),
            self::contradiction(p, m.mask, contradiction),
        ));
    }
    match newest(m.file) {
        Some(newest) if m.now - newest > STALE_SECONDS => stops.push(Stop::amber(
            p.t(key("stop-stale-title")),
            p.t1(key("stop-stale-text"), "date", &p.date_time(newest)),
        )),
        None => stops.push(Stop::amber(
            p.t(key("stop-unreachable-title")),
            p.t(key("stop-unreachable-text")),
        )),
        Some(_) => {}
    }
    stops
}

/// What is asked of people, where it is not whether to list.
fn asked(m: &Material<'_>) -> Option<Stop> {
    let (title, text) = match m.file.case.reason.as_str() {
        case::reason::LICENCE => (key("ask-licence-title"), key("ask-licence-text")),
        case::reason::CANCEL => (key("ask-cancel-title"), key("ask-cancel-text")),
        _ => return None,
    };
    Some(Stop::amber(m.p.t(title), m.p.t(text)))
}

fn newest(file: &CaseFile) -> Option<i64> {
    file.captures
        .iter()
        .filter(|capture| (200..300).contains(&capture.status))
        .map(|capture| capture.fetched_at)
        .max()
}

fn mark(p: &Page, state: Option<bool>) -> (&'static str, &'static str, String) {
    match state {
        Some(true) => ("good", "ok", p.t(key("tick-word-yes"))),
        Some(false) => ("bad", "no", p.t(key("tick-word-no"))),
        None => ("care", "question", p.t(key("tick-word-check"))),
    }
}

/// The five points that a listing stands on, filled in by the machine for a person to confirm.
pub(crate) fn ticks(m: &Material<'_>, quotes: &[Quote]) -> Vec<Tick> {
    let p = m.p;
    let tick = |claim: &str, state: Option<bool>, note: String, href: Option<String>| {
        let (tone, icon, word) = mark(p, state);
        Tick {
            tone,
            icon,
            claim: p.t(claim),
            word,
            note,
            href,
        }
    };
    let scored = |claim: &str, axis: &str, share: f64| {
        let state = if share >= 0.8 {
            Some(true)
        } else if share < 0.3 {
            Some(false)
        } else {
            None
        };
        let strongest = m.report.signals.iter().enumerate().find(|(_, signal)| {
            signal.weight > 0.0 && (signal.axis == axis || signal.axis.is_empty())
        });
        match strongest {
            Some((index, signal)) => {
                let (percent, name) = (
                    report::percent(share).to_string(),
                    signal_name(p, &signal.id),
                );
                let note = p.t2(
                    key("tick-note-score"),
                    ("percent", &percent),
                    ("signal", &name),
                );
                let anchor = format!("quote-{index}");
                let href = quotes
                    .iter()
                    .any(|quote| quote.anchor == anchor)
                    .then(|| format!("#{anchor}"));
                tick(claim, state, note, href)
            }
            None => tick(
                claim,
                state.filter(|yes| !yes),
                p.t(key("tick-note-no-signal")),
                None,
            ),
        }
    };
    vec![
        scored(key("tick-exchange"), "exchange", m.file.case.exchange),
        scored(key("tick-kz"), "serves_kz", m.file.case.serves_kz),
        unlicensed(m, &tick),
        reachable(m, &tick),
        right_name(m, &tick),
    ]
}

type MakeTick<'a> = dyn Fn(&str, Option<bool>, String, Option<String>) -> Tick + 'a;

fn unlicensed(m: &Material<'_>, tick: &MakeTick<'_>) -> Tick {
    let p = m.p;
    let href = Some("#candidates".to_owned());
    let firm = m
        .found
        .matched
        .as_ref()
        .map(|matched| hostile::line(&matched.row.legal_name, 120))
        .unwrap_or_default();
    let claim = key("tick-unlicensed");
    match m.found.verdict {
        Verdict::Licensed => tick(
            claim,
            Some(false),
            p.t1(key("tick-note-register-hit"), "firm", &firm),
            href,
        ),
        Verdict::LicenceUnconfirmed | Verdict::LicenceEnded => tick(
            claim,
            None,
            p.t1(key("tick-note-register-hit"), "firm", &firm),
            href,
        ),
        Verdict::LicensedElsewhere | Verdict::Lookalike => tick(
            claim,
            None,
            p.t1(key("tick-note-register-other"), "firm", &firm),
            href,
        ),
        // That no row names it is worth as much as the copies it was looked up in.
        _ if m.known.snapshots.iter().all(|held| held.rows.is_empty()) => {
            tick(claim, None, p.t(key("tick-note-register-unsigned")), None)
        }
        _ if data::known::too_old(m.known, Timestamp(m.now))
            .next()
            .is_some() =>
        {
            tick(claim, None, p.t(key("tick-note-register-old")), None)
        }
        _ => tick(claim, Some(true), p.t(key("tick-note-register-none")), None),
    }
}

fn reachable(m: &Material<'_>, tick: &MakeTick<'_>) -> Tick {
    let p = m.p;
    let ok = m
        .file
        .captures
        .iter()
        .filter(|capture| (200..300).contains(&capture.status))
        .count();
    match newest(m.file) {
        Some(newest) => {
            let date = p.date_time(newest);
            let values = [
                ("ok", Value::Count(ok as i64)),
                ("all", Value::Count(m.file.captures.len() as i64)),
                ("date", Value::Text(&date)),
            ];
            let note = messages::text(p.lang, key("tick-note-reachable"), &values);
            tick(
                key("tick-reachable"),
                Some(true),
                note,
                Some("#captures".into()),
            )
        }
        None => tick(
            key("tick-reachable"),
            Some(false),
            p.t(key("tick-note-unreachable")),
            None,
        ),
    }
}

fn right_name(m: &Material<'_>, tick: &MakeTick<'_>) -> Tick {
    let p = m.p;
    match m.name.registrable() {
        Some(own) if own == *m.name || m.name.as_str() == format!("www.{own}") => tick(
            key("tick-scope"),
            Some(m.guard.is_none()),
            p.t(key("tick-note-scope-own")),
            None,
        ),
        Some(own) => {
            let parent = Shown::new(&own).whole();
            tick(
                key("tick-scope"),
                None,
                p.t1(key("tick-note-scope-below"), "parent", &parent),
                None,
            )
        }
        None => tick(
            key("tick-scope"),
            Some(false),
            p.t(key("stop-guard-title")),
            None,
        ),
    }
}
