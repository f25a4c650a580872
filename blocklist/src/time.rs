//! Moments: whole seconds since 1970-01-01T00:00:00Z, written as RFC 3339 in UTC.

use std::fmt;

use serde::{Deserialize, Deserializer, Serialize, Serializer};
use time::{
    Date, OffsetDateTime, PrimitiveDateTime, format_description::BorrowedFormatItem,
    macros::format_description,
};

use crate::textual::from_text;

const MOMENT: &[BorrowedFormatItem<'_>] =
    format_description!("[year]-[month]-[day]T[hour]:[minute]:[second]Z");
const DAY: &[BorrowedFormatItem<'_>] = format_description!("[year]-[month]-[day]");

/// Seconds in a day.
pub const DAY_SECONDS: i64 = 86_400;

/// A moment in whole Unix seconds. Its text has one form, `2026-11-21T06:00:00Z`, because it stands
/// inside bytes that people sign.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Timestamp(pub i64);

/// A calendar day, `2026-11-21`, as orders and licences are dated.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Day(Date);

/// A text that is not a moment or a day in the one form used here.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum TimeError {
    /// Not `YYYY-MM-DDTHH:MM:SSZ`.
    #[error("a time is written 2026-11-21T06:00:00Z (UTC, whole seconds), not `{0}`")]
    Moment(String),
    /// Not `YYYY-MM-DD`.
    #[error("a date is written 2026-11-21, not `{0}`")]
    Day(String),
    /// None of the forms of a source's date.
    #[error("the date of a source is written 2026-11-21, 2026-11, 2026 or undated, not `{0}`")]
    SourceDate(String),
}

impl Timestamp {
    /// Reads `2026-11-21T06:00:00Z`.
    pub fn parse(text: &str) -> Result<Self, TimeError> {
        if let Some(moment) = Self::from_digits(text) {
            return Ok(moment);
        }
        let refuse = || TimeError::Moment(text.chars().take(40).collect());
        let moment = PrimitiveDateTime::parse(text, &MOMENT).map_err(|_| refuse())?;
        let parsed = Self(moment.assume_utc().unix_timestamp());
        // The parser is lenient about widths; the bytes that were signed must not be.
        if parsed.to_string() == text {
            Ok(parsed)
        } else {
            Err(refuse())
        }
    }

    /// Reads what [`Self::digits`] writes, and nothing else.
    fn from_digits(text: &str) -> Option<Self> {
        let text: &[u8; 20] = text.as_bytes().try_into().ok()?;
        let (date, time) = text.split_first_chunk::<10>()?;
        let [_, h1, h0, _, n1, n0, _, s1, s0, _] = time else {
            return None;
        };
        let seconds = 3600 * number(&[*h1, *h0]) + 60 * number(&[*n1, *n0]) + number(&[*s1, *s0]);
        let moment = Day::from_digits(date)?.start().plus(seconds);
        (moment.digits()? == *text).then_some(moment)
    }

    /// The moment `seconds` later (earlier when negative); saturates.
    #[must_use]
    pub fn plus(self, seconds: i64) -> Self {
        Self(self.0.saturating_add(seconds))
    }

    /// The text of a moment of the years 1970 to 9999; a long list holds three moments a line, and a
    /// formatter takes longer for them than for all the rest. The days of the Gregorian calendar are
    /// counted from the first of March, in eras of 400 years, so that a leap day is the last of its year.
    fn digits(self) -> Option<[u8; 20]> {
        const END: i64 = 253_402_300_800;
        if !(0..END).contains(&self.0) {
            return None;
        }
        // From 0000-03-01, 719,468 days before 1970-01-01.
        let days = self.day_number() + 719_468;
        let (era, day_of_era) = (days / 146_097, days % 146_097);
        let year_of_era =
            (day_of_era - day_of_era / 1_460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
        let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
        let from_march = (5 * day_of_year + 2) / 153;
        let day = day_of_year - (153 * from_march + 2) / 5 + 1;
        let month = from_march + if from_march < 10 { 3 } else { -9 };
        let year = 400 * era + year_of_era + i64::from(month <= 2);
        let second = self.0 % DAY_SECONDS;
        let [y3, y2, y1, y0, _, m1, m0, _, d1, d0] = date_digits(year, month, day);
        let [[h1, h0], [n1, n0], [s1, s0]] =
            [second / 3600, second / 60 % 60, second % 60].map(two_digits);
        Some([
            y3, y2, y1, y0, b'-', m1, m0, b'-', d1, d0, b'T', h1, h0, b':', n1, n0, b':', s1, s0,
            b'Z',
        ])
    }

    /// The number of the UTC day this moment falls in, counted from 1970-01-01.
    pub fn day_number(self) -> i64 {
        self.0.div_euclid(DAY_SECONDS)
    }

    /// The UTC calendar year, used in listing ids. Moments outside years 1–9999 give 1970.
    pub fn year(self) -> i32 {
        OffsetDateTime::from_unix_timestamp(self.0).map_or(1970, OffsetDateTime::year)
    }
}

impl fmt::Display for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(digits) = self.digits() {
            return f.write_str(std::str::from_utf8(&digits).unwrap_or_default());
        }
        let text = OffsetDateTime::from_unix_timestamp(self.0)
            .ok()
            .and_then(|moment| moment.format(&MOMENT).ok());
        f.write_str(text.as_deref().unwrap_or("0000-00-00T00:00:00Z"))
    }
}

