//! Judging one host: listings first, then warnings, then the register row that names it, and only
//! where none does, the rows it is related to or resembles.

use super::{Known, Match, Matched, Reason, Verdict, resembles};
use crate::{
    DomainName, ListingId, Scope, Timestamp,
    fold::{Listing, ListingState},
    register::{Basis, LicenceRow, Snapshot},
};

/// Judges one host.
pub fn check_host(name: &DomainName, known: &Known, now: Timestamp) -> Match {
    let mut findings = Findings::default();
    find_listing(name, known, &mut findings);
    find_warning(name, known, &mut findings);
    if !find_row(name, known, now, &mut findings) {
        find_relative(name, known, &mut findings);
    }
    findings.into_match()
}

#[derive(Default)]
struct Findings {
    found: Vec<(Verdict, Reason)>,
    listing_id: Option<ListingId>,
    matched: Option<Matched>,
}

impl Findings {
    fn add(&mut self, verdict: Verdict, reason: Reason) {
        self.found.push((verdict, reason));
    }

    fn into_match(mut self) -> Match {
        if self.found.is_empty() {
            self.add(Verdict::Unknown, Reason::new("not-found", []));
        }
        self.found.sort_by_key(|(verdict, _)| *verdict);
        let verdict = self.found[0].0;
        let mut also: Vec<_> = self
            .found
            .iter()
            .map(|(v, _)| *v)
            .filter(|v| *v != verdict)
            .collect();
        also.dedup();
        Match {
            verdict,
            also,
            listing_id: self.listing_id,
            matched: self.matched,
            reasons: self.found.into_iter().map(|(_, reason)| reason).collect(),
        }
    }
}

fn find_listing(name: &DomainName, known: &Known, findings: &mut Findings) {
    let covers = |listing: &&Listing| {
        let list = &listing.statement;
        *name == list.name || (list.scope == Scope::Subtree && name.is_at_or_below(&list.name))
    };
    // The longest listed name speaks for the host.
    let mut covering: Vec<_> = known.listings.iter().filter(covers).collect();
    covering.sort_by_key(|listing| std::cmp::Reverse(listing.statement.name.as_str().len()));
    for listing in covering {
        let id = &listing.statement.listing_id;
        let verdict = match &listing.state {
            ListingState::Listed { .. } => Verdict::Blocked,
            ListingState::Suspended { .. } => Verdict::Suspended,
            _ => continue,
        };
        let code = if verdict == Verdict::Blocked {
            "listed"
        } else {
            "listing-suspended"
        };
        findings.add(
            verdict,
            Reason::new(
                code,
                [
                    ("listing", id.as_str()),
                    ("name", listing.statement.name.as_str()),
                ],
            ),
        );
        findings.listing_id = Some(id.clone());
        return;
    }
}

fn find_warning(name: &DomainName, known: &Known, findings: &mut Findings) {
    for warning in &known.warnings {
        if warning.hosts.iter().any(|host| name.is_at_or_below(host)) {
            let args = [
                ("authority", warning.authority.as_str()),
                ("brand", warning.brand.as_str()),
            ];
            findings.add(Verdict::Warned, Reason::new("warned", args));
            return;
        }
    }
}

/// All rows with the host each names.
fn rows(known: &Known) -> impl Iterator<Item = (&Snapshot, &LicenceRow, &DomainName)> {
    known.snapshots.iter().flat_map(|snapshot| {
        snapshot
            .rows
            .iter()
            .flat_map(move |row| row.hosts.iter().map(move |host| (snapshot, row, host)))
    })
}

/// Looks for rows that name the host or a parent of it; the longest such host decides (rule 4).
fn find_row(name: &DomainName, known: &Known, now: Timestamp, findings: &mut Findings) -> bool {
    let covering = || rows(known).filter(|(_, _, host)| name.is_at_or_below(host));
    let Some(longest) = covering().map(|(_, _, host)| host.as_str().len()).max() else {
        return false;
    };
    let mut best: Option<(Verdict, Matched)> = None;
    for (snapshot, row, host) in covering().filter(|(_, _, host)| host.as_str().len() == longest) {
        let live = row.term().is_some_and(|term| term.covers(now));
        let verdict = if row.has_ended(now) {
            Verdict::LicenceEnded
        } else if live && snapshot.is_fresh(now, known.register_days) {
            Verdict::Licensed
        } else {
            Verdict::LicenceUnconfirmed
        };
        if best.as_ref().is_none_or(|(held, _)| verdict < *held) {
            best = Some((verdict, matched(snapshot, row, host)));
        }
    }
    if let Some((verdict, matched)) = best {
        let day = matched.taken_on.to_string();
        let source = matched.row.source_date.to_string();
        let reason = match (verdict, matched.row.basis) {
            (Verdict::Licensed, _) => Reason::new(
                "register-names-host",
                [
                    ("host", matched.host.as_str()),
                    ("firm", &matched.row.legal_name),
                    ("register", &matched.register),
                    ("day", &day),
                ],
            ),
            (Verdict::LicenceEnded, _) => Reason::new(
                "licence-ended",
                [
                    ("firm", &matched.row.legal_name),
                    (
                        "day",
                        &matched
                            .row
                            .valid_to
                            .map(|day| day.to_string())
                            .unwrap_or_default(),
                    ),
                ],
            ),
            (_, Basis::Register) => Reason::new(
                "snapshot-too-old",
                [("register", &matched.register), ("day", &day)],
            ),
            _ => Reason::new(
                "reported-only",
                [
                    ("firm", &matched.row.legal_name),
                    ("source", &matched.row.source_url),
                    ("day", &source),
                ],
            ),
        };
        findings.add(verdict, reason);
        findings.matched = Some(matched);
    }
    true
}

fn matched(snapshot: &Snapshot, row: &LicenceRow, host: &DomainName) -> Matched {
    Matched {
        register: snapshot.register.clone(),
        taken_on: snapshot.taken_on,
        row: row.clone(),
        host: host.clone(),
    }
}

/// Looks for a host of a register row that is a relative of this one, or that it resembles.
fn find_relative(name: &DomainName, known: &Known, findings: &mut Findings) {
    let registrable = name.registrable();
    for (snapshot, row, host) in rows(known) {
        if registrable.is_some() && registrable == host.registrable() {
            let args = [("host", host.as_str()), ("firm", row.legal_name.as_str())];
            findings.add(
                Verdict::LicensedElsewhere,
                Reason::new("licence-names-other-host", args),
            );
            findings.matched = Some(matched(snapshot, row, host));
            return;
        }
    }
    for (snapshot, row, host) in rows(known) {
        if resembles(name, host) {
            let args = [("host", host.as_str()), ("firm", row.legal_name.as_str())];
            findings.add(Verdict::Lookalike, Reason::new("resembles", args));
            findings.matched = Some(matched(snapshot, row, host));
            return;
        }
    }
}
