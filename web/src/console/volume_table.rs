//! Volumes from a table that somebody made elsewhere: one line for each, all of them or none.
//!
//! The table is CSV in UTF-8 with a header line, parted by commas or, as spreadsheets write it where a
//! comma stands before fractions, by semicolons.

use std::sync::Arc;

use askama::Template;
use axum::{
    extract::{Multipart, State},
    http::StatusCode,
    response::Response,
};
use blocklist::{
    DomainName,
    register::table::{self, Field},
    time::Day,
};
use data::{
    Store,
    decide::Document,
    network::{self, Amounts, NetworkError, TabledVolume},
};

use crate::{
    centre::Centre,
    console::{
        network as page_of,
        problems::Problem,
        propose,
        staff::Staff,
        volume_fields::{self, Typed},
    },
    dates,
    faults::Fault,
    hostile,
    language::Lang,
    messages::{self, Value, key},
    page::{self, Page},
};

/// Columns of the table, each with what stands in it.
const COLUMNS: [(&str, &str); 8] = [
    ("of", key("table-of")),
    ("from", key("volume-from")),
    ("to", key("volume-to")),
    ("kzt", key("volume-kzt")),
    ("usdt", key("volume-usdt")),
    ("rate", key("volume-rate")),
    ("rate_on", key("volume-rate-on")),
    ("source", key("net-source")),
];

/// Columns of which one is needed in each line.
const EITHER: [&str; 2] = ["kzt", "usdt"];

/// Columns that may be left out.
const OPTIONAL: [&str; 4] = [EITHER[0], EITHER[1], "rate", "rate_on"];

/// Most lines that are told to be wrong at once.
const MOST_PROBLEMS: usize = 30;

/// Id of the field of the file.
const FIELD: &str = "table";

/// The largest table, in octets.
pub(crate) const LARGEST: usize = 1024 * 1024;

/// A line of the table as it was read.
#[derive(Clone, Debug, PartialEq)]
struct Row {
    line: usize,
    /// A network's number, or a site of one.
    of: String,
    amounts: Amounts,
    source: String,
}

/// Says in which line of the table something is wrong.
fn at_line(lang: Lang, line: usize, what: &str) -> Problem {
    let line = line.to_string();
    let values = [("line", Value::Text(&line)), ("what", Value::Text(what))];
    Problem {
        field: FIELD,
        text: messages::text(lang, key("table-line"), &values),
        detail: None,
    }
}

fn whole(lang: Lang, words: &str) -> Vec<Problem> {
    vec![Problem::new(lang, FIELD, words)]
}

/// Reads a table: its lines, or what is wrong with which of them.
fn read(lang: Lang, bytes: &[u8], today: Day) -> Result<Vec<Row>, Vec<Problem>> {
    let text = std::str::from_utf8(bytes).map_err(|_| whole(lang, key("problem-table-utf8")))?;
    let head = text.lines().find(|line| !line.starts_with('#'));
    let separator = match head {
        Some(head) if head.contains(';') && !head.contains(',') => ';',
        _ => ',',
    };
    let mut records = table::records_parted_by(separator, text)
        .map_err(|error| {
            let place = error.column.to_string();
            let what = messages::text(
                lang,
                key("problem-table-quotes"),
                &[("column", Value::Text(&place))],
            );
            vec![at_line(lang, error.line, &what)]
        })?
        .into_iter();
    let Some(header) = records.next() else {
        return Err(whole(lang, key("problem-table-empty")));
    };
    let columns = columns(lang, &header)?;
    let (mut rows, mut problems) = (Vec::new(), Vec::new());
    for record in records {
        match row(lang, &columns, &record, today) {
            Ok(row) => rows.push(row),
            Err(wrong) => problems.extend(wrong),
        }
    }
    if problems.is_empty() && rows.is_empty() {
        problems = whole(lang, key("problem-table-empty"));
    }
    if rows.len() > network::MOST_TABLED {
        problems = whole(lang, key("problem-table-long"));
    }
    if problems.is_empty() {
        Ok(rows)
    } else {
        Err(problems)
    }
}

/// The columns in the order of this table. An unknown one is refused: a misspelt column would be lost
/// in silence.
fn columns(lang: Lang, header: &[Field]) -> Result<Vec<&'static str>, Vec<Problem>> {
    let mut found = Vec::new();
    for field in header {
        let text = field.text.trim();
        let known = COLUMNS.iter().map(|(column, _)| *column);
        match known.into_iter().find(|column| *column == text) {
            Some(column) if !found.contains(&column) => found.push(column),
            _ => {
                let name = hostile::line(text, 60);
                let values = [("name", Value::Text(&name))];
                let what = messages::text(lang, key("problem-table-column"), &values);
                return Err(vec![at_line(lang, field.line, &what)]);
            }
        }
    }
    let needed = COLUMNS.iter().map(|(column, _)| *column);
    let missing = needed
        .filter(|column| !OPTIONAL.contains(column))
        .find(|column| !found.contains(column));
    match missing {
        Some(name) => {
            let values = [("name", Value::Text(name))];
            let what = messages::text(lang, key("problem-table-missing"), &values);
            Err(vec![at_line(
                lang,
                header.first().map_or(1, |field| field.line),
                &what,
            )])
        }
        None => Ok(found),
    }
}

