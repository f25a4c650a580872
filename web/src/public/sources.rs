//! What an answer rests on: the listing in the public log, the rows and notices that were met, and
//! the registers that were searched.

use blocklist::{
    Timestamp,
    matching::{Answer, Known},
    time::Day,
};

use crate::{dates, hostile};

/// One source.
pub(crate) struct Source {
    /// Register, authority or log.
    pub(crate) name: String,
    /// Its address.
    pub(crate) url: Option<String>,
    /// Its day, month or year, or `undated`.
    pub(crate) date: Option<String>,
    /// For rows, how we know; `shipped` for a register that nobody signed here.
    pub(crate) basis: Option<&'static str>,
    /// The day of our copy of the register, where that is too old to say "licensed".
    pub(crate) stale_copy: Option<Day>,
}

/// The sources of an answer, those that were met first.
pub(crate) fn of(known: &Known, answer: &Answer, public_url: &str, now: Timestamp) -> Vec<Source> {
    let stale = |register: &str| {
        let mut too_old = data::known::too_old(known, now);
        too_old
            .find(|snapshot| snapshot.register == register)
            .map(|snapshot| snapshot.taken_on)
    };
    let mut sources: Vec<Source> = Vec::new();
    for id in answer
        .hosts
        .iter()
        .filter_map(|host| host.found.listing_id.as_ref())
    {
        let listing = known
            .listings
            .iter()
            .find(|l| l.statement.listing_id == *id);
        if let Some(listing) = listing {
            let list = &listing.statement;
            sources.push(Source {
                name: list.origin.clone(),
                url: hostile::link(&format!("{public_url}/i/{}", list.listing_id)),
                date: Some(dates::input_day(list.effective_at.0)),
                basis: None,
                stale_copy: None,
            });
        }
    }
    for row in &answer.rows {
        sources.push(Source {
            name: row.register.clone(),
            url: hostile::link(&row.row.source_url),
            date: Some(row.row.source_date.to_string()),
            basis: Some(row.row.basis.as_str()),
            stale_copy: stale(&row.register),
        });
    }
    for warning in &answer.warnings {
        sources.push(Source {
            name: warning.authority.clone(),
            url: hostile::link(&warning.source_url),
            date: Some(warning.source_date.to_string()),
            basis: None,
            stale_copy: None,
        });
    }
    for (snapshot, signed) in known.registers() {
        if sources
            .iter()
            .all(|source| source.name != snapshot.register)
        {
            sources.push(Source {
                name: snapshot.register.clone(),
                url: hostile::link(&snapshot.source),
                date: Some(snapshot.taken_on.to_string()),
                basis: (!signed).then_some("shipped"),
                stale_copy: stale(&snapshot.register),
            });
        }
    }
    let mut seen = std::collections::HashSet::new();
    sources.retain(|source| {
        seen.insert((source.name.clone(), source.url.clone(), source.date.clone()))
    });
    sources
}
