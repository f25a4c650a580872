//! Judging one host: listings first, then warnings, then the register row that names it, and only
//! where none does, the rows it is related to or resembles. The longest host that covers the name
//! speaks for it.

use super::{Index, Known, Match, Matched, Reason, Verdict, known::RowHost};
use crate::{
    DomainName, ListingId, Scope, Timestamp,
    fold::ListingState,
    register::{Basis, HostKind, LicenceRow, LicenceState, Mapping, Measure, Snapshot, Warning},
};

/// Judges one host.
pub fn check_host(name: &DomainName, index: &Index, now: Timestamp) -> Match {
    let mut findings = Findings::default();
    find_listing(name, index, &mut findings);
    if let Some(warning) = index.warnings_over(name).next() {
        findings.add(Verdict::Warned, warning_reason(warning));
    }
    if !find_row(name, index, now, &mut findings)
        && !find_group(name, index, &mut findings)
        && !find_relative(name, index, &mut findings)
        && !find_alike(name, index, &mut findings)
    {
        find_operator(name, index, &mut findings);
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
        let (verdict, also) = super::weigh(self.found.iter().map(|(verdict, _)| *verdict));
        Match {
            verdict,
            also,
            listing_id: self.listing_id,
            matched: self.matched,
            reasons: self.found.into_iter().map(|(_, reason)| reason).collect(),
        }
    }
}

/// The longest listed name that is in force, or held back, speaks for the host.
fn find_listing(name: &DomainName, index: &Index, findings: &mut Findings) {
    for listing in index.listings_over(name) {
        let list = &listing.statement;
        if *name != list.name && list.scope != Scope::Subtree {
            continue;
        }
        let (verdict, code) = match &listing.state {
            ListingState::Listed { .. } => (Verdict::Blocked, "listed"),
            ListingState::Suspended { .. } => (Verdict::Suspended, "listing-suspended"),
            _ => continue,
        };
        let args = [
            ("listing", list.listing_id.as_str()),
            ("name", list.name.as_str()),
        ];
        findings.add(verdict, Reason::new(code, args));
        findings.listing_id = Some(list.listing_id.clone());
        return;
    }
}

/// What an authority has published, in words that say no more than it did.
///
/// There is one verdict for all of it: an authority has acted in public against the name, and we
/// enforce nothing. A block that is only reported is no listing of ours: we do not hold the order.
pub(super) fn warning_reason(warning: &Warning) -> Reason {
    let code = match (warning.measure, warning.mapping) {
        (Measure::Warning, Mapping::Ours) => "warned",
        (Measure::Warning, Mapping::Source) => "warned-by-host",
        (Measure::AccessRestricted, _) => "reported-block",
        (Measure::Investigation, _) => "reported-investigation",
        (Measure::Exposed, _) => "reported-exposed",
        (Measure::Liquidated, _) => "reported-liquidated",
        (Measure::ForgedDocument, _) => "forged-copy",
    };
    let published = warning.published.to_string();
    Reason::new(
        code,
        [
            ("authority", warning.authority.as_str()),
            ("brand", warning.brand.as_str()),
            ("day", &published),
        ],
    )
}

