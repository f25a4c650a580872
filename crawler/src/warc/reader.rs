//! Reading one record back by its offset.

use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom};
use std::path::Path;

use flate2::read::GzDecoder;
use sha2::{Digest, Sha256};

use crate::hex;

/// Bytes read of one record, decoded.
const MAX_RECORD: u64 = 16 * 1024 * 1024;

/// A record read back.
#[derive(Debug, Clone)]
pub struct Record {
    /// `WARC-…` and other header lines.
    pub headers: Vec<(String, String)>,
    /// Status line and header lines of the HTTP answer.
    pub http_headers: String,
    /// The body.
    pub body: Vec<u8>,
    /// Hex SHA-256 of the compressed record, computed while reading.
    pub record_sha256: String,
}

/// A record that cannot be read.
#[derive(Debug, thiserror::Error)]
pub enum WarcError {
    /// The system refused.
    #[error("evidence file {file}: {source}")]
    Io {
        /// File name.
        file: String,
        /// Why.
        source: io::Error,
    },
    /// Not a record, or not the one that was stored.
    #[error("evidence file {file}, offset {offset}: {problem}; restore the file from a backup")]
    Damaged {
        /// File name.
        file: String,
        /// Offset asked for.
        offset: u64,
        /// What is wrong.
        problem: String,
    },
}

/// Reads the record at `offset` of `folder/file`, `length` compressed bytes, and checks that it is
/// the one whose hash was stored when `expected_sha256` is given.
///
/// # Errors
/// When the file is missing, too short, not gzip, not a record, or altered.
pub fn read(
    folder: &Path,
    file: &str,
    offset: u64,
    length: u64,
    expected_sha256: Option<&str>,
) -> Result<Record, WarcError> {
    let fail = |source: io::Error| WarcError::Io {
        file: file.to_owned(),
        source,
    };
    let damaged = |problem: &str| WarcError::Damaged {
        file: file.to_owned(),
        offset,
        problem: problem.to_owned(),
    };
    if file.contains(['/', '\\']) || file.contains("..") || length > MAX_RECORD {
        return Err(damaged("this is not a file name or length that we store"));
    }
    let mut handle = File::open(folder.join(file)).map_err(fail)?;
    handle.seek(SeekFrom::Start(offset)).map_err(fail)?;
    let mut member = Vec::new();
    handle.take(length).read_to_end(&mut member).map_err(fail)?;
    let record_sha256 = hex(&Sha256::digest(&member));
    if expected_sha256.is_some_and(|expected| expected != record_sha256) {
        return Err(damaged("the stored hash does not agree with the bytes"));
    }
    let mut text = Vec::new();
    GzDecoder::new(member.as_slice())
        .take(MAX_RECORD)
        .read_to_end(&mut text)
        .map_err(|error| damaged(&error.to_string()))?;
    let (head, rest) = split_head(&text).ok_or_else(|| damaged("no record header"))?;
    let head = String::from_utf8_lossy(head);
    let headers: Vec<(String, String)> = head
        .lines()
        .skip(1)
        .filter_map(|line| line.split_once(':'))
        .map(|(name, value)| (name.trim().to_owned(), value.trim().to_owned()))
        .collect();
    let block_length = headers
        .iter()
        .find(|(name, _)| name.eq_ignore_ascii_case("content-length"))
        .and_then(|(_, value)| value.parse::<usize>().ok());
    let block = block_length
        .and_then(|length| rest.get(..length))
        .ok_or_else(|| damaged("the record is cut"))?;
    let (http, body) = split_head(block).unwrap_or((&[], block));
    Ok(Record {
        headers,
        http_headers: String::from_utf8_lossy(http).into_owned(),
        body: body.to_vec(),
        record_sha256,
    })
}

/// Splits at the first empty line.
fn split_head(bytes: &[u8]) -> Option<(&[u8], &[u8])> {
    let at = bytes.windows(4).position(|window| window == b"\r\n\r\n")?;
    Some((bytes.get(..at)?, bytes.get(at + 4..)?))
}
