//! Over a cap additions wait, whatever day they are dated; removals never do.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    missing_docs,
    reason = "tests"
)]

use std::collections::{BTreeMap, BTreeSet};

use blocklist::{
    Digest, DomainName, Folded, Scope, Timestamp,
    fold::{Action, ListingState},
    statement::{AuditAnchor, Growth, PolicySet, Statement, VERSION},
    testing::{START, TestLog, signed},
};
use proptest::prelude::*;

fn day(days: i64) -> Timestamp {
    START.plus(days * 86_400)
}

fn set_policy(log: &mut TestLog, listings_per_day: u32, growth: Option<Growth>) {
    let mut policy = log.fold(START).0.fold().policy().clone();
    (policy.listings_per_day, policy.growth) = (listings_per_day, growth);
    log.push_admin(Statement::PolicySet(PolicySet {
        v: VERSION,
        origin: log.trust.origin.clone(),
        policy,
        at: START,
    }));
}

/// Both officers list `host`, to be in effect from day `days` on.
fn list(log: &mut TestLog, number: u32, days: i64) {
    let mut statement = log.list_statement(&format!("site{number}.test"), Scope::Host, number);
    statement.effective_at = day(days);
    log.push_officers(Statement::List(statement));
}

/// The publisher's daily leaf, with the moment it was written at.
fn anchor(log: &mut TestLog, days: i64) {
    let anchor = Statement::AuditAnchor(AuditAnchor {
        v: VERSION,
        origin: log.trust.origin.clone(),
        rows: 1,
        head: Digest::of(b"row"),
        at: day(days),
    });
    log.push(&signed(anchor, &[]));
}

fn counts(log: &TestLog, days: std::ops::Range<i64>) -> Vec<usize> {
    days.map(|days| log.fold(day(days)).1.entries.len())
        .collect()
}

#[test]
fn over_the_cap_of_a_day_additions_wait_for_the_next() {
    let mut log = TestLog::new(true);
    set_policy(&mut log, 2, None);
    (1..=5).for_each(|number| list(&mut log, number, 0));
    assert_eq!(counts(&log, 0..4), [2, 4, 5, 5]);
    // A removal applies at once, whatever waits, and lets nobody in before their day.
    log.lift("site1.test", 1);
    assert_eq!(counts(&log, 0..4), [1, 3, 4, 4]);
}

#[test]
fn over_the_cap_on_growth_additions_wait_though_the_day_has_room() {
    let mut log = TestLog::new(true);
    let growth = Growth {
        percent: 50,
        at_least: 2,
    };
    set_policy(&mut log, 100, Some(growth));
    (1..=12).for_each(|number| list(&mut log, number, 0));
    assert_eq!(counts(&log, 0..5), [2, 4, 6, 9, 12]);
    (1..=4).for_each(|number| log.lift(&format!("site{number}.test"), number));
    assert_eq!(counts(&log, 0..5), [0, 0, 2, 5, 8]);
}

#[test]
fn back_dating_finds_no_room_in_days_that_are_over() {
    let mut log = TestLog::new(true);
    set_policy(&mut log, 2, None);
    anchor(&mut log, 9);
    (1..=6).for_each(|number| list(&mut log, number, i64::from(number)));
    assert_eq!(counts(&log, 9..13), [2, 4, 6, 6]);
    let (_, folded) = log.fold(day(9));
    assert!(matches!(
        folded.listings[2].state,
        ListingState::Scheduled { at } if at.day_number() == day(10).day_number()
    ));
    // What stood in the log before the publisher's leaf keeps its day.
    let mut log = TestLog::new(true);
    set_policy(&mut log, 2, None);
    (1..=6).for_each(|number| list(&mut log, number, i64::from(number)));
    anchor(&mut log, 9);
    assert_eq!(counts(&log, 1..7), [1, 2, 3, 4, 5, 6]);
}

