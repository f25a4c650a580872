//! Cases: what the crawler puts before officers, and where each stands.

mod reopen;

/// The condition under which a case waits for people or stands for a listing: one of these a host at a
/// time, those that ask to cancel an order left out.
macro_rules! live {
    () => {
        "state IN ('open', 'in_review', 'proposed', 'listed')"
    };
}
pub(crate) use live;

mod stage;

use blocklist::DomainName;

pub use reopen::Reopened;
pub(crate) use reopen::review_at;
pub use stage::stages;

use crate::{
    audit::append_audit,
    error::{Error, Result},
    pool::{Store, locks, on, storable, transaction},
};

/// A case the crawler opens.
#[derive(Clone, Copy, Debug)]
pub struct NewCase<'a> {
    /// The site.
    pub host: &'a DomainName,
    /// The assessment that led here.
    pub assessment_id: i64,
    /// The frozen evidence.
    pub evidence_root: &'a str,
    /// What the registers say, as JSON.
    pub licence_match: &'a str,
    /// When, in Unix seconds.
    pub at: i64,
}

/// One line of the queue.
#[derive(Clone, Debug, PartialEq, sqlx::FromRow)]
pub struct CaseRow {
    /// `C-2026-000001`.
    pub id: String,
    /// The site.
    pub host: String,
    /// `open`, `in_review`, `proposed`, `listed`, `dismissed`, `lifted`, `annulled` or `expired`.
    pub state: String,
    /// When it was opened.
    pub opened_at: i64,
    /// How sure the machine is that it is an exchange.
    pub exchange: f64,
    /// How sure it is that the site serves Kazakhstan.
    pub serves_kz: f64,
    /// `flag` or `review`.
    pub verdict: String,
    /// The listing proposed or made, if any.
    pub listing_id: Option<String>,
    /// Who proposed it, if any: an officer's id.
    pub proposed_by: Option<String>,
    /// What is asked of people, see [`reason`].
    pub reason: String,
    /// The listing whose order is to be cancelled, where that is what is asked.
    pub about: Option<String>,
    /// Who reviews it, if somebody took it: an officer's id.
    pub taken_by: Option<String>,
    /// Their display name: for the console only.
    pub taken_name: Option<String>,
}

/// What a case asks of people, as it stands in the store.
pub mod reason {
    /// The machine took the site for an exchange that serves Kazakhstan: is it to be listed?
    pub const ASSESSMENT: &str = "assessment";
    /// The licence of the site ended, or its register stopped it: what follows?
    pub const LICENCE: &str = "licence";
    /// The site is listed and licensed: its order is to be cancelled.
    pub const CANCEL: &str = "cancel";
}

/// A stored capture, as evidence shows it.
#[derive(Clone, Debug, PartialEq, sqlx::FromRow)]
pub struct CaptureRow {
    /// Its id.
    pub id: i64,
    /// What was asked for.
    pub url: String,
    /// When.
    pub fetched_at: i64,
    /// HTTP status.
    pub status: i64,
    /// Its type.
    pub content_type: String,
    /// The page's title.
    pub title: String,
    /// Hash of the body.
    pub body_sha256: String,
    /// Size of the body in octets.
    pub body_bytes: i64,
}

/// A move somebody made.
#[derive(Clone, Debug, PartialEq, Eq, sqlx::FromRow)]
pub struct DecisionRow {
    /// Who, by display name: for the console only.
    pub display_name: String,
    /// `take`, `dismiss`, `propose`, … as the table `decision` lists them.
    pub kind: String,
    /// Code of the reason.
    pub reason_code: String,
    /// The reason in words.
    pub reason: String,
    /// When.
    pub decided_at: i64,
    /// Of a dismissal: from when the same evidence asks again.
    pub review_at: Option<i64>,
}

/// What the machine did to a case, as the audit chain holds it.
#[derive(Clone, Debug, PartialEq, Eq, sqlx::FromRow)]
pub struct Change {
    /// When.
    pub at: i64,
    /// [`CRAWLER`], [`CALENDAR`] or [`crate::rematch::ACTOR`].
    pub actor: String,
    /// `opened`, `closed` or `rematched`; `reopened` or `renewed` by the crawler; `lapsed` by the calendar.
    pub action: String,
    /// More, as JSON; see [`crate::rematch`] and [`Reopened`].
    pub detail: String,
}

/// The statement that waits for, or has, its second signature.
#[derive(Clone, Debug, PartialEq, Eq, sqlx::FromRow)]
pub struct ProposalRow {
    /// The listing.
    pub listing_id: String,
    /// The bytes both officers sign.
    pub statement: Vec<u8>,
    /// Their hash, shown on the form that approves.
    pub statement_sha256: String,
    /// Who proposed.
    pub proposed_by: String,
    /// When.
    pub proposed_at: i64,
    /// How many have signed.
    pub signatures: i64,
}

