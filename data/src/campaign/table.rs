//! Figures from a table that somebody made elsewhere: CSV in UTF-8 with a header line, parted by commas
//! or, as spreadsheets write it where a comma stands before fractions, by semicolons.

use blocklist::{
    Digest,
    register::table::{Field, TableError, records_parted_by},
    time::Day,
};

use super::{
    Kind, MOST, NewFigure, Rate,
    figure::{MOST_RATE, MOST_TABLED},
};
use crate::money::{self, RATE_DIGITS, Unit};

/// The columns. The first four and `source` are needed where they are named so below; the others may
/// be left out or empty.
pub const COLUMNS: [&str; 10] = [
    "kind",
    "amount",
    "unit",
    "rate",
    "rate_on",
    "rate_source",
    "source",
    "document_sha256",
    "listing",
    "replaces",
];

/// Columns that every table has.
const NEEDED: [&str; 3] = ["kind", "amount", "source"];

/// Reads a table.
///
/// # Errors
/// The first thing that is wrong, with line and column: no header, a column that is unknown (a
/// misspelt one would be lost in silence), missing or there twice, a line of another length, or a value
/// that cannot be read.
pub fn read(text: &str) -> Result<Vec<NewFigure>, TableError> {
    let head = text.lines().find(|line| !line.starts_with('#'));
    let separator = match head {
        Some(head) if head.contains(';') && !head.contains(',') => ';',
        _ => ',',
    };
    let mut records = records_parted_by(separator, text)?.into_iter();
    let header = records.next().ok_or_else(|| {
        let problem = format!("the table is empty; its header is {}", COLUMNS.join(","));
        error((1, 1), problem)
    })?;
    let columns = columns(&header)?;
    let figures: Vec<_> = records
        .map(|record| figure(&columns, &record))
        .collect::<Result<_, _>>()?;
    match figures.len() {
        0 => Err(error((1, 1), "there is no line below the header")),
        1..=MOST_TABLED => Ok(figures),
        _ => {
            let problem = format!("more than {MOST_TABLED} lines; make several tables of it");
            Err(error((1, 1), problem))
        }
    }
}

fn error((line, column): (usize, usize), problem: impl Into<String>) -> TableError {
    TableError {
        line,
        column,
        problem: problem.into(),
    }
}

fn refuse(field: &Field, problem: impl Into<String>) -> TableError {
    error((field.line, field.column), problem)
}

fn columns(header: &[Field]) -> Result<Vec<&'static str>, TableError> {
    let mut found: Vec<&'static str> = Vec::new();
    for field in header {
        let name = field.text.trim();
        let Some(column) = COLUMNS.into_iter().find(|column| *column == name) else {
            let shown: String = name.chars().take(40).collect();
            let problem = format!("`{shown}` is no column; they are {}", COLUMNS.join(","));
            return Err(refuse(field, problem));
        };
        if found.contains(&column) {
            return Err(refuse(field, format!("the column {column} is there twice")));
        }
        found.push(column);
    }
    match NEEDED.into_iter().find(|needed| !found.contains(needed)) {
        Some(missing) => Err(error((1, 1), format!("the column {missing} is missing"))),
        None => Ok(found),
    }
}

fn figure(columns: &[&str], record: &[Field]) -> Result<NewFigure, TableError> {
    let start = record.first().map_or((1, 1), |f| (f.line, f.column));
    if record.len() != columns.len() {
        let problem = format!(
            "{} fields here, {} in the header",
            record.len(),
            columns.len()
        );
        return Err(error(start, problem));
    }
    let cell = |name: &str| {
        let at = columns.iter().position(|column| *column == name)?;
        record.get(at).filter(|field| !field.text.trim().is_empty())
    };
    let needed =
        |name: &str| cell(name).ok_or_else(|| error(start, format!("the column {name} is empty")));
    let kind_at = needed("kind")?;
    let kind = Kind::parse(kind_at.text.trim()).ok_or_else(|| {
        let known = Kind::ALL.map(Kind::as_str).join(", ");
        refuse(kind_at, format!("a kind is one of {known}"))
    })?;
    let unit = unit(kind, cell("unit"), start)?;
    let amount = number(needed("amount")?, unit.digits(), MOST)?;
    let listing = cell("listing").map(|field| field.text.trim().to_owned());
    let document = cell("document_sha256").map(|field| {
        Digest::parse(field.text.trim())
            .map_err(|_| refuse(field, "a SHA-256 is 64 lower-case hexadecimal digits"))
    });
    let replaces = cell("replaces").map(|field| {
        let number = field.text.trim().parse::<i64>().ok();
        let number = number.filter(|number| *number > 0);
        number.ok_or_else(|| refuse(field, "the number of a figure, such as 12"))
    });
    Ok(NewFigure {
        kind,
        unit,
        amount,
        rate: rate(&cell, start)?,
        source: needed("source")?.text.trim().to_owned(),
        document: document.transpose()?,
        listing,
        replaces: replaces.transpose()?,
        line: Some(start.0),
    })
}

