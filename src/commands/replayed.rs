//! A published release, fetched and replayed from its first leaf, believing nobody.

use std::{collections::BTreeMap, path::Path};

use blocklist::{
    Folded, Release, Trust, export, log,
    statement::Policy,
    verify::{self, Replay, Seen},
    witness,
};
use resolver::{ListSource, error::SourceError, source::Reader};

use crate::{
    cli::Base,
    clock,
    failure::{Exit, Failure},
    paths::DataDir,
    progress::Progress,
};

/// The largest note, in octets.
const MAX_NOTE: u64 = 1 << 20;
/// The largest entry bundle: 256 leaves of 64 KiB and their lengths.
const MAX_BUNDLE: u64 = 256 * 65_538;
/// The largest hash tile: 256 hashes.
const MAX_TILE: u64 = 256 * 32;
/// The largest artefact.
const MAX_ARTEFACT: u64 = 1 << 30;

/// Everything a verifier holds in the end.
pub(crate) struct Replayed {
    pub(crate) trust: Trust,
    pub(crate) release: Release,
    pub(crate) leaves: Vec<Vec<u8>>,
    pub(crate) folded: Folded,
    pub(crate) artefacts: BTreeMap<String, Vec<u8>>,
    reader: Reader,
    tree: log::Tree,
}

/// Fetches and verifies log and release: genesis, tree, checkpoint, signatures, roles, fold.
pub(crate) async fn log_of(dir: &DataDir, base: &Base) -> Result<Replayed, Failure> {
    let trust = dir.trust(base.trust.as_deref())?;
    let source = base
        .base
        .clone()
        .unwrap_or_else(|| ListSource::Directory(dir.release()));
    let reader = Reader::open(&source).map_err(unread)?;
    let note = reader.read("release", MAX_NOTE).await.map_err(unread)?;
    let release = Release::open(&note, &trust).map_err(refused)?;
    let leaves = leaves(&reader, release.size).await?;
    let (first, rest) = leaves
        .split_first()
        .ok_or_else(|| Failure::usage("the log is empty"))?;
    let mut replay = Replay::begin(&trust, first).map_err(refused)?;
    let mut progress = Progress::default();
    for (done, leaf) in rest.iter().enumerate() {
        progress.show(|| format!("replaying: {done} of {} leaves", release.size));
        replay.push(leaf).map_err(refused)?;
    }
    drop(progress);
    let folded = replay.finish(&release).map_err(refused)?;
    check_checkpoint(&reader, &trust, &replay, &folded.policy).await?;
    Ok(Replayed {
        trust,
        release,
        leaves,
        folded,
        artefacts: BTreeMap::new(),
        reader,
        tree: replay.tree().clone(),
    })
}

/// Compares every hash tile, octet for octet, with what the leaves hash to: light verifiers prove
/// inclusion and consistency from the tiles alone.
pub(crate) async fn check_tiles(replayed: &Replayed) -> Result<(), Failure> {
    for (path, expected) in replayed.tree.tiles_since(0).map_err(refused)? {
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
    let mut replayed = log_of(dir, base).await?;
    check_tiles(&replayed).await?;
    for path in export::ARTEFACTS {
        let bytes = replayed.reader.read(path, MAX_ARTEFACT).await;
        replayed
            .artefacts
            .insert(path.to_owned(), bytes.map_err(unread)?);
    }
    verify::check_artefacts(
        &replayed.trust,
        &replayed.release,
        &replayed.folded,
        &replayed.artefacts,
    )
    .map_err(refused)?;
    Ok(replayed)
}

/// Checks that the release continues what the file `path` remembers of an earlier one, and
/// remembers it there instead. A file that is not there remembers nothing.
pub(crate) fn check_seen(replayed: &Replayed, path: &Path) -> Result<(), Failure> {
    let shown = path.display();
    let unusable = |error: &dyn std::fmt::Display| Failure::usage(format_args!("{shown}: {error}"));
    let (trust, release) = (&replayed.trust, &replayed.release);
    match std::fs::read(path) {
        Ok(bytes) => {
            let seen: Seen = serde_json::from_slice(&bytes).map_err(|error| unusable(&error))?;
            if seen.origin != trust.origin {
                let other = format!("remembers the log `{}`; name another file", seen.origin);
                return Err(unusable(&other));
            }
            seen.check(release, &replayed.tree).map_err(refused)?;
        }
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => {}
        Err(error) => return Err(unusable(&error)),
    }
    let beside = path.with_extension("new");
    std::fs::write(
        &beside,
        serde_json::to_string(&Seen::of(trust, release))? + "\n",
    )
    .and_then(|()| std::fs::rename(&beside, path))
    .map_err(|error| unusable(&error))
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

fn refused(error: impl Into<anyhow::Error>) -> Failure {
    Failure::new(Exit::Negative, error)
}

fn refused_words(words: impl std::fmt::Display) -> Failure {
    Failure::new(Exit::Negative, anyhow::anyhow!("{words}"))
}

/// A release of which parts are missing or of no possible size does not verify; a server that
/// cannot be reached says nothing of the release.
fn unread(error: SourceError) -> Failure {
    let exit = match &error {
        SourceError::NotFound(_) | SourceError::TooLarge { .. } => Exit::Negative,
        SourceError::Http { .. } | SourceError::Status { .. } => Exit::Temporary,
        SourceError::Base(_) => Exit::Usage,
        SourceError::Client(_) | SourceError::Io { .. } => Exit::Permanent,
    };
    Failure::new(exit, error)
}
