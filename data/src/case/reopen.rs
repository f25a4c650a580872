//! Whether a site whose case a person closed is put before people again.
//!
//! Sites are crawled over and over, and what was looked at once need not be looked at again. A closed
//! case stays closed until something is new in substance: a signal that nobody who closed a case of the
//! site has seen, a stronger verdict, another word of the registers, another way of claiming a licence,
//! or the day on which whoever closed it wanted to be asked again.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use crate::decide::REVIEW_DAYS;

/// Why a site is put before people again; kept in the audit chain as JSON, and shown on the case.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Reopened {
    /// The case that was closed last.
    pub after: String,
    /// Signals for a listing that nobody who closed a case of the site has seen.
    pub signals: Vec<String>,
    /// The verdict then and now, where it became stronger.
    pub verdict: Option<[String; 2]>,
    /// What the registers said then and say now, where that changed.
    pub standing: Option<[String; 2]>,
    /// Ways of claiming a licence that the site had not tried then.
    pub claims: Vec<String>,
    /// The day for asking again has come.
    pub review: bool,
}

impl Reopened {
    fn says_something(&self) -> bool {
        let changed = self.verdict.is_some() || self.standing.is_some();
        changed || self.review || !self.signals.is_empty() || !self.claims.is_empty()
    }
}

/// What people saw who closed a case of this site or annulled its listing, the last at the end. A listing
/// that was lifted since begins anew, and so does a case that only a register had opened and closed.
pub(super) const SEEN: &str =
    "SELECT c.id, c.licence_match, a.verdict, a.report, d.decided_at, d.review_at
    FROM review_case c JOIN assessment a ON a.id = c.assessment_id
    JOIN decision d ON d.case_id = c.id AND d.kind IN ('dismiss', 'annul')
    WHERE c.host = $1 AND c.state IN ('dismissed', 'annulled') AND c.reason <> 'cancel' AND NOT EXISTS (
        SELECT 1 FROM review_case l WHERE l.host = c.host AND l.state = 'lifted' AND l.id > c.id)
    ORDER BY d.decided_at, c.id";

/// A closed case, as [`SEEN`] reads it.
#[derive(Clone, Debug, sqlx::FromRow)]
pub(super) struct Seen {
    id: String,
    licence_match: String,
    verdict: String,
    report: String,
    decided_at: i64,
    review_at: Option<i64>,
}

/// What the machine says now.
#[derive(Clone, Copy, Debug)]
pub(super) struct Now<'a> {
    pub(super) verdict: &'a str,
    pub(super) report: &'a str,
    pub(super) licence_match: &'a str,
    pub(super) at: i64,
}

/// What is new since the cases in `seen` were closed; `None` when nothing is, or when none was.
pub(super) fn what_is_new(seen: &[Seen], now: Now<'_>) -> Option<Reopened> {
    let last = seen.last()?;
    let (known, found) = (
        seen.iter().flat_map(|case| signals(&case.report)),
        signals(now.report),
    );
    let known: BTreeSet<String> = known.map(|signal| signal.family()).collect();
    let speaks_for_listing = found.iter().filter(|signal| signal.weight > 0.0);
    let signals: BTreeSet<String> = speaks_for_listing.map(Signal::family).collect();
    let (then, today) = (
        Standing::read(&last.licence_match),
        Standing::read(now.licence_match),
    );
    let review_at = last
        .review_at
        .unwrap_or_else(|| review_at(last.decided_at, REVIEW_DAYS));
    let new = Reopened {
        after: last.id.clone(),
        signals: signals.difference(&known).cloned().collect(),
        verdict: (strength(now.verdict) > strength(&last.verdict))
            .then(|| [last.verdict.clone(), now.verdict.to_owned()]),
        // A licence is no reason to look whether to list; one that is gone is.
        standing: (today.word != then.word && today.word != LICENSED)
            .then_some([then.word, today.word]),
        claims: today.claims.difference(&then.claims).cloned().collect(),
        review: now.at >= review_at,
    };
    new.says_something().then_some(new)
}

/// The moment from which the same evidence asks again.
pub(crate) fn review_at(closed_at: i64, days: u32) -> i64 {
    closed_at.saturating_add(i64::from(days) * blocklist::time::DAY_SECONDS)
}

fn strength(verdict: &str) -> u8 {
    match verdict {
        "flag" => 2,
        "review" => 1,
        _ => 0,
    }
}

#[derive(Deserialize)]
struct Signal {
    id: String,
    #[serde(default)]
    weight: f64,
}

impl Signal {
    /// `word_crypto.1` and `word_crypto.2` are entries of one signal.
    fn family(&self) -> String {
        let numbered = self.id.rsplit_once('.');
        let family = numbered.filter(|(_, tail)| tail.parse::<u32>().is_ok());
        family.map_or(self.id.as_str(), |(family, _)| family).into()
    }
}

/// The signals of an assessment. One that cannot be read holds none: what nobody can read, nobody saw.
fn signals(report: &str) -> Vec<Signal> {
    #[derive(Deserialize)]
    struct Report {
        #[serde(default)]
        signals: Vec<Signal>,
    }
    serde_json::from_str::<Report>(report).map_or_else(|_| Vec::new(), |report| report.signals)
}

const LICENSED: &str = "licensed";

/// What the registers say of a site, and how it claims a licence.
#[derive(Default)]
struct Standing {
    word: String,
    claims: BTreeSet<String>,
}