/// A case with all that an officer needs to decide.
#[derive(Clone, Debug, PartialEq)]
pub struct CaseFile {
    /// The case.
    pub case: CaseRow,
    /// Root of the frozen evidence.
    pub evidence_root: String,
    /// The assessment, as JSON.
    pub report: String,
    /// What the registers say, as JSON.
    pub licence_match: String,
    /// What was captured of the site.
    pub captures: Vec<CaptureRow>,
    /// Moves so far, the first first.
    pub decisions: Vec<DecisionRow>,
    /// What changed registers and a new crawl did to it, the first first.
    pub changes: Vec<Change>,
    /// The live proposal, if any.
    pub proposal: Option<ProposalRow>,
}

/// The number after the last one, in the open transaction `tx`, which holds [`locks::OFFICE`]: numbers
/// follow one another without a gap. A macro, because the two engines' transactions are two types.
macro_rules! next_case_id {
    ($tx:ident, $at:expr) => {{
        let count: i64 = sqlx::query_scalar("SELECT COUNT(*) FROM review_case")
            .fetch_one(&mut *$tx)
            .await?;
        format!("C-{:04}-{:06}", blocklist::Timestamp($at).year(), count + 1)
    }};
}
pub(crate) use next_case_id;

/// Who the audit chain says it was when a crawl put a closed case before people again.
pub const CRAWLER: &str = "crawler";

/// Who the audit chain says it was when only time had passed.
pub const CALENDAR: &str = "calendar";

/// Opens a case, unless the host has a live one already, or a person closed its last one and nothing is
/// new in substance since (see [`Reopened`]); gives its id, or `None`. A live case that nobody has signed
/// on stands on the new evidence from then on. Numbers follow one another
/// without a gap, and of two crawls that judge one host at once, one opens the case.
pub async fn open(store: &Store, new: NewCase<'_>) -> Result<Option<String>> {
    const LIVE: &str = concat!(
        "SELECT id, state, evidence_root FROM review_case WHERE host = $1 AND reason <> 'cancel' AND ",
        live!()
    );
    const RENEW: &str = "UPDATE review_case SET assessment_id = $1, evidence_root = $2, licence_match = $3 WHERE id = $4";
    const JUDGED: &str = "SELECT verdict, report FROM assessment WHERE id = $1";
    const SQL: &str = "INSERT INTO review_case
        (id, host, opened_at, assessment_id, evidence_root, licence_match, state)
        VALUES ($1, $2, $3, $4, $5, $6, 'open')";
    let id = transaction!(store, locks::OFFICE, |tx| {
        let live: Option<(String, String, String)> = sqlx::query_as(LIVE)
            .bind(new.host.as_str())
            .fetch_optional(&mut *tx)
            .await?;
        if let Some((id, state, held)) = live {
            // Nobody has signed on what it stands on: from now on that is what the site shows today.
            if matches!(state.as_str(), "open" | "in_review") && held != new.evidence_root {
                let detail = serde_json::json!({ "evidence": new.evidence_root, "before": held });
                sqlx::query(RENEW)
                    .bind(new.assessment_id)
                    .bind(new.evidence_root)
                    .bind(new.licence_match)
                    .bind(&id)
                    .execute(&mut *tx)
                    .await?;
                append_audit!(tx, new.at, CRAWLER, "renewed", &id, &detail);
            }
            None
        } else {
            let seen: Vec<reopen::Seen> = sqlx::query_as(reopen::SEEN)
                .bind(new.host.as_str())
                .fetch_all(&mut *tx)
                .await?;
            let mut reopened = None;
            if !seen.is_empty() {
                let (verdict, report): (String, String) = sqlx::query_as(JUDGED)
                    .bind(new.assessment_id)
                    .fetch_one(&mut *tx)
                    .await?;
                let now = reopen::Now {
                    verdict: &verdict,
                    report: &report,
                    licence_match: new.licence_match,
                    at: new.at,
                };
                reopened = reopen::what_is_new(&seen, now);
                if reopened.is_none() {
                    return Ok(None);
                }
            }
            let id = next_case_id!(tx, new.at);
            sqlx::query(SQL)
                .bind(&id)
                .bind(new.host.as_str())
                .bind(new.at)
                .bind(new.assessment_id)
                .bind(new.evidence_root)
                .bind(new.licence_match)
                .execute(&mut *tx)
                .await?;
            if let Some(reopened) = &reopened {
                let detail = serde_json::json!(reopened);
                append_audit!(tx, new.at, CRAWLER, "reopened", &id, &detail);
            }
            Some(id)
        }
    });
    Ok(id)
}

