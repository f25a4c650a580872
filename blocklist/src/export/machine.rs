//! Formats for programs of one's own: they say every entry as it is.

use std::{cell::OnceCell, io};

use serde_json::json;

use super::out::Out;
use crate::{
    Digest, DomainName, ListingId, Timestamp,
    fold::{Entry, Folded, Listing, ListingState},
    statement::to_canonical,
};

/// The titles of the table (RFC 4180).
pub(super) const TITLES: &str =
    "name,scope,action,listing_id,listed_since,review_at,expires_at\r\n";

/// Looks listings up by their numbers.
#[derive(Clone, Debug, Default)]
pub(super) struct Places<'a>(OnceCell<Vec<(&'a ListingId, u32)>>);

impl<'a> Places<'a> {
    /// Nearly all listings stand in the log in the order of their numbers; where each stands is found out
    /// when one is asked for that does not.
    fn find(&self, folded: &'a Folded, id: &ListingId) -> Option<&'a Listing> {
        let listings = &folded.listings;
        let found = listings.binary_search_by_key(&id, |listing| &listing.statement.listing_id);
        if let Ok(at) = found {
            return listings.get(at);
        }
        let places = self.0.get_or_init(|| {
            let ids = listings.iter().map(|l| &l.statement.listing_id);
            let mut places: Vec<_> = ids.zip(0..).collect();
            places.sort_unstable();
            places
        });
        let place = places.binary_search_by_key(&id, |(id, _)| *id).ok()?;
        let (_, at) = places.get(place)?;
        listings.get(*at as usize)
    }
}

/// A line an entry. Only what machines made stands in it, so nothing in it can be a formula; words of an
/// order are in the register.
pub(super) fn csv<'a>(folded: &'a Folded, entries: &[Entry], places: &Places<'a>, out: &mut Out) {
    for entry in entries {
        let (name, id) = (entry.name.as_str(), entry.listing_id.as_str());
        let (scope, action) = (entry.scope.as_str(), entry.action.as_str());
        out.put(&[name, ",", scope, ",", action, ",", id]);
        match places.find(folded, &entry.listing_id) {
            Some(listing) => {
                let list = &listing.statement;
                let since = match listing.state {
                    ListingState::Listed { since } => since,
                    _ => list.effective_at,
                };
                let days = [since, list.review_at, list.expires_at].map(|day| day.to_string());
                let [since, review, expires] = &days;
                out.put(&[",", since, ",", review, ",", expires, "\r\n"]);
            }
            None => out.put(&[",,,\r\n"]),
        }
    }
}

/// The lines of the names for monitoring, which have no listing.
pub(super) fn csv_monitoring(folded: &Folded) -> String {
    let names = folded.monitoring.iter();
    let line = |name: &DomainName, action| format!("{name},subtree,{action},,,,\r\n");
    names
        .map(|names| {
            line(&names.always_blocked, "block") + &line(&names.never_blocked, "pass-through")
        })
        .collect()
}

/// Members in order of their names, nothing between them (RFC 8785); `first` where no entry stands before.
///
/// The entries are put together by hand, which is many times faster than asking for the canonical form
/// of each: their words, names and numbers have no character that JSON would write otherwise.
pub(super) fn json(entries: &[Entry], first: bool, out: &mut Out) {
    let mut before = if first { "{" } else { ",{" };
    for entry in entries {
        let (name, id) = (entry.name.as_str(), entry.listing_id.as_str());
        let (scope, action) = (entry.scope.as_str(), entry.action.as_str());
        out.put(&[before, "\"action\":\"", action, "\",\"listing_id\":\"", id]);
        out.put(&["\",\"name\":\"", name, "\",\"scope\":\"", scope, "\"}"]);
        before = ",{";
    }
}

/// What stands before the entries.
pub(super) const JSON_HEAD: &str = "{\"entries\":[";

/// What stands behind them.
pub(super) fn json_tail(
    folded: &Folded,
    newest: Option<Timestamp>,
    (origin, root): (&str, Digest),
) -> io::Result<String> {
    let rest = to_canonical(&json!({
        "monitoring": folded.monitoring,
        "newest": newest,
        "origin": origin,
        "root": root,
        "serial": folded.serial(),
        "size": folded.size,
    }));
    let rest = String::from_utf8(rest.map_err(io::Error::other)?).map_err(io::Error::other)?;
    Ok(format!("],{}", rest.strip_prefix('{').unwrap_or(&rest)))
}
