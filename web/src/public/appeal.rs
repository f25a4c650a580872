//! Objecting to a listing: a form for the owner of a name and for anybody who sees an error, and a
//! page that says by the receipt where it stands.
//!
//! A receipt is never part of an address: addresses stay in histories and logs, so both forms are
//! sent by POST and answered at once.

mod form;
mod status;
mod words;

pub(crate) use form::{form, send};
pub(crate) use status::{ask, status};
pub(crate) use words::{LookView, kind_words, looks, outcome_words, reason_words, state_words};

use blocklist::{
    DomainName, ListingId, Scope,
    fold::Listing,
    matching::{Known, Query},
};

/// The listing that somebody names by its number or by a site, and the site it is about. Of several
/// that cover a site it is the closest one that stands.
pub(crate) fn named(known: &Known, asked: &str) -> Option<(Listing, DomainName)> {
    let asked = asked.trim();
    if let Ok(id) = ListingId::try_from(asked.to_uppercase()) {
        let mut all = known.listings.iter();
        let listing = all.find(|listing| listing.statement.listing_id == id)?;
        return Some((listing.clone(), listing.statement.name.clone()));
    }
    let Ok(Query::Host(host)) = Query::parse(asked) else {
        return None;
    };
    let covers = |listing: &&Listing| match listing.statement.scope {
        Scope::Host => listing.statement.name == host,
        Scope::Subtree => host.is_at_or_below(&listing.statement.name),
    };
    let listings = known.listings.iter().filter(covers);
    let closest = listings.max_by_key(|listing| {
        (
            listing.state.stands(),
            listing.statement.name.labels().count(),
            listing.position,
        )
    });
    closest.map(|listing| (listing.clone(), host))
}
