//! The cases that follow from registers: opened once for each fact, and closed when the fact is gone.

use std::collections::{HashMap, HashSet};

use blocklist::{DomainName, ListingId, fold::ListingState};
use serde_json::json;

use super::{
    ACTOR, Judged, Rematched, With,
    facts::{self, Ended},
    sites::Looked,
};
use crate::{
    assessment,
    audit::append_audit,
    case::{live, next_case_id, reason},
    error::{Error, Result},
    frontier,
    pool::{Store, locks, on, transaction},
};

/// A case that is live, or that stands for a fact.
#[derive(Clone, Debug, sqlx::FromRow)]
struct Held {
    id: String,
    host: String,
    state: String,
    reason: String,
    fact: Option<String>,
}

/// What became of a fact.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Opened {
    /// A case was opened for it.
    New(String),
    /// The site had a live case, which stands for it now.
    Marked,
    /// A case stands or stood for it.
    Known,
}

/// A case to open.
struct Opening<'a> {
    fact: &'a str,
    reason: &'static str,
    host: &'a str,
    about: Option<&'a str>,
    assessment_id: i64,
    evidence_root: &'a str,
    licence_match: &'a str,
    at: i64,
}

/// A site at or below the host of a licence that ended, on its way to a case.
struct Candidate {
    host: String,
    licence_match: String,
    assessment_id: i64,
    evidence_root: String,
}

/// What a run has seen so far that cases follow from.
pub(super) struct Follow {
    at: i64,
    cases: Vec<Held>,
    /// The live case of each site that has one, those about cancelling left out.
    live: HashMap<String, String>,
    /// Facts that a case stands for.
    known: HashSet<String>,
    /// Listings that a live licence suspends.
    suspended: Vec<ListingId>,
    /// By fact, the site that is to stand for it: the host of the row itself, or the shortest below it.
    ended: HashMap<String, Candidate>,
    /// Sites with a case that the register calls licensed.
    licensed: HashSet<String>,
}

impl Follow {
    pub(super) async fn read(store: &Store, with: &With) -> Result<Self> {
        const SQL: &str = concat!(
            "SELECT id, host, state, reason, fact FROM review_case WHERE ",
            live!(),
            " OR fact IS NOT NULL ORDER BY id"
        );
        let cases: Vec<Held> = on!(store, |db| sqlx::query_as(SQL).fetch_all(db).await)?;
        let live = cases.iter().filter(|case| case.is_live());
        let suspended = with.known.listings.iter().filter_map(|listing| {
            let id = &listing.statement.listing_id;
            matches!(listing.state, ListingState::Suspended { .. }).then(|| id.clone())
        });
        Ok(Self {
            at: with.at.0,
            live: live.map(|c| (c.host.clone(), c.id.clone())).collect(),
            known: cases.iter().filter_map(|case| case.fact.clone()).collect(),
            suspended: suspended.collect(),
            ended: HashMap::new(),
            licensed: HashSet::new(),
            cases,
        })
    }

    /// The live case of a site.
    pub(super) fn live(&self, host: &str) -> Option<&str> {
        self.live.get(host).map(String::as_str)
    }

    /// Takes a site. A licence that is gone from its register opens its case here, before the new
    /// match is kept: once it is, nothing tells any more that there was one.
    pub(super) async fn take(
        &mut self,
        store: &Store,
        site: &Looked,
        done: &mut Rematched,
    ) -> Result<()> {
        if site.licensed {
            self.licensed.insert(site.host.clone());
        }
        let fact = site.ended.as_ref().or(site.gone.as_ref());
        let Some(fact) = fact.filter(|ended| !self.known.contains(&ended.fact)) else {
            return Ok(());
        };
        let Some(assessed) = assessment::latest(store, &site.host).await? else {
            // Nothing is known of the site itself: it is looked at first, and `judged` goes on.
            if site.failed && site.changed {
                let name = DomainName::parse(&site.host).map_err(|e| Error::stored("site", e))?;
                done.revisits += u64::from(frontier::revisit(store, &name).await? > 0);
            }
            return Ok(());
        };
        let candidate = Candidate {
            host: site.host.clone(),
            licence_match: site.licence_match.clone(),
            assessment_id: assessed.id,
            evidence_root: assessed.evidence_root,
        };
        if site.ended.is_none() {
            return self.open_licence(store, &fact.fact, &candidate, done).await;
        }
        let rank = |host: &str| (host != fact.named.as_str(), host.len());
        let better = self
            .ended
            .get(&fact.fact)
            .is_none_or(|held| rank(&candidate.host) < rank(&held.host));
        if better {
            self.ended.insert(fact.fact.clone(), candidate);
        }
        Ok(())
    }

