//! By when an appeal is answered: working days from Monday to Friday, in the time of Kazakhstan.
//! Public holidays are not known here, so on their account an answer may be called late too early.

use blocklist::time::DAY_SECONDS;

/// One time for the whole country since 1 March 2024.
const KAZAKHSTAN: i64 = 5 * 3_600;

/// Working days until an officer has taken an appeal.
pub const ANSWER_DAYS: u32 = 1;

/// Working days until it is decided.
pub const DECISION_DAYS: u32 = 5;

/// The day of a moment, counted from Thursday, 1 January 1970.
pub(super) fn day(at: i64) -> i64 {
    at.saturating_add(KAZAKHSTAN).div_euclid(DAY_SECONDS)
}

fn works(day: i64) -> bool {
    // Day 0 was a Thursday; days 2 and 3 of each seven are Saturday and Sunday.
    !matches!(day.rem_euclid(7), 2 | 3)
}

/// The moment `days` working days after `at`: the same time of day; what comes on a day off counts
/// from the first minute of the next working day.
pub fn working_days_after(at: i64, days: u32) -> i64 {
    let mut today = day(at);
    let mut within = at.saturating_add(KAZAKHSTAN).rem_euclid(DAY_SECONDS);
    while !works(today) {
        today += 1;
        within = 0;
    }
    for _ in 0..days {
        today += 1;
        while !works(today) {
            today += 1;
        }
    }
    today
        .saturating_mul(DAY_SECONDS)
        .saturating_add(within)
        .saturating_sub(KAZAKHSTAN)
}

#[cfg(test)]
mod tests {
    use super::*;
    use blocklist::Timestamp;
    use proptest::prelude::*;

    fn after(at: &str, days: u32) -> String {
        Timestamp(working_days_after(Timestamp::parse(at).unwrap().0, days)).to_string()
    }

    #[test]
    fn weekends_do_not_count() {
        // 20 November 2026 is a Friday; Kazakhstan is five hours ahead.
        assert_eq!(after("2026-11-20T06:00:00Z", 1), "2026-11-23T06:00:00Z");
        assert_eq!(after("2026-11-20T06:00:00Z", 5), "2026-11-27T06:00:00Z");
        assert_eq!(after("2026-11-23T06:00:00Z", 1), "2026-11-24T06:00:00Z");
        // Saturday there already: from Monday 00:00 there.
        assert_eq!(after("2026-11-20T19:00:00Z", 1), "2026-11-23T19:00:00Z");
        assert_eq!(after("2026-11-21T06:00:00Z", 1), "2026-11-23T19:00:00Z");
        assert_eq!(after("2026-11-22T06:00:00Z", 5), "2026-11-29T19:00:00Z");
    }

    proptest! {
        #[test]
        fn a_later_start_never_ends_earlier(at in 0i64..4_000_000_000, more in 0i64..1_000_000, days in 0u32..10) {
            prop_assert!(working_days_after(at, days) <= working_days_after(at + more, days));
            let end = working_days_after(at, days);
            prop_assert!(end >= at + i64::from(days) * DAY_SECONDS - DAY_SECONDS && works(day(end)));
        }
    }
}
