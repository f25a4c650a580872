//! Assessments: what the machine found about a site, kept for ever.

use blocklist::DomainName;

use crate::error::Result;
use crate::pool::{Store, on, random_id};

/// An assessment to keep.
#[derive(Clone, Copy, Debug)]
pub struct NewAssessment<'a> {
    /// The site.
    pub host: &'a DomainName,
    /// Unix seconds.
    pub at: i64,
    /// Probability that it is an exchange, 0 to 1.
    pub exchange: f64,
    /// Probability that it serves Kazakhstan, 0 to 1.
    pub serves_kz: f64,
    /// `flag`, `review` or `clear`.
    pub verdict: &'a str,
    /// Root of the frozen evidence.
    pub evidence_root: &'a str,
    /// The assessment JSON.
    pub report: &'a str,
}

/// A kept assessment.
#[derive(Clone, Debug, PartialEq, sqlx::FromRow)]
pub struct AssessmentRow {
    /// Its id.
    pub id: i64,
    /// The site.
    pub host: String,
    /// Unix seconds.
    pub assessed_at: i64,
    /// Probability that it is an exchange.
    pub exchange: f64,
    /// Probability that it serves Kazakhstan.
    pub serves_kz: f64,
    /// `flag`, `review` or `clear`.
    pub verdict: String,
    /// Root of the frozen evidence.
    pub evidence_root: String,
    /// The assessment JSON.
    pub report: String,
}

/// Keeps an assessment and gives its id.
pub async fn add(store: &Store, new: NewAssessment<'_>) -> Result<i64> {
    const SQL: &str = "INSERT INTO assessment
        (id, host, assessed_at, exchange, serves_kz, verdict, evidence_root, report)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8)";
    let id = random_id()?;
    on!(store, |db| sqlx::query(SQL)
        .bind(id)
        .bind(new.host.as_str())
        .bind(new.at)
        .bind(new.exchange)
        .bind(new.serves_kz)
        .bind(new.verdict)
        .bind(new.evidence_root)
        .bind(new.report)
        .execute(db)
        .await
        .map(|_| ()))?;
    Ok(id)
}

/// The latest assessment of a host.
pub async fn latest(store: &Store, host: &str) -> Result<Option<AssessmentRow>> {
    const SQL: &str =
        "SELECT id, host, assessed_at, exchange, serves_kz, verdict, evidence_root, report
        FROM assessment WHERE host = $1 ORDER BY assessed_at DESC, id DESC LIMIT 1";
    Ok(on!(store, |db| sqlx::query_as(SQL)
        .bind(host)
        .fetch_optional(db)
        .await)?)
}
