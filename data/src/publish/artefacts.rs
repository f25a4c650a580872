//! The files of a release for people and programs: every format with its signature beside it. All
//! formats are written side by side: while the disk takes one, another is put together.

use std::{
    collections::BTreeMap,
    fs::{self, File},
    io::{self, Write as _},
    num::NonZero,
    os::unix::fs::FileExt as _,
    path::{Path, PathBuf},
    sync::{Arc, Condvar, Mutex, PoisonError},
    thread,
    time::SystemTime,
};

use blocklist::{
    Timestamp, Trust,
    export::{Before, Exports, Format, Written},
    minisign,
};
use signed_note::StandardSigner;

use super::{PublishError, files, pack};
use crate::error::{Error, Result};

/// The formats, so that what takes long is begun early.
const LONGEST_FIRST: [Format; Format::ALL.len()] = [
    Format::Rpz,
    Format::Csv,
    Format::Json,
    Format::Bind,
    Format::Unbound,
    Format::Hosts,
    Format::Dnsmasq,
    Format::Adblock,
    Format::Knot,
    Format::Domains,
];

/// One artefact as this process wrote it.
#[derive(Clone, Debug)]
pub(super) struct Artefact {
    pub(super) written: Written,
    /// The very file that was written, wherever it is linked, and when.
    file: Arc<File>,
    modified: SystemTime,
}

impl Artefact {
    /// For taking over what the next artefact says alike; `None` where somebody wrote to the file since.
    fn before(
        &self,
        then: impl FnOnce(Option<&Before<'_>>) -> io::Result<Written>,
    ) -> io::Result<Written> {
        let same = self.file.metadata().and_then(|held| held.modified());
        let read = |into: &mut [u8], at| self.file.read_exact_at(into, at);
        let before = Before {
            layout: &self.written.layout,
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
    let turns = Turns::default();
    let written = files::side_by_side(&LONGEST_FIRST, |format| {
        let path = folder.join(format.path());
        let written = files::create_by(&path, |file| {
            let _turn = turns.take();
            let export = exports.format(*format);
            match held.get(format) {
                Some(held) => held.before(|before| export.write_after(before, file)),
                None => export.write_after(None, file),
            }
        })?;
        let opened = || {
            let file = File::open(&path)?;
            let modified = file.metadata()?.modified()?;
            Ok((Arc::new(file), modified))
        };
        let (file, modified) = opened().map_err(Error::file(&path))?;
        let artefact = Artefact {
            written,
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
        let text = minisign::sign(&artefact.written.signed, &comment, self.trust, self.key)
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

/// Lets no more put artefacts together at a time than there are processors: each is then done sooner, and
/// the disk takes it while the next are put together.
struct Turns {
    free: Mutex<usize>,
    freed: Condvar,
}

struct Turn<'a>(&'a Turns);

impl Default for Turns {
    fn default() -> Self {
        Self {
            free: Mutex::new(thread::available_parallelism().map_or(1, NonZero::get)),
            freed: Condvar::new(),
        }
    }
}

impl Turns {
    fn take(&self) -> Turn<'_> {
        let free = self.free.lock().unwrap_or_else(PoisonError::into_inner);
        let waited = self.freed.wait_while(free, |free| *free == 0);
        *waited.unwrap_or_else(PoisonError::into_inner) -= 1;
        Turn(self)
    }
}

impl Drop for Turn<'_> {
    fn drop(&mut self) {
        *self.0.free.lock().unwrap_or_else(PoisonError::into_inner) += 1;
        self.0.freed.notify_one();
    }
}
