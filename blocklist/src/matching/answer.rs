//! The one answer to whatever is asked: for an address its verdict; for a name or a number the
//! addresses it stands for, each with its own. A name or a number is easily copied, so what is found
//! by one is never more than "not confirmed", and never the whole answer.

use serde::Serialize;

use super::{
    Index, Match, Matched, Operator, Query, Reason, Verdict, check_host,
    host::{add_standing, reason_of_row, row_verdict, warning_reason},
    index::Row,
    known::RowHost,
    search::{self, Meant},
    weigh,
};
use crate::{
    DomainName, Timestamp,
    register::{HostKind, LicenceRow, Measure, Warning},
};

/// What is known of what was asked.
#[derive(Clone, Debug)]
pub struct Answer {
    /// What was asked.
    pub query: Query,
    /// The verdict that weighs most.
    pub verdict: Verdict,
    /// Other verdicts that also hold, in order of weight.
    pub also: Vec<Verdict>,
    /// Every address in question with its own verdict; for an address, that one.
    pub hosts: Vec<HostAnswer>,
    /// The rows meant.
    pub rows: Vec<RowAnswer>,
    /// The notices meant.
    pub warnings: Vec<Warning>,
    /// The exchanges abroad meant.
    pub operators: Vec<Operator>,
    /// Why, the reason for the verdict first.
    pub reasons: Vec<Reason>,
}

/// One address and what is known of it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct HostAnswer {
    /// The address.
    pub host: DomainName,
    /// How it stands to the licence of the row, where one names it.
    pub kind: Option<HostKind>,
    /// What is known of it.
    #[serde(flatten)]
    pub found: Match,
}

/// One row and where it stands.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct RowAnswer {
    /// The register.
    pub register: String,
    /// The day it shows.
    pub taken_on: crate::time::Day,
    /// Whether two officers signed it.
    pub signed: bool,
    /// The row.
    pub row: LicenceRow,
}

/// Answers whatever was asked.
pub fn answer(query: Query, index: &Index, now: Timestamp) -> Answer {
    if let Query::Host(name) = &query {
        let found = check_host(name, index, now);
        return of_host(query.clone(), name, found, index);
    }
    let meant = search::search(&query, index);
    of_meant(query, &meant, index, now)
}

fn of_host(query: Query, name: &DomainName, found: Match, index: &Index) -> Answer {
    Answer {
        verdict: found.verdict,
        also: found.also.clone(),
        rows: rows_of_host(name, &found, index),
        warnings: index.warnings_over(name).cloned().collect(),
        operators: index
            .operators_over(name)
            .map(|(operator, _)| operator.clone())
            .collect(),
        reasons: found.reasons.clone(),
        hosts: vec![HostAnswer {
            host: name.clone(),
            kind: found
                .matched
                .as_ref()
                .and_then(|matched| kind_of(name, matched)),
            found,
        }],
        query,
    }
}

/// The row that spoke, and every other row that names the same host.
fn rows_of_host(name: &DomainName, found: &Match, index: &Index) -> Vec<RowAnswer> {
    let Some(matched) = &found.matched else {
        return Vec::new();
    };
    let mut rows = vec![RowAnswer {
        register: matched.register.clone(),
        taken_on: matched.taken_on,
        signed: matched.signed,
        row: matched.row.clone(),
    }];
    for at in index.rows_over(name) {
        let row = row_answer((at.snapshot, at.signed, at.row));
        if !rows.contains(&row) {
            rows.push(row);
        }
    }
    rows
}

fn row_answer((snapshot, signed, row): Row<'_>) -> RowAnswer {
    RowAnswer {
        register: snapshot.register.clone(),
        taken_on: snapshot.taken_on,
        signed,
        row: row.clone(),
    }
}

/// How the row names this very address or a parent of it.
fn kind_of(name: &DomainName, matched: &Matched) -> Option<HostKind> {
    name.is_at_or_below(&matched.host).then_some(matched.kind)
}

