//! One file, whole or in part, or the word that the reader has it (RFC 9110 §13, §14).

use std::{
    collections::HashMap,
    io::SeekFrom,
    os::unix::fs::MetadataExt as _,
    path::{Path, PathBuf},
    sync::Mutex,
    time::SystemTime,
};

use axum::{
    body::Body,
    http::{HeaderMap, HeaderValue, StatusCode, header},
    response::{IntoResponse as _, Response},
};
use sha2::{Digest as _, Sha256};
use tokio::{
    fs::File,
    io::{AsyncReadExt as _, AsyncSeekExt as _},
};
use tokio_util::io::ReaderStream;

use super::coding::Coding;
use crate::faults::Fault;

/// Octets read at a time.
const CHUNK: usize = 64 * 1024;
/// How many tags are remembered; a release holds fewer files that change.
const TAGS: usize = 512;

/// Entity tags that were worked out, by path, with what tells the file they are of from the one that
/// replaces it: a release renames a new file into its place, often of the same length.
pub(crate) type Tags = Mutex<HashMap<PathBuf, (Which, String)>>;

/// Inode, time of change and length of a file.
type Which = (u64, SystemTime, u64);

/// Answers for `file`, or for the packed form of it that the reader likes best and that is there.
pub(super) async fn answer(
    tags: &Tags,
    file: &Path,
    codings: &[Coding],
    headers: &HeaderMap,
) -> Result<Response, Fault> {
    for coding in codings {
        let mut packed = file.as_os_str().to_owned();
        packed.push(coding.ending());
        if let Some(mut answer) = answer_file(tags, Path::new(&packed), headers).await? {
            let name = HeaderValue::from_static(coding.name());
            answer.headers_mut().insert(header::CONTENT_ENCODING, name);
            return Ok(answer);
        }
    }
    let plain = answer_file(tags, file, headers).await?;
    plain.ok_or(Fault::NOT_FOUND)
}

/// Headers that do not depend on the content.
pub(super) fn dress(
    answer: &mut Response,
    media_type: &'static str,
    caching: &'static str,
    packed: bool,
) {
    let with_content = matches!(
        answer.status(),
        StatusCode::OK | StatusCode::PARTIAL_CONTENT
    );
    let headers = answer.headers_mut();
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static(caching));
    if with_content {
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(media_type));
    }
    if packed {
        headers.insert(header::VARY, HeaderValue::from_static("Accept-Encoding"));
    }
}

async fn answer_file(
    tags: &Tags,
    path: &Path,
    headers: &HeaderMap,
) -> Result<Option<Response>, Fault> {
    let Ok(mut file) = File::open(path).await else {
        return Ok(None);
    };
    let metadata = file.metadata().await.map_err(Fault::internal)?;
    if !metadata.is_file() {
        return Ok(None);
    }
    let length = metadata.len();
    let tag = tag_of(tags, path, &mut file, &metadata).await?;
    if is_known(headers, &tag) {
        return Ok(Some(
            (StatusCode::NOT_MODIFIED, [(header::ETAG, tag)]).into_response(),
        ));
    }
    let fixed = [
        (header::ETAG, tag.clone()),
        (header::ACCEPT_RANGES, "bytes".to_owned()),
    ];
    Ok(Some(match wanted(headers, &tag, length) {
        Wanted::Whole => {
            let size = [(header::CONTENT_LENGTH, length.to_string())];
            let body = Body::from_stream(ReaderStream::with_capacity(file, CHUNK));
            (fixed, size, body).into_response()
        }
        Wanted::Part(first, last) => {
            let start = SeekFrom::Start(first);
            file.seek(start).await.map_err(Fault::internal)?;
            let size = last - first + 1;
            let about = [
                (header::CONTENT_LENGTH, size.to_string()),
                (
                    header::CONTENT_RANGE,
                    format!("bytes {first}-{last}/{length}"),
                ),
            ];
            let body = Body::from_stream(ReaderStream::with_capacity(file.take(size), CHUNK));
            (StatusCode::PARTIAL_CONTENT, fixed, about, body).into_response()
        }
        Wanted::Nothing => {
            let about = [(header::CONTENT_RANGE, format!("bytes */{length}"))];
            (StatusCode::RANGE_NOT_SATISFIABLE, fixed, about).into_response()
        }
    }))
}

/// The tag of a file: the beginning of its hash, the same on every mirror.
async fn tag_of(
    tags: &Tags,
    path: &Path,
    file: &mut File,
    metadata: &std::fs::Metadata,
) -> Result<String, Fault> {
    let changed = metadata.modified().map_err(Fault::internal)?;
    let which = (metadata.ino(), changed, metadata.len());
    let held = tags.lock().ok().and_then(|tags| tags.get(path).cloned());
    if let Some((of, tag)) = held
        && of == which
    {
        return Ok(tag);
    }
    let mut hash = Sha256::new();
    let mut chunk = vec![0; CHUNK];
    loop {
        let read = file.read(&mut chunk).await.map_err(Fault::internal)?;
        match chunk.get(..read) {
            Some(bytes) if read > 0 => hash.update(bytes),
            _ => break,
        }
    }
    file.rewind().await.map_err(Fault::internal)?;
    let tag = tag(&hash.finalize());
    if let Ok(mut tags) = tags.lock() {
        if tags.len() >= TAGS {
            tags.clear();
        }
        tags.insert(path.to_owned(), (which, tag.clone()));
    }
    Ok(tag)
}

