//! Moments in the reader's language, in the time of Kazakhstan.

use time::{Date, OffsetDateTime, UtcOffset, format_description::well_known::Rfc3339};

use crate::{
    language::Lang,
    messages::{self, Value, key},
};

/// One time for the whole country since 1 March 2024.
const KAZAKHSTAN: UtcOffset = match UtcOffset::from_hms(5, 0, 0) {
    Ok(offset) => offset,
    Err(_) => UtcOffset::UTC,
};

const MONTHS: [&str; 12] = [
    key("month-1"),
    key("month-2"),
    key("month-3"),
    key("month-4"),
    key("month-5"),
    key("month-6"),
    key("month-7"),
    key("month-8"),
    key("month-9"),
    key("month-10"),
    key("month-11"),
    key("month-12"),
];

fn moment(seconds: i64) -> Option<OffsetDateTime> {
    OffsetDateTime::from_unix_timestamp(seconds).ok()
}

/// `2026 ж. 21 қараша`, `21 ноября 2026 г.`, `21 November 2026`.
pub(crate) fn day(lang: Lang, date: Date) -> String {
    let month = MONTHS
        .get(usize::from(u8::from(date.month())) - 1)
        .copied()
        .unwrap_or_default();
    let month = messages::text(lang, month, &[]);
    let (day, year) = (date.day().to_string(), date.year().to_string());
    messages::text(
        lang,
        key("date-long"),
        &[
            ("day", Value::Text(&day)),
            ("month", Value::Text(&month)),
            ("year", Value::Text(&year)),
        ],
    )
}

/// The day on which a moment falls in Kazakhstan, in words. An impossible moment is a dash.
pub(crate) fn date(lang: Lang, seconds: i64) -> String {
    moment(seconds).map_or_else(
        || "–".into(),
        |at| day(lang, at.to_offset(KAZAKHSTAN).date()),
    )
}

/// Day and minute in Kazakhstan, in words, with the offset.
pub(crate) fn date_time(lang: Lang, seconds: i64) -> String {
    let Some(at) = moment(seconds).map(|at| at.to_offset(KAZAKHSTAN)) else {
        return "–".into();
    };
    let (date, time) = (
        day(lang, at.date()),
        format!("{:02}:{:02}", at.hour(), at.minute()),
    );
    messages::text(
        lang,
        key("date-time"),
        &[("date", Value::Text(&date)), ("time", Value::Text(&time))],
    )
}

/// RFC 3339 in UTC, for `datetime` attributes and JSON.
pub(crate) fn rfc3339(seconds: i64) -> String {
    moment(seconds)
        .and_then(|at| at.format(&Rfc3339).ok())
        .unwrap_or_default()
}

/// Reads the `YYYY-MM-DD` of a date input.
pub(crate) fn parse_day(text: &str) -> Option<Date> {
    let mut parts = text.trim().splitn(3, '-');
    let year = parts.next().filter(|y| y.len() == 4)?.parse().ok()?;
    let month = time::Month::try_from(parts.next()?.parse::<u8>().ok()?).ok()?;
    Date::from_calendar_date(year, month, parts.next()?.parse().ok()?).ok()
}

/// The `YYYY-MM-DD` of the day in Kazakhstan, as date inputs want it.
pub(crate) fn input_day(seconds: i64) -> String {
    moment(seconds)
        .map(|at| at.to_offset(KAZAKHSTAN).date().to_string())
        .unwrap_or_default()
}

/// The first second of a day in Kazakhstan.
pub(crate) fn start_of(date: Date) -> i64 {
    date.midnight().assume_offset(KAZAKHSTAN).unix_timestamp()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const AT: i64 = 1_795_201_200; // 2026-11-20 21:00 UTC: already the 21st in Kazakhstan

    #[test]
    fn each_language_writes_dates_its_own_way() {
        assert_eq!(rfc3339(AT), "2026-11-20T19:00:00Z");
        assert_eq!(date(Lang::Kk, AT), "2026 ж. 21 қараша");
        assert_eq!(date(Lang::Ru, AT), "21 ноября 2026 г.");
        assert_eq!(date(Lang::En, AT), "21 November 2026");
        assert_eq!(date_time(Lang::En, AT), "21 November 2026, 00:00 (UTC+5)");
        assert_eq!(date(Lang::En, i64::MAX), "–");
    }

    #[test]
    fn date_inputs_go_there_and_back() {
        let day = parse_day("2026-11-21").unwrap();
        assert_eq!(start_of(day), AT);
        assert_eq!(input_day(AT), "2026-11-21");
        for bad in [
            "",
            "2026-13-01",
            "2026-02-30",
            "26-01-01",
            "2026-1",
            "x-y-z",
        ] {
            assert!(parse_day(bad).is_none(), "{bad}");
        }
    }

    /// What is written "UTC+5" is what terms are counted by.
    #[test]
    fn clocks_here_are_those_of_the_calendar() {
        let calendar = data::calendar::shipped().unwrap();
        assert_eq!(i64::from(KAZAKHSTAN.whole_seconds()), calendar.offset(AT));
    }

    proptest! {
        #[test]
        fn any_text_is_a_day_or_not(text in "\\PC{0,20}") {
            let _ = parse_day(&text);
        }
    }
}
