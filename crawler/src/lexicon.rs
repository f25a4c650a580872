//! Lexicons: words and phrases by sense, found in a page in one pass.
//!
//! A lexicon is a TOML file of `[[group]]` tables: `id` (the sense), `language`, `entries`, and for
//! guards `need`. An entry is one or more words; `*` after a word matches any ending, which is how
//! Russian inflection and Kazakh suffixes are met. Entries match whole words only, so that Kaspi is
//! not Kaspa and not the Caspian.

use std::collections::HashMap;
use std::ops::Range;

use aho_corasick::{AhoCorasick, MatchKind};
use serde::Deserialize;

use crate::words::{Words, fold};

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

#[derive(Debug)]
struct Piece {
    word: String,
    prefix: bool,
}

#[derive(Debug)]
struct Entry {
    group: usize,
    text: String,
    language: String,
    pieces: Vec<Piece>,
}

/// One place where an entry was met.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Hit {
    /// The group's number; compare with [`Lexicon::group`].
    pub group: usize,
    /// The entry's number: equal for equal entries.
    pub entry: usize,
    /// Block index.
    pub block: usize,
    /// Byte range in the block's text.
    pub range: Range<usize>,
    /// Index of the first and one past the last word.
    pub words: Range<usize>,
}

/// All lexicons, compiled.
#[derive(Debug)]
pub struct Lexicon {
    groups: Vec<(String, usize)>,
    by_id: HashMap<String, usize>,
    entries: Vec<Entry>,
    by_pattern: Vec<Vec<usize>>,
    automaton: AhoCorasick,
}

impl Lexicon {
    /// The lexicons shipped with the program.
    ///
    /// # Errors
    /// Names the file and line; a test holds that the shipped ones load.
    pub fn shipped() -> Result<Self, LexiconError> {
        Self::load(data::lexicon::FILES)
    }

    /// Compiles `(file name, TOML text)` pairs.
    ///
    /// # Errors
    /// The first entry or table that cannot be used, with file and line.
    pub fn load(files: &[(&str, &str)]) -> Result<Self, LexiconError> {
        let mut groups: Vec<(String, usize)> = Vec::new();
        let mut by_id = HashMap::new();
        let mut entries = Vec::new();
        let mut patterns: Vec<String> = Vec::new();
        let mut by_pattern: Vec<Vec<usize>> = Vec::new();
        let mut seen: HashMap<String, usize> = HashMap::new();
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
                    let line = text
                        .get(..spanned.span().start)
                        .map_or(0, |t| t.matches('\n').count() + 1);
                    let entry = spanned.into_inner();
                    let pieces = pieces(&entry).map_err(|problem| LexiconError::Entry {
                        file: (*file).to_owned(),
                        line,
                        entry: entry.clone(),
                        problem,
                    })?;
                    let Some(first) = pieces.first() else {
                        continue;
                    };
                    let end = if first.prefix { "" } else { " " };
                    let pattern = format!(" {}{end}", first.word);
                    let at = *seen.entry(pattern.clone()).or_insert_with(|| {
                        patterns.push(pattern);
                        by_pattern.push(Vec::new());
                        patterns.len() - 1
                    });
                    if let Some(list) = by_pattern.get_mut(at) {
                        list.push(entries.len());
                    }
                    entries.push(Entry {
                        group,
                        text: entry,
                        language: raw.language.clone(),
                        pieces,
                    });
                }
            }
        }
        let automaton = AhoCorasick::builder()
            .match_kind(MatchKind::Standard)
            .build(&patterns)
            .map_err(|error| LexiconError::Size(error.to_string()))?;
        Ok(Self {
            groups,
            by_id,
            entries,
            by_pattern,
            automaton,
        })
    }

    /// The number of the group with this id, `usize::MAX` when there is none.
    #[must_use]
    pub fn group(&self, id: &str) -> usize {
        self.by_id.get(id).copied().unwrap_or(usize::MAX)
    }

    /// `(id, need)` of each group, in order of number.
    #[must_use]
    pub fn groups(&self) -> &[(String, usize)] {
        &self.groups
    }

    /// The entry as written in its file, and its language.
    #[must_use]
    pub fn entry(&self, entry: usize) -> (&str, &str) {
        self.entries
            .get(entry)
            .map_or(("", ""), |entry| (&entry.text, &entry.language))
    }

    /// Every place where any entry is met, in order of place.
    #[must_use]
    pub fn find(&self, words: &Words) -> Vec<Hit> {
        let mut hits = Vec::new();
        for found in self.automaton.find_overlapping_iter(&words.buffer) {
            let Some(first) = words.index_at(found.start() + 1) else {
                continue;
            };
            let candidates = self.by_pattern.get(found.pattern().as_usize());
            for &number in candidates.into_iter().flatten() {
                if let Some(hit) = self.verify(number, first, words) {
                    hits.push(hit);
                }
            }
        }
        hits.sort_by_key(|hit| (hit.words.start, hit.entry));
        hits
    }

    /// The first word matched; checks the rest, all within one block.
    fn verify(&self, number: usize, first: usize, words: &Words) -> Option<Hit> {
        let entry = self.entries.get(number)?;
        let start = words.marks.get(first)?;
        for (offset, piece) in entry.pieces.iter().enumerate() {
            let mark = words.marks.get(first + offset)?;
            let word = words.word(first + offset);
            let fits = if piece.prefix {
                word.starts_with(&piece.word)
            } else {
                word == piece.word
            };
            if mark.block != start.block || !fits {
                return None;
            }
        }
        let last = first + entry.pieces.len();
        let end = words.marks.get(last - 1)?.end;
        Some(Hit {
            group: entry.group,
            entry: number,
            block: start.block,
            range: start.start..end,
            words: first..last,
        })
    }
}

