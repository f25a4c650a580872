//! How an entry is written: words, each exact, or with `*` for any ending, or with `~` for the endings
//! of its language; `..` between two words stands for up to four others.

use crate::words::fold;

/// How much of a word a piece must meet.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Fit {
    /// The whole word.
    Exact,
    /// `stem*`: its beginning.
    Prefix,
    /// `stem~`: its beginning, and after it only endings of the language.
    Stem,
}

/// One word of an entry.
#[derive(Debug)]
pub(super) struct Piece {
    pub(super) word: String,
    pub(super) fit: Fit,
    /// `..` stood before it.
    pub(super) after_gap: bool,
}

/// Reads an entry; says what is wrong with one that can never match or matches too much.
pub(super) fn pieces(entry: &str) -> Result<Vec<Piece>, &'static str> {
    let mut pieces = Vec::new();
    let mut after_gap = false;
    for written in entry.split_whitespace() {
        if written == ".." {
            if pieces.is_empty() || after_gap {
                return Err("write .. only between two words");
            }
            after_gap = true;
            continue;
        }
        let (word, fit) = match (written.strip_suffix('*'), written.strip_suffix('~')) {
            (Some(stem), _) => (stem, Fit::Prefix),
            (_, Some(stem)) => (stem, Fit::Stem),
            _ => (written, Fit::Exact),
        };
        let letters = |c: char| c.is_alphanumeric() || matches!(c, '₸' | '№');
        if word.is_empty() || !word.chars().all(letters) {
            return Err("write words of letters and digits, with * or ~ only at the end of a word");
        }
        if word == "№" {
            continue;
        }
        if fit != Fit::Exact && word.chars().count() < 3 {
            return Err("a stem needs at least three letters before * or ~");
        }
        // A text in Chinese is read character by character.
        let chinese = |c: char| ('\u{3400}'..='\u{9fff}').contains(&c);
        if fit == Fit::Exact && word.chars().all(chinese) {
            let characters = word.chars().enumerate();
            pieces.extend(characters.map(|(at, c)| Piece {
                word: c.to_string(),
                fit,
                after_gap: after_gap && at == 0,
            }));
        } else {
            pieces.push(Piece {
                word: fold(word),
                fit,
                after_gap,
            });
        }
        after_gap = false;
    }
    if pieces.is_empty() {
        Err("the entry is empty")
    } else if after_gap {
        Err("write .. only between two words")
    } else {
        Ok(pieces)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn what_cannot_match_is_refused() {
        for entry in [
            "",
            "..",
            "a ..",
            ".. a",
            "a .. .. b",
            "об*ен",
            "c*",
            "кз~",
            "a-b",
            "№",
        ] {
            assert!(pieces(entry).is_err(), "{entry}");
        }
        let read = pieces("курс .. фиксир* №").unwrap();
        assert_eq!(read.len(), 2);
        assert!(read[1].after_gap && read[1].fit == Fit::Prefix);
    }

    proptest! {
        #[test]
        fn any_entry_is_read_or_refused(entry in "(курс|[.*~ ]|\\PC){0,12}") {
            if let Ok(read) = pieces(&entry) {
                prop_assert!(!read.is_empty() && read.iter().all(|piece| !piece.word.is_empty()));
            }
        }
    }
}
