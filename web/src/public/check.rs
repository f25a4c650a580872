//! The check: one box, one plain answer.

use std::sync::Arc;

use askama::Template;
use axum::{
    extract::{Query, State},
    http::StatusCode,
    response::Response,
};
use blocklist::{
    Timestamp,
    matching::{self, Answer, HostAnswer, Known, Query as Asking, QueryError, RowAnswer, Verdict},
    register::HostKind,
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
    public::{
        Here, licensed, sources,
        verdict::{exact_words, words, words_of},
    },
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

/// One address of a firm that was asked for by name or number.
struct Address {
    shown: Shown,
    path: String,
    tone: &'static str,
    word: String,
    kind: Option<String>,
}

/// A register row behind a verdict.
struct Record {
    firm: String,
    brand: Option<String>,
    regulator: String,
    licence_no: Option<String>,
    term: Option<String>,
    hosts: Vec<String>,
    banks: String,
    basis: String,
    status_note: Option<String>,
    confidence: Option<String>,
    notes: Option<String>,
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
    addresses: Vec<Address>,
    records: Vec<Record>,
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

/// Most hosts that one reason lists.
const MOST_HOSTS: usize = 8;

/// A reason in words. Days among its arguments are written out; everything else is foreign text.
pub(crate) fn reason(p: &Page, reason: &matching::Reason) -> String {
    let args: Vec<(String, String)> = reason
        .args
        .iter()
        .map(|(name, value)| {
            let shown = match name.as_str() {
                "day" => date(p, value),
                "host" | "name" | "asked" => Shown::of(value).whole(),
                "hosts" => value
                    .split(", ")
                    .take(MOST_HOSTS)
                    .map(|host| Shown::of(host).whole())
                    .collect::<Vec<_>>()
                    .join(", "),
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

/// The reason with only the host of each address: a link beside it leads to the whole.
fn with_short_links(reason: &matching::Reason) -> matching::Reason {
    let mut reason = reason.clone();
    for value in reason.args.values_mut() {
        let address = value
            .strip_prefix("https://")
            .or_else(|| value.strip_prefix("http://"));
        if let Some(address) = address {
            let host = address.split('/').next().unwrap_or(address);
            *value = host.to_owned();
        }
    }
    reason
}

/// A register by the name people know, where it is one that is shipped; otherwise by its own.
pub(crate) fn register_name(p: &Page, register: &str) -> String {
    let known = match register {
        "afsa" => key("register-name-afsa"),
        "nbk-dfa-platforms" => key("register-name-nbk-dfa-platforms"),
        "nbk-trading-platforms" => key("register-name-nbk-trading-platforms"),
        "afm-reports" => key("register-name-afm-reports"),
        "afsa-warnings" => key("register-name-afsa-warnings"),
        "ministry-restrictions" => key("register-name-ministry-restrictions"),
        other => return hostile::line(other, 120),
    };
    p.t(known)
}

/// The date of a source in words, as precisely as it is known.
pub(crate) fn date(p: &Page, text: &str) -> String {
    match dates::parse_day(text) {
        Some(day) => dates::day(p.lang, day),
        None if text == "undated" => p.t(key("date-undated")),
        None => hostile::line(text, 40),
    }
}

fn record(p: &Page, answer: &RowAnswer) -> Record {
    let row = &answer.row;
    let some = |text: &str| (!text.is_empty()).then(|| hostile::line(text, 600));
    Record {
        firm: hostile::line(row.firm(), 200),
        brand: some(&row.brand).filter(|brand| *brand != row.legal_name),
        regulator: hostile::line(&row.regulator, 100),
        licence_no: some(&row.licence_no),
        term: licensed::term(p, row.valid_from, row.valid_to),
        hosts: licensed::hosts(p, row),
        banks: hostile::line(&row.banks.join(", "), 300),
        basis: licensed::basis(p, row.basis),
        status_note: some(&row.status_note),
        confidence: some(&row.confidence),
        notes: some(&row.notes),
    }
}

fn address(p: &Page, answer: &HostAnswer) -> Address {
    let (tone, _, word, ..) = exact_words(answer.found.verdict, &answer.found.reasons);
    Address {
        shown: Shown::new(&answer.host),
        path: format!("check?q={}", hostile::query_encode(answer.host.as_str())),
        tone,
        word: p.t(word),
        kind: answer.kind.and_then(|kind| host_kind(p, kind)),
    }
}

/// What a host is to the licence, where it is not the address of the licensed service.
pub(crate) fn host_kind(p: &Page, kind: HostKind) -> Option<String> {
    match kind {
        HostKind::Trading => None,
        HostKind::Unconfirmed => Some(p.t(key("host-kind-unconfirmed"))),
        HostKind::Support => Some(p.t(key("host-kind-support"))),
        HostKind::Group => Some(p.t(key("host-kind-group"))),
    }
}

/// Where a reader can read a reason for himself.
fn reason_url(answer: &Answer, reason: &matching::Reason) -> Option<String> {
    let arg = |name: &str| reason.args.get(name);
    if let Some(url) = arg("url").or_else(|| arg("source")) {
        return hostile::link(url);
    }
    let (authority, brand) = (arg("authority")?, arg("brand")?);
    let mut notices = answer.warnings.iter();
    let notice = notices.find(|w| w.authority == *authority && w.brand == *brand)?;
    hostile::link(&notice.source_url)
}

/// Builds the page of an answer.
fn view(
    p: Page,
    asked: &str,
    answer: &Answer,
    known: &Known,
    now: i64,
    public_url: &str,
) -> CheckPage {
    let (tone, icon, word, meaning, todo) = words_of(answer);
    let host = match &answer.query {
        Asking::Host(name) => Some(Shown::new(name)),
        _ => None,
    };
    let reasons = answer.reasons.iter().map(|found| ReasonView {
        text: reason(&p, &with_short_links(found)),
        url: reason_url(answer, found),
    });
    let sources = sources::of(known, answer, public_url, Timestamp(now))
        .into_iter()
        .map(|source| {
            let name = register_name(&p, &source.name);
            let name = match source.basis {
                Some("shipped") => p.t1(key("source-shipped"), "register", &name),
                _ => name,
            };
            let text = match &source.date {
                Some(day) => format!("{name}, {}", date(&p, day)),
                None => name,
            };
            let text = match source.stale_copy {
                Some(day) => {
                    let copy = date(&p, &day.to_string());
                    p.t2(key("source-stale"), ("source", &text), ("date", &copy))
                }
                None => text,
            };
            Source {
                text,
                url: source.url,
            }
        });
    let listing = answer.hosts.first().filter(|_| host.is_some());
    let listing = listing.and_then(|answer| answer.found.listing_id.as_ref());
    CheckPage {
        query_encoded: hostile::query_encode(asked),
        shown: host.as_ref().map_or_else(
            || {
                vec![Part {
                    text: hostile::line(answer.query.text(), 300),
                    marked: false,
                }]
            },
            Shown::parts,
        ),
        ascii: host.as_ref().and_then(|shown| shown.ascii.clone()),
        tone,
        icon,
        word: p.t(word),
        meaning: p.t(meaning),
        not_safe: matches!(
            answer.verdict,
            Verdict::Unknown | Verdict::Lookalike | Verdict::LicensedElsewhere
        ),
        listing: listing.map(|id| ListingLink {
            path: format!("i/{id}"),
        }),
        reasons: reasons.collect(),
        addresses: match host {
            Some(_) => Vec::new(),
            None => answer.hosts.iter().map(|host| address(&p, host)).collect(),
        },
        records: answer.rows.iter().map(|row| record(&p, row)).collect(),
        record_title: p.t(match answer.verdict {
            Verdict::LicensedElsewhere | Verdict::Lookalike => key("check-record-other"),
            _ if answer.rows.iter().all(|row| row.signed) => key("check-record"),
            _ => key("check-record-reported"),
        }),
        mixed_script: host.is_some_and(|shown| shown.mixed_script),
        todo: todo.iter().map(|key| p.t(key)).collect(),
        as_of: p.date_time(now),
        as_of_iso: dates::rfc3339(now),
        sources: sources.collect(),
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
    let query = match Asking::parse(&asked.q) {
        Ok(query) => query,
        Err(error) => {
            let message = p.t(refusal(error));
            let query = hostile::line(&asked.q, 300);
            return Ok(page::show(
                StatusCode::UNPROCESSABLE_ENTITY,
                &RefusedPage { p, query, message },
            ));
        }
    };
    let now = centre.now();
    let known = centre.known().await?;
    let answer = matching::answer(query, &known, Timestamp(now));
    Ok(page::ok(&view(
        p,
        &asked.q,
        &answer,
        &known,
        now,
        &centre.public_url,
    )))
}

/// Message key of what to type instead.
fn refusal(error: QueryError) -> &'static str {
    match error {
        QueryError::Empty => key("check-refused-empty"),
        QueryError::TooLong => key("check-refused-too-long"),
        QueryError::Unseen => key("check-refused-unseen"),
        QueryError::NotAName => key("check-refused-name"),
        QueryError::NoLetters => key("check-refused-no-letters"),
        QueryError::BinCheck => key("check-refused-bin-check"),
        QueryError::BinLength => key("check-refused-bin-length"),
    }
}
