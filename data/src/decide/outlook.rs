//! When a listing would begin, told before it is signed.

use blocklist::{Timestamp, leaf::Leaf, statement::Statement};

use crate::{
    error::{Error, Result},
    pool::Store,
    queue,
};

/// What the cap on listings a day means for one more.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Outlook {
    /// When it would begin, were it the next to enter the log.
    pub begins: Timestamp,
    /// Whether the day it is meant for is full, so that it waits.
    pub full: bool,
    /// How many others begin on the day it is meant for; where that is full, as many as may.
    pub taken: usize,
}

/// When a listing meant for `effective_at` would begin: after those in the log, and those that two
/// officers have signed already. It waits its turn and is never refused.
///
/// # Errors
/// When the store fails or holds no log.
pub async fn outlook(store: &Store, effective_at: Timestamp) -> Result<Outlook> {
    let mut waiting = Vec::new();
    for pending in queue::pending(store).await? {
        let leaf = Leaf::from_bytes(&pending.leaf)
            .map_err(|error| Error::stored("signed_statement", error))?;
        if let Statement::List(list) = leaf.statement {
            waiting.push(list.effective_at);
        }
    }
    let mut record = store.read_record().await?;
    let fold = record.replay()?.fold();
    let (begins, taken) = fold.would_begin(&waiting, effective_at);
    Ok(Outlook {
        begins,
        full: begins > effective_at,
        taken,
    })
}
