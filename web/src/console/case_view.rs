//! Turns a case file into what the page shows: stop signs, checklist, quotes, ledger, candidates.

use std::collections::BTreeSet;

use blocklist::{
    DomainName, Scope, Timestamp,
    matching::{self, ClaimFinding, ClaimKind, Known, Match, Verdict},
};
use data::case::{CaptureRow, CaseFile};

use crate::{
    console::report::{self, Report, Signal},
    hostile::{self, Part},
    messages::{self, Value, key},
    names::Shown,
    page::Page,
    public::check,
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

    fn amber(title: String, text: String) -> Self {
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

/// A quoted passage.
pub(crate) struct Quote {
    pub(crate) anchor: String,
    pub(crate) signal: String,
    pub(crate) weight: String,
    pub(crate) tone: &'static str,
    pub(crate) parts: Vec<Part>,
    pub(crate) url: String,
    pub(crate) at: Option<String>,
    pub(crate) hash: Option<String>,
    pub(crate) view: Option<String>,
}

impl Quote {
    /// The first twelve digits of the capture's hash.
    pub(crate) fn short_hash(&self) -> String {
        self.hash
            .as_deref()
            .unwrap_or_default()
            .chars()
            .take(12)
            .collect()
    }
}

/// One line of the ledger.
pub(crate) struct LedgerRow {
    pub(crate) id: String,
    pub(crate) label: String,
    pub(crate) weight: String,
    pub(crate) tone: &'static str,
    pub(crate) evidence: String,
    pub(crate) href: Option<String>,
}

/// A register row that could be this site.
pub(crate) struct Candidate {
    pub(crate) title: String,
    pub(crate) licence: Option<String>,
    pub(crate) why: String,
    pub(crate) why_not: Option<String>,
}

/// Everything a view is made from.
pub(crate) struct Material<'a> {
    pub(crate) p: &'a Page,
    pub(crate) file: &'a CaseFile,
    pub(crate) name: &'a DomainName,
    pub(crate) report: &'a Report,
    pub(crate) claims: &'a [ClaimFinding],
    pub(crate) found: &'a Match,
    pub(crate) known: &'a Known,
    /// Why the guard refuses the exact host, if it does.
    pub(crate) guard: Option<&'a str>,
    pub(crate) now: i64,
}

/// The name of a signal in words; its code where there is none.
pub(crate) fn signal_name(p: &Page, id: &str) -> String {
    let plain = id.replace('-', "_");
    let (prefix, rest) = match plain.strip_prefix("guard.") {
        Some(rest) => ("guard", rest),
        None => ("signal", plain.as_str()),
    };
    p.t_or(&format!("{prefix}-{rest}"), &hostile::line(id, 60))
}

fn tone(weight: f64) -> &'static str {
    if weight > 0.0 {
        "bad"
    } else if weight < 0.0 {
        "good"
    } else {
        ""
    }
}

/// Most quotes shown on a case page.
const MOST_QUOTES: usize = 12;

/// The passages, strongest first, each once.
pub(crate) fn quotes(p: &Page, file: &CaseFile, report: &Report, most: usize) -> Vec<Quote> {
    let mut seen = BTreeSet::new();
    report
        .signals
        .iter()
        .enumerate()
        .filter(|(_, signal)| {
            !signal.quote.trim().is_empty()
                && seen.insert((signal.id.clone(), signal.quote.clone()))
        })
        .take(most.min(MOST_QUOTES))
        .map(|(index, signal)| {
            let capture = capture_of(file, signal);
            Quote {
                anchor: format!("quote-{index}"),
                signal: signal_name(p, &signal.id),
                weight: report::weight(signal.weight),
                tone: tone(signal.weight),
                parts: hostile::marked(&signal.quote, &report::words_to_mark(signal)),
                url: hostile::line(&signal.url, 200),
                at: capture.map(|capture| p.date_time(capture.fetched_at)),
                hash: (!signal.capture.is_empty()).then(|| hostile::line(&signal.capture, 64)),
                view: capture.map(|capture| {
                    p.href(&format!(
                        "console/case/{}/capture/{}",
                        file.case.id, capture.id
                    ))
                }),
            }
        })
        .collect()
}

fn capture_of<'a>(file: &'a CaseFile, signal: &Signal) -> Option<&'a CaptureRow> {
    let same_body =
        |capture: &&CaptureRow| !signal.capture.is_empty() && capture.body_sha256 == signal.capture;
    file.captures
        .iter()
        .filter(same_body)
        .find(|capture| capture.url == signal.url)
        .or_else(|| file.captures.iter().find(same_body))
}

/// The ledger: every signal with its weight, as it was added up.
pub(crate) fn ledger(m: &Material<'_>, quotes: &[Quote]) -> Vec<LedgerRow> {
    let bias = |label: &str, points: f64| LedgerRow {
        id: String::new(),
        label: m.p.t(label),
        weight: report::weight(points),
        tone: tone(points),
        evidence: m.p.t(key("ledger-none")),
        href: None,
    };
    let sums = &m.report.ledger;
    let biases = [
        bias(key("ledger-bias-exchange"), sums.exchange.bias),
        bias(key("ledger-bias-kz"), sums.serves_kz.bias),
    ];
    let signals = m.report.signals.iter().enumerate().map(|(index, signal)| {
        let anchor = format!("quote-{index}");
        let quoted = quotes.iter().any(|quote| quote.anchor == anchor);
        LedgerRow {
            id: hostile::line(&signal.id, 60),
            label: signal_name(m.p, &signal.id),
            weight: report::weight(signal.weight),
            tone: tone(signal.weight),
            evidence: m.p.t(if quoted {
                key("ledger-see-quote")
            } else {
                key("ledger-none")
            }),
            href: quoted.then(|| format!("#{anchor}")),
        }
    });
    signals.chain(biases).collect()
}

