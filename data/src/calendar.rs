//! Working days, for terms that people are given. Zone and week are data (`data/office/calendar.toml`).

use std::sync::LazyLock;

use blocklist::{Timestamp, time::DAY_SECONDS};
use serde::Deserialize;

use crate::{
    error::{Error, Result},
    reference::ReferenceError,
};

const FILE: (&str, &str) = (
    "office/calendar.toml",
    include_str!("../office/calendar.toml"),
);

/// When an office works, and what its clocks show.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(try_from = "Written")]
pub struct Calendar {
    zone: String,
    working_days: Vec<u8>,
    offset: Vec<Offset>,
}

/// The file as it is written.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Written {
    zone: String,
    working_days: Vec<u8>,
    offset: Vec<Offset>,
}

/// What is added to UTC, from a moment on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
struct Offset {
    from: Timestamp,
    seconds: i64,
}

impl TryFrom<Written> for Calendar {
    type Error = &'static str;

    fn try_from(file: Written) -> Result<Self, &'static str> {
        let days = &file.working_days;
        if days.is_empty() || days.iter().any(|day| !(1..=7).contains(day)) {
            return Err("working_days names days of the week from 1 (Monday) to 7, at least one");
        }
        if file.offset.is_empty() || !file.offset.is_sorted_by(|a, b| a.from < b.from) {
            return Err("offset holds at least one row, the earliest first");
        }
        if file
            .offset
            .iter()
            .any(|row| row.seconds.abs() >= DAY_SECONDS)
        {
            return Err("an offset is less than a day");
        }
        Ok(Self {
            zone: file.zone,
            working_days: file.working_days,
            offset: file.offset,
        })
    }
}

static SHIPPED: LazyLock<Result<Calendar, ReferenceError>> = LazyLock::new(|| {
    let (file, text) = FILE;
    toml::from_str(text).map_err(|problem| ReferenceError::Syntax {
        file,
        problem: Box::new(problem),
    })
});

/// The calendar that is shipped.
///
/// # Errors
/// When the file cannot be used. A test reads it, so that this is an error of whoever changed it.
pub fn shipped() -> Result<&'static Calendar> {
    SHIPPED.as_ref().map_err(Error::Reference)
}

impl Calendar {
    /// The zone's name in the IANA database.
    #[must_use]
    pub fn zone(&self) -> &str {
        &self.zone
    }

    /// The end of the last of `days` working days that follow the day of `moment`: a term of so many
    /// working days. Unix seconds in and out.
    #[must_use]
    pub fn working_days(&self, moment: i64, days: u32) -> i64 {
        let mut day = self.day(moment);
        for _ in 0..days {
            day += 1;
            while !self.works(day) {
                day += 1;
            }
        }
        self.start(day + 1)
    }

    /// The first second of the day on which `moment` falls here.
    #[must_use]
    pub fn day_start(&self, moment: i64) -> i64 {
        self.start(self.day(moment))
    }

    /// Days since 1970-01-01 by the clocks here.
    fn day(&self, moment: i64) -> i64 {
        moment
            .saturating_add(self.offset(moment))
            .div_euclid(DAY_SECONDS)
    }

    fn start(&self, day: i64) -> i64 {
        let midnight = day.saturating_mul(DAY_SECONDS);
        // The offset of a moment that is less than a day away; then that of the moment found.
        let near = midnight.saturating_sub(self.offset(midnight));
        midnight.saturating_sub(self.offset(near))
    }

    fn works(&self, day: i64) -> bool {
        // 1970-01-01 was a Thursday.
        let of_week = (day + 3).rem_euclid(7) + 1;
        self.working_days.iter().any(|d| i64::from(*d) == of_week)
    }

