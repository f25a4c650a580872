//! A log that is folded leaf by leaf, and looked at after each, gives what folding it anew gives.
#![allow(clippy::unwrap_used, missing_docs, reason = "tests")]

use blocklist::{
    Scope,
    guard::Tier,
    statement::{RegisterHost, Term},
    testing::{START, TestLog, name},
    time::Day,
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
        while let Some(next) = grown.fold().next_change(time) {
            let (now, then) = (grown.fold().at(time), grown.fold().at(next.plus(-1)));
            prop_assert_eq!((now.entries, now.listings), (then.entries, then.listings));
            time = next;
            moments += 1;
            prop_assert!(moments < 100);
        }
    }
}
