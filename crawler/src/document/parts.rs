//! Small readers used on the way through a page: fields, places, JSON-LD types.

use scraper::ElementRef;
use scraper::node::Element;

use super::{Choice, Field, MAX_EMBEDDED, clip, collapse};

pub(super) fn field(
    element: &Element,
    kind: &str,
    here: ElementRef<'_>,
    options: Vec<Choice>,
) -> Field {
    let attribute = |name| element.attr(name).unwrap_or_default();
    let name = if attribute("name").is_empty() {
        attribute("id")
    } else {
        attribute("name")
    };
    Field {
        kind: kind.to_owned(),
        name: clip(name, 80).to_owned(),
        hint: collapse(
            &format!("{} {}", attribute("placeholder"), attribute("aria-label")),
            200,
        ),
        options,
        place: path(here),
    }
}

/// `main>form#order>label`: at most five steps, each a tag with its id or first class.
pub(super) fn path(element: ElementRef<'_>) -> String {
    let mut steps = Vec::new();
    let mut next = Some(element);
    while let Some(here) = next {
        let value = here.value();
        let name = value.name();
        if steps.len() == 5 || name == "html" {
            break;
        }
        let plain = |text: &str| -> String {
            text.chars()
                .filter(|c| c.is_ascii_alphanumeric() || matches!(c, '-' | '_'))
                .take(32)
                .collect()
        };
        let step = match (value.id(), value.classes().next()) {
            (Some(id), _) if !plain(id).is_empty() => format!("{}#{}", plain(name), plain(id)),
            (_, Some(class)) if !plain(class).is_empty() => {
                format!("{}.{}", plain(name), plain(class))
            }
            _ => plain(name),
        };
        steps.push(step);
        next = here.parent().and_then(ElementRef::wrap);
    }
    steps.reverse();
    steps.join(">")
}

pub(super) fn is_block(name: &str) -> bool {
    !matches!(
        name,
        "a" | "abbr"
            | "b"
            | "bdi"
            | "bdo"
            | "cite"
            | "code"
            | "data"
            | "del"
            | "dfn"
            | "em"
            | "font"
            | "i"
            | "img"
            | "ins"
            | "kbd"
            | "mark"
            | "q"
            | "s"
            | "samp"
            | "small"
            | "span"
            | "strong"
            | "sub"
            | "sup"
            | "time"
            | "tt"
            | "u"
            | "var"
            | "wbr"
            | "path"
            | "input"
    )
}

pub(super) fn collect_types(value: &serde_json::Value, types: &mut Vec<String>, depth: usize) {
    if depth > 6 || types.len() > 50 {
        return;
    }
    match value {
        serde_json::Value::Object(map) => {
            for (key, value) in map {
                match value {
                    serde_json::Value::String(text) if key == "@type" => {
                        types.push(clip(text, 60).to_owned());
                    }
                    other => collect_types(other, types, depth + 1),
                }
            }
        }
        serde_json::Value::Array(list) => {
            list.iter()
                .for_each(|value| collect_types(value, types, depth + 1));
        }
        _ => {}
    }
}

/// Strings of a page's own data that a person would read: more than one word, or not plain ASCII.
pub(super) fn collect_strings(
    value: &serde_json::Value,
    place: &str,
    out: &mut Vec<(String, String)>,
    depth: usize,
) {
    if depth > 12 || out.len() >= MAX_EMBEDDED {
        return;
    }
    match value {
        serde_json::Value::String(text) if text.contains(' ') || !text.is_ascii() => {
            out.push((place.to_owned(), collapse(text, 400)));
        }
        serde_json::Value::Object(map) => map
            .values()
            .for_each(|value| collect_strings(value, place, out, depth + 1)),
        serde_json::Value::Array(list) => list
            .iter()
            .for_each(|value| collect_strings(value, place, out, depth + 1)),
        _ => {}
    }
}
