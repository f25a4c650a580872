//! The check: one box, one plain answer.

use std::sync::Arc;

use askama::Template;
use axum::{
    extract::{Query, State},
    http::StatusCode,
    response::Response,
};
use blocklist::{
    DomainName, Timestamp,
    matching::{self, Known, Match, Verdict},
};
use serde::Deserialize;

use crate::{
    centre::Centre,
    dates,
    faults::Fault,
    hostile::{self, Part},
    messages::{self, Value, key},
    names::Shown,
    page::{self, Page},
    public::{Here, licensed, verdict::words},
    query::{self, QueryError},
};

/// `?q=`.
#[derive(Debug, Deserialize)]
pub(crate) struct Asked {
    #[serde(default)]
    pub(crate) q: String,
}

/// A reason in words.
pub(crate) struct ReasonView {
    text: String,
    url: Option<String>,
}

/// A source in words.
pub(crate) struct Source {
    text: String,
    url: Option<String>,
}

/// A link to the listing behind a verdict.
struct ListingLink {
    path: String,
}

/// The register row behind a verdict.
struct Record {
    firm: String,
    brand: Option<String>,
    regulator: String,
    licence_no: Option<String>,
    term: Option<String>,
    hosts: Vec<String>,
    banks: String,
    basis: String,
}

#[derive(Template)]
#[template(path = "check.html")]
struct CheckPage {
    p: Page,
    query_encoded: String,
    shown: Vec<Part>,
    ascii: Option<String>,
    tone: &'static str,
    icon: &'static str,
    word: String,
    meaning: String,
    not_safe: bool,
    listing: Option<ListingLink>,
    reasons: Vec<ReasonView>,
    matched: Option<Record>,
    /// Heading over the record: it may belong to another address than the one asked for.
    record_title: String,
    mixed_script: bool,
    todo: Vec<String>,
    as_of: String,
    as_of_iso: String,
    sources: Vec<Source>,
}

#[derive(Template)]
#[template(path = "check_refused.html")]
struct RefusedPage {
    p: Page,
    query: String,
    message: String,
}

/// A verdict as a word, for tables: the same words as on the page of the check.
pub(crate) fn word(p: &Page, verdict: Verdict) -> String {
    p.t(words(verdict).2)
}