#[test]
fn a_moment_far_ahead_holds_additions_back_until_the_publishers_next_leaf() {
    let mut log = TestLog::new(true);
    list(&mut log, 1, 0);
    anchor(&mut log, 3_000);
    list(&mut log, 2, 1);
    let (_, folded) = log.fold(day(2));
    assert_eq!(
        folded.entries.len(),
        1,
        "the first stands, the second waits"
    );
    assert!(
        folded.remarks[0].contains("the publisher's last leaf is dated"),
        "{:?}",
        folded.remarks
    );
    anchor(&mut log, 2);
    let (_, folded) = log.fold(day(2));
    assert_eq!(folded.entries.len(), 2);
    assert!(
        folded.remarks[0].contains("the publisher's clock went back"),
        "{:?}",
        folded.remarks
    );
}

/// People's moments do not move the clock: one officer signs a lift.
#[test]
fn an_officer_cannot_put_the_clock_forward() {
    let mut log = TestLog::new(true);
    list(&mut log, 1, 0);
    let lift = Statement::Lift(blocklist::statement::Lift {
        v: VERSION,
        origin: log.trust.origin.clone(),
        name: blocklist::testing::name("site1.test"),
        listing_id: blocklist::ListingId::new(2026, 1).unwrap(),
        reason: "owner-complied".into(),
        at: day(3_000),
    });
    let leaf = signed(lift, &[(blocklist::key::Role::Officer, &log.officers[0])]);
    log.push(&leaf);
    list(&mut log, 2, 0);
    assert_eq!(counts(&log, 0..1), [1]);
}

fn blocked(folded: &Folded) -> BTreeSet<&DomainName> {
    let blocks = folded.entries.iter();
    let blocks = blocks.filter(|entry| entry.action == Action::Block);
    blocks.map(|entry| &entry.name).collect()
}

#[derive(Clone, Debug)]
enum Leaf {
    /// A listing of a day.
    List(i64),
    /// The publisher's leaf of a day.
    Anchor(i64),
    /// The listing of this number, if there is one, is lifted.
    Lift(u32),
}

fn leaf() -> impl Strategy<Value = Leaf> {
    prop_oneof![
        4 => (0i64..8).prop_map(Leaf::List),
        1 => (0i64..8).prop_map(Leaf::Anchor),
        1 => (1u32..20).prop_map(Leaf::Lift),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, ..ProptestConfig::default() })]

    #[test]
    fn a_lift_adds_no_name_on_any_day(
        leaves in proptest::collection::vec(leaf(), 1..24),
        per_day in 1u32..4,
        growth in proptest::option::of((0u32..100, 0u32..3)),
        lifted in 1u32..12,
    ) {
        let mut log = TestLog::new(true);
        let growth = growth.map(|(percent, at_least)| Growth { percent, at_least });
        set_policy(&mut log, per_day, growth);
        let mut number = 0;
        for leaf in leaves {
            match leaf {
                Leaf::List(days) => {
                    number += 1;
                    list(&mut log, number, days);
                }
                Leaf::Anchor(days) => anchor(&mut log, days),
                Leaf::Lift(number) => log.lift(&format!("site{number}.test"), number),
            }
        }
        let before = log.fold(START).0;
        log.lift(&format!("site{lifted}.test"), lifted);
        let after = log.fold(START).0;
        let mut began = BTreeMap::new();
        for days in 0..30 {
            let (before, after) = (before.fold().at(day(days)), after.fold().at(day(days)));
            prop_assert!(blocked(&after).is_subset(&blocked(&before)));
            for listing in before.listings {
                if let ListingState::Listed { since } = listing.state {
                    *began.entry(listing.statement.name.clone()).or_insert(since) = since;
                }
            }
        }
        // Each day by itself holds no more than a day may hold.
        let mut days = BTreeMap::new();
        for since in began.values() {
            *days.entry(since.day_number()).or_insert(0u32) += 1;
        }
        prop_assert!(days.values().all(|count| *count <= per_day));
    }
}
