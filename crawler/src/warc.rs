//! Evidence files: WARC/1.1 (ISO 28500), one gzip member a record, SHA-256 digests.
//!
//! A record can be read back by its offset alone, which is how the console shows the original. Bodies
//! are stored decoded from content and transfer codings, because that is what was judged; the
//! `warcinfo` record says so.

use std::fs::{File, OpenOptions};
use std::io::{self, Seek as _, SeekFrom, Write};
use std::path::{Path, PathBuf};

use flate2::Compression;
use flate2::write::GzEncoder;
use sha2::{Digest, Sha256};
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

use crate::fetch::Exchange;
use crate::hex;

mod reader;

pub use reader::{Record, WarcError, read};

/// A file is closed and a new one begun past this size.
pub const ROTATE_AT: u64 = 1024 * 1024 * 1024;

/// Where a record stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Stored {
    /// File name inside the evidence folder.
    pub file: String,
    /// Offset of the record's gzip member.
    pub offset: u64,
    /// Its compressed length.
    pub length: u64,
    /// Hex SHA-256 of the compressed record.
    pub record_sha256: String,
    /// Hex SHA-256 of the body.
    pub body_sha256: String,
}

/// Appends records to the current file of a folder.
pub struct Writer {
    folder: PathBuf,
    software: String,
    file: File,
    name: String,
    at: u64,
}

impl Writer {
    /// Begins a new file in `folder`, which is made when missing.
    ///
    /// # Errors
    /// When the folder or file cannot be made.
    pub fn create(folder: &Path, software: &str) -> io::Result<Self> {
        std::fs::create_dir_all(folder)?;
        let (name, file) = begin(folder)?;
        let mut writer = Self {
            folder: folder.to_owned(),
            software: software.to_owned(),
            file,
            name,
            at: 0,
        };
        writer.info()?;
        Ok(writer)
    }

    /// Stores a request and its answer; gives back where the answer stands.
    ///
    /// # Errors
    /// When the disk refuses. The records are in the file, not yet forced to disk; see [`Writer::sync`].
    pub fn store(&mut self, exchange: &Exchange) -> io::Result<Stored> {
        if self.at > ROTATE_AT {
            self.sync()?;
            (self.name, self.file) = begin(&self.folder)?;
            self.at = 0;
            self.info()?;
        }
        let date = timestamp(exchange.fetched_at);
        let uri = exchange.url.as_str();
        let response_id = record_id()?;
        let body_sha256 = Sha256::digest(&exchange.body);
        let mut block = response_head(exchange);
        block.extend_from_slice(&exchange.body);
        let mut headers = vec![
            ("WARC-Type", "response".to_owned()),
            ("WARC-Record-ID", response_id.clone()),
            ("WARC-Date", date.clone()),
            ("WARC-Target-URI", uri.to_owned()),
            (
                "Content-Type",
                "application/http;msgtype=response".to_owned(),
            ),
            (
                "WARC-Payload-Digest",
                format!("sha256:{}", hex(&body_sha256)),
            ),
        ];
        if exchange.truncated {
            headers.push(("WARC-Truncated", "length".to_owned()));
        }
        let (offset, length, record_sha256) = self.append(&headers, &block)?;
        let request = [
            ("WARC-Type", "request".to_owned()),
            ("WARC-Record-ID", record_id()?),
            ("WARC-Date", date),
            ("WARC-Target-URI", uri.to_owned()),
            ("WARC-Concurrent-To", response_id),
            (
                "Content-Type",
                "application/http;msgtype=request".to_owned(),
            ),
        ];
        self.append(&request, &request_block(exchange))?;
        Ok(Stored {
            file: self.name.clone(),
            offset,
            length,
            record_sha256,
            body_sha256: hex(&body_sha256),
        })
    }

    /// Forces what was written to disk; done before evidence is frozen.
    ///
    /// # Errors
    /// When the disk refuses.
    pub fn sync(&mut self) -> io::Result<()> {
        self.file.sync_data()
    }