    /// What clocks here show more than UTC at `moment`, in seconds.
    #[must_use]
    pub fn offset(&self, moment: i64) -> i64 {
        let begun = self.offset.iter().rev().find(|row| row.from.0 <= moment);
        begun.or(self.offset.first()).map_or(0, |row| row.seconds)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn at(text: &str) -> i64 {
        Timestamp::parse(text).unwrap().0
    }

    #[test]
    fn a_term_ends_with_the_next_working_day_in_almaty() {
        let calendar = shipped().unwrap();
        assert_eq!(calendar.zone(), "Asia/Almaty");
        for (begun, due) in [
            // Thursday noon: to the end of Friday.
            ("2026-11-19T07:00:00Z", "2026-11-20T19:00:00Z"),
            // Friday, Saturday, Sunday: to the end of Monday.
            ("2026-11-20T07:00:00Z", "2026-11-23T19:00:00Z"),
            ("2026-11-21T06:00:00Z", "2026-11-23T19:00:00Z"),
            ("2026-11-22T06:00:00Z", "2026-11-23T19:00:00Z"),
            // Sunday evening in UTC is Monday morning there: to the end of Tuesday.
            ("2026-11-22T19:00:00Z", "2026-11-24T19:00:00Z"),
            // Across the last change of the clocks, which made 29 February an hour longer.
            ("2024-02-29T10:00:00Z", "2024-03-01T19:00:00Z"),
            ("2024-02-28T10:00:00Z", "2024-02-29T19:00:00Z"),
        ] {
            let term = calendar.working_days(at(begun), 1);
            assert_eq!(Timestamp(term).to_string(), due, "{begun}");
        }
        let midnight = calendar.day_start(at("2026-11-21T18:59:59Z"));
        assert_eq!(Timestamp(midnight).to_string(), "2026-11-20T19:00:00Z");
    }

    #[test]
    fn of_several_days_only_working_days_count() {
        let five = |begun| Timestamp(shipped().unwrap().working_days(at(begun), 5)).to_string();
        // From a Friday to the end of the next; from a weekend to the same evening.
        assert_eq!(five("2026-11-20T06:00:00Z"), "2026-11-27T19:00:00Z");
        assert_eq!(five("2026-11-21T06:00:00Z"), "2026-11-27T19:00:00Z");
        // Sunday evening in UTC is Monday there: to the end of the Monday after.
        assert_eq!(five("2026-11-22T19:00:00Z"), "2026-11-30T19:00:00Z");
    }

    #[test]
    fn a_calendar_that_cannot_be_is_refused() {
        let row = "[[offset]]\nfrom = \"2024-02-29T18:00:00Z\"\nseconds = 18000\n";
        let read = |text: &str| toml::from_str::<Calendar>(text);
        assert!(read(&format!("zone = \"X\"\nworking_days = [7]\n{row}")).is_ok());
        for wrong in [
            format!("zone = \"X\"\nworking_days = []\n{row}"),
            format!("zone = \"X\"\nworking_days = [0]\n{row}"),
            format!("zone = \"X\"\nworking_days = [1]\n{row}{row}"),
            "zone = \"X\"\nworking_days = [1]\noffset = []".to_owned(),
        ] {
            assert!(read(&wrong).is_err(), "{wrong}");
        }
    }

    proptest! {
        #[test]
        fn a_term_is_later_and_at_most_four_days(moment in 0i64..4_000_000_000) {
            let calendar = shipped().unwrap();
            let term = calendar.working_days(moment, 1);
            prop_assert!(term > moment && term - moment <= 4 * DAY_SECONDS + 3600);
            prop_assert!(calendar.day_start(moment) <= moment);
        }

        #[test]
        fn who_comes_later_is_never_due_earlier(moment in 0i64..4_000_000_000, more in 0i64..1_000_000, days in 0u32..10) {
            let calendar = shipped().unwrap();
            prop_assert!(calendar.working_days(moment, days) <= calendar.working_days(moment + more, days));
            prop_assert!(calendar.working_days(moment, days) < calendar.working_days(moment, days + 1));
        }
    }
}
