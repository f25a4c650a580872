//! How many letters lie between two spellings, and which.

/// Insertions, deletions, replacements and swaps of neighbours that make `b` of `a` (optimal string
/// alignment), or `None` where they are more than `most`.
pub(super) fn distance(a: &[char], b: &[char], most: usize) -> Option<usize> {
    let (a, b) = without_common_ends(a, b);
    if a.len().abs_diff(b.len()) > most {
        return None;
    }
    // Three rows: the one being filled, the one before, and the one before that for swaps.
    let mut before: Vec<usize> = Vec::new();
    let mut last: Vec<usize> = (0..=b.len()).collect();
    for (i, x) in a.iter().enumerate() {
        let mut row = Vec::with_capacity(b.len() + 1);
        row.push(i + 1);
        for (j, y) in b.iter().enumerate() {
            let mut least = (last[j] + usize::from(x != y))
                .min(last[j + 1] + 1)
                .min(row[j] + 1);
            if i > 0 && j > 0 && *x == b[j - 1] && a[i - 1] == *y {
                least = least.min(before[j - 1] + 1);
            }
            row.push(least);
        }
        if row.iter().all(|edits| *edits > most) && last.iter().all(|edits| *edits > most) {
            return None;
        }
        before = std::mem::replace(&mut last, row);
    }
    last.last().copied().filter(|edits| *edits <= most)
}

/// One edit that makes one spelling of another.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Edit {
    /// A letter was left out at a place of the right spelling.
    Omitted(usize),
    /// A letter was put in, at a place of the wrong spelling.
    Inserted(usize),
    /// One letter stands for another, at a place of both.
    Replaced(usize),
    /// Two neighbours changed places; the place of the first.
    Swapped(usize),
}

/// The one edit that makes `wrong` of `right`, where there is exactly one.
pub(super) fn one_edit(wrong: &[char], right: &[char]) -> Option<Edit> {
    let start = common_start(wrong, right);
    let (a, b) = without_common_ends(wrong, right);
    match (a, b) {
        ([], [_]) => Some(Edit::Omitted(start)),
        ([_], []) => Some(Edit::Inserted(start)),
        ([_], [_]) => Some(Edit::Replaced(start)),
        ([x1, x2], [y1, y2]) if x1 == y2 && x2 == y1 => Some(Edit::Swapped(start)),
        _ => None,
    }
}

fn common_start(a: &[char], b: &[char]) -> usize {
    a.iter().zip(b).take_while(|(x, y)| x == y).count()
}

fn without_common_ends<'a>(a: &'a [char], b: &'a [char]) -> (&'a [char], &'a [char]) {
    let start = common_start(a, b);
    let (a, b) = (&a[start..], &b[start..]);
    let end = a
        .iter()
        .rev()
        .zip(b.iter().rev())
        .take_while(|(x, y)| x == y)
        .count();
    (&a[..a.len() - end], &b[..b.len() - end])
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn of(text: &str) -> Vec<char> {
        text.chars().collect()
    }

    /// The textbook's recursion, without any shortcut.
    fn slow(a: &[char], b: &[char]) -> usize {
        match (a, b) {
            ([], rest) | (rest, []) => rest.len(),
            ([.., x], [.., y]) => {
                let (a1, b1) = (&a[..a.len() - 1], &b[..b.len() - 1]);
                let mut least = (slow(a1, b1) + usize::from(x != y))
                    .min(slow(a1, b) + 1)
                    .min(slow(a, b1) + 1);
                if let ([a2 @ .., x1, x2], [b2 @ .., y1, y2]) = (a, b)
                    && x1 == y2
                    && x2 == y1
                {
                    least = least.min(slow(a2, b2) + 1);
                }
                least
            }
        }
    }

    proptest! {
        #[test]
        fn the_distance_is_that_of_the_definition(a in "[a-c]{0,6}", b in "[a-c]{0,6}", most in 0_usize..4) {
            let (a, b) = (of(&a), of(&b));
            let exact = slow(&a, &b);
            prop_assert_eq!(distance(&a, &b, most), (exact <= most).then_some(exact));
            prop_assert_eq!(one_edit(&a, &b).is_some(), exact == 1);
        }
    }
}
