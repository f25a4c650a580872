//! `list verify --seen`: what was verified before is remembered, so that only what is new is fetched, and
//! a release that does not continue it is refused.
//!
//! Two things stand on disk. FILE says which release last verified whole, artefacts and tiles included.
//! `FILE.log` is the log up to there or a little further, kept and proved by the same code as a node's
//! copy. They vouch for each other: if one does not continue the other, somebody changed it.

use std::{
    fs, io,
    path::{Path, PathBuf},
};

use blocklist::{Trust, verify::Seen};
use resolver::{PullError, copy::LogCopy, error::StateError, source::Reader};

use super::{
    files::{FOLLOWING, ReleaseFiles, too_fast},
    replayed::{self, Replayed},
};
use crate::{
    cli::Base,
    clock,
    failure::{Exit, Failure},
    paths::DataDir,
    progress::Progress,
};

/// Verifies as [`replayed::list_of`] does and remembers it in `file`. With `full` nothing that is kept
/// spares anything: all is fetched and proved again. What `file` remembers counts all the same.
pub(crate) async fn list_of(
    dir: &DataDir,
    base: &Base,
    file: &Path,
    full: bool,
) -> Result<Replayed, Failure> {
    let (trust, reader) = replayed::open(dir, base)?;
    let seen = read(file, &trust)?;
    let kept = beside(file);
    if full || seen.is_none() {
        forget(&kept)?;
    }
    let opened = LogCopy::open(reader.clone(), &trust, &kept);
    let mut copy = opened.map_err(|error| match error {
        StateError::Io { .. } => Failure::usage(error),
        damaged => odd(&damaged),
    })?;
    if let (Some(seen), Some((release, replay))) = (&seen, copy.held())
        && seen.check(release, replay.tree()).is_err()
    {
        return Err(odd(&format_args!(
            "{} and {} do not belong together",
            file.display(),
            kept.display()
        )));
    }
    let known = match (&seen, copy.held()) {
        (Some(seen), Some(_)) => seen.size,
        _ => 0,
    };
    let files = fetch(&trust, &reader, &mut copy).await?;
    let (release, replay) = copy
        .held()
        .ok_or_else(|| Failure::usage("the log is empty"))?;
    if let Some(Err(error)) = seen.as_ref().map(|seen| seen.check(release, replay.tree())) {
        // It proved right by itself, and so it was kept; it is not what was seen before.
        forget(&kept)?;
        return Err(replayed::refused(error));
    }
    let replayed = replayed::finish(trust, reader, release.clone(), replay).await?;
    replayed::check_tiles(&replayed, known).await?;
    files.check(&replayed).map_err(replayed::refused)?;
    write(file, &Seen::of(&replayed.trust, &replayed.release))?;
    Ok(replayed)
}

/// Reads what is published and brings the copy of the log to the same release, which another may replace
/// between the two.
async fn fetch(
    trust: &Trust,
    reader: &Reader,
    copy: &mut LogCopy,
) -> Result<ReleaseFiles, Failure> {
    let _progress = Progress::begin("fetching and verifying what is new of the log");
    for _ in 0..FOLLOWING {
        let files = ReleaseFiles::read(reader, trust).await?;
        copy.pull(clock::now()).await.map_err(not_taken)?;
        if copy.held().is_some_and(|(held, _)| *held == files.release) {
            return Ok(files);
        }
    }
    Err(too_fast())
}

/// `seen.json` remembers, and `seen.json.log` is the log.
fn beside(file: &Path) -> PathBuf {
    let mut name = file.as_os_str().to_owned();
    name.push(".log");
    name.into()
}

/// What `file` remembers; a file that is not there remembers nothing.
fn read(file: &Path, trust: &Trust) -> Result<Option<Seen>, Failure> {
    let bytes = match fs::read(file) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        other => other.map_err(|error| unusable(file, &error))?,
    };
    let seen: Seen = serde_json::from_slice(&bytes).map_err(|error| unusable(file, &error))?;
    if seen.origin != trust.origin {
        let other = format!("remembers the log `{}`; name another file", seen.origin);
        return Err(unusable(file, &other));
    }
    Ok(Some(seen))
}

fn write(file: &Path, seen: &Seen) -> Result<(), Failure> {
    let new = file.with_extension("new");
    fs::write(&new, serde_json::to_string(seen)? + "\n")
        .and_then(|()| fs::rename(&new, file))
        .map_err(|error| unusable(file, &error))
}

/// Without the file that vouches for the others, nothing of a copy is used.
fn forget(kept: &Path) -> Result<(), Failure> {
    let state = kept.join("state.json");
    match fs::remove_file(&state) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(unusable(&state, &error)),
        _ => Ok(()),
    }
}

fn unusable(path: &Path, error: &dyn std::fmt::Display) -> Failure {
    Failure::usage(format_args!("{}: {error}", path.display()))
}

/// What was kept is not what this program wrote: nothing of it is believed, and somebody should know.
fn odd(error: &dyn std::fmt::Display) -> Failure {
    Failure::new(
        Exit::Permanent,
        anyhow::anyhow!(
            "what was remembered was changed by somebody else: {error}; find out by whom, then verify with --full"
        ),
    )
}

/// A release that does not verify is a negative answer, and so is one of which parts are missing; a
/// server that cannot be reached says nothing of the release.
fn not_taken(error: PullError) -> Failure {
    match error {
        PullError::Source(error) => replayed::unread(error),
        PullError::State(error) => Failure::new(Exit::Permanent, error),
        PullError::Stopping => Failure::new(Exit::Temporary, error),
        refused => Failure::new(Exit::Negative, refused),
    }
}
