//! Points of single words and pairs, see [`crate::wording`]: fitted on what the signals leave
//! unexplained, small each, and bounded together.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde::{Deserialize, Serialize};
use toml::Spanned;

use super::{ModelError, line_of};
use crate::signal::Signal;
use crate::wording::Phrase;

/// Id of the signal in which the words of a site are told.
pub const ID: &str = "wording";
/// All words of a site together move the score by this many points at most: how somebody speaks can
/// tip the scales and never be the case.
const MOST: f64 = 3.0;
/// Points of all words from which a site speaks as those do who trade: evidence of it, as an order form
/// is, of those who do business in talk.
pub const OWN_VOICE: f64 = 1.0;
/// Phrases quoted in the ledger.
const QUOTED: usize = 6;
/// Phrases told with their points.
const TOLD: usize = 40;

/// Points by key.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Words {
    /// Never 0.
    pub points: BTreeMap<String, f64>,
}

/// A phrase of a site and its points.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Worded {
    /// The words as they stand.
    pub quote: String,
    /// Its key in the model.
    pub key: Arc<str>,
    /// Points, before all of them are bounded together.
    pub points: f64,
    /// Where it stands.
    #[serde(rename = "where")]
    pub place: String,
    /// The page.
    pub url: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    points: BTreeMap<String, Spanned<f64>>,
}

impl Words {
    /// Reads a file of points; `file` names it in errors.
    ///
    /// # Errors
    /// The first line that cannot be used.
    pub fn load(file: &str, text: &str) -> Result<Self, ModelError> {
        let read: File = toml::from_str(text).map_err(|error| ModelError::Syntax {
            file: file.to_owned(),
            problem: error.to_string(),
        })?;
        let mut points = BTreeMap::new();
        for (key, value) in read.points {
            let number = *value.as_ref();
            let problem = if number == 0.0 || !number.is_finite() || number.abs() > MOST {
                format!("points of a word lie between -{MOST} and {MOST} and are not 0")
            } else if key.split(' ').count() > 2 || key.split(' ').any(str::is_empty) {
                format!("\"{key}\" is no word and no pair of words")
            } else {
                points.insert(key, number);
                continue;
            };
            return Err(ModelError::Line {
                file: file.to_owned(),
                line: line_of(text, &value),
                problem,
            });
        }
        Ok(Self { points })
    }

    /// Sum of the points of what a site says, bounded.
    #[must_use]
    pub fn sum<'a>(&self, keys: impl Iterator<Item = &'a str>) -> f64 {
        let points = keys.filter_map(|key| self.points.get(key));
        points.sum::<f64>().clamp(-MOST, MOST)
    }

    /// What a site says, told as one signal with its points; `None` when they come to nothing.
    #[must_use]
    pub fn signal(&self, met: &BTreeMap<Arc<str>, Phrase>) -> Option<Signal> {
        let weight = self.sum(met.keys().map(AsRef::as_ref));
        let weight = (weight * 100.0).round() / 100.0;
        let told = self.told(met);
        let carrying = told.iter().filter(|word| word.points * weight > 0.0);
        let carrying: Vec<&Worded> = carrying.take(QUOTED).collect();
        let first = carrying.first()?;
        let quotes: Vec<&str> = carrying.iter().map(|word| word.quote.as_str()).collect();
        let capture = met.get(&first.key).map(|phrase| phrase.capture.as_str());
        let signal = Signal::new(
            ID,
            &quotes.join(" … "),
            &first.place,
            &first.url,
            capture.unwrap_or_default(),
        );
        Some(Signal {
            weight,
            transaction: weight >= OWN_VOICE,
            matched: quotes.into_iter().map(str::to_owned).collect(),
            ..signal
        })
    }

    /// The phrases that count most, heaviest first.
    #[must_use]
    pub fn told(&self, met: &BTreeMap<Arc<str>, Phrase>) -> Vec<Worded> {
        let mut told: Vec<Worded> = met
            .values()
            .filter_map(|phrase| {
                Some(Worded {
                    quote: phrase.quote.clone(),
                    key: phrase.key.clone(),
                    points: *self.points.get(phrase.key.as_ref())?,
                    place: phrase.place.clone(),
                    url: phrase.url.clone(),
                })
            })
            .collect();
        told.sort_by(|a, b| {
            let by_points = b.points.abs().total_cmp(&a.points.abs());
            by_points.then_with(|| a.key.cmp(&b.key))
        });
        told.truncate(TOLD);
        told
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_wrong_is_named_with_file_and_line() {
        let refused = |text: &str| Words::load("w.toml", text).unwrap_err().to_string();
        for (line, means) in [
            ("\"слово\" = 0.0", "are not 0"),
            ("\"слово\" = nan", "between"),
            ("\"слово\" = 9.5", "between"),
            ("\"три слова тут\" = 0.5", "no word and no pair"),
            ("\"\" = 0.5", "no word and no pair"),
        ] {
            let told = refused(&format!("[points]\n\"наш\" = 0.1\n{line}\n"));
            assert!(
                told.starts_with("w.toml, line 3: ") && told.contains(means),
                "{told}"
            );
        }
        assert!(refused("[points]\n\"слово\" = x").starts_with("w.toml: "));
    }

    #[test]
    fn all_words_together_are_bounded() {
        let text: String = (0..40).map(|n| format!("\"w{n}\" = 0.5\n")).collect();
        let words = Words::load("w.toml", &format!("[points]\n{text}")).unwrap();
        let keys: Vec<&str> = words.points.keys().map(String::as_str).collect();
        assert!((words.sum(keys.iter().copied()) - MOST).abs() < 1e-9);
        assert!((words.sum(keys.iter().copied().take(3)) - 1.5).abs() < 1e-9);
    }
}
