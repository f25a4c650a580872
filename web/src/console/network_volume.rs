//! Volumes that officers state for a network: entering one, putting another in its place,
//! withdrawing it. Rows only ever come to those that are there.

use std::sync::Arc;

use askama::Template;
use axum::{
    Form,
    extract::{Path, Query, State},
    http::StatusCode,
    response::Response,
};
use blocklist::time::Day;
use data::network::{self, Amounts, NetworkError, NewVolume, file::Volume};
use serde::Deserialize;

use crate::{
    amounts::{self, AmountError},
    centre::Centre,
    console::{network as page_of, problems::Problem, staff::Staff},
    dates,
    faults::Fault,
    hostile,
    language::Lang,
    messages::key,
    page::{self, Page},
};

/// A volume as a row of a table.
pub(crate) struct VolumeLine {
    pub(crate) network: String,
    pub(crate) network_path: String,
    pub(crate) period: String,
    pub(crate) amounts: Vec<String>,
    pub(crate) source: String,
    pub(crate) who: String,
    /// Whether it counts no more.
    pub(crate) gone: bool,
    /// Where it can be put right, for officers.
    pub(crate) edit_path: Option<String>,
}

/// A day of the store in words.
pub(crate) fn day(p: &Page, text: &str) -> String {
    dates::parse_day(text).map_or_else(
        || hostile::line(text, 20),
        |found| dates::day(p.lang, found),
    )
}

