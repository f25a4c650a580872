//! Once a UTC day the head of the internal audit chain goes into the public log: from then on not even
//! who owns the database can write that day anew without anybody seeing it.

use blocklist::{
    Digest, Timestamp,
    statement::{AuditAnchor, Statement, VERSION},
};
use tracing::error;

use super::{PublishError, Publisher, Step};
use crate::{
    audit::{self, Anchored, Head, Walked},
    error::{Error, Result},
    pool::on,
};

impl Publisher {
    /// Anchors the chain when a day has begun since the last anchor, or since the log began, and there
    /// are new rows. A chain that does not continue its last anchor is never anchored again: what is
    /// published goes on, and somebody has to look.
    pub(super) async fn anchor_audit(&mut self, now: i64) -> Result<(), PublishError> {
        let today = Timestamp(now).day_number();
        if self.audit_day == Some(today) {
            return Ok(());
        }
        let last = audit::anchors(&self.store).await?.pop();
        let since = match &last {
            Some(anchor) => Some(anchor.at),
            None => self.log_began().await?,
        };
        if since.is_some_and(|since| since.day_number() < today) {
            let from = last.as_ref().map_or_else(Head::default, |l| l.head.clone());
            let walked = self.walk_since(last).await?;
            if let Some(broken) = walked.broken.first() {
                error!(row = broken.row, %broken, "the audit chain was tampered with and is not anchored; run `qalqan db check`");
            } else if walked.head != from {
                let anchor = Statement::AuditAnchor(AuditAnchor {
                    v: VERSION,
                    origin: self.trust.origin.clone(),
                    rows: u64::try_from(walked.head.rows).unwrap_or_default(),
                    head: Digest::parse(&walked.head.hash)
                        .map_err(|error| Error::stored("audit", error))?,
                    at: Timestamp(now),
                });
                self.append_due(anchor, now).await?;
                (self.hook)(Step::Anchored);
            }
        }
        self.audit_day = Some(today);
        Ok(())
    }

    /// The rows since the last anchor, from the anchored row itself on: a chain that was cut off below
    /// it and grew again is not the one that was anchored.
    async fn walk_since(&self, last: Option<Anchored>) -> Result<Walked> {
        const BEFORE: &str = "SELECT hash FROM audit WHERE seq = $1";
        let Some(anchor) = last else {
            return audit::walk(&self.store, Head::default(), &[]).await;
        };
        let before = anchor.head.rows - 1;
        let hash: Option<String> = on!(self.store, |db| sqlx::query_scalar(BEFORE)
            .bind(before)
            .fetch_optional(db)
            .await)?;
        let from = hash.map_or_else(Head::default, |hash| Head { rows: before, hash });
        audit::walk(&self.store, from, &[anchor]).await
    }

    async fn log_began(&self) -> Result<Option<Timestamp>> {
        const SQL: &str = "SELECT sequenced_at FROM log_leaf WHERE position = 0";
        let at: Option<i64> = on!(self.store, |db| sqlx::query_scalar(SQL)
            .fetch_optional(db)
            .await)?;
        Ok(at.map(Timestamp))
    }
}
