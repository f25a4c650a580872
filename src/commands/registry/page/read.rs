//! Finding the fields of one page.

use std::collections::BTreeMap;

use blocklist::time::Day;
use scraper::{ElementRef, Html, Node, Selector};

use super::{
    MOST_ROWS, PageError, SavedPage,
    mapping::{Layout, Mapping, Part, Place},
    shown,
};

/// The fields of one row, as they stand in a page.
#[derive(Debug)]
pub(super) struct Found {
    pub(super) file: String,
    /// Its place in the page, from 1.
    pub(super) row: usize,
    /// Which kind of page it stands in.
    pub(super) layout: usize,
    /// Columns with their texts, read as the mapping says.
    pub(super) fields: BTreeMap<String, String>,
}

/// Adds the rows of a page to `found`.
pub(super) fn page(
    page: &SavedPage,
    mapping: &Mapping,
    found: &mut Vec<Found>,
) -> Result<(), PageError> {
    let document = Html::parse_document(&page.html);
    let (number, layout) = layout_of(page, &document, mapping)?;
    let (text, rows) = &layout.row;
    let before = found.len();
    for element in document.select(rows) {
        if found.len() == MOST_ROWS {
            return Err(PageError::TooMany {
                file: page.file.clone(),
                selector: text.clone(),
            });
        }
        let mut row = Found {
            file: page.file.clone(),
            row: found.len() - before + 1,
            layout: number,
            fields: BTreeMap::new(),
        };
        for (column, selector, place) in &layout.fields {
            let within = if place.whole_page {
                document.root_element()
            } else {
                element
            };
            let text = text_of(within, selector, place)
                .and_then(|text| text.map(|text| read(&text, place)).transpose())
                .map_err(|problem| row.refuse(column, problem))?;
            if let Some(text) = text {
                row.fields.insert(column.clone(), text);
            }
        }
        found.push(row);
    }
    if found.len() == before {
        return Err(PageError::NoRows {
            file: page.file.clone(),
            selector: text.clone(),
        });
    }
    Ok(())
}

/// The one kind of page that this is.
fn layout_of<'a>(
    page: &SavedPage,
    document: &Html,
    mapping: &'a Mapping,
) -> Result<(usize, &'a Layout), PageError> {
    let fits = |layout: &Layout| {
        let is = layout.is.as_ref();
        is.is_none_or(|is| document.select(is).next().is_some())
    };
    let mut fitting = mapping.layouts.iter().enumerate().filter(|(_, l)| fits(l));
    let file = || page.file.clone();
    match (fitting.next(), fitting.next()) {
        (Some(one), None) => Ok(one),
        (None, _) => Err(PageError::Unknown { file: file() }),
        (Some(_), Some(_)) => Err(PageError::Ambiguous { file: file() }),
    }
}

/// The text of a field; `None` where an optional one is not there.
fn text_of(
    within: ElementRef<'_>,
    selector: &Selector,
    place: &Place,
) -> Result<Option<String>, String> {
    let texts = match &place.label {
        Some(label) => after_label(within, selector, label, place)?,
        None => {
            let found = within.select(selector);
            found.map(|element| own_text(element, place)).collect()
        }
    };
    let texts: Vec<String> = texts.into_iter().filter(|text| !text.is_empty()).collect();
    match (texts.is_empty(), &place.label, &place.select) {
        (false, ..) => Ok(Some(texts.join("; "))),
        (true, ..) if place.optional => Ok(None),
        (true, Some(label), _) => Err(format!("nothing stands after the label `{label}`")),
        (true, None, select) => {
            let select = select.as_deref().unwrap_or_default();
            Err(format!("`{select}` finds no text in this row"))
        }
    }
}

/// What stands after a label: the elements and texts that follow it, up to the next label. On a page
/// whose labels and values are elements of one kind, the one element after it.
fn after_label(
    within: ElementRef<'_>,
    labels: &Selector,
    wanted: &str,
    place: &Place,
) -> Result<Vec<String>, String> {
    let is_it = |element: &ElementRef<'_>| {
        let text = folded(element.text());
        text.trim_end_matches(':').trim_end() == wanted
    };
    let found: Vec<ElementRef<'_>> = within.select(labels).filter(is_it).collect();
    let label = match found[..] {
        [] if place.optional => return Ok(Vec::new()),
        [] => return Err(format!("no label `{wanted}` stands there")),
        [label] => label,
        _ => {
            let count = found.len();
            return Err(format!("the label `{wanted}` stands there {count} times"));
        }
    };
    let mut texts = Vec::new();
    let mut elements = 0;
    for node in label.next_siblings() {
        if let Some(element) = ElementRef::wrap(node) {
            if elements > 0 && labels.matches(&element) {
                break;
            }
            if elements == 0 && labels.matches(&element) {
                texts.push(own_text(element, place));
                break;
            }
            elements += 1;
            texts.push(own_text(element, place));
        } else if let Node::Text(text) = node.value()
            && place.attribute.is_none()
        {
            let text = folded([&**text].into_iter());
            texts.push(text.trim_start_matches(':').trim_start().to_owned());
        }
    }
    Ok(texts)
}

/// The text of an element, or the attribute of it, or after a label of the first element inside.
fn own_text(element: ElementRef<'_>, place: &Place) -> String {
    let Some(name) = &place.attribute else {
        return folded(element.text());
    };
    let inside = element.descendants().filter_map(ElementRef::wrap);
    let value = match place.label {
        Some(_) => inside.filter_map(|found| found.value().attr(name)).next(),
        None => element.value().attr(name),
    };
    folded(value.into_iter())
}

/// Texts as one, white space folded.
fn folded<'a>(texts: impl Iterator<Item = &'a str>) -> String {
    let whole: String = texts.collect();
    whole.split_whitespace().collect::<Vec<_>>().join(" ")
}

fn read(text: &str, place: &Place) -> Result<String, String> {
    let listed = match &place.split {
        Some(split) if !split.is_empty() => {
            let parts = text.split(split.as_str()).map(str::trim);
            parts
                .filter(|part| !part.is_empty())
                .collect::<Vec<_>>()
                .join("; ")
        }
        _ => text.to_owned(),
    };
    let text = listed.as_str();
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
pub(super) fn date(text: &str, order: &[Part; 3]) -> Option<String> {
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
