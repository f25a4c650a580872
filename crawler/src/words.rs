//! Text as words: folded, tricks of disguise undone, and for every word the exact bytes it came
//! from, so that a quote is always the page's own text.

mod fold;
pub(crate) mod letter;

pub use fold::fold;
use fold::{fold_into, is_combining, is_cyrillic, is_invisible};

/// Where one word stands: block index and byte range inside that block.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Mark {
    /// Offset of the word's first byte in [`Words::buffer`].
    pub at: usize,
    /// One past its last byte there.
    pub to: usize,
    /// Index of the block.
    pub block: usize,
    /// First byte in the block's text.
    pub start: usize,
    /// One past the last byte in the block's text.
    pub end: usize,
}

/// The words of a page in one buffer: ` word word word \u{1} word `, a space before and after each
/// word, U+0001 between blocks so that no phrase crosses from one block to the next.
#[derive(Debug, Default, Clone)]
pub struct Words {
    /// The normalised words.
    pub buffer: String,
    /// One entry a word, in order.
    pub marks: Vec<Mark>,
    /// The first words in which letters of the other alphabet stand for their look-alikes, as
    /// indices of [`Words::marks`].
    pub disguised: Vec<usize>,
}

/// Disguised words kept of one page.
const MAX_DISGUISED: usize = 16;

impl Words {
    /// Reads the blocks of a page.
    #[must_use]
    pub fn of<'a>(blocks: impl IntoIterator<Item = &'a str>) -> Self {
        let mut words = Self {
            buffer: " ".to_owned(),
            ..Self::default()
        };
        let mut tokens = Vec::new();
        for (block, text) in blocks.into_iter().enumerate() {
            if block > 0 {
                words.buffer.push_str("\u{1} ");
            }
            words.buffer.reserve(text.len());
            tokens.clear();
            split(text, &mut tokens);
            let mut at = 0;
            while let Some(&(start, end)) = tokens.get(at) {
                let spaced = spaced_letters(text, tokens.get(at..).unwrap_or_default());
                let last = tokens.get(at + spaced.saturating_sub(1));
                let end = last.map_or(end, |(_, end)| *end);
                words.push(block, text, start, end);
                at += spaced.max(1);
            }
        }
        words
    }

    fn push(&mut self, block: usize, text: &str, start: usize, end: usize) {
        let Some(word) = text.get(start..end) else {
            return;
        };
        let at = self.buffer.len();
        if fold_into(word, &mut self.buffer) && self.disguised.len() < MAX_DISGUISED {
            self.disguised.push(self.marks.len());
        }
        self.marks.push(Mark {
            at,
            to: self.buffer.len(),
            block,
            start,
            end,
        });
        self.buffer.push(' ');
    }

    /// The normalised word at `index`.
    #[must_use]
    pub fn word(&self, index: usize) -> &str {
        self.marks
            .get(index)
            .and_then(|mark| self.buffer.get(mark.at..mark.to))
            .unwrap_or_default()
    }

    /// The same with the space behind it.
    #[must_use]
    pub(crate) fn spaced(&self, index: usize) -> &str {
        self.marks
            .get(index)
            .and_then(|mark| self.buffer.get(mark.at..=mark.to))
            .unwrap_or_default()
    }

    /// Index of the word that begins at `offset` of the buffer.
    #[must_use]
    pub fn index_at(&self, offset: usize) -> Option<usize> {
        self.marks
            .binary_search_by_key(&offset, |mark| mark.at)
            .ok()
    }
}

/// Byte ranges of the words of `text`. Invisible characters and combining marks do not end a word; a
/// Chinese character is a word; a Latin name with a Cyrillic ending (`Kaspiге`, `USDTны`) is two.
fn split(text: &str, out: &mut Vec<(usize, usize)>) {
    let mut open: Option<(usize, usize)> = None;
    let mut latin = false;
    for (at, c) in text.char_indices() {
        let end = at + c.len_utf8();
        match class(c) {
            Class::Letter => {
                if latin
                    && !c.is_ascii()
                    && let Some(name) = open.filter(|name| takes_ending(text, *name, at))
                {
                    out.push(name);
                    open = None;
                }
                latin = c.is_ascii();
                open = Some(open.map_or((at, end), |(start, _)| (start, end)));
            }
            Class::Mark => open = open.map(|(start, _)| (start, end)),
            Class::Invisible => {}
            Class::Word => {
                out.extend(open.take());
                out.push((at, end));
            }
            Class::Other => out.extend(open.take()),
        }
    }
    out.extend(open);
}

/// What a character does to the word it stands in.
enum Class {
    /// Belongs to it, as a letter or a digit.
    Letter,
    /// Belongs to the letter before it.
    Mark,
    /// Shows nothing.
    Invisible,
    /// Is a word by itself.
    Word,
    /// Ends it.
    Other,
}

fn class(c: char) -> Class {
    match c {
        '0'..='9' | 'a'..='z' | 'A'..='Z' | '\u{400}'..='\u{482}' | '\u{48a}'..='\u{52f}' => {
            Class::Letter
        }
        '\0'..='\u{7f}' | '\u{a0}' | '«' | '»' | '\u{2010}'..='\u{2027}' => Class::Other,
        '₸' | '\u{3400}'..='\u{4dbf}' | '\u{4e00}'..='\u{9fff}' => Class::Word,
        c if is_combining(c) => Class::Mark,
        c if is_invisible(c) => Class::Invisible,
        c if c.is_alphanumeric() => Class::Letter,
        _ => Class::Other,
    }
}

