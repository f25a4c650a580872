//! A saved page of a register, read by a mapping: a file of CSS selectors that says where each field
//! stands. The page's own markup is nowhere in the program, because registers change theirs.

use std::collections::BTreeMap;

use blocklist::{
    register::{
        LicenceRow,
        table::{self, Field},
    },
    time::Day,
};
use scraper::{ElementRef, Html, Selector};
use serde::Deserialize;

/// Most rows that a page may hold.
const MOST_ROWS: usize = 20_000;

/// Where the fields of a page stand.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Mapping {
    /// Selects one element for each row.
    row: String,
    /// Columns of [`table::COLUMNS`] by name, with the same text in every row.
    #[serde(default)]
    fixed: BTreeMap<String, String>,
    /// Columns by name, with the place of their text in the row.
    fields: BTreeMap<String, Place>,
}

/// Where one field stands, and how its text is read.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Place {
    /// Selects the element within the row; where it selects several, their texts are parted by `;`.
    select: String,
    /// The attribute that holds the text, instead of the element's own text.
    attribute: Option<String>,
    /// What the page's words mean, such as `Active = "active"`. A word that is not here is refused.
    words: Option<BTreeMap<String, String>>,
    /// The order in which a date is written, such as `["day", "month", "year"]`.
    date: Option<[Part; 3]>,
    /// Whether a row may do without it.
    #[serde(default)]
    optional: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Part {
    Day,
    Month,
    Year,
}

