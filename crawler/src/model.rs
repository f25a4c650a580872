//! The model: points for every signal, a bias and thresholds for each axis. Data, fitted on the
//! corpus by `fit`, read here, applied in `score` and nowhere else.
//!
//! The file is TOML: `flag`, a table `[exchange]` and a table `[serves_kz]`, each with `bias`, `review`
//! and `points`, which has one line for every id the axis knows. Look-alikes (`guard.*`)
//! count on the exchange axis.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde::Deserialize;
use toml::Spanned;

mod words;

use crate::kind::{self, Kinds};
use crate::signal::ids::{self, Known, Sense};
use crate::signal::{Axis, IDS, Signal};

pub use words::{ID as WORDING, OWN_VOICE, Worded, Words};

/// A model file that cannot be used. The text says where and what to do.
#[derive(Debug, thiserror::Error)]
pub enum ModelError {
    /// Not TOML, or not of the expected shape.
    #[error("{file}: {problem}")]
    Syntax {
        /// File name.
        file: String,
        /// The parser's message, with line and column.
        problem: String,
    },
    /// A value that no model may hold.
    #[error("{file}, line {line}: {problem}")]
    Line {
        /// File name.
        file: String,
        /// Line, from 1.
        line: usize,
        /// What is wrong with it.
        problem: String,
    },
    /// A signal without points.
    #[error("{file}: no points for \"{id}\" in [{table}.points]; add the line or fit anew")]
    Missing {
        /// File name.
        file: String,
        /// The table.
        table: &'static str,
        /// The id without a line.
        id: String,
    },
}

/// Points of one axis.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Weights {
    /// Points before any signal.
    pub bias: f64,
    /// Probability from which the axis is worth a look.
    pub review: f64,
    /// Points by full id.
    pub points: BTreeMap<String, f64>,
}

/// Both axes, and the kinds of sites.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Model {
    /// Is it an exchange? Look-alikes count here, downwards.
    pub exchange: Weights,
    /// Does it serve Kazakhstan?
    pub serves_kz: Weights,
    /// Probability of both together, as a product, from which a site is flagged.
    pub flag: f64,
    /// Words that count on the exchange axis beside its signals.
    pub words: Words,
    /// What kind of business is it?
    pub kinds: Arc<Kinds>,
}

/// What is believed of one axis before any site was seen.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Prior {
    /// Points before any signal.
    pub bias: f64,
    /// Points by full id; what is not named adds nothing to the step below it.
    pub points: BTreeMap<String, f64>,
}

/// The prior of both axes: what the fit draws the points to.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Priors {
    /// Is it an exchange?
    pub exchange: Prior,
    /// Does it serve Kazakhstan?
    pub serves_kz: Prior,
    /// What kind of business is it? By kind; in a file of their own.
    #[serde(skip)]
    pub kinds: BTreeMap<String, Prior>,
}

