//! The style sheet and the mark: the only files a page loads.

use std::sync::LazyLock;

use axum::{
    extract::Path,
    http::{StatusCode, header},
    response::{IntoResponse, Response},
};
use sha2::{Digest, Sha256};

static CSS: &str = include_str!("../assets/qalqan.css");
static ICON: &str = include_str!("../assets/shield.svg");
static ORNAMENT: &str = include_str!("../assets/ornament.svg");

/// Address of the mark.
pub(crate) const ICON_PATH: &str = "/assets/shield.svg";

static CSS_PATH: LazyLock<String> = LazyLock::new(|| {
    let hash = Sha256::digest(CSS.as_bytes());
    let short: String = hash
        .iter()
        .take(6)
        .map(|byte| format!("{byte:02x}"))
        .collect();
    format!("/assets/qalqan-{short}.css")
});

/// Address of the style sheet; the hash of its content is in the name, so it can be kept for ever.
pub(crate) fn css_path() -> &'static str {
    &CSS_PATH
}

/// `GET /assets/{name}`.
pub(crate) async fn asset(Path(name): Path<String>) -> Response {
    const FOR_EVER: &str = "public, max-age=31536000, immutable";
    const A_DAY: &str = "public, max-age=86400";
    let (content_type, caching, body) = match name.as_str() {
        "shield.svg" => ("image/svg+xml", A_DAY, ICON),
        "ornament.svg" => ("image/svg+xml", A_DAY, ORNAMENT),
        css if CSS_PATH.strip_prefix("/assets/") == Some(css) => {
            ("text/css; charset=utf-8", FOR_EVER, CSS)
        }
        _ => return StatusCode::NOT_FOUND.into_response(),
    };
    (
        [
            (header::CONTENT_TYPE, content_type),
            (header::CACHE_CONTROL, caching),
        ],
        body,
    )
        .into_response()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_style_sheet_is_small_and_loads_nothing_from_elsewhere() {
        assert!(CSS.len() <= 30_000, "{} bytes", CSS.len());
        assert!(!CSS.contains("://") && !CSS.contains("@import") && !CSS.contains("data:"));
    }
}
