//! Registers as a table that somebody made by hand: CSV (RFC 4180) with a header line.

mod records;
mod write;

use std::collections::HashSet;

use super::{Basis, HostKind, HostProof, LicenceRow, LicenceState, RelatedHost, SourceDate};
use crate::{DomainName, time::Day};
pub use records::{Field, TableError, records, records_parted_by};
pub use write::write;

/// The columns of a register's table, in the order in which it is written. Lists are parted by `;`.
pub const COLUMNS: [&str; 25] = [
    "record_id",
    "regulator",
    "legal_name",
    "brand",
    "aliases",
    "bin",
    "licence_no",
    "activities",
    "regime",
    "basis",
    "state",
    "valid_from",
    "valid_to",
    "hosts",
    "hosts_unconfirmed",
    "hosts_support",
    "hosts_group",
    "proofs",
    "banks",
    "register_url",
    "source_url",
    "source_date",
    "status_note",
    "confidence",
    "notes",
];

/// Columns that every table of a register has.
const REQUIRED: [&str; 5] = [
    "record_id",
    "regulator",
    "basis",
    "source_url",
    "source_date",
];

/// Reads the rows of a register from a table with a header line. Columns may stand in any order; an
/// unknown one is refused, because a misspelt column would be lost in silence.
///
/// # Errors
/// The first field that cannot be, with its place.
pub fn rows(text: &str) -> Result<Vec<LicenceRow>, TableError> {
    read(text, &COLUMNS, &REQUIRED, empty_row, set)
}

/// Reads a table of whatever has these columns.
pub(super) fn read<T>(
    text: &str,
    columns: &[&str],
    required: &[&str],
    empty: impl Fn() -> T,
    set: impl Fn(&mut T, &str, &Field) -> Result<(), TableError>,
) -> Result<Vec<T>, TableError> {
    let mut records = records(text)?.into_iter();
    let header = records.next().ok_or(TableError {
        line: 1,
        column: 1,
        problem: "the table is empty; its first line names the columns".into(),
    })?;
    let mut seen = HashSet::new();
    for field in &header {
        let name = field.text.trim();
        if !columns.contains(&name) {
            let known = columns.join(", ");
            return Err(field.refuse(format!("unknown column `{name}`; the columns are {known}")));
        }
        if !seen.insert(name) {
            return Err(field.refuse(format!("the column `{name}` stands here twice")));
        }
    }
    if let (Some(missing), Some(first)) = (
        required.iter().find(|name| !seen.contains(*name)),
        header.first(),
    ) {
        return Err(first.refuse(format!("the column `{missing}` is missing")));
    }
    let row = |fields: Vec<Field>| {
        if fields.len() != header.len() {
            let (wanted, found) = (header.len(), fields.len());
            return Err(fields[0].refuse(format!("{found} fields, but the header names {wanted}")));
        }
        let mut row = empty();
        for (column, mut field) in header.iter().zip(fields) {
            field.text = field.text.trim().to_owned();
            set(&mut row, column.text.trim(), &field)?;
        }
        Ok(row)
    };
    records.map(row).collect()
}

/// A row in which nothing is set yet; its basis is the one that proves least.
pub fn empty_row() -> LicenceRow {
    LicenceRow {
        record_id: String::new(),
        regulator: String::new(),
        legal_name: String::new(),
        brand: String::new(),
        bin: String::new(),
        licence_no: String::new(),
        activities: Vec::new(),
        basis: Basis::Secondary,
        state: LicenceState::Active,
        valid_from: None,
        valid_to: None,
        hosts: Vec::new(),
        banks: Vec::new(),
        register_url: String::new(),
        source_url: String::new(),
        source_date: SourceDate::Undated,
        related: Vec::new(),
        aliases: Vec::new(),
        regime: String::new(),
        status_note: String::new(),
        confidence: String::new(),
        notes: String::new(),
        proofs: Vec::new(),
    }
}