impl Priors {
    /// The prior shipped with the program.
    ///
    /// # Errors
    /// Only if the shipped file is broken, which a test excludes.
    pub fn shipped() -> Result<Self, ModelError> {
        let (file, text) = data::model::PRIOR;
        let read: Self = toml::from_str(text).map_err(|error| ModelError::Syntax {
            file: file.to_owned(),
            problem: error.to_string(),
        })?;
        for (name, prior) in [("exchange", &read.exchange), ("serves_kz", &read.serves_kz)] {
            for id in prior.points.keys() {
                let known = of_table(name).find(|known| known.id == ids::parts(id).0);
                if !known.is_some_and(|known| known.keys().any(|key| key == *id)) {
                    return Err(ModelError::Syntax {
                        file: file.to_owned(),
                        problem: format!("\"{id}\" is no signal of [{name}.points]"),
                    });
                }
            }
        }
        Ok(Self {
            kinds: kind::priors()?,
            ..read
        })
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    flag: Spanned<f64>,
    exchange: Table,
    serves_kz: Table,
    /// Where the numbers come from; for readers.
    #[serde(default)]
    #[expect(dead_code, reason = "kept for those who read the file")]
    fitted: toml::Table,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Table {
    bias: Spanned<f64>,
    review: Spanned<f64>,
    points: BTreeMap<String, Spanned<f64>>,
}

impl Model {
    /// The model shipped with the program.
    ///
    /// # Errors
    /// Only if the shipped file is broken, which a test excludes.
    pub fn shipped() -> Result<Self, ModelError> {
        let (file, text) = data::model::WEIGHTS;
        let (words, points) = data::model::WORDS;
        Ok(Self {
            words: Words::load(words, points)?,
            kinds: Arc::new(Kinds::shipped()?),
            ..Self::load(file, text)?
        })
    }

    /// Reads a model file; `file` names it in errors. Words and kinds have files of their own and are
    /// left empty.
    ///
    /// # Errors
    /// The first line that cannot be used, or the first signal without points.
    pub fn load(file: &str, text: &str) -> Result<Self, ModelError> {
        let read: File = toml::from_str(text).map_err(|error| ModelError::Syntax {
            file: file.to_owned(),
            problem: error.to_string(),
        })?;
        let reading = Reading { file, text };
        Ok(Self {
            exchange: reading.axis("exchange", read.exchange)?,
            serves_kz: reading.axis("serves_kz", read.serves_kz)?,
            flag: reading.share(&read.flag)?,
            words: Words::default(),
            kinds: Arc::default(),
        })
    }

    /// Points of a signal; 0 for a note.
    #[must_use]
    pub fn points(&self, signal: &Signal) -> f64 {
        self.of(signal.axis)
            .and_then(|weights| weights.points.get(&signal.id))
            .copied()
            .unwrap_or(0.0)
    }

    fn of(&self, axis: Axis) -> Option<&Weights> {
        match axis {
            Axis::Exchange | Axis::Guard => Some(&self.exchange),
            Axis::ServesKz => Some(&self.serves_kz),
            Axis::Kind | Axis::Note => None,
        }
    }
}

/// Name of the table in which an axis has its points.
#[must_use]
pub fn table(axis: Axis) -> Option<&'static str> {
    match axis {
        Axis::Exchange | Axis::Guard => Some("exchange"),
        Axis::ServesKz => Some("serves_kz"),
        Axis::Kind | Axis::Note => None,
    }
}

/// The signals that have lines in the table of this name.
pub(crate) fn of_table(name: &str) -> impl Iterator<Item = &'static Known> {
    let known = IDS.iter().filter(|known| known.has_points());
    known.filter(move |known| table(known.axis) == Some(name))
}

struct Reading<'a> {
    file: &'a str,
    text: &'a str,
}

