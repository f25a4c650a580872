//! What would name a sender: sealed apart from the appeal while it is needed, erased afterwards.
//!
//! The seal keeps a contact out of every page, export and copy of the table that was not asked for it
//! by name; its key stands in the same database, so whoever holds the whole of it can open it.

use blocklist::{Digest, time::DAY_SECONDS};
use chacha20poly1305::{
    KeyInit as _, XChaCha20Poly1305, XNonce,
    aead::{Aead as _, Payload},
};

use super::{
    AppealError, State, decide,
    proof::PROOF_DAYS,
    trail::{Actor, Step},
};
use crate::{
    audit::append_audit,
    error::{Error, Result},
    officer::Officer,
    pool::{Store, locks, on, transaction},
    seal,
};

/// Days for which words and contact are kept after an appeal is closed: twelve months.
pub const KEEP_DAYS: i64 = 365;

/// The sender's words.
pub(super) const TEXT_PART: &str = "text";

/// What an officer answered the sender.
pub(super) const ANSWER_PART: &str = "answer";

pub(super) const WORDS: &str =
    "INSERT INTO appeal_words (appeal_id, part, words) VALUES ($1, $2, $3)";

pub(super) const CONTACT: &str = "INSERT INTO appeal_contact (appeal_id, sealed) VALUES ($1, $2)";

/// Name of the secret that seals contacts.
const KEY: &str = "appeal-contact";

const NONCE: usize = 24;

/// How many appeals one sweep closes or erases at most; the rest is the next one's.
const SWEPT: i64 = 500;

/// Seals contacts.
pub(super) struct Sealing(XChaCha20Poly1305);

impl Sealing {
    /// With the key of this store.
    pub(super) async fn of(store: &Store) -> Result<Self> {
        let Digest(key) = Digest::of(store.secret(KEY).await?.as_bytes());
        Ok(Self(XChaCha20Poly1305::new((&key).into())))
    }

    /// Nonce and ciphertext; the appeal is bound in, so that no contact moves to another.
    pub(super) fn seal(&self, id: &str, contact: &str) -> Result<Vec<u8>> {
        let mut sealed = vec![0; NONCE];
        seal::random(&mut sealed)?;
        let payload = Payload {
            msg: contact.as_bytes(),
            aad: id.as_bytes(),
        };
        let ciphertext = self
            .0
            .encrypt(&nonce(&sealed)?, payload)
            .map_err(|error| Error::stored("appeal_contact", error))?;
        sealed.extend(ciphertext);
        Ok(sealed)
    }

    fn open(&self, id: &str, sealed: &[u8]) -> Result<String> {
        let payload = Payload {
            msg: sealed.get(NONCE..).unwrap_or_default(),
            aad: id.as_bytes(),
        };
        let opened = self
            .0
            .decrypt(&nonce(sealed)?, payload)
            .map_err(|error| Error::stored("appeal_contact", error))?;
        String::from_utf8(opened).map_err(|error| Error::stored("appeal_contact", error))
    }
}

fn nonce(sealed: &[u8]) -> Result<XNonce> {
    let bytes: [u8; NONCE] = sealed
        .get(..NONCE)
        .and_then(|bytes| bytes.try_into().ok())
        .ok_or_else(|| Error::stored("appeal_contact", "the sealed contact is cut short"))?;
    Ok(bytes.into())
}

/// Opens the contact of an appeal for whoever has taken it; that it was opened is audited. `None`
/// when none was left, or it is erased.
///
/// # Errors
/// [`AppealError::NotTaken`] for anybody else.
pub async fn contact(
    store: &Store,
    officer: &Officer,
    id: &str,
    now: i64,
) -> Result<Option<String>, AppealError> {
    const SQL: &str = "SELECT sealed FROM appeal_contact WHERE appeal_id = $1";
    decide::holds(store, officer, id).await?;
    let sealed: Option<Vec<u8>> = on!(store, |db| sqlx::query_scalar(SQL)
        .bind(id)
        .fetch_optional(db)
        .await)?;
    let Some(sealed) = sealed else {
        return Ok(None);
    };
    let contact = Sealing::of(store).await?.open(id, &sealed)?;
    transaction!(store, locks::OFFICE, |tx| {
        append_audit!(
            tx,
            now,
            &officer.id,
            "appeal.contact",
            id,
            &serde_json::json!({})
        );
    });
    Ok(Some(contact))
}

/// What a [`sweep`] did.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Swept {
    /// Appeals of owners who did not prove control in time.
    pub lapsed: usize,
    /// Closed appeals whose words and contact were erased.
    pub erased: usize,
}

/// Closes what was never proved, and erases what is kept no longer; up to a bound at a time.
///
/// # Errors
/// When the store fails; what was swept before stays swept.
pub async fn sweep(store: &Store, now: i64) -> Result<Swept, AppealError> {
    const UNPROVED: &str = "SELECT a.id FROM appeal_check c JOIN appeal a ON a.id = c.appeal_id
        WHERE a.received_at <= $1 ORDER BY a.received_at, a.id LIMIT $2";
    const KEPT: &str = "SELECT e.appeal_id FROM appeal_event e
        WHERE e.state IN ('upheld', 'rejected', 'withdrawn') AND e.kind <> 'erase' AND e.at <= $1
            AND EXISTS (SELECT 1 FROM appeal_words w WHERE w.appeal_id = e.appeal_id)
        ORDER BY e.at, e.appeal_id LIMIT $2";
    let unproved: Vec<String> = on!(store, |db| sqlx::query_scalar(UNPROVED)
        .bind(now - PROOF_DAYS * DAY_SECONDS)
        .bind(SWEPT)
        .fetch_all(db)
        .await)?;
    for id in &unproved {
        lapse(store, id, now).await?;
    }
    let kept: Vec<String> = on!(store, |db| sqlx::query_scalar(KEPT)
        .bind(now - KEEP_DAYS * DAY_SECONDS)
        .bind(SWEPT)
        .fetch_all(db)
        .await)?;
    for id in &kept {
        erase(store, id, now).await?;
    }
    Ok(Swept {
        lapsed: unproved.len(),
        erased: kept.len(),
    })
}

pub(super) const NO_CHECK: &str = "DELETE FROM appeal_check WHERE appeal_id = $1";

async fn lapse(store: &Store, id: &str, now: i64) -> Result<(), AppealError> {
    transaction!(store, locks::OFFICE, |tx| {
        let (state, _) = last_state!(tx, id);
        // Proved or taken back this very moment.
        if state != State::ProofWanted {
            return Ok(());
        }
        enter_step!(
            tx,
            Step::new(id, "lapse", State::Withdrawn, Actor::Machine, now)
        );
        sqlx::query(NO_CHECK).bind(id).execute(&mut *tx).await?;
    });
    Ok(())
}

async fn erase(store: &Store, id: &str, now: i64) -> Result<(), AppealError> {
    const NO_WORDS: &str = "DELETE FROM appeal_words WHERE appeal_id = $1";
    const NO_CONTACT: &str = "DELETE FROM appeal_contact WHERE appeal_id = $1";
    transaction!(store, locks::OFFICE, |tx| {
        let (state, _) = last_state!(tx, id);
        let gone = sqlx::query(NO_WORDS).bind(id).execute(&mut *tx).await?;
        // Another process was first.
        if gone.rows_affected() == 0 {
            return Ok(());
        }
        sqlx::query(NO_CONTACT).bind(id).execute(&mut *tx).await?;
        enter_step!(tx, Step::new(id, "erase", state, Actor::Machine, now));
    });
    Ok(())
}
