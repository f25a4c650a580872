//! Formats for programs of one's own: they say every entry as it is.

use std::{
    collections::BTreeMap,
    io::{self, Write},
};

use serde_json::json;

use super::newest;
use crate::{
    Digest, ListingId, Scope,
    fold::{Action, Folded, Listing, ListingState},
    statement::to_canonical,
};

/// RFC 4180: a line of titles, then a line an entry. Only what machines made stands in it, so nothing
/// in it can be a formula; words of an order are in the register.
pub(super) fn csv(folded: &Folded, origin: &str, out: &mut dyn Write) -> io::Result<()> {
    let listings: BTreeMap<&ListingId, &Listing> = folded
        .listings
        .iter()
        .map(|listing| (&listing.statement.listing_id, listing))
        .collect();
    let (origin, serial) = (quoted(origin), folded.serial());
    write!(
        out,
        "name,scope,action,listing_id,listed_since,review_at,expires_at,serial,origin\r\n"
    )?;
    for entry in &folded.entries {
        let scope = match entry.scope {
            Scope::Host => "host",
            Scope::Subtree => "subtree",
        };
        let action = match entry.action {
            Action::Block => "block",
            Action::PassThrough => "pass-through",
        };
        write!(out, "{},{scope},{action},{}", entry.name, entry.listing_id)?;
        match listings.get(&entry.listing_id) {
            Some(listing) => {
                let list = &listing.statement;
                let since = match listing.state {
                    ListingState::Listed { since } => since,
                    _ => list.effective_at,
                };
                write!(out, ",{since},{},{}", list.review_at, list.expires_at)?;
            }
            None => write!(out, ",,,")?,
        }
        write!(out, ",{serial},{origin}\r\n")?;
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
pub(super) fn json(
    folded: &Folded,
    origin: &str,
    root: Digest,
    out: &mut dyn Write,
) -> io::Result<()> {
    let canonical = |value: &serde_json::Value| to_canonical(value).map_err(io::Error::other);
    out.write_all(b"{\"entries\":[")?;
    for (index, entry) in folded.entries.iter().enumerate() {
        if index > 0 {
            out.write_all(b",")?;
        }
        out.write_all(&to_canonical(entry).map_err(io::Error::other)?)?;
    }
    out.write_all(b"],")?;
    let rest = canonical(&json!({
        "newest": newest(folded),
        "origin": origin,
        "root": root,
        "serial": folded.serial(),
        "size": folded.size,
    }))?;
    out.write_all(rest.strip_prefix(b"{").unwrap_or(&rest))
}
