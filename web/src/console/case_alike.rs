//! What a site has in common with a site that a register names: told as a resemblance, with both
//! places, and as nothing more.

use crate::{
    console::{
        case_checks::Stop,
        case_view::{Material, captured},
        report::{self, Place, Resemblance},
    },
    hostile,
    messages::key,
    names::Shown,
    page::Page,
};

/// Most resemblances shown.
const MOST: usize = 6;

/// Longest beginning of a text that is shown, in characters.
const LONGEST_QUOTE: usize = 300;

/// One resemblance.
pub(crate) struct Alike {
    pub(crate) text: String,
    pub(crate) ends: [End; 2],
}

/// Where one of the two sites shows what both have.
pub(crate) struct End {
    pub(crate) label: String,
    pub(crate) url: String,
    pub(crate) quote: String,
    pub(crate) hash: String,
    pub(crate) short_hash: String,
    /// The captured page, of this case's own site.
    pub(crate) view: Option<String>,
}

/// The resemblances of a case, the likest first.
pub(crate) fn of_case(m: &Material<'_>) -> Vec<Alike> {
    let found = report::resembles(&m.file.licence_match);
    let alike = |one: &Resemblance| Alike {
        text: words(m.p, one),
        ends: [
            end(m, m.p.t(key("alike-here")), &one.here),
            end(m, Shown::of(&one.host).whole(), &one.there),
        ],
    };
    found.iter().take(MOST).map(alike).collect()
}

/// The sign that stands before everything else.
pub(crate) fn stop(m: &Material<'_>) -> Option<Stop> {
    let found = report::resembles(&m.file.licence_match);
    let said: Vec<String> = found.iter().take(3).map(|one| words(m.p, one)).collect();
    let text = format!("{} {}", said.join(" "), m.p.t(key("alike-hint")));
    (!said.is_empty()).then(|| Stop::amber(m.p.t(key("alike-title")), text))
}

fn words(p: &Page, found: &Resemblance) -> String {
    let host = Shown::of(&found.host).whole();
    let percent = report::percent(found.likeness).to_string();
    let text = |of| p.t2(of, ("host", &host), ("percent", &percent));
    match found.kind.as_str() {
        "favicon" => p.t1(key("alike-icon"), "host", &host),
        "text.main" => text(key("alike-text-main")),
        "text.legal" => text(key("alike-text-legal")),
        _ => text(key("alike-other")),
    }
}

fn end(m: &Material<'_>, label: String, place: &Place) -> End {
    End {
        label,
        url: m.mask.url(&place.url),
        quote: hostile::line(&m.mask.text(&place.quote), LONGEST_QUOTE),
        hash: hostile::line(&place.capture, 64),
        short_hash: place.capture.chars().take(12).collect(),
        view: captured(m.file, &place.capture, &place.url)
            .map(|capture| format!("console/case/{}/capture/{}", m.file.case.id, capture.id)),
    }
}