impl Day {
    /// Reads `2026-11-21`.
    pub fn parse(text: &str) -> Result<Self, TimeError> {
        let digits = text.as_bytes().try_into().ok();
        if let Some(day) = digits.and_then(Self::from_digits) {
            return Ok(day);
        }
        let refuse = || TimeError::Day(text.chars().take(40).collect());
        let day = Self(Date::parse(text, &DAY).map_err(|_| refuse())?);
        if day.to_string() == text {
            Ok(day)
        } else {
            Err(refuse())
        }
    }

    /// Reads what [`Self::digits`] writes, and nothing else.
    fn from_digits(text: &[u8; 10]) -> Option<Self> {
        let [y3, y2, y1, y0, _, m1, m0, _, d1, d0] = *text;
        let year = i32::try_from(number(&[y3, y2, y1, y0])).ok()?;
        let month = u8::try_from(number(&[m1, m0])).ok()?.try_into().ok()?;
        let day = u8::try_from(number(&[d1, d0])).ok()?;
        let day = Self(Date::from_calendar_date(year, month, day).ok()?);
        (day.digits()? == *text).then_some(day)
    }

    /// The text of a day of the years 0 to 9999.
    fn digits(self) -> Option<[u8; 10]> {
        let (year, month, day) = self.0.to_calendar_date();
        let in_four_digits = (0..10_000).contains(&year);
        in_four_digits.then(|| date_digits(year.into(), u8::from(month).into(), day.into()))
    }

    /// The first second of the day, UTC.
    pub fn start(self) -> Timestamp {
        Timestamp(self.0.midnight().assume_utc().unix_timestamp())
    }

    /// The first second after the day, UTC: a term "until 2028-01-31" includes that day.
    pub fn end(self) -> Timestamp {
        self.start().plus(DAY_SECONDS)
    }
}

impl fmt::Display for Day {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(digits) = self.digits() {
            return f.write_str(std::str::from_utf8(&digits).unwrap_or_default());
        }
        f.write_str(self.0.format(&DAY).as_deref().unwrap_or("0000-00-00"))
    }
}

/// What two digits say, or four; of other octets, a number that is written otherwise.
fn number(digits: &[u8]) -> i64 {
    let more = |number, digit: &u8| 10 * number + i64::from(*digit) - i64::from(b'0');
    digits.iter().fold(0, more)
}

fn two_digits(value: i64) -> [u8; 2] {
    [value / 10, value].map(|value| b'0' + (value % 10) as u8)
}

/// `YYYY-MM-DD`, of a year that four digits can say.
fn date_digits(year: i64, month: i64, day: i64) -> [u8; 10] {
    let [[y3, y2], [y1, y0], [m1, m0], [d1, d0]] =
        [year / 100, year % 100, month, day].map(two_digits);
    [y3, y2, y1, y0, b'-', m1, m0, b'-', d1, d0]
}

macro_rules! serde_as_text {
    ($type:ty) => {
        impl Serialize for $type {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.collect_str(self)
            }
        }
        impl<'de> Deserialize<'de> for $type {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                from_text(deserializer, Self::parse)
            }
        }
    };
}
serde_as_text!(Timestamp);
serde_as_text!(Day);

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn one_form_only() {
        assert_eq!(
            Timestamp::parse("1970-01-02T00:00:00Z").unwrap(),
            Timestamp(86_400)
        );
        for wrong in [
            "1970-01-02T00:00:00+00:00",
            "1970-1-2T00:00:00Z",
            "1970-01-02",
            "",
            "x",
        ] {
            assert!(Timestamp::parse(wrong).is_err(), "{wrong}");
        }
        assert_eq!(
            Day::parse("2026-11-21").unwrap().end(),
            Timestamp::parse("2026-11-22T00:00:00Z").unwrap()
        );
        assert!(Day::parse("2026-02-30").is_err());
    }

    proptest! {
        #[test]
        fn a_moment_reads_as_the_calendar_has_it(seconds in 0i64..253_402_300_800) {
            let formatted = OffsetDateTime::from_unix_timestamp(seconds).unwrap().format(&MOMENT);
            prop_assert_eq!(Timestamp(seconds).to_string(), formatted.unwrap());
        }

        #[test]
        fn text_round_trips(seconds in 0i64..4_000_000_000) {
            let moment = Timestamp(seconds);
            prop_assert_eq!(Timestamp::parse(&moment.to_string()).unwrap(), moment);
        }

        #[test]
        fn a_day_reads_as_the_calendar_has_it(seconds in -62_167_219_200i64..253_402_300_800) {
            let day = Day(OffsetDateTime::from_unix_timestamp(seconds).unwrap().date());
            let text = day.0.format(&DAY).unwrap();
            prop_assert_eq!(day.to_string(), text.clone());
            prop_assert_eq!(Day::parse(&text), Ok(day));
        }

        /// The short way takes what the calendar's own parser takes and writes so, and nothing else.
        #[test]
        fn any_text_is_refused_or_kept(
            text in "\\PC{0,30}|[0-9]{4}-[0-9]{2}-[0-9]{2}(T[0-9/:]{2}:[0-9/:]{2}:[0-9/:]{2}[Zz])?",
        ) {
            let written = |form: Result<String, time::error::Format>| form.unwrap() == text;
            let moment = PrimitiveDateTime::parse(&text, &MOMENT)
                .ok()
                .filter(|moment| written(moment.format(&MOMENT)))
                .map(|moment| Timestamp(moment.assume_utc().unix_timestamp()));
            prop_assert_eq!(Timestamp::parse(&text).ok(), moment);
            let day = Date::parse(&text, &DAY)
                .ok()
                .filter(|day| written(day.format(&DAY)))
                .map(Day);
            prop_assert_eq!(Day::parse(&text).ok(), day);
        }
    }
}
