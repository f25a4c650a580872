//! Being woken when a statement is queued, by whatever process on whatever machine.

use std::time::Duration;

use sqlx::postgres::PgListener;
use tracing::debug;

use super::{Pool, Store};
use crate::error::Result;

/// The channel that `signed_statement_wakes` in the migrations notifies.
const CHANNEL: &str = "qalqan_queue";

/// How long to wait before a lost connection is made anew.
const AGAIN: Duration = Duration::from_secs(1);

/// Hears of new statements in the queue. Hearing nothing proves nothing: whoever waits here looks
/// at the store from time to time all the same.
#[derive(Debug)]
pub struct Wakeups(Option<PgListener>);

impl Store {
    /// Begins to listen. On SQLite nothing is ever heard.
    pub async fn wakeups(&self) -> Result<Wakeups> {
        let Pool::Postgres(db) = &self.pool else {
            return Ok(Wakeups(None));
        };
        let mut listener = PgListener::connect_with(db).await?;
        listener.listen(CHANNEL).await?;
        Ok(Wakeups(Some(listener)))
    }
}

impl Wakeups {
    /// Whether anything can be heard at all.
    #[must_use]
    pub fn hears(&self) -> bool {
        self.0.is_some()
    }

    /// Waits until there is a reason to look. A lost connection is one: something may have been
    /// said meanwhile. Dropping the future loses nothing.
    pub async fn next(&mut self) {
        let Some(listener) = &mut self.0 else {
            return std::future::pending().await;
        };
        if let Err(error) = listener.try_recv().await {
            debug!(
                error = &error as &dyn std::error::Error,
                "not listening to the database"
            );
            tokio::time::sleep(AGAIN).await;
        }
    }
}
