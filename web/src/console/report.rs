//! Reads what the crawler wrote about a site: the assessment JSON and the licence match JSON.
//!
//! Both are data from another room. Unknown fields are ignored and missing ones are empty, so a
//! newer crawler never breaks the console.

use std::collections::BTreeMap;

use blocklist::matching::ClaimFinding;
use serde::Deserialize;

/// One signal of the assessment.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub(crate) struct Signal {
    /// Stable identifier.
    pub(crate) id: String,
    /// `exchange`, `serves_kz`, `guard` or `note`.
    pub(crate) axis: String,
    /// Points.
    pub(crate) weight: f64,
    /// The page's own words.
    pub(crate) quote: String,
    /// Where on the page.
    #[serde(rename = "where")]
    pub(crate) place: String,
    /// The page.
    pub(crate) url: String,
    /// Hash of the captured body.
    pub(crate) capture: String,
    /// The words inside the quote that matched.
    pub(crate) matched: Vec<String>,
}

/// Two things that do not fit together.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub(crate) struct Contradiction {
    /// Its code, part of the message key.
    pub(crate) code: String,
    /// Its arguments.
    pub(crate) args: BTreeMap<String, String>,
}

/// The assessment.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub(crate) struct Report {
    /// Kinds of exchange.
    pub(crate) kinds: Vec<String>,
    /// Signals, strongest first after [`read`].
    pub(crate) signals: Vec<Signal>,
    /// Codes of the look-alikes that hold.
    pub(crate) guards: Vec<String>,
    /// What does not fit together.
    pub(crate) contradictions: Vec<Contradiction>,
    /// How the probabilities came about.
    pub(crate) ledger: Sums,
}

/// How one probability came about.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub(crate) struct Sum {
    /// Points before any signal.
    pub(crate) bias: f64,
}

/// The two sums.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub(crate) struct Sums {
    /// Is it an exchange?
    pub(crate) exchange: Sum,
    /// Does it serve Kazakhstan?
    pub(crate) serves_kz: Sum,
}

/// Most signals that a page shows.
const MOST_SIGNALS: usize = 60;

/// Reads an assessment; text that is not one gives an empty report.
pub(crate) fn read(text: &str) -> Report {
    let mut report: Report = serde_json::from_str(text).unwrap_or_else(|error| {
        tracing::warn!(%error, "an assessment cannot be read; its case shows no signals");
        Report::default()
    });
    report
        .signals
        .sort_by(|a, b| b.weight.abs().total_cmp(&a.weight.abs()));
    report.signals.truncate(MOST_SIGNALS);
    report
}

/// The licence claims of a site, weighed against the registers when its case was opened.
pub(crate) fn claims(text: &str) -> Vec<ClaimFinding> {
    #[derive(Deserialize)]
    struct WithClaims {
        #[serde(default)]
        claims: Vec<ClaimFinding>,
    }
    serde_json::from_str::<WithClaims>(text)
        .map(|found| found.claims)
        .unwrap_or_default()
}

/// One of two places that are alike.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub(crate) struct Place {
    /// The page.
    pub(crate) url: String,
    /// Hash of the captured body.
    pub(crate) capture: String,
    /// How it begins.
    pub(crate) quote: String,
}

/// What a site has in common with one that a register names.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub(crate) struct Resemblance {
    /// `favicon`, `text.main` or `text.legal`.
    pub(crate) kind: String,
    /// The host of the register row.
    pub(crate) host: String,
    /// How much is alike, 0 to 1.
    pub(crate) likeness: f64,
    /// On this site.
    pub(crate) here: Place,
    /// On the other.
    pub(crate) there: Place,
}

/// What the site had in common with registered ones when its case was opened, the likest first.
pub(crate) fn resembles(text: &str) -> Vec<Resemblance> {
    #[derive(Deserialize)]
    struct WithResemblances {
        #[serde(default)]
        resembles: Vec<Resemblance>,
    }
    serde_json::from_str::<WithResemblances>(text)
        .map(|found| found.resembles)
        .unwrap_or_default()
}

/// A weight with its sign: `+2.5`, `−1`.
pub(crate) fn weight(points: f64) -> String {
    let points = if points.is_finite() {
        (points * 10.0).round() / 10.0
    } else {
        0.0
    };
    if points > 0.0 {
        format!("+{points}")
    } else if points < 0.0 {
        format!("−{}", points.abs())
    } else {
        "0".into()
    }
}

/// A share as whole percent.
pub(crate) fn percent(share: f64) -> i64 {
    (share.clamp(0.0, 1.0) * 100.0).round() as i64
}

/// Words that officers look for first, marked where the crawler has not said which words matched.
const TELLING: [&str; 24] = [
    "usdt",
    "btc",
    "kzt",
    "₸",
    "тенге",
    "теңге",
    "kaspi",
    "каспи",
    "halyk",
    "казахстан",
    "қазақстан",
    "kazakhstan",
    "алматы",
    "астана",
    "almaty",
    "astana",
    "обмен",
    "айырбас",
    "exchange",
    "купить",
    "сатып",
    "лиценз",
    "licen",
    "afsa",
];

/// The words to mark in a signal's quote.
pub(crate) fn words_to_mark(signal: &Signal) -> Vec<String> {
    if signal.matched.is_empty() {
        TELLING.iter().map(|word| (*word).to_owned()).collect()
    } else {
        signal.matched.clone()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_report_is_read_strongest_first() {
        let report = read(
            r#"{"url":"https://a.test/","exchange":0.9,"kinds":["instant"],"extra":1,"signals":[
                {"id":"word_crypto","weight":0.5,"quote":"BTC","where":"p"},
                {"id":"order_form","axis":"exchange","weight":4.0,"quote":"x","where":"form","url":"u","capture":"h"}],
               "guards":["news"],"ledger":{"exchange":{"bias":-4.0,"logit":1}}}"#,
        );
        assert_eq!(report.signals[0].id, "order_form");
        assert_eq!(
            (report.guards[0].as_str(), report.ledger.exchange.bias),
            ("news", -4.0)
        );
        assert!(read("no json").signals.is_empty());
        assert!(claims("[]").is_empty());
    }

    #[test]
    fn weights_show_their_sign() {
        assert_eq!(
            (weight(2.5), weight(-1.0), weight(0.04), weight(f64::NAN)),
            ("+2.5".into(), "−1".into(), "0".into(), "0".into())
        );
        assert_eq!((percent(0.875), percent(7.0)), (88, 100));
    }

    proptest! {
        #[test]
        fn any_text_is_read(text in "\\PC{0,200}") {
            let _ = (read(&text), claims(&text), resembles(&text));
        }
    }
}
