//! What the standard library says of letters, without a search of its tables for Cyrillic: most of
//! what we read.

use super::fold::lower_cyrillic;

/// [`char::is_alphanumeric`].
pub(crate) fn is_alphanumeric(c: char) -> bool {
    matches!(c, '\u{400}'..='\u{481}' | '\u{48a}'..='\u{52f}') || c.is_alphanumeric()
}

/// [`char::to_lowercase`].
pub(crate) fn lower(c: char) -> impl Iterator<Item = char> {
    let quick = match c {
        c if c.is_ascii() => Some(c.to_ascii_lowercase()),
        // The fold makes another letter of this one.
        'Ё' | 'ё' => Some('ё'),
        c => lower_cyrillic(c),
    };
    let slow = quick.is_none().then(|| c.to_lowercase());
    quick.into_iter().chain(slow.into_iter().flatten())
}

#[cfg(test)]
mod tests {
    #[test]
    fn every_character_is_what_the_standard_library_says() {
        for c in '\0'..=char::MAX {
            assert_eq!(super::is_alphanumeric(c), c.is_alphanumeric(), "{c:?}");
            assert!(super::lower(c).eq(c.to_lowercase()), "{c:?}");
        }
    }
}
