//! Registers as a table that somebody made by hand: CSV (RFC 4180) with a header line.

use std::collections::HashSet;

use super::{Basis, HostKind, HostProof, LicenceRow, LicenceState, RelatedHost, SourceDate};
use crate::{DomainName, time::Day};

/// One field with the place where it begins, both counted from 1.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Field {
    /// The text, quotes removed.
    pub text: String,
    /// Line of the file.
    pub line: usize,
    /// Character within the line.
    pub column: usize,
}

/// What is wrong with a table, and where.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("line {line}, column {column}: {problem}")]
pub struct TableError {
    /// Line of the file, from 1.
    pub line: usize,
    /// Character within the line, from 1.
    pub column: usize,
    /// What is wrong, and what to write.
    pub problem: String,
}

impl Field {
    pub(super) fn refuse(&self, problem: impl Into<String>) -> TableError {
        TableError {
            line: self.line,
            column: self.column,
            problem: problem.into(),
        }
    }
}

/// Splits a table into records. Empty lines and lines that begin with `#` are left out.
///
/// # Errors
/// A quote that is not closed, or stands inside a field that does not begin with one.
pub fn records(text: &str) -> Result<Vec<Vec<Field>>, TableError> {
    records_parted_by(',', text)
}

/// The same, of fields parted by another sign: where a comma stands before fractions, spreadsheets part
/// fields by `;`.
///
/// # Errors
/// As [`records`].
pub fn records_parted_by(separator: char, text: &str) -> Result<Vec<Vec<Field>>, TableError> {
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let mut reader = Reader {
        chars: text.chars().peekable(),
        separator,
        line: 1,
        column: 1,
    };
    let mut records = Vec::new();
    while let Some(next) = reader.chars.peek() {
        match next {
            '#' => while reader.next().is_some_and(|c| c != '\n') {},
            '\r' | '\n' => drop(reader.next()),
            _ => records.push(reader.record()?),
        }
    }
    Ok(records)
}

struct Reader<'a> {
    chars: std::iter::Peekable<std::str::Chars<'a>>,
    separator: char,
    line: usize,
    column: usize,
}

impl Reader<'_> {
    fn next(&mut self) -> Option<char> {
        let c = self.chars.next()?;
        if c == '\n' {
            (self.line, self.column) = (self.line + 1, 1);
        } else {
            self.column += 1;
        }
        Some(c)
    }

    fn record(&mut self) -> Result<Vec<Field>, TableError> {
        let mut fields = Vec::new();
        loop {
            fields.push(self.field()?);
            match self.next() {
                Some(c) if c == self.separator => {}
                _ => return Ok(fields),
            }
        }
    }

    /// One field; stops before the comma or line break that ends it.
    fn field(&mut self) -> Result<Field, TableError> {
        let mut field = Field {
            text: String::new(),
            line: self.line,
            column: self.column,
        };
        let quoted = self.chars.peek() == Some(&'"');
        if quoted {
            self.next();
            loop {
                match self.next() {
                    Some('"') if self.chars.peek() == Some(&'"') => {
                        self.next();
                        field.text.push('"');
                    }
                    Some('"') => break,
                    Some(c) => field.text.push(c),
                    None => return Err(field.refuse("this quote is not closed")),
                }
            }
        }
        while let Some(next) = self.chars.peek().copied() {
            match next {
                '\n' => break,
                c if c == self.separator => break,
                '\r' => drop(self.next()),
                c if quoted || c == '"' => {
                    return Err(TableError {
                        line: self.line,
                        column: self.column,
                        problem: format!(
                            "`{}` here: put the whole field in quotes and double those inside",
                            c.escape_default()
                        ),
                    });
                }
                c => {
                    field.text.push(c);
                    self.next();
                }
            }
        }
        Ok(field)
    }
}

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

/// A proof as the table holds it: what parts proofs from one another cannot stand inside one.
fn proof_text(proof: &HostProof) -> String {
    let HostProof {
        host,
        basis,
        source_url,
        source_date,
        note,
    } = proof;
    let source = source_url.replace(';', "%3B");
    let text = format!(
        "{host} {} {source_date} {source} {}",
        basis.as_str(),
        note.replace(';', ",")
    );
    text.trim_end().to_owned()
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

/// Writes rows as a table that [`rows`] reads back, but for one thing: a field that a spreadsheet
/// would take for a formula is written with an apostrophe before it. A semicolon inside a proof is
/// written as a comma, or `%3B` in its address.
pub fn write<'a>(rows: impl IntoIterator<Item = &'a LicenceRow>) -> String {
    let mut out = COLUMNS.join(",");
    out.push('\n');
    for row in rows {
        let kind = |wanted: HostKind| {
            let hosts = row.all_hosts().filter(|(_, kind)| *kind == wanted);
            hosts
                .map(|(host, _)| host.as_str())
                .collect::<Vec<_>>()
                .join("; ")
        };
        let day = |day: Option<Day>| day.map(|day| day.to_string()).unwrap_or_default();
        let state = match row.state {
            LicenceState::Active => "active",
            LicenceState::Suspended => "suspended",
            LicenceState::Withdrawn => "withdrawn",
        };
        let fields: [&str; COLUMNS.len()] = [
            &row.record_id,
            &row.regulator,
            &row.legal_name,
            &row.brand,
            &row.aliases.join("; "),
            &row.bin,
            &row.licence_no,
            &row.activities.join("; "),
            &row.regime,
            row.basis.as_str(),
            state,
            &day(row.valid_from),
            &day(row.valid_to),
            &kind(HostKind::Trading),
            &kind(HostKind::Unconfirmed),
            &kind(HostKind::Support),
            &kind(HostKind::Group),
            &row.proofs
                .iter()
                .map(proof_text)
                .collect::<Vec<_>>()
                .join("; "),
            &row.banks.join("; "),
            &row.register_url,
            &row.source_url,
            &row.source_date.to_string(),
            &row.status_note,
            &row.confidence,
            &row.notes,
        ];
        out += &fields.map(quoted).join(",");
        out.push('\n');
    }
    out
}

/// A field in quotes, unable to begin a formula.
fn quoted(text: &str) -> String {
    let formula = text.starts_with(['=', '+', '-', '@', '\t', '\r']);
    let lead = if formula { "'" } else { "" };
    format!("\"{lead}{}\"", text.replace('"', "\"\""))
}

#[cfg(test)]
mod tests;
