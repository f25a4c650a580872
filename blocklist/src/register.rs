//! Licence registers as they were on a day. Status comes from here, never from a site's own words.

use serde::{Deserialize, Serialize};

use crate::{
    Digest, DomainName, Timestamp,
    statement::{RegisterHost, Term},
    time::{DAY_SECONDS, Day},
};

/// How we know what a row says.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Basis {
    /// Read in the register itself: the only basis that can say "licensed".
    Register,
    /// A letter of the regulator.
    Letter,
    /// Press, the firm's own terms, or memory.
    Secondary,
}

/// What the register says of the licence, apart from its term.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum LicenceState {
    /// In force within its term.
    #[default]
    Active,
    /// Suspended by the regulator.
    Suspended,
    /// Withdrawn by the regulator.
    Withdrawn,
}

/// One licence of one firm.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LicenceRow {
    /// Our stable name for the row.
    pub record_id: String,
    /// The regulator, such as `AFSA`.
    pub regulator: String,
    /// The firm's registered name.
    pub legal_name: String,
    /// The name people know.
    #[serde(default)]
    pub brand: String,
    /// Business identification number: 12 digits, or empty when unknown.
    #[serde(default)]
    pub bin: String,
    /// Licence number, or empty when unknown.
    #[serde(default)]
    pub licence_no: String,
    /// What the licence allows.
    #[serde(default)]
    pub activities: Vec<String>,
    /// How we know.
    pub basis: Basis,
    /// What the register says of it.
    #[serde(default)]
    pub state: LicenceState,
    /// First day of the term.
    #[serde(default)]
    pub valid_from: Option<Day>,
    /// Last day of the term; `None` where the register gives no end.
    #[serde(default)]
    pub valid_to: Option<Day>,
    /// Hosts the row names.
    #[serde(default)]
    pub hosts: Vec<DomainName>,
    /// Kazakh banks the firm is connected with: lawful trading needs the licence and a bank.
    #[serde(default)]
    pub banks: Vec<String>,
    /// Where a person looks the row up.
    #[serde(default)]
    pub register_url: String,
    /// Where the row was read.
    pub source_url: String,
    /// When it was read.
    pub source_date: Day,
}

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
    pub rows: Vec<LicenceRow>,
}

/// Why a snapshot cannot be read.
#[derive(Debug, thiserror::Error)]
pub enum SnapshotError {
    /// Not JSON of the right shape; the message holds line and column.
    #[error("the register snapshot cannot be read: {0}")]
    Json(#[from] serde_json::Error),
    /// A BIN whose check digit is wrong.
    #[error("row `{record_id}`: `{bin}` is not a BIN (12 digits, the last a check digit)")]
    Bin {
        /// The row.
        record_id: String,
        /// The text.
        bin: String,
    },
}

impl Snapshot {
    /// Reads a snapshot file.
    pub fn from_json(bytes: &[u8]) -> Result<Self, SnapshotError> {
        let snapshot: Self = serde_json::from_slice(bytes)?;
        for row in &snapshot.rows {
            if !row.bin.is_empty() && !is_bin(&row.bin) {
                return Err(SnapshotError::Bin {
                    record_id: row.record_id.clone(),
                    bin: row.bin.clone(),
                });
            }
        }
        Ok(snapshot)
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
        for row in &self.rows {
            let term = row.term();
            for name in &row.hosts {
                match hosts.iter_mut().find(|host| host.name == *name) {
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
    /// The term in which this row makes its hosts licensed; `None` unless the row was read in the
    /// register itself, is active and says when it began.
    pub fn term(&self) -> Option<Term> {
        let counts = self.basis == Basis::Register && self.state == LicenceState::Active;
        self.valid_from.filter(|_| counts).map(|from| Term {
            from,
            to: self.valid_to,
        })
    }

    /// Whether the term the row states is over at `now`, or the regulator ended it.
    pub fn has_ended(&self, now: Timestamp) -> bool {
        self.state != LicenceState::Active || self.valid_to.is_some_and(|day| now >= day.end())
    }
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

/// Whether `text` is a Kazakh BIN or IIN: 12 digits whose last is the check digit of the others,
/// computed with weights 1–11 and, where that gives 10, again with weights 3–11, 1, 2.
pub fn is_bin(text: &str) -> bool {
    let digits: Vec<u32> = text.chars().filter_map(|c| c.to_digit(10)).collect();
    if text.len() != 12 || digits.len() != 12 {
        return false;
    }
    let sum = |weights: [u32; 11]| {
        digits
            .iter()
            .zip(weights)
            .map(|(digit, weight)| digit * weight)
            .sum::<u32>()
            % 11
    };
    let check = match sum([1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11]) {
        10 => sum([3, 4, 5, 6, 7, 8, 9, 10, 11, 1, 2]),
        remainder => remainder,
    };
    check == digits[11]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bins_of_real_firms_check() {
        // From the AFSA register's addresses of firms (source in facts: 220340900479, 230740900475).
        assert!(is_bin("220340900479"));
        assert!(is_bin("230740900475"));
        assert!(!is_bin("220340900478"));
        assert!(!is_bin("22034090047"));
        assert!(!is_bin("22034090047x"));
    }

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
}