    /// Opens what is to be opened once all sites were seen, and ends what holds no more.
    pub(super) async fn end(self, store: &Store, done: &mut Rematched) -> Result<()> {
        let suspended: HashSet<String> = self.suspended.iter().map(facts::cancel).collect();
        for listing in &self.suspended {
            let fact = facts::cancel(listing);
            if !self.known.contains(&fact) {
                done.opened
                    .extend(open_cancel(store, &fact, listing, self.at).await?);
            }
        }
        let mut ended: Vec<_> = self.ended.iter().collect();
        ended.sort_by_key(|(fact, _)| *fact);
        for (fact, candidate) in ended {
            self.open_licence(store, fact, candidate, done).await?;
        }
        for case in &self.cases {
            let Some(fact) = &case.fact else { continue };
            let holds = if facts::is_cancel(fact) {
                suspended.contains(fact)
            } else {
                !self.licensed.contains(&case.host)
            };
            if !holds && forget(store, case, fact, self.at).await? {
                done.closed.push(case.id.clone());
            }
        }
        Ok(())
    }

    async fn open_licence(
        &self,
        store: &Store,
        fact: &str,
        site: &Candidate,
        done: &mut Rematched,
    ) -> Result<()> {
        let opening = Opening {
            fact,
            reason: reason::LICENCE,
            host: &site.host,
            about: None,
            assessment_id: site.assessment_id,
            evidence_root: &site.evidence_root,
            licence_match: &site.licence_match,
            at: self.at,
        };
        if let Opened::New(id) = open(store, &opening).await? {
            done.opened.push(id);
        }
        Ok(())
    }
}

impl Held {
    fn is_live(&self) -> bool {
        self.reason != reason::CANCEL
            && matches!(
                self.state.as_str(),
                "open" | "in_review" | "proposed" | "listed"
            )
    }
}

/// The live case of a site, those about cancelling left out.
pub(super) async fn live(store: &Store, host: &DomainName) -> Result<Option<String>> {
    Ok(on!(store, |db| sqlx::query_scalar(LIVE)
        .bind(host.as_str())
        .fetch_optional(db)
        .await)?)
}

/// The live case of a host.
const LIVE: &str = concat!(
    "SELECT id FROM review_case WHERE host = $1 AND reason <> 'cancel' AND ",
    live!()
);

/// Opens the case of a licence that ended, for a site that was just assessed.
pub(super) async fn open_judged(
    store: &Store,
    ended: &Ended,
    site: Judged<'_>,
    licence_match: &str,
) -> Result<Opened> {
    let opening = Opening {
        fact: &ended.fact,
        reason: reason::LICENCE,
        host: site.host.as_str(),
        about: None,
        assessment_id: site.assessment_id,
        evidence_root: site.evidence_root,
        licence_match,
        at: site.at,
    };
    open(store, &opening).await
}

