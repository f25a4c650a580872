//! Headers on every answer.

use axum::{
    extract::Request,
    http::{HeaderMap, HeaderName, HeaderValue, header},
    middleware::Next,
    response::Response,
};

const CSP: &str = "default-src 'none'; style-src 'self'; img-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'";
const PERMISSIONS: &str = "accelerometer=(), autoplay=(), camera=(), display-capture=(), encrypted-media=(), fullscreen=(), geolocation=(), gyroscope=(), magnetometer=(), microphone=(), midi=(), payment=(), picture-in-picture=(), publickey-credentials-get=(), screen-wake-lock=(), usb=(), xr-spatial-tracking=()";

/// Sets a header unless the handler has set its own.
fn default(headers: &mut HeaderMap, name: HeaderName, value: &'static str) {
    headers
        .entry(name)
        .or_insert(HeaderValue::from_static(value));
}

/// Whether a path belongs to the officers' console, whose pages no cache may keep.
pub(crate) fn is_console(path: &str) -> bool {
    path.split('/').nth(2) == Some("console")
}

/// Whether a path belongs to the forms by which people object: what they hold is for one reader.
fn is_appeal(path: &str) -> bool {
    path.split('/').nth(2) == Some("appeal")
}

/// Headers of the public site and the console.
pub(crate) async fn site(request: Request, next: Next) -> Response {
    let path = request.uri().path();
    let forms = is_console(path) || is_appeal(path);
    let shared = ["/api/", "/log/", "/list/"]
        .iter()
        .any(|start| path.starts_with(start))
        || path == "/release"
        || path == "/openapi.json";
    let mut response = next.run(request).await;
    let headers = response.headers_mut();
    common(headers, CSP);
    // Not on the block page, which comes without TLS: browsers ignore it there and say so.
    default(
        headers,
        HeaderName::from_static("cross-origin-opener-policy"),
        "same-origin",
    );
    if forms {
        // Not `no-referrer`: with it browsers send `Origin: null` with forms, and where
        // Sec-Fetch-Site is missing (plain http) our own forms could not be told from foreign ones.
        default(headers, header::REFERRER_POLICY, "same-origin");
        default(headers, header::CACHE_CONTROL, "no-store");
    } else {
        default(headers, header::REFERRER_POLICY, "no-referrer");
        default(headers, header::CACHE_CONTROL, "no-cache");
    }
    // Public data may be read by any page anywhere; pages may not be framed or embedded.
    if shared {
        default(
            headers,
            HeaderName::from_static("cross-origin-resource-policy"),
            "cross-origin",
        );
        default(headers, header::ACCESS_CONTROL_ALLOW_ORIGIN, "*");
    } else {
        default(
            headers,
            HeaderName::from_static("cross-origin-resource-policy"),
            "same-origin",
        );
    }
    response
}

/// Headers that every listener sets.
pub(crate) fn common(headers: &mut HeaderMap, csp: &'static str) {
    default(headers, header::CONTENT_SECURITY_POLICY, csp);
    default(headers, header::X_CONTENT_TYPE_OPTIONS, "nosniff");
    default(headers, header::X_FRAME_OPTIONS, "DENY");
    default(
        headers,
        HeaderName::from_static("permissions-policy"),
        PERMISSIONS,
    );
}
