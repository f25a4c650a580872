//! When one more listing would begin.

use super::{Fold, place::place};
use crate::{Timestamp, time::DAY_SECONDS};

impl Fold {
    /// When a listing meant for `effective_at` would begin if it entered the log now, after listings meant
    /// for the moments in `waiting`: at once, or with the first UTC day that has room under the caps. With
    /// it, how many others have a place in the first day it could have begun.
    pub fn would_begin(
        &self,
        waiting: &[Timestamp],
        effective_at: Timestamp,
    ) -> (Timestamp, usize) {
        let in_order = self.listings.in_order().iter();
        let times = self.clock.read();
        let mut days: Vec<i64> = in_order.map(|held| held.first_day(&times)).collect();
        let now = self.clock.latest().day_number();
        let coming = waiting.iter().copied().chain([effective_at]);
        days.extend(coming.map(|at| at.day_number().max(now)));
        let first = days.last().copied().unwrap_or(now);
        place(&mut days, &self.policy);
        let day = days.pop().unwrap_or(first);
        let taken = days.iter().filter(|day| **day == first).count();
        let midnight = Timestamp(day.saturating_mul(DAY_SECONDS));
        (effective_at.max(midnight), taken)
    }
}

#[cfg(test)]
mod tests {
    use crate::{
        Scope,
        fold::ListingState,
        statement::{PolicySet, Statement, VERSION},
        testing::{START, TestLog},
        time::DAY_SECONDS,
    };

    #[test]
    fn a_full_day_is_told_as_the_fold_keeps_it() {
        let mut log = TestLog::new(true);
        let mut policy = log.fold(START).1.policy;
        policy.listings_per_day = 2;
        log.push_admin(Statement::PolicySet(PolicySet {
            v: VERSION,
            origin: log.trust.origin.clone(),
            policy,
            at: START,
        }));
        let next_day = crate::Timestamp((START.day_number() + 1) * DAY_SECONDS);
        for number in 1..=3 {
            let (told, taken) = log.fold(START).0.fold().would_begin(&[], START);
            assert_eq!(told, if number < 3 { START } else { next_day });
            assert_eq!(taken, number as usize - 1);
            log.list(&format!("site-{number}.test"), Scope::Host, number);
            let state = log.fold(START).1.listings.pop().unwrap().state;
            match state {
                ListingState::Listed { since } => assert_eq!(since, told),
                ListingState::Scheduled { at } => assert_eq!(at, told),
                other => panic!("{other:?}"),
            }
        }
        // What is signed and not in the log yet comes first, too.
        let (replay, _) = log.fold(START);
        let (behind, _) = replay.fold().would_begin(&[START], START);
        assert_eq!(behind, next_day.plus(DAY_SECONDS));
    }
}
