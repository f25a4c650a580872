//! The first officer's move: the order is attached, the statement built and signed.

use blocklist::{
    Digest, ListingId, Timestamp,
    key::Role,
    lifecycle::{Decision, Proposed},
    statement::{List, Order, Statement, VERSION},
    time::DAY_SECONDS,
};

use super::{
    DecideError, MAX_DOCUMENT, MAX_LISTING_DAYS, NOTICE_SECONDS, Proposal, check_listing, fresh,
    legal, may_decide,
    moves::{Move, SIGNATURE},
    required,
    take::reviewed,
};
use crate::{
    case,
    error::{Error, Result},
    officer::{self, Officer},
    pool::{Store, locks, random_id, storable, transaction},
};

/// Proposes a listing: attaches the order, builds the statement, and signs it as the first officer.
pub async fn propose(
    store: &Store,
    officer: &Officer,
    password: &str,
    case_id: &str,
    proposal: Proposal,
    now: i64,
) -> Result<ListingId, DecideError> {
    may_decide(officer)?;
    check_form(&proposal)?;
    let file = case::load(store, case_id)
        .await?
        .ok_or(DecideError::Stale)?;
    // Whoever is asked to cancel an order does not answer with another.
    if file.case.reason == case::reason::CANCEL {
        return Err(DecideError::Stale);
    }
    let from = reviewed(store, officer, case_id).await?;
    let name = case::host(&file.case)?;
    fresh::for_proposal(store, &file, &name, now).await?;
    let trust = store.trust().await?;
    let raised = check_listing(store, officer, &name, proposal.scope, &proposal.basis).await?;
    legal::check_proposal(raised.as_deref(), proposal.urgent.as_deref())?;
    let key = officer::unlock(store, officer, password, now).await?;
    let document_sha256 = Digest::of(&proposal.document.bytes);
    let at = Timestamp(now);
    let effective_at = if raised.is_some() {
        at.plus(legal::AHEAD_SECONDS)
    } else if trust.demo || proposal.urgent.is_some() {
        at
    } else {
        at.plus(NOTICE_SECONDS)
    };
    let expires_at = effective_at.plus(i64::from(proposal.days) * DAY_SECONDS);
    let evidence_root =
        Digest::parse(&file.evidence_root).map_err(|e| Error::stored("review_case", e))?;
    let step = Move {
        id: random_id()?,
        case_id,
        from,
        to: "proposed",
        officer,
        kind: "propose",
        reason_code: &proposal.reason_code,
        reason: &proposal.reason,
        at: now,
        review_at: None,
    };
    let year = at.year();
    const LAST: &str = "SELECT MAX(listing_id) FROM proposal WHERE listing_id LIKE $1";
    const EVIDENCE: &str = "SELECT evidence_root FROM review_case WHERE id = $1";
    const DOCUMENT: &str = "INSERT INTO order_document
        (sha256, file_name, content_type, bytes, attached_by, attached_at)
        VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT (sha256) DO NOTHING";
    const PROPOSAL: &str = "INSERT INTO proposal
        (listing_id, case_id, statement, statement_sha256, order_sha256, proposed_by, proposed_at)
        VALUES ($1, $2, $3, $4, $5, $6, $7)";
    let listing_id = transaction!(store, locks::OFFICE, |tx| {
        enter_move!(tx, step);
        // A crawl may have renewed the evidence since the case was read.
        let stands_on: String = sqlx::query_scalar(EVIDENCE)
            .bind(case_id)
            .fetch_one(&mut *tx)
            .await?;
        if stands_on != file.evidence_root {
            return Err(DecideError::EvidenceChanged);
        }
        let last: Option<String> = sqlx::query_scalar(LAST)
            .bind(format!("Q-{year:04}-%"))
            .fetch_one(&mut *tx)
            .await?;
        let listing_id = following(year, last.as_deref())?;
        let list = List {
            v: VERSION,
            origin: trust.origin.clone(),
            name,
            scope: proposal.scope,
            listing_id: listing_id.clone(),
            basis: proposal.basis.clone(),
            order: Order {
                authority: proposal.authority.trim().to_owned(),
                number: proposal.number(),
                date: proposal.order_date,
                document_sha256,
            },
            evidence_root,
            effective_at,
            review_at: effective_at.plus(i64::from(proposal.days) * DAY_SECONDS / 2),
            expires_at,
        };
        let bytes = Statement::List(list.clone())
            .to_bytes()
            .map_err(|e| Error::stored("proposal", e))?;
        let sha256 = Digest::of(&bytes).to_string();
        let first = Decision::sign(&list, Role::Officer, &key, at)
            .map_err(|e| Error::stored("proposal", e))?;
        let signature = first.signature.signature;
        Proposed::new(list, first)?;
        sqlx::query(DOCUMENT)
            .bind(document_sha256.to_string())
            .bind(&*storable(&proposal.document.file_name))
            .bind(&*storable(&proposal.document.content_type))
            .bind(&proposal.document.bytes)
            .bind(&officer.id)
            .bind(now)
            .execute(&mut *tx)
            .await?;
        sqlx::query(PROPOSAL)
            .bind(listing_id.as_str())
            .bind(case_id)
            .bind(&bytes)
            .bind(&sha256)
            .bind(document_sha256.to_string())
            .bind(&officer.id)
            .bind(now)
            .execute(&mut *tx)
            .await?;
        if let Some(refusal) = &raised {
            sqlx::query(legal::MARK)
                .bind(listing_id.as_str())
                .bind(&refusal.list)
                .bind(refusal.protected.as_str())
                .bind(effective_at.0)
                .execute(&mut *tx)
                .await?;
        }
        sqlx::query(SIGNATURE)
            .bind(listing_id.as_str())
            .bind(1i64)
            .bind(&officer.id)
            .bind(officer.key_id.as_str())
            .bind(&sha256)
            .bind(&signature.0[..])
            .bind(now)
            .execute(&mut *tx)
            .await?;
        listing_id
    });
    Ok(listing_id)
}

fn check_form(proposal: &Proposal) -> Result<(), DecideError> {
    required("authority", &proposal.authority)?;
    // In an emergency the number may follow; the order itself never does.
    if proposal.urgent.is_none() || proposal.number().is_some() {
        required("order_number", &proposal.order_number)?;
    }
    required("reason", &proposal.reason_code)?;
    if let Some(urgent) = &proposal.urgent {
        required("urgent", urgent)?;
    }
    if proposal.document.bytes.is_empty() || proposal.document.bytes.len() > MAX_DOCUMENT {
        return Err(DecideError::Field("document"));
    }
    if !(1..=MAX_LISTING_DAYS).contains(&proposal.days) {
        return Err(DecideError::Field("days"));
    }
    Ok(())
}

fn following(year: i32, last: Option<&str>) -> Result<ListingId> {
    let sequence = last
        .and_then(|id| id.rsplit('-').next()?.parse::<u32>().ok())
        .map_or(1, |sequence| sequence + 1);
    ListingId::new(year, sequence).map_err(|e| Error::stored("proposal", e))
}
