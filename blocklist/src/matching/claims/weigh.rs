//! One claim against the rows its number, BIN and name belong to.

use super::{Claim, ClaimFinding, ClaimKind};
use crate::{
    DomainName, Timestamp,
    matching::{
        Index, Reason,
        index::{Bearer, Row},
        names::{Closeness, NameKey},
        number::{authority, is_telling, number_key},
    },
    register::{Basis, HostKind, LicenceRow, LicenceState, is_bin},
};

/// A name with fewer letters is too common to be claimed by itself.
const SHORTEST_NAME: usize = 5;

/// Weighs one claim; `None` where it claims nothing that a register could hold.
pub(super) fn claim(
    name: &DomainName,
    claim: &Claim,
    index: &Index,
    now: Timestamp,
) -> Option<ClaimFinding> {
    let claimed = Claimed {
        host: name,
        claim,
        index,
        now,
        named: of_name(&claim.legal_name, index),
        of_bin: index.rows_of_bin(&claim.bin),
    };
    if number_key(&claim.licence_no).is_empty() {
        return claimed.without_number();
    }
    let rows = claimed.rows_of_number();
    Some(if rows.is_empty() {
        claimed.unknown_number()
    } else {
        claimed.of_number(&rows)
    })
}

/// A claim, and what the registers hold under its parts.
struct Claimed<'a> {
    host: &'a DomainName,
    claim: &'a Claim,
    index: &'a Index,
    now: Timestamp,
    /// Rows that bear the claimed name.
    named: Vec<Row<'a>>,
    of_bin: Vec<Row<'a>>,
}

/// What stands beside a number and does not fit its row.
#[derive(Default)]
struct Differences {
    name: bool,
    bin: bool,
    reasons: Vec<Reason>,
}

