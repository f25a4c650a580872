//! An evidence record read back. With an even first octet the rest is compressed as evidence is, so
//! that the fuzzer reaches what stands inside; with an odd one it is the file as it lies there.
#![no_main]

use std::{io::Write as _, sync::LazyLock};

use flate2::{Compression, write::GzEncoder};
use libfuzzer_sys::fuzz_target;

static FOLDER: LazyLock<tempfile::TempDir> =
    LazyLock::new(|| tempfile::tempdir().expect("a folder"));

fuzz_target!(|bytes: &[u8]| {
    let Some((kind, bytes)) = bytes.split_first() else {
        return;
    };
    let file = if kind % 2 == 0 {
        let mut encoder = GzEncoder::new(Vec::new(), Compression::none());
        encoder.write_all(bytes).expect("memory");
        encoder.finish().expect("memory")
    } else {
        bytes.to_vec()
    };
    std::fs::write(FOLDER.path().join("x.warc.gz"), &file).expect("a file");
    let length = file.len() as u64;
    if let Ok(record) = crawler::warc::read(FOLDER.path(), "x.warc.gz", 0, length, None) {
        let hash = Some(record.record_sha256.as_str());
        let again = crawler::warc::read(FOLDER.path(), "x.warc.gz", 0, length, hash);
        assert_eq!(again.expect("its own hash").body, record.body);
    }
});
