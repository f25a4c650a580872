//! A published release, fetched and replayed from its first leaf, believing nobody.

use blocklist::{Folded, Release, Trust, log, statement::Policy, verify::Replay, witness};
use resolver::{ListSource, error::SourceError, source::Reader};

use super::files::{MAX_NOTE, ReleaseFiles};
use crate::{
    cli::Base,
    clock,
    failure::{Exit, Failure},
    paths::DataDir,
    progress::Progress,
};

/// The largest entry bundle: 256 leaves of 64 KiB and their lengths.
const MAX_BUNDLE: u64 = 256 * 65_538;
/// The largest hash tile: 256 hashes.
const MAX_TILE: u64 = 256 * 32;

/// Leaves that are replayed between two words of how far it is.
const SHOWN: usize = 1024;

/// Everything a verifier holds in the end.
pub(crate) struct Replayed {
    pub(crate) trust: Trust,
    pub(crate) release: Release,
    pub(crate) folded: Folded,
    pub(crate) tree: log::Tree,
    reader: Reader,
}

/// The trust file and the source that are meant.
pub(crate) fn open(dir: &DataDir, base: &Base) -> Result<(Trust, Reader), Failure> {
    let trust = dir.trust(base.trust.as_deref())?;
    let source = base
        .base
        .clone()
        .unwrap_or_else(|| ListSource::Directory(dir.release()));
    Ok((trust, Reader::open(&source).map_err(unread)?))
}

/// Fetches and verifies log and release: genesis, tree, checkpoint, signatures, roles, fold.
pub(crate) async fn log_of(dir: &DataDir, base: &Base) -> Result<Replayed, Failure> {
    Ok(leaves_of(dir, base).await?.0)
}

/// As [`log_of`], with the leaves themselves.
pub(crate) async fn leaves_of(
    dir: &DataDir,
    base: &Base,
) -> Result<(Replayed, Vec<Vec<u8>>), Failure> {
    let (trust, reader) = open(dir, base)?;
    let note = reader.read("release", MAX_NOTE).await.map_err(unread)?;
    let release = Release::open(&note, &trust).map_err(refused)?;
    replay(trust, reader, release).await
}

/// Fetches and verifies the log up to `release`.
async fn replay(
    trust: Trust,
    reader: Reader,
    release: Release,
) -> Result<(Replayed, Vec<Vec<u8>>), Failure> {
    let leaves = leaves(&reader, release.size).await?;
    let (first, rest) = leaves
        .split_first()
        .ok_or_else(|| Failure::usage("the log is empty"))?;
    let mut replay = Replay::begin(&trust, first).map_err(refused)?;
    let mut progress = Progress::default();
    for some in rest.chunks(SHOWN) {
        let done = replay.tree().size();
        progress.show(|| format!("replaying: {done} of {} leaves", release.size));
        replay.push_all(some).map_err(refused)?;
    }
    drop(progress);
    let replayed = finish(trust, reader, release, &replay).await?;
    Ok((replayed, leaves))
}

/// What stands at the end of a replay, however its leaves were come by.
pub(crate) async fn finish(
    trust: Trust,
    reader: Reader,
    release: Release,
    replay: &Replay,
) -> Result<Replayed, Failure> {
    let folded = replay.finish(&release).map_err(refused)?;
    check_checkpoint(&reader, &trust, replay, &folded.policy).await?;
    Ok(Replayed {
        trust,
        release,
        folded,
        tree: replay.tree().clone(),
        reader,
    })
}

/// Compares every hash tile, octet for octet, with what the leaves hash to: light verifiers prove
/// inclusion and consistency from the tiles alone. Tiles that were whole at the size `since` are left out.
pub(crate) async fn check_tiles(replayed: &Replayed, since: u64) -> Result<(), Failure> {
    for (path, expected) in replayed.tree.tiles_since(since).map_err(refused)? {
        let path = format!("log/{path}");
        let bytes = replayed
            .reader
            .read(&path, MAX_TILE)
            .await
            .map_err(unread)?;
        if bytes != expected {
            return Err(refused_words(format!(
                "{path} is not what the leaves hash to"
            )));
        }
    }
    Ok(())
}

/// As [`log_of`], and compares every hash tile and every artefact, octet for octet, with what the log folds to.
pub(crate) async fn list_of(dir: &DataDir, base: &Base) -> Result<Replayed, Failure> {
    let (trust, reader) = open(dir, base)?;
    let files = ReleaseFiles::read(&reader, &trust).await?;
    let (replayed, _) = replay(trust, reader, files.release.clone()).await?;
    check_tiles(&replayed, 0).await?;
    files.check(&replayed).map_err(refused)?;
    Ok(replayed)
}

async fn leaves(reader: &Reader, size: u64) -> Result<Vec<Vec<u8>>, Failure> {
    let mut leaves = Vec::new();
    let mut progress = Progress::default();
    for (index, width) in log::bundles(0, size) {
        let path = format!("log/{}", log::entry_bundle_path(index, width));
        let bytes = reader.read(&path, MAX_BUNDLE).await.map_err(unread)?;
        leaves.extend(log::bundle::decode(index, width, &bytes).map_err(refused)?);
        progress.show(|| format!("reading: {} of {size} leaves", leaves.len()));
    }
    Ok(leaves)
}

/// The checkpoint must be of this log, co-signed by as many witnesses as the policy asks for and,
/// where it is not ahead of the release, of this history.
async fn check_checkpoint(
    reader: &Reader,
    trust: &Trust,
    replay: &Replay,
    policy: &Policy,
) -> Result<(), Failure> {
    let note = reader
        .read("log/checkpoint", MAX_NOTE)
        .await
        .map_err(unread)?;
    let (size, root) = log::open_checkpoint(&note, trust).map_err(refused)?;
    if size < replay.tree().size() {
        return Err(refused_words(
            "log/checkpoint is behind the release: a roll-back",
        ));
    }
    if size == replay.tree().size() && replay.tree().root().map_err(refused)? != root {
        return Err(refused_words(
            "log/checkpoint and release are of different histories: a fork",
        ));
    }
    witness::check(&note, trust, policy, clock::now()).map_err(refused)?;
    Ok(())
}

pub(crate) fn refused(error: impl Into<anyhow::Error>) -> Failure {
    Failure::new(Exit::Negative, error)
}

fn refused_words(words: impl std::fmt::Display) -> Failure {
    Failure::new(Exit::Negative, anyhow::anyhow!("{words}"))
}

/// A release of which parts are missing or of no possible size does not verify; a server that
/// cannot be reached says nothing of the release.
pub(crate) fn unread(error: SourceError) -> Failure {
    let exit = match &error {
        SourceError::NotFound(_) | SourceError::TooLarge { .. } => Exit::Negative,
        SourceError::Http { .. } | SourceError::Status { .. } => Exit::Temporary,
        SourceError::Base(_) => Exit::Usage,
        SourceError::Client(_) | SourceError::Io { .. } => Exit::Permanent,
    };
    Failure::new(exit, error)
}
