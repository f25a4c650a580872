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
use data::network::{self, NetworkError, NewVolume, file::Volume};
use serde::Deserialize;

use crate::{
    amounts,
    centre::Centre,
    console::{
        network as page_of,
        problems::Problem,
        staff::Staff,
        volume_fields::{Typed, read, refused},
    },
    dates,
    faults::Fault,
    hostile,
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