/// Sets one field of a row from its text; also used by the reader of saved pages.
///
/// # Errors
/// When the text is not what the column holds.
pub fn set(row: &mut LicenceRow, column: &str, field: &Field) -> Result<(), TableError> {
    let text = || field.text.clone();
    match column {
        "record_id" => row.record_id = text(),
        "regulator" => row.regulator = text(),
        "legal_name" => row.legal_name = text(),
        "brand" => row.brand = text(),
        "aliases" => row.aliases = list(field),
        "bin" => row.bin = text(),
        "licence_no" => row.licence_no = text(),
        "activities" => row.activities = list(field),
        "regime" => row.regime = text(),
        "basis" => row.basis = word(field, &["register", "letter", "secondary"])?,
        "state" if field.text.is_empty() => {}
        "state" => row.state = word(field, &["active", "suspended", "withdrawn"])?,
        "valid_from" => row.valid_from = day(field)?,
        "valid_to" => row.valid_to = day(field)?,
        "hosts" => row.hosts = hosts(field)?,
        "hosts_unconfirmed" => relate(row, field, HostKind::Unconfirmed)?,
        "hosts_support" => relate(row, field, HostKind::Support)?,
        "hosts_group" => relate(row, field, HostKind::Group)?,
        "proofs" => row.proofs = proofs(field)?,
        "banks" => row.banks = list(field),
        "register_url" => row.register_url = text(),
        "source_url" => row.source_url = text(),
        "source_date" => {
            row.source_date =
                SourceDate::parse(&field.text).map_err(|error| field.refuse(error.to_string()))?;
        }
        "status_note" => row.status_note = text(),
        "confidence" => row.confidence = text(),
        "notes" => row.notes = text(),
        other => return Err(field.refuse(format!("unknown column `{other}`"))),
    }
    Ok(())
}

pub(super) fn list(field: &Field) -> Vec<String> {
    let parts = field.text.split(';').map(str::trim);
    parts
        .filter(|part| !part.is_empty())
        .map(str::to_owned)
        .collect()
}

pub(super) fn hosts(field: &Field) -> Result<Vec<DomainName>, TableError> {
    let parse =
        |text: &String| DomainName::parse(text).map_err(|error| field.refuse(error.to_string()));
    list(field).iter().map(parse).collect()
}

fn relate(row: &mut LicenceRow, field: &Field, kind: HostKind) -> Result<(), TableError> {
    let related = hosts(field)?.into_iter().map(|name| RelatedHost {
        name,
        kind,
        note: String::new(),
    });
    row.related.extend(related);
    Ok(())
}

/// Who says so of each host: `a.test letter 2026-11 https://r.test/ and what else there is to say`.
fn proofs(field: &Field) -> Result<Vec<HostProof>, TableError> {
    let read = |text: &String| {
        let (host, rest) = word_of(text);
        let (basis, rest) = word_of(rest);
        let (date, rest) = word_of(rest);
        let (source, note) = word_of(rest);
        let refuse = |problem: &dyn std::fmt::Display| {
            let form = "write `host basis date address note`, such as `a.test letter 2026-11 https://r.test/`";
            field.refuse(format!("the proof `{}`: {problem}; {form}", shown(text)))
        };
        if source.is_empty() {
            return Err(refuse(&"something is missing"));
        }
        let basis = basis.to_lowercase();
        Ok(HostProof {
            host: DomainName::parse(host).map_err(|error| refuse(&error))?,
            basis: serde_json::from_value(basis.into()).map_err(|_| refuse(&"no such basis"))?,
            source_url: source.to_owned(),
            source_date: SourceDate::parse(date).map_err(|error| refuse(&error))?,
            note: note.to_owned(),
        })
    };
    list(field).iter().map(read).collect()
}

fn word_of(text: &str) -> (&str, &str) {
    let text = text.trim();
    let (word, rest) = text.split_once(char::is_whitespace).unwrap_or((text, ""));
    (word, rest.trim())
}

fn shown(text: &str) -> String {
    text.chars()
        .take(80)
        .flat_map(char::escape_default)
        .collect()
}

fn day(field: &Field) -> Result<Option<Day>, TableError> {
    if field.text.is_empty() {
        return Ok(None);
    }
    Day::parse(&field.text)
        .map(Some)
        .map_err(|error| field.refuse(error.to_string()))
}

pub(super) fn word<T: serde::de::DeserializeOwned>(
    field: &Field,
    words: &[&str],
) -> Result<T, TableError> {
    let text = field.text.to_lowercase();
    serde_json::from_value(text.into())
        .map_err(|_| field.refuse(format!("write one of {}", words.join(", "))))
}

#[cfg(test)]
mod tests;
