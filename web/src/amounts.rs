//! Amounts as officers type them and as pages show them: whole numbers of the smallest part.

use crate::language::Lang;

/// Largest amount, in its smallest part; the store takes no larger one.
const MOST: i64 = 1_000_000_000_000_000;

/// A text that is no amount.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum AmountError {
    /// Not digits with spaces between thousands and at most one comma or point.
    Unreadable,
    /// `1,234`: a fraction to one reader, thousands to another.
    TwoWays,
    /// Over [`MOST`].
    TooLarge,
}

/// Reads `24 000 000 000` or `512,35` as a whole number of parts, of which 10 to the `digits` make
/// one. Nothing typed is no amount.
pub(crate) fn parse(text: &str, digits: usize) -> Result<Option<i64>, AmountError> {
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
        Ok(amount) if amount <= MOST => Ok(Some(amount)),
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

/// Writes an amount with thousands apart (by no-break spaces) and no zeros at the end.
pub(crate) fn written(lang: Lang, parts: i64, digits: usize) -> String {
    let all = format!("{:0width$}", parts.unsigned_abs(), width = digits + 1);
    let (whole, fraction) = all.split_at(all.len() - digits);
    let mut out = String::new();
    if parts < 0 {
        out.push('−');
    }
    for (index, digit) in whole.chars().enumerate() {
        if index > 0 && (whole.len() - index).is_multiple_of(3) {
            out.push('\u{a0}');
        }
        out.push(digit);
    }
    let fraction = fraction.trim_end_matches('0');
    if !fraction.is_empty() {
        out.push(if lang == Lang::En { '.' } else { ',' });
        out.push_str(fraction);
    }
    out
}

/// Hundredths as `1,00`.
pub(crate) fn hundredths(lang: Lang, amount: i64) -> String {
    let point = if lang == Lang::En { '.' } else { ',' };
    format!("{}{point}{:02}", amount / 100, (amount % 100).abs())
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn amounts_are_read_one_way_or_not_at_all() {
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
    fn amounts_are_written_for_the_reader() {
        assert_eq!(
            written(Lang::Kk, 24_000_000_000, 0),
            "24\u{a0}000\u{a0}000\u{a0}000"
        );
        assert_eq!(written(Lang::Ru, 5_123_500, 4), "512,35");
        assert_eq!(written(Lang::En, 1, 6), "0.000001");
        assert_eq!(written(Lang::En, -1_500, 0), "−1\u{a0}500");
        assert_eq!(hundredths(Lang::Kk, 150), "1,50");
    }

    proptest! {
        #[test]
        fn any_text_is_an_amount_or_not(text in "\\PC{0,30}|[0-9 .,]{0,30}", digits in 0_usize..7) {
            if let Ok(Some(amount)) = parse(&text, digits) {
                prop_assert!((0..=MOST).contains(&amount));
            }
        }

        #[test]
        fn what_is_written_is_read_again(amount in 0_i64..=MOST, digits in 0_usize..7) {
            for lang in Lang::ALL {
                match parse(&written(lang, amount, digits), digits) {
                    Ok(read) => prop_assert_eq!(read, Some(amount)),
                    Err(error) => prop_assert_eq!(error, AmountError::TwoWays),
                }
            }
        }
    }
}
