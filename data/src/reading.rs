//! What the console reads beside a proposal: the order document, and who signed.

use crate::{
    decide::Document,
    error::Result,
    pool::{Store, on, storable},
};

/// A signature on a proposal.
#[derive(Clone, Debug, PartialEq, Eq, sqlx::FromRow)]
pub struct SignatureRow {
    /// 1 for the proposer, 2 for the second officer.
    pub place: i64,
    /// Who, by display name: for the console only.
    pub display_name: String,
    /// Their key.
    pub key_id: String,
    /// When.
    pub signed_at: i64,
}

/// The order document of a listing.
pub async fn order_document(store: &Store, listing_id: &str) -> Result<Option<Document>> {
    const SQL: &str = "SELECT d.file_name, d.content_type, d.bytes
        FROM proposal p JOIN order_document d ON d.sha256 = p.order_sha256 WHERE p.listing_id = $1";
    let row: Option<(String, String, Vec<u8>)> = on!(store, |db| sqlx::query_as(SQL)
        .bind(&*storable(listing_id))
        .fetch_optional(db)
        .await)?;
    Ok(row.map(|(file_name, content_type, bytes)| Document {
        file_name,
        content_type,
        bytes,
    }))
}

/// Who signed a proposal, the first first.
pub async fn signatures(store: &Store, listing_id: &str) -> Result<Vec<SignatureRow>> {
    const SQL: &str = "SELECT s.place, o.display_name, s.key_id, s.signed_at
        FROM signature s JOIN officer o ON o.id = s.officer_id WHERE s.listing_id = $1 ORDER BY s.place";
    Ok(on!(store, |db| sqlx::query_as(SQL)
        .bind(&*storable(listing_id))
        .fetch_all(db)
        .await)?)
}

#[cfg(test)]
mod tests {
    use crate::{
        decide,
        testing::{self, Engine},
    };

    crate::both_engines!(a_proposal_is_read_back_with_its_order_and_signatures);

    async fn a_proposal_is_read_back_with_its_order_and_signatures(engine: Engine) {
        let centre = testing::Centre::on(engine).await;
        let case = centre.plant_case("obmen.test").await;
        let (store, now) = (&centre.store, testing::NOW + 60);
        let id = decide::propose(
            store,
            &centre.first,
            testing::PASSWORD,
            &case,
            testing::proposal(),
            now,
        )
        .await
        .unwrap();
        let document = super::order_document(store, id.as_str())
            .await
            .unwrap()
            .unwrap();
        assert_eq!(document.bytes, b"The order.");
        let signed = super::signatures(store, id.as_str()).await.unwrap();
        assert_eq!(signed.len(), 1);
        assert_eq!(
            (signed[0].place, signed[0].display_name.as_str()),
            (1, "officer-1")
        );
    }
}
