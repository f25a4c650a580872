//! What time alone changed since the last release. The serial is the size of the log, so what changes
//! the list without a leaf gets one of its own: else a zone would change under the serial it had, and
//! secondaries would not ask.

use std::collections::BTreeSet;

use blocklist::{
    ListingId, Timestamp,
    delta::changes,
    fold::{Entry, Listing, ListingState},
    statement::{Due, Statement, VERSION},
};

/// Listings that one leaf names at most: 64 KiB hold twice as many.
const A_LEAF: usize = 2_000;

/// The listings of which another line stands in one list than in the other. What is compared is the
/// list itself, and not where each listing stands: a name that is let through below a listed parent may
/// come and go while the parent stands still.
pub(super) fn changed(before: &[Entry], after: &[Entry]) -> BTreeSet<ListingId> {
    let changes = changes(before, after);
    let lines = changes.added.into_iter().chain(changes.removed);
    lines.map(|entry| entry.listing_id.clone()).collect()
}

/// The leaves that name them: as ended those that are enforced no longer, as begun the others.
pub(super) fn markers(
    changed: &BTreeSet<ListingId>,
    listings: &[Listing],
    origin: &str,
    at: Timestamp,
) -> Vec<Statement> {
    let found = listings
        .iter()
        .filter(|listing| changed.contains(&listing.statement.listing_id));
    let (begun, ended): (Vec<_>, Vec<_>) =
        found.partition(|listing| matches!(listing.state, ListingState::Listed { .. }));
    let leaves = |listings: &[&Listing], say: fn(Due) -> Statement| {
        let due = |some: &[&Listing]| Due {
            v: VERSION,
            origin: origin.to_owned(),
            listings: some
                .iter()
                .map(|listing| listing.statement.listing_id.clone())
                .collect(),
            at,
        };
        let leaves = listings.chunks(A_LEAF).map(|some| say(due(some)));
        leaves.collect::<Vec<_>>()
    };
    let mut markers = leaves(&begun, Statement::Effect);
    markers.extend(leaves(&ended, Statement::Expire));
    markers
}

#[cfg(test)]
mod tests {
    use super::*;
    use blocklist::{
        Folded, Scope,
        fold::Action,
        leaf::Leaf,
        testing::{START, TestLog, name},
    };

    /// Two listings, the second of which ends after a day.
    fn folded(seconds: i64) -> Folded {
        let mut log = TestLog::new(true);
        log.list("parent.test", Scope::Subtree, 1);
        let mut brief = log.list_statement("other.test", Scope::Host, 2);
        brief.review_at = START.plus(86_400);
        brief.expires_at = START.plus(86_400);
        log.push_officers(Statement::List(brief));
        log.fold(START.plus(seconds)).1
    }

    fn named(before: &[Entry], after: &Folded) -> Vec<(&'static str, Vec<String>)> {
        let ids = |due: &Due| due.listings.iter().map(ToString::to_string).collect();
        let changed = changed(before, &after.entries);
        markers(&changed, &after.listings, "o", after.time)
            .iter()
            .map(|marker| match marker {
                Statement::Effect(due) => ("effect", ids(due)),
                Statement::Expire(due) => ("expire", ids(due)),
                other => panic!("{other:?}"),
            })
            .collect()
    }

    #[test]
    fn every_listing_whose_lines_changed_is_named() {
        let (young, mut old) = (folded(60), folded(90_000));
        let (one, two) = ("Q-2026-000001".to_owned(), "Q-2026-000002".to_owned());
        assert!(named(&young.entries, &young).is_empty());
        assert_eq!(
            named(&[], &young),
            [("effect", vec![one.clone(), two.clone()])]
        );
        assert_eq!(named(&young.entries, &old), [("expire", vec![two.clone()])]);
        // What is let through below a parent comes and goes, and the parent stands still.
        let without = old.entries.clone();
        let spared = Entry {
            name: name("shop.parent.test"),
            scope: Scope::Host,
            action: Action::PassThrough,
            listing_id: old.entries[0].listing_id.clone(),
        };
        let with = [without.clone(), vec![spared]].concat();
        assert_eq!(named(&with, &old), [("effect", vec![one.clone()])]);
        old.entries = with;
        assert_eq!(named(&without, &old), [("effect", vec![one])]);
    }

    #[test]
    fn more_listings_than_a_leaf_holds_go_into_several() {
        let folded = folded(60);
        let listed = |number: u32| {
            let mut listing = folded.listings[0].clone();
            let list = std::sync::Arc::make_mut(&mut listing.statement);
            list.listing_id = ListingId::new(2026, number).unwrap();
            listing
        };
        let all: Vec<_> = (1..=5_001).map(listed).collect();
        let ids = all
            .iter()
            .map(|listing| listing.statement.listing_id.clone());
        let markers = markers(&ids.collect(), &all, "qalqan.test/log", START);
        assert_eq!(markers.len(), 3);
        for statement in markers {
            let signatures = Vec::new();
            Leaf {
                statement,
                signatures,
            }
            .to_bytes()
            .unwrap();
        }
    }
}
