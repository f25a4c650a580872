//! From a text to lower-case words, whatever keyboard, script or marks it was written with.

use super::MOST_WORDS;

/// Lower-case words of letters and digits. Marks over letters and invisible characters are dropped,
/// so that composed and decomposed letters are one.
pub(super) fn words(text: &str) -> Vec<String> {
    let mut words = vec![String::new()];
    let mut letters = text.chars().flat_map(char::to_lowercase).peekable();
    while let Some(c) = letters.next() {
        let c = match c {
            // Full-width forms of ASCII.
            '\u{ff01}'..='\u{ff5e}' => char::from_u32(u32::from(c) - 0xfee0).unwrap_or(c),
            '\u{0300}'..='\u{036f}' | '\u{200b}'..='\u{200f}' | '\u{00ad}' | '\u{feff}' => continue,
            c if is_apostrophe(c) => {
                let inside = letters.peek().is_some_and(|next| next.is_alphabetic());
                if let Some(word) = words.last_mut().filter(|_| inside) {
                    marked(word);
                }
                continue;
            }
            'й' => 'и',
            'ё' => 'е',
            c => c,
        };
        match words.last_mut() {
            Some(word) if c.is_alphanumeric() => word.push(c),
            Some(word) if word.is_empty() => {}
            _ => words.push(String::new()),
        }
    }
    words.retain(|word| !word.is_empty());
    words.truncate(MOST_WORDS);
    words
}

fn is_apostrophe(c: char) -> bool {
    matches!(c, '\'' | '’' | 'ʼ' | '`' | '´' | 'ʹ')
}

/// What an apostrophe inside a word does to the letter before it: in the Kazakh alphabet of 2017 it
/// made another letter of some; of all others it is dropped.
fn marked(word: &mut String) {
    let letter = match word.chars().last() {
        Some('s') => 'ş',
        Some('c') => 'ç',
        Some('y') => 'у',
        _ => return,
    };
    word.pop();
    word.push(letter);
}