/// A reason in words. Days among its arguments are written out; everything else is foreign text.
pub(crate) fn reason(p: &Page, reason: &matching::Reason) -> String {
    let args: Vec<(String, String)> = reason
        .args
        .iter()
        .map(|(name, value)| {
            let shown = match dates::parse_day(value) {
                Some(day) if name == "day" => dates::day(p.lang, day),
                _ if name == "host" || name == "name" => Shown::of(value).whole(),
                _ => hostile::line(value, 300),
            };
            (name.clone(), shown)
        })
        .collect();
    let values: Vec<(&str, Value<'_>)> = args
        .iter()
        .map(|(name, value)| (name.as_str(), Value::Text(value)))
        .collect();
    messages::find(p.lang, &format!("reason-{}", reason.code), &values)
        .unwrap_or_else(|| hostile::line(&reason.code, 100))
}

/// What the answer rests on: the listing in the public log, snapshots of registers, and the
/// warning that names the host. Name, address and day of each.
pub(crate) fn sources(
    known: &Known,
    name: &DomainName,
    found: &Match,
    public_url: &str,
) -> Vec<(String, Option<String>, Option<String>)> {
    let mut sources: Vec<(String, Option<String>, Option<String>)> = Vec::new();
    let listing = found.listing_id.as_ref().and_then(|id| {
        known
            .listings
            .iter()
            .find(|l| l.statement.listing_id == *id)
    });
    if let Some(listing) = listing {
        let list = &listing.statement;
        let url = format!("{public_url}/i/{}", list.listing_id);
        let day = dates::input_day(list.effective_at.0);
        sources.push((list.origin.clone(), hostile::link(&url), Some(day)));
    }
    if let Some(matched) = &found.matched {
        sources.push((
            matched.register.clone(),
            hostile::link(&matched.row.source_url),
            Some(matched.row.source_date.to_string()),
        ));
    }
    for warning in &known.warnings {
        if warning.hosts.iter().any(|host| name.is_at_or_below(host)) {
            sources.push((
                warning.authority.clone(),
                hostile::link(&warning.source_url),
                None,
            ));
        }
    }
    for snapshot in &known.snapshots {
        let named = sources
            .iter()
            .any(|(register, ..)| *register == snapshot.register);
        if !named {
            sources.push((
                snapshot.register.clone(),
                hostile::link(&snapshot.source),
                Some(snapshot.taken_on.to_string()),
            ));
        }
    }
    sources
}

fn record(p: &Page, matched: &matching::Matched) -> Record {
    let row = &matched.row;
    let some = |text: &str| (!text.is_empty()).then(|| hostile::line(text, 200));
    Record {
        firm: hostile::line(&row.legal_name, 200),
        brand: some(&row.brand).filter(|brand| *brand != row.legal_name),
        regulator: hostile::line(&row.regulator, 100),
        licence_no: some(&row.licence_no),
        term: licensed::term(p, row.valid_from, row.valid_to),
        hosts: row
            .hosts
            .iter()
            .map(|host| Shown::new(host).whole())
            .collect(),
        banks: hostile::line(&row.banks.join(", "), 300),
        basis: licensed::basis(p, row.basis),
    }
}

/// Builds the page for one host.
fn view(
    p: Page,
    asked: &str,
    name: &DomainName,
    found: &Match,
    known: &Known,
    now: i64,
    public_url: &str,
) -> CheckPage {
    let shown = Shown::new(name);
    let (tone, icon, word, meaning, todo) = words(found.verdict);
    let warning_url = known
        .warnings
        .iter()
        .find(|warning| warning.hosts.iter().any(|host| name.is_at_or_below(host)))
        .and_then(|warning| hostile::link(&warning.source_url));
    let reasons = found
        .reasons
        .iter()
        .map(|found_reason| ReasonView {
            text: reason(&p, found_reason),
            url: if found_reason.code == "warned" {
                warning_url.clone()
            } else {
                None
            },
        })
        .collect();
    let sources = sources(known, name, found, public_url)
        .into_iter()
        .map(|(text, url, day)| {
            let day = day
                .as_deref()
                .and_then(dates::parse_day)
                .map(|day| dates::day(p.lang, day));
            Source {
                text: match day {
                    Some(day) => format!("{}, {day}", hostile::line(&text, 120)),
                    None => hostile::line(&text, 120),
                },
                url,
            }
        })
        .collect();
    CheckPage {
        query_encoded: hostile::query_encode(asked),
        shown: shown.parts(),
        ascii: shown.ascii,
        tone,
        icon,
        word: p.t(word),
        meaning: p.t(meaning),
        not_safe: matches!(
            found.verdict,
            Verdict::Unknown | Verdict::Lookalike | Verdict::LicensedElsewhere
        ),
        listing: found.listing_id.as_ref().map(|id| ListingLink {
            path: format!("i/{id}"),
        }),
        reasons,
        matched: found.matched.as_ref().map(|matched| record(&p, matched)),
        record_title: p.t(match found.verdict {
            Verdict::LicensedElsewhere | Verdict::Lookalike => key("check-record-other"),
            _ => key("check-record"),
        }),
        mixed_script: shown.mixed_script,
        todo: todo.iter().map(|key| p.t(key)).collect(),
        as_of: p.date_time(now),
        as_of_iso: dates::rfc3339(now),
        sources,
        p,
    }
}

/// `GET /{lang}/check?q=`.
pub(crate) async fn check(
    State(centre): State<Arc<Centre>>,
    Here(lang): Here,
    Query(asked): Query<Asked>,
) -> Result<Response, Fault> {
    let path = format!("check?q={}", hostile::query_encode(&asked.q));
    let p = Page::new(
        lang,
        &path,
        messages::text(lang, key("check-title"), &[]),
        centre.demo,
    );
    let name = match query::host(&asked.q) {
        Ok(name) => name,
        Err(error) => {
            let message = match error {
                QueryError::Empty => p.t(key("check-refused-empty")),
                QueryError::NotAName => p.t(key("check-refused-name")),
            };
            let query = hostile::line(&asked.q, 300);
            return Ok(page::show(
                StatusCode::UNPROCESSABLE_ENTITY,
                &RefusedPage { p, query, message },
            ));
        }
    };
    let now = centre.now();
    let known = centre.known().await?;
    let found = matching::check_host(&name, &known, Timestamp(now));
    Ok(page::ok(&view(
        p,
        &asked.q,
        &name,
        &found,
        &known,
        now,
        &centre.public_url,
    )))
}
