//! Formats for programs of one's own: they say every entry as it is.

use std::io::{self, Write};

use serde_json::json;

use super::out::Out;
use crate::{
    Digest, ListingId, Timestamp,
    fold::{Folded, ListingState},
    statement::to_canonical,
};

/// RFC 4180: a line of titles, then a line an entry. Only what machines made stands in it, so nothing
/// in it can be a formula; words of an order are in the register.
pub(super) fn csv(folded: &Folded, origin: &str, out: &mut Out<'_>) -> io::Result<()> {
    // Where each listing stands, in order of its number.
    let mut places: Vec<(&ListingId, u32)> = folded
        .listings
        .iter()
        .map(|listing| &listing.statement.listing_id)
        .zip(0..)
        .collect();
    places.sort_unstable();
    let find = |id: &ListingId| {
        let place = places.binary_search_by_key(&id, |(id, _)| *id).ok()?;
        let (_, at) = places.get(place)?;
        folded.listings.get(*at as usize)
    };
    let end = format!(",{},{}\r\n", folded.serial(), quoted(origin));
    out.put(&["name,scope,action,listing_id,listed_since,review_at,expires_at,serial,origin\r\n"])?;
    for entry in &folded.entries {
        let (name, id) = (entry.name.as_str(), entry.listing_id.as_str());
        let (scope, action) = (entry.scope.as_str(), entry.action.as_str());
        out.put(&[name, ",", scope, ",", action, ",", id])?;
        match find(&entry.listing_id) {
            Some(listing) => {
                let list = &listing.statement;
                let since = match listing.state {
                    ListingState::Listed { since } => since,
                    _ => list.effective_at,
                };
                let days = [since, list.review_at, list.expires_at].map(|day| day.to_string());
                let [since, review, expires] = &days;
                out.put(&[",", since, ",", review, ",", expires])?;
            }
            None => out.put(&[",,,"])?,
        }
        out.put(&[&end])?;
    }
    if let Some(names) = &folded.monitoring {
        let (always, never) = (&names.always_blocked, &names.never_blocked);
        for (name, action) in [(always, "block"), (never, "pass-through")] {
            out.put(&[name.as_str(), ",subtree,", action, ",,,,", &end])?;
        }
    }
    Ok(())
}

/// A field of a table.
fn quoted(text: &str) -> String {
    if text.contains(['"', ',', '\r', '\n']) {
        format!("\"{}\"", text.replace('"', "\"\""))
    } else {
        text.to_owned()
    }
}

/// RFC 8785: members in order of their names, nothing between them.
///
/// The entries are put together by hand, which is many times faster than asking for the canonical form
/// of each: their words, names and numbers have no character that JSON would write otherwise.
pub(super) fn json(
    folded: &Folded,
    newest: Option<Timestamp>,
    (origin, root): (&str, Digest),
    out: &mut Out<'_>,
) -> io::Result<()> {
    let canonical = |value: &serde_json::Value| to_canonical(value).map_err(io::Error::other);
    out.write_all(b"{\"entries\":[")?;
    let mut before = "{\"action\":\"";
    for entry in &folded.entries {
        let (name, id) = (entry.name.as_str(), entry.listing_id.as_str());
        let (scope, action) = (entry.scope.as_str(), entry.action.as_str());
        out.put(&[before, action, "\",\"listing_id\":\"", id])?;
        out.put(&["\",\"name\":\"", name, "\",\"scope\":\"", scope, "\"}"])?;
        before = ",{\"action\":\"";
    }
    out.write_all(b"],")?;
    let rest = canonical(&json!({
        "monitoring": folded.monitoring,
        "newest": newest,
        "origin": origin,
        "root": root,
        "serial": folded.serial(),
        "size": folded.size,
    }))?;
    out.write_all(rest.strip_prefix(b"{").unwrap_or(&rest))
}
