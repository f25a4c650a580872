//! Lexicons: words and phrases by sense, found in a page in one pass.
//!
//! A lexicon is a TOML file of `[[group]]` tables: `id` (the sense), `language`, `entries`, and for
//! guards `need`. How an entry is written stands in `entry`; the endings that a stem may take stand
//! in their own file, see `endings`. Entries match whole words only, so that Kaspi is not Kaspa and
//! not the Caspian.

use std::collections::{HashMap, HashSet};
use std::ops::Range;

use serde::Deserialize;

use crate::words::Words;
use begin::Beginnings;
use endings::Endings;
use entry::{Fit, Piece};

mod begin;
mod endings;
mod entry;

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

#[derive(Debug)]
struct Entry {
    group: usize,
    text: String,
    language: String,
    /// Index of the language's endings, when a piece is a stem.
    endings: Option<usize>,
    pieces: Vec<Piece>,
}

/// Words that `..` in an entry stands for at most.
const MAX_GAP: usize = 4;

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
    beginnings: Beginnings,
    endings: Vec<Endings>,
    /// By group, whether it names a rail.
    rails: Vec<bool>,
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

    /// Whether a group names a bank or a payment rail of Kazakhstan.
    #[must_use]
    pub fn is_rail(&self, group: usize) -> bool {
        self.rails.get(group).copied().unwrap_or(false)
    }

    /// Whether the words name a bank or a payment rail of Kazakhstan.
    #[must_use]
    pub fn names_rail(&self, words: &Words) -> bool {
        self.find(words).iter().any(|hit| self.is_rail(hit.group))
    }

    /// The entry as written in its file, and its language.
    #[must_use]
    pub fn entry(&self, entry: usize) -> (&str, &str) {
        self.entries
            .get(entry)
            .map_or(("", ""), |entry| (&entry.text, &entry.language))
    }

    /// Every place where any entry is met, in order of place, then of entry.
    #[must_use]
    pub fn find(&self, words: &Words) -> Vec<Hit> {
        let mut hits = Vec::new();
        let mut begun = Vec::new();
        for first in 0..words.marks.len() {
            begun.clear();
            self.beginnings.at(first, words, &mut begun);
            begun.sort_unstable();
            let met = begun
                .iter()
                .filter_map(|entry| self.verify(*entry, first, words));
            hits.extend(met);
        }
        hits
    }

    /// The start of the first word matched; checks all of it, and the rest within the same block.
    fn verify(&self, number: usize, first: usize, words: &Words) -> Option<Hit> {
        let entry = self.entries.get(number)?;
        let start = words.marks.get(first)?;
        let after = self.fits(entry, 0, first, start.block, words)?;
        Some(Hit {
            group: entry.group,
            entry: number,
            block: start.block,
            range: start.start..words.marks.get(after - 1)?.end,
            words: first..after,
        })
    }

    /// One past the last word, when the pieces from `piece` on stand from word `at` on.
    fn fits(
        &self,
        entry: &Entry,
        piece: usize,
        at: usize,
        block: usize,
        words: &Words,
    ) -> Option<usize> {
        let Some(wanted) = entry.pieces.get(piece) else {
            return Some(at);
        };
        let reach = if wanted.after_gap { MAX_GAP } else { 0 };
        (at..=at + reach).find_map(|at| {
            let here = words.marks.get(at).is_some_and(|mark| mark.block == block);
            (here && self.meets(entry, wanted, words.word(at)))
                .then(|| self.fits(entry, piece + 1, at + 1, block, words))?
        })
    }

    fn meets(&self, entry: &Entry, piece: &Piece, word: &str) -> bool {
        let Some(ending) = word.strip_prefix(piece.word.as_str()) else {
            return false;
        };
        match piece.fit {
            Fit::Exact => ending.is_empty(),
            Fit::Prefix => true,
            Fit::Stem => entry
                .endings
                .and_then(|at| self.endings.get(at))
                .is_some_and(|endings| endings.hold(ending)),
        }
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
             [[group]]\nid = \"life\"\nlanguage = \"ru\"\nentries = [\"создать заявк*\", \"криптовалют*\", \"курс .. фиксир*\"]\n\
             [[group]]\nid = \"money\"\nlanguage = \"kk\"\nentries = [\"теңге~\", \"карта~ аудар*\"]\n",
        )], data::lexicon::ENDINGS)
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
    fn a_stem_takes_the_endings_of_its_language_and_no_others() {
        assert_eq!(
            found("теңге, теңгеге, теңгелермен, теңгеңізді; теңгеру"),
            ["теңге", "теңгеге", "теңгелермен", "теңгеңізді"]
        );
        assert_eq!(found("картаңызға аударамыз"), ["картаңызға аударамыз"]);
        assert!(found("картайған аударма").is_empty());
    }

    #[test]
    fn a_gap_is_bridged_within_bounds() {
        assert_eq!(
            found("Курс обмена в заявке фиксируется сразу"),
            ["Курс обмена в заявке фиксируется"]
        );
        assert!(found("курс один два три четыре пять фиксируется").is_empty());
        let words = Words::of(["курс", "фиксируется"]);
        assert!(
            small().find(&words).is_empty(),
            "not from one block to the next"
        );
    }

    #[test]
    fn homoglyphs_do_not_hide_a_word() {
        assert_eq!(found("кpиптoвалюта"), ["кpиптoвалюта"]);
    }

    #[test]
    fn an_error_names_file_and_line() {
        let text =
            "[[group]]\nid = \"x\"\nlanguage = \"ru\"\nentries = [\n  \"хорошо\",\n  \"о*\",\n]\n";
        let error = Lexicon::load(&[("bad.toml", text)], data::lexicon::ENDINGS)
            .unwrap_err()
            .to_string();
        assert!(
            error.starts_with("bad.toml, line 6: entry \"о*\""),
            "{error}"
        );
        let error = Lexicon::load(
            &[("worse.toml", "[[group]]\nid = 3")],
            data::lexicon::ENDINGS,
        )
        .unwrap_err()
        .to_string();
        assert!(
            error.contains("worse.toml") && error.contains("line 2"),
            "{error}"
        );
        let stem = "[[group]]\nid = \"x\"\nlanguage = \"en\"\nentries = [\"coin~\"]\n";
        let error = Lexicon::load(&[("stem.toml", stem)], data::lexicon::ENDINGS)
            .unwrap_err()
            .to_string();
        assert!(
            error.starts_with("stem.toml, line 4: entry \"coin~\""),
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
        fn nothing_is_met_but_what_every_entry_held_to_every_word_would_meet(
            text in "((обмен|криптовалюты|создать|заявку|тенге|теңгеге|kaspi|банк|лицензия|курс|не|usdt|p2p|buy|坚戈|[а-яa-z0-9]{1,4})[ ,.]){0,12}"
        ) {
            static SHIPPED: std::sync::LazyLock<Lexicon> =
                std::sync::LazyLock::new(|| Lexicon::shipped().unwrap());
            let words = Words::of([text.as_str()]);
            let all = 0..SHIPPED.entries.len();
            let tried: Vec<Hit> = (0..words.marks.len())
                .flat_map(|first| all.clone().map(move |entry| (first, entry)))
                .filter_map(|(first, entry)| SHIPPED.verify(entry, first, &words))
                .collect();
            prop_assert_eq!(SHIPPED.find(&words), tried);
        }

        #[test]
        fn hits_are_slices_of_the_text(text in "(создать|заявку|kaspi|kaspа|криптовалюты|[ ,.!]|\\PC){0,60}") {
            for hit in small().find(&Words::of([text.as_str()])) {
                prop_assert!(text.get(hit.range).is_some());
            }
        }
    }
}