impl Standing {
    fn read(licence_match: &str) -> Self {
        #[derive(Default, Deserialize)]
        #[serde(default)]
        struct Kept {
            r#match: Option<Match>,
            claims: Vec<Claim>,
        }
        #[derive(Deserialize)]
        struct Match {
            verdict: String,
            #[serde(default)]
            reasons: Vec<Reason>,
        }
        #[derive(Deserialize)]
        struct Reason {
            code: String,
        }
        #[derive(Deserialize)]
        struct Claim {
            kind: String,
        }
        let kept: Kept = serde_json::from_str(licence_match).unwrap_or_default();
        let word = kept.r#match.map_or_else(
            || "unknown".to_owned(),
            |found| {
                // Our copy grew old, and the register says what it said: nothing changed.
                let aged = found.reasons.first().map(|reason| reason.code.as_str());
                match aged {
                    Some("snapshot-too-old") => LICENSED.into(),
                    _ => found.verdict,
                }
            },
        );
        let claims = kept.claims.into_iter().map(|claim| claim.kind);
        Self {
            word,
            claims: claims.filter(|kind| kind != "agrees").collect(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const DAY: i64 = blocklist::time::DAY_SECONDS;

    fn report(signals: &[(&str, f64)]) -> String {
        let signals: Vec<_> = signals
            .iter()
            .map(|(id, weight)| serde_json::json!({ "id": id, "weight": weight }))
            .collect();
        serde_json::json!({ "signals": signals }).to_string()
    }

    fn standing(verdict: &str, reason: &str, claims: &[&str]) -> String {
        let claims: Vec<_> = claims
            .iter()
            .map(|kind| serde_json::json!({ "kind": kind }))
            .collect();
        let reasons = [serde_json::json!({ "code": reason })];
        let found = serde_json::json!({ "verdict": verdict, "reasons": reasons });
        serde_json::json!({ "match": found, "claims": claims }).to_string()
    }

    fn closed(verdict: &str, signals: &[(&str, f64)], licence_match: &str) -> Seen {
        Seen {
            id: "C-2026-000001".into(),
            licence_match: licence_match.into(),
            verdict: verdict.into(),
            report: report(signals),
            decided_at: 0,
            review_at: Some(90 * DAY),
        }
    }

    fn now<'a>(verdict: &'a str, report: &'a str, licence_match: &'a str) -> Now<'a> {
        Now {
            verdict,
            report,
            licence_match,
            at: 30 * DAY,
        }
    }

    #[test]
    fn only_what_nobody_has_seen_asks_again() {
        let none = standing("unknown", "no-row", &[]);
        let seen = [
            closed("flag", &[("form", 3.0), ("rails.1", 1.0)], &none),
            closed("flag", &[("form", 3.0)], &none),
        ];
        for same in [
            vec![("form", 9.0)],
            vec![("form", 3.0), ("rails.2", 1.0)],
            // What speaks against a listing is no reason to look again.
            vec![("form", 3.0), ("training", -4.0)],
        ] {
            let found = what_is_new(&seen, now("flag", &report(&same), &none));
            assert_eq!(found, None, "{same:?}");
        }
        let more = report(&[("form", 3.0), ("feed", 2.0)]);
        let found = what_is_new(&seen, now("flag", &more, &none)).unwrap();
        assert_eq!(found.signals, ["feed"]);
        assert_eq!(what_is_new(&[], now("flag", &more, &none)), None);
    }

    #[test]
    fn a_stronger_verdict_another_standing_and_the_day_ask_again() {
        let form = [("form", 3.0)];
        let same = report(&form);
        let none = standing("unknown", "no-row", &[]);
        let licensed = standing("licensed", "live", &["agrees"]);
        let aged = standing("licence_unconfirmed", "snapshot-too-old", &["agrees"]);
        let ended = standing("licence_ended", "ended", &["expired"]);

        let stronger = what_is_new(&[closed("review", &form, &none)], now("flag", &same, &none));
        assert_eq!(
            stronger.unwrap().verdict.unwrap(),
            ["review".to_owned(), "flag".to_owned()]
        );
        let weaker = what_is_new(&[closed("flag", &form, &none)], now("review", &same, &none));
        assert_eq!(weaker, None);

        let of = |then: &str, today: &str| {
            what_is_new(&[closed("flag", &form, then)], now("flag", &same, today))
        };
        let gone = of(&licensed, &ended).unwrap();
        let words = ["licensed", "licence_ended"].map(str::to_owned);
        assert_eq!(
            (gone.standing, gone.claims),
            (Some(words), vec!["expired".to_owned()])
        );
        assert_eq!(
            of(&licensed, &aged),
            None,
            "a copy that grew old is no change"
        );
        assert_eq!(of(&none, &licensed), None, "a licence is nothing to list");

        let asked = |review_at, at| {
            let case = Seen {
                review_at,
                ..closed("flag", &form, &none)
            };
            let found = Now {
                at,
                ..now("flag", &same, &none)
            };
            what_is_new(&[case], found).is_some_and(|new| new.review)
        };
        assert!(asked(Some(90 * DAY), 90 * DAY) && !asked(Some(90 * DAY), 90 * DAY - 1));
        let usual = i64::from(REVIEW_DAYS) * DAY;
        assert!(asked(None, usual) && !asked(None, usual - 1));
    }
}
