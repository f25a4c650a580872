//! The release directory as static files: `/log/…`, `/list/…`, `/release`.

mod coding;
mod delta;
mod download;

pub(crate) use delta::delta;
pub(crate) use download::Tags;

use std::{path::PathBuf, sync::Arc};

use axum::{
    extract::{Path, State},
    http::HeaderMap,
    response::Response,
};
use blocklist::export::Format;

use crate::{centre::Centre, faults::Fault};

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

/// What is changed with each release is asked for again after this long; its tag says if it did.
const SHORT: &str = "public, max-age=5";
/// What never changes under its name.
const FOR_EVER: &str = "public, max-age=31536000, immutable";

/// Content type and caching by place: full tiles never change, partial ones and lists do.
fn kind(path: &str) -> (&'static str, &'static str) {
    if path.starts_with("log/tile/") {
        return ("application/octet-stream", FOR_EVER);
    }
    let of_format = Format::ALL.into_iter().find(|f| f.path() == path);
    let media_type = match (of_format, path.rsplit_once('.').map(|(_, ending)| ending)) {
        (Some(format), _) => format.media_type(),
        (None, Some("gz")) => "application/gzip",
        (None, Some("zst")) => "application/zstd",
        _ => "text/plain; charset=utf-8",
    };
    (media_type, SHORT)
}

async fn serve(centre: &Centre, path: &str, headers: &HeaderMap) -> Result<Response, Fault> {
    let parts = segments(path).ok_or(Fault::NOT_FOUND)?;
    let file: PathBuf = centre.release_dir.join(parts.iter().collect::<PathBuf>());
    let (media_type, caching) = kind(path);
    // Only lists are packed; elsewhere there is nothing to choose from.
    let packed = Format::ALL.into_iter().any(|f| f.path() == path);
    let codings = if packed {
        coding::accepted(headers)
    } else {
        Vec::new()
    };
    let mut answer = download::answer(&centre.tags, &file, &codings, headers).await?;
    download::dress(&mut answer, media_type, caching, packed);
    Ok(answer)
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