/// What the site looks like, in words.
pub(crate) fn kinds(p: &Page, report: &Report) -> Option<String> {
    let words: Vec<String> = report
        .kinds
        .iter()
        .take(4)
        .map(|kind| p.t_or(&format!("kind-{kind}"), &hostile::line(kind, 40)))
        .collect();
    (!words.is_empty()).then(|| p.t1(key("case-kinds"), "kinds", &words.join(", ")))
}

/// The strongest reasons in words.
pub(crate) fn top(m: &Material<'_>) -> Vec<String> {
    m.report
        .signals
        .iter()
        .filter(|signal| signal.weight != 0.0)
        .take(3)
        .map(|signal| {
            let (name, weight) = (signal_name(m.p, &signal.id), report::weight(signal.weight));
            m.p.t2(key("top-signal"), ("name", &name), ("weight", &weight))
        })
        .collect()
}

/// A claim of the site in words.
fn claim(p: &Page, finding: &ClaimFinding) -> String {
    let code = match finding.kind {
        ClaimKind::Agrees => key("reason-claim-agrees"),
        ClaimKind::OtherHost => key("reason-claim-other_host"),
        ClaimKind::Expired => key("reason-claim-expired"),
        ClaimKind::UnknownNumber => key("reason-claim-unknown_number"),
    };
    let number = hostile::line(&finding.claim.licence_no, 60);
    let firm = hostile::line(finding.firm.as_deref().unwrap_or("–"), 120);
    let hosts = hosts(&finding.hosts);
    let values = [
        ("number", Value::Text(&number)),
        ("firm", Value::Text(&firm)),
        ("hosts", Value::Text(&hosts)),
    ];
    messages::text(p.lang, code, &values)
}

fn hosts(names: &[DomainName]) -> String {
    names
        .iter()
        .take(8)
        .map(|name| Shown::new(name).whole())
        .collect::<Vec<_>>()
        .join(", ")
}

/// What must be seen before anything else.
pub(crate) fn stops(m: &Material<'_>) -> Vec<Stop> {
    let p = m.p;
    let mut stops = Vec::new();
    if let Some(refusal) = m.guard {
        stops.push(Stop::red(
            p.t(key("stop-guard-title")),
            hostile::line(refusal, 300),
        ));
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
        let title = match finding.kind {
            ClaimKind::OtherHost | ClaimKind::UnknownNumber => key("stop-forged-title"),
            ClaimKind::Expired => key("stop-expired-title"),
            ClaimKind::Agrees => continue,
        };
        stops.push(Stop::red(p.t(title), claim(p, finding)));
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
            hostile::line(contradiction, 300),
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

/// Register rows that this site could be, with why and why not; at most five.
pub(crate) fn candidates(m: &Material<'_>) -> Vec<Candidate> {
    let p = m.p;
    let mut found = Vec::new();
    for row in m.known.snapshots.iter().flat_map(|snapshot| &snapshot.rows) {
        let names_host = row.hosts.iter().any(|host| m.name.is_at_or_below(host));
        let resembles = row.hosts.iter().any(|host| {
            matching::resembles(m.name, host)
                || (host.registrable().is_some() && host.registrable() == m.name.registrable())
        });
        let claimed = !row.licence_no.is_empty()
            && m.claims.iter().any(|finding| {
                finding
                    .claim
                    .licence_no
                    .eq_ignore_ascii_case(&row.licence_no)
            });
        let (rank, why) = if names_host {
            (0, key("candidate-why-host"))
        } else if claimed {
            (1, key("candidate-why-claim"))
        } else if resembles {
            (2, key("candidate-why-name"))
        } else {
            continue;
        };
        let title = if row.brand.is_empty() || row.brand == row.legal_name {
            row.legal_name.clone()
        } else {
            format!("{} — {}", row.brand, row.legal_name)
        };
        let candidate = Candidate {
            title: hostile::line(&title, 200),
            licence: (!row.licence_no.is_empty()).then(|| hostile::line(&row.licence_no, 60)),
            why: p.t(why),
            why_not: (!names_host && !row.hosts.is_empty())
                .then(|| p.t1(key("candidate-why-not-host"), "hosts", &hosts(&row.hosts))),
        };
        found.push((rank, candidate));
    }
    found.sort_by_key(|(rank, _)| *rank);
    found
        .into_iter()
        .map(|(_, candidate)| candidate)
        .take(5)
        .collect()
}

/// What the guard says of the exact host, read from the log.
pub(crate) async fn guard_refusal(
    store: &data::Store,
    name: &DomainName,
) -> data::Result<Option<String>> {
    let mut record = store.read_record().await?;
    let fold = record.replay()?.fold();
    Ok(fold
        .guard()
        .check(name, Scope::Host)
        .err()
        .map(|refusal| refusal.to_string()))
}

/// The match of a host now: registers may have changed since the case was opened.
pub(crate) fn match_now(name: &DomainName, known: &Known, now: i64) -> Match {
    matching::check_host(name, known, Timestamp(now))
}