impl Reading<'_> {
    fn axis(&self, name: &'static str, read: Table) -> Result<Weights, ModelError> {
        let mut points = BTreeMap::new();
        for (id, value) in read.points {
            let known = of_table(name)
                .find(|known| known.id == ids::parts(&id).0)
                .filter(|known| known.keys().any(|key| key == id))
                .ok_or_else(|| self.at(&value, format!("\"{id}\" is no signal of this axis")))?;
            let number = self.number(&value, 50.0)?;
            let allowed = match known.sense {
                Sense::For => number >= 0.0,
                Sense::Against => number <= 0.0,
                Sense::Note | Sense::Words => false,
            };
            if !allowed {
                let problem = format!("{number} points turn \"{id}\" against its own sense");
                return Err(self.at(&value, problem));
            }
            points.insert(id, (number, value));
        }
        for known in of_table(name) {
            let mut held = 0.0;
            for id in known.keys() {
                let Some((number, value)) = points.get(&id) else {
                    return Err(ModelError::Missing {
                        file: self.file.to_owned(),
                        table: name,
                        id,
                    });
                };
                if number.abs() < held {
                    let problem = format!("more phrases must not weigh less: \"{id}\"");
                    return Err(self.at(value, problem));
                }
                held = number.abs();
            }
        }
        let review = self.share(&read.review)?;
        Ok(Weights {
            bias: self.number(&read.bias, 50.0)?,
            review,
            points: points
                .into_iter()
                .map(|(id, (number, _))| (id, number))
                .collect(),
        })
    }

    fn share(&self, value: &Spanned<f64>) -> Result<f64, ModelError> {
        match *value.as_ref() {
            share if (0.0..=1.0).contains(&share) => Ok(share),
            _ => Err(self.at(value, "a probability lies between 0 and 1".to_owned())),
        }
    }

    fn number(&self, value: &Spanned<f64>, most: f64) -> Result<f64, ModelError> {
        match *value.as_ref() {
            number if number.abs() <= most => Ok(number),
            _ => Err(self.at(value, format!("points lie between -{most} and {most}"))),
        }
    }

    fn at(&self, value: &Spanned<f64>, problem: String) -> ModelError {
        ModelError::Line {
            file: self.file.to_owned(),
            line: line_of(self.text, value),
            problem,
        }
    }
}

/// The line, from 1, on which a value stands.
pub(crate) fn line_of(text: &str, value: &Spanned<f64>) -> usize {
    let before = text.get(..value.span().start).unwrap_or_default();
    before.matches('\n').count() + 1
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refused(change: impl Fn(&str) -> String) -> String {
        let text = change(data::model::WEIGHTS.1);
        Model::load("m.toml", &text).unwrap_err().to_string()
    }

    fn line_of(start: &str) -> usize {
        let lines = data::model::WEIGHTS.1.lines();
        lines.take_while(|line| !line.starts_with(start)).count() + 1
    }

    /// The file with the line of `id` in another form.
    fn with(text: &str, id: &str, line: &str) -> String {
        let replaced = text.lines().map(|held| {
            let own = held.starts_with(id);
            if own { line } else { held }
        });
        replaced.collect::<Vec<_>>().join("\n")
    }

    #[test]
    fn the_shipped_model_loads() {
        let model = Model::shipped().unwrap();
        assert!(model.exchange.points["order_form"] > 0.0);
        assert!(model.serves_kz.points["kazakhstan_restricted"] <= 0.0);
    }

    #[test]
    fn what_is_wrong_is_named_with_file_and_line() {
        let unknown = refused(|text| with(text, "order_form =", "order_farm = 1.0"));
        let line = line_of("order_form =");
        assert_eq!(
            unknown,
            format!("m.toml, line {line}: \"order_farm\" is no signal of this axis")
        );
        let turned = refused(|text| with(text, "order_form =", "order_form = -1.0"));
        assert!(
            turned.starts_with(&format!("m.toml, line {line}: ")),
            "{turned}"
        );
        let missing = refused(|text| with(text, "order_form =", ""));
        assert!(
            missing.contains("no points for \"order_form\" in [exchange.points]"),
            "{missing}"
        );
        let step = "\"order_terms.2\"";
        let steps = refused(|text| with(text, step, &format!("{step} = 49.0")));
        assert!(
            steps.contains("must not weigh less: \"order_terms.3\""),
            "{steps}"
        );
        let other = refused(|text| with(text, "kz_phone =", "kz_phone = 1.0\norder_form = 1.0"));
        assert!(
            other.contains("\"order_form\" is no signal of this axis"),
            "{other}"
        );
        let shape = refused(|_| "[exchange]\nbias = \"x\"".to_owned());
        assert!(
            shape.contains("m.toml") && shape.contains("line 2"),
            "{shape}"
        );
        for number in ["nan", "inf", "1e9"] {
            let strange =
                refused(|text| with(text, "order_form =", &format!("order_form = {number}")));
            assert!(strange.contains("points lie between"), "{strange}");
        }
    }
}
