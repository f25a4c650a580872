//! Amounts as officers type them and as pages show them: whole numbers of the smallest part.

pub(crate) use data::money::AmountError;

use crate::language::Lang;

/// Largest amount, in its smallest part; the store takes no larger volume.
const MOST: i64 = 1_000_000_000_000_000;

/// Reads an amount as officers type it (see [`data::money::parse`]).
pub(crate) fn parse(text: &str, digits: usize) -> Result<Option<i64>, AmountError> {
    data::money::parse(text, digits, MOST)
}

/// Writes an amount with thousands apart (by no-break spaces) and no zeros at the end.
pub(crate) fn written(lang: Lang, parts: impl Into<i128>, digits: usize) -> String {
    let parts = parts.into();
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
    fn amounts_are_written_for_the_reader() {
        assert_eq!(
            written(Lang::Kk, 24_000_000_000_i64, 0),
            "24\u{a0}000\u{a0}000\u{a0}000"
        );
        assert_eq!(written(Lang::Ru, 5_123_500, 4), "512,35");
        assert_eq!(written(Lang::En, 1, 6), "0.000001");
        assert_eq!(written(Lang::En, -1_500, 0), "−1\u{a0}500");
        assert_eq!(hundredths(Lang::Kk, 150), "1,50");
    }

    proptest! {
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