/// Looks for rows that name the host or a parent of it; the longest such host decides (rule 4). Of
/// several rows that name it the one that says most speaks, and the others are told of.
fn find_row(name: &DomainName, index: &Index, now: Timestamp, findings: &mut Findings) -> bool {
    let mut covering: Vec<(Verdict, RowHost<'_>)> = index
        .rows_over(name)
        .into_iter()
        .map(|at| (verdict_of_host(index, &at, now), at))
        .collect();
    covering.sort_by_key(|(verdict, _)| *verdict);
    let Some(((verdict, at), others)) = covering.split_first() else {
        return false;
    };
    findings.add(*verdict, reason_of_host(*verdict, at, now));
    if at.kind <= HostKind::Unconfirmed {
        add_standing(at, now, |verdict, reason| findings.add(verdict, reason));
    }
    if at.kind == HostKind::Trading && *verdict != Verdict::LicenceEnded {
        findings.add(*verdict, bank_reason(at.row));
    }
    for (other, row) in others {
        if let Some(reason) = other_licence(at.row, *other, row) {
            findings.add(*other, reason);
        }
    }
    findings.matched = Some(matched(at));
    true
}

/// Another licence of the firm, or another firm's, that names the same host.
fn other_licence(spoken: &LicenceRow, verdict: Verdict, other: &RowHost<'_>) -> Option<Reason> {
    let row = other.row;
    let told = row.licence_no == spoken.licence_no && row.firm() == spoken.firm();
    if told || row.licence_no.is_empty() || other.kind != HostKind::Trading {
        return None;
    }
    let code = match verdict {
        Verdict::Licensed => "other-licence-live",
        Verdict::LicenceEnded => "other-licence-ended",
        _ => "other-licence-unconfirmed",
    };
    let args = [("firm", row.firm()), ("number", row.licence_no.as_str())];
    Some(Reason::new(code, args))
}

/// Whether a bank of Kazakhstan stands beside the licence: lawful trading needs both.
fn bank_reason(row: &LicenceRow) -> Reason {
    if row.banks.is_empty() {
        return Reason::new("bank-unknown", [("firm", row.firm())]);
    }
    let banks = row.banks.join(", ");
    Reason::new("bank-known", [("firm", row.firm()), ("banks", &banks)])
}

/// What a row says of one of its hosts.
fn verdict_of_host(known: &Known, at: &RowHost<'_>, now: Timestamp) -> Verdict {
    match at.kind {
        HostKind::Trading => row_verdict(known, at.snapshot, at.signed, at.row, now),
        // What is not known to be the firm's is never cleared by the firm's licence.
        HostKind::Unconfirmed => Verdict::LicenceUnconfirmed,
        HostKind::Support | HostKind::Group => Verdict::LicensedElsewhere,
    }
}

/// What a row says of the licence itself (rule 5): only a live row of the register, in a fresh
/// snapshot that two officers signed, says "licensed".
pub fn row_verdict(
    known: &Known,
    snapshot: &Snapshot,
    signed: bool,
    row: &LicenceRow,
    now: Timestamp,
) -> Verdict {
    let live = row.term().is_some_and(|term| term.covers(now));
    if row.has_ended(now) {
        Verdict::LicenceEnded
    } else if signed && live && snapshot.is_fresh(now, known.register_days) {
        Verdict::Licensed
    } else {
        Verdict::LicenceUnconfirmed
    }
}

fn reason_of_host(verdict: Verdict, at: &RowHost<'_>, now: Timestamp) -> Reason {
    let (host, firm) = (at.host.as_str(), at.row.firm());
    let register = at.snapshot.register.as_str();
    let day = at.snapshot.taken_on.to_string();
    match (at.kind, verdict) {
        (HostKind::Group, _) => Reason::new("group-host", [("host", host), ("firm", firm)]),
        (HostKind::Support, _) => Reason::new("support-host", [("host", host), ("firm", firm)]),
        (HostKind::Unconfirmed, _) => {
            Reason::new("host-unconfirmed", [("host", host), ("firm", firm)])
        }
        (HostKind::Trading, Verdict::Licensed) => Reason::new(
            "register-names-host",
            [
                ("host", host),
                ("firm", firm),
                ("register", register),
                ("day", &day),
            ],
        ),
        (HostKind::Trading, _) => reason_of_row(verdict, at.snapshot, at.row, now),
    }
}

/// Why a row that does not say "licensed" says what it says.
pub(super) fn reason_of_row(
    verdict: Verdict,
    snapshot: &Snapshot,
    row: &LicenceRow,
    now: Timestamp,
) -> Reason {
    let firm = ("firm", row.firm());
    let of_day = |code, day: String| Reason::new(code, [firm, ("day", day.as_str())]);
    if verdict == Verdict::LicenceEnded {
        return match (row.state, row.valid_to) {
            (LicenceState::Withdrawn, _) => Reason::new("licence-withdrawn", [firm]),
            (LicenceState::Suspended, _) => Reason::new("licence-suspended", [firm]),
            (LicenceState::Active, last) => {
                let last = last.map(|day| day.to_string()).unwrap_or_default();
                of_day("licence-ended", last)
            }
        };
    }
    if row.basis != Basis::Register {
        let args = [
            firm,
            ("source", row.source_url.as_str()),
            ("day", &row.source_date.to_string()),
        ];
        return Reason::new("reported-only", args);
    }
    match row.valid_from {
        None => Reason::new("licence-without-term", [firm]),
        Some(from) if now < from.start() => of_day("licence-not-yet", from.to_string()),
        Some(_) => {
            let day = snapshot.taken_on.to_string();
            let args = [("register", snapshot.register.as_str()), ("day", &day)];
            Reason::new("snapshot-too-old", args)
        }
    }
}

/// What else a row says that a reader needs: that its source quotes a term that is over, and where
/// to look. A quoted end is no proven end, so it stands beside the verdict, not in its place.
pub(super) fn add_standing(at: &RowHost<'_>, now: Timestamp, mut add: impl FnMut(Verdict, Reason)) {
    let row = at.row;
    if at.kind == HostKind::Unconfirmed && row.basis == Basis::Secondary {
        let reported = reason_of_row(Verdict::LicenceUnconfirmed, at.snapshot, row, now);
        add(Verdict::LicenceUnconfirmed, reported);
    }
    if let Some(last) = row.valid_to.filter(|_| row.quoted_end(now)) {
        let args = [("firm", row.firm()), ("day", &last.to_string())];
        add(
            Verdict::LicenceEnded,
            Reason::new("quoted-term-ended", args),
        );
    }
    let lookup = if row.register_url.is_empty() {
        &at.snapshot.lookup_url
    } else {
        &row.register_url
    };
    if row.basis != Basis::Register && lookup.starts_with("https://") {
        let args = [("regulator", row.regulator.as_str()), ("url", lookup)];
        add(Verdict::LicenceUnconfirmed, Reason::new("look-up", args));
    }
}

fn matched(at: &RowHost<'_>) -> Matched {
    Matched {
        register: at.snapshot.register.clone(),
        taken_on: at.snapshot.taken_on,
        row: at.row.clone(),
        host: at.host.clone(),
        kind: at.kind,
        signed: at.signed,
    }
}

/// Looks for a widely known site abroad whose brand a row bears: the licence is for another host.
fn find_group(name: &DomainName, index: &Index, findings: &mut Findings) -> bool {
    let mut bearing = index
        .operators_over(name)
        .filter_map(|(operator, row)| Some((operator, row?)));
    let Some((operator, at)) = bearing.next() else {
        return false;
    };
    let args = [("host", operator.host.as_str()), ("firm", at.row.firm())];
    findings.add(Verdict::LicensedElsewhere, Reason::new("group-host", args));
    findings.matched = Some(matched(&at));
    true
}

/// Looks for a host of a register row under the same registrable domain.
fn find_relative(name: &DomainName, index: &Index, findings: &mut Findings) -> bool {
    let Some(at) = index.relative_of(name) else {
        return false;
    };
    let args = [("host", at.host.as_str()), ("firm", at.row.firm())];
    let reason = Reason::new("licence-names-other-host", args);
    findings.add(Verdict::LicensedElsewhere, reason);
    findings.matched = Some(matched(&at));
    true
}

/// Looks for a host of a register row that this one resembles. An exchange abroad that is known by
/// a name of its own resembles nobody.
fn find_alike(name: &DomainName, index: &Index, findings: &mut Findings) -> bool {
    if index.operators_over(name).next().is_some() {
        return false;
    }
    let Some((at, alike)) = index.alike(name) else {
        return false;
    };
    let (host, firm) = (("host", at.host.as_str()), ("firm", at.row.firm()));
    let differs = [("asked", name.as_str()), firm, host];
    for reason in [
        Reason::new("resembles", [host, firm]),
        alike.reason(),
        Reason::new("host-differs", differs),
    ] {
        findings.add(Verdict::Lookalike, reason);
    }
    findings.matched = Some(matched(&at));
    true
}

/// Says that a site is an exchange abroad that nobody here has a record of.
fn find_operator(name: &DomainName, index: &Index, findings: &mut Findings) {
    if let Some((operator, _)) = index.operators_over(name).next() {
        let args = [
            ("brand", operator.name.as_str()),
            ("host", operator.host.as_str()),
        ];
        findings.add(Verdict::Unknown, Reason::new("foreign-exchange", args));
    }
}