/// The words of a row; `may` says whether the reader may put it right.
pub(crate) fn line(p: &Page, row: &Volume, may: bool) -> VolumeLine {
    let mut amounts = Vec::new();
    if let Some(kzt) = row.kzt {
        amounts.push(format!("{} ₸", amounts::written(p.lang, kzt, 0)));
    }
    if let Some(usdt) = row.usdt {
        amounts.push(format!("{} USDT", amounts::written(p.lang, usdt, 6)));
    }
    if let (Some(rate), Some(on)) = (row.rate, &row.rate_on) {
        let (rate, on) = (amounts::written(p.lang, rate, 4), day(p, on));
        amounts.push(p.t2(key("net-at-rate"), ("rate", &rate), ("date", &on)));
    }
    let period = match (&row.period_from, &row.period_to) {
        (Some(from), Some(to)) => {
            let (from, to) = (day(p, from), day(p, to));
            p.t2(key("term-from-to"), ("from", &from), ("to", &to))
        }
        _ => p.t(key("net-withdrawal")),
    };
    let network_path = format!("console/network/{}", row.network_id);
    VolumeLine {
        period,
        amounts,
        source: hostile::line(&row.source, hostile::LONGEST),
        who: format!(
            "{}, {}",
            hostile::line(&row.officer, 80),
            p.date(row.given_at)
        ),
        gone: row.replaced,
        edit_path: (may && !row.replaced)
            .then(|| format!("{network_path}/volume?replaces={}", row.id)),
        network: row.network_id.clone(),
        network_path,
    }
}

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
    fn of(p: &Page, row: &Volume) -> Self {
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
    fn shown(self) -> Self {
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
    fn row(&self) -> Option<i64> {
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

#[derive(Template)]
#[template(path = "console/network_volume.html")]
struct VolumePage {
    p: Page,
    id: String,
    back: String,
    action: String,
    withdraw_action: String,
    old: Option<VolumeLine>,
    f: Typed,
    errors: Vec<Problem>,
}

impl VolumePage {
    /// What is wrong with a field.
    fn wrong(&self, field: &str) -> Option<&str> {
        let problem = self.errors.iter().find(|problem| problem.field == field)?;
        Some(&problem.text)
    }
}

async fn show(
    centre: &Centre,
    staff: &Staff,
    id: &str,
    typed: Option<Typed>,
    replaces: Option<i64>,
    errors: Vec<Problem>,
) -> Result<Response, Fault> {
    let file = page_of::load(centre, id).await?;
    let id = file.line.id;
    let back = format!("console/network/{id}");
    let row = replaces
        .map(|wanted| {
            let standing = |row: &&Volume| row.id == wanted && !row.replaced;
            file.volumes.iter().find(standing).ok_or(Fault::NOT_FOUND)
        })
        .transpose()?;
    let path = match row {
        Some(row) => format!("{back}/volume?replaces={}", row.id),
        None => format!("{back}/volume"),
    };
    let p = staff.page(centre, &path, &staff.word(key("volume-title")));
    let typed = match (typed, row) {
        (Some(typed), _) => typed,
        (None, Some(row)) => Typed::of(&p, row),
        (None, None) => Typed::default(),
    };
    let status = if errors.is_empty() {
        StatusCode::OK
    } else {
        StatusCode::UNPROCESSABLE_ENTITY
    };
    let page = VolumePage {
        action: format!("{back}/volume"),
        withdraw_action: format!("{back}/withdraw"),
        old: row.map(|row| line(&p, row, false)),
        f: typed.shown(),
        back,
        errors,
        id,
        p,
    };
    Ok(page::show(status, &page))
}

/// `?replaces=`: the row to put right.
#[derive(Debug, Deserialize)]
pub(crate) struct Wanted {
    replaces: Option<i64>,
}

/// `GET /{lang}/console/network/{id}/volume`.
pub(crate) async fn form(
    State(centre): State<Arc<Centre>>,
    staff: Staff,
    Path((_, id)): Path<(String, String)>,
    Query(wanted): Query<Wanted>,
) -> Result<Response, Fault> {
    if !page_of::may(&staff) {
        return Ok(page_of::not_for_role(&centre, &staff));
    }
    show(&centre, &staff, &id, None, wanted.replaces, vec![]).await
}

/// `POST /{lang}/console/network/{id}/volume`.
pub(crate) async fn add(
    State(centre): State<Arc<Centre>>,
    staff: Staff,
    Path((_, id)): Path<(String, String)>,
    Form(typed): Form<Typed>,
) -> Result<Response, Fault> {
    if !page_of::may(&staff) {
        return Ok(page_of::not_for_role(&centre, &staff));
    }
    let now = centre.now();
    let today = Day::parse(&dates::input_day(now)).map_err(Fault::internal)?;
    let amounts = match read(staff.lang, &typed, today) {
        Ok(amounts) => amounts,
        Err(problems) => {
            let row = typed.row();
            return show(&centre, &staff, &id, Some(typed), row, problems).await;
        }
    };
    // A row is replaced under the number it was stated for, whichever network that is part of now.
    let file = page_of::load(&centre, &id).await?;
    let replaced = typed
        .row()
        .and_then(|wanted| file.volumes.iter().find(|row| row.id == wanted));
    if !typed.replaces.is_empty() && replaced.is_none() {
        return Err(Fault::NOT_FOUND);
    }
    let number = replaced.map_or(&file.line.id, |row| &row.network_id);
    let new = NewVolume {
        amounts,
        source: typed.source.trim(),
        document: None,
        replaces: replaced.map(|row| row.id),
    };
    match network::add_volume(&centre.store, &staff.officer, number, new, now).await {
        Ok(_) => Ok(staff.go(&format!(
            "console/network/{}?done=volume#volumes",
            file.line.id
        ))),
        Err(error) => {
            let problem = vec![refused(&staff, &error)];
            let row = typed.row();
            show(&centre, &staff, &id, Some(typed), row, problem).await
        }
    }
}

/// `POST /{lang}/console/network/{id}/withdraw`.
pub(crate) async fn withdraw(
    State(centre): State<Arc<Centre>>,
    staff: Staff,
    Path((_, id)): Path<(String, String)>,
    Form(typed): Form<Typed>,
) -> Result<Response, Fault> {
    if !page_of::may(&staff) {
        return Ok(page_of::not_for_role(&centre, &staff));
    }
    let file = page_of::load(&centre, &id).await?;
    let row = typed
        .row()
        .and_then(|wanted| file.volumes.iter().find(|row| row.id == wanted))
        .ok_or(Fault::NOT_FOUND)?;
    let why = typed.why.trim();
    let refusal = if why.is_empty() {
        Problem::new(staff.lang, "why", key("problem-network-why"))
    } else {
        let (store, now) = (&centre.store, centre.now());
        let done =
            network::withdraw_volume(store, &staff.officer, &row.network_id, row.id, why, now);
        match done.await {
            Ok(_) => {
                let path = format!("console/network/{}?done=withdrawn#volumes", file.line.id);
                return Ok(staff.go(&path));
            }
            Err(NetworkError::Field("source")) => {
                Problem::new(staff.lang, "why", key("problem-network-why"))
            }
            Err(error) => refused(&staff, &error),
        }
    };
    show(&centre, &staff, &id, None, Some(row.id), vec![refusal]).await
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
