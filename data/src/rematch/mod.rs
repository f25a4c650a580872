//! What a changed register means for the sites in the store.
//!
//! Each site keeps what the registers said of it last (`site_match`), with the claims that were read
//! on its pages, so that no page is read again. [`run`] looks whether anything has changed that a match
//! follows from: a register or a list of warnings that was signed, a listing, a term that began or
//! ended, a snapshot that became too old. Only then are all sites matched anew, in memory, and what
//! came out otherwise is written. [`judged`] does the same for the one site the crawler has just read.
//!
//! Nothing here blocks or unblocks: suspension is the fold's. What follows for people is a case:
//!
//! * a listing that a live licence suspends asks for its order to be cancelled;
//! * a licence that ended, was suspended, withdrawn or left out of its register asks what follows for
//!   the site, where the site was assessed; one that was not is visited first;
//! * a case that waits already is marked instead, in its history.
//!
//! Each such case names the fact it follows from. While the fact holds it never opens another, so
//! whoever dismissed a case is not asked again; once the fact holds no more it is taken from the case,
//! and a case that only it had opened and nobody took up is closed.

mod affected;
mod facts;
mod follow;
mod sites;

use std::sync::Arc;

use blocklist::{
    Digest, DomainName, Timestamp,
    fold::ListingState,
    matching::{Claim, Known},
};
use serde_json::json;

use crate::{
    audit::append_audit,
    error::{Error, Result},
    known::KnownNow,
    pool::{Store, locks, transaction},
};
pub use affected::{Affected, affected};
use follow::Opened;

/// Who the audit chain says it was.
pub const ACTOR: &str = "register";

/// Name under which the store keeps the hash of what sites were matched with last.
const MATCHED_WITH: &str = "matched_with";

/// Most changed sites that one row of the audit chain names.
const MOST_NAMED: usize = 100;

/// What a run came to.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Rematched {
    /// Sites that were matched.
    pub sites: u64,
    /// Those of which the registers say something else than before.
    pub changed: u64,
    /// Cases that were opened.
    pub opened: Vec<String>,
    /// Cases whose fact holds no more, and that nobody had taken up.
    pub closed: Vec<String>,
    /// Sites that are to be visited before a case can be opened.
    pub revisits: u64,
}

/// A site that the crawler has just assessed.
#[derive(Clone, Copy, Debug)]
pub struct Judged<'a> {
    /// The site.
    pub host: &'a DomainName,
    /// What its pages claim of its licence.
    pub claims: &'a [Claim],
    /// The assessment.
    pub assessment_id: i64,
    /// Its frozen evidence.
    pub evidence_root: &'a str,
    /// When, in Unix seconds.
    pub at: i64,
}

/// What sites are matched with at a moment.
#[derive(Clone, Debug)]
struct With {
    known: Arc<KnownNow>,
    at: Timestamp,
    /// Equal for two moments between which no match can have changed.
    basis: String,
}

impl With {
    async fn at(store: &Store, now: i64) -> Result<Self> {
        let at = Timestamp(now);
        let (known, registers) = store.known_and_hash(at).await?;
        let basis = basis(&known, registers, at).to_string();
        Ok(Self { known, at, basis })
    }
}

/// Hash over everything a match follows from: the registers, what time makes of their rows and of
/// their age, and where each listing stands.
fn basis(known: &Known, registers: Digest, at: Timestamp) -> Digest {
    let mut bytes = registers.0.to_vec();
    for (snapshot, signed) in known.registers() {
        bytes.push(u8::from(
            signed && snapshot.is_fresh(at, known.register_days),
        ));
        for row in &snapshot.rows {
            let live = row.term().is_some_and(|term| term.covers(at));
            bytes.extend([live, row.has_ended(at), row.quoted_end(at)].map(u8::from));
        }
    }
    for listing in &known.listings {
        bytes.extend(listing.statement.listing_id.as_str().as_bytes());
        bytes.push(match listing.state {
            ListingState::Listed { .. } => b'l',
            ListingState::Suspended { .. } => b's',
            _ => b'-',
        });
    }
    Digest::of(&bytes)
}