/// Whether the Latin name in `name` has its end at `at`, and a Cyrillic ending follows: letters up to
/// the end of the word, one of which at least no Latin letter looks like. Otherwise the Cyrillic letter
/// may stand for its look-alike.
fn takes_ending(text: &str, (start, end): (usize, usize), at: usize) -> bool {
    let name = text.get(start..end).unwrap_or_default();
    let latin = name.len() >= 3 && end == at && name.bytes().all(|b| b.is_ascii_alphanumeric());
    let ending = || {
        let rest = text.get(at..).unwrap_or_default().chars();
        rest.take_while(|c| c.is_alphanumeric()).take(16)
    };
    latin && ending().all(is_cyrillic) && ending().any(|c| !fold::has_latin_twin(c))
}

/// How many of the first tokens are single letters set apart to hide one word, `о б м е н` or
/// `U.S.D.T`: the same mark between all of them, one alphabet, and enough of them that initials and
/// lists do not count. 0 when they hide none.
fn spaced_letters(text: &str, tokens: &[(usize, usize)]) -> usize {
    let alone = |(start, end): (usize, usize)| {
        let mut shown = text
            .get(start..end)?
            .chars()
            .filter(|c| letter::is_alphanumeric(*c));
        let only = shown.next()?;
        let single = shown.next().is_none();
        (single && only.is_alphabetic() && only < '\u{3400}').then_some(only)
    };
    let between = |left: (usize, usize), right: (usize, usize)| {
        let mut gap = text
            .get(left.1..right.0)?
            .chars()
            .filter(|c| !is_invisible(*c));
        let only = gap.next()?;
        gap.next().is_none().then_some(only)
    };
    let (Some(&first), Some(&second)) = (tokens.first(), tokens.get(1)) else {
        return 0;
    };
    let (Some(opening), Some(mark)) = (alone(first), between(first, second)) else {
        return 0;
    };
    let ascii = opening.is_ascii();
    let mut count = 1;
    for pair in tokens.windows(2) {
        let &[left, right] = pair else { break };
        let goes_on = alone(right).is_some_and(|c| c.is_ascii() == ascii)
            && between(left, right) == Some(mark);
        if !goes_on {
            break;
        }
        count += 1;
    }
    if count >= 4 || count == 3 && matches!(mark, '.' | '-' | '_' | '·' | '*') {
        count
    } else {
        0
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn words_keep_their_place() {
        let blocks = ["Отдаёте USDT,", "500 ₸!"];
        let words = Words::of(blocks);
        assert_eq!(words.buffer, " отдаете usdt \u{1} 500 ₸ ");
        let mark = words.marks[0];
        assert_eq!(&blocks[mark.block][mark.start..mark.end], "Отдаёте");
        assert_eq!(words.word(3), "₸");
    }

    #[test]
    fn a_hidden_word_is_quoted_as_it_stands() {
        for (text, word, quote) in [
            ("наш о б м е н здесь", "обмен", "о б м е н"),
            ("за U.S.D.T сразу", "usdt", "U.S.D.T"),
            ("к\u{ad}урс и к-з-т", "кзт", "к-з-т"),
            ("x US\u{200b}D\u{200d}T y", "usdt", "US\u{200b}D\u{200d}T"),
        ] {
            let words = Words::of([text]);
            let at = (0..words.marks.len()).find(|at| words.word(*at) == word);
            let mark = words.marks[at.unwrap_or_else(|| panic!("{text}: {}", words.buffer))];
            assert_eq!(&text[mark.start..mark.end], quote);
        }
    }

    #[test]
    fn names_with_endings_and_chinese_characters_are_parted() {
        assert_eq!(
            Words::of(["Kaspiге USDTны TRC20да"]).buffer,
            " kaspi ге usdt ны trc20 да "
        );
        assert_eq!(Words::of(["USDТ BTCа"]).buffer, " usdt btca ");
        assert_eq!(Words::of(["坚戈KZT"]).buffer, " 坚 戈 kzt ");
    }

    #[test]
    fn initials_and_lists_stay_apart() {
        assert_eq!(
            Words::of(["А. С. Пушкин, a b c"]).buffer,
            " а с пушкин a b c "
        );
        assert_eq!(
            Words::of(["и т д, см. п. 1 2 3 4"]).buffer,
            " и т д см п 1 2 3 4 "
        );
    }

    #[test]
    fn disguised_words_are_counted_within_bounds() {
        let text = "cистема ".repeat(40);
        assert_eq!(Words::of([text.as_str()]).disguised.len(), MAX_DISGUISED);
        assert!(Words::of(["обычная system"]).disguised.is_empty());
    }

    proptest! {
        #[test]
        fn every_mark_is_a_slice(blocks in proptest::collection::vec("(.|о|б|[ .\u{ad}\u{200b}\u{301}]|[UTcе0]){0,80}", 0..6)) {
            let words = Words::of(blocks.iter().map(String::as_str));
            for (index, mark) in words.marks.iter().enumerate() {
                let slice = blocks[mark.block].get(mark.start..mark.end);
                prop_assert!(slice.is_some_and(|slice| slice.contains(|c: char| c.is_alphanumeric() || c == '₸')));
                prop_assert!(!words.word(index).is_empty());
                prop_assert_eq!(words.index_at(mark.at), Some(index));
            }
        }
    }
}
