//! Money and counts as exact decimals: whole numbers of the smallest part, never binary fractions.

use std::fmt;

use serde::{Serialize, Serializer};

/// What an amount is counted in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
pub enum Unit {
    /// Tenge, in hundredths.
    #[serde(rename = "KZT")]
    Kzt,
    /// Tether, in millionths.
    #[serde(rename = "USDT")]
    Usdt,
    /// United States dollars, in hundredths.
    #[serde(rename = "USD")]
    Usd,
    /// Things or people, whole.
    #[serde(rename = "count")]
    Count,
}

impl Unit {
    /// All of them, in the order in which sums are shown.
    pub const ALL: [Self; 4] = [Self::Kzt, Self::Usdt, Self::Usd, Self::Count];

    /// The word in the store and in JSON.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Kzt => "KZT",
            Self::Usdt => "USDT",
            Self::Usd => "USD",
            Self::Count => "count",
        }
    }

    /// Reads that word.
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|unit| unit.as_str() == text)
    }

    /// How many decimal digits its smallest part takes.
    pub fn digits(self) -> usize {
        match self {
            Self::Kzt | Self::Usd => 2,
            Self::Usdt => 6,
            Self::Count => 0,
        }
    }
}

/// Decimal digits of a rate: tenge for one unit, in ten-thousandths.
pub const RATE_DIGITS: usize = 4;

/// `parts` whole parts, of which 10 to the `digits` make one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Decimal {
    /// Whole parts.
    pub parts: i128,
    /// How many digits stand after the point.
    pub digits: usize,
}

impl fmt::Display for Decimal {
    /// With a point, without thousands and without zeros at the end: `4800000.5`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let all = format!(
            "{:0width$}",
            self.parts.unsigned_abs(),
            width = self.digits + 1
        );
        let (whole, fraction) = all.split_at(all.len() - self.digits);
        let fraction = fraction.trim_end_matches('0');
        let sign = if self.parts < 0 { "-" } else { "" };
        let point = if fraction.is_empty() { "" } else { "." };
        write!(f, "{sign}{whole}{point}{fraction}")
    }
}

impl Serialize for Decimal {
    /// As text: JSON readers turn numbers into binary fractions.
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

/// The tenge of an amount at a rate of [`RATE_DIGITS`], with `to` digits after the point; what is
/// smaller is cut off.
pub fn in_tenge(amount: Decimal, rate: i64, to: usize) -> Decimal {
    let shift = |digits: usize| 10_i128.pow(u32::try_from(digits).unwrap_or(0));
    let parts = amount.parts * i128::from(rate) * shift(to) / shift(amount.digits + RATE_DIGITS);
    Decimal { parts, digits: to }
}

/// A text that is no amount.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum AmountError {
    /// Not digits with spaces between thousands and at most one comma or point.
    #[error("write digits with at most one point, and no more digits after it than the unit has")]
    Unreadable,
    /// `1,234`: a fraction to one reader, thousands to another.
    #[error(
        "this could be a fraction or thousands: leave a space between thousands, or write more digits of the fraction"
    )]
    TwoWays,
    /// Over the most that is taken.
    #[error("this is larger than any amount there is")]
    TooLarge,
}

/// Reads `24 000 000 000` or `512,35` as a whole number of parts, of which 10 to the `digits` make
/// one and at most `most` are taken. Nothing typed is no amount.
///
/// # Errors
/// For a text that is no amount, can be read in two ways, or is over `most`.
pub fn parse(text: &str, digits: usize, most: i64) -> Result<Option<i64>, AmountError> {
    let text = text.trim();
    if text.is_empty() {
        return Ok(None);
    }
    let (whole, fraction) = match text.split_once([',', '.']) {
        Some((whole, fraction)) => (whole, Some(fraction)),
        None => (text, None),
    };
    let whole = thousands(whole).ok_or(AmountError::Unreadable)?;
    let fraction = fraction.unwrap_or("0");
    if fraction.is_empty() || !fraction.bytes().all(|c| c.is_ascii_digit()) {
        return Err(AmountError::Unreadable);
    }
    if fraction.len() == 3 && (1..=3).contains(&whole.len()) && !whole.starts_with('0') {
        return Err(AmountError::TwoWays);
    }
    if fraction.len() > digits && fraction != "0" {
        return Err(AmountError::Unreadable);
    }
    let parts: String = fraction.chars().chain("0".repeat(digits).chars()).collect();
    let parts: String = whole.chars().chain(parts.chars().take(digits)).collect();
    match parts.parse::<i64>() {
        Ok(amount) if amount <= most => Ok(Some(amount)),
        _ => Err(AmountError::TooLarge),
    }
}

