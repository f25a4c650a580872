//! Words, endings and figures that are put before or after a brand, with a hyphen or without.

use super::super::words::{LONGEST_ADDED, is_added};

/// Most figures that count as added: `name365`, not a number of its own.
const MOST_FIGURES: usize = 4;

/// A label with something taken off.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Stripped {
    /// What is left.
    pub(super) rest: String,
    /// What was taken off, outermost first; at most two.
    pub(super) taken: Vec<String>,
    /// Whether a hyphen stood at every cut.
    pub(super) parted: bool,
}

/// Every way to take one or two words off a label, fewest first.
pub(super) fn stripped(label: &str) -> Vec<Stripped> {
    let whole = Stripped {
        rest: label.to_owned(),
        taken: Vec::new(),
        parted: true,
    };
    let mut found = once(&whole);
    let again: Vec<_> = found.iter().flat_map(once).collect();
    found.extend(again);
    found
}

fn once(held: &Stripped) -> Vec<Stripped> {
    let label = held.rest.as_str();
    let mut found = Vec::new();
    let mut take = |rest: &str, word: &str, parted: bool| {
        if !rest.is_empty() {
            let mut taken = held.taken.clone();
            taken.push(word.to_owned());
            found.push(Stripped {
                rest: rest.to_owned(),
                taken,
                parted: held.parted && parted,
            });
        }
    };
    for (at, _) in label.char_indices().skip(1) {
        let (head, tail) = label.split_at(at);
        if is_word(tail) || (is_figures(tail) && !head.ends_with(|c: char| c.is_ascii_digit())) {
            let rest = head.trim_end_matches('-');
            take(rest, tail, rest.len() < head.len());
        }
        if is_word(head) {
            let rest = tail.trim_start_matches('-');
            take(rest, head, rest.len() < tail.len());
        }
    }
    found
}

fn is_word(part: &str) -> bool {
    (2..=*LONGEST_ADDED).contains(&part.len()) && is_added(part)
}

fn is_figures(part: &str) -> bool {
    part.len() <= MOST_FIGURES && part.bytes().all(|b| b.is_ascii_digit())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(label: &str, rest: &str) -> Option<(Vec<String>, bool)> {
        let all = stripped(label);
        let found = all.into_iter().find(|stripped| stripped.rest == rest);
        found.map(|stripped| (stripped.taken, stripped.parted))
    }

    #[test]
    fn words_endings_and_figures_are_taken_off() {
        for (label, rest, taken, parted) in [
            ("brand-kz", "brand", vec!["kz"], true),
            ("brandkz", "brand", vec!["kz"], false),
            ("wwwbrand", "brand", vec!["www"], false),
            ("login-brand-kz", "brand", vec!["kz", "login"], true),
            ("p2p-brand", "brand", vec!["p2p"], true),
            ("brand365", "brand", vec!["365"], false),
            ("брендобмен", "бренд", vec!["обмен"], false),
        ] {
            let (mut found, by_hyphen) = of(label, rest).unwrap();
            found.sort();
            assert_eq!(
                (found, by_hyphen),
                (taken.into_iter().map(str::to_owned).collect(), parted),
                "{label}"
            );
        }
        for (label, rest) in [
            ("brandsaz", "brand"),
            ("brand", ""),
            ("brand12345", "brand"),
        ] {
            assert_eq!(of(label, rest), None, "{label}");
        }
    }
}
