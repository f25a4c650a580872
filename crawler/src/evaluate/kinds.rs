//! How well kinds of sites are told: what was named, by what each site truly is.

use std::collections::BTreeMap;

use serde::Serialize;

use super::Judged;
use super::measures::rounded;
use crate::assessment::Verdict;
use crate::kind::OTHER;

/// Verdicts on sites of one kind.
#[derive(Debug, Clone, Default, Serialize)]
pub struct ByKind {
    /// What the sites truly are.
    pub kind: String,
    /// How many.
    pub sites: usize,
    /// Of these, how many the machine names so first.
    pub named: usize,
    /// What it names first, and how often.
    pub given: BTreeMap<String, usize>,
    /// Verdicts given.
    pub flag: usize,
    /// Verdicts given.
    pub review: usize,
    /// Verdicts given.
    pub clear: usize,
}

/// How well kinds are told, over all of them. A share of nothing is `null`.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub struct Naming {
    /// Of all sites, how many are named what they truly are.
    pub accuracy: Option<f64>,
    /// The mean over the kinds that there are of F1: of precision and recall the harmonic mean.
    pub macro_f1: Option<f64>,
}

impl Naming {
    /// Measures what was named.
    pub(super) fn of(kinds: &[ByKind]) -> Self {
        let sum = |part: &dyn Fn(&ByKind) -> usize| kinds.iter().map(part).sum::<usize>() as f64;
        let f1 = |own: &ByKind| {
            let so_named = sum(&|kind| kind.given.get(&own.kind).copied().unwrap_or(0));
            2.0 * own.named as f64 / (own.sites as f64 + so_named)
        };
        let some = !kinds.is_empty();
        Self {
            accuracy: some.then(|| rounded(sum(&|kind| kind.named) / sum(&|kind| kind.sites))),
            macro_f1: some.then(|| rounded(kinds.iter().map(f1).sum::<f64>() / kinds.len() as f64)),
        }
    }
}

pub(super) fn by_kind(judged: &[Judged<'_>]) -> Vec<ByKind> {
    let mut kinds: BTreeMap<&str, ByKind> = BTreeMap::new();
    for one in judged {
        let (Some(kind), Some(found)) = (one.site.kind.as_deref(), one.whole()) else {
            continue;
        };
        let row = kinds.entry(kind).or_insert_with(|| ByKind {
            kind: kind.to_owned(),
            ..ByKind::default()
        });
        let first = found.kinds.first().map_or(OTHER, String::as_str);
        row.sites += 1;
        row.named += usize::from(first == kind);
        *row.given.entry(first.to_owned()).or_default() += 1;
        match found.verdict {
            Verdict::Flag => row.flag += 1,
            Verdict::Review => row.review += 1,
            Verdict::Clear => row.clear += 1,
        }
    }
    kinds.into_values().collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn naming_is_measured_over_all_kinds() {
        let row = |kind: &str, given: &[(&str, usize)]| ByKind {
            kind: kind.to_owned(),
            sites: given.iter().map(|(_, count)| count).sum(),
            named: given
                .iter()
                .filter(|(name, _)| *name == kind)
                .map(|(_, n)| n)
                .sum(),
            given: given
                .iter()
                .map(|(name, n)| ((*name).to_owned(), *n))
                .collect(),
            ..ByKind::default()
        };
        let kinds = [
            row("bank", &[("bank", 3), ("other", 1)]),
            row("otc", &[("bank", 1), ("otc", 1)]),
        ];
        let found = Naming::of(&kinds);
        assert_eq!(found.accuracy, Some(0.6667));
        // bank: 2*3 / (4 + 4); otc: 2*1 / (2 + 1).
        assert_eq!(found.macro_f1, Some(0.7083));
        assert_eq!(Naming::of(&[]), Naming::default());
    }
}
