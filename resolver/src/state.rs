//! The node's own copy of the list, written so that a kill at any moment leaves a copy that loads.
//!
//! `state.json` names everything else and is replaced last, by rename. It names the compiled list by
//! its checksum, which is also part of that file's name, so old and new stand side by side until the
//! rename decides. A list that differs little from the one before has the same file, which is not
//! written again, and a small one of the differences. `leaves` only grows; `state.json` says how much of it counts. On restart only
//! what `state.json` vouches for is used; the leaves are proved again before a log is built on them.

use std::{
    fs::{self, File, OpenOptions},
    io::{self, BufReader, Read, Seek, SeekFrom, Take, Write},
    path::{Path, PathBuf},
};

use blocklist::{BlockSet, Digest, Release, Trust, log::bundle, set::SetError};
use serde::{Deserialize, Serialize};

use crate::{error::StateError, kill::Kill};

/// Version of the layout of this directory.
const VERSION: u32 = 2;
/// Bound on a state file, in octets; the release note inside is a few hundred.
const MAX_STATE: u64 = 1 << 20;
/// Bound on a compiled list, in octets.
const MAX_SET: u64 = 2 << 30;

/// Leaves that are read or written together.
const AT_ONCE: usize = 4096;

/// What names of compiled lists begin with.
const BASE: &str = "blockset-";
/// What names of files of differences begin with.
const CHANGES: &str = "changes-";

/// What `state.json` says.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Record {
    v: u32,
    /// Leaves in the tree, as in the note; repeated for people.
    size: u64,
    /// Root hash, as in the note.
    root: Digest,
    /// Version of the fold, as in the note.
    fold_version: u32,
    /// The release note itself, signature and all.
    note: String,
    /// Apex of the policy zone, with its final dot.
    pub(crate) zone: String,
    /// Listings the guard held back.
    pub(crate) guarded: u64,
    /// How much of `leaves` counts, in octets.
    pub(crate) leaves_octets: u64,
    /// What the compiled list ends in: the SHA-256 of everything before.
    blockset_sha256: Digest,
    /// What the file of its differences ends in, if there are any.
    changes_sha256: Option<Digest>,
}

/// A release that was verified, and its list.
#[derive(Debug, Clone)]
pub(crate) struct Held {
    pub(crate) release: Release,
    pub(crate) note: Vec<u8>,
    pub(crate) zone: String,
    pub(crate) guarded: u64,
    pub(crate) set: std::sync::Arc<BlockSet>,
}

/// The directory.
#[derive(Debug, Clone)]
pub(crate) struct StateDir {
    path: PathBuf,
    kill: Kill,
}

/// What a load found.
#[derive(Debug)]
pub(crate) struct Loaded {
    pub(crate) held: Held,
    pub(crate) leaves_octets: u64,
}

impl StateDir {
    pub(crate) fn open(path: &Path) -> Result<Self, StateError> {
        Self::open_with(path, Kill::default())
    }

    /// As [`StateDir::open`]; writing dies where `kill` says.
    pub(crate) fn open_with(path: &Path, kill: Kill) -> Result<Self, StateError> {
        fs::create_dir_all(path).map_err(io_error(path))?;
        let path = path.to_owned();
        Ok(Self { path, kill })
    }

    /// Reads the kept list; `None` when there never was one.
    pub(crate) fn load(&self, trust: &Trust) -> Result<Option<Loaded>, StateError> {
        let path = self.path.join("state.json");
        let bytes = match read_bounded(&path, MAX_STATE) {
            Err(StateError::Io { source, .. }) if source.kind() == io::ErrorKind::NotFound => {
                return Ok(None);
            }
            other => other?,
        };
        let damaged = |reason: String| StateError::Damaged {
            path: path.clone(),
            reason,
        };
        let record: Record =
            serde_json::from_slice(&bytes).map_err(|error| damaged(error.to_string()))?;
        if record.v != VERSION {
            let written = "it was written by another version of this program";
            return Err(damaged(format!("{written}, in layout {}", record.v)));
        }
        let release = Release::open(record.note.as_bytes(), trust)
            .map_err(|_| StateError::OtherLog(self.path.clone()))?;
        let noted = (release.size, release.root, release.fold_version);
        if (record.size, record.root, record.fold_version) != noted {
            return Err(damaged(
                "it says otherwise than the release note in it".into(),
            ));
        }
        let mut set = self.read_compiled(BASE, &record.blockset_sha256, BlockSet::decode)?;
        if let Some(changes) = &record.changes_sha256 {
            set = self.read_compiled(CHANGES, changes, |bytes| set.with_overlay(bytes))?;
        }
        let held = Held {
            release,
            note: record.note.into_bytes(),
            zone: record.zone,
            guarded: record.guarded,
            set: std::sync::Arc::new(set),
        };
        Ok(Some(Loaded {
            held,
            leaves_octets: record.leaves_octets,
        }))
    }

