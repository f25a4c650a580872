//! Licence registers as they were on a day. Status comes from here, never from a site's own words.

mod bin;
mod diff;
pub mod notices;
mod row;
mod source_date;
pub mod table;
mod warning;

use std::collections::{HashMap, HashSet};

use serde::{Deserialize, Serialize};

pub use bin::is_bin;
pub use diff::{Changed, Diff};
pub use row::{Basis, HostKind, HostProof, LicenceRow, LicenceState, RelatedHost};
pub use source_date::SourceDate;
pub use warning::{Mapping, Measure, Warning};

use crate::{
    Digest, DomainName, Timestamp,
    statement::{MAX_REGISTER_NAME, RegisterHost, Term},
    time::{DAY_SECONDS, Day},
};

/// A register on a day.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Snapshot {
    /// Short name of the register, such as `afsa`.
    pub register: String,
    /// The day it shows.
    #[serde(alias = "taken_at")]
    pub taken_on: Day,
    /// Where it was taken from.
    pub source: String,
    /// Its rows.
    #[serde(default)]
    pub rows: Vec<LicenceRow>,
    /// Names in an authority's notices, where this is a list of those.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub warnings: Vec<Warning>,
    /// What a reader should know of it as a whole.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub notes: String,
    /// Where a person looks a firm up in this register.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub lookup_url: String,
    /// Hash of the file it was read from: a saved page or a table somebody made.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub raw_sha256: Option<Digest>,
}

/// Why a snapshot cannot be read.
#[derive(Debug, thiserror::Error)]
pub enum SnapshotError {
    /// Not JSON of the right shape; the message holds line and column.
    #[error("the register snapshot cannot be read: {0}")]
    Json(#[from] serde_json::Error),
    /// A register without a name, or with one that is too long.
    #[error("the register's name is {0} characters long; give it one of 1 to {MAX_REGISTER_NAME}")]
    Name(usize),
    /// A field that says what cannot be.
    #[error("row `{record_id}`, {field}: {problem}")]
    Row {
        /// The row.
        record_id: String,
        /// The field.
        field: &'static str,
        /// What is wrong, and what to write.
        problem: String,
    },
}

impl Snapshot {
    /// Reads a snapshot file.
    pub fn from_json(bytes: &[u8]) -> Result<Self, SnapshotError> {
        let snapshot: Self = serde_json::from_slice(bytes)?;
        for row in &snapshot.rows {
            row.check_bin()?;
        }
        Ok(snapshot)
    }

    /// Checks what is asked of a snapshot before anybody signs it. Those in the log are read without
    /// this: what was signed stands.
    ///
    /// # Errors
    /// The first row and field that cannot be, and why.
    pub fn check(&self) -> Result<(), SnapshotError> {
        let name = self.register.chars().count();
        if !(1..=MAX_REGISTER_NAME).contains(&name) {
            return Err(SnapshotError::Name(name));
        }
        let mut seen = HashSet::new();
        for row in &self.rows {
            let id = &row.record_id;
            row.check_bin()?;
            let term = (row.valid_from, row.valid_to);
            let problem = if !seen.insert(id) || id.is_empty() {
                Some(("record_id", "every row needs one of its own"))
            } else if row.firm().trim().is_empty() {
                Some((
                    "legal_name",
                    "give the firm's registered name, or its brand",
                ))
            } else if matches!(term, (Some(from), Some(to)) if to < from) {
                Some(("valid_to", "the term ends before it begins"))
            } else if row
                .related
                .iter()
                .any(|host| host.kind == HostKind::Trading)
            {
                Some(("related", "hosts of the licensed service stand in `hosts`"))
            } else if row.source_url.trim().is_empty() {
                Some(("source_url", "say where the row was read"))
            } else if row.proofs.iter().any(|proof| !row.names_host(&proof.host)) {
                Some(("proofs", "each is of a host that the row names"))
            } else if row
                .proofs
                .iter()
                .any(|proof| proof.source_url.trim().is_empty())
            {
                Some(("proofs", "say where each host was read"))
            } else {
                None
            };
            refuse(id, problem)?;
        }
        for warning in &self.warnings {
            let id = &warning.record_id;
            let problem = if !seen.insert(id) || id.is_empty() {
                Some(("record_id", "every warning needs one of its own"))
            } else if warning.brand.trim().is_empty() {
                Some(("brand", "give the name as the notice has it"))
            } else if warning.authority.trim().is_empty() {
                Some(("authority", "say who published it"))
            } else if warning.source_url.trim().is_empty() {
                Some(("source_url", "say where it was read"))
            } else {
                None
            };
            refuse(id, problem)?;
        }
        Ok(())
    }

    /// Hash of the snapshot's canonical form.
    pub fn digest(&self) -> Digest {
        // Rows are strings and dates, which always have a canonical form.
        Digest::of(&crate::statement::to_canonical(self).unwrap_or_default())
    }

    /// Whether the snapshot is young enough at `now` to say that a licence is live.
    pub fn is_fresh(&self, now: Timestamp, days: u32) -> bool {
        now < self.taken_on.end().plus(i64::from(days) * DAY_SECONDS)
    }

    /// What the log carries of this snapshot: every host any row names, and where a row of basis
    /// `register` makes it licensed, the term.
    pub fn hosts(&self) -> Vec<RegisterHost> {
        let mut hosts: Vec<RegisterHost> = Vec::new();
        let mut places: HashMap<&DomainName, usize> = HashMap::new();
        for row in &self.rows {
            let term = row.term();
            for (name, kind) in row.all_hosts() {
                // Only an address of the licensed service itself can be licensed; the others are
                // protected, not cleared.
                let term = term.filter(|_| kind == HostKind::Trading);
                let place = *places.entry(name).or_insert(hosts.len());
                match hosts.get_mut(place) {
                    // Several licences may name a host: the one that lasts longest speaks for it.
                    Some(held) => held.licensed = longer(held.licensed, term),
                    None => hosts.push(RegisterHost {
                        name: name.clone(),
                        licensed: term,
                    }),
                }
            }
        }
        hosts
    }
}

impl LicenceRow {
    fn names_host(&self, name: &DomainName) -> bool {
        self.all_hosts().any(|(host, _)| host == name)
    }