    fn info(&mut self) -> io::Result<()> {
        let now = OffsetDateTime::now_utc().unix_timestamp();
        let headers = [
            ("WARC-Type", "warcinfo".to_owned()),
            ("WARC-Record-ID", record_id()?),
            ("WARC-Date", timestamp(now)),
            ("WARC-Filename", self.name.clone()),
            ("Content-Type", "application/warc-fields".to_owned()),
        ];
        let fields = format!(
            "software: {}\r\nformat: WARC File Format 1.1\r\n\
             description: bodies are stored decoded from content and transfer codings; \
             Content-Length states the stored length\r\n",
            self.software
        );
        self.append(&headers, fields.as_bytes()).map(drop)
    }

    fn append(
        &mut self,
        headers: &[(&str, String)],
        block: &[u8],
    ) -> io::Result<(u64, u64, String)> {
        let mut encoder = GzEncoder::new(
            Vec::with_capacity(block.len() / 3 + 512),
            Compression::fast(),
        );
        encoder.write_all(b"WARC/1.1\r\n")?;
        for (name, value) in headers {
            // A line break in a value would forge header lines.
            let value: String = value.chars().filter(|c| !c.is_control()).collect();
            write!(encoder, "{name}: {value}\r\n")?;
        }
        write!(
            encoder,
            "WARC-Block-Digest: sha256:{}\r\n",
            hex(&Sha256::digest(block))
        )?;
        write!(encoder, "Content-Length: {}\r\n\r\n", block.len())?;
        encoder.write_all(block)?;
        encoder.write_all(b"\r\n\r\n")?;
        let member = encoder.finish()?;
        let offset = self.at;
        if let Err(error) = self.file.write_all(&member) {
            // The disk may have room again for the next record: half a record must not stand before
            // it, and it must be found at the offset that is stored.
            self.file.set_len(offset)?;
            self.file.seek(SeekFrom::Start(offset))?;
            return Err(error);
        }
        let length = u64::try_from(member.len()).unwrap_or(u64::MAX);
        self.at += length;
        Ok((offset, length, hex(&Sha256::digest(&member))))
    }
}

fn begin(folder: &Path) -> io::Result<(String, File)> {
    let now = OffsetDateTime::now_utc();
    let stamp = format!(
        "{:04}{:02}{:02}{:02}{:02}{:02}",
        now.year(),
        u8::from(now.month()),
        now.day(),
        now.hour(),
        now.minute(),
        now.second()
    );
    let name = format!("qalqan-{stamp}-{}.warc.gz", hex(&random::<4>()?));
    let file = OpenOptions::new()
        .write(true)
        .create_new(true)
        .open(folder.join(&name))?;
    Ok((name, file))
}

fn response_head(exchange: &Exchange) -> Vec<u8> {
    let mut head = format!(
        "HTTP/1.1 {} {}\r\n",
        exchange.status,
        reason(exchange.status)
    )
    .into_bytes();
    for (name, value) in &exchange.headers {
        if matches!(
            name.as_str(),
            "content-length" | "transfer-encoding" | "content-encoding" | "connection"
        ) {
            continue;
        }
        head.extend_from_slice(name.as_bytes());
        head.extend_from_slice(b": ");
        head.extend(
            value
                .iter()
                .filter(|byte| !matches!(byte, b'\r' | b'\n' | 0)),
        );
        head.extend_from_slice(b"\r\n");
    }
    head.extend_from_slice(format!("content-length: {}\r\n\r\n", exchange.body.len()).as_bytes());
    head
}

fn request_block(exchange: &Exchange) -> Vec<u8> {
    let query = exchange
        .url
        .query()
        .map(|query| format!("?{query}"))
        .unwrap_or_default();
    let mut block = format!("GET {}{query} HTTP/1.1\r\n", exchange.url.path());
    for (name, value) in &exchange.request {
        block.push_str(&format!("{name}: {value}\r\n"));
    }
    block.push_str("\r\n");
    block.into_bytes()
}

fn reason(status: u16) -> &'static str {
    reqwest::StatusCode::from_u16(status)
        .ok()
        .and_then(|status| status.canonical_reason())
        .unwrap_or("Unknown")
}

