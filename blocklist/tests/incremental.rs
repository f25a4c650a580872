//! A log that is folded leaf by leaf, and looked at after each, gives what folding it anew gives.
#![allow(clippy::unwrap_used, missing_docs, reason = "tests")]

use blocklist::{
    Digest, ListingId, Scope,
    fold::Change,
    guard::Tier,
    statement::{
        Annul, AuditAnchor, Growth, OrderNumber, PolicySet, RegisterHost, Statement, Term, VERSION,
    },
    testing::{START, TestLog, name},
    time::{DAY_SECONDS, Day},
    verify::Replay,
};
use proptest::prelude::*;

/// What people put into the log, over few names, so that it meets.
#[derive(Clone, Debug)]
enum Move {
    List(u8, bool),
    Lift(u8),
    Guard(u8, Vec<u8>),
    Register(Vec<u8>),
}

fn moves() -> impl Strategy<Value = Vec<Move>> {
    let some = || proptest::collection::vec(0u8..8, 0..3);
    let one = prop_oneof![
        3 => (0u8..8, any::<bool>()).prop_map(|(host, tree)| Move::List(host, tree)),
        1 => (0u8..6).prop_map(Move::Lift),
        1 => (0u8..2, some()).prop_map(|(list, names)| Move::Guard(list, names)),
        1 => some().prop_map(Move::Register),
    ];
    proptest::collection::vec(one, 1..9)
}

/// Four names, and one below each.
fn host(number: u8) -> String {
    let below = if number < 4 { "" } else { "shop." };
    format!("{below}h{}.test", number % 4)
}

fn make(log: &mut TestLog, one: &Move, number: u32) {
    match one {
        Move::List(at, tree) => {
            let scope = if *tree { Scope::Subtree } else { Scope::Host };
            log.list(&host(*at), scope, number);
        }
        Move::Lift(listing) => log.lift("h0.test", u32::from(*listing) + 1),
        Move::Guard(list, names) => {
            let names: Vec<_> = names.iter().map(|at| host(*at)).collect();
            let names: Vec<_> = names.iter().map(String::as_str).collect();
            log.guard(["one", "two"][usize::from(*list)], Tier::Never, &names);
        }
        Move::Register(names) => log.register(
            names
                .iter()
                .map(|at| RegisterHost {
                    name: name(&host(*at)),
                    licensed: at.is_multiple_of(2).then(|| Term {
                        from: Day::parse(&format!("2026-11-2{at}")).unwrap(),
                        to: (*at > 3).then(|| Day::parse("2027-01-31").unwrap()),
                    }),
                })
                .collect(),
        ),
    }
}

/// What happens between two releases: leaves, or none, and some time.
#[derive(Clone, Debug)]
enum Leaf {
    List(u8, bool, i64, bool),
    Number(u8, i64),
    Lift(u8),
    Annul(u8),
    Anchor(i64),
    Guard(Vec<u8>),
    Register(Vec<u8>),
}

fn releases() -> impl Strategy<Value = Vec<(Vec<Leaf>, i64)>> {
    let some = || proptest::collection::vec(0u8..8, 0..3);
    let leaf = prop_oneof![
        12 => (0u8..8, any::<bool>(), -2i64..3, any::<bool>())
            .prop_map(|(host, tree, day, urgent)| Leaf::List(host, tree, day, urgent)),
        2 => (0u8..12, 0i64..3).prop_map(|(listing, day)| Leaf::Number(listing, day)),
        4 => (0u8..12).prop_map(Leaf::Lift),
        2 => (0u8..12).prop_map(Leaf::Annul),
        2 => (0i64..4).prop_map(Leaf::Anchor),
        1 => some().prop_map(Leaf::Guard),
        1 => some().prop_map(Leaf::Register),
    ];
    let leaves = proptest::collection::vec(leaf, 0..3);
    proptest::collection::vec(
        (leaves, prop_oneof![3 => 0i64..600, 1 => 0i64..200_000]),
        1..14,
    )
}

