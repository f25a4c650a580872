//! The mapping file.

use std::collections::BTreeMap;

use blocklist::register::{notices, table};
use scraper::Selector;
use serde::Deserialize;

use super::PageError;

/// What the pages are of.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(in super::super) enum Kind {
    /// A licence register.
    #[default]
    Licences,
    /// An authority's warnings.
    Warnings,
}

/// Where the fields of pages stand, ready to be used.
#[derive(Debug)]
pub(in super::super) struct Mapping {
    pub(super) kind: Kind,
    /// The column by which firms' pages are joined with the list, which is the first layout.
    pub(super) join: Option<String>,
    /// Columns with the same text in every row.
    pub(super) fixed: BTreeMap<String, String>,
    pub(super) layouts: Vec<Layout>,
}

/// One kind of page.
#[derive(Debug)]
pub(super) struct Layout {
    /// Finds something in such a page and in no other; `None` where all pages are of this kind.
    pub(super) is: Option<Selector>,
    /// Selects one element for each row, and its text.
    pub(super) row: (String, Selector),
    /// The fields: column, selector, place.
    pub(super) fields: Vec<(String, Selector, Place)>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    #[serde(default)]
    kind: Kind,
    join: Option<String>,
    #[serde(default)]
    fixed: BTreeMap<String, String>,
    /// Where there is only one kind of page.
    row: Option<String>,
    fields: Option<BTreeMap<String, Place>>,
    #[serde(default)]
    page: Vec<PageFile>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct PageFile {
    is: String,
    row: String,
    fields: BTreeMap<String, Place>,
}

/// Where one field stands, and how its text is read.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Place {
    /// Selects the element; where it selects several, their texts are parted by `;`. With a label, it
    /// selects the elements that hold labels, [`LABELS`] by default.
    pub(super) select: Option<String>,
    /// The text of a label; the field is what stands after it.
    pub(super) label: Option<String>,
    /// Whether it is looked for in the whole page and not in the row.
    #[serde(default)]
    pub(super) whole_page: bool,
    /// The attribute that holds the text, instead of the element's own text.
    pub(super) attribute: Option<String>,
    /// What parts the entries of a list that stands in one text, such as `,`.
    pub(super) split: Option<String>,
    /// What the page's words mean, such as `Active = "active"`. A word that is not here is refused.
    pub(super) words: Option<BTreeMap<String, String>>,
    /// The order in which a date is written, such as `["day", "month", "year"]`.
    pub(super) date: Option<[Part; 3]>,
    /// Whether a row may do without it.
    #[serde(default)]
    pub(super) optional: bool,
}

/// Elements that hold labels on most pages.
pub(super) const LABELS: &str = "th, dt";

/// A part of a date.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum Part {
    Day,
    Month,
    Year,
}

impl Mapping {
    /// Reads a mapping, and checks its selectors and columns.
    pub(in super::super) fn parse(text: &str) -> Result<Self, PageError> {
        let file: File = toml::from_str(text).map_err(Box::new)?;
        let columns: &[&str] = match file.kind {
            Kind::Licences => &table::COLUMNS,
            Kind::Warnings => &notices::COLUMNS,
        };
        let known = |name: &String| match columns.contains(&name.as_str()) {
            true => Ok(()),
            false => Err(PageError::Column(name.clone())),
        };
        file.fixed.keys().chain(&file.join).try_for_each(known)?;
        let layouts = match (file.row, file.fields, file.page) {
            (Some(row), Some(fields), pages) if pages.is_empty() => {
                vec![layout(None, row, fields)?]
            }
            (None, None, pages) if !pages.is_empty() => pages
                .into_iter()
                .map(|page| layout(Some(page.is), page.row, page.fields))
                .collect::<Result<_, _>>()?,
            _ => {
                return Err(PageError::Unclear(
                    "a mapping has either `row` and [fields], or a [[page]] for each kind of page",
                ));
            }
        };
        let mut names = layouts.iter().flat_map(|layout| &layout.fields);
        names.try_for_each(|(column, ..)| known(column))?;
        if file.join.is_some() && layouts.len() < 2 {
            return Err(PageError::Unclear(
                "`join` needs two kinds of pages: the list is the first [[page]]",
            ));
        }
        Ok(Self {
            kind: file.kind,
            join: file.join,
            fixed: file.fixed,
            layouts,
        })
    }
}

fn layout(
    is: Option<String>,
    row: String,
    fields: BTreeMap<String, Place>,
) -> Result<Layout, PageError> {
    let mut places = Vec::with_capacity(fields.len());
    for (column, place) in fields {
        let text = match (&place.select, &place.label) {
            (Some(select), _) => select,
            (None, Some(_)) => LABELS,
            (None, None) => {
                return Err(PageError::Unclear("every field needs `select` or `label`"));
            }
        };
        let selector = selector(&column, text)?;
        places.push((column, selector, place));
    }
    let rows = selector("row", &row)?;
    Ok(Layout {
        is: is.map(|is| selector("is", &is)).transpose()?,
        row: (row, rows),
        fields: places,
    })
}

fn selector(field: &str, text: &str) -> Result<Selector, PageError> {
    Selector::parse(text).map_err(|problem| PageError::Selector {
        selector: text.to_owned(),
        field: field.to_owned(),
        problem: problem.to_string(),
    })
}