/// What is wrong with a mapping or with a page.
#[derive(Debug, thiserror::Error)]
pub(super) enum PageError {
    /// Not TOML of the right shape; the message holds line and column.
    #[error("{0}")]
    Mapping(#[from] Box<toml::de::Error>),
    /// Not a CSS selector.
    #[error("`{selector}` of `{field}` is not a CSS selector: {problem}")]
    Selector {
        selector: String,
        field: String,
        problem: String,
    },
    /// A column that no register has.
    #[error("`{0}` is no column of a register; docs/REGISTERS.md names them")]
    Column(String),
    /// The page is not the one the mapping was made for.
    #[error("the selector `{0}` finds no row: another page, or the register changed its markup")]
    NoRows(String),
    /// More rows than a register has.
    #[error("the selector `{0}` finds more than {MOST_ROWS} rows: it selects too much")]
    TooMany(String),
    /// A row without a field it needs, or with one that cannot be read.
    #[error("row {row}, `{field}`: {problem}")]
    Field {
        row: usize,
        field: String,
        problem: String,
    },
}

impl Mapping {
    /// Reads a mapping, and checks its selectors and columns.
    pub(super) fn parse(text: &str) -> Result<Self, PageError> {
        let mapping: Self = toml::from_str(text).map_err(Box::new)?;
        selector("row", &mapping.row)?;
        for (column, place) in &mapping.fields {
            selector(column, &place.select)?;
        }
        let mut columns = mapping.fixed.keys().chain(mapping.fields.keys());
        match columns.find(|name| !table::COLUMNS.contains(&name.as_str())) {
            Some(unknown) => Err(PageError::Column(unknown.clone())),
            None => Ok(mapping),
        }
    }
}

fn selector(field: &str, text: &str) -> Result<Selector, PageError> {
    Selector::parse(text).map_err(|problem| PageError::Selector {
        selector: text.to_owned(),
        field: field.to_owned(),
        problem: problem.to_string(),
    })
}

/// Reads the rows of a page. A row without a `record_id` of its own takes its licence number.
pub(super) fn rows(page: &str, mapping: &Mapping) -> Result<Vec<LicenceRow>, PageError> {
    let selector_of_rows = selector("row", &mapping.row)?;
    let mut places = Vec::with_capacity(mapping.fields.len());
    for (column, place) in &mapping.fields {
        places.push((column.as_str(), selector(column, &place.select)?, place));
    }
    let document = Html::parse_document(page);
    let mut rows = Vec::new();
    for element in document.select(&selector_of_rows) {
        if rows.len() == MOST_ROWS {
            return Err(PageError::TooMany(mapping.row.clone()));
        }
        rows.push(row(rows.len() + 1, element, mapping, &places)?);
    }
    if rows.is_empty() {
        return Err(PageError::NoRows(mapping.row.clone()));
    }
    Ok(rows)
}

fn row(
    number: usize,
    element: ElementRef<'_>,
    mapping: &Mapping,
    places: &[(&str, Selector, &Place)],
) -> Result<LicenceRow, PageError> {
    let mut row = table::empty_row();
    let mut basis = false;
    let fixed = mapping
        .fixed
        .iter()
        .map(|(c, text)| (c.as_str(), text.clone()));
    let mut fields: Vec<(&str, String)> = fixed.collect();
    for (column, selector, place) in places {
        let text = text_of(element, selector, place.attribute.as_deref());
        let refuse = |problem: String| PageError::Field {
            row: number,
            field: (*column).to_owned(),
            problem,
        };
        if text.is_empty() {
            if place.optional {
                continue;
            }
            let problem = format!("`{}` finds no text in this row", place.select);
            return Err(refuse(problem));
        }
        let text = read(&text, place).map_err(refuse)?;
        fields.push((column, text));
    }
    for (column, text) in fields {
        basis |= column == "basis";
        let field = Field {
            text,
            line: number,
            column: 1,
        };
        table::set(&mut row, column, &field).map_err(|error| PageError::Field {
            row: number,
            field: column.to_owned(),
            problem: error.problem,
        })?;
    }
    if row.record_id.is_empty() {
        row.record_id.clone_from(&row.licence_no);
    }
    if !basis {
        return Err(PageError::Field {
            row: number,
            field: "basis".into(),
            problem: "say in [fixed] how these rows are known; a page of the register itself is `register`".into(),
        });
    }
    Ok(row)
}

/// The text, white space folded; several elements parted by `;`.
fn text_of(element: ElementRef<'_>, selector: &Selector, attribute: Option<&str>) -> String {
    let texts: Vec<String> = element
        .select(selector)
        .map(|found| match attribute {
            Some(name) => found.value().attr(name).unwrap_or_default().to_owned(),
            None => found.text().collect::<String>(),
        })
        .map(|text| text.split_whitespace().collect::<Vec<_>>().join(" "))
        .filter(|text| !text.is_empty())
        .collect();
    texts.join("; ")
}

fn read(text: &str, place: &Place) -> Result<String, String> {
    if let Some(words) = &place.words {
        return words.get(text).cloned().ok_or_else(|| {
            let known: Vec<_> = words.keys().map(String::as_str).collect();
            format!(
                "`{}` is not one of the words {}",
                shown(text),
                known.join(", ")
            )
        });
    }
    match &place.date {
        Some(order) => date(text, order)
            .ok_or_else(|| format!("`{}` is not a date in the order {order:?}", shown(text))),
        None => Ok(text.to_owned()),
    }
}

/// A date in three parts, the month as a number or by its English name.
fn date(text: &str, order: &[Part; 3]) -> Option<String> {
    const MONTHS: [&str; 12] = [
        "jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec",
    ];
    let parts: Vec<&str> = text
        .split(|c: char| !c.is_alphanumeric())
        .filter(|part| !part.is_empty())
        .collect();
    if parts.len() != 3 {
        return None;
    }
    let of = |wanted: Part| {
        let at = order.iter().position(|part| *part == wanted)?;
        parts.get(at).copied()
    };
    let month = of(Part::Month)?;
    let month = month.parse().ok().or_else(|| {
        let name: String = month.to_lowercase().chars().take(3).collect();
        Some(1 + MONTHS.iter().position(|known| *known == name)?)
    })?;
    let (year, day): (u32, u32) = (of(Part::Year)?.parse().ok()?, of(Part::Day)?.parse().ok()?);
    let text = format!("{year:04}-{month:02}-{day:02}");
    Day::parse(&text).ok().map(|day| day.to_string())
}

fn shown(text: &str) -> String {
    text.chars().take(60).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use blocklist::register::{Basis, LicenceState};
    use proptest::prelude::*;

    const MAPPING: &str = r#"
row = "table tr.firm"
[fixed]
regulator = "AFSA"
basis = "register"
source_url = "https://register.test/"
source_date = "2026-11-20"
[fields]
licence_no = { select = "td.no" }
legal_name = { select = "td a" }
register_url = { select = "td a", attribute = "href" }
state = { select = "td.state", words = { Active = "active", Withdrawn = "withdrawn" } }
valid_from = { select = "td.from", date = ["day", "month", "year"] }
hosts = { select = "td li" , optional = true }
"#;
    const PAGE: &str = r#"<html><table><tr><th>No</th></tr>
<tr class=firm><td class=no> AFSA-A-LA-2025-0001</td><td><a href="https://register.test/1">Alpha  &amp; Co
 Ltd.</a></td><td class=state>Active<td class=from>31 March 2025</td><td><ul><li>a.test<li>www.a.test</ul></tr>
<tr class=firm><td class=no>AFSA-A-LA-2025-0002</td><td><a href="https://register.test/2">Beta Ltd.</a></td>
<td class=state>Withdrawn<td class=from>01.02.2024</td></tr></table>"#;

    fn read_page(page: &str, mapping: &str) -> Result<Vec<LicenceRow>, PageError> {
        rows(page, &Mapping::parse(mapping)?)
    }

    #[test]
    fn a_page_becomes_rows() {
        let rows = read_page(PAGE, MAPPING).unwrap();
        assert_eq!(rows.len(), 2);
        assert_eq!(rows[0].legal_name, "Alpha & Co Ltd.");
        assert_eq!(rows[0].record_id, "AFSA-A-LA-2025-0001");
        assert_eq!(rows[0].register_url, "https://register.test/1");
        assert_eq!(rows[0].valid_from, Some(Day::parse("2025-03-31").unwrap()));
        assert_eq!(rows[0].hosts.len(), 2);
        assert_eq!(
            (rows[1].basis, rows[1].state),
            (Basis::Register, LicenceState::Withdrawn)
        );
        assert_eq!(rows[1].valid_from, Some(Day::parse("2024-02-01").unwrap()));
    }

    #[test]
    fn what_cannot_be_read_is_named_by_row_and_field() {
        for (page, mapping, says) in [
            (
                PAGE.replace("Withdrawn", "Frozen"),
                MAPPING.to_owned(),
                "row 2, `state`: `Frozen`",
            ),
            (
                PAGE.replace("01.02.2024", "soon"),
                MAPPING.to_owned(),
                "row 2, `valid_from`: `soon`",
            ),
            (
                PAGE.replace("a.test<", "a..test<"),
                MAPPING.to_owned(),
                "row 1, `hosts`: ",
            ),
            (
                PAGE.replace("Beta Ltd.", ""),
                MAPPING.to_owned(),
                "row 2, `legal_name`: ",
            ),
            (
                PAGE.replace("class=firm", ""),
                MAPPING.to_owned(),
                "finds no row",
            ),
            (
                PAGE.into(),
                MAPPING.replace("td.no", "td["),
                "`td[` of `licence_no` is not a CSS selector",
            ),
            (
                PAGE.into(),
                MAPPING.replace("legal_name", "name"),
                "`name` is no column",
            ),
            (
                PAGE.into(),
                MAPPING.replace("basis = \"register\"\n", ""),
                "row 1, `basis`: ",
            ),
            (
                PAGE.into(),
                MAPPING.replace("row =", "rows ="),
                "TOML parse error at line 2",
            ),
        ] {
            let error = read_page(&page, &mapping).unwrap_err().to_string();
            assert!(error.contains(says), "{says}: {error}");
        }
    }

    proptest! {
        #[test]
        fn any_page_is_read_or_refused(page in "\\PC{0,200}", cell in "\\PC{0,40}") {
            let _ = read_page(&page, MAPPING);
            let _ = read_page(&PAGE.replace("31 March 2025", &cell), MAPPING);
            let _ = read_page(&PAGE.replace("a.test<", &cell), MAPPING);
        }

        #[test]
        fn any_date_is_a_day_or_refused(text in "[0-9a-z./ -]{0,20}|\\PC{0,20}") {
            if let Some(day) = date(&text, &[Part::Day, Part::Month, Part::Year]) {
                prop_assert!(Day::parse(&day).is_ok());
            }
        }
    }
}
