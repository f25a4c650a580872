//! Frozen evidence: a manifest of a site's captures, named by its own hash.
//!
//! The manifest is an RFC 8785 JSON list of `{body_sha256, fetched_at, record_sha256, status, url}`; of
//! what came over TLS also `certificate_sha256` and `key_sha256`, which say who spoke for the site.
//! Its hash, the evidence root, stands in the statement that officers sign; whoever holds the
//! evidence files can check each record against it.

use blocklist::Digest;
use serde::{Deserialize, Serialize};

use crate::capture::Capture;
use crate::certificate::Served;
use crate::error::{Error, Result};
use crate::pool::{Store, on};

/// One line of a manifest.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Item {
    /// What was asked for.
    pub url: String,
    /// Unix seconds.
    pub fetched_at: i64,
    /// HTTP status.
    pub status: i64,
    /// Hex SHA-256 of the body.
    pub body_sha256: String,
    /// Hex SHA-256 of the stored record.
    pub record_sha256: String,
    /// Hex SHA-256 of the certificate (DER) it was delivered under; none over http, and in manifests
    /// frozen before it stood there.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub certificate_sha256: Option<String>,
    /// Hex SHA-256 of that certificate's SubjectPublicKeyInfo (RFC 7469 section 2.4); none where the
    /// certificate could not be read.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub key_sha256: Option<String>,
}

/// A certificate and what its key is.
#[derive(Clone, Debug)]
pub struct Spoke<'a> {
    /// The certificate, and the captures that were delivered under it.
    pub served: &'a Served,
    /// Hex SHA-256 of its SubjectPublicKeyInfo, where that could be read.
    pub key_sha256: Option<String>,
}

