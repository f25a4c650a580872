//! Whether the store is whole: what hashes and signatures prove, and not what triggers promise.
//!
//! Triggers and constraints hold against this program and against mistakes at a console; whoever owns
//! the database can drop them. This looks at the bytes: the audit chain from its first row and
//! against its heads in the public log, every leaf with its signatures, every release that was signed, and every row that is named by its hash.

use std::path::Path;

use blocklist::{
    Digest, Release, Trust,
    key::{PublicKey, Role, SignatureBytes},
    leaf::Leaf,
    log,
    register::Snapshot,
    verify::Replay,
};

use crate::{
    audit,
    error::{Error, Result},
    pool::{Pool, Store, on},
    publish::files,
    queue, record,
};

/// Something that is not as it should be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    /// The table, or the file.
    pub table: &'static str,
    /// Which row: its key as text.
    pub row: String,
    /// What is wrong with it.
    pub problem: String,
}

/// What was looked at, and what was found.
#[derive(Clone, Debug, Default)]
pub struct Checked {
    /// Rows of the audit chain.
    pub audit_rows: i64,
    /// Heads of that chain in the public log.
    pub audit_anchors: usize,
    /// Leaves of the log.
    pub leaves: u64,
    /// Releases that were signed.
    pub releases: u64,
    /// Signatures of officers on proposals.
    pub signatures: u64,
    /// What is wrong; nothing when the store is whole.
    pub problems: Vec<Problem>,
}

impl Checked {
    #[expect(
        clippy::needless_pass_by_value,
        reason = "numbers and texts alike are handed over and end here"
    )]
    fn problem(&mut self, table: &'static str, row: impl ToString, problem: impl ToString) {
        self.problems.push(Problem {
            table,
            row: row.to_string(),
            problem: problem.to_string(),
        });
    }
}

/// Checks the whole store, and that it continues what is published in the directory `release`.
///
/// # Errors
/// Only when the store cannot be read; what is wrong in it is in the answer.
pub async fn check(store: &Store, release: &Path) -> Result<Checked> {
    let mut checked = Checked::default();
    file(store, &mut checked).await?;
    the_chain(store, &mut checked).await?;
    match store.trust().await {
        Ok(trust) => the_log(store, &trust, release, &mut checked).await?,
        // No log was made yet.
        Err(Error::NoLog) => {}
        Err(error) => checked.problem("meta", "trust", error),
    }
    signatures(store, &mut checked).await?;
    hashes(store, &mut checked).await?;
    Ok(checked)
}

/// What SQLite says of its own file. A PostgreSQL server looks after its files itself.
async fn file(store: &Store, checked: &mut Checked) -> Result<()> {
    let Pool::Sqlite(db) = &store.pool else {
        return Ok(());
    };
    let found: Vec<String> = sqlx::query_scalar("PRAGMA integrity_check")
        .fetch_all(db)
        .await?;
    for problem in found.iter().filter(|found| *found != "ok") {
        checked.problem("file", "", problem);
    }
    let missing: Vec<(String, Option<i64>, String, i64)> =
        sqlx::query_as("PRAGMA foreign_key_check")
            .fetch_all(db)
            .await?;
    for (table, row, parent, _) in missing {
        let row = row.unwrap_or_default();
        let problem = format!("row {row} of {table} refers to nothing in {parent}");
        checked.problem("file", row, problem);
    }
    Ok(())
}

/// The audit chain holds together, and is the one of which the public log holds the heads.
async fn the_chain(store: &Store, checked: &mut Checked) -> Result<()> {
    let anchors = audit::anchors(store).await?;
    let walked = audit::walk(store, audit::Head::default(), &anchors).await?;
    checked.audit_rows = walked.head.rows;
    checked.audit_anchors = anchors.len();
    for broken in walked.broken {
        checked.problem("audit", broken.row, broken.problem);
    }
    Ok(())
}