fn timestamp(seconds: i64) -> String {
    OffsetDateTime::from_unix_timestamp(seconds)
        .ok()
        .and_then(|time| time.format(&Rfc3339).ok())
        .unwrap_or_else(|| "1970-01-01T00:00:00Z".to_owned())
}

fn random<const N: usize>() -> io::Result<[u8; N]> {
    let mut bytes = [0; N];
    getrandom::fill(&mut bytes).map_err(io::Error::other)?;
    Ok(bytes)
}

/// A random UUID (RFC 9562, version 4) as WARC wants it.
fn record_id() -> io::Result<String> {
    let mut bytes = random::<16>()?;
    bytes[6] = bytes[6] & 0x0F | 0x40;
    bytes[8] = bytes[8] & 0x3F | 0x80;
    let text = hex(&bytes);
    let part = |range: std::ops::Range<usize>| text.get(range).unwrap_or_default();
    Ok(format!(
        "<urn:uuid:{}-{}-{}-{}-{}>",
        part(0..8),
        part(8..12),
        part(12..16),
        part(16..20),
        part(20..32)
    ))
}

#[cfg(test)]
mod tests {
    use super::*;
    use url::Url;

    fn exchange(path: &str, body: &[u8]) -> Exchange {
        Exchange {
            url: Url::parse("http://shop.test/").unwrap().join(path).unwrap(),
            fetched_at: 1_790_000_000,
            status: 200,
            request: vec![("Host".to_owned(), "shop.test".to_owned())],
            headers: vec![
                ("content-type".to_owned(), b"text/html".to_vec()),
                ("transfer-encoding".to_owned(), b"chunked".to_vec()),
                ("x-odd".to_owned(), b"a\r\nForged: yes".to_vec()),
            ],
            body: body.to_vec(),
            truncated: false,
            certificate: None,
        }
    }

    #[test]
    fn a_record_is_read_back_by_its_offset() {
        let folder = tempfile::tempdir().unwrap();
        let mut writer = Writer::create(folder.path(), "test").unwrap();
        let first = writer.store(&exchange("/a", b"one\r\n\r\ntwo")).unwrap();
        let second = writer.store(&exchange("/b?x=1", b"")).unwrap();
        writer.sync().unwrap();
        assert!(second.offset > first.offset);
        let record = read(
            folder.path(),
            &first.file,
            first.offset,
            first.length,
            Some(&first.record_sha256),
        )
        .unwrap();
        assert_eq!(record.body, b"one\r\n\r\ntwo");
        assert!(
            record
                .http_headers
                .starts_with("HTTP/1.1 200 OK\r\ncontent-type: text/html")
        );
        assert!(!record.http_headers.contains("\nForged"));
        assert!(!record.http_headers.contains("chunked"));
        assert_eq!(hex(&Sha256::digest(&record.body)), first.body_sha256);
        assert_eq!(
            read(
                folder.path(),
                &second.file,
                second.offset,
                second.length,
                None
            )
            .unwrap()
            .body,
            b""
        );
    }

    #[test]
    fn an_altered_record_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        let mut writer = Writer::create(folder.path(), "test").unwrap();
        let stored = writer.store(&exchange("/a", b"one")).unwrap();
        let path = folder.path().join(&stored.file);
        let mut bytes = std::fs::read(&path).unwrap();
        let at = usize::try_from(stored.offset).unwrap() + 30;
        bytes[at] ^= 1;
        std::fs::write(&path, bytes).unwrap();
        let error = read(
            folder.path(),
            &stored.file,
            stored.offset,
            stored.length,
            Some(&stored.record_sha256),
        )
        .unwrap_err();
        assert!(error.to_string().contains("does not agree"), "{error}");
        assert!(read(folder.path(), "../etc/passwd", 0, 10, None).is_err());
    }

    proptest::proptest! {
        #[test]
        fn any_bytes_are_an_error_not_a_panic(bytes in proptest::collection::vec(proptest::prelude::any::<u8>(), 0..300)) {
            let folder = tempfile::tempdir().unwrap();
            std::fs::write(folder.path().join("x.warc.gz"), &bytes).unwrap();
            let _ = read(folder.path(), "x.warc.gz", 0, 300, None);
        }
    }
}
