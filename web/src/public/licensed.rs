//! The table of licensed firms, as the registers name them.

use std::sync::Arc;

use askama::Template;
use axum::{extract::State, response::Response};
use blocklist::{
    Timestamp,
    matching::{self, Known, Verdict},
    register::{Basis, LicenceRow, Snapshot},
    time::Day,
};

use crate::{
    centre::Centre,
    dates,
    faults::Fault,
    hostile,
    messages::{self, Value, key},
    names::Shown,
    page::{self, Page},
    public::{Here, check},
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
    basis: String,
}

#[derive(Template)]
#[template(path = "licensed.html")]
struct LicensedPage {
    p: Page,
    rows: Vec<Row>,
    as_of: Option<String>,
    too_old: Vec<String>,
    /// Whether some rows are shipped with the program and signed by nobody here.
    any_shipped: bool,
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

/// The hosts of a row; what is not the address of the licensed service says so.
pub(crate) fn hosts(p: &Page, row: &LicenceRow) -> Vec<String> {
    row.all_hosts()
        .map(|(host, kind)| match check::host_kind(p, kind) {
            Some(words) => format!("{} ({words})", Shown::new(host).whole()),
            None => Shown::new(host).whole(),
        })
        .collect()
}

/// Where a row stands: message key and colour. Only a live row of the register in a fresh snapshot
/// that two officers signed says "licensed" (rule 5).
fn status(
    known: &Known,
    snapshot: &Snapshot,
    signed: bool,
    row: &LicenceRow,
    now: Timestamp,
) -> (&'static str, &'static str) {
    match matching::row_verdict(known, snapshot, signed, row, now) {
        Verdict::Licensed => (key("licence-live"), "good"),
        Verdict::LicenceEnded => (key("licence-ended"), ""),
        _ if row.valid_from.is_some_and(|from| from.start() > now) => {
            (key("licence-not-yet"), "info")
        }
        _ if signed && !snapshot.is_fresh(now, known.register_days) => {
            (key("licence-copy-too-old"), "care")
        }
        _ => (key("licence-unconfirmed"), "care"),
    }
}

/// One sentence for each signed register that is too old to say "licensed".
pub(crate) fn too_old(p: &Page, known: &Known, now: Timestamp) -> Vec<String> {
    data::known::too_old(known, now)
        .map(|snapshot| {
            let register = check::register_name(p, &snapshot.register);
            let (date, days) = (day(p, snapshot.taken_on), known.register_days.to_string());
            let values = [
                ("register", Value::Text(&register)),
                ("date", Value::Text(&date)),
                ("days", Value::Text(&days)),
            ];
            messages::text(p.lang, key("register-copy-too-old"), &values)
        })
        .collect()
}

/// How many rows say "licensed" now.
pub(crate) fn count_live(known: &Known, now: Timestamp) -> usize {
    known
        .rows()
        .filter(|(snapshot, signed, row)| status(known, snapshot, *signed, row, now).1 == "good")
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
        .rows()
        .map(|(snapshot, signed, row)| {
            let (status, tone) = status(&known, snapshot, signed, row, now);
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
                hosts: hosts(&p, row),
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
                basis: basis(&p, row.basis),
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
    let any_shipped = known
        .shipped
        .iter()
        .any(|snapshot| !snapshot.rows.is_empty());
    let too_old = too_old(&p, &known, now);
    Ok(page::ok(&LicensedPage {
        p,
        too_old,
        rows,
        as_of,
        any_shipped,
    }))
}
