//! Both verifiers give every listing the same day, in logs nobody would think of.

use blocklist::{
    Scope, Timestamp,
    statement::{Growth, List, Statement},
    testing::TestLog,
};

use super::{
    agreement::agree,
    case::{anchor, set_caps},
    stage::{Stage, listing, now},
};

/// Numbers that look like chance and are the same in every run (a linear congruential generator with
/// the constants of Knuth's MMIX).
struct Chance(u64);

impl Chance {
    /// A number below `end`.
    fn below(&mut self, end: u64) -> u64 {
        self.0 = self
            .0
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % end
    }

    /// A moment from six days ago to two days ahead.
    fn moment(&mut self) -> Timestamp {
        let seconds = i64::try_from(self.below(8 * 86_400)).unwrap();
        now().plus(seconds - 6 * 86_400)
    }
}

#[test]
fn both_give_every_listing_the_same_day() {
    for seed in 0..8 {
        let mut chance = Chance(seed);
        let mut log = TestLog::new(true);
        let growth = Growth {
            percent: chance.below(80) as u32,
            at_least: chance.below(4) as u32,
        };
        let per_day = 1 + chance.below(6) as u32;
        set_caps(&mut log, per_day, (seed % 3 > 0).then_some(growth));
        for number in 1..=40 {
            let host = format!("site{number}.test");
            match chance.below(6) {
                0 => anchor(&mut log, chance.moment()),
                1 => {
                    let number = 1 + chance.below(40) as u32;
                    log.lift(&format!("site{number}.test"), number);
                }
                _ => {
                    let expires_at = now().plus(3 * 86_400);
                    let statement = List {
                        effective_at: chance.moment(),
                        review_at: expires_at,
                        expires_at,
                        ..listing(&log, &host, Scope::Host, number)
                    };
                    log.push_officers(Statement::List(statement));
                }
            }
        }
        let stage = Stage::new(&log.trust);
        for days in [-4, -2, 0] {
            agree(&stage, &log, now().plus(days * 86_400));
        }
    }
}
