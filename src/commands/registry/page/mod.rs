//! Saved pages of a register or of an authority's warnings, read by a mapping: a file of CSS selectors
//! and labels that says where each field stands. No page's own markup is in the program, because
//! registers change theirs.
//!
//! [`Mapping`] is that file, [`mod@read`] finds the fields of one page, and here they become rows: those
//! of the firms' own pages joined with the list they are on.

mod mapping;
mod read;

use std::collections::{BTreeMap, HashMap, HashSet};

use blocklist::register::{
    LicenceRow, Warning, notices,
    table::{self, Field, TableError},
};

pub(super) use mapping::{Kind, Mapping};
use read::Found;

/// Most rows that pages may hold together.
const MOST_ROWS: usize = 20_000;

/// A saved page.
#[derive(Clone, Debug)]
pub(super) struct SavedPage {
    /// Its file, for whoever looks for the place of a fault.
    pub(super) file: String,
    pub(super) html: String,
}

/// What pages hold.
#[derive(Debug, Default, PartialEq)]
pub(super) struct Rows {
    pub(super) licences: Vec<LicenceRow>,
    pub(super) warnings: Vec<Warning>,
}

/// What is wrong with a mapping or with a page.
#[derive(Debug, thiserror::Error)]
pub(super) enum PageError {
    /// Not TOML of the right shape; the message holds line and column.
    #[error("{0}")]
    Mapping(#[from] Box<toml::de::Error>),
    /// A mapping that says two things, or nothing.
    #[error("{0}")]
    Unclear(&'static str),
    /// Not a CSS selector.
    #[error("`{selector}` of `{field}` is not a CSS selector: {problem}")]
    Selector {
        selector: String,
        field: String,
        problem: String,
    },
    /// A column that no register, or no list of warnings, has.
    #[error("`{0}` is no column of such a table; docs/REGISTERS.md names them")]
    Column(String),
    /// A file that is none of the pages the mapping was made for.
    #[error("{file}: no `is` of the mapping finds anything: another page, or its markup changed")]
    Unknown { file: String },
    /// A file that could be two of them.
    #[error("{file}: more than one `is` of the mapping finds something; make them exact")]
    Ambiguous { file: String },
    /// The page is not the one the mapping was made for.
    #[error("{file}: the selector `{selector}` finds no row: another page, or its markup changed")]
    NoRows { file: String, selector: String },
    /// More rows than a register has.
    #[error(
        "{file}: the selector `{selector}` finds more than {MOST_ROWS} rows: it selects too much"
    )]
    TooMany { file: String, selector: String },
    /// A row without a field it needs, or with one that cannot be read.
    #[error("{file}: row {row}, `{field}`: {problem}")]
    Field {
        file: String,
        row: usize,
        field: String,
        problem: String,
    },
}

impl Found {
    fn refuse(&self, field: &str, problem: impl Into<String>) -> PageError {
        PageError::Field {
            file: self.file.clone(),
            row: self.row,
            field: field.to_owned(),
            problem: problem.into(),
        }
    }

    fn text(&self, column: &str) -> &str {
        self.fields.get(column).map_or("", String::as_str)
    }
}

/// Reads all rows of the pages, in the order of the files.
pub(super) fn rows(pages: &[SavedPage], mapping: &Mapping) -> Result<Rows, PageError> {
    let mut found = Vec::new();
    for page in pages {
        read::page(page, mapping, &mut found)?;
    }
    if let Some(column) = &mapping.join {
        found = joined(found, column)?;
    }
    let mut rows = Rows::default();
    for found in &found {
        let fields = with_fixed(found, &mapping.fixed)?;
        match mapping.kind {
            Kind::Licences => rows.licences.push(licence(found, &fields)?),
            Kind::Warnings => rows.warnings.push(warning(found, &fields)?),
        }
    }
    Ok(rows)
}