impl Item {
    fn of(capture: &Capture, spoke: &[Spoke<'_>]) -> Self {
        let delivered = |spoke: &&Spoke<'_>| spoke.served.captures.contains(&capture.id);
        let spoke = spoke.iter().find(delivered);
        Self {
            certificate_sha256: spoke.map(|spoke| spoke.served.sha256.clone()),
            key_sha256: spoke.and_then(|spoke| spoke.key_sha256.clone()),
            url: capture.url.clone(),
            fetched_at: capture.fetched_at,
            status: capture.status,
            body_sha256: capture.body_sha256.clone(),
            record_sha256: capture.record_sha256.clone(),
        }
    }
}

/// The manifest's canonical text and its hash. Items are sorted, so the same captures give the same
/// root in whatever order they were made.
pub fn manifest(captures: &[Capture], spoke: &[Spoke<'_>]) -> Result<(String, String)> {
    let item = |capture| Item::of(capture, spoke);
    let mut items: Vec<Item> = captures.iter().map(item).collect();
    items.sort();
    let bytes = blocklist::statement::to_canonical(&items)
        .map_err(|error| Error::stored("evidence", error))?;
    let root = Digest::of(&bytes).to_string();
    let text = String::from_utf8(bytes).map_err(|error| Error::stored("evidence", error))?;
    Ok((text, root))
}

/// Freezes the manifest of these captures and gives its root. The same captures freeze to the same row.
pub async fn freeze(
    store: &Store,
    host: &str,
    captures: &[Capture],
    spoke: &[Spoke<'_>],
    at: i64,
) -> Result<String> {
    const SQL: &str =
        "INSERT INTO evidence (root, host, manifest, created_at) VALUES ($1, $2, $3, $4)
        ON CONFLICT (root) DO NOTHING";
    let (manifest, root) = manifest(captures, spoke)?;
    on!(store, |db| sqlx::query(SQL)
        .bind(&root)
        .bind(host)
        .bind(&manifest)
        .bind(at)
        .execute(db)
        .await
        .map(|_| ()))?;
    Ok(root)
}

/// A frozen manifest, checked against its root.
pub async fn load(store: &Store, root: &str) -> Result<Option<Vec<Item>>> {
    const SQL: &str = "SELECT manifest FROM evidence WHERE root = $1";
    let text: Option<String> = on!(store, |db| sqlx::query_scalar(SQL)
        .bind(root)
        .fetch_optional(db)
        .await)?;
    let Some(text) = text else { return Ok(None) };
    if Digest::of(text.as_bytes()).to_string() != root {
        return Err(Error::stored(
            "evidence",
            format!("the manifest {root} does not have that hash"),
        ));
    }
    serde_json::from_str(&text)
        .map(Some)
        .map_err(|error| Error::stored("evidence", error))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{Engine, Scratch};

    fn capture(url: &str) -> Capture {
        Capture {
            id: 1,
            host: "a.test".into(),
            url: url.into(),
            fetched_at: 1_790_000_000,
            status: 200,
            content_type: "text/html".into(),
            charset: "UTF-8 (header)".into(),
            title: "қалқан\0".into(),
            body_sha256: "aa".repeat(32),
            body_bytes: 3,
            truncated: false,
            warc_file: "x.warc.gz".into(),
            warc_offset: 0,
            warc_length: 10,
            record_sha256: "bb".repeat(32),
        }
    }

    #[test]
    fn the_manifest_is_canonical_and_sorted() {
        let (text, root) = manifest(
            &[capture("http://a.test/b"), capture("http://a.test/a")],
            &[],
        )
        .unwrap();
        let a = "aa".repeat(32);
        let b = "bb".repeat(32);
        let item = |path: &str| {
            format!(
                r#"{{"body_sha256":"{a}","fetched_at":1790000000,"record_sha256":"{b}","status":200,"url":"http://a.test/{path}"}}"#
            )
        };
        assert_eq!(text, format!("[{},{}]", item("a"), item("b")));
        let other = [capture("http://a.test/a"), capture("http://a.test/b")];
        assert_eq!(root, manifest(&other, &[]).unwrap().1);
    }

    #[test]
    fn who_spoke_for_the_site_is_frozen_with_what_it_said() {
        let mut captures = [capture("https://a.test/"), capture("http://a.test/plain")];
        captures[1].id = 2;
        let served = Served {
            sha256: "cc".repeat(32),
            der: Vec::new(),
            captures: vec![1],
            url: "https://a.test/".into(),
            capture: "aa".repeat(32),
        };
        let spoke = |key: Option<&str>| Spoke {
            served: &served,
            key_sha256: key.map(str::to_owned),
        };
        let (text, root) = manifest(&captures, &[spoke(Some("dd"))]).unwrap();
        let cc = "cc".repeat(32);
        let certificate =
            format!(r#""certificate_sha256":"{cc}","fetched_at":1790000000,"key_sha256":"dd","#);
        assert_eq!(text.matches(&certificate).count(), 1, "{text}");
        let items: Vec<Item> = serde_json::from_str(&text).unwrap();
        assert_eq!(items[0].certificate_sha256, None, "{}", items[0].url);
        assert_eq!(items[1].certificate_sha256.as_ref(), Some(&cc));
        assert_ne!(root, manifest(&captures, &[spoke(None)]).unwrap().1);
        assert_ne!(root, manifest(&captures, &[]).unwrap().1);
    }

    crate::both_engines!(frozen_evidence_reads_back_and_notices_tampering);

    async fn frozen_evidence_reads_back_and_notices_tampering(engine: Engine) {
        let scratch = Scratch::new(engine).await;
        let store = scratch.open().await;
        let host = blocklist::DomainName::parse("a.test").unwrap();
        let url = crate::frontier::NewUrl {
            url: "http://a.test/".into(),
            host,
            depth: 0,
            priority: 1,
            source: crate::frontier::Source::Seed,
            found_on: None,
        };
        crate::frontier::add(&store, &[url], 5, 0).await.unwrap();
        crate::capture::add(&store, &capture("http://a.test/"))
            .await
            .unwrap();
        let captures = crate::capture::latest(&store, "a.test", 10).await.unwrap();
        assert_eq!(captures[0].title, "қалқан\u{fffd}");
        let root = freeze(&store, "a.test", &captures, &[], 1).await.unwrap();
        assert_eq!(
            freeze(&store, "a.test", &captures, &[], 2).await.unwrap(),
            root
        );
        assert_eq!(
            load(&store, &root).await.unwrap().unwrap()[0].url,
            "http://a.test/"
        );
        assert_eq!(load(&store, "00").await.unwrap(), None);
    }
}