/// A strong entity tag from a hash.
pub(super) fn tag(hash: &[u8]) -> String {
    let hex: String = hash.iter().take(16).map(|b| format!("{b:02x}")).collect();
    format!("\"{hex}\"")
}

/// Whether the reader has what bears this tag (RFC 9110 §13.1.2: weak comparison).
pub(super) fn is_known(headers: &HeaderMap, tag: &str) -> bool {
    headers.get_all(header::IF_NONE_MATCH).iter().any(|value| {
        value.to_str().is_ok_and(|tags| {
            tags.split(',')
                .any(|one| matches!(one.trim().trim_start_matches("W/"), t if t == tag || t == "*"))
        })
    })
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Wanted {
    /// All of it.
    Whole,
    /// From the first to the last octet, both included.
    Part(u64, u64),
    /// Octets that are not there.
    Nothing,
}

/// What part is wanted of `length` octets. Several ranges at once, other units and what cannot be read
/// are answered with the whole, as RFC 9110 §14.2 allows; so is a range of a file with another tag.
fn wanted(headers: &HeaderMap, tag: &str, length: u64) -> Wanted {
    let of = |name| headers.get(name).and_then(|value| value.to_str().ok());
    let same = of(header::IF_RANGE).is_none_or(|known| known.trim() == tag);
    let range = of(header::RANGE)
        .filter(|_| same)
        .and_then(|range| range.trim().strip_prefix("bytes="))
        .and_then(|range| range.split_once('-'));
    let Some((first, last)) = range else {
        return Wanted::Whole;
    };
    let (first, last) = (first.trim(), last.trim());
    let plain = |text: &str| text.bytes().all(|c| c.is_ascii_digit());
    if !plain(first) || !plain(last) {
        return Wanted::Whole;
    }
    // More digits than a number holds are more octets than any file has.
    let number = |text: &str| text.parse().unwrap_or(u64::MAX);
    match (first, last) {
        ("", "") => Wanted::Whole,
        ("", count) => match number(count).min(length) {
            0 => Wanted::Nothing,
            count => Wanted::Part(length - count, length - 1),
        },
        (first, "") if number(first) < length => Wanted::Part(number(first), length - 1),
        (_, "") => Wanted::Nothing,
        (first, last) if number(first) > number(last) => Wanted::Whole,
        (first, last) if number(first) < length => {
            Wanted::Part(number(first), number(last).min(length - 1))
        }
        _ => Wanted::Nothing,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn of(range: &str, if_range: Option<&str>) -> Wanted {
        let mut headers = HeaderMap::new();
        headers.insert(header::RANGE, range.parse().unwrap());
        if let Some(tag) = if_range {
            headers.insert(header::IF_RANGE, tag.parse().unwrap());
        }
        wanted(&headers, "\"a\"", 10)
    }

    #[test]
    fn ranges_are_read_as_the_rfc_says() {
        for (range, expected) in [
            ("bytes=0-3", Wanted::Part(0, 3)),
            ("bytes=4-", Wanted::Part(4, 9)),
            ("bytes=-3", Wanted::Part(7, 9)),
            ("bytes=-99", Wanted::Part(0, 9)),
            ("bytes=9-99999999999999999999999", Wanted::Part(9, 9)),
            ("bytes=10-", Wanted::Nothing),
            ("bytes=-0", Wanted::Nothing),
            ("bytes=3-1", Wanted::Whole),
            ("bytes=0-1,3-4", Wanted::Whole),
            ("bytes=-", Wanted::Whole),
            ("lines=0-1", Wanted::Whole),
            ("bytes=+1-2", Wanted::Whole),
        ] {
            assert_eq!(of(range, None), expected, "{range}");
        }
        assert_eq!(of("bytes=0-3", Some("\"a\"")), Wanted::Part(0, 3));
        for other in ["\"b\"", "W/\"a\"", "Sat, 21 Nov 2026 06:00:00 GMT"] {
            assert_eq!(of("bytes=0-3", Some(other)), Wanted::Whole, "{other}");
        }
    }

    proptest! {
        #[test]
        fn no_range_leaves_the_file(range in "bytes=[0-9]{0,25}-[0-9]{0,25}", length in 0u64..20) {
            let mut headers = HeaderMap::new();
            headers.insert(header::RANGE, range.parse().unwrap());
            if let Wanted::Part(first, last) = wanted(&headers, "", length) {
                prop_assert!(first <= last && last < length);
            }
        }
    }
}
