//! What a ceremony stores, in one transaction.

use blocklist::{Digest, Trust, leaf::Leaf, register::Snapshot};

use super::CeremonyError;
use crate::{
    audit::append_audit,
    error::Error,
    officer::{self, Account},
    pool::{Store, locks, transaction},
    queue, record, register,
};

/// What a ceremony stores: signed leaves for the queue and whatever they speak of, all or nothing.
pub(super) struct Change<'a> {
    pub(super) leaves: &'a [Leaf],
    pub(super) accounts: &'a [Account],
    pub(super) snapshot: Option<&'a Snapshot>,
    pub(super) trust: Option<&'a Trust>,
}

impl<'a> Change<'a> {
    pub(super) fn of(leaves: &'a [Leaf]) -> Self {
        Self {
            leaves,
            accounts: &[],
            snapshot: None,
            trust: None,
        }
    }

    pub(super) async fn store(&self, store: &Store, now: i64) -> Result<(), CeremonyError> {
        let snapshot = self
            .snapshot
            .map(serde_json::to_string)
            .transpose()
            .map_err(|e| Error::stored("register_snapshot", e))?;
        transaction!(store, locks::OFFICE, |tx| {
            for account in self.accounts {
                let person = &account.officer;
                sqlx::query(officer::INSERT)
                    .bind(&person.id)
                    .bind(&person.login)
                    .bind(&person.display_name)
                    .bind(person.role.as_str())
                    .bind(&account.password_phc)
                    .bind(person.key_id.as_str())
                    .bind(&account.public_key.as_bytes()[..])
                    .bind(&account.sealed_key)
                    .bind(now)
                    .execute(&mut *tx)
                    .await
                    .map_err(taken(&person.login))?;
            }
            if let (Some(snapshot), Some(text)) = (self.snapshot, &snapshot) {
                sqlx::query(register::INSERT)
                    .bind(snapshot.digest().to_string())
                    .bind(&snapshot.register)
                    .bind(snapshot.taken_on.start().0)
                    .bind(&snapshot.source)
                    .bind(text)
                    .execute(&mut *tx)
                    .await?;
            }
            if let Some(trust) = self.trust {
                // Of two that begin at once, on whatever machine, one makes the log.
                let made = sqlx::query(
                    "INSERT INTO meta (key, value) VALUES ($1, $2) ON CONFLICT (key) DO NOTHING",
                )
                .bind(record::TRUST)
                .bind(trust.to_json())
                .execute(&mut *tx)
                .await?;
                if made.rows_affected() == 0 {
                    return Err(CeremonyError::Exists);
                }
            }
            for leaf in self.leaves {
                let bytes = leaf
                    .to_bytes()
                    .map_err(|e| Error::stored("signed_statement", e))?;
                let sha256 = Digest::of(&bytes).to_string();
                let on_its_way: i64 = sqlx::query_scalar(queue::COUNT)
                    .bind(&sha256)
                    .fetch_one(&mut *tx)
                    .await?;
                if on_its_way > 0 {
                    // The same bytes, signed within one second.
                    continue;
                }
                let action = leaf.statement.action();
                sqlx::query(queue::INSERT)
                    .bind(action)
                    .bind(None::<&str>)
                    .bind(&bytes)
                    .bind(&sha256)
                    .bind(now)
                    .execute(&mut *tx)
                    .await?;
                let signers: Vec<_> = leaf.signatures.iter().map(|s| s.key_id.as_str()).collect();
                let detail = serde_json::json!({ "signed_by": signers });
                append_audit!(tx, now, "cli", action, "log", &detail);
            }
        });
        Ok(())
    }
}

fn taken(login: &str) -> impl FnOnce(sqlx::Error) -> CeremonyError {
    move |error| {
        if is_unique_violation(&error) {
            CeremonyError::LoginTaken(login.to_owned())
        } else {
            CeremonyError::Store(error.into())
        }
    }
}

fn is_unique_violation(error: &sqlx::Error) -> bool {
    error
        .as_database_error()
        .is_some_and(sqlx::error::DatabaseError::is_unique_violation)
}
