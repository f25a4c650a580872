//! Dates of the world. It is set on one day; what is dated in it moves with the real day, so that a
//! licence register of the demo is never too old to speak.

use time::Date;
use time::format_description::BorrowedFormatItem;
use time::macros::format_description;

const ISO_DATE: &[BorrowedFormatItem<'_>] = format_description!("[year]-[month]-[day]");

/// Reads a date like `2026-11-21`.
pub(crate) fn parse_date(text: &str) -> Option<Date> {
    Date::parse(text, ISO_DATE).ok()
}

/// Moves a date like `2026-11-21` by some days; `None` when it is no date, or leaves the calendar.
pub(crate) fn move_date(text: &str, days: i64) -> Option<String> {
    let moved = i64::from(parse_date(text)?.to_julian_day()) + days;
    let date = Date::from_julian_day(i32::try_from(moved).ok()?).ok()?;
    Some(format!(
        "{:04}-{:02}-{:02}",
        date.year(),
        u8::from(date.month()),
        date.day()
    ))
}

/// Moves every JSON string that is wholly a date.
pub(crate) fn move_dates(json: &str, days: i64) -> String {
    let parts = json
        .split('"')
        .map(|part| move_date(part, days).unwrap_or_else(|| part.to_owned()));
    parts.collect::<Vec<_>>().join("\"")
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn dates_move_and_nothing_else_does() {
        let json = r#"{"taken_on": "2026-11-20", "no": "2026-11-20b", "to": "2028-02-29"}"#;
        assert_eq!(
            move_dates(json, 1),
            r#"{"taken_on": "2026-11-21", "no": "2026-11-20b", "to": "2028-03-01"}"#
        );
        assert_eq!(move_dates(json, 0), json);
    }

    proptest! {
        #[test]
        fn any_text_survives_and_moves_back(json: String, days in -40_000_i64..40_000) {
            prop_assert_eq!(move_dates(&json, 0), json.clone());
            prop_assert_eq!(move_dates(&move_dates(&json, days), -days), json);
        }
    }
}
