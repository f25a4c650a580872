//! The release directory as static files: `/log/…`, `/list/…`, `/release`.

use std::{path::PathBuf, sync::Arc};

use axum::{
    extract::{Path, State},
    http::{HeaderMap, StatusCode, header},
    response::{IntoResponse, Response},
};
use sha2::{Digest, Sha256};

use crate::{centre::Centre, faults::Fault};

/// Largest file that is served, in bytes. A list of a million names stays below it.
const LARGEST: u64 = 128 * 1024 * 1024;

/// Splits a path into plain segments; anything that could leave the directory is refused.
fn segments(path: &str) -> Option<Vec<&str>> {
    let parts: Vec<&str> = path.split('/').collect();
    let plain = |part: &&str| {
        !part.is_empty()
            && part.len() <= 64
            && !part.starts_with('.')
            && part
                .bytes()
                .all(|b| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'-' | b'_'))
    };
    (parts.len() <= 8 && parts.iter().all(plain)).then_some(parts)
}

/// Content type and caching by place: full tiles never change, partial ones and lists do.
fn kind(path: &str) -> (&'static str, &'static str) {
    const SHORT: &str = "public, max-age=5";
    const FOR_EVER: &str = "public, max-age=31536000, immutable";
    if path.starts_with("log/tile/") {
        ("application/octet-stream", FOR_EVER)
    } else if path.ends_with("json") {
        ("application/json", SHORT)
    } else {
        ("text/plain; charset=utf-8", SHORT)
    }
}

async fn serve(centre: &Centre, path: &str, headers: &HeaderMap) -> Result<Response, Fault> {
    let parts = segments(path).ok_or(Fault::NOT_FOUND)?;
    let file: PathBuf = centre.release_dir.join(parts.iter().collect::<PathBuf>());
    let metadata = tokio::fs::metadata(&file)
        .await
        .map_err(|_| Fault::NOT_FOUND)?;
    if !metadata.is_file() {
        return Err(Fault::NOT_FOUND);
    }
    if metadata.len() > LARGEST {
        return Err(Fault::internal(format!(
            "{} is larger than {LARGEST} bytes",
            file.display()
        )));
    }
    let bytes = tokio::fs::read(&file).await.map_err(|_| Fault::NOT_FOUND)?;
    let hash = Sha256::digest(&bytes);
    let etag: String = hash
        .iter()
        .take(16)
        .map(|byte| format!("{byte:02x}"))
        .collect();
    let etag = format!("\"{etag}\"");
    let (content_type, caching) = kind(path);
    let known = headers.get_all(header::IF_NONE_MATCH).iter().any(|value| {
        value.to_str().is_ok_and(|tags| {
            tags.split(',').any(
                |tag| matches!(tag.trim().trim_start_matches("W/"), t if t == etag || t == "*"),
            )
        })
    });
    let fixed = [
        (header::ETAG, etag),
        (header::CACHE_CONTROL, caching.to_owned()),
    ];
    Ok(if known {
        (StatusCode::NOT_MODIFIED, fixed).into_response()
    } else {
        (fixed, [(header::CONTENT_TYPE, content_type)], bytes).into_response()
    })
}

/// `GET /log/{*path}`.
pub(crate) async fn log(
    State(centre): State<Arc<Centre>>,
    Path(path): Path<String>,
    headers: HeaderMap,
) -> Result<Response, Fault> {
    serve(&centre, &format!("log/{path}"), &headers).await
}

/// `GET /list/{name}`.
pub(crate) async fn list(
    State(centre): State<Arc<Centre>>,
    Path(name): Path<String>,
    headers: HeaderMap,
) -> Result<Response, Fault> {
    serve(&centre, &format!("list/{name}"), &headers).await
}

/// `GET /release`.
pub(crate) async fn release(
    State(centre): State<Arc<Centre>>,
    headers: HeaderMap,
) -> Result<Response, Fault> {
    serve(&centre, "release", &headers).await
}

/// The published checkpoint, for the page that explains how to verify.
pub(crate) async fn checkpoint(centre: &Centre) -> Option<String> {
    let bytes = tokio::fs::read(centre.release_dir.join("log/checkpoint"))
        .await
        .ok()?;
    String::from_utf8(bytes)
        .ok()
        .filter(|text| text.len() < 16_384)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn no_path_leaves_the_directory() {
        for bad in [
            "",
            "..",
            "list/../../etc/passwd",
            "list//rpz",
            "/etc/passwd",
            ".hidden",
            "list/.tmp",
            "list/a\\b",
            "list/a%2e",
            "list/a\0",
            "a/b/c/d/e/f/g/h/i",
            "list/ә",
        ] {
            assert!(segments(bad).is_none(), "{bad:?}");
        }
        assert_eq!(segments("log/tile/0/x001/234.p/5").unwrap().len(), 6);
    }

    proptest! {
        #[test]
        fn what_passes_is_plain(path in "[./a-z\\\\%-]{0,40}") {
            if let Some(parts) = segments(&path) {
                prop_assert!(parts.iter().all(|part| *part != ".." && !part.contains(['/', '\\'])));
            }
        }
    }
}