fn of_meant(query: Query, meant: &Meant<'_>, index: &Index, now: Timestamp) -> Answer {
    let hosts = hosts(meant, index, now);
    let mut found: Vec<(Verdict, Reason)> = Vec::new();
    for row in &meant.rows {
        add_row(&mut found, index, *row, now);
    }
    for warning in &meant.warnings {
        // An alert about a forged copy says nothing against the firm whose licence was copied.
        let verdict = match warning.measure {
            Measure::ForgedDocument => Verdict::LicenceUnconfirmed,
            _ => Verdict::Warned,
        };
        found.push((verdict, warning_reason(warning)));
    }
    for HostAnswer { found: of_host, .. } in &hosts {
        let reasons = of_host.reasons.iter().cloned();
        found.extend(reasons.map(|reason| (of_host.verdict, reason)));
    }
    let of_hosts = hosts
        .iter()
        .flat_map(|host| host.found.also.iter().copied());
    let all: Vec<_> = found.iter().map(|(v, _)| *v).chain(of_hosts).collect();
    let (verdict, also) = match meant.near {
        Some(_) => (Verdict::Lookalike, Vec::new()),
        None => bounded(&all),
    };
    Answer {
        verdict,
        also,
        reasons: reasons(&query, meant, found),
        hosts,
        rows: meant.rows.iter().map(|row| row_answer(*row)).collect(),
        warnings: meant.warnings.iter().map(|w| (*w).clone()).collect(),
        operators: meant.operators.iter().map(|o| (*o).clone()).collect(),
        query,
    }
}

/// The verdict of a name or a number. `licensed`, `blocked` and `suspended` are said of addresses
/// alone: they stand beside, and the name itself is "not confirmed".
fn bounded(all: &[Verdict]) -> (Verdict, Vec<Verdict>) {
    let capped = |verdict: &Verdict| match verdict {
        Verdict::Blocked | Verdict::Suspended | Verdict::Licensed => Verdict::LicenceUnconfirmed,
        other => *other,
    };
    let verdict = all.iter().map(capped).min().unwrap_or(Verdict::Unknown);
    let (first, mut also) = weigh(all.iter().copied());
    also.insert(0, first);
    also.retain(|other| *other != verdict);
    (verdict, also)
}

/// Each reason once, those of the weightiest verdict first, and in the end what a name or a number
/// can prove at all.
fn reasons(query: &Query, meant: &Meant<'_>, mut found: Vec<(Verdict, Reason)>) -> Vec<Reason> {
    found.sort_by_key(|(verdict, _)| *verdict);
    let mut reasons: Vec<Reason> = Vec::new();
    if let Some(name) = meant.near {
        reasons.push(Reason::new("name-close", [("brand", name)]));
    }
    for (_, reason) in found {
        if !reasons.contains(&reason) {
            reasons.push(reason);
        }
    }
    if meant.more > 0 {
        let count = meant.more.to_string();
        reasons.push(Reason::new("more-found", [("count", count.as_str())]));
    }
    let nothing = meant.rows.is_empty() && meant.warnings.is_empty() && meant.operators.is_empty();
    reasons.push(match query {
        Query::Name(_) if nothing => Reason::new("not-found", []),
        Query::Name(_) => Reason::new("name-only", []),
        _ if nothing => Reason::new("number-not-found", [("number", query.text())]),
        _ => Reason::new("number-only", []),
    });
    reasons
}

fn add_row(
    found: &mut Vec<(Verdict, Reason)>,
    index: &Index,
    (snapshot, signed, row): Row<'_>,
    now: Timestamp,
) {
    let verdict = row_verdict(index, snapshot, signed, row, now);
    if verdict != Verdict::Licensed {
        found.push((verdict, reason_of_row(verdict, snapshot, row, now)));
    }
    let mut trading = row
        .all_hosts()
        .filter(|(_, kind)| *kind <= HostKind::Unconfirmed);
    match trading.next() {
        Some((host, kind)) => {
            let at = RowHost {
                snapshot,
                signed,
                row,
                host,
                kind,
            };
            add_standing(&at, now, |verdict, reason| found.push((verdict, reason)));
        }
        None => {
            let args = [("firm", row.firm())];
            found.push((verdict, Reason::new("row-without-host", args)));
        }
    }
}

/// Every address that what is meant stands for, in order of weight. Help desks are left out: nobody
/// trades there.
fn hosts(meant: &Meant<'_>, index: &Index, now: Timestamp) -> Vec<HostAnswer> {
    let mut named: Vec<(&DomainName, Option<HostKind>)> = Vec::new();
    for (.., row) in &meant.rows {
        let hosts = row
            .all_hosts()
            .filter(|(_, kind)| *kind != HostKind::Support);
        named.extend(hosts.map(|(host, kind)| (host, Some(kind))));
    }
    let warned = meant.warnings.iter().flat_map(|warning| &warning.hosts);
    let abroad = meant.operators.iter().map(|operator| &operator.host);
    named.extend(warned.chain(abroad).map(|host| (host, None)));
    let mut answers: Vec<HostAnswer> = Vec::new();
    for (host, kind) in named {
        if answers.iter().all(|held| held.host != *host) {
            answers.push(HostAnswer {
                host: host.clone(),
                kind,
                found: check_host(host, index, now),
            });
        }
    }
    answers.sort_by(|a, b| (a.found.verdict, &a.host).cmp(&(b.found.verdict, &b.host)));
    answers
}
