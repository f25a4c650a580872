//! `GET /list/delta/{serial}`: everything that changed since a serial, in one answer.
//!
//! On a plain file server the same address gives the one step that follows the serial; whoever asks
//! goes on from `to` until nothing changes. Here the steps are put together.

use std::sync::Arc;

use axum::{
    extract::{Path, State},
    http::{HeaderMap, StatusCode, header},
    response::{IntoResponse as _, Response},
};
use blocklist::Delta;
use sha2::{Digest as _, Sha256};

use super::{SHORT, download};
use crate::{centre::Centre, faults::Fault};

/// The most that is read for one answer, in octets; what is left over is asked for again.
const LARGEST: usize = 32 << 20;

pub(crate) async fn delta(
    State(centre): State<Arc<Centre>>,
    Path(serial): Path<String>,
    headers: HeaderMap,
) -> Result<Response, Fault> {
    // One spelling of a number has one file.
    let serial = serial
        .parse::<u32>()
        .ok()
        .filter(|number| number.to_string() == serial)
        .ok_or(Fault::NOT_FOUND)?;
    let mut read = 0;
    let mut all = step(&centre, serial, &mut read)
        .await?
        .ok_or(Fault::NOT_FOUND)?;
    while all.to != all.from && read < LARGEST {
        let next = step(&centre, all.to, &mut read).await?;
        match next.filter(|next| next.to != next.from) {
            Some(next) => {
                let told = format!("list/delta/{} does not follow", next.from);
                all = all.then(next).ok_or_else(|| Fault::internal(told))?;
            }
            None => break,
        }
    }
    let body = blocklist::statement::to_canonical(&all).map_err(Fault::internal)?;
    let tag = download::tag(&Sha256::digest(&body));
    let fixed = [
        (header::ETAG, tag.clone()),
        (header::CACHE_CONTROL, SHORT.to_owned()),
    ];
    Ok(if download::is_known(&headers, &tag) {
        (StatusCode::NOT_MODIFIED, fixed).into_response()
    } else {
        let json = [(header::CONTENT_TYPE, "application/json")];
        (fixed, json, body).into_response()
    })
}

async fn step(centre: &Centre, serial: u32, read: &mut usize) -> Result<Option<Delta>, Fault> {
    let file = centre.release_dir.join(format!("list/delta/{serial}"));
    let Ok(bytes) = tokio::fs::read(&file).await else {
        return Ok(None);
    };
    *read += bytes.len();
    serde_json::from_slice(&bytes)
        .map(Some)
        .map_err(Fault::internal)
}