fn pieces(entry: &str) -> Result<Vec<Piece>, &'static str> {
    let mut pieces = Vec::new();
    for word in entry.split_whitespace() {
        let (word, prefix) = match word.strip_suffix('*') {
            Some(stem) => (stem, true),
            None => (word, false),
        };
        if word.is_empty()
            || !word
                .chars()
                .all(|c| c.is_alphanumeric() || matches!(c, '₸' | '№'))
        {
            return Err("write words of letters and digits, with * only at the end of a word");
        }
        if word == "№" {
            continue;
        }
        if prefix && word.chars().count() < 3 {
            return Err("a stem needs at least three letters before *");
        }
        pieces.push(Piece {
            word: fold(word),
            prefix,
        });
    }
    if pieces.is_empty() {
        Err("the entry is empty")
    } else {
        Ok(pieces)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn small() -> Lexicon {
        Lexicon::load(&[(
            "t.toml",
            "[[group]]\nid = \"rail\"\nlanguage = \"any\"\nentries = [\"kaspi\", \"каспи\"]\n\
             [[group]]\nid = \"life\"\nlanguage = \"ru\"\nentries = [\"создать заявк*\", \"криптовалют*\"]\n",
        )])
        .unwrap()
    }

    fn found(text: &str) -> Vec<String> {
        let lexicon = small();
        lexicon
            .find(&Words::of([text]))
            .into_iter()
            .map(|hit| text[hit.range].to_owned())
            .collect()
    }

    #[test]
    fn words_match_as_units() {
        assert_eq!(found("на карту Kaspi, быстро"), ["Kaspi"]);
        assert!(found("монета Kaspa и Каспийское море").is_empty());
    }

    #[test]
    fn phrases_and_endings() {
        assert_eq!(
            found("Создать заявку: криптовалюты"),
            ["Создать заявку", "криптовалюты"]
        );
        assert!(found("создать новую заявку").is_empty());
    }

    #[test]
    fn homoglyphs_do_not_hide_a_word() {
        assert_eq!(found("кpиптoвалюта"), ["кpиптoвалюта"]);
    }

    #[test]
    fn an_error_names_file_and_line() {
        let text =
            "[[group]]\nid = \"x\"\nlanguage = \"ru\"\nentries = [\n  \"хорошо\",\n  \"о*\",\n]\n";
        let error = Lexicon::load(&[("bad.toml", text)])
            .unwrap_err()
            .to_string();
        assert!(
            error.starts_with("bad.toml, line 6: entry \"о*\""),
            "{error}"
        );
        let error = Lexicon::load(&[("worse.toml", "[[group]]\nid = 3")])
            .unwrap_err()
            .to_string();
        assert!(
            error.contains("worse.toml") && error.contains("line 2"),
            "{error}"
        );
    }

    #[test]
    fn the_shipped_lexicons_load() {
        let lexicon = Lexicon::shipped().unwrap();
        for id in [
            "crypto",
            "order.give",
            "order.get",
            "tenge",
            "guard.bank",
            "rail.kaspi",
            "negation",
        ] {
            assert_ne!(lexicon.group(id), usize::MAX, "{id}");
        }
    }

    proptest! {
        #[test]
        fn hits_are_slices_of_the_text(text in "(создать|заявку|kaspi|kaspа|криптовалюты|[ ,.!]|\\PC){0,60}") {
            for hit in small().find(&Words::of([text.as_str()])) {
                prop_assert!(text.get(hit.range).is_some());
            }
        }
    }
}
