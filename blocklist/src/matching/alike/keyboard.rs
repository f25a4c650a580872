//! Which keys are neighbours, on the keyboards people here type with.

use std::{collections::HashSet, sync::LazyLock};

/// Rows of keys from left to right, each half a key to the right of the one above.
const LAYOUTS: [[&str; 4]; 5] = [
    ["1234567890", "qwertyuiop", "asdfghjkl", "zxcvbnm"],
    ["1234567890", "qwertzuiop", "asdfghjkl", "yxcvbnm"],
    ["1234567890", "azertyuiop", "qsdfghjklm", "wxcvbn"],
    ["1234567890", "йцукенгшщзхъ", "фывапролджэ", "ячсмитьбю"],
    // Kazakh has nine letters of its own in the row of digits.
    ["\"әіңғ,.үұқөһ", "йцукенгшщзхъ", "фывапролджэ", "ячсмитьбю"],
];

static NEIGHBOURS: LazyLock<HashSet<(char, char)>> = LazyLock::new(|| {
    let mut pairs = HashSet::new();
    for layout in LAYOUTS {
        let rows = layout.map(|row| row.chars().collect::<Vec<char>>());
        for (at, row) in rows.iter().enumerate() {
            let below = rows.get(at + 1).map_or(&[][..], Vec::as_slice);
            for (column, key) in row.iter().enumerate() {
                let beside = row.get(column + 1);
                let under = [column.checked_sub(1), Some(column)].into_iter().flatten();
                let under = under.filter_map(|column| below.get(column));
                for other in beside.into_iter().chain(under) {
                    pairs.extend([(*key, *other), (*other, *key)]);
                }
            }
        }
    }
    pairs
});

/// Whether two keys lie side by side or one above the other.
pub(super) fn are_neighbours(a: char, b: char) -> bool {
    NEIGHBOURS.contains(&(a, b))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_side_by_side_and_above_one_another() {
        for (a, b) in [
            ('q', 'w'),
            ('q', 'a'),
            ('s', 'z'),
            ('y', 't'),
            ('z', 't'),
            ('7', 'y'),
            ('ы', 'в'),
            ('қ', 'з'),
            ('ң', 'у'),
            ('ө', 'х'),
        ] {
            assert!(are_neighbours(a, b) && are_neighbours(b, a), "{a} {b}");
        }
        for (a, b) in [('q', 'p'), ('a', 'l'), ('z', 'p'), ('ф', 'ю'), ('a', 'a')] {
            assert!(!are_neighbours(a, b), "{a} {b}");
        }
    }
}
