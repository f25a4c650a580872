//! From ties to networks, and which network keeps which number. Pure.
//!
//! A network is a set of at least two sites connected by ties that nobody has cut. Of the numbers its
//! members had before, the one with most of them stays; of several with as many, the oldest. So a
//! network that grows keeps its number, one that swallows another keeps the larger one's, and of the
//! parts of a split one the largest keeps it.

use std::collections::{BTreeMap, BTreeSet};

/// One network as it is now.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Grouped {
    /// Its number, if it keeps one; else it needs a new one.
    pub id: Option<String>,
    /// Its sites.
    pub members: BTreeSet<String>,
}

/// Sets of at least two hosts connected by `links`, in the order of their first host.
pub fn components<'a>(
    links: impl IntoIterator<Item = (&'a str, &'a str)>,
) -> Vec<BTreeSet<String>> {
    let mut next: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    for (a, b) in links {
        next.entry(a).or_default().push(b);
        next.entry(b).or_default().push(a);
    }
    let mut seen: BTreeSet<&str> = BTreeSet::new();
    let mut sets = Vec::new();
    for start in next.keys() {
        if !seen.insert(start) {
            continue;
        }
        let mut set = BTreeSet::from([(*start).to_owned()]);
        let mut waiting = vec![*start];
        while let Some(host) = waiting.pop() {
            for other in next.get(host).into_iter().flatten() {
                if seen.insert(other) {
                    set.insert((*other).to_owned());
                    waiting.push(other);
                }
            }
        }
        sets.push(set);
    }
    sets
}

/// Gives each set the number it keeps. `before` says to which network a host belonged; numbers grow
/// with age, so the lesser is the older.
#[must_use]
pub fn numbered(sets: Vec<BTreeSet<String>>, before: &BTreeMap<String, String>) -> Vec<Grouped> {
    let mut claims: BTreeMap<(&str, usize), usize> = BTreeMap::new();
    for (index, set) in sets.iter().enumerate() {
        for id in set.iter().filter_map(|host| before.get(host)) {
            *claims.entry((id, index)).or_default() += 1;
        }
    }
    let mut claims: Vec<(usize, &str, usize)> = claims
        .into_iter()
        .map(|((id, index), survivors)| (survivors, id, index))
        .collect();
    claims.sort_by(|(n, id, i), (m, other, j)| m.cmp(n).then(id.cmp(other)).then(i.cmp(j)));
    let mut ids: Vec<Option<&str>> = vec![None; sets.len()];
    let mut given: BTreeSet<&str> = BTreeSet::new();
    for (_, id, index) in claims {
        if let Some(free @ None) = ids.get_mut(index)
            && given.insert(id)
        {
            *free = Some(id);
        }
    }
    let ids: Vec<Option<String>> = ids.into_iter().map(|id| id.map(str::to_owned)).collect();
    sets.into_iter()
        .zip(ids)
        .map(|(members, id)| Grouped { id, members })
        .collect()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn set(hosts: &[&str]) -> BTreeSet<String> {
        hosts.iter().map(|host| (*host).to_owned()).collect()
    }

    fn before(of: &[(&str, &str)]) -> BTreeMap<String, String> {
        of.iter()
            .map(|(host, id)| ((*host).to_owned(), (*id).to_owned()))
            .collect()
    }

    fn id_of<'a>(grouped: &'a [Grouped], host: &str) -> Option<&'a str> {
        let found = grouped.iter().find(|group| group.members.contains(host));
        found.unwrap().id.as_deref()
    }

    #[test]
    fn a_network_that_grows_keeps_its_number_and_a_new_one_has_none() {
        let sets = components([("a", "b"), ("b", "c"), ("x", "y")]);
        assert_eq!(sets, [set(&["a", "b", "c"]), set(&["x", "y"])]);
        let grouped = numbered(sets, &before(&[("a", "N-1"), ("b", "N-1")]));
        assert_eq!(id_of(&grouped, "c"), Some("N-1"));
        assert_eq!(id_of(&grouped, "x"), None);
    }

    #[test]
    fn of_two_that_merge_the_larger_stays_and_of_two_alike_the_older() {
        let was = before(&[
            ("a", "N-1"),
            ("b", "N-1"),
            ("c", "N-2"),
            ("d", "N-2"),
            ("e", "N-2"),
        ]);
        let all = || vec![set(&["a", "b", "c", "d", "e"])];
        assert_eq!(id_of(&numbered(all(), &was), "a"), Some("N-2"));
        let was = before(&[("a", "N-1"), ("b", "N-1"), ("c", "N-2"), ("d", "N-2")]);
        assert_eq!(id_of(&numbered(all(), &was), "e"), Some("N-1"));
    }

    #[test]
    fn of_a_split_one_the_larger_part_keeps_the_number_and_no_two_have_it() {
        let was = before(&[
            ("a", "N-1"),
            ("b", "N-1"),
            ("c", "N-1"),
            ("d", "N-1"),
            ("e", "N-1"),
        ]);
        let grouped = numbered(vec![set(&["a", "b"]), set(&["c", "d", "e"])], &was);
        assert_eq!(id_of(&grouped, "a"), None);
        assert_eq!(id_of(&grouped, "e"), Some("N-1"));
    }

    proptest! {
        /// Whatever the ties: no host in two networks, no number twice, every tie within one network,
        /// and the order of the ties changes nothing.
        #[test]
        fn networks_are_a_partition(
            links in prop::collection::vec((0_u8..12, 0_u8..12), 0..30),
            was in prop::collection::btree_map(0_u8..12, 0_u8..4, 0..12),
        ) {
            let name = |n: u8| format!("h{n:02}");
            let links: Vec<(String, String)> = links.into_iter().filter(|(a, b)| a != b).map(|(a, b)| (name(a), name(b))).collect();
            let was: BTreeMap<String, String> = was.into_iter().map(|(h, n)| (name(h), format!("N-{n}"))).collect();
            let of = |links: &[(String, String)]| numbered(components(links.iter().map(|(a, b)| (a.as_str(), b.as_str()))), &was);
            let grouped = of(&links);
            let members: Vec<&String> = grouped.iter().flat_map(|group| &group.members).collect();
            prop_assert_eq!(members.len(), members.iter().collect::<BTreeSet<_>>().len());
            let ids: Vec<&String> = grouped.iter().filter_map(|group| group.id.as_ref()).collect();
            prop_assert_eq!(ids.len(), ids.iter().collect::<BTreeSet<_>>().len());
            for (a, b) in &links {
                prop_assert!(grouped.iter().any(|group| group.members.contains(a) && group.members.contains(b)));
            }
            let mut turned = links.clone();
            turned.reverse();
            prop_assert_eq!(of(&turned), grouped);
        }
    }
}
