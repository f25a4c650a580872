//! What an identifier counts between two sites, by its kind and by how many sites show it.

use std::collections::BTreeMap;

use data::network::{Rules, Shared};

/// How a kind counts.
struct Kind {
    /// Beginning of the kind's name.
    name: &'static str,
    /// Kinds of one group say the same thing twice and count once: a cloned page carries the icon
    /// and the text of its model.
    group: &'static str,
    /// `(sites, points)`: the points, in hundredths, up to so many sites; beyond the last, none.
    steps: &'static [(i64, i64)],
}

/// Links by itself while few sites show it; then needs something beside it.
const STRONG: &[(i64, i64)] = &[(25, 100), (99, 50)];
/// Half of a link while few sites show it, a quarter while some do.
const WEAK: &[(i64, i64)] = &[(10, 50), (25, 25)];
/// Half of a link between very few.
const FAINT: &[(i64, i64)] = &[(5, 50)];

/// Whoever holds the key of a server speaks for every site behind it: its operator, or a small studio.
const KEY: &[(i64, i64)] = &[(5, 100), (10, 50)];

const KINDS: &[Kind] = &[
    Kind {
        name: "wallet.",
        group: "wallet",
        steps: STRONG,
    },
    Kind {
        name: "analytics.",
        group: "analytics",
        steps: STRONG,
    },
    Kind {
        name: "ads.",
        group: "ads",
        steps: STRONG,
    },
    Kind {
        name: "chat.",
        group: "chat",
        steps: WEAK,
    },
    Kind {
        name: "captcha",
        group: "captcha",
        steps: WEAK,
    },
    Kind {
        name: "verification.",
        group: "verification",
        steps: WEAK,
    },
    Kind {
        name: "telegram",
        group: "telegram",
        steps: WEAK,
    },
    Kind {
        name: "phone",
        group: "phone",
        steps: WEAK,
    },
    Kind {
        name: "email",
        group: "email",
        steps: WEAK,
    },
    Kind {
        name: "bin",
        group: "bin",
        steps: WEAK,
    },
    Kind {
        name: "favicon",
        group: "appearance",
        steps: FAINT,
    },
    Kind {
        name: "text.",
        group: "appearance",
        steps: FAINT,
    },
    Kind {
        name: "feed",
        group: "appearance",
        steps: FAINT,
    },
    // Of a content network or a host of many: before `certificate`, whose name it begins with.
    Kind {
        name: "certificate.shared",
        group: "certificate",
        steps: &[],
    },
    Kind {
        name: "certificate",
        group: "certificate",
        steps: KEY,
    },
];

/// The rules of linking.
#[derive(Clone, Copy, Debug, Default)]
pub struct Weights;

impl Rules for Weights {
    fn points(&self, kind: &str, sites: i64) -> i64 {
        let steps = of(kind).map_or(&[][..], |kind| kind.steps);
        steps
            .iter()
            .find(|(most, _)| sites <= *most)
            .map_or(0, |(_, points)| *points)
    }

    fn strength(&self, shared: &[Shared<'_>]) -> i64 {
        let mut best: BTreeMap<&str, i64> = BTreeMap::new();
        for one in shared {
            if let Some(kind) = of(one.kind) {
                let points = best.entry(kind.group).or_default();
                *points = (*points).max(one.points);
            }
        }
        best.values().sum()
    }
}

fn of(kind: &str) -> Option<&'static Kind> {
    KINDS.iter().find(|known| kind.starts_with(known.name))
}

/// Sites from which on an identifier of this kind ties nobody any more.
#[must_use]
pub fn common_from(kind: &str) -> i64 {
    let last = of(kind).and_then(|kind| kind.steps.last());
    last.map_or(0, |(most, _)| most + 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn strength(shared: &[(&str, i64)]) -> i64 {
        let shared: Vec<Shared<'_>> = shared
            .iter()
            .map(|(kind, sites)| Shared {
                kind,
                points: Weights.points(kind, *sites),
            })
            .collect();
        Weights.strength(&shared)
    }

    #[test]
    fn one_strong_or_two_independent_weak_ones_link() {
        const LINKS: i64 = data::network::LINKS_FROM;
        assert!(strength(&[("wallet.tron", 2)]) >= LINKS);
        assert!(strength(&[("analytics.metrika", 25)]) >= LINKS);
        assert!(strength(&[("phone", 2), ("email", 10)]) >= LINKS);
        assert!(strength(&[("wallet.tron", 60), ("telegram", 3)]) >= LINKS);

        assert!(strength(&[("certificate", 5)]) >= LINKS);
        assert!(strength(&[("certificate", 6)]) < LINKS);
        assert_eq!(strength(&[("certificate.shared", 2)]), 0);

        assert!(strength(&[("phone", 2)]) < LINKS);
        // The same thing said twice, and things a template brings along.
        assert!(strength(&[("phone", 2), ("phone", 2), ("phone", 2)]) < LINKS);
        assert!(strength(&[("favicon", 2), ("text.legal", 2), ("feed", 2)]) < LINKS);
        // What is everywhere.
        assert!(strength(&[("wallet.tron", 26)]) < LINKS);
        assert_eq!(strength(&[("wallet.tron", 100), ("phone", 26)]), 0);
        assert_eq!(strength(&[("hosting", 2)]), 0);
    }

    #[test]
    fn points_never_rise_and_end_at_a_hundred() {
        for kind in KINDS {
            let points: Vec<i64> = (2..=100)
                .map(|sites| Weights.points(kind.name, sites))
                .collect();
            assert!(points.is_sorted_by(|a, b| a >= b), "{}", kind.name);
            assert_eq!(points.last(), Some(&0), "{}", kind.name);
            assert_eq!(Weights.points(kind.name, common_from(kind.name)), 0);
        }
    }
}