/// Leaves are dense, each is what was queued, each verifies, and they hash to every release that was
/// ever signed and to the checkpoint in the directory.
async fn the_log(
    store: &Store,
    trust: &Trust,
    release: &Path,
    checked: &mut Checked,
) -> Result<()> {
    const PLACES: &str = "SELECT position FROM log_leaf ORDER BY position";
    const OTHER: &str = "SELECT l.position FROM log_leaf l JOIN signed_statement s
        ON s.id = l.statement_id WHERE s.leaf <> l.leaf ORDER BY l.position";
    let places: Vec<i64> = on!(store, |db| sqlx::query_scalar(PLACES).fetch_all(db).await)?;
    if let Some((expected, place)) = (0..).zip(&places).find(|(at, place)| at != *place) {
        checked.problem(
            "log_leaf",
            place,
            format!("leaf {expected} is missing before it"),
        );
        return Ok(());
    }
    let other: Vec<i64> = on!(store, |db| sqlx::query_scalar(OTHER).fetch_all(db).await)?;
    for place in other {
        checked.problem(
            "log_leaf",
            place,
            "its bytes are not those that were queued",
        );
    }
    let leaves = record::leaves(store, 0, u64::MAX).await?;
    let Some((first, rest)) = leaves.split_first() else {
        return Ok(());
    };
    let mut replay = match Replay::begin(trust, first) {
        Ok(replay) => replay,
        Err(error) => {
            checked.problem("log_leaf", 0, with_causes(&error));
            return Ok(());
        }
    };
    let pushed = replay.push_all(rest);
    checked.leaves = replay.tree().size();
    if let Err(error) = pushed {
        checked.problem("log_leaf", replay.tree().size(), with_causes(&error));
        return Ok(());
    }
    queued(store, &replay, checked).await?;
    releases(store, trust, &replay, checked).await?;
    let checkpoint = release.join("log/checkpoint");
    let Some(note) = files::read(&checkpoint)? else {
        return Ok(());
    };
    match log::open_checkpoint(&note, trust) {
        Ok((size, root)) if hashes_to(&replay, size, root) => {}
        Ok((size, _)) => checked.problem(
            "log_leaf",
            "",
            format!("the first {size} leaves do not hash to the published checkpoint"),
        ),
        Err(error) => checked.problem("log_leaf", "", format!("{}: {error}", checkpoint.display())),
    }
    Ok(())
}

/// Whether the first `size` leaves are there and have this root.
fn hashes_to(replay: &Replay, size: u64, root: Digest) -> bool {
    replay.tree().root_at(size).is_ok_and(|held| held == root)
}

/// What waits for its place in the log verifies as well.
async fn queued(store: &Store, replay: &Replay, checked: &mut Checked) -> Result<()> {
    for pending in queue::pending(store).await? {
        let verified = Leaf::from_bytes(&pending.leaf)
            .map_err(|error| error.to_string())
            .and_then(|leaf| {
                let signed = replay.fold().check_signatures(&leaf);
                signed.map_err(|error| error.to_string())
            });
        if let Err(problem) = verified {
            checked.problem("signed_statement", pending.id, problem);
        }
    }
    Ok(())
}

async fn releases(
    store: &Store,
    trust: &Trust,
    replay: &Replay,
    checked: &mut Checked,
) -> Result<()> {
    const SQL: &str = "SELECT size, released_at, note FROM released ORDER BY size, released_at";
    let rows: Vec<(i64, i64, String)> = on!(store, |db| sqlx::query_as(SQL).fetch_all(db).await)?;
    for (size, at, note) in rows {
        let row = format!("{size} at {}", blocklist::Timestamp(at));
        let stands = Release::open(note.as_bytes(), trust)
            .map(|release| hashes_to(replay, release.size, release.root));
        match stands {
            Ok(true) => checked.releases += 1,
            Ok(false) => checked.problem("released", row, "the log does not hash to its root"),
            Err(error) => checked.problem("released", row, error),
        }
    }
    Ok(())
}

