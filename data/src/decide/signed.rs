//! What was signed of a proposal before, and the last look at a leaf before it is stored.

use blocklist::{
    Timestamp,
    key::{KeyId, Role, SignatureBytes},
    leaf::{Leaf, LeafSignature},
    lifecycle::Decision,
    statement::List,
};

use crate::{
    error::{Error, Result},
    pool::{Store, on},
};

/// The officers' decisions on a proposal, the proposer's first; `N` of them are there.
pub(super) async fn decisions<const N: usize>(store: &Store, list: &List) -> Result<[Decision; N]> {
    const SQL: &str = "SELECT key_id, signature, signed_at FROM signature
        WHERE listing_id = $1 AND place < 3 ORDER BY place";
    let rows: Vec<(String, Vec<u8>, i64)> = on!(store, |db| sqlx::query_as(SQL)
        .bind(list.listing_id.as_str())
        .fetch_all(db)
        .await)?;
    let decision = |(key_id, signature, signed_at): (String, Vec<u8>, i64)| {
        let wrong = |error| Error::stored("signature", error);
        let signature = SignatureBytes::from_bytes(&signature);
        Ok(Decision {
            signature: LeafSignature {
                role: Role::Officer,
                key_id: KeyId::try_from(key_id).map_err(|e| Error::stored("signature", e))?,
                signature: signature.map_err(wrong)?,
            },
            at: Timestamp(signed_at),
            evidence_root: list.evidence_root,
        })
    };
    let all = rows.into_iter().map(decision).collect::<Result<Vec<_>>>()?;
    let found = all.len();
    all.try_into()
        .map_err(|_| Error::stored("signature", format!("{found} officers signed, not {N}")))
}

/// The bytes that are queued for the log. What the log would refuse must not enter the queue: a
/// statement or signature that was altered in the store shows here, before anything is stored.
pub(crate) async fn for_the_log(store: &Store, leaf: &Leaf) -> Result<Vec<u8>> {
    let mut record = store.read_record().await?;
    let fold = record.replay()?.fold();
    fold.check_signatures(leaf)
        .map_err(|error| Error::stored("signature", error))?;
    leaf.to_bytes()
        .map_err(|error| Error::stored("signed_statement", error))
}