/// Matches all sites anew, if anything has changed since the last run that a match follows from, and
/// opens the cases that follow; `None` when nothing has. Running it twice, or on two machines at once,
/// opens nothing twice.
///
/// # Errors
/// When the store fails. What was written stands, and the next run goes on from there.
pub async fn run(store: &Store, now: i64) -> Result<Option<Rematched>> {
    let with = With::at(store, now).await?;
    if store.meta(MATCHED_WITH).await?.as_ref() == Some(&with.basis) {
        return Ok(None);
    }
    let mut done = Rematched::default();
    let mut named = Vec::new();
    let mut follow = follow::Follow::read(store, &with).await?;
    let mut after = String::new();
    loop {
        let page = sites::page(store, &after).await?;
        let Some(last) = page.last() else { break };
        after.clone_from(&last.host);
        done.sites += page.len() as u64;
        let judging = with.clone();
        let looked = tokio::task::spawn_blocking(move || sites::look(page, &judging))
            .await
            .map_err(|error| Error::stored("site_match", error))??;
        for site in &looked {
            follow.take(store, site, &mut done).await?;
        }
        let changed = looked.iter().filter(|site| site.changed);
        for site in changed.clone() {
            if site.before.is_some() && named.len() < MOST_NAMED {
                named.push(json!([site.host, site.before, site.verdict]));
            }
        }
        done.changed += sites::keep(store, changed, |host| follow.live(host), now).await?;
    }
    follow.end(store, &mut done).await?;
    finish(store, &with, &done, named).await?;
    Ok(Some(done))
}

/// Keeps what the registers say of a site that was just assessed, and opens the case that follows from
/// it, if one does and the site has none; gives its id.
///
/// # Errors
/// When the store fails.
pub async fn judged(store: &Store, site: Judged<'_>) -> Result<Option<String>> {
    let claims = serde_json::to_string(site.claims).map_err(|e| Error::stored("site_match", e))?;
    let mut with = With::at(store, site.at).await?;
    loop {
        let held = sites::one(store, site.host, claims.clone()).await?;
        let looked = sites::look(vec![held], &with)?;
        let live = follow::live(store, site.host).await?;
        let changed = looked.iter().filter(|site| site.changed);
        sites::keep(store, changed, |_| live.as_deref(), site.at).await?;
        // A run that began and ended in between has matched with what is newer, and its word was
        // overwritten: once more.
        let again = With::at(store, site.at).await?;
        if again.basis != with.basis {
            with = again;
            continue;
        }
        let Some(ended) = looked.first().and_then(|site| site.ended.as_ref()) else {
            return Ok(None);
        };
        let opened = follow::open_judged(store, ended, site, &looked[0].licence_match).await?;
        return Ok(match opened {
            Opened::New(id) => Some(id),
            Opened::Marked | Opened::Known => None,
        });
    }
}

/// Remembers what was matched with, and says in the audit chain what came of it.
async fn finish(
    store: &Store,
    with: &With,
    done: &Rematched,
    named: Vec<serde_json::Value>,
) -> Result<()> {
    const SQL: &str = "INSERT INTO meta (key, value) VALUES ($1, $2)
        ON CONFLICT (key) DO UPDATE SET value = excluded.value";
    let detail = json!({
        "matched_with": with.basis, "sites": done.sites, "changed": done.changed,
        "named": named, "opened": done.opened, "closed": done.closed, "revisits": done.revisits,
    });
    let something = done.changed > 0 || !done.opened.is_empty() || !done.closed.is_empty();
    transaction!(store, locks::OFFICE, |tx| {
        sqlx::query(SQL)
            .bind(MATCHED_WITH)
            .bind(&with.basis)
            .execute(&mut *tx)
            .await?;
        if something {
            append_audit!(tx, with.at.0, ACTOR, "rematch", "sites", &detail);
        }
    });
    Ok(())
}

#[cfg(test)]
mod tests;