fn push(log: &mut TestLog, leaf: &Leaf, number: u32) {
    let listed = |listing: &u8| ListingId::new(2026, u32::from(*listing) + 1).unwrap();
    let (v, origin) = (VERSION, log.trust.origin.clone());
    match leaf {
        Leaf::List(at, tree, day, urgent) => {
            let scope = if *tree { Scope::Subtree } else { Scope::Host };
            // Mostly names that stand alone.
            let host = if *day == 0 {
                host(*at)
            } else {
                format!("n{number}.test")
            };
            let mut list = log.list_statement(&host, scope, number);
            list.effective_at = START.plus(day * DAY_SECONDS);
            list.expires_at = list.effective_at.plus(i64::from(*at + 1) * DAY_SECONDS);
            list.review_at = list.expires_at;
            list.order.number = list.order.number.filter(|_| !urgent);
            log.push_officers(Statement::List(list));
        }
        Leaf::Number(listing, day) => log.push_officers(Statement::OrderNumber(OrderNumber {
            v,
            origin,
            listing_id: listed(listing),
            number: "12".into(),
            at: START.plus(day * DAY_SECONDS / 2),
        })),
        Leaf::Lift(listing) => log.lift("h0.test", u32::from(*listing) + 1),
        Leaf::Annul(listing) => log.push_officers(Statement::Annul(Annul {
            v,
            origin,
            listing_id: listed(listing),
            reason: "error".into(),
            at: START,
        })),
        Leaf::Anchor(day) => log.push(&blocklist::leaf::Leaf {
            statement: Statement::AuditAnchor(AuditAnchor {
                v,
                origin,
                rows: 1,
                head: Digest::of(b"head"),
                at: START.plus(day * DAY_SECONDS),
            }),
            signatures: Vec::new(),
        }),
        Leaf::Guard(names) => make(log, &Move::Guard(0, names.clone()), number),
        Leaf::Register(names) => make(log, &Move::Register(names.clone()), number),
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    /// A list that follows its log is the one that all leaves are folded to, and the change it tells is
    /// what lies between both.
    #[test]
    fn a_list_that_follows_its_log_is_folded_anew(
        releases in releases(), per_day in 1u32..4, growth in proptest::option::of((0u32..200, 1u32..3)),
    ) {
        let mut log = TestLog::new(true);
        let mut policy = log.fold(START).1.policy;
        policy.listings_per_day = per_day;
        policy.growth = growth.map(|(percent, at_least)| Growth { percent, at_least });
        let (v, origin) = (VERSION, log.trust.origin.clone());
        log.push_admin(Statement::PolicySet(PolicySet { v, origin, policy, at: START }));
        let (mut time, mut number, mut known) = (START, 0, 0);
        let mut replay = log.fold(START).0;
        let (mut list, mut course) = replay.fold().on_course(time);
        for (leaves, seconds) in releases {
            let from = log.leaves.len();
            for leaf in &leaves {
                number += 1;
                push(&mut log, leaf, number);
            }
            log.leaves[from..].iter().for_each(|leaf| replay.push(leaf).unwrap());
            time = time.plus(seconds);
            let before = list.clone();
            let whole = replay.fold().at(time);
            match replay.fold().follow(&mut list, &mut course, time) {
                Some(change) => {
                    known += 1;
                    prop_assert_eq!(&list, &whole, "after {:?}", leaves);
                    prop_assert_eq!(course.guarded(), whole.guarded().count());
                    let between = Change::between(&before, &list);
                    prop_assert!(between.names.is_subset(&change.names));
                    prop_assert_eq!(Change { names: between.names.clone(), ..change }, between);
                }
                None => {
                    prop_assert_eq!(&list, &before, "as it was");
                    (list, course) = replay.fold().on_course(time);
                }
            }
        }
        prop_assume!(known > 0);
    }
}

/// So that the test before this one is not of logs that are always folded anew.
#[test]
fn a_listing_a_lift_and_the_end_of_the_day_are_followed() {
    let mut log = TestLog::new(true);
    log.list("h0.test", Scope::Subtree, 1);
    let (mut replay, _) = log.fold(START);
    let (mut list, mut course) = replay.fold().on_course(START.plus(60));
    log.list("other.test", Scope::Host, 2);
    log.lift("h0.test", 1);
    let news = log.leaves.len() - 2;
    log.leaves[news..]
        .iter()
        .for_each(|leaf| replay.push(leaf).unwrap());
    let time = START.plus(DAY_SECONDS);
    let change = replay.fold().follow(&mut list, &mut course, time).unwrap();
    assert_eq!(
        (change.added.len(), change.removed.len(), change.names.len()),
        (1, 1, 2)
    );
    assert_eq!(list, replay.fold().at(time));
    let ends = START.plus(365 * DAY_SECONDS);
    assert_eq!(course.until(), Some(ends));
    assert_eq!(
        replay.fold().follow(&mut list, &mut course, ends),
        None,
        "time ends a listing"
    );
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn looking_at_a_log_as_it_grows_changes_nothing(moves in moves()) {
        let mut log = TestLog::new(true);
        let mut grown = Replay::begin(&log.trust, &log.leaves[0]).unwrap();
        for leaf in &log.leaves[1..] {
            grown.push(leaf).unwrap();
        }
        for (one, number) in moves.iter().zip(1..) {
            make(&mut log, one, number);
            grown.push(log.leaves.last().unwrap()).unwrap();
            let time = START.plus(60);
            prop_assert_eq!(grown.fold().at(time), log.fold(time).1);
        }
        // Between the moments at which time may change something, it changes nothing.
        let (mut time, mut moments) = (START.plus(-30 * 86_400), 0);
        while let Some(next) = grown.fold().on_course(time).1.until() {
            let (now, then) = (grown.fold().at(time), grown.fold().at(next.plus(-1)));
            prop_assert_eq!((now.entries, now.listings), (then.entries, then.listings));
            time = next;
            moments += 1;
            prop_assert!(moments < 100);
        }
    }
}