    /// Reads a compiled file that ends in this checksum.
    fn read_compiled(
        &self,
        kind: &str,
        checksum: &Digest,
        read: impl FnOnce(Vec<u8>) -> Result<BlockSet, SetError>,
    ) -> Result<BlockSet, StateError> {
        let path = self.path.join(compiled_name(kind, checksum));
        let bytes = read_bounded(&path, MAX_SET)?;
        let set = if bytes.ends_with(&checksum.0) {
            read(bytes).map_err(|error| error.to_string())
        } else {
            Err("its checksum is another".into())
        };
        set.map_err(|reason| StateError::Damaged { path, reason })
    }

    /// What is wrong with the leaves, by the name of their file.
    pub(crate) fn damaged_leaves(&self, reason: String) -> StateError {
        StateError::Damaged {
            path: self.path.join("leaves"),
            reason,
        }
    }

    /// Reads the leaves that count, in order, some at a time. They are data, not proof.
    pub(crate) fn leaves(&self, octets: u64) -> Result<Leaves<'_>, StateError> {
        let path = self.path.join("leaves");
        let file = File::open(&path).map_err(io_error(&path))?;
        Ok(Leaves {
            state: self,
            file: BufReader::with_capacity(1 << 18, file.take(octets)),
        })
    }

    /// Appends leaves after the first `octets` octets and gives the new length. What stood behind
    /// them came from an update that did not finish. With `octets` 0 the file begins anew, under
    /// another name until it is whole.
    pub(crate) fn append_leaves(&self, octets: u64, leaves: &[Vec<u8>]) -> Result<u64, StateError> {
        let path = self.path.join("leaves");
        let encode = |some: &[Vec<u8>]| bundle::encode(some.iter().map(Vec::as_slice));
        if octets == 0 {
            let mut written = 0;
            self.replace_by("leaves", |file| {
                leaves.chunks(AT_ONCE).try_for_each(|some| {
                    let bytes = encode(some);
                    written += bytes.len() as u64;
                    self.write_halves(file, &bytes)
                })
            })?;
            return Ok(written);
        }
        let bytes = encode(leaves);
        let failed = io_error(&path);
        let write = || -> io::Result<()> {
            let mut file = OpenOptions::new().write(true).open(&path)?;
            file.set_len(octets)?;
            self.kill.place()?;
            file.seek(SeekFrom::Start(octets))?;
            self.write_halves(&mut file, &bytes)?;
            file.sync_all()
        };
        write().map_err(failed)?;
        Ok(octets + bytes.len() as u64)
    }

    /// Puts a new list in place: the compiled files, then the state that names them, then the old
    /// compiled files go. `kept` is the base of the list that this process read from here or wrote here
    /// last; nothing else vouches for what a file of that name holds.
    pub(crate) fn commit(
        &self,
        held: &Held,
        leaves_octets: u64,
        kept: Option<Digest>,
    ) -> Result<(), StateError> {
        let blockset_sha256 = held.set.base_checksum();
        let base = compiled_name(BASE, &blockset_sha256);
        if kept != Some(blockset_sha256) || !self.has(&base, held.set.base_file().len()) {
            self.replace(&base, held.set.base_file())?;
        }
        let changes = held.set.overlay_file();
        let changes_sha256 = changes.map(|(_, checksum)| checksum);
        let changes_name = changes_sha256.map(|checksum| compiled_name(CHANGES, &checksum));
        if let (Some(name), Some((file, _))) = (&changes_name, changes) {
            self.replace(name, file)?;
        }
        let record = Record {
            v: VERSION,
            size: held.release.size,
            root: held.release.root,
            fold_version: held.release.fold_version,
            note: String::from_utf8_lossy(&held.note).into_owned(),
            zone: held.zone.clone(),
            guarded: held.guarded,
            leaves_octets,
            blockset_sha256,
            changes_sha256,
        };
        let json = serde_json::to_vec_pretty(&record).map_err(|error| StateError::Damaged {
            path: self.path.join("state.json"),
            reason: error.to_string(),
        })?;
        self.replace("state.json", &json)?;
        self.sweep(&[Some(base), changes_name]);
        Ok(())
    }

    /// Keeps the newest release that was refused; nothing here ever reads it.
    pub(crate) fn keep_refused(&self, note: &[u8]) -> Result<(), StateError> {
        self.replace("refused.release", note)
    }

    /// Writes a file whole: other name, sync, rename, sync of the directory.
    fn replace(&self, name: &str, bytes: &[u8]) -> Result<(), StateError> {
        self.replace_by(name, |file| self.write_halves(file, bytes))
    }

    /// As [`Self::replace`], with whatever `fill` writes.
    fn replace_by(
        &self,
        name: &str,
        fill: impl FnOnce(&mut File) -> io::Result<()>,
    ) -> Result<(), StateError> {
        let temporary = self.path.join(format!("{name}.new"));
        let path = self.path.join(name);
        let write = || -> io::Result<()> {
            self.kill.place()?;
            let mut file = File::create(&temporary)?;
            fill(&mut file)?;
            file.sync_all()?;
            self.kill.place()?;
            fs::rename(&temporary, &path)?;
            File::open(&self.path)?.sync_all()?;
            self.kill.place()
        };
        write().map_err(io_error(&path))
    }

    /// In two writes, because a kill may leave half of what was to be written.
    fn write_halves(&self, file: &mut File, bytes: &[u8]) -> io::Result<()> {
        let (first, second) = bytes.split_at(bytes.len() / 2);
        self.kill.place()?;
        file.write_all(first)?;
        self.kill.place()?;
        file.write_all(second)?;
        self.kill.place()
    }

    /// Whether there is a file of this name and length.
    fn has(&self, name: &str, octets: usize) -> bool {
        fs::metadata(self.path.join(name)).is_ok_and(|file| file.len() == octets as u64)
    }

    /// Removes compiled files nothing names any more; one that cannot be removed only takes room.
    fn sweep(&self, keep: &[Option<String>]) {
        let Ok(entries) = fs::read_dir(&self.path) else {
            return;
        };
        for entry in entries.flatten() {
            let name = entry.file_name();
            let stale = name
                .to_str()
                .is_some_and(|name| is_compiled(name) && !keep.iter().flatten().any(|k| k == name));
            if stale && fs::remove_file(entry.path()).is_err() {
                tracing::warn!(file = %entry.path().display(), "an old compiled list could not be removed");
            }
        }
    }
}