fn row(
    lang: Lang,
    columns: &[&'static str],
    record: &[Field],
    today: Day,
) -> Result<Row, Vec<Problem>> {
    let line = record.first().map_or(0, |field| field.line);
    if record.len() != columns.len() {
        let what = messages::text(lang, key("problem-table-width"), &[]);
        return Err(vec![at_line(lang, line, &what)]);
    }
    let value = |column: &str| {
        let at = columns.iter().position(|held| *held == column);
        let field = at.and_then(|at| record.get(at));
        field.map_or_else(String::new, |field| field.text.trim().to_owned())
    };
    let typed = Typed {
        kzt: value("kzt"),
        usdt: value("usdt"),
        rate: value("rate"),
        rate_on: value("rate_on"),
        from: value("from"),
        to: value("to"),
        source: value("source"),
        ..Typed::default()
    };
    match volume_fields::read(lang, &typed, today) {
        Ok(amounts) => Ok(Row {
            line,
            of: value("of"),
            amounts,
            source: typed.source,
        }),
        Err(problems) => {
            let wrong = |problem: Problem| {
                at_line(lang, line, &format!("{}: {}", problem.field, problem.text))
            };
            Err(problems.into_iter().map(wrong).collect())
        }
    }
}

/// The network that a line means, by its number or by a site of it.
async fn meant(store: &Store, of: &str) -> data::Result<Option<String>> {
    match DomainName::parse(of) {
        Ok(host) if !of.starts_with("N-") => network::of_host(store, host.as_str()).await,
        _ => network::resolve(store, of).await,
    }
}

#[derive(Template)]
#[template(path = "console/volume_table.html")]
struct TablePage {
    p: Page,
    /// Name, meaning, and whether a line needs it, in words.
    columns: Vec<(&'static str, String, String)>,
    errors: Vec<Problem>,
    more: Option<String>,
}

fn show(centre: &Centre, staff: &Staff, mut errors: Vec<Problem>) -> Response {
    let p = staff.page(
        centre,
        "console/networks/volumes",
        &staff.word(key("table-title")),
    );
    let status = if errors.is_empty() {
        StatusCode::OK
    } else {
        StatusCode::UNPROCESSABLE_ENTITY
    };
    let left = errors.len().saturating_sub(MOST_PROBLEMS);
    errors.truncate(MOST_PROBLEMS);
    let column = |(name, words): &(&'static str, &'static str)| {
        let needed = if EITHER.contains(name) {
            p.t(key("table-either"))
        } else if OPTIONAL.contains(name) {
            p.t(key("table-optional"))
        } else {
            p.t(key("table-needed"))
        };
        (*name, p.t(words), needed)
    };
    let page = TablePage {
        columns: COLUMNS.iter().map(column).collect(),
        more: (left > 0).then(|| p.n(key("table-more"), left)),
        errors,
        p,
    };
    page::show(status, &page)
}

/// `GET /{lang}/console/networks/volumes`.
pub(crate) async fn form(State(centre): State<Arc<Centre>>, staff: Staff) -> Response {
    if page_of::may(&staff) {
        show(&centre, &staff, vec![])
    } else {
        page_of::not_for_role(&centre, &staff)
    }
}

/// `POST /{lang}/console/networks/volumes`.
pub(crate) async fn enter(
    State(centre): State<Arc<Centre>>,
    staff: Staff,
    form: Multipart,
) -> Result<Response, Fault> {
    if !page_of::may(&staff) {
        return Ok(page_of::not_for_role(&centre, &staff));
    }
    let Some(file) = propose::uploaded(form, FIELD).await? else {
        return Ok(show(
            &centre,
            &staff,
            whole(staff.lang, key("problem-table-file")),
        ));
    };
    match take(&centre, &staff, &file).await? {
        Ok(()) => Ok(staff.go("console/networks?done=volumes#totals")),
        Err(problems) => Ok(show(&centre, &staff, problems)),
    }
}

async fn take(
    centre: &Centre,
    staff: &Staff,
    file: &Document,
) -> Result<Result<(), Vec<Problem>>, Fault> {
    let (store, now, lang) = (&centre.store, centre.now(), staff.lang);
    let today = Day::parse(&dates::input_day(now)).map_err(Fault::internal)?;
    let rows = match read(lang, &file.bytes, today) {
        Ok(rows) => rows,
        Err(problems) => return Ok(Err(problems)),
    };
    let (mut networks, mut unknown) = (Vec::new(), Vec::new());
    for row in &rows {
        match meant(store, &row.of).await.map_err(Fault::internal)? {
            Some(id) => networks.push(id),
            None => {
                let name = hostile::line(&row.of, 80);
                let values = [("name", Value::Text(&name))];
                let what = messages::text(lang, key("problem-table-network"), &values);
                unknown.push(at_line(lang, row.line, &what));
            }
        }
    }
    if !unknown.is_empty() {
        return Ok(Err(unknown));
    }
    let volumes: Vec<TabledVolume<'_>> = rows
        .iter()
        .zip(&networks)
        .map(|(row, network_id)| TabledVolume {
            network_id,
            amounts: row.amounts,
            source: &row.source,
        })
        .collect();
    let entered = network::add_volumes(store, &staff.officer, &volumes, file, now).await;
    Ok(entered.map_err(|error| {
        let (number, error) = match &error {
            NetworkError::Volume(number, error) => (*number, &**error),
            error => (0, error),
        };
        let problem = volume_fields::refused(staff, error);
        let row = number.checked_sub(1).and_then(|at| rows.get(at));
        vec![match row {
            Some(row) => at_line(lang, row.line, &problem.text),
            None => Problem {
                field: FIELD,
                ..problem
            },
        }]
    }))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const GOOD: &str = "of,from,to,kzt,usdt,rate,rate_on,source\n\
        N-2026-000001,2026-10-01,2026-10-31,24 000 000 000,,,,Letter 12\n\
        obmen.test,2026-10-01,2026-10-31,,1000.5,512.35,2026-10-31,\"Chain, block 7\"\n";

    fn read(text: &str) -> Result<Vec<Row>, Vec<String>> {
        let today = Day::parse("2026-11-21").unwrap();
        super::read(Lang::En, text.as_bytes(), today)
            .map_err(|problems| problems.into_iter().map(|problem| problem.text).collect())
    }

    #[test]
    fn a_table_is_read_with_commas_or_semicolons() {
        let rows = read(GOOD).unwrap();
        assert_eq!(
            (rows[0].amounts.kzt, rows[1].amounts.usdt, rows[1].line),
            (Some(24_000_000_000), Some(1_000_500_000), 3)
        );
        assert_eq!(rows[1].source, "Chain, block 7");
        let local = "of;from;to;usdt;rate;rate_on;source\r\n\
            obmen.test;2026-10-01;2026-10-31;1000,5;512,35;2026-10-31;Chain, block 7\r\n";
        let rows_of_local = read(local).unwrap();
        assert_eq!(rows_of_local[0].amounts, rows[1].amounts);
    }

    #[test]
    fn what_is_wrong_is_named_with_its_line() {
        for (changed, line, says) in [
            (
                GOOD.replace("2026-10-31,24", "2026-09-30,24"),
                2,
                "before the first",
            ),
            (
                GOOD.replace("1000.5", "1,5"),
                3,
                "one field for each column",
            ),
            (GOOD.replace("1000.5", "24.000"), 3, "reads in two ways"),
            (GOOD.replace("1000.5", ""), 3, "Write an amount"),
            (
                GOOD.replace("Letter 12", ""),
                2,
                "Write where the figure comes from",
            ),
            (GOOD.replace("kzt", "kztt"), 1, "kztt"),
            (GOOD.replace("of,from", "kzt,from"), 1, "kzt"),
            (GOOD.replace(",source", ""), 1, "source"),
            (GOOD.replace("7\"", "7"), 3, "quote"),
        ] {
            let problems = read(&changed).unwrap_err();
            let first = &problems[0];
            assert!(first.contains(&format!("Line {line}:")), "{first}");
            assert!(first.contains(says), "{says}: {first}");
        }
        for empty in ["", "# nothing\n", "of,from,to,kzt,source\n"] {
            assert!(read(empty).unwrap_err()[0].contains("no line"), "{empty}");
        }
        let both = GOOD.replace("Letter 12", "").replace("1000.5", "x");
        assert_eq!(read(&both).unwrap_err().len(), 2);
        let latin = super::read(Lang::En, b"of\xc0", Day::parse("2026-11-21").unwrap());
        assert!(latin.unwrap_err()[0].text.contains("UTF-8"));
    }

    proptest! {
        #[test]
        fn any_table_is_read_or_refused(text in "(?s).{0,200}|(of|kzt|usdt|,|;|\n|\"|2026-10-01|7| ){0,60}") {
            if let Ok(rows) = read(&text) {
                prop_assert!(rows.iter().all(|row| row.line > 1 && !row.source.is_empty()));
            }
        }
    }
}
