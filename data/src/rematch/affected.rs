//! What a snapshot would change for the sites in the store, asked before anybody signs it.

use std::sync::Arc;

use blocklist::{
    DomainName, ListingId, Timestamp,
    fold::ListingState,
    matching::{Known, Verdict},
    register::Snapshot,
    statement::RegisterHost,
};
use serde::Serialize;

use crate::{
    error::{Error, Result},
    known::{KnownNow, check_host},
    pool::{Store, on},
};

/// A site of which the second snapshot says something else than the first.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Affected {
    /// The site.
    pub host: String,
    /// By the first.
    pub from: Verdict,
    /// By the second.
    pub to: Verdict,
    /// What the crawler found: `flag`, `review` or `clear`; `None` where it was not assessed.
    pub assessed: Option<String>,
    /// The listing that covers it, if one does.
    pub listing_id: Option<ListingId>,
}

/// Matches every site in the store with `a` and with `b`, each as if it were signed and the others as
/// they are, and gives those of which they say different things.
///
/// # Errors
/// When the store fails, or holds no log.
pub async fn affected(
    store: &Store,
    a: &Snapshot,
    b: &Snapshot,
    now: i64,
) -> Result<Vec<Affected>> {
    const SQL: &str = "SELECT s.host, (SELECT a.verdict FROM assessment a WHERE a.host = s.host
            ORDER BY a.assessed_at DESC, a.id DESC LIMIT 1)
        FROM site s ORDER BY s.host";
    let now = Timestamp(now);
    let known = store.known(now).await?;
    let sites: Vec<(String, Option<String>)> =
        on!(store, |db| sqlx::query_as(SQL).fetch_all(db).await)?;
    let sides = (a.clone(), b.clone());
    tokio::task::spawn_blocking(move || compare(sites, &known, &sides, now))
        .await
        .map_err(|error| Error::stored("site", error))?
}

fn compare(
    sites: Vec<(String, Option<String>)>,
    known: &Arc<KnownNow>,
    (a, b): &(Snapshot, Snapshot),
    now: Timestamp,
) -> Result<Vec<Affected>> {
    let with = |side: &Snapshot| {
        KnownNow::from(as_if_signed(known, &[&a.register, &b.register], side, now))
    };
    let (before, after) = (with(a), with(b));
    let mut affected = Vec::new();
    for (host, assessed) in sites {
        let name = DomainName::parse(&host).map_err(|error| Error::stored("site", error))?;
        let (from, to) = (
            check_host(&name, &before, now),
            check_host(&name, &after, now),
        );
        if (from.verdict, &from.also) != (to.verdict, &to.also) {
            affected.push(Affected {
                host,
                from: from.verdict,
                to: to.verdict,
                assessed,
                listing_id: to.listing_id.or(from.listing_id),
            });
        }
    }
    Ok(affected)
}

/// What would be known if this were the signed snapshot of its register; listings are suspended as the
/// fold would do it.
fn as_if_signed(known: &Known, replaced: &[&String], side: &Snapshot, now: Timestamp) -> Known {
    let others = |snapshots: &[Snapshot]| -> Vec<Snapshot> {
        let kept = snapshots
            .iter()
            .filter(|s| !replaced.contains(&&s.register));
        kept.cloned().collect()
    };
    let mut snapshots = others(&known.snapshots);
    snapshots.push(side.clone());
    let shipped = others(&known.shipped);
    let live: Vec<RegisterHost> = snapshots
        .iter()
        .flat_map(Snapshot::hosts)
        .filter(|host| host.licensed.is_some_and(|term| term.covers(now)))
        .collect();
    let mut listings = known.listings.clone();
    for listing in &mut listings {
        let name = &listing.statement.name;
        let covered = live.iter().any(|host| name.is_at_or_below(&host.name));
        listing.state = match (&listing.state, covered) {
            (ListingState::Listed { .. }, true) => ListingState::Suspended {
                register: side.register.clone(),
            },
            (ListingState::Suspended { .. }, false) => ListingState::Listed { since: now },
            (state, _) => state.clone(),
        };
    }
    Known {
        warnings: snapshots
            .iter()
            .chain(&shipped)
            .flat_map(|s| s.warnings.clone())
            .collect(),
        snapshots,
        shipped,
        operators: known.operators.clone(),
        listings,
        register_days: known.register_days,
    }
}
