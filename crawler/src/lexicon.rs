//! Lexicons: words and phrases by sense, found in a page in one pass.
//!
//! A lexicon is a TOML file of `[[group]]` tables: `id` (the sense), `language`, `entries`, and for
//! guards `need`. How an entry is written stands in `entry`; the endings that a stem may take stand
//! in their own file, see `endings`. Entries match whole words only, so that Kaspi is not Kaspa and
//! not the Caspian.

use std::collections::HashMap;
use std::ops::Range;

use crate::words::Words;
use begin::Beginnings;
use endings::Endings;
use entry::{Fit, Piece};
pub use load::LexiconError;
pub(crate) use load::line;

mod begin;
mod endings;
mod entry;
mod load;

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
