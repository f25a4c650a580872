//! The fields in which officers state a volume: read into amounts, or what is wrong with which field.

use blocklist::time::Day;
use data::network::{Amounts, NetworkError, file::Volume};
use serde::Deserialize;

use crate::{
    amounts::{self, AmountError},
    console::{network as page_of, problems::Problem, staff::Staff},
    hostile,
    language::Lang,
    messages::key,
    page::Page,
};

/// What the form holds, as text, so that it can be shown again.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(crate) struct Typed {
    pub(crate) kzt: String,
    pub(crate) usdt: String,
    pub(crate) rate: String,
    pub(crate) rate_on: String,
    pub(crate) from: String,
    pub(crate) to: String,
    pub(crate) source: String,
    /// The row it takes the place of; empty for none.
    pub(crate) replaces: String,
    /// Why a row is withdrawn.
    pub(crate) why: String,
}

impl Typed {
    /// The figures of a row, to be put right.
    pub(crate) fn of(p: &Page, row: &Volume) -> Self {
        let amount = |amount: Option<i64>, digits| {
            amount.map_or_else(String::new, |amount| {
                amounts::written(p.lang, amount, digits)
            })
        };
        let own = |text: &Option<String>| text.clone().unwrap_or_default();
        Self {
            kzt: amount(row.kzt, 0),
            usdt: amount(row.usdt, 6),
            rate: amount(row.rate, 4),
            rate_on: own(&row.rate_on),
            from: own(&row.period_from),
            to: own(&row.period_to),
            source: row.source.clone(),
            replaces: row.id.to_string(),
            why: String::new(),
        }
    }

    /// The texts cut to what a page may hold, and fit to stand on one.
    pub(crate) fn shown(self) -> Self {
        let short = |text: String| hostile::line(&text, 60);
        Self {
            kzt: short(self.kzt),
            usdt: short(self.usdt),
            rate: short(self.rate),
            rate_on: short(self.rate_on),
            from: short(self.from),
            to: short(self.to),
            source: hostile::block(&self.source, hostile::LONGEST),
            replaces: short(self.replaces),
            why: hostile::block(&self.why, hostile::LONGEST),
        }
    }

    /// The row that is meant, if one is.
    pub(crate) fn row(&self) -> Option<i64> {
        self.replaces.parse().ok()
    }
}

/// Reads the form: the amounts, or what is wrong with which field.
pub(crate) fn read(lang: Lang, typed: &Typed, today: Day) -> Result<Amounts, Vec<Problem>> {
    let mut problems = Vec::new();
    let mut wrong = |field, key: &str| problems.push(Problem::new(lang, field, key));
    let mut amount = |field, text: &str, digits| match amounts::parse(text, digits) {
        Ok(amount) => amount,
        Err(error) => {
            wrong(field, words(error, digits));
            None
        }
    };
    let kzt = amount("kzt", &typed.kzt, 0);
    let usdt = amount("usdt", &typed.usdt, 6);
    let rate = amount("rate", &typed.rate, 4);
    if typed.kzt.trim().is_empty() && typed.usdt.trim().is_empty() {
        wrong("kzt", key("problem-volume-amount"));
    }
    if (kzt, usdt) == (Some(0), None) || (kzt, usdt) == (None, Some(0)) {
        wrong("kzt", key("problem-volume-amount"));
    }
    if rate.is_some_and(|rate| !(1..=1_000_000_000).contains(&rate)) {
        wrong("rate", key("problem-volume-rate"));
    }
    if rate.is_some() && usdt.is_none() && typed.usdt.trim().is_empty() {
        wrong("rate", key("problem-volume-rate-alone"));
    }
    let mut date = |field, text: &str| match Day::parse(text.trim()) {
        Ok(day) if day <= today => Some(day),
        Ok(_) => {
            wrong(field, key("problem-volume-future"));
            None
        }
        Err(_) => {
            wrong(field, key("problem-volume-day"));
            None
        }
    };
    let rate_on = if typed.rate.trim().is_empty() && typed.rate_on.trim().is_empty() {
        None
    } else {
        date("rate_on", &typed.rate_on)
    };
    let (from, to) = (date("from", &typed.from), date("to", &typed.to));
    if from > to && to.is_some() {
        wrong("to", key("problem-volume-period"));
    }
    if typed.rate.trim().is_empty() && rate_on.is_some() {
        wrong("rate", key("problem-volume-rate"));
    }
    if typed.source.trim().is_empty() {
        wrong("source", key("problem-volume-source"));
    }
    match (from, to) {
        (Some(from), Some(to)) if problems.is_empty() => Ok(Amounts {
            kzt,
            usdt,
            rate: rate.zip(rate_on),
            period: (from, to),
        }),
        _ => Err(problems),
    }
}

fn words(error: AmountError, digits: usize) -> &'static str {
    match error {
        AmountError::TwoWays => key("problem-amount-two-ways"),
        AmountError::TooLarge => key("problem-amount-too-large"),
        AmountError::Unreadable if digits == 0 => key("problem-amount-whole"),
        AmountError::Unreadable => key("problem-amount-unreadable"),
    }
}

/// Words for what the store refused; the form checks the same before.
pub(crate) fn refused(staff: &Staff, error: &NetworkError) -> Problem {
    let problem = |field, key: &str| Problem::new(staff.lang, field, key);
    match error {
        NetworkError::Field("source") => problem("source", key("problem-volume-source")),
        NetworkError::Field("usdt") => problem("usdt", key("problem-amount-too-large")),
        NetworkError::Field("rate") => problem("rate", key("problem-volume-rate")),
        NetworkError::Field("period") => problem("to", key("problem-volume-period")),
        NetworkError::Field("replaces") => problem("why", key("problem-volume-gone")),
        other => page_of::refused(staff, "kzt", other),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_wrong_field_is_named() {
        let today = Day::parse("2026-11-21").unwrap();
        let good = || Typed {
            usdt: "1 000 000".into(),
            rate: "512,35".into(),
            rate_on: "2026-11-01".into(),
            from: "2026-10-01".into(),
            to: "2026-10-31".into(),
            source: "Letter 12".into(),
            ..Typed::default()
        };
        let read = |typed: &Typed| read(Lang::En, typed, today);
        let amounts = read(&good()).unwrap();
        assert_eq!((amounts.usdt, amounts.kzt), (Some(1_000_000_000_000), None));
        assert_eq!(amounts.rate.unwrap().0, 5_123_500);
        type Change = fn(&mut Typed);
        let wrong: [(&str, Change); 12] = [
            ("kzt", |t| t.usdt.clear()),
            ("kzt", |t| t.usdt = "0".into()),
            ("kzt", |t| t.kzt = "24 млрд".into()),
            ("kzt", |t| t.kzt = "24,000".into()),
            ("usdt", |t| t.usdt = "-5".into()),
            ("rate", |t| t.rate = "0".into()),
            ("rate", |t| t.rate.clear()),
            ("rate_on", |t| t.rate_on.clear()),
            ("from", |t| t.from = "soon".into()),
            ("to", |t| t.to = "2026-09-01".into()),
            ("to", |t| t.to = "2027-01-01".into()),
            ("source", |t| t.source = "  ".into()),
        ];
        for (field, change) in wrong {
            let mut typed = good();
            change(&mut typed);
            let problems = read(&typed).expect_err(field);
            assert!(
                problems.iter().any(|problem| problem.field == field),
                "{field}: {problems:?}"
            );
        }
    }
}
