//! What the registers, warnings and listings together say of a host, and of whatever else people
//! ask: a name, a licence number, a BIN.

mod answer;
mod claims;
mod host;
mod known;
mod names;
mod query;
mod resemblance;
mod search;

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

pub use answer::{Answer, HostAnswer, RowAnswer, answer};
pub use claims::{Claim, ClaimFinding, ClaimKind, check_claims};
pub use host::{check_host, row_verdict};
pub use known::{Known, Operator};
pub use query::{LONGEST, Query, QueryError};
pub use resemblance::resembles;

use crate::{
    DomainName, ListingId,
    register::{HostKind, LicenceRow},
};

/// The answer to "is this exchange licensed?", the one that weighs most first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Verdict {
    /// On the national list and enforced.
    Blocked,
    /// On the list, held back because a live register row names the host.
    Suspended,
    /// Named in a regulator's notice; not the same as blocked.
    Warned,
    /// A live row of the register itself, in a fresh snapshot, names this host.
    Licensed,
    /// Reported as licensed, but not read in the register, or the snapshot is too old.
    LicenceUnconfirmed,
    /// The term of the licence is over, or the regulator ended it.
    LicenceEnded,
    /// The firm or group is licensed for another host than this one.
    LicensedElsewhere,
    /// The name resembles that of a licensed host. Resemblance only, no accusation.
    Lookalike,
    /// Nothing is known. Not found is not safe.
    Unknown,
}

impl Verdict {
    /// The word used in JSON and in message keys.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Blocked => "blocked",
            Self::Suspended => "suspended",
            Self::Warned => "warned",
            Self::Licensed => "licensed",
            Self::LicenceUnconfirmed => "licence_unconfirmed",
            Self::LicenceEnded => "licence_ended",
            Self::LicensedElsewhere => "licensed_elsewhere",
            Self::Lookalike => "lookalike",
            Self::Unknown => "unknown",
        }
    }
}

/// One reason, as a code for message files with its arguments.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Reason {
    /// Key of the message, such as `register-names-host`.
    pub code: String,
    /// Arguments of the message.
    pub args: BTreeMap<String, String>,
}

/// Every reason by its code, with the names of its arguments; each has its words in the message
/// files of the pages.
pub const REASONS: &[(&str, &[&str])] = &[
    ("foreign-exchange", &["brand", "host"]),
    ("forged-copy", &["authority", "brand", "day"]),
    ("group-host", &["firm", "host"]),
    ("host-unconfirmed", &["firm", "host"]),
    ("licence-ended", &["day", "firm"]),
    ("licence-names-other-host", &["firm", "host"]),
    ("listed", &["listing", "name"]),
    ("listing-suspended", &["listing", "name"]),
    ("look-up", &["regulator", "url"]),
    ("name-close", &["brand"]),
    ("name-only", &[]),
    ("not-found", &[]),
    ("number-not-found", &["number"]),
    ("number-only", &[]),
    ("quoted-term-ended", &["day", "firm"]),
    ("register-names-host", &["day", "firm", "host", "register"]),
    ("reported-block", &["authority", "brand", "day"]),
    ("reported-exposed", &["authority", "brand", "day"]),
    ("reported-investigation", &["authority", "brand", "day"]),
    ("reported-liquidated", &["authority", "brand", "day"]),
    ("reported-only", &["day", "firm", "source"]),
    ("resembles", &["firm", "host"]),
    ("row-without-host", &["firm"]),
    ("snapshot-too-old", &["day", "register"]),
    ("support-host", &["firm", "host"]),
    ("warned", &["authority", "brand", "day"]),
    ("warned-by-host", &["authority", "brand", "day"]),
];

impl Reason {
    fn new<const N: usize>(code: &str, args: [(&str, &str); N]) -> Self {
        let args: BTreeMap<_, _> = args
            .into_iter()
            .map(|(key, value)| (key.to_owned(), value.to_owned()))
            .collect();
        debug_assert!(
            REASONS
                .iter()
                .any(|(known, names)| *known == code && args.keys().eq(names.iter()))
        );
        Self {
            code: code.to_owned(),
            args,
        }
    }
}

/// What a host was matched with.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Matched {
    /// The register the row stands in.
    pub register: String,
    /// The day of the snapshot.
    pub taken_on: crate::time::Day,
    /// The row.
    pub row: LicenceRow,
    /// The host of the row that matched.
    pub host: DomainName,
    /// How that host stands to the licence.
    #[serde(default)]
    pub kind: HostKind,
    /// Whether two officers signed the snapshot; `false` for what is shipped with the program.
    #[serde(default = "signed")]
    pub signed: bool,
}

/// Matches kept before anything was shipped were all of signed snapshots.
fn signed() -> bool {
    true
}

/// The verdict for a host.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Match {
    /// The verdict that weighs most.
    pub verdict: Verdict,
    /// Other verdicts that also hold, in order of weight.
    pub also: Vec<Verdict>,
    /// The listing, for `blocked` and `suspended`.
    pub listing_id: Option<ListingId>,
    /// The register row, where one was matched.
    pub matched: Option<Matched>,
    /// Why, the first reason for the verdict.
    pub reasons: Vec<Reason>,
}

