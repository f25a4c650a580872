//! Judging one host: listings first, then warnings, then the register row that names it, and only
//! where none does, the rows it is related to or resembles. The longest host that covers the name
//! speaks for it.

use super::{Known, Match, Matched, Reason, Verdict, known::RowHost, names::NameKey, resembles};
use crate::{
    DomainName, ListingId, Scope, Timestamp,
    fold::{Listing, ListingState},
    register::{Basis, HostKind, LicenceRow, Mapping, Measure, Snapshot, Warning},
};

/// Judges one host.
pub fn check_host(name: &DomainName, known: &Known, now: Timestamp) -> Match {
    let mut findings = Findings::default();
    find_listing(name, known, &mut findings);
    find_warning(name, known, &mut findings);
    if !find_row(name, known, now, &mut findings)
        && !find_group(name, known, &mut findings)
        && !find_relative(name, known, &mut findings)
    {
        find_operator(name, known, &mut findings);
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
    let covers = |warning: &&Warning| {
        warning.measure != Measure::ForgedDocument
            && warning.hosts.iter().any(|host| name.is_at_or_below(host))
    };
    if let Some(warning) = known.warnings.iter().find(covers) {
        findings.add(Verdict::Warned, warning_reason(warning));
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

/// Looks for rows that name the host or a parent of it; the longest such host decides (rule 4).
fn find_row(name: &DomainName, known: &Known, now: Timestamp, findings: &mut Findings) -> bool {
    let covering = || known.row_hosts().filter(|at| name.is_at_or_below(at.host));
    let Some(longest) = covering().map(|at| at.host.as_str().len()).max() else {
        return false;
    };
    let speaks = covering()
        .filter(|at| at.host.as_str().len() == longest)
        .map(|at| (verdict_of_host(known, &at, now), at))
        .min_by_key(|(verdict, _)| *verdict);
    if let Some((verdict, at)) = speaks {
        findings.add(verdict, reason_of_host(verdict, &at));
        if at.kind <= HostKind::Unconfirmed {
            add_standing(&at, now, |verdict, reason| findings.add(verdict, reason));
        }
        findings.matched = Some(matched(&at));
    }
    true
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

fn reason_of_host(verdict: Verdict, at: &RowHost<'_>) -> Reason {
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
        (HostKind::Trading, _) => reason_of_row(verdict, at.snapshot, at.row),
    }
}

/// Why a row that does not say "licensed" says what it says.
pub(super) fn reason_of_row(verdict: Verdict, snapshot: &Snapshot, row: &LicenceRow) -> Reason {
    let firm = row.firm();
    match (verdict, row.basis) {
        (Verdict::LicenceEnded, _) => {
            let last = row.valid_to.map(|day| day.to_string()).unwrap_or_default();
            Reason::new("licence-ended", [("firm", firm), ("day", &last)])
        }
        (_, Basis::Register) => Reason::new(
            "snapshot-too-old",
            [
                ("register", snapshot.register.as_str()),
                ("day", &snapshot.taken_on.to_string()),
            ],
        ),
        _ => Reason::new(
            "reported-only",
            [
                ("firm", firm),
                ("source", &row.source_url),
                ("day", &row.source_date.to_string()),
            ],
        ),
    }
}

/// What else a row says that a reader needs: that its source quotes a term that is over, and where
/// to look. A quoted end is no proven end, so it stands beside the verdict, not in its place.
pub(super) fn add_standing(at: &RowHost<'_>, now: Timestamp, mut add: impl FnMut(Verdict, Reason)) {
    let row = at.row;
    if at.kind == HostKind::Unconfirmed && row.basis == Basis::Secondary {
        let reported = reason_of_row(Verdict::LicenceUnconfirmed, at.snapshot, row);
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
fn find_group(name: &DomainName, known: &Known, findings: &mut Findings) -> bool {
    let operators = known.operators.iter();
    for operator in operators.filter(|operator| name.is_at_or_below(&operator.host)) {
        let theirs = NameKey::of(&operator.name);
        let bears_brand = |at: &RowHost<'_>| {
            !at.row.brand.is_empty() && NameKey::of(&at.row.brand).is_within(&theirs)
        };
        if let Some(at) = known.row_hosts().find(bears_brand) {
            let args = [("host", operator.host.as_str()), ("firm", at.row.firm())];
            findings.add(Verdict::LicensedElsewhere, Reason::new("group-host", args));
            findings.matched = Some(matched(&at));
            return true;
        }
    }
    false
}

/// Looks for a host of a register row that is a relative of this one, or that it resembles.
fn find_relative(name: &DomainName, known: &Known, findings: &mut Findings) -> bool {
    // Help desks stand below names that many firms share.
    let own = || known.row_hosts().filter(|at| at.kind != HostKind::Support);
    let registrable = name.registrable();
    let relative = own().find(|at| registrable.is_some() && registrable == at.host.registrable());
    let found = match relative {
        Some(at) => Some((at, Verdict::LicensedElsewhere, "licence-names-other-host")),
        None => own()
            .find(|at| resembles(name, at.host))
            .map(|at| (at, Verdict::Lookalike, "resembles")),
    };
    let Some((at, verdict, code)) = found else {
        return false;
    };
    let args = [("host", at.host.as_str()), ("firm", at.row.firm())];
    findings.add(verdict, Reason::new(code, args));
    findings.matched = Some(matched(&at));
    true
}

/// Says that a site is an exchange abroad that nobody here has a record of.
fn find_operator(name: &DomainName, known: &Known, findings: &mut Findings) {
    let covers = |host: &DomainName| name.is_at_or_below(host);
    if let Some(operator) = known.operators.iter().find(|o| covers(&o.host)) {
        let args = [
            ("brand", operator.name.as_str()),
            ("host", operator.host.as_str()),
        ];
        findings.add(Verdict::Unknown, Reason::new("foreign-exchange", args));
    }
}