/// Each officer's signature stands over the bytes of its proposal or motion, by the key of that officer, and a
/// queued listing carries those of two.
async fn signatures(store: &Store, checked: &mut Checked) -> Result<()> {
    const SQL: &str = "SELECT s.listing_id, s.place, s.key_id, o.key_id, o.public_key, p.statement,
            s.statement_sha256, s.signature
        FROM signature s JOIN officer o ON o.id = s.officer_id
        JOIN proposal p ON p.listing_id = s.listing_id
        UNION ALL
        SELECT m.listing_id || ', ' || m.action || ' ' || m.id, s.place, s.key_id, o.key_id, o.public_key,
            m.statement, s.statement_sha256, s.signature
        FROM motion_signature s JOIN officer o ON o.id = s.officer_id JOIN motion m ON m.id = s.motion_id
        ORDER BY 1, 2";
    const ALONE: &str = "SELECT q.id FROM signed_statement q WHERE q.kind = 'list' AND 2 > (
        SELECT COUNT(DISTINCT s.officer_id) FROM signature s WHERE s.listing_id = q.listing_id)";
    type Row = (
        String,
        i64,
        String,
        String,
        Vec<u8>,
        Vec<u8>,
        String,
        Vec<u8>,
    );
    let rows: Vec<Row> = on!(store, |db| sqlx::query_as(SQL).fetch_all(db).await)?;
    for (listing, place, key_id, own_key, public, statement, sha256, signature) in rows {
        let row = format!("{listing}, place {place}");
        let stands = PublicKey::from_bytes(&public).is_ok_and(|key| {
            SignatureBytes::from_bytes(&signature)
                .is_ok_and(|signature| key.verify(Role::Officer, &statement, &signature))
                && key.id().as_str() == key_id
        });
        if key_id != own_key {
            checked.problem("signature", row, "made with another key than the officer's");
        } else if Digest::of(&statement).to_string() != sha256 {
            checked.problem("signature", row, "over other bytes than the proposal");
        } else if stands {
            checked.signatures += 1;
        } else {
            checked.problem("signature", row, "does not verify");
        }
    }
    let alone: Vec<i64> = on!(store, |db| sqlx::query_scalar(ALONE).fetch_all(db).await)?;
    for id in alone {
        checked.problem(
            "signed_statement",
            id,
            "a listing without the signatures of two officers",
        );
    }
    Ok(())
}

/// Rows named by the hash of what they hold.
async fn hashes(store: &Store, checked: &mut Checked) -> Result<()> {
    const TEXTS: &str = "SELECT root, manifest FROM evidence";
    const STATEMENTS: &str = "SELECT listing_id, statement_sha256, statement FROM proposal";
    const QUEUED: &str = "SELECT id, leaf_sha256, leaf FROM signed_statement";
    const SNAPSHOTS: &str = "SELECT sha256, snapshot FROM register_snapshot";
    const DOCUMENTS: &str = "SELECT sha256 FROM order_document";
    const DOCUMENT: &str = "SELECT bytes FROM order_document WHERE sha256 = $1";
    const OTHER: &str = "does not have the hash it is named by";
    let same = |hash: &str, bytes: &[u8]| Digest::of(bytes).to_string() == hash;

    let rows: Vec<(String, String)> = on!(store, |db| sqlx::query_as(TEXTS).fetch_all(db).await)?;
    for (root, manifest) in rows {
        if !same(&root, manifest.as_bytes()) {
            checked.problem("evidence", root, OTHER);
        }
    }
    let rows: Vec<(String, String, Vec<u8>)> =
        on!(store, |db| sqlx::query_as(STATEMENTS).fetch_all(db).await)?;
    for (listing, hash, statement) in rows {
        if !same(&hash, &statement) {
            checked.problem("proposal", listing, OTHER);
        }
    }
    let rows: Vec<(i64, String, Vec<u8>)> =
        on!(store, |db| sqlx::query_as(QUEUED).fetch_all(db).await)?;
    for (id, hash, leaf) in rows {
        if !same(&hash, &leaf) {
            checked.problem("signed_statement", id, OTHER);
        }
    }
    let rows: Vec<(String, String)> =
        on!(store, |db| sqlx::query_as(SNAPSHOTS).fetch_all(db).await)?;
    for (hash, text) in rows {
        match Snapshot::from_json(text.as_bytes()) {
            Ok(snapshot) if snapshot.digest().to_string() == hash => {}
            Ok(_) => checked.problem("register_snapshot", hash, OTHER),
            Err(error) => checked.problem("register_snapshot", hash, error),
        }
    }
    // Documents are large: one at a time.
    let documents: Vec<String> = on!(store, |db| sqlx::query_scalar(DOCUMENTS)
        .fetch_all(db)
        .await)?;
    for hash in documents {
        let bytes: Vec<u8> = on!(store, |db| sqlx::query_scalar(DOCUMENT)
            .bind(&hash)
            .fetch_one(db)
            .await)?;
        if !same(&hash, &bytes) {
            checked.problem("order_document", hash, OTHER);
        }
    }
    Ok(())
}

fn with_causes(error: &dyn std::error::Error) -> String {
    let mut words = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        words = format!("{words}: {error}");
        cause = error.source();
    }
    words
}
