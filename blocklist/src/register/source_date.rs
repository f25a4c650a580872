//! The date of a source, as precisely as it is known and no more.

use std::fmt;

use serde::{Deserialize, Deserializer, Serialize, Serializer, de::Error as _};

use crate::time::{Day, TimeError};

/// When a source was written or read: `2026-11-20`, `2026-11`, `2026` or `undated`. A full day has
/// the same text as a [`Day`], so that snapshots signed before months were allowed keep their bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SourceDate {
    /// A day.
    Day(Day),
    /// A month: year, and month from 1 to 12.
    Month(u16, u8),
    /// A year.
    Year(u16),
    /// The source gives none.
    Undated,
}

/// The text of [`SourceDate::Undated`].
const UNDATED: &str = "undated";

impl SourceDate {
    /// Reads one of the four forms.
    ///
    /// # Errors
    /// When the text is none of them.
    pub fn parse(text: &str) -> Result<Self, TimeError> {
        let refuse = || TimeError::SourceDate(text.chars().take(40).collect());
        let read = || match text.len() {
            _ if text == UNDATED => Some(Self::Undated),
            4 => Some(Self::Year(number(text)?)),
            7 => {
                let (year, month) = text.split_once('-')?;
                let month = u8::try_from(number(month)?).ok()?;
                (1..=12)
                    .contains(&month)
                    .then_some(Self::Month(number(year)?, month))
            }
            _ => Some(Self::Day(Day::parse(text).ok()?)),
        };
        // One meaning has one spelling: these bytes are signed.
        read()
            .filter(|date: &Self| date.to_string() == text)
            .ok_or_else(refuse)
    }

    /// How precise it is: `day`, `month`, `year` or `undated`.
    pub fn precision(self) -> &'static str {
        match self {
            Self::Day(_) => "day",
            Self::Month(..) => "month",
            Self::Year(_) => "year",
            Self::Undated => UNDATED,
        }
    }
}

fn number(digits: &str) -> Option<u16> {
    digits
        .bytes()
        .all(|b| b.is_ascii_digit())
        .then(|| digits.parse().ok())
        .flatten()
}

impl fmt::Display for SourceDate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Day(day) => day.fmt(f),
            Self::Month(year, month) => write!(f, "{year:04}-{month:02}"),
            Self::Year(year) => write!(f, "{year:04}"),
            Self::Undated => f.write_str(UNDATED),
        }
    }
}

impl Serialize for SourceDate {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for SourceDate {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Self::parse(&String::deserialize(deserializer)?).map_err(D::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn each_precision_has_one_form() {
        for (text, precision) in [
            ("2026-11-20", "day"),
            ("2026-11", "month"),
            ("2026", "year"),
            ("undated", "undated"),
        ] {
            let date = SourceDate::parse(text).unwrap();
            assert_eq!(
                (date.to_string().as_str(), date.precision()),
                (text, precision)
            );
        }
        for wrong in [
            "",
            "2026-13",
            "2026-00",
            "26",
            "2026-1",
            "+026",
            "2026-11-31",
            "Undated",
        ] {
            assert!(SourceDate::parse(wrong).is_err(), "{wrong}");
        }
    }

    proptest! {
        #[test]
        fn any_text_is_a_date_in_its_one_form_or_refused(text in "[0-9a-z-]{0,12}|\\PC{0,12}") {
            if let Ok(date) = SourceDate::parse(&text) {
                prop_assert_eq!(date.to_string(), text);
            }
        }
    }
}