/// The verdict that weighs most, and the others in order of weight.
fn weigh(verdicts: impl Iterator<Item = Verdict>) -> (Verdict, Vec<Verdict>) {
    let mut also: Vec<_> = verdicts.collect();
    also.sort_unstable();
    also.dedup();
    let verdict = if also.is_empty() {
        Verdict::Unknown
    } else {
        also.remove(0)
    };
    (verdict, also)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        Timestamp,
        register::{Mapping, Measure, Snapshot, SourceDate, Warning},
    };

    fn name(text: &str) -> DomainName {
        DomainName::parse(text).unwrap()
    }

    fn now() -> Timestamp {
        Timestamp::parse("2026-11-21T06:00:00Z").unwrap()
    }

    fn known() -> Known {
        let snapshot = Snapshot::from_json(
            br#"{"register":"afsa-demo","taken_on":"2026-11-20","source":"x","rows":[
            {"record_id":"live","regulator":"AFSA","legal_name":"Altyn Arqa Ltd.","licence_no":"AFSA-A-LA-2025-0101",
             "basis":"register","valid_from":"2025-01-01","valid_to":"2028-01-01","hosts":["altynarqa.test","kz.group.test"],
             "source_url":"https://r.test/1","source_date":"2026-11-20"},
            {"record_id":"over","regulator":"AFSA","legal_name":"Eski Ltd.","licence_no":"AFSA-G-LA-2022-0009",
             "basis":"register","valid_from":"2022-01-01","valid_to":"2025-03-31","hosts":["eskibirja.test"],
             "source_url":"https://r.test/2","source_date":"2026-11-20"},
            {"record_id":"press","regulator":"AFSA","legal_name":"Baspasoz Ltd.",
             "basis":"secondary","valid_from":"2024-01-01","hosts":["baspasoz.test"],
             "source_url":"https://news.test/","source_date":"2024-09-01"}]}"#,
        )
        .unwrap();
        let warning = Warning {
            record_id: "tez".into(),
            brand: "Tez".into(),
            aliases: vec![],
            authority: "AFSA".into(),
            measure: Measure::Warning,
            published: SourceDate::Undated,
            hosts: vec![name("tezex.test")],
            mapping: Mapping::Ours,
            licence_no: String::new(),
            legal_basis: String::new(),
            source_url: "https://afsa.test/".into(),
            source_date: SourceDate::Undated,
            confidence: String::new(),
            notes: String::new(),
        };
        Known {
            snapshots: vec![snapshot],
            warnings: vec![warning],
            register_days: 14,
            ..Known::default()
        }
    }

    #[test]
    fn verdicts_follow_the_host() {
        for (host, verdict) in [
            ("altynarqa.test", Verdict::Licensed),
            ("www.altynarqa.test", Verdict::Licensed),
            ("kz.group.test", Verdict::Licensed),
            ("group.test", Verdict::LicensedElsewhere),
            ("other.group.test", Verdict::LicensedElsewhere),
            ("eskibirja.test", Verdict::LicenceEnded),
            ("baspasoz.test", Verdict::LicenceUnconfirmed),
            ("tezex.test", Verdict::Warned),
            ("a1tynarqa.test", Verdict::Lookalike),
            ("altynаrqa.test", Verdict::Lookalike),
            ("altynarka.test", Verdict::Lookalike),
            ("altyn-arqa.test", Verdict::Lookalike),
            ("altyn.test", Verdict::Unknown),
            ("kaspi.test", Verdict::Unknown),
        ] {
            assert_eq!(
                check_host(&name(host), &known(), now()).verdict,
                verdict,
                "{host}"
            );
        }
    }

    #[test]
    fn an_old_snapshot_no_longer_says_licensed() {
        let later = now().plus(30 * 86_400);
        let found = check_host(&name("altynarqa.test"), &known(), later);
        assert_eq!(found.verdict, Verdict::LicenceUnconfirmed);
        assert_eq!(found.reasons[0].code, "snapshot-too-old");
    }

    #[test]
    fn a_copied_number_is_found_by_its_host() {
        let claim = Claim {
            licence_no: "AFSA-A-LA-2025-0101".into(),
            legal_name: String::new(),
            bin: String::new(),
            quote: "Лицензия AFSA-A-LA-2025-0101".into(),
        };
        let kind = |host: &str, claim: &Claim| {
            check_claims(&name(host), std::slice::from_ref(claim), &known(), now())[0].kind
        };
        assert_eq!(kind("altynarqa.test", &claim), ClaimKind::Agrees);
        assert_eq!(kind("altynarka.test", &claim), ClaimKind::OtherHost);
        let expired = Claim {
            licence_no: "AFSA-G-LA-2022-0009".into(),
            ..claim.clone()
        };
        assert_eq!(kind("eskibirja.test", &expired), ClaimKind::Expired);
        let invented = Claim {
            licence_no: "AFSA-A-LA-2031-9999".into(),
            ..claim
        };
        assert_eq!(kind("altynarqa.test", &invented), ClaimKind::UnknownNumber);
    }
}
