//! The files of a release for people and programs: every format, its signature beside it, and both
//! packed, written a line at a time.

use std::{
    collections::BTreeMap,
    fs::File,
    io::{self, BufWriter, Write},
    path::{Path, PathBuf},
};

use blocklist::{
    Digest, Folded, Release, Trust, digest,
    export::{Export, Format},
    minisign,
};
use flate2::{Compression, write::GzEncoder};
use signed_note::StandardSigner;

use super::{PublishError, files};
use crate::error::{Error, Result};

/// How a packed file ends, and the level it is packed at.
const GZIP: (&str, u32) = ("gz", 6);
const ZSTD: (&str, i32) = ("zst", 9);

/// The hashes of one artefact.
#[derive(Clone, Debug)]
pub(super) struct Hashes {
    pub(super) sha256: Digest,
    signed: [u8; 64],
}

/// Writes every artefact. What is packed of the one before goes first: whoever serves these files
/// must never send an old list because it is smaller.
pub(super) fn write(
    base: &Path,
    folded: &Folded,
    origin: &str,
    root: Digest,
) -> Result<BTreeMap<Format, Hashes>> {
    let mut all = BTreeMap::new();
    for format in Format::ALL {
        let path = base.join(format.path());
        for (ending, _) in [(GZIP.0, 0), (ZSTD.0, 0)] {
            files::remove(&beside(&path, ending))?;
        }
        let export = Export::new(format, folded, origin, root);
        let (mut sha256, mut signed) = (digest::Hasher::default(), minisign::Prehash::default());
        files::write_by(&path, |file| {
            let mut out = Tee(BufWriter::new(file), &mut sha256, &mut signed);
            export.write(&mut out)?;
            out.flush()
        })?;
        let hashes = Hashes {
            sha256: sha256.finish(),
            signed: signed.finish(),
        };
        all.insert(format, hashes);
    }
    Ok(all)
}

/// Writes the signature of each artefact beside it; it says when the list was signed and until when it
/// holds, so it is written anew with each release note.
pub(super) fn sign(
    base: &Path,
    all: &BTreeMap<Format, Hashes>,
    release: &Release,
    trust: &Trust,
    key: &StandardSigner,
) -> Result<(), PublishError> {
    let refused = |error| Error::stored("released", error);
    for (format, hashes) in all {
        let path = base.join(format.path());
        let comment = format!(
            "file:{} origin:{} serial:{} signed:{} not_after:{}",
            format.path(),
            trust.origin,
            release.serial,
            release.time,
            release.not_after
        );
        let text = minisign::sign(&hashes.signed, &comment, trust, key).map_err(refused)?;
        files::write(&beside(&path, "minisig"), text.as_bytes())?;
    }
    let key = minisign::public_key(trust).map_err(refused)?;
    files::write(&base.join("list/minisign.pub"), key.as_bytes())?;
    Ok(())
}

/// Packs every artefact, once, for all who will fetch it. Nobody waits for it: the release stands.
pub(super) fn pack(base: &Path) -> Result<()> {
    for format in Format::ALL {
        let path = base.join(format.path());
        let open = || File::open(&path);
        files::write_by(&beside(&path, GZIP.0), |file| {
            let mut packed = GzEncoder::new(BufWriter::new(file), Compression::new(GZIP.1));
            io::copy(&mut open()?, &mut packed)?;
            packed.finish()?.flush()
        })?;
        files::write_by(&beside(&path, ZSTD.0), |file| {
            let mut packed = zstd::Encoder::new(BufWriter::new(file), ZSTD.1)?;
            io::copy(&mut open()?, &mut packed)?;
            packed.finish()?.flush()
        })?;
    }
    Ok(())
}

/// `list/rpz` with `.gz` behind it.
fn beside(path: &Path, ending: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(".");
    name.push(ending);
    PathBuf::from(name)
}

/// Hands what is written to a file and to both hashes.
struct Tee<'a, W>(W, &'a mut digest::Hasher, &'a mut minisign::Prehash);

impl<W: Write> Write for Tee<'_, W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let written = self.0.write(bytes)?;
        let taken = bytes.get(..written).unwrap_or_default();
        self.1.write_all(taken)?;
        self.2.write_all(taken)?;
        Ok(written)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.0.flush()
    }
}