/// The digits of a whole number whose thousands may stand apart.
fn thousands(text: &str) -> Option<String> {
    let groups: Vec<&str> = text.split([' ', '\u{a0}', '\u{202f}']).collect();
    let digits = groups
        .iter()
        .all(|group| !group.is_empty() && group.bytes().all(|c| c.is_ascii_digit()));
    let (first, rest) = groups.split_first()?;
    let apart = rest.is_empty() || first.len() <= 3 && rest.iter().all(|group| group.len() == 3);
    (digits && apart).then(|| groups.concat())
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const MOST: i64 = 1_000_000_000_000_000;

    #[test]
    fn amounts_are_read_one_way_or_not_at_all() {
        let parse = |text, digits| super::parse(text, digits, MOST);
        assert_eq!(parse(" 24 000 000 000 ", 0), Ok(Some(24_000_000_000)));
        assert_eq!(parse("24\u{a0}000", 0), Ok(Some(24_000)));
        assert_eq!(parse("1000000,5", 6), Ok(Some(1_000_000_500_000)));
        assert_eq!(parse("512.35", 4), Ok(Some(5_123_500)));
        assert_eq!(parse("0,125", 6), Ok(Some(125_000)));
        assert_eq!(parse("  ", 6), Ok(None));
        for two in ["24,000", "1.234"] {
            assert_eq!(parse(two, 6), Err(AmountError::TwoWays), "{two}");
        }
        for bad in [
            "24,000,000",
            "1,",
            ",5",
            "-1",
            "+1",
            "1e9",
            "2 4",
            "1 0000",
            "24 млрд",
            "٢٤",
            "0x1",
        ] {
            assert_eq!(parse(bad, 6), Err(AmountError::Unreadable), "{bad}");
        }
        assert_eq!(parse("1,5", 0), Err(AmountError::Unreadable));
        assert_eq!(
            parse("1 000 000 000 000 001", 0),
            Err(AmountError::TooLarge)
        );
        assert_eq!(parse(&"9".repeat(400), 6), Err(AmountError::TooLarge));
    }

    #[test]
    fn amounts_become_tenge_by_their_rate() {
        let of =
            |parts, digits, rate, to| in_tenge(Decimal { parts, digits }, rate, to).to_string();
        // 1 000 000 USDT at 512.35, and the least there is of it.
        assert_eq!(of(1_000_000_000_000, 6, 5_123_500, 0), "512350000");
        assert_eq!(of(1, 6, 5_123_500, 0), "0");
        // 10.01 USD at 512.3456 are 5128.579456 tenge.
        assert_eq!(of(1_001, 2, 5_123_456, 2), "5128.57");
    }

    proptest! {
        #[test]
        fn any_text_is_an_amount_or_not(text in "\\PC{0,30}|[0-9 .,]{0,30}", digits in 0_usize..7) {
            if let Ok(Some(amount)) = parse(&text, digits, MOST) {
                prop_assert!((0..=MOST).contains(&amount));
            }
        }

        #[test]
        fn what_is_written_is_read_again(amount in 0_i64..=MOST, digits in 0_usize..7) {
            let written = Decimal { parts: amount.into(), digits }.to_string();
            match parse(&written, digits, MOST) {
                Ok(read) => prop_assert_eq!(read, Some(amount)),
                Err(error) => prop_assert_eq!(error, AmountError::TwoWays),
            }
        }
    }
}
