//! One capture: what was fetched, when, its hashes, and its source as text.

use std::sync::Arc;

use askama::Template;
use axum::{
    extract::{Path, State},
    response::Response,
};
use data::{
    capture::Capture,
    evidence::{self, Item},
};

use crate::{
    centre::{CapturedBody, Centre},
    console::{case, listing::Field, propose, staff::Staff},
    faults::Fault,
    hostile,
    messages::key,
    page::{self, Page},
};

#[derive(Template)]
#[template(path = "console/capture.html")]
struct CapturePage {
    p: Page,
    case_path: String,
    fields: Vec<Field>,
    original: Option<String>,
    body: Option<String>,
    cut: bool,
}

/// Longest source text on a page, in characters.
const LONGEST_SOURCE: usize = 200_000;

/// Decodes a body in the charset the crawler read it in (WHATWG; UTF-8 when the label is unknown).
fn decode(body: &CapturedBody) -> String {
    let encoding =
        encoding_rs::Encoding::for_label(body.label().as_bytes()).unwrap_or(encoding_rs::UTF_8);
    encoding.decode(&body.bytes).0.into_owned()
}

/// What of a capture is frozen in its case, where it is.
fn frozen(manifest: Option<Vec<Item>>, capture: &Capture) -> Option<Item> {
    let same = |item: &Item| item.record_sha256 == capture.record_sha256;
    manifest?.into_iter().find(same)
}

fn fields(p: &Page, capture: &Capture, frozen: Option<Item>) -> Vec<Field> {
    let field = |name: &str, value: String, mono: bool| Field {
        name: p.t(name),
        value,
        mono,
    };
    let size = usize::try_from(capture.body_bytes).unwrap_or_default();
    let mut fields = vec![
        field(key("capture-page"), hostile::line(&capture.url, 500), true),
        field(
            key("capture-name"),
            hostile::line(&capture.title, 300),
            false,
        ),
        field(key("capture-time"), p.date_time(capture.fetched_at), false),
        field(key("capture-status"), capture.status.to_string(), false),
        field(
            key("capture-type"),
            hostile::line(
                &format!("{} · {}", capture.content_type, capture.charset),
                120,
            ),
            false,
        ),
        field(key("capture-size"), propose::size(p.lang, size), false),
        field(
            key("capture-body"),
            hostile::line(&capture.body_sha256, 64),
            true,
        ),
        field(
            key("capture-file"),
            hostile::line(
                &format!(
                    "{} @ {} + {}",
                    capture.warc_file, capture.warc_offset, capture.warc_length
                ),
                200,
            ),
            true,
        ),
        field(
            key("capture-record"),
            hostile::line(&capture.record_sha256, 64),
            true,
        ),
    ];
    if let Some(item) = frozen {
        let spoke = [
            (key("capture-certificate"), item.certificate_sha256),
            (key("capture-key"), item.key_sha256),
        ];
        let held = spoke
            .into_iter()
            .filter_map(|(name, hash)| Some((name, hash?)));
        fields.extend(held.map(|(name, hash)| field(name, hostile::line(&hash, 64), true)));
    }
    fields
}

/// `GET /{lang}/console/case/{id}/capture/{capture}`.
pub(crate) async fn capture(
    State(centre): State<Arc<Centre>>,
    staff: Staff,
    Path((_, id, capture)): Path<(String, String, i64)>,
) -> Result<Response, Fault> {
    let file = case::load(&centre, &id).await?;
    // Only captures of this case's site: a number from elsewhere finds nothing.
    let capture = data::capture::load(&centre.store, capture)
        .await
        .map_err(Fault::internal)?
        .filter(|capture| capture.host == file.case.host)
        .ok_or(Fault::NOT_FOUND)?;
    let case_path = format!("console/case/{}", file.case.id);
    let path = format!("{case_path}/capture/{}", capture.id);
    let p = staff.page(&centre, &path, &staff.word(key("capture-title")));
    let body = match &centre.load_body {
        Some(load) => load(capture.id).await,
        None => None,
    };
    let original = body.as_ref().and_then(|_| centre.evidence_link(capture.id));
    let text = body.as_ref().map(decode);
    let cut = text
        .as_ref()
        .is_some_and(|text| text.chars().count() > LONGEST_SOURCE);
    let body = text.map(|text| hostile::block(&text, LONGEST_SOURCE));
    let manifest = evidence::load(&centre.store, &file.evidence_root)
        .await
        .map_err(Fault::internal)?;
    let fields = fields(&p, &capture, frozen(manifest, &capture));
    Ok(page::ok(&CapturePage {
        p,
        case_path,
        fields,
        original,
        body,
        cut,
    }))
}
