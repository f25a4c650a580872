//! The table of licensed firms, as the registers name them.

use std::sync::Arc;

use askama::Template;
use axum::{extract::State, response::Response};
use blocklist::{
    Timestamp,
    matching::Known,
    register::{Basis, LicenceRow, Snapshot},
    time::Day,
};

use crate::{
    centre::Centre,
    dates,
    faults::Fault,
    hostile,
    messages::{self, key},
    names::Shown,
    page::{self, Page},
    public::Here,
};

/// One row of the table.
struct Row {
    brand: String,
    firm: String,
    status: String,
    tone: &'static str,
    hosts: Vec<String>,
    licence_no: String,
    regulator: String,
    source_url: Option<String>,
    term: String,
    banks: String,
}

#[derive(Template)]
#[template(path = "licensed.html")]
struct LicensedPage {
    p: Page,
    rows: Vec<Row>,
    as_of: Option<String>,
}

/// How we know what a row says.
pub(crate) fn basis(p: &Page, basis: Basis) -> String {
    p.t(match basis {
        Basis::Register => key("row-basis-register"),
        Basis::Letter => key("row-basis-letter"),
        Basis::Secondary => key("row-basis-secondary"),
    })
}

fn day(p: &Page, day: Day) -> String {
    dates::parse_day(&day.to_string())
        .map(|day| dates::day(p.lang, day))
        .unwrap_or_default()
}

/// A term in words; `None` when the row gives neither end.
pub(crate) fn term(p: &Page, from: Option<Day>, to: Option<Day>) -> Option<String> {
    match (from, to) {
        (Some(from), Some(to)) => Some(p.t2(
            key("term-from-to"),
            ("from", &day(p, from)),
            ("to", &day(p, to)),
        )),
        (None, Some(to)) => Some(p.t1(key("term-to"), "to", &day(p, to))),
        (Some(from), None) => Some(p.t1(key("term-from"), "from", &day(p, from))),
        (None, None) => None,
    }
}

/// Where a row stands: message key and colour. Only a live row of the register in a fresh snapshot
/// says "licensed" (rule 5).
fn status(
    row: &LicenceRow,
    snapshot: &Snapshot,
    days: u32,
    now: Timestamp,
) -> (&'static str, &'static str) {
    if row.has_ended(now) {
        (key("licence-ended"), "")
    } else if row.valid_from.is_some_and(|from| from.start() > now) {
        (key("licence-not-yet"), "info")
    } else if row.term().is_some_and(|term| term.covers(now)) && snapshot.is_fresh(now, days) {
        (key("licence-live"), "good")
    } else {
        (key("licence-unconfirmed"), "care")
    }
}

/// How many rows say "licensed" now.
pub(crate) fn count_live(known: &Known, now: Timestamp) -> usize {
    known
        .snapshots
        .iter()
        .flat_map(|snapshot| snapshot.rows.iter().map(move |row| (snapshot, row)))
        .filter(|(snapshot, row)| status(row, snapshot, known.register_days, now).1 == "good")
        .count()
}

/// `GET /{lang}/licensed`.
pub(crate) async fn licensed(
    State(centre): State<Arc<Centre>>,
    Here(lang): Here,
) -> Result<Response, Fault> {
    let title = messages::text(lang, key("licensed-title"), &[]);
    let mut p = Page::new(lang, "licensed", title, centre.demo);
    p.indexed = true;
    let known = centre.known().await?;
    let now = Timestamp(centre.now());
    let mut rows: Vec<Row> = known
        .snapshots
        .iter()
        .flat_map(|snapshot| snapshot.rows.iter().map(move |row| (snapshot, row)))
        .map(|(snapshot, row)| {
            let (status, tone) = status(row, snapshot, known.register_days, now);
            let name = if row.brand.is_empty() {
                &row.legal_name
            } else {
                &row.brand
            };
            Row {
                brand: hostile::line(name, 200),
                firm: hostile::line(&row.legal_name, 200),
                status: p.t(status),
                tone,
                hosts: row
                    .hosts
                    .iter()
                    .map(|host| Shown::new(host).whole())
                    .collect(),
                licence_no: hostile::line(&row.licence_no, 100),
                regulator: hostile::line(&row.regulator, 100),
                source_url: hostile::link(if row.register_url.is_empty() {
                    &row.source_url
                } else {
                    &row.register_url
                }),
                term: term(&p, row.valid_from, row.valid_to)
                    .unwrap_or_else(|| p.t(key("term-open"))),
                banks: hostile::line(&row.banks.join(", "), 300),
            }
        })
        .collect();
    rows.sort_by_key(|row| {
        (
            row.tone != "good",
            row.tone.is_empty(),
            row.brand.to_lowercase(),
        )
    });
    let as_of = known
        .snapshots
        .iter()
        .map(|snapshot| snapshot.taken_on)
        .min()
        .map(|taken| day(&p, taken));
    Ok(page::ok(&LicensedPage { p, rows, as_of }))
}
