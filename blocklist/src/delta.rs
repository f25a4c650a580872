//! What changed between two serials, so that a reader who has the list fetches what is new of it.
//!
//! A delta proves nothing by itself. Applied to the entries of the older list it gives the newer ones,
//! and written down as `list/json` they have the hash that stands in the release note.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use crate::{
    Digest, Monitoring, Timestamp,
    export::newest,
    fold::{Change, Entry, Folded},
};

/// What changed from one serial to another; nothing, where both are the same.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Delta {
    /// Entries that are enforced at `to` and were not at `from`, in order.
    pub added: Vec<Entry>,
    /// The serial to begin with.
    pub from: u32,
    /// The names for monitoring, as `list/json` says at `to`.
    pub monitoring: Option<Monitoring>,
    /// When a listing last took effect or was taken back, as `list/json` says at `to`.
    pub newest: Option<Timestamp>,
    /// The log's name.
    pub origin: String,
    /// Entries that were enforced at `from` and are not at `to`, in order.
    pub removed: Vec<Entry>,
    /// The root of the log at `to`.
    pub root: Digest,
    /// The size of the log at `to`.
    pub size: u64,
    /// The serial to end with.
    pub to: u32,
}

impl Delta {
    /// What changed since `entries`, which were the list at serial `from`. Both lists are in order.
    pub fn new(from: u32, entries: &[Entry], to: &Folded, origin: &str, root: Digest) -> Self {
        let changes = changes(entries, &to.entries);
        Self {
            added: changes.added.into_iter().cloned().collect(),
            from,
            removed: changes.removed.into_iter().cloned().collect(),
            ..Self::nothing(to, origin, root)
        }
    }

    /// What `change` made of the list at serial `from`.
    pub fn of(from: u32, change: Change, to: &Folded, origin: &str, root: Digest) -> Self {
        Self {
            added: change.added,
            from,
            removed: change.removed,
            ..Self::nothing(to, origin, root)
        }
    }

    /// What changed since the list that there is: nothing.
    pub fn nothing(at: &Folded, origin: &str, root: Digest) -> Self {
        Self {
            added: Vec::new(),
            from: at.serial(),
            monitoring: at.monitoring.clone(),
            newest: newest(at),
            origin: origin.to_owned(),
            removed: Vec::new(),
            root,
            size: at.size,
            to: at.serial(),
        }
    }

    /// Both changes as one; `None` where `next` does not begin where this one ends.
    pub fn then(self, next: Self) -> Option<Self> {
        if (self.to, &self.origin) != (next.from, &next.origin) {
            return None;
        }
        let set = |entries: Vec<Entry>| entries.into_iter().collect::<BTreeSet<_>>();
        let (added, removed) = (set(self.added), set(self.removed));
        let (then_added, then_removed) = (set(next.added), set(next.removed));
        // What comes back is no change, and neither is what goes again.
        let added_and = added.difference(&then_removed);
        let removed_and = removed.difference(&then_added);
        Some(Self {
            added: added_and
                .chain(then_added.difference(&removed))
                .cloned()
                .collect::<BTreeSet<_>>()
                .into_iter()
                .collect(),
            removed: removed_and
                .chain(then_removed.difference(&added))
                .cloned()
                .collect::<BTreeSet<_>>()
                .into_iter()
                .collect(),
            from: self.from,
            ..next
        })
    }

    /// The entries at `to`; `None` where `entries` are not those at `from`.
    pub fn apply(&self, entries: &[Entry]) -> Option<Vec<Entry>> {
        let mut list: BTreeSet<&Entry> = entries.iter().collect();
        let fits = self.removed.iter().all(|entry| list.remove(entry))
            && self.added.iter().all(|entry| list.insert(entry));
        fits.then(|| list.into_iter().cloned().collect())
    }
}

/// What makes one list of another.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Changes<'a> {
    /// Entries of the second list alone, in order.
    pub added: Vec<&'a Entry>,
    /// Entries of the first list alone, in order.
    pub removed: Vec<&'a Entry>,
}

/// Compares two lists that are in order, entry by entry.
pub fn changes<'a>(before: &'a [Entry], after: &'a [Entry]) -> Changes<'a> {
    let mut changes = Changes::default();
    let (mut old, mut new) = (before.iter().peekable(), after.iter().peekable());
    loop {
        match (old.peek(), new.peek()) {
            (Some(was), Some(is)) if was == is => {
                old.next();
                new.next();
            }
            (Some(was), Some(is)) if was > is => changes.added.extend(new.next()),
            (Some(_), _) => changes.removed.extend(old.next()),
            (None, Some(_)) => changes.added.extend(new.next()),
            (None, None) => return changes,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        Scope,
        testing::{START, TestLog},
    };
    use proptest::prelude::*;

    /// The list as it stands after each of some moves: `true` lists the name anew, `false` lifts it.
    fn history(moves: &[(u8, bool)]) -> Vec<Folded> {
        let mut log = TestLog::new(true);
        let mut live = std::collections::BTreeMap::new();
        let mut number = 0;
        let mut states = vec![log.fold(START).1];
        for (host, on) in moves {
            let host = format!("h{host}.test");
            match (on, live.remove(&host)) {
                (true, None) => {
                    number += 1;
                    log.list(&host, Scope::Subtree, number);
                    live.insert(host, number);
                }
                (false, Some(held)) => log.lift(&host, held),
                (_, Some(held)) => {
                    live.insert(host, held);
                    continue;
                }
                _ => continue,
            }
            states.push(log.fold(START).1);
        }
        states
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(24))]

        #[test]
        fn steps_together_are_the_whole_way(moves in proptest::collection::vec((0u8..3, any::<bool>()), 1..8)) {
            let states = history(&moves);
            let root = Digest::of(b"root");
            let step = |a: &Folded, b: &Folded| Delta::new(a.serial(), &a.entries, b, "o", root);
            let (first, last) = (&states[0], &states[states.len() - 1]);
            let steps = states.windows(2).map(|pair| step(&pair[0], &pair[1]));
            let together = steps.reduce(|all, next| all.then(next).unwrap());
            if let Some(together) = together {
                prop_assert_eq!(&together, &step(first, last));
                prop_assert_eq!(together.apply(&first.entries), Some(last.entries.clone()));
            }
        }
    }

    #[test]
    fn what_does_not_follow_is_refused() {
        let states = history(&[(0, true), (1, true), (0, false)]);
        let root = Digest::of(b"root");
        let step = |a: usize, b: usize| {
            Delta::new(
                states[a].serial(),
                &states[a].entries,
                &states[b],
                "o",
                root,
            )
        };
        assert_eq!(step(0, 1).then(step(2, 3)), None);
        assert_eq!(step(1, 2).apply(&states[2].entries), None, "applied twice");
        assert_eq!(step(2, 3).apply(&states[0].entries), None, "never had it");
    }
}
