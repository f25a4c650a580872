//! The files of a release for people and programs: every format with its signature beside it. Each processor
//! writes some of them side by side, and while the disk takes one, others are put together.

use std::{
    collections::BTreeMap,
    fs::{self, File},
    io::{self, Write as _},
    num::NonZero,
    os::unix::fs::FileExt as _,
    path::{Path, PathBuf},
    sync::Arc,
    thread,
    time::SystemTime,
};

use blocklist::{
    Timestamp, Trust,
    export::{Before, Exports, Format, Writing, Written, write_together},
    minisign,
};
use signed_note::StandardSigner;

use super::{PublishError, files, pack};
use crate::error::{Error, Result};

/// The formats, so that what takes long is begun early, and that every second of them, and every third, take
/// about as long together as the others.
const LONGEST_FIRST: [Format; Format::ALL.len()] = [
    Format::Rpz,
    Format::Csv,
    Format::Bind,
    Format::Json,
    Format::Hosts,
    Format::Unbound,
    Format::Adblock,
    Format::Dnsmasq,
    Format::Domains,
    Format::Knot,
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
    fn before(&self) -> Option<Before<'_>> {
        let held = self.file.metadata().and_then(|held| held.modified());
        held.is_ok_and(|at| at == self.modified).then(|| Before {
            layout: &self.written.layout,
            read: Box::new(|into, at| self.file.read_exact_at(into, at)),
        })
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
    let processors = thread::available_parallelism().map_or(1, NonZero::get);
    let shares: Vec<Vec<Format>> = (0..processors.min(LONGEST_FIRST.len()))
        .map(|first| LONGEST_FIRST.into_iter().skip(first).step_by(processors))
        .map(Iterator::collect)
        .collect();
    let written = files::side_by_side(&shares, |share| {
        let begun = share.iter().map(|format| {
            let before = held.get(format).and_then(Artefact::before);
            Draft::begin(folder, *format, exports, before)
        });
        write_share(begun.collect::<Result<_, _>>()?, seal)
    })?;
    seal.key_file(folder)?;
    Ok(written.into_iter().flatten().collect())
}

/// An artefact's file while it is written.
struct Draft {
    format: Format,
    path: PathBuf,
    file: File,
}

impl Draft {
    fn begin<'a>(
        folder: &Path,
        format: Format,
        exports: &Exports<'a>,
        before: Option<Before<'a>>,
    ) -> Result<(Writing<'a>, Self)> {
        let path = folder.join(format.path());
        let begin = || {
            let file = File::options()
                .read(true)
                .write(true)
                .create(true)
                .truncate(true)
                .open(&path)?;
            Ok((exports.format(format).begin(before)?, file))
        };
        let (writing, file) = begin().map_err(Error::file(&path))?;
        let draft = Self { format, path, file };
        Ok((writing, draft))
    }

    /// Syncs it, and puts its signature beside it.
    fn end(
        self,
        written: io::Result<Written>,
        seal: &Seal<'_>,
    ) -> Result<(Format, Artefact), PublishError> {
        let Self { format, path, file } = self;
        let synced = written.and_then(|written| {
            file.sync_all()?;
            Ok((written, file.metadata()?.modified()?))
        });
        let (written, modified) = synced.map_err(Error::file(&path))?;
        let file = Arc::new(file);
        let artefact = Artefact {
            written,
            file,
            modified,
        };
        seal.beside(&path, format, &artefact)?;
        Ok((format, artefact))
    }
}

impl io::Write for Draft {
    fn write(&mut self, octets: &[u8]) -> io::Result<usize> {
        self.file.write(octets)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.file.flush()
    }
}

/// Writes some artefacts by this thread, while others wait for the disk to take those that are whole.
fn write_share(
    share: Vec<(Writing<'_>, Draft)>,
    seal: &Seal<'_>,
) -> Result<Vec<(Format, Artefact)>, PublishError> {
    thread::scope(|scope| {
        let mut whole = Vec::with_capacity(share.len());
        write_together(share, |draft, written| {
            whole.push(scope.spawn(move || draft.end(written, seal)));
        });
        let ended = whole.into_iter().map(thread::ScopedJoinHandle::join);
        ended
            .map(|one| one.unwrap_or_else(|panic| std::panic::resume_unwind(panic)))
            .collect()
    })
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
