//! A log that was proved, as a node holds it in memory, and the list that follows it.

use blocklist::{
    BlockSet, Folded, Release, Trust,
    fold::Course,
    set::SetError,
    verify::{Replay, VerifyError},
};

use crate::{
    error::{PullError, StateError},
    state::{Held, StateDir},
};

/// A log that was proved.
pub(crate) struct Proved {
    pub(crate) replay: Replay,
    /// The list of the release held, and what must be known to follow the log from there.
    pub(crate) list: Option<(Folded, Course)>,
}

impl Proved {
    /// The list of a release over exactly this log, and how many listings the guard holds back. `before` is
    /// the compiled form of `self.list`, if that is there.
    pub(crate) fn compile(
        &mut self,
        release: &Release,
        before: &BlockSet,
    ) -> Result<(BlockSet, u64), PullError> {
        self.replay.check(release)?;
        let fold = self.replay.fold();
        // If anything goes wrong there is no list that belongs to what is held.
        let followed = self.list.take().and_then(|(mut list, mut course)| {
            let change = fold.follow(&mut list, &mut course, release.time)?;
            Some((list, course, change))
        });
        let (list, course, set) = if let Some((list, course, change)) = followed {
            let names: Vec<_> = change.names.into_iter().collect();
            let set = before.with_changes(&names, &list.entries)?;
            (list, course, set)
        } else {
            let (list, course) = fold.on_course(release.time);
            let set = before.updated(&list.entries)?;
            (list, course, set)
        };
        for remark in &list.remarks {
            tracing::debug!(remark, "a leaf to look into");
        }
        let guarded = course.guarded() as u64;
        self.list = Some((list, course));
        Ok((set, guarded))
    }
}

/// The list of a release that is held, if its compiled form is what the log folds to.
pub(crate) fn folded(replay: &Replay, held: &Held) -> Option<(Folded, Course)> {
    let (list, course) = replay.fold().on_course(held.release.time);
    match held.set.updated(&list.entries) {
        Ok(set) if set == *held.set => Some((list, course)),
        Ok(_) | Err(SetError::TooLarge) => {
            tracing::error!(
                "the compiled list kept here is not what its log folds to; it is made anew with the next release"
            );
            None
        }
        Err(_) => None,
    }
}

/// Has a replay take leaves by `take`; it begins with the first of them.
pub(crate) fn take_some(
    replay: Option<Replay>,
    trust: &Trust,
    leaves: &[Vec<u8>],
    take: impl FnOnce(&mut Replay, &[Vec<u8>]) -> Result<(), VerifyError>,
) -> Result<Replay, VerifyError> {
    let (mut replay, rest) = match (replay, leaves.split_first()) {
        (Some(replay), _) => (replay, leaves),
        (None, Some((first, rest))) => (Replay::begin(trust, first)?, rest),
        (None, None) => {
            return Err(VerifyError::Size {
                expected: 1,
                found: 0,
            });
        }
    };
    take(&mut replay, rest)?;
    Ok(replay)
}

/// Reads the node's own copy of the leaves, which must be those of the release `kept`.
pub(crate) fn read_copy(
    state: &StateDir,
    trust: &Trust,
    octets: u64,
    kept: &Held,
    take: impl Fn(&mut Replay, &[Vec<u8>]) -> Result<(), VerifyError>,
) -> Result<Replay, StateError> {
    let damaged = |error: &dyn std::fmt::Display| state.damaged_leaves(error.to_string());
    let mut copy = state.leaves(octets)?;
    let mut replay = None;
    loop {
        let leaves = copy.some()?;
        if leaves.is_empty() {
            break;
        }
        let grown = take_some(replay, trust, &leaves, &take).map_err(|error| damaged(&error))?;
        replay = Some(grown);
    }
    let replay = replay.ok_or_else(|| damaged(&"it is empty"))?;
    let found = replay.tree().root().map_err(|error| damaged(&error))?;
    if (replay.tree().size(), found) == (kept.release.size, kept.release.root) {
        Ok(replay)
    } else {
        Err(damaged(&"these are not the leaves of the release held"))
    }
}