    fn check_bin(&self) -> Result<(), SnapshotError> {
        let wrong = !self.bin.is_empty() && !is_bin(&self.bin);
        let problem = wrong.then(|| {
            let shown: String = self.bin.chars().take(40).collect();
            format!("`{shown}` is not a BIN (12 digits, the last a check digit)")
        });
        refuse(&self.record_id, problem.map(|problem| ("bin", problem)))
    }
}

fn refuse(
    record_id: &str,
    problem: Option<(&'static str, impl Into<String>)>,
) -> Result<(), SnapshotError> {
    problem.map_or(Ok(()), |(field, problem)| {
        Err(SnapshotError::Row {
            record_id: record_id.chars().take(80).collect(),
            field,
            problem: problem.into(),
        })
    })
}

fn longer(a: Option<Term>, b: Option<Term>) -> Option<Term> {
    match (a, b) {
        (Some(a), Some(b)) => {
            let end = |term: Term| term.to.map_or(Timestamp(i64::MAX), Day::end);
            Some(if end(b) > end(a) { b } else { a })
        }
        (a, b) => a.or(b),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(basis: &str, from: &str, to: &str) -> String {
        format!(
            r#"{{"record_id":"r","regulator":"AFSA","legal_name":"Demo Ltd.","basis":"{basis}",
            "valid_from":"{from}","valid_to":"{to}","hosts":["a.test"],
            "source_url":"https://register.test/","source_date":"2026-11-01"}}"#
        )
    }

    fn snapshot(rows: &[String]) -> Snapshot {
        let text = format!(
            r#"{{"register":"afsa-demo","taken_on":"2026-11-20","source":"x","rows":[{}]}}"#,
            rows.join(",")
        );
        Snapshot::from_json(text.as_bytes()).unwrap()
    }

    #[test]
    fn only_the_register_itself_makes_a_host_licensed() {
        for basis in ["letter", "secondary"] {
            let hosts = snapshot(&[row(basis, "2025-01-01", "2028-01-01")]).hosts();
            assert_eq!(hosts.len(), 1, "the host is protected");
            assert_eq!(hosts[0].licensed, None, "{basis} proves no licence");
        }
        let hosts = snapshot(&[
            row("register", "2025-01-01", "2026-01-01"),
            row("register", "2025-06-01", "2028-01-01"),
        ])
        .hosts();
        assert_eq!(hosts.len(), 1);
        assert_eq!(
            hosts[0].licensed.unwrap().to,
            Some(Day::parse("2028-01-01").unwrap())
        );
    }

    #[test]
    fn errors_say_where() {
        let error = Snapshot::from_json(b"{\n  \"register\": 7\n}")
            .unwrap_err()
            .to_string();
        assert!(error.contains("line 2"), "{error}");
    }

    /// What was signed before later fields existed must keep its hash for ever.
    #[test]
    fn an_old_snapshot_keeps_its_bytes() {
        let snapshot = snapshot(&[row("register", "2025-01-01", "2028-01-01")]);
        assert_eq!(
            snapshot.digest().to_string(),
            "5b39f2ccc91dbd0a9061e17f7ef4fe9f220c2e8125b16921e589811d93a2673f"
        );
    }

    #[test]
    fn hosts_beside_the_service_are_protected_but_never_licensed() {
        let related = r#""hosts":["a.test"],"related":[{"name":"group.test","kind":"group"},
            {"name":"help.test","kind":"support"},{"name":"maybe.test","kind":"unconfirmed"}],"#;
        let text =
            row("register", "2025-01-01", "2028-01-01").replace(r#""hosts":["a.test"],"#, related);
        let hosts = snapshot(&[text]).hosts();
        let licensed: Vec<_> = hosts
            .iter()
            .map(|host| (host.name.as_str(), host.licensed.is_some()))
            .collect();
        assert_eq!(
            licensed,
            [
                ("a.test", true),
                ("group.test", false),
                ("help.test", false),
                ("maybe.test", false)
            ]
        );
    }

    #[test]
    fn a_row_that_cannot_be_is_refused_by_field() {
        let good = row("register", "2025-01-01", "2028-01-01");
        assert!(snapshot(std::slice::from_ref(&good)).check().is_ok());
        for (rows, field) in [
            (vec![good.clone(), good.clone()], "record_id"),
            (
                vec![row("register", "2025-01-01", "2024-01-01")],
                "valid_to",
            ),
            (vec![good.replace("Demo Ltd.", " ")], "legal_name"),
            (
                vec![good.replace("https://register.test/", "")],
                "source_url",
            ),
            (
                vec![good.replace(
                    r#""hosts":["a.test"]"#,
                    r#""related":[{"name":"a.test","kind":"trading"}]"#,
                )],
                "related",
            ),
            (
                vec![good.replace(
                    r#""hosts":["a.test"]"#,
                    r#""hosts":["a.test"],"proofs":[{"host":"b.test","basis":"letter",
                    "source_url":"https://r.test/","source_date":"2026-11-01"}]"#,
                )],
                "proofs",
            ),
        ] {
            let error = snapshot(&rows).check().unwrap_err().to_string();
            assert!(error.contains(field), "{field}: {error}");
        }
    }
}
