//! Words for what networks are made of.

use data::network::{LINKS_FROM, console, mask};

use crate::{
    amounts,
    centre::Centre,
    console::stage,
    faults::Fault,
    hostile,
    messages::{self, Value, key},
    names::Shown,
    page::Page,
};

/// The name of a kind of identifier: `әмиян (tron)`.
pub(crate) fn kind(p: &Page, code: &str) -> String {
    let (family, tail) = code.split_once('.').unwrap_or((code, ""));
    let words = p.t_or(&format!("idkind-{family}"), &hostile::line(family, 40));
    if tail.is_empty() {
        words
    } else {
        format!("{words} ({})", hostile::line(tail, 40))
    }
}

/// What a reason counts and why so much.
pub(crate) fn why(p: &Page, points: i64, sites: i64) -> String {
    let count = usize::try_from(sites).unwrap_or_default();
    let on = p.n(key("net-on-sites"), count);
    let enough = p.t(if points >= LINKS_FROM {
        key("net-why-alone")
    } else {
        key("net-why-together")
    });
    format!("{} · {on}. {enough}", amounts::hundredths(p.lang, points))
}

/// From when to when something was seen, in words; one day once.
pub(crate) fn seen(p: &Page, first: i64, last: i64) -> String {
    let (first, last) = (p.date(first), p.date(last));
    if first == last {
        return first;
    }
    p.t2(key("term-from-to"), ("from", &first), ("to", &last))
}

/// Kinds of business in words, the likeliest first.
pub(crate) fn kinds(p: &Page, kinds: &[String]) -> String {
    let words: Vec<String> = kinds
        .iter()
        .take(3)
        .map(|kind| p.t_or(&format!("kind-{kind}"), &hostile::line(kind, 40)))
        .collect();
    words.join(", ")
}

/// Word and colour for a site's case, and where it leads.
pub(crate) fn case_of(
    p: &Page,
    id: Option<&String>,
    state: Option<&String>,
) -> Option<(String, &'static str, String)> {
    let (word, tone) = stage::of_state(p, state?);
    Some((word, tone, format!("console/case/{}", id?)))
}

/// What a case says of the network its site belongs to.
pub(crate) struct Belongs {
    pub(crate) text: String,
    pub(crate) reason: Option<String>,
    pub(crate) path: String,
}

/// The network of a site, for its case; nothing when it belongs to none.
pub(crate) async fn belongs(
    centre: &Centre,
    p: &Page,
    host: &str,
) -> Result<Option<Belongs>, Fault> {
    let found = console::beside(&centre.store, host).await;
    let Some(found) = found.map_err(Fault::internal)? else {
        return Ok(None);
    };
    let others = p.n(key("case-network-others"), found.others);
    let listed = p.n(key("net-count-listed"), found.listed);
    let values = [
        ("id", Value::Text(&found.id)),
        ("sites", Value::Text(&others)),
        ("listed", Value::Text(&listed)),
    ];
    let reason = found.strongest.as_ref().map(|(other, reason)| {
        let value = hostile::line(&mask::value(&reason.kind, &reason.value), 160);
        let reason = format!("{} {value}", kind(p, &reason.kind));
        let host = Shown::of(other).whole();
        p.t2(
            key("case-network-reason"),
            ("host", &host),
            ("reason", &reason),
        )
    });
    Ok(Some(Belongs {
        text: messages::text(p.lang, key("case-network-text"), &values),
        path: format!("console/network/{}", found.id),
        reason,
    }))
}

/// The two ends of a long identifier, as people compare wallets.
pub(crate) fn shortened(value: &str) -> String {
    let count = value.chars().count();
    if count <= 20 {
        return value.to_owned();
    }
    let first: String = value.chars().take(8).collect();
    let last: String = value.chars().skip(count - 6).collect();
    format!("{first}…{last}")
}