/// The name of a compiled file.
fn compiled_name(kind: &str, checksum: &Digest) -> String {
    let mut name = checksum.to_string();
    name.truncate(16);
    format!("{kind}{name}.bin")
}

/// Whether a file has such a name, whole or not.
fn is_compiled(name: &str) -> bool {
    [BASE, CHANGES].iter().any(|kind| name.starts_with(kind))
}

/// Leaves as they stand in the file: with their lengths in 16 bits before them, as in entry bundles, any
/// number of them.
pub(crate) struct Leaves<'d> {
    state: &'d StateDir,
    file: BufReader<Take<File>>,
}

impl Leaves<'_> {
    /// The next leaves; none at the end.
    pub(crate) fn some(&mut self) -> Result<Vec<Vec<u8>>, StateError> {
        let mut leaves = Vec::new();
        while leaves.len() < AT_ONCE && self.file.get_ref().limit() + self.buffered() > 0 {
            let mut length = [0; 2];
            self.read(&mut length)?;
            let mut leaf = vec![0; usize::from(u16::from_be_bytes(length))];
            self.read(&mut leaf)?;
            leaves.push(leaf);
        }
        Ok(leaves)
    }

    fn buffered(&self) -> u64 {
        self.file.buffer().len() as u64
    }

    fn read(&mut self, room: &mut [u8]) -> Result<(), StateError> {
        self.file.read_exact(room).map_err(|error| {
            if error.kind() == io::ErrorKind::UnexpectedEof {
                return self.state.damaged_leaves("it is cut short".into());
            }
            io_error(&self.state.path.join("leaves"))(error)
        })
    }
}

fn read_bounded(path: &Path, limit: u64) -> Result<Vec<u8>, StateError> {
    let file = File::open(path).map_err(io_error(path))?;
    let octets = file.metadata().map_err(io_error(path))?.len();
    // As much room as the file takes, and one octet to see its end: a large list is never copied.
    let mut bytes = Vec::with_capacity(usize::try_from(octets.min(limit)).unwrap_or(0) + 1);
    file.take(limit + 1)
        .read_to_end(&mut bytes)
        .map_err(io_error(path))?;
    if bytes.len() as u64 > limit {
        return Err(StateError::Damaged {
            path: path.to_owned(),
            reason: format!("over {limit} octets"),
        });
    }
    Ok(bytes)
}

fn io_error(path: &Path) -> impl Fn(io::Error) -> StateError + use<> {
    let path = path.to_owned();
    move |source| StateError::Io {
        path: path.clone(),
        source,
    }
}