/// The unit of money must be said; that of a count need not be.
fn unit(kind: Kind, cell: Option<&Field>, start: (usize, usize)) -> Result<Unit, TableError> {
    let (expected, at) = match (kind.is_money(), cell) {
        (false, None) => return Ok(Unit::Count),
        (false, Some(field)) if field.text.trim() == Unit::Count.as_str() => {
            return Ok(Unit::Count);
        }
        (false, Some(field)) => ("count, or empty", (field.line, field.column)),
        (true, None) => ("KZT, USDT or USD", start),
        (true, Some(field)) => match Unit::parse(field.text.trim()) {
            Some(unit) if unit != Unit::Count => return Ok(unit),
            _ => ("KZT, USDT or USD", (field.line, field.column)),
        },
    };
    let problem = format!("the unit of {} is {expected}", kind.as_str());
    Err(error(at, problem))
}

fn number(field: &Field, digits: usize, most: i64) -> Result<i64, TableError> {
    match money::parse(&field.text, digits, most) {
        Ok(Some(number)) => Ok(number),
        Ok(None) => Err(refuse(field, "there is no number here")),
        Err(problem) => Err(refuse(field, problem.to_string())),
    }
}

/// Rate, day and source stand together or not at all.
fn rate<'a>(
    cell: &impl Fn(&str) -> Option<&'a Field>,
    start: (usize, usize),
) -> Result<Option<Rate>, TableError> {
    match (cell("rate"), cell("rate_on"), cell("rate_source")) {
        (None, None, None) => Ok(None),
        (Some(rate), Some(on), Some(source)) => Ok(Some(Rate {
            parts: number(rate, RATE_DIGITS, MOST_RATE)?,
            on: Day::parse(on.text.trim()).map_err(|problem| refuse(on, problem.to_string()))?,
            source: source.text.trim().to_owned(),
        })),
        _ => {
            let problem = "rate, rate_on and rate_source stand together or not at all";
            Err(error(start, problem))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const HEADER: &str = "kind,amount,unit,rate,rate_on,rate_source,source\n";

    #[test]
    fn tables_as_people_make_them() {
        let comma =
            format!("{HEADER}seized,4800000.5,USDT,512.35,2026-11-01,National Bank,Letter 7\n");
        let semicolon = "# of spring\nsource;amount;kind;unit;rate;rate_on;rate_source\n\"Letter 7\";4 800 000,5;seized;USDT;512,35;2026-11-01;National Bank\n";
        let one = read(&comma).unwrap();
        assert_eq!(one[0].amount, 4_800_000_500_000);
        assert_eq!(one[0].rate.as_ref().unwrap().parts, 5_123_500);
        let mut other = read(semicolon).unwrap();
        assert_eq!((one[0].line, other[0].line), (Some(2), Some(3)));
        other[0].line = Some(2);
        assert_eq!(one, other);
        let count = read("kind,amount,source\nsites,3500,Letter 8\n").unwrap();
        assert_eq!((count[0].unit, count[0].amount), (Unit::Count, 3_500));
    }

    #[test]
    fn a_wrong_line_is_named() {
        for (line, says) in [
            (
                "turnower,1,KZT,,,,L",
                "line 2, column 1: a kind is one of turnover",
            ),
            (
                "turnover,1,EUR,,,,L",
                "line 2, column 12: the unit of turnover is KZT",
            ),
            (
                "turnover,1,,,,,L",
                "line 2, column 1: the unit of turnover is KZT",
            ),
            ("sites,1,KZT,,,,L", "line 2, column 9: the unit of sites"),
            ("sites,1.5,,,,,L", "line 2, column 7: write digits"),
            (
                "turnover,1.234,KZT,,,,L",
                "line 2, column 10: this could be a fraction",
            ),
            ("turnover,,KZT,,,,L", "line 2, column 1: the column amount"),
            (
                "turnover,1,KZT,,,,",
                "line 2, column 1: the column source is empty",
            ),
            (
                "seized,1,USDT,512,,,L",
                "line 2, column 1: rate, rate_on and",
            ),
            (
                "seized,1,USDT,512,1.11.2026,N,L",
                "line 2, column 19: a date",
            ),
            ("seized,1,USDT", "line 2, column 1: 3 fields here, 7 in"),
        ] {
            let said = read(&format!("{HEADER}{line}\n")).unwrap_err().to_string();
            assert!(said.starts_with(says), "{line}: {said}");
        }
        for (text, says) in [
            ("", "line 1, column 1: the table is empty"),
            (HEADER, "line 1, column 1: there is no line"),
            (
                "kind,amount,sorce\n",
                "line 1, column 13: `sorce` is no column",
            ),
            (
                "kind,amount\n",
                "line 1, column 1: the column source is missing",
            ),
            (
                "kind,kind\n",
                "line 1, column 6: the column kind is there twice",
            ),
        ] {
            let said = read(text).unwrap_err().to_string();
            assert!(said.starts_with(says), "{text}: {said}");
        }
    }

    proptest! {
        #[test]
        fn any_text_is_refused_with_its_line_or_read(
            lines in "((turnover|seized|sites|x),([0-9. ]{0,8}|\\PC{0,4}),(KZT|USDT||\\PC{0,4}),,,,(L|\\PC{0,6})\n){0,4}",
        ) {
            let count = lines.lines().count() + 1;
            match read(&format!("{HEADER}{lines}")) {
                Ok(figures) => prop_assert!(figures.len() < count),
                Err(wrong) => prop_assert!((1..=count).contains(&wrong.line)),
            }
        }
    }
}