impl Claimed<'_> {
    /// Any host of the firm may show its number, but not a site of the group that is not covered.
    fn is_own(&self, row: &LicenceRow) -> bool {
        row.all_hosts()
            .any(|(host, kind)| kind != HostKind::Group && self.host.is_at_or_below(host))
    }

    /// The rows that bear the number. One that names no authority may be written on papers of several, so
    /// it points to a firm only where the host, the name or the BIN does, too.
    fn rows_of_number(&self) -> Vec<Row<'_>> {
        let mut rows = self.index.rows_of_number(&self.claim.licence_no);
        if !is_telling(&number_key(&self.claim.licence_no)) {
            let firms = || self.named.iter().chain(&self.of_bin);
            let claims = |row: &LicenceRow| firms().any(|(.., firm)| std::ptr::eq(*firm, row));
            rows.retain(|(.., row)| self.is_own(row) || claims(row));
        }
        rows
    }

    fn of_number(&self, rows: &[Row<'_>]) -> ClaimFinding {
        // Several rows may bear one number; that which names the host speaks.
        let own = rows.iter().find(|(.., row)| self.is_own(row));
        let Some((.., row)) = own.or(rows.first()) else {
            return self.unknown_number();
        };
        let differences = self.differences(row);
        let mut finding = if own.is_some() {
            self.on_own_host(row, &differences)
        } else {
            self.elsewhere(row, &differences)
        };
        finding.reasons.extend(differences.reasons);
        finding
    }

    fn on_own_host(&self, row: &LicenceRow, differences: &Differences) -> ClaimFinding {
        let args = self.number_of(row);
        let (kind, reason) = match row.state {
            LicenceState::Withdrawn => (ClaimKind::Suspended, Reason::new("claim-withdrawn", args)),
            LicenceState::Suspended => (ClaimKind::Suspended, Reason::new("claim-suspended", args)),
            LicenceState::Active if row.has_ended(self.now) => {
                let day = row.valid_to.map(|day| day.to_string()).unwrap_or_default();
                let [firm, number] = args;
                let args = [firm, number, ("day", day.as_str())];
                (ClaimKind::Expired, Reason::new("claim-ended", args))
            }
            LicenceState::Active if differences.bin => {
                (ClaimKind::BinMismatch, Reason::new("claim-number-of", args))
            }
            LicenceState::Active if differences.name => (
                ClaimKind::NameMismatch,
                Reason::new("claim-number-of", args),
            ),
            LicenceState::Active => (ClaimKind::Agrees, Reason::new("claim-agrees", args)),
        };
        self.finding(kind, Some(row), vec![reason])
    }

    fn elsewhere(&self, row: &LicenceRow, differences: &Differences) -> ClaimFinding {
        let mut reasons = vec![
            Reason::new("claim-number-of", self.number_of(row)),
            self.host_differs(row),
        ];
        let copies: Vec<_> = self
            .index
            .forged_copies_of(&self.claim.licence_no)
            .collect();
        // The name is another firm's that a register knows: three parts, three owners.
        let of_another = differences.name && !self.named.is_empty();
        let kind = if !copies.is_empty() || of_another {
            ClaimKind::Forged
        } else if differences.bin {
            ClaimKind::BinMismatch
        } else if differences.name {
            ClaimKind::NameMismatch
        } else {
            ClaimKind::OtherHost
        };
        for warning in copies {
            let day = warning.published.to_string();
            let args = [
                ("authority", warning.authority.as_str()),
                ("day", day.as_str()),
                ("number", self.claim.licence_no.as_str()),
            ];
            reasons.push(Reason::new("claim-forged-copy", args));
        }
        self.finding(kind, Some(row), reasons)
    }

    fn differences(&self, row: &LicenceRow) -> Differences {
        let mut found = Differences::default();
        let claimed = NameKey::of(&self.claim.legal_name);
        let fits = |name: &str| {
            let held = NameKey::of(name);
            matches!(
                claimed.closeness(&held),
                Some(Closeness::Same | Closeness::Begins)
            ) || held.is_within(&claimed)
        };
        if !claimed.is_empty() && !row.names().any(fits) {
            found.name = true;
            let args = [
                ("claimed", self.claim.legal_name.as_str()),
                ("firm", row.firm()),
                ("number", self.claim.licence_no.as_str()),
            ];
            found.reasons.push(Reason::new("claim-name-differs", args));
            found.reasons.extend(self.name_of_other());
        }
        if !self.claim.bin.is_empty() && !row.bin.is_empty() && self.claim.bin != row.bin {
            found.bin = true;
            found.reasons.push(self.bin_differs(row));
        }
        found
    }

    fn unknown_number(&self) -> ClaimFinding {
        let number = ("number", self.claim.licence_no.as_str());
        let other = self.other_firm();
        let (kind, reason) = match self.register_of_number() {
            // A number that is nobody's, beside the name or BIN of a firm whose host this is not.
            Register::Fresh => {
                let kind = match other {
                    Some(_) => ClaimKind::Forged,
                    None => ClaimKind::UnknownNumber,
                };
                (kind, Reason::new("claim-number-unknown", [number]))
            }
            // The firm may well hold a licence of which our registers know nothing.
            Register::Missing => (
                ClaimKind::Unverified,
                Reason::new("claim-register-missing", [number]),
            ),
            Register::Old { register, day } => {
                let args = [
                    number,
                    ("register", register.as_str()),
                    ("day", day.as_str()),
                ];
                (
                    ClaimKind::Unverified,
                    Reason::new("claim-register-old", args),
                )
            }
        };
        let mut reasons = vec![reason];
        if let Some(row) = other {
            reasons.extend(self.name_of_other());
            reasons.push(self.host_differs(row));
        }
        self.finding(kind, other, reasons)
    }

    /// The firm of the claimed name or BIN, where this is the host of none that bears them.
    fn other_firm(&self) -> Option<&LicenceRow> {
        let firms = || self.named.iter().chain(&self.of_bin);
        let own = firms().any(|(.., row)| self.is_own(row));
        let (.., row) = firms().next().filter(|_| !own)?;
        Some(row)
    }

    /// Whether the register that a number of this form would stand in is held, signed and fresh. A
    /// register is known by the numbers it holds: those of one authority begin alike.
    fn register_of_number(&self) -> Register {
        let key = number_key(&self.claim.licence_no);
        let mut found = Register::Missing;
        let Some(wanted) = authority(&key) else {
            return found;
        };
        for snapshot in &self.index.snapshots {
            let of_register = snapshot
                .rows
                .iter()
                .filter(|row| row.basis == Basis::Register);
            let mut keys = of_register.map(|row| number_key(&row.licence_no));
            if !keys.any(|key| authority(&key) == Some(wanted)) {
                continue;
            }
            if snapshot.is_fresh(self.now, self.index.register_days) {
                return Register::Fresh;
            }
            found = Register::Old {
                register: snapshot.register.clone(),
                day: snapshot.taken_on.to_string(),
            };
        }
        found
    }

    /// A firm's BIN or name on a host that is not its own. On its own host it says nothing new.
    fn without_number(&self) -> Option<ClaimFinding> {
        if self
            .named
            .iter()
            .chain(&self.of_bin)
            .any(|(.., row)| self.is_own(row))
        {
            return None;
        }
        let bin = ("bin", self.claim.bin.as_str());
        if let Some((.., row)) = self.of_bin.first() {
            let of = Reason::new("claim-bin-of-other", [bin, ("firm", row.firm())]);
            let other = self.named.iter().find(|(.., named)| named.bin != row.bin);
            let (kind, row) = match other {
                Some((.., named)) => (ClaimKind::BinMismatch, *named),
                None => (ClaimKind::NameOnly, *row),
            };
            let mut reasons = vec![of];
            reasons.extend(self.name_of_other());
            reasons.push(self.host_differs(row));
            return Some(self.finding(kind, Some(row), reasons));
        }
        let (.., row) = self.named.first()?;
        let mut reasons: Vec<Reason> = self.name_of_other().into_iter().collect();
        let differs = is_bin(&self.claim.bin) && !row.bin.is_empty();
        let kind = if differs {
            reasons.push(self.bin_differs(row));
            ClaimKind::BinMismatch
        } else {
            ClaimKind::NameOnly
        };
        reasons.push(self.host_differs(row));
        Some(self.finding(kind, Some(row), reasons))
    }

    fn number_of<'a>(&'a self, row: &'a LicenceRow) -> [(&'a str, &'a str); 2] {
        [
            ("firm", row.firm()),
            ("number", self.claim.licence_no.as_str()),
        ]
    }

    fn name_of_other(&self) -> Option<Reason> {
        let (.., row) = self.named.first()?;
        let claimed = ("claimed", self.claim.legal_name.as_str());
        Some(Reason::new(
            "claim-name-of-other",
            [claimed, ("firm", row.firm())],
        ))
    }

    fn bin_differs(&self, row: &LicenceRow) -> Reason {
        let args = [
            ("bin", self.claim.bin.as_str()),
            ("firm", row.firm()),
            ("held", row.bin.as_str()),
        ];
        Reason::new("claim-bin-differs", args)
    }

    /// Why it is not the firm's own site.
    fn host_differs(&self, row: &LicenceRow) -> Reason {
        let hosts: Vec<&str> = row.hosts.iter().map(DomainName::as_str).collect();
        let hosts = if hosts.is_empty() {
            "–".to_owned()
        } else {
            hosts.join(", ")
        };
        let args = [
            ("firm", row.firm()),
            ("host", self.host.as_str()),
            ("hosts", hosts.as_str()),
        ];
        Reason::new("claim-host-differs", args)
    }

    fn finding(
        &self,
        kind: ClaimKind,
        row: Option<&LicenceRow>,
        reasons: Vec<Reason>,
    ) -> ClaimFinding {
        ClaimFinding {
            kind,
            claim: self.claim.clone(),
            firm: row.map(|row| row.firm().to_owned()),
            hosts: row.map(|row| row.hosts.clone()).unwrap_or_default(),
            reasons,
        }
    }
}

enum Register {
    Fresh,
    Old { register: String, day: String },
    Missing,
}

/// Rows whose name is the claimed one, word for word.
fn of_name<'a>(legal_name: &str, index: &'a Index) -> Vec<Row<'a>> {
    let asked = NameKey::of(legal_name);
    if asked.joined().plain.chars().count() < SHORTEST_NAME {
        return Vec::new();
    }
    let hits = index.names_sharing(&asked).into_iter();
    let same = hits.filter(|hit| hit.closeness == Closeness::Same);
    let rows = same.filter_map(|hit| match hit.bearer {
        Bearer::Row(id) => index.row(id),
        Bearer::Warning(_) | Bearer::Operator(_) => None,
    });
    rows.collect()
}
