//! Walking the chain: each row against its own hash, the row before it, and what the public log holds
//! of it.
//!
//! The chain alone shows a change by somebody who cannot compute it anew. Who owns the database can:
//! then the head no longer is the one of which a leaf of the public log was made.

use std::fmt;

use blocklist::{Timestamp, leaf::Leaf, statement::Statement};

use super::{Row, START, hash};
use crate::{
    error::Result,
    pool::{Store, on},
};

/// Rows read at once, so that a long chain is never in memory whole.
const PAGE: i64 = 1000;

/// A place in the chain.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Head {
    /// Rows up to here.
    pub rows: i64,
    /// Hash of the last of them.
    pub hash: String,
}

impl Default for Head {
    /// Before the first row.
    fn default() -> Self {
        Self {
            rows: 0,
            hash: START.to_owned(),
        }
    }
}

/// A head of the chain that stands in the public log.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Anchored {
    /// Position of the leaf.
    pub leaf: i64,
    /// When the publisher read the head.
    pub at: Timestamp,
    /// The head.
    pub head: Head,
}

/// A row that is not as it was written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Broken {
    /// Its place, from 1.
    pub row: i64,
    /// What is wrong with it.
    pub problem: String,
}

impl fmt::Display for Broken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "row {} {}", self.row, self.problem)
    }
}

/// What a walk found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Walked {
    /// Where the chain ends.
    pub head: Head,
    /// Every row that does not fit; none when the chain is whole.
    pub broken: Vec<Broken>,
}

/// Walks the rows after `from`, which is taken as it is. `anchors` are in the order of the log; those at
/// or before `from` are not looked at.
///
/// # Errors
/// Only when the store cannot be read; what is wrong in it is in the answer.
pub async fn walk(store: &Store, from: Head, anchors: &[Anchored]) -> Result<Walked> {
    const SQL: &str = "SELECT seq, at, actor, action, subject, detail, prev_hash, hash FROM audit
        WHERE seq > $1 ORDER BY seq LIMIT $2";
    let ahead = anchors
        .iter()
        .filter(|anchor| anchor.head.rows > from.rows)
        .collect();
    let mut walk = Walk {
        ahead,
        anchored: from.rows,
        walked: Walked {
            head: from,
            broken: Vec::new(),
        },
    };
    loop {
        let rows: Vec<Row> = on!(store, |db| sqlx::query_as(SQL)
            .bind(walk.walked.head.rows)
            .bind(PAGE)
            .fetch_all(db)
            .await)?;
        if rows.is_empty() {
            return Ok(walk.end());
        }
        for row in rows {
            walk.take(row);
        }
    }
}

struct Walk<'a> {
    /// Anchors not yet passed.
    ahead: Vec<&'a Anchored>,
    /// The last row of which an anchor says that it is as it was.
    anchored: i64,
    walked: Walked,
}

impl Walk<'_> {
    fn take(&mut self, row: Row) {
        let Row {
            seq,
            at,
            actor,
            action,
            subject,
            detail,
            prev_hash,
            hash: stored,
        } = row;
        let (last, before) = (self.walked.head.rows, &self.walked.head.hash);
        if seq != last + 1 {
            let problem = format!("is missing: row {seq} comes after row {last}");
            self.broken(last + 1, problem);
        } else if prev_hash != *before {
            let problem = format!(
                "does not continue row {last}: that row was changed, or one of the two put in between"
            );
            self.broken(seq, problem);
        }
        if hash(seq, at, &actor, &action, &subject, &detail, &prev_hash) != stored {
            self.broken(seq, "was changed: it does not have the hash it had".into());
        }
        self.walked.head = Head {
            rows: seq,
            hash: stored,
        };
        self.compare();
    }

    /// Compares the row just taken with what the public log holds of it.
    fn compare(&mut self) {
        let here = self.walked.head.clone();
        let (passed, ahead): (Vec<_>, Vec<_>) = self
            .ahead
            .drain(..)
            .partition(|anchor| anchor.head.rows <= here.rows);
        self.ahead = ahead;
        for anchor in passed {
            if anchor.head == here {
                self.anchored = here.rows;
            } else if anchor.head.rows == here.rows {
                let problem = format!(
                    "does not have the hash that leaf {} of the public log holds of it since {}: it, or a row after row {}, was changed, and the chain computed anew",
                    anchor.leaf, anchor.at, self.anchored
                );
                self.broken(here.rows, problem);
                // Whatever stands behind it has other hashes, too; the first says where to look.
                self.ahead.clear();
                return;
            }
        }
    }

    fn end(mut self) -> Walked {
        let last = self.walked.head.rows;
        if let Some(anchor) = self.ahead.first() {
            let problem = format!(
                "is missing: the chain ends at row {last}, and leaf {} of the public log holds that it had {} rows at {}",
                anchor.leaf, anchor.head.rows, anchor.at
            );
            self.broken(last + 1, problem);
        }
        self.walked
    }

    fn broken(&mut self, row: i64, problem: String) {
        self.walked.broken.push(Broken { row, problem });
    }
}

/// The heads of this chain that stand in the public log, in the order of the log.
pub async fn anchors(store: &Store) -> Result<Vec<Anchored>> {
    // What the publisher adds by itself was never queued.
    const SQL: &str =
        "SELECT position, leaf FROM log_leaf WHERE statement_id IS NULL ORDER BY position";
    let leaves: Vec<(i64, Vec<u8>)> = on!(store, |db| sqlx::query_as(SQL).fetch_all(db).await)?;
    let anchor = |(leaf, bytes): (i64, Vec<u8>)| match Leaf::from_bytes(&bytes).ok()?.statement {
        Statement::AuditAnchor(anchor) => Some(Anchored {
            leaf,
            at: anchor.at,
            head: Head {
                rows: i64::try_from(anchor.rows).unwrap_or(i64::MAX),
                hash: anchor.head.to_string(),
            },
        }),
        // A leaf that does not parse is found where the log is checked.
        _ => None,
    };
    Ok(leaves.into_iter().filter_map(anchor).collect())
}
