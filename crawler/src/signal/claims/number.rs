//! Which numbers of a text are numbers of licences: those that stand beside a word of licence, before or
//! after it, with nothing between that says whose number it is instead. The words are data
//! (`data/lexicon/licences.toml`), searched as every other lexicon is.

mod reading;

use std::sync::LazyLock;

use regex::Regex;

use super::shape::{Looks, Shape, shapes};
use crate::document::clip;
use crate::lexicon::{Lexicon, LexiconError};
use crate::words::Words;
use reading::Reading;

/// Bytes of the next block that may end what a block leaves open.
const NEXT: usize = 80;

/// Beginnings of the words of licence in a page's folded words: one quick search tells which blocks are
/// worth reading. A test holds that none of the lexicon's is missing.
static BEGINNINGS: LazyLock<Option<Regex>> = LazyLock::new(|| {
    let words = "лиценз|гослиценз|разрешени|рұқсат|ліценз|lic|permit|lisen|litsen|lisan|lizenz\
                 |牌 照|执 照|執 照|许 可 证|許 可 證|authori|afsa|афса";
    Regex::new(&format!(" (?:{words})")).ok()
});

static VOCABULARY: LazyLock<Option<Vocabulary>> = LazyLock::new(|| Vocabulary::load().ok());

/// Whether the shipped file of words can be read; asked when the lexicons are.
///
/// # Errors
/// The first entry that cannot be used, with file and line.
pub(crate) fn check_shipped() -> Result<(), LexiconError> {
    Vocabulary::load().map(drop)
}

struct Vocabulary {
    lexicon: Lexicon,
    word: usize,
    passive: usize,
    unlike: usize,
    mark: usize,
    other: usize,
    unit: usize,
    short: usize,
}

impl Vocabulary {
    fn load() -> Result<Self, LexiconError> {
        let lexicon = Lexicon::load(&[data::lexicon::LICENCES], data::lexicon::ENDINGS)?;
        Ok(Self {
            word: lexicon.group("licence.word"),
            passive: lexicon.group("licence.passive"),
            unlike: lexicon.group("licence.unlike"),
            mark: lexicon.group("number.mark"),
            other: lexicon.group("number.other"),
            unit: lexicon.group("number.unit"),
            short: lexicon.group("sentence.short"),
            lexicon,
        })
    }
}

/// A number of a licence, as it is written.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Number {
    pub(super) text: String,
    /// Its first byte in the block; past the block's end where only the next one holds it.
    pub(super) start: usize,
}

/// Blocks in which a licence is spoken of, in order.
pub(super) fn spoken_of(words: &Words) -> Vec<usize> {
    let Some(pattern) = BEGINNINGS.as_ref() else {
        return Vec::new();
    };
    let found = pattern.find_iter(&words.buffer).filter_map(|found| {
        let next = words.marks.partition_point(|mark| mark.at <= found.start());
        Some(words.marks.get(next)?.block)
    });
    let mut blocks: Vec<usize> = found.collect();
    blocks.dedup();
    blocks
}

/// Numbers of licences in a block of text, in order. `next` is the block after it: a table or a line
/// break may put the number there, or a part of it.
pub(super) fn numbers(block: &str, next: &str) -> Vec<Number> {
    let Some(vocabulary) = VOCABULARY.as_ref() else {
        return Vec::new();
    };
    let text = joined(block, next);
    let shapes = shapes(&text);
    if shapes.is_empty() {
        return Vec::new();
    }
    let reading = Reading::of(&text, block.len(), vocabulary);
    let mut found: Vec<&Shape> = Vec::new();
    for shape in &shapes {
        let is_own = shape.at.start < block.len() || reading.opens(&(block.len()..shape.at.start));
        let is_known = shape.looks == Looks::Telling && shape.at.start < block.len();
        if is_known || is_own && reading.is_licence(shape, found.last().copied()) {
            found.push(shape);
        }
    }
    let number = |shape: &Shape| {
        let text = text.get(shape.at.clone())?.to_owned();
        let start = shape.at.start;
        Some(Number { text, start })
    };
    found.into_iter().filter_map(number).collect()
}

/// A block with the beginning of the next: without a space where a number goes on behind its dash.
fn joined(block: &str, next: &str) -> String {
    let next = clip(next, NEXT);
    let goes_on = |c: char| matches!(c, '/' | '-' | '_' | '\u{2010}'..='\u{2015}');
    let begins = |text: &str| text.starts_with(|c: char| c.is_ascii_digit());
    let figure = block.ends_with(|c: char| c.is_ascii_digit());
    let rest = next.strip_prefix('/').filter(|_| figure);
    let whole = block.ends_with(goes_on) && begins(next) || rest.is_some_and(begins);
    format!("{block}{}{next}", if whole { "" } else { " " })
}

#[cfg(test)]
mod tests;