/// Opens the case that asks to cancel the order of a suspended listing, on the evidence that the
/// listing itself stands on.
async fn open_cancel(
    store: &Store,
    fact: &str,
    listing: &ListingId,
    at: i64,
) -> Result<Option<String>> {
    const SQL: &str = "SELECT c.host, c.assessment_id, c.evidence_root, c.licence_match
        FROM proposal p JOIN review_case c ON c.id = p.case_id WHERE p.listing_id = $1";
    let found: Option<(String, i64, String, String)> = on!(store, |db| sqlx::query_as(SQL)
        .bind(listing.as_str())
        .fetch_optional(db)
        .await)?;
    let Some((host, assessment_id, evidence_root, licence_match)) = found else {
        // The log may come from another store; then its cases stand there.
        tracing::warn!(%listing, "a suspended listing has no case in this store");
        return Ok(None);
    };
    let opening = Opening {
        fact,
        reason: reason::CANCEL,
        host: &host,
        about: Some(listing.as_str()),
        assessment_id,
        evidence_root: &evidence_root,
        licence_match: &licence_match,
        at,
    };
    match open(store, &opening).await? {
        Opened::New(id) => Ok(Some(id)),
        Opened::Marked | Opened::Known => Ok(None),
    }
}

/// Opens a case for a fact, unless one stands or stood for it. Where a site has a live case already,
/// that one stands for the fact: officers look at a site once.
async fn open(store: &Store, new: &Opening<'_>) -> Result<Opened> {
    const KNOWN: &str = "SELECT COUNT(*) FROM review_case WHERE fact = $1";
    const MARK: &str = "UPDATE review_case SET fact = $1 WHERE id = $2";
    const OPEN: &str = "INSERT INTO review_case
        (id, host, opened_at, assessment_id, evidence_root, licence_match, state, reason, fact, about)
        VALUES ($1, $2, $3, $4, $5, $6, 'open', $7, $8, $9)";
    let detail = json!({ "fact": new.fact, "host": new.host });
    let opened = transaction!(store, locks::OFFICE, |tx| {
        let known: i64 = sqlx::query_scalar(KNOWN)
            .bind(new.fact)
            .fetch_one(&mut *tx)
            .await?;
        if known > 0 {
            return Ok(Opened::Known);
        }
        let live: Option<String> = match new.reason {
            reason::CANCEL => None,
            _ => {
                sqlx::query_scalar(LIVE)
                    .bind(new.host)
                    .fetch_optional(&mut *tx)
                    .await?
            }
        };
        if let Some(id) = live {
            sqlx::query(MARK)
                .bind(new.fact)
                .bind(&id)
                .execute(&mut *tx)
                .await?;
            append_audit!(tx, new.at, ACTOR, "marked", &id, &detail);
            Opened::Marked
        } else {
            let id = next_case_id!(tx, new.at);
            sqlx::query(OPEN)
                .bind(&id)
                .bind(new.host)
                .bind(new.at)
                .bind(new.assessment_id)
                .bind(new.evidence_root)
                .bind(new.licence_match)
                .bind(new.reason)
                .bind(new.fact)
                .bind(new.about)
                .execute(&mut *tx)
                .await?;
            append_audit!(tx, new.at, ACTOR, "opened", &id, &detail);
            Opened::New(id)
        }
    });
    Ok(opened)
}

/// Takes a fact that holds no more from its case, so that the same may open another one day. A case
/// that only the fact had opened, and that nobody has taken up, is closed; gives whether it was.
async fn forget(store: &Store, case: &Held, fact: &str, at: i64) -> Result<bool> {
    const FORGET: &str = "UPDATE review_case SET fact = NULL WHERE id = $1 AND fact = $2";
    const CLOSE: &str = "UPDATE review_case SET state = 'dismissed'
        WHERE id = $1 AND state = 'open' AND reason <> 'assessment'";
    let detail = json!({ "fact": fact });
    let closed = transaction!(store, locks::OFFICE, |tx| {
        let forgotten = sqlx::query(FORGET)
            .bind(&case.id)
            .bind(fact)
            .execute(&mut *tx)
            .await?
            .rows_affected();
        if forgotten == 0 {
            return Ok(false);
        }
        let closed = sqlx::query(CLOSE)
            .bind(&case.id)
            .execute(&mut *tx)
            .await?
            .rows_affected()
            == 1;
        let action = if closed { "closed" } else { "unmarked" };
        append_audit!(tx, at, ACTOR, action, &case.id, &detail);
        closed
    });
    Ok(closed)
}
