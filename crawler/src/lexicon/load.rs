//! Reading lexicon files: what is wrong with one is said with file and line.

use std::collections::{HashMap, HashSet};

use serde::Deserialize;

use super::begin::Beginnings;
use super::entry::{self, Fit};
use super::{Entry, Lexicon, endings};

/// A lexicon file that cannot be used. The text says where and what to do.
#[derive(Debug, thiserror::Error)]
pub enum LexiconError {
    /// Not TOML, or not of the expected shape.
    #[error("{file}: {problem}\nwrite each group as [[group]] with id, language and entries")]
    Syntax {
        /// File name.
        file: String,
        /// The parser's message, with line and column.
        problem: String,
    },
    /// An entry that can never match or matches too much.
    #[error("{file}, line {line}: entry \"{entry}\": {problem}")]
    Entry {
        /// File name.
        file: String,
        /// Line, from 1.
        line: usize,
        /// The entry as written.
        entry: String,
        /// What is wrong with it.
        problem: &'static str,
    },
    /// The automaton would be too large.
    #[error("the lexicons hold too many entries: {0}")]
    Size(String),
}

#[derive(Deserialize)]
struct File {
    #[serde(default)]
    group: Vec<RawGroup>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawGroup {
    id: String,
    language: String,
    #[serde(default = "one")]
    need: usize,
    entries: Vec<toml::Spanned<String>>,
}

fn one() -> usize {
    1
}

/// The line, from 1, of a byte of a file.
pub(crate) fn line(text: &str, at: usize) -> usize {
    text.get(..at).map_or(0, |t| t.matches('\n').count() + 1)
}

impl Lexicon {
    /// The lexicons shipped with the program.
    ///
    /// # Errors
    /// Names the file and line; a test holds that the shipped ones load.
    pub fn shipped() -> Result<Self, LexiconError> {
        // Each of the other data files is read where it is used; whoever starts the program hears of a
        // broken one here.
        crate::currency::Table::load(data::lexicon::CURRENCIES)?;
        crate::signal::doors::check_shipped()?;
        crate::signal::phones::check_shipped()?;
        crate::signal::claims::check_shipped()?;
        Self::load(data::lexicon::FILES, data::lexicon::ENDINGS)
    }

    /// Compiles `(file name, TOML text)` pairs, with the endings of each language.
    ///
    /// # Errors
    /// The first entry or table that cannot be used, with file and line.
    pub fn load(files: &[(&str, &str)], endings: (&str, &str)) -> Result<Self, LexiconError> {
        let endings = endings::load(endings.0, endings.1)?;
        let mut groups: Vec<(String, usize)> = Vec::new();
        let mut by_id = HashMap::new();
        let mut entries = Vec::new();
        let mut written: HashSet<(usize, String, String)> = HashSet::new();
        for (file, text) in files {
            let parsed: File = toml::from_str(text).map_err(|error| LexiconError::Syntax {
                file: (*file).to_owned(),
                problem: error.to_string(),
            })?;
            for raw in parsed.group {
                let group = *by_id.entry(raw.id.clone()).or_insert_with(|| {
                    groups.push((raw.id.clone(), raw.need));
                    groups.len() - 1
                });
                for spanned in raw.entries {
                    let line = line(text, spanned.span().start);
                    let entry = spanned.into_inner();
                    let wrong = |problem| LexiconError::Entry {
                        file: (*file).to_owned(),
                        line,
                        entry: entry.clone(),
                        problem,
                    };
                    let pieces = entry::pieces(&entry).map_err(wrong)?;
                    if !written.insert((group, raw.language.clone(), entry.clone())) {
                        return Err(wrong("the entry stands twice in its group"));
                    }
                    let of_language = endings.iter().position(|e| e.language == raw.language);
                    if of_language.is_none() && pieces.iter().any(|p| p.fit == Fit::Stem) {
                        return Err(wrong(
                            "no endings are listed for its language, write * or the whole word",
                        ));
                    }
                    entries.push(Entry {
                        group,
                        text: entry,
                        language: raw.language.clone(),
                        endings: of_language,
                        pieces,
                    });
                }
            }
        }
        let pieces = entries.iter().map(|entry: &Entry| entry.pieces.as_slice());
        let beginnings = Beginnings::of(pieces)?;
        Ok(Self {
            rails: groups
                .iter()
                .map(|(id, _)| id.starts_with("rail."))
                .collect(),
            groups,
            by_id,
            entries,
            beginnings,
            endings,
        })
    }
}
