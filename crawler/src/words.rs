//! Text as words: lower case, ё as е, mixed-script tricks undone, and for every word the exact
//! bytes it came from, so that a quote is always the page's own text.

/// Where one word stands: block index and byte range inside that block.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Mark {
    /// Offset of the word's first byte in [`Words::buffer`].
    pub at: usize,
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
}

impl Words {
    /// Reads the blocks of a page.
    #[must_use]
    pub fn of<'a>(blocks: impl IntoIterator<Item = &'a str>) -> Self {
        let mut words = Self {
            buffer: " ".to_owned(),
            marks: Vec::new(),
        };
        for (block, text) in blocks.into_iter().enumerate() {
            if block > 0 {
                words.buffer.push_str("\u{1} ");
            }
            let mut start = None;
            for (at, c) in text.char_indices() {
                match (is_word(c), start) {
                    (true, None) => start = Some(at),
                    (false, Some(from)) => {
                        words.push(block, text, from, at);
                        start = None;
                    }
                    _ => {}
                }
                if c == '₸' {
                    words.push(block, text, at, at + c.len_utf8());
                }
            }
            if let Some(from) = start {
                words.push(block, text, from, text.len());
            }
        }
        words
    }

    fn push(&mut self, block: usize, text: &str, start: usize, end: usize) {
        let Some(word) = text.get(start..end) else {
            return;
        };
        self.marks.push(Mark {
            at: self.buffer.len(),
            block,
            start,
            end,
        });
        fold_into(word, &mut self.buffer);
        self.buffer.push(' ');
    }

    /// The normalised word at `index`.
    #[must_use]
    pub fn word(&self, index: usize) -> &str {
        let Some(mark) = self.marks.get(index) else {
            return "";
        };
        let rest = self.buffer.get(mark.at..).unwrap_or_default();
        rest.split(' ').next().unwrap_or_default()
    }

    /// Index of the word that begins at `offset` of the buffer.
    #[must_use]
    pub fn index_at(&self, offset: usize) -> Option<usize> {
        self.marks
            .binary_search_by_key(&offset, |mark| mark.at)
            .ok()
    }
}

fn is_word(c: char) -> bool {
    c.is_alphanumeric()
}

/// Appends `word` in its folded form.
fn fold_into(word: &str, out: &mut String) {
    let mixed = is_mixed(word);
    let to_cyrillic =
        mixed && word.chars().filter(|c| is_cyrillic(*c)).count() * 2 >= word.chars().count();
    for c in word.chars().flat_map(char::to_lowercase) {
        let c = match c {
            'ё' => 'е',
            c if mixed && to_cyrillic => latin_to_cyrillic(c),
            c if mixed => cyrillic_to_latin(c),
            c => c,
        };
        out.push(c);
    }
}

/// The folded form of one word.
#[must_use]
pub fn fold(word: &str) -> String {
    let mut out = String::with_capacity(word.len());
    fold_into(word, &mut out);
    out
}

/// True when Latin and Cyrillic letters stand in one word: a mark of copied or disguised text.
#[must_use]
pub fn is_mixed(word: &str) -> bool {
    if word.is_ascii() {
        return false;
    }
    word.chars().any(is_cyrillic) && word.chars().any(|c| c.is_ascii_alphabetic())
}

fn is_cyrillic(c: char) -> bool {
    matches!(c, '\u{400}'..='\u{52F}')
}

const TWINS: &[(char, char)] = &[
    ('a', 'а'),
    ('b', 'в'),
    ('c', 'с'),
    ('e', 'е'),
    ('h', 'н'),
    ('i', 'і'),
    ('k', 'к'),
    ('m', 'м'),
    ('o', 'о'),
    ('p', 'р'),
    ('t', 'т'),
    ('x', 'х'),
    ('y', 'у'),
    ('s', 'ѕ'),
    ('j', 'ј'),
    ('h', 'һ'),
];

fn latin_to_cyrillic(c: char) -> char {
    TWINS
        .iter()
        .find(|(latin, _)| *latin == c)
        .map_or(c, |(_, twin)| *twin)
}

fn cyrillic_to_latin(c: char) -> char {
    TWINS
        .iter()
        .find(|(_, twin)| *twin == c)
        .map_or(c, |(latin, _)| *latin)
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
    fn mixed_scripts_are_folded_to_the_majority() {
        assert_eq!(fold("обмeн"), "обмен"); // Latin e
        assert_eq!(fold("USDТ"), "usdt"); // Cyrillic Т
        assert_eq!(fold("Қазақстан"), "қазақстан");
    }

    proptest! {
        #[test]
        fn every_mark_is_a_slice(blocks in proptest::collection::vec(".{0,80}", 0..6)) {
            let words = Words::of(blocks.iter().map(String::as_str));
            for (index, mark) in words.marks.iter().enumerate() {
                prop_assert!(blocks[mark.block].get(mark.start..mark.end).is_some());
                prop_assert_eq!(words.index_at(mark.at), Some(index));
            }
        }
    }
}
