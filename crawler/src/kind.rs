//! What kind of business a site is: points of every signal for every kind, added up and read as
//! shares of one whole. Data, fitted on the corpus by `fit`, read and applied here.
//!
//! The file is TOML: `floor`, a table `[bias]` with a line for each kind, and a table `[points]` with
//! a line for each signal: `order_form = { instant_exchanger = 1.20, otc = -0.31 }`. What is not
//! named has no points.

use std::collections::BTreeMap;

use serde::Deserialize;
use toml::Spanned;

use crate::corpus;
use crate::model::{ModelError, Prior, line_of};
use crate::signal::{Signal, ids};

/// What a site that cannot be told apart is called.
pub const OTHER: &str = "other";

/// Kinds that trade in coins themselves: a flagged site is one of these.
pub const EXCHANGING: &[&str] = &[
    "broker",
    "exchange",
    "instant_exchanger",
    "otc",
    "p2p",
    "telegram_bot",
];

/// The most points one signal or bias may have.
const MOST: f64 = 50.0;

/// Points for every kind.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Kinds {
    /// Share from which a kind is named; below it the site is [`OTHER`].
    pub floor: f64,
    /// Points before any signal, by kind.
    pub bias: BTreeMap<String, f64>,
    /// Points by full id of a signal, then by kind.
    pub points: BTreeMap<String, BTreeMap<String, f64>>,
}

/// One kind, weighed.
#[derive(Debug, Clone, PartialEq)]
pub struct Share<'a> {
    /// The kind.
    pub kind: &'a str,
    /// Its probability among those that were weighed.
    pub share: f64,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    floor: Spanned<f64>,
    bias: BTreeMap<String, Spanned<f64>>,
    points: BTreeMap<String, BTreeMap<String, Spanned<f64>>>,
}

impl Kinds {
    /// The kinds shipped with the program.
    ///
    /// # Errors
    /// Only if the shipped file is broken, which a test excludes.
    pub fn shipped() -> Result<Self, ModelError> {
        let (file, text) = data::model::KINDS;
        Self::load(file, text)
    }

    /// Reads a file of kinds; `file` names it in errors. A signal that is no more is passed over: the
    /// fit that drops its line has to read the file first.
    ///
    /// # Errors
    /// The first line that cannot be used.
    pub fn load(file: &str, text: &str) -> Result<Self, ModelError> {
        let read: File = toml::from_str(text).map_err(|error| ModelError::Syntax {
            file: file.to_owned(),
            problem: error.to_string(),
        })?;
        let at = |value: &Spanned<f64>, problem: String| ModelError::Line {
            file: file.to_owned(),
            line: line_of(text, value),
            problem,
        };
        let kinds = |table: BTreeMap<String, Spanned<f64>>| -> Result<_, ModelError> {
            let number = |(kind, value): (String, Spanned<f64>)| {
                if !is_kind(&kind) {
                    return Err(at(&value, format!("\"{kind}\" is no kind of site")));
                }
                match *value.as_ref() {
                    number if number.abs() <= MOST => Ok((kind, number)),
                    _ => Err(at(&value, format!("points lie between -{MOST} and {MOST}"))),
                }
            };
            table.into_iter().map(number).collect()
        };
        let floor = match *read.floor.as_ref() {
            floor if (0.0..=1.0).contains(&floor) => floor,
            _ => {
                let problem = "a probability lies between 0 and 1".to_owned();
                return Err(at(&read.floor, problem));
            }
        };
        let mut points = BTreeMap::new();
        for (id, table) in read.points {
            if is_key(&id) {
                points.insert(id, kinds(table)?);
            }
        }
        Ok(Self {
            floor,
            bias: kinds(read.bias)?,
            points,
        })
    }

    /// Every kind that `may` be meant with its share, likeliest first.
    #[must_use]
    pub fn shares(&self, signals: &[Signal], may: impl Fn(&str) -> bool) -> Vec<Share<'_>> {
        let meant = self.bias.iter().filter(|(kind, _)| may(kind));
        let mut logits: BTreeMap<&str, f64> =
            meant.map(|(kind, bias)| (kind.as_str(), *bias)).collect();
        let held = signals
            .iter()
            .filter_map(|signal| self.points.get(&signal.id));
        for (kind, points) in held.flatten() {
            if let Some(logit) = logits.get_mut(kind.as_str()) {
                *logit += points;
            }
        }
        let most = logits.values().copied().fold(f64::NEG_INFINITY, f64::max);
        let all: f64 = logits.values().map(|logit| (logit - most).exp()).sum();
        let mut shares: Vec<Share<'_>> = logits
            .into_iter()
            .map(|(kind, logit)| Share {
                kind,
                share: (logit - most).exp() / all,
            })
            .collect();
        shares.sort_by(|a, b| b.share.total_cmp(&a.share));
        shares
    }

    /// Points that a signal has for a kind.
    #[must_use]
    pub fn points(&self, kind: &str, id: &str) -> f64 {
        let held = self.points.get(id).and_then(|kinds| kinds.get(kind));
        held.copied().unwrap_or(0.0)
    }
}

/// The prior of every kind: points of the words that are its own, and what is believed beside.
#[derive(Deserialize)]
struct PriorFile {
    /// Points of `says_KIND` for that kind, by step.
    says: Vec<f64>,
    #[serde(flatten)]
    kinds: BTreeMap<String, BTreeMap<String, f64>>,
}

