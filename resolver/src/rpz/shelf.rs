//! Where compiled zones are kept from one start to the next, a file for each zone file. They only save
//! time: one that is missing, old or damaged costs a parse, and every one may be thrown away.

use std::{
    collections::BTreeSet,
    fs::{self, File},
    io,
    path::{Path, PathBuf},
    thread,
};

use sha2::{Digest as _, Sha256};

use super::{
    compiled::{self, Hashing, Source, Unusable},
    parse::Parsed,
};

/// Zone files of fewer octets are parsed in a few milliseconds.
const WORTH_KEEPING: u64 = 1 << 20;
/// What names of compiled zones begin with.
const PREFIX: &str = "zone-";

/// The folder.
#[derive(Debug, Clone)]
pub(super) struct Shelf {
    folder: PathBuf,
}

impl Shelf {
    pub(super) fn new(folder: &Path) -> Self {
        let folder = folder.to_owned();
        Self { folder }
    }

    /// What the zone file at `path`, of so many octets, was parsed to, where that is known and the file
    /// is the same now.
    pub(super) fn take(&self, path: &Path, octets: u64, origin: &[u8]) -> Option<Parsed> {
        let kept = self.folder.join(name_for(path));
        let file = File::open(&kept).ok().filter(|_| octets >= WORTH_KEEPING)?;
        let why = match read(&file, path, origin) {
            Ok(parsed) => return Some(parsed),
            Err(why) => why,
        };
        let (zone, file) = (path.display(), kept.display());
        if matches!(why, Unusable::Source | Unusable::Version) {
            tracing::info!(%zone, %file, "{why}; the zone is parsed");
        } else {
            tracing::warn!(%zone, %file, "the compiled zone is not used: {why}; the zone is parsed");
        }
        None
    }

    /// Keeps what `source`, read from `path`, was parsed to.
    pub(super) fn put(&self, path: &Path, origin: &[u8], source: &Source, parsed: &Parsed) {
        if source.octets < WORTH_KEEPING {
            return;
        }
        let kept = self.folder.join(name_for(path));
        if let Err(error) = write(&self.folder, &kept, source, origin, parsed) {
            let (zone, file) = (path.display(), kept.display());
            tracing::warn!(%zone, %file, %error, "the compiled zone cannot be kept; every start parses it");
        }
    }

    /// Throws away what was kept of other zone files than these.
    pub(super) fn keep_only<'a>(&self, paths: impl Iterator<Item = &'a Path>) {
        let keep: BTreeSet<String> = paths.map(name_for).collect();
        for entry in fs::read_dir(&self.folder).into_iter().flatten().flatten() {
            let name = entry.file_name();
            let is_stale = |name: &str| name.starts_with(PREFIX) && !keep.contains(name);
            if name.to_str().is_some_and(is_stale)
                && let Err(error) = fs::remove_file(entry.path())
            {
                let file = entry.path();
                tracing::warn!(file = %file.display(), %error, "an old compiled zone cannot be removed");
            }
        }
    }
}

/// Reads the compiled zone on one core while the zone file is hashed on another.
fn read(kept: &File, path: &Path, origin: &[u8]) -> Result<Parsed, Unusable> {
    let octets = kept.metadata()?.len();
    thread::scope(|scope| {
        let hashing = thread::Builder::new().spawn_scoped(scope, || hash(path));
        let (source, parsed) = compiled::read(kept, octets, origin)?;
        let now = match hashing.map(thread::ScopedJoinHandle::join) {
            Ok(Ok(now)) => now,
            _ => hash(path),
        };
        if source != now? {
            return Err(Unusable::Source);
        }
        Ok(parsed)
    })
}

fn hash(path: &Path) -> io::Result<Source> {
    let mut file = Hashing::new(File::open(path)?);
    let mut room = vec![0; 1 << 18];
    while io::Read::read(&mut file, &mut room)? > 0 {}
    Ok(file.finish())
}

/// Writes under another name until it is whole.
fn write(
    folder: &Path,
    kept: &Path,
    source: &Source,
    origin: &[u8],
    parsed: &Parsed,
) -> io::Result<()> {
    fs::create_dir_all(folder)?;
    let temporary = kept.with_extension("new");
    // Not synced: what a power cut leaves half is found out by its checksum.
    compiled::write(File::create(&temporary)?, source, origin, parsed)?;
    fs::rename(&temporary, kept)
}

/// The name of the compiled form of a zone file.
fn name_for(path: &Path) -> String {
    use std::fmt::Write as _;
    let digest = Sha256::digest(path.as_os_str().as_encoded_bytes());
    let mut name = PREFIX.to_owned();
    for octet in digest.iter().take(8) {
        // Writing to a string cannot fail.
        let _ = write!(name, "{octet:02x}");
    }
    name + ".bin"
}

#[cfg(test)]
mod tests;
