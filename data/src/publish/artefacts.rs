//! The files of a release for people and programs: every format with its signature beside it. All
//! formats are written at the same time: while the disk takes one, another is put together.

use std::{
    collections::BTreeMap,
    fs::{self, File},
    io::{self, Write},
    os::unix::fs::FileExt as _,
    path::{Path, PathBuf},
    sync::Arc,
    time::SystemTime,
};

use blocklist::{
    Digest, Timestamp, Trust, digest,
    export::{Before, Exports, Format, Layout},
    minisign,
};
use signed_note::StandardSigner;

use super::{PublishError, files, pack};
use crate::error::{Error, Result};

/// One artefact as this process wrote it.
#[derive(Clone, Debug)]
pub(super) struct Artefact {
    pub(super) sha256: Digest,
    signed: [u8; 64],
    pub(super) layout: Layout,
    /// The very file that was written, wherever it is linked, and when.
    file: Arc<File>,
    modified: SystemTime,
}

impl Artefact {
    /// For taking over what the next artefact says alike; `None` where somebody wrote to the file since.
    fn before(
        &self,
        then: impl FnOnce(Option<&Before<'_>>) -> io::Result<Layout>,
    ) -> io::Result<Layout> {
        let same = self.file.metadata().and_then(|held| held.modified());
        let read = |into: &mut [u8], at| self.file.read_exact_at(into, at);
        let before = Before {
            layout: &self.layout,
            read: &read,
        };
        then(same.is_ok_and(|at| at == self.modified).then_some(&before))
    }
}

/// What the signatures beside the files say, and who makes them.
pub(super) struct Seal<'a> {
    pub(super) trust: &'a Trust,
    pub(super) key: &'a StandardSigner,
    pub(super) serial: u32,
    pub(super) time: Timestamp,
    pub(super) not_after: Timestamp,
}

/// Writes every artefact and its signature into the folder of a release that nobody reads yet. `held`
/// are those of the list that `exports` was compared with.
pub(super) fn write(
    folder: &Path,
    exports: &Exports<'_>,
    held: &BTreeMap<Format, Artefact>,
    seal: &Seal<'_>,
) -> Result<BTreeMap<Format, Artefact>, PublishError> {
    let written = files::side_by_side(&Format::ALL, |format| {
        let path = folder.join(format.path());
        let (mut sha256, mut signed) = (digest::Hasher::default(), minisign::Prehash::default());
        let layout = files::create_by(&path, |file| {
            let mut tee = Tee(file, &mut sha256, &mut signed);
            let export = exports.format(*format);
            match held.get(format) {
                Some(held) => held.before(|before| export.write_after(before, &mut tee)),
                None => export.write_after(None, &mut tee),
            }
        })?;
        let opened = || {
            let file = File::open(&path)?;
            let modified = file.metadata()?.modified()?;
            Ok((Arc::new(file), modified))
        };
        let (file, modified) = opened().map_err(Error::file(&path))?;
        let artefact = Artefact {
            sha256: sha256.finish(),
            signed: signed.finish(),
            layout,
            file,
            modified,
        };
        seal.beside(&path, *format, &artefact)?;
        Ok::<_, PublishError>((*format, artefact))
    })?;
    seal.key_file(folder)?;
    Ok(written.into_iter().collect())
}

/// Takes every artefact over from the release in `from`, where the list is the same, with what is
/// packed of it; the signatures are new, for they say when the list was signed.
pub(super) fn take_over(
    from: &Path,
    folder: &Path,
    all: &BTreeMap<Format, Artefact>,
    seal: &Seal<'_>,
) -> Result<(), PublishError> {
    let all: Vec<_> = all.iter().collect();
    files::side_by_side(&all, |(format, artefact)| {
        let (held, path) = (from.join(format.path()), folder.join(format.path()));
        fs::hard_link(&held, &path).map_err(Error::file(&held))?;
        for ending in pack::ENDINGS {
            let (held, path) = (beside(&held, ending), beside(&path, ending));
            match fs::hard_link(&held, &path) {
                // Not packed yet; it will be.
                Err(error) if error.kind() == io::ErrorKind::NotFound => {}
                linked => linked.map_err(Error::file(&held))?,
            }
        }
        seal.beside(&path, **format, artefact)
    })?;
    seal.key_file(folder)
}

impl Seal<'_> {
    fn beside(&self, path: &Path, format: Format, artefact: &Artefact) -> Result<(), PublishError> {
        let comment = format!(
            "file:{} origin:{} serial:{} signed:{} not_after:{}",
            format.path(),
            self.trust.origin,
            self.serial,
            self.time,
            self.not_after
        );
        let text = minisign::sign(&artefact.signed, &comment, self.trust, self.key)
            .map_err(|error| Error::stored("released", error))?;
        let write = |file: &mut fs::File| file.write_all(text.as_bytes());
        Ok(files::create_by(&beside(path, "minisig"), write)?)
    }

    /// The key in the form that the program `minisign` reads.
    fn key_file(&self, folder: &Path) -> Result<(), PublishError> {
        let key = minisign::public_key(self.trust).map_err(|e| Error::stored("released", e))?;
        let write = |file: &mut fs::File| file.write_all(key.as_bytes());
        Ok(files::create_by(&folder.join("list/minisign.pub"), write)?)
    }
}

/// `list/rpz` with `.gz` behind it.
pub(super) fn beside(path: &Path, ending: &str) -> PathBuf {
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
