//! Endings: what a stem marked `~` may take in its language. Kazakh strings several together
//! (теңге-лер-іңіз-ден), Russian takes one; a bare prefix would let банк meet банкет.

use serde::Deserialize;

use super::LexiconError;
use crate::words::fold;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    language: Vec<Raw>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Raw {
    id: String,
    most: usize,
    endings: Vec<toml::Spanned<String>>,
}

/// The endings of one language.
#[derive(Debug)]
pub(super) struct Endings {
    pub(super) language: String,
    /// How many may follow one another.
    most: usize,
    /// Folded.
    list: Vec<String>,
}

impl Endings {
    /// Whether `rest` is nothing, or nothing but endings.
    pub(super) fn hold(&self, rest: &str) -> bool {
        self.hold_within(rest, self.most)
    }

    fn hold_within(&self, rest: &str, left: usize) -> bool {
        rest.is_empty()
            || left > 0
                && self.list.iter().any(|ending| {
                    rest.strip_prefix(ending.as_str())
                        .is_some_and(|rest| self.hold_within(rest, left - 1))
                })
    }
}

/// Reads the file of endings.
pub(super) fn load(file: &str, text: &str) -> Result<Vec<Endings>, LexiconError> {
    let parsed: File = toml::from_str(text).map_err(|error| LexiconError::Syntax {
        file: file.to_owned(),
        problem: error.to_string(),
    })?;
    let mut languages = Vec::new();
    for raw in parsed.language {
        let mut list = Vec::new();
        for spanned in raw.endings {
            let line = super::line(text, spanned.span().start);
            let ending = spanned.into_inner();
            if ending.is_empty() || !ending.chars().all(char::is_alphabetic) {
                return Err(LexiconError::Entry {
                    file: file.to_owned(),
                    line,
                    entry: ending,
                    problem: "an ending is one or more letters",
                });
            }
            list.push(fold(&ending));
        }
        languages.push(Endings {
            language: raw.id,
            most: raw.most.min(6),
            list,
        });
    }
    Ok(languages)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(language: &str) -> Endings {
        let (file, text) = data::lexicon::ENDINGS;
        let found = load(file, text).unwrap().into_iter();
        found.into_iter().find(|e| e.language == language).unwrap()
    }

    #[test]
    fn kazakh_strings_endings_together() {
        let kk = of("kk");
        for rest in [
            "",
            "ге",
            "лер",
            "лерден",
            "ңізді",
            "лерімізге",
            "дағы",
            "мен",
        ] {
            assert!(kk.hold(rest), "{rest}");
        }
        for rest in ["ет", "рақ", "ру", "йған", "лерлерлерлерлер"] {
            assert!(!kk.hold(rest), "{rest}");
        }
    }

    #[test]
    fn russian_takes_one() {
        let ru = of("ru");
        for rest in ["а", "ами", "ов", "ого", "ыми"] {
            assert!(ru.hold(rest), "{rest}");
        }
        assert!(!ru.hold("арий") && !ru.hold("ование") && !ru.hold("амиами"));
    }

    #[test]
    fn an_ending_of_no_letters_is_named_by_its_line() {
        let text = "[[language]]\nid = \"kk\"\nmost = 2\nendings = [\n  \"ға\",\n  \"-\",\n]\n";
        let error = load("e.toml", text).unwrap_err().to_string();
        assert!(error.starts_with("e.toml, line 6: entry \"-\""), "{error}");
    }
}