/// Gives each row of a firm's page what the list says of the firm. Both must be there: a firm of the
/// list whose page nobody saved, and a page of a firm that is not on the list, stop the import.
fn joined(found: Vec<Found>, column: &str) -> Result<Vec<Found>, PageError> {
    let (list, mut rows): (Vec<_>, Vec<_>) = found.into_iter().partition(|row| row.layout == 0);
    let mut by: HashMap<String, &Found> = HashMap::new();
    for firm in &list {
        let value = firm.text(column);
        if value.is_empty() {
            return Err(firm.refuse(column, "the row has none to be joined by"));
        }
        if by.insert(value.to_owned(), firm).is_some() {
            return Err(firm.refuse(
                column,
                format!("`{}` stands on the list twice", shown(value)),
            ));
        }
    }
    let mut met = HashSet::new();
    for row in &mut rows {
        let value = row.text(column).to_owned();
        let Some(firm) = by.get(&value) else {
            let problem = format!(
                "no row of the list has `{}`; was its page saved?",
                shown(&value)
            );
            return Err(row.refuse(column, problem));
        };
        for (name, text) in &firm.fields {
            match row.fields.get(name) {
                None => drop(row.fields.insert(name.clone(), text.clone())),
                Some(own) if own == text => {}
                Some(own) => {
                    let problem = format!("`{}` here, `{}` on the list", shown(own), shown(text));
                    return Err(row.refuse(name, problem));
                }
            }
        }
        met.insert(value);
    }
    match list.iter().find(|firm| !met.contains(firm.text(column))) {
        Some(firm) => {
            let value = shown(firm.text(column));
            Err(firm.refuse(
                column,
                format!("no page of the firm `{value}` is among the files"),
            ))
        }
        None => Ok(rows),
    }
}

/// The fields of a row with what the mapping says of all rows; `{bin}` in that stands for the row's own.
fn with_fixed(
    found: &Found,
    fixed: &BTreeMap<String, String>,
) -> Result<BTreeMap<String, String>, PageError> {
    let mut fields = found.fields.clone();
    for (column, text) in fixed {
        let mut text = text.clone();
        for (name, value) in &found.fields {
            text = text.replace(&format!("{{{name}}}"), value);
        }
        if let Some((_, rest)) = text.split_once('{')
            && let Some((name, _)) = rest.split_once('}')
        {
            let problem = format!(
                "`{{{}}}` stands for a field that this row does not have",
                shown(name)
            );
            return Err(found.refuse(column, problem));
        }
        fields.entry(column.clone()).or_insert(text);
    }
    Ok(fields)
}

/// A row without a `record_id` of its own takes its licence number.
fn licence(found: &Found, fields: &BTreeMap<String, String>) -> Result<LicenceRow, PageError> {
    let mut row = table::empty_row();
    set_all(found, fields, |column, field| {
        table::set(&mut row, column, field)
    })?;
    if row.record_id.is_empty() {
        row.record_id.clone_from(&row.licence_no);
    }
    if !fields.contains_key("basis") {
        let problem =
            "say in [fixed] how these rows are known; a page of the register itself is `register`";
        return Err(found.refuse("basis", problem));
    }
    Ok(row)
}

/// A notice without a `record_id` of its own takes its brand, in small letters and hyphens.
fn warning(found: &Found, fields: &BTreeMap<String, String>) -> Result<Warning, PageError> {
    let mut notice = notices::empty();
    set_all(found, fields, |column, field| {
        notices::set(&mut notice, column, field)
    })?;
    if let Some(missing) = notices::REQUIRED
        .iter()
        .find(|column| **column != "record_id" && !fields.contains_key(**column))
    {
        return Err(found.refuse(missing, "neither [fixed] nor [fields] says it"));
    }
    if notice.record_id.is_empty() {
        let words = notice.brand.split(|c: char| !c.is_alphanumeric());
        let words: Vec<_> = words.filter(|word| !word.is_empty()).collect();
        notice.record_id = words.join("-").to_lowercase();
    }
    Ok(notice)
}

fn set_all(
    found: &Found,
    fields: &BTreeMap<String, String>,
    mut set: impl FnMut(&str, &Field) -> Result<(), TableError>,
) -> Result<(), PageError> {
    for (column, text) in fields {
        let field = Field {
            text: text.clone(),
            line: found.row,
            column: 1,
        };
        set(column, &field).map_err(|error| found.refuse(column, error.problem))?;
    }
    Ok(())
}

/// Foreign text, short enough for a message.
fn shown(text: &str) -> String {
    text.chars().take(60).collect()
}

#[cfg(test)]
mod tests;