const ROW: &str = "SELECT c.id, c.host, c.state, c.opened_at, a.exchange, a.serves_kz, a.verdict,
        p.listing_id, p.proposed_by, c.reason, c.about, c.taken_by, t.display_name AS taken_name
    FROM review_case c JOIN assessment a ON a.id = c.assessment_id LEFT JOIN officer t ON t.id = c.taken_by
    LEFT JOIN proposal p ON p.listing_id = (
        SELECT MAX(q.listing_id) FROM proposal q WHERE q.case_id = c.id AND c.state IN ('proposed', 'listed', 'lifted', 'annulled', 'expired'))";

/// All cases: orders to be cancelled first, then those that wait for somebody, the surest among them at
/// the top.
pub async fn queue(store: &Store) -> Result<Vec<CaseRow>> {
    let sql = format!(
        "{ROW} ORDER BY CASE WHEN c.reason = 'cancel' AND c.state IN ('open', 'in_review') THEN 0 WHEN c.state = 'proposed' THEN 1
            WHEN c.state IN ('open', 'in_review') THEN 2 WHEN c.state = 'listed' THEN 3 ELSE 4 END,
            a.exchange * a.serves_kz DESC, c.id"
    );
    Ok(on!(store, |db| sqlx::query_as(sqlx::AssertSqlSafe(sql))
        .fetch_all(db)
        .await)?)
}

/// One case with everything about it.
pub async fn load(store: &Store, id: &str) -> Result<Option<CaseFile>> {
    let sql = format!("{ROW} WHERE c.id = $1");
    let case: Option<CaseRow> = on!(store, |db| sqlx::query_as(sqlx::AssertSqlSafe(sql))
        .bind(&*storable(id))
        .fetch_optional(db)
        .await)?;
    let Some(case) = case else { return Ok(None) };
    const FILE: &str = "SELECT c.evidence_root, a.report, c.licence_match
        FROM review_case c JOIN assessment a ON a.id = c.assessment_id WHERE c.id = $1";
    const CAPTURES: &str =
        "SELECT id, url, fetched_at, status, content_type, title, body_sha256, body_bytes
        FROM capture WHERE host = $1 ORDER BY fetched_at, id";
    const DECISIONS: &str = "SELECT o.display_name, d.kind, d.reason_code, d.reason, d.decided_at, d.review_at
        FROM decision d JOIN officer o ON o.id = d.officer_id WHERE d.case_id = $1 ORDER BY d.decided_at, d.id";
    let (evidence_root, report, licence_match) = on!(store, |db| sqlx::query_as(FILE)
        .bind(&*storable(id))
        .fetch_one(db)
        .await)?;
    let captures = on!(store, |db| sqlx::query_as(CAPTURES)
        .bind(&case.host)
        .fetch_all(db)
        .await)?;
    let decisions = on!(store, |db| sqlx::query_as(DECISIONS)
        .bind(&*storable(id))
        .fetch_all(db)
        .await)?;
    const CHANGES: &str = "SELECT at, actor, action, detail FROM audit WHERE subject = $1 AND actor IN ($2, $3, $4) ORDER BY seq";
    let changes = on!(store, |db| sqlx::query_as(CHANGES)
        .bind(&*storable(id))
        .bind(crate::rematch::ACTOR)
        .bind(CRAWLER)
        .bind(CALENDAR)
        .fetch_all(db)
        .await)?;
    let proposal = match &case.listing_id {
        Some(listing_id) => proposal(store, listing_id).await?,
        None => None,
    };
    Ok(Some(CaseFile {
        case,
        evidence_root,
        report,
        licence_match,
        captures,
        decisions,
        changes,
        proposal,
    }))
}

/// The case a listing came from.
pub async fn of_listing(store: &Store, listing_id: &str) -> Result<Option<String>> {
    const SQL: &str = "SELECT case_id FROM proposal WHERE listing_id = $1";
    Ok(on!(store, |db| sqlx::query_scalar(SQL)
        .bind(&*storable(listing_id))
        .fetch_optional(db)
        .await)?)
}

/// A proposal and how many have signed it.
pub async fn proposal(store: &Store, listing_id: &str) -> Result<Option<ProposalRow>> {
    const SQL: &str =
        "SELECT p.listing_id, p.statement, p.statement_sha256, p.proposed_by, p.proposed_at,
            (SELECT COUNT(*) FROM signature s WHERE s.listing_id = p.listing_id) AS signatures
        FROM proposal p WHERE p.listing_id = $1";
    Ok(on!(store, |db| sqlx::query_as(SQL)
        .bind(&*storable(listing_id))
        .fetch_optional(db)
        .await)?)
}

/// The host of a case as a name.
pub fn host(case: &CaseRow) -> Result<DomainName> {
    DomainName::parse(&case.host).map_err(|error| Error::stored("review_case", error))
}

#[cfg(test)]
mod tests;