/// The prior shipped with the program: what the fit draws the points of each kind to.
///
/// # Errors
/// Only if the shipped file is broken, which a test excludes.
pub fn priors() -> Result<BTreeMap<String, Prior>, ModelError> {
    let (file, text) = data::model::KINDS_PRIOR;
    priors_of(file, text)
}

fn priors_of(file: &str, text: &str) -> Result<BTreeMap<String, Prior>, ModelError> {
    let wrong = |problem: String| ModelError::Syntax {
        file: file.to_owned(),
        problem,
    };
    let mut read: PriorFile = toml::from_str(text).map_err(|error| wrong(error.to_string()))?;
    if let Some(kind) = read.kinds.keys().find(|kind| !is_kind(kind)) {
        return Err(wrong(format!("[{kind}] is no kind of site")));
    }
    let mut priors = BTreeMap::new();
    for kind in corpus::KINDS {
        let mut points = read.kinds.remove(*kind).unwrap_or_default();
        if let Some(id) = points.keys().find(|id| !is_key(id)) {
            return Err(wrong(format!("\"{id}\" of [{kind}] is no signal")));
        }
        let own = (1..).map(|step| format!("says_{kind}.{step}"));
        points.extend(own.zip(read.says.iter().copied()));
        priors.insert((*kind).to_owned(), Prior { bias: 0.0, points });
    }
    Ok(priors)
}

fn is_kind(name: &str) -> bool {
    corpus::KINDS.contains(&name)
}

fn is_key(id: &str) -> bool {
    ids::of(id).is_some_and(|known| known.keys().any(|key| key == id))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::signal::ids::Known;
    use proptest::prelude::*;

    const SMALL: &str = "floor = 0.5\n[bias]\nbank = 0.0\notc = -1.0\np2p = 0.5\n\n[points]\n\
                         order_form = { otc = 2.0, bank = -3.0 }\n\"p2p_offers.2\" = { p2p = 1.0 }\n";

    fn signal(id: &str) -> Signal {
        Signal::new(id, id, "p", "https://a.test/", "00")
    }

    #[test]
    fn points_add_up_and_shares_are_of_one_whole() {
        let kinds = Kinds::load("k.toml", SMALL).unwrap();
        let shares = kinds.shares(&[signal("order_form")], |_| true);
        let names: Vec<&str> = shares.iter().map(|share| share.kind).collect();
        assert_eq!(names, ["otc", "p2p", "bank"]);
        // e^1, e^0.5, e^-3 over their sum.
        assert!((shares[0].share - 0.6154).abs() < 1e-4, "{shares:?}");
        let some = kinds.shares(&[signal("order_form")], |kind| kind != "otc");
        assert_eq!(some[0].kind, "p2p");
        assert!((some.iter().map(|share| share.share).sum::<f64>() - 1.0).abs() < 1e-9);
        assert!(Kinds::default().shares(&[], |_| true).is_empty());
    }

    #[test]
    fn a_signal_that_is_no_more_is_passed_over_and_all_else_wrong_is_named() {
        let kinds = Kinds::load("k.toml", &format!("{SMALL}gone_by = {{ otc = 9.0 }}\n")).unwrap();
        assert_eq!(kinds, Kinds::load("k.toml", SMALL).unwrap());
        for (from, to, said) in [
            (
                "otc = 2.0",
                "otk = 2.0",
                "k.toml, line 8: \"otk\" is no kind of site",
            ),
            (
                "otc = 2.0",
                "otc = nan",
                "k.toml, line 8: points lie between",
            ),
            (
                "bank = 0.0",
                "bank = 1e9",
                "k.toml, line 3: points lie between",
            ),
            (
                "floor = 0.5",
                "floor = 2",
                "k.toml, line 1: a probability lies",
            ),
            ("[bias]", "[bais]", "k.toml: "),
        ] {
            let told = Kinds::load("k.toml", &SMALL.replace(from, to)).unwrap_err();
            assert!(told.to_string().starts_with(said), "{told}");
        }
    }

    #[test]
    fn the_shipped_files_load() {
        let kinds = Kinds::shipped().unwrap();
        assert!(EXCHANGING.iter().all(|kind| kinds.bias.contains_key(*kind)));
        let priors = priors().unwrap();
        assert!(priors.keys().eq(corpus::KINDS));
        let wrong = priors_of("p.toml", "says = [1.0]\n[bank]\nno_such = 1.0\n").unwrap_err();
        assert_eq!(
            wrong.to_string(),
            "p.toml: \"no_such\" of [bank] is no signal"
        );
        let wrong = priors_of("p.toml", "says = []\n[bunk]\n").unwrap_err();
        assert_eq!(wrong.to_string(), "p.toml: [bunk] is no kind of site");
    }

    proptest! {
        #[test]
        fn no_text_breaks_the_reader(text in ".{0,200}") {
            let _ = Kinds::load("k.toml", &text);
        }

        #[test]
        fn shares_are_sorted_and_whole(picked in proptest::collection::vec(any::<prop::sample::Index>(), 0..30)) {
            let keys: Vec<String> = crate::signal::IDS.iter().flat_map(Known::keys).collect();
            let signals: Vec<Signal> = picked.iter().map(|at| signal(at.get::<String>(&keys))).collect();
            let kinds = Kinds::shipped().unwrap();
            let shares = kinds.shares(&signals, |_| true);
            prop_assert!(shares.is_sorted_by(|a, b| a.share >= b.share));
            prop_assert!((shares.iter().map(|share| share.share).sum::<f64>() - 1.0).abs() < 1e-9);
        }
    }
}
