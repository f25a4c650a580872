//! Replaying everything: from the trust file and the log's leaves to the list, believing nobody.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::{
    Digest, Folded, Release, Timestamp, Trust, export,
    fold::{FOLD_VERSION, Fold, FoldError, Proved},
    leaf::{Leaf, LeafError},
    log::{LeafHash, LogError, Tree},
    parallel,
    statement::Statement,
};

/// Why a release is refused whole.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum VerifyError {
    /// Not as many leaves as the release says.
    #[error("the log holds {found} leaves; the release is over {expected}")]
    Size {
        /// Leaves the release names.
        expected: u64,
        /// Leaves there are.
        found: u64,
    },
    /// Leaf 0 is not the one in the trust file.
    #[error(
        "the log begins with another leaf than the trust file names: this is a different log, or a forged one"
    )]
    Genesis,
    /// The leaves hash to another root.
    #[error(
        "the leaves hash to {found}, the release says {expected}: the log was altered or forked"
    )]
    Root {
        /// Root in the release.
        expected: Digest,
        /// Root of the leaves.
        found: Digest,
    },
    /// Folded by a program of another version.
    #[error(
        "the release was folded by version {0}; this program knows version {FOLD_VERSION}: install the matching version"
    )]
    FoldVersion(u32),
    /// A leaf does not parse.
    #[error("leaf {position}: {error}")]
    Leaf {
        /// Its position.
        position: u64,
        /// What is wrong.
        error: LeafError,
    },
    /// A leaf does not verify.
    #[error(transparent)]
    Fold(#[from] FoldError),
    /// The tree cannot be computed.
    #[error(transparent)]
    Log(#[from] LogError),
    /// The serial is not the one that follows from the log.
    #[error("the release has serial {found}; the log gives {expected}")]
    Serial {
        /// What follows from the log.
        expected: u32,
        /// What the release says.
        found: u32,
    },
    /// The trust file and the log disagree whether this is a demonstration.
    #[error("the trust file and the log disagree whether this is a demonstration log")]
    Demo,
    /// The trust file and the log name different log keys.
    #[error(
        "the trust file and the log's first leaf name different log keys: fetch trust.json anew, by a road you trust"
    )]
    LogKey,
    /// An artefact is not what the fold gives.
    #[error("{0} is not what the log folds to")]
    Artefact(String),
}

/// Leaves that are read and proved together before they are taken: few enough to be in the processor's own
/// memory still when they are.
const AT_ONCE: usize = 512;

/// Leaves that are worth a thread: proving one takes longer than starting it.
const WORTH_A_THREAD: usize = 8;

/// A log in the course of being verified: tree and fold move together.
#[derive(Clone, Debug)]
pub struct Replay {
    tree: Tree,
    fold: Fold,
}

impl Replay {
    /// Begins with leaf 0, whose hash must be the one in the trust file.
    pub fn begin(trust: &Trust, leaf: &[u8]) -> Result<Self, VerifyError> {
        if Digest::of(leaf) != trust.genesis {
            return Err(VerifyError::Genesis);
        }
        let first = parse(0, leaf)?;
        let fold = Fold::begin(&first)?;
        if fold.demo() != trust.demo || fold.origin() != trust.origin {
            return Err(VerifyError::Demo);
        }
        if matches!(&first.statement, Statement::Genesis(genesis) if genesis.log_key != trust.log_key)
        {
            return Err(VerifyError::LogKey);
        }
        let mut tree = Tree::default();
        tree.append(leaf)?;
        Ok(Self { tree, fold })
    }

    /// Takes the next leaf; its signatures are verified.
    pub fn push(&mut self, leaf: &[u8]) -> Result<(), VerifyError> {
        self.fold.apply(parse(self.tree.size(), leaf)?)?;
        self.tree.append(leaf)?;
        Ok(())
    }

    /// Takes leaves that follow one another, as [`Self::push`] would one after the other. Reading and proving
    /// them, nearly all the work, is shared by every core. The leaves before one that is refused are taken.
    pub fn push_all(&mut self, leaves: &[impl AsRef<[u8]> + Sync]) -> Result<(), VerifyError> {
        self.take_all(leaves, Fold::prove)
    }

    /// As [`Self::push_all`] for leaves that this program proved before: their signatures are not looked at.
    /// What vouches for them is their root, which the caller has kept and compares once all are taken;
    /// before that nothing of this replay may be used.
    pub fn recall_all(&mut self, leaves: &[impl AsRef<[u8]> + Sync]) -> Result<(), VerifyError> {
        self.take_all(leaves, Fold::recall)
    }

    fn take_all(
        &mut self,
        leaves: &[impl AsRef<[u8]> + Sync],
        prove: impl Fn(&Fold, Leaf) -> Proved + Sync,
    ) -> Result<(), VerifyError> {
        for some in leaves.chunks(AT_ONCE) {
            let fold = &self.fold;
            let read = parallel::map(some, WORTH_A_THREAD, |bytes| {
                let leaf = Leaf::from_bytes(bytes.as_ref()).map(|leaf| prove(fold, leaf));
                (leaf, LeafHash::of(bytes.as_ref()))
            });
            for (leaf, hash) in read {
                let leaf = leaf.map_err(|error| unread(self.tree.size(), error))?;
                self.fold.apply(leaf)?;
                self.tree.append_hash(hash)?;
            }
        }
        Ok(())
    }

    /// The tree over the leaves taken.
    pub fn tree(&self) -> &Tree {
        &self.tree
    }

    /// The state after the leaves taken.
    pub fn fold(&self) -> &Fold {
        &self.fold
    }

    /// Takes the leaves by which the log grew to that of `release`, in all the ways of [`Self::push_all`].
    /// Where they do not lead to its root nothing is taken. Where they do, and one of them is refused all the
    /// same, those before it are taken, and the replay is of no log that anybody released.
    pub fn grow(
        &mut self,
        leaves: &[impl AsRef<[u8]> + Sync],
        release: &Release,
    ) -> Result<(), VerifyError> {
        let size = self.tree.size();
        let leads = leaves
            .iter()
            .try_for_each(|leaf| self.tree.append(leaf.as_ref()));
        let leads = leads.map_err(VerifyError::from);
        let leads = leads.and_then(|()| self.check_root(release));
        self.tree.truncate(size);
        leads?;
        self.push_all(leaves)
    }

    /// Checks that `release` is over exactly the leaves taken.
    pub fn check(&self, release: &Release) -> Result<(), VerifyError> {
        self.check_root(release)?;
        if release.fold_version != FOLD_VERSION {
            return Err(VerifyError::FoldVersion(release.fold_version));
        }
        let expected = self.fold.policy().serial(self.tree.size());
        if expected == release.serial {
            Ok(())
        } else {
            let found = release.serial;
            Err(VerifyError::Serial { expected, found })
        }
    }

    /// Checks that `release` is over exactly the leaves taken, and folds at its time.
    pub fn finish(&self, release: &Release) -> Result<Folded, VerifyError> {
        self.check(release)?;
        Ok(self.fold.at(release.time))
    }

    fn check_root(&self, release: &Release) -> Result<(), VerifyError> {
        if self.tree.size() != release.size {
            return Err(VerifyError::Size {
                expected: release.size,
                found: self.tree.size(),
            });
        }
        let found = self.tree.root()?;
        if found != release.root {
            return Err(VerifyError::Root {
                expected: release.root,
                found,
            });
        }
        Ok(())
    }
}

fn parse(position: u64, leaf: &[u8]) -> Result<Leaf, VerifyError> {
    Leaf::from_bytes(leaf).map_err(|error| unread(position, error))
}

fn unread(position: u64, error: LeafError) -> VerifyError {
    VerifyError::Leaf { position, error }
}

/// Verifies a whole log against a release and gives the list.
pub fn replay(trust: &Trust, release: &Release, leaves: &[Vec<u8>]) -> Result<Folded, VerifyError> {
    let (first, rest) = leaves.split_first().ok_or(VerifyError::Size {
        expected: release.size,
        found: 0,
    })?;
    let mut replay = Replay::begin(trust, first)?;
    replay.push_all(rest)?;
    replay.finish(release)
}

/// Checks that every artefact is, octet for octet, what the fold gives, and that the release names
/// exactly those. `published` holds the artefacts' bytes by path.
pub fn check_artefacts(
    trust: &Trust,
    release: &Release,
    folded: &Folded,
    published: &BTreeMap<String, Vec<u8>>,
) -> Result<(), VerifyError> {
    let expected = export::artefacts(folded, &trust.origin, release.root);
    for (path, bytes) in &expected {
        let named = release.artefacts.get(path) == Some(&Digest::of(bytes));
        if !named || published.get(path) != Some(bytes) {
            return Err(VerifyError::Artefact(path.clone()));
        }
    }
    let stray = release
        .artefacts
        .keys()
        .find(|path| !expected.contains_key(*path));
    stray.map_or(Ok(()), |path| Err(VerifyError::Artefact(path.clone())))
}

/// Whether `next` may replace `held`: never smaller, never older, never another tree of one size.
pub fn check_succession(held: &Release, next: &Release) -> Result<(), SuccessionError> {
    if next.size < held.size || next.time < held.time {
        return Err(SuccessionError::RollBack {
            held: held.time,
            offered: next.time,
        });
    }
    if next.size == held.size && next.root != held.root {
        return Err(SuccessionError::Fork { size: held.size });
    }
    Ok(())
}

/// What a verifier remembers of a release that it verified whole.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Seen {
    /// The name of the log.
    pub origin: String,
    /// Number of leaves.
    pub size: u64,
    /// Root hash over them.
    pub root: Digest,
    /// When the release was signed.
    pub time: Timestamp,
}

impl Seen {
    /// What there is to remember of `release`.
    pub fn of(trust: &Trust, release: &Release) -> Self {
        Self {
            origin: trust.origin.clone(),
            size: release.size,
            root: release.root,
            time: release.time,
        }
    }

    /// Whether `next`, whose leaves hash to `tree`, continues what was seen.
    pub fn check(&self, next: &Release, tree: &Tree) -> Result<(), SuccessionError> {
        if next.size < self.size || next.time < self.time {
            return Err(SuccessionError::RollBack {
                held: self.time,
                offered: next.time,
            });
        }
        if tree.root_at(self.size) == Ok(self.root) {
            Ok(())
        } else {
            Err(SuccessionError::Fork { size: self.size })
        }
    }
}

/// Why a verified release must still not replace the one held.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum SuccessionError {
    /// Older or smaller than what is held.
    #[error("the release of {offered} is older than the one held, of {held}: a roll-back")]
    RollBack {
        /// Time of the release held.
        held: Timestamp,
        /// Time of the release offered.
        offered: Timestamp,
    },
    /// Same size, another root: the log key signed two histories.
    #[error(
        "two different logs of {size} leaves are signed by the same key: a fork; keep both files and tell the publisher and the public"
    )]
    Fork {
        /// The size both have.
        size: u64,
    },
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        Scope,
        key::Role,
        statement::{KeyAdd, KeyRevoke, VERSION},
        testing::{START, TestLog, grant, signed},
    };
    use ed25519_dalek::SigningKey;

    fn begun(log: &TestLog) -> Replay {
        Replay::begin(&log.trust, &log.leaves[0]).unwrap()
    }

    /// What is taken together is taken as one after the other: the same end, or the same leaf refused for
    /// the same reason, and those before it taken.
    fn assert_as_one_by_one(log: &TestLog) -> Result<(), VerifyError> {
        let (mut one, mut all) = (begun(log), begun(log));
        let rest = &log.leaves[1..];
        let singly = rest.iter().try_for_each(|leaf| one.push(leaf));
        let together = all.push_all(rest);
        assert_eq!(singly, together);
        assert_eq!(one.tree().size(), all.tree().size());
        assert_eq!(one.tree().root(), all.tree().root());
        assert_eq!(one.fold().at(START), all.fold().at(START));
        together
    }

    fn long() -> TestLog {
        let mut log = TestLog::new(true);
        for number in 1..=40 {
            log.list(&format!("site-{number}.test"), Scope::Host, number);
        }
        log
    }

    #[test]
    fn a_key_counts_from_its_leaf_to_its_end_however_leaves_are_taken() {
        let mut log = long();
        let (v, origin) = (VERSION, log.trust.origin.clone());
        let third = SigningKey::from_bytes(&[77; 32]);
        let newcomer = grant(&third, Role::Officer);
        let leaver = grant(&log.officers[1], Role::Officer).key.id();
        log.push_admin(Statement::KeyAdd(KeyAdd {
            v,
            origin: origin.clone(),
            grant: newcomer,
            at: START,
        }));
        log.push_admin(Statement::KeyRevoke(KeyRevoke {
            v,
            origin,
            key_id: leaver.clone(),
            at: START,
        }));
        let list = |log: &TestLog, number: u32, second: &SigningKey| {
            let list = log.list_statement(&format!("late-{number}.test"), Scope::Host, number);
            let keys = [(Role::Officer, &log.officers[0]), (Role::Officer, second)];
            signed(Statement::List(list), &keys)
        };
        let by_the_newcomer = list(&log, 101, &third);
        log.push(&by_the_newcomer);
        assert_as_one_by_one(&log).unwrap();
        let by_the_leaver = list(&log, 102, &log.officers[1]);
        log.push(&by_the_leaver);
        let position = log.leaves.len() as u64 - 1;
        log.list("after.test", Scope::Host, 103);
        let kind = crate::fold::FoldErrorKind::UnknownKey(leaver);
        let refused = VerifyError::Fold(FoldError { position, kind });
        assert_eq!(assert_as_one_by_one(&log), Err(refused));
    }

    #[test]
    fn leaves_that_lead_elsewhere_are_not_taken() {
        let mut log = long();
        let mut replay = log.fold(START).0;
        let before = replay.tree().root();
        log.list("next.test", Scope::Host, 50);
        let next = log.leaves.last().unwrap().clone();
        let release = Release::open(&log.release(START).0, &log.trust).unwrap();
        let other = long().leaves[9].clone();
        for leaves in [vec![other], vec![], vec![next.clone(), next.clone()]] {
            assert!(replay.grow(&leaves, &release).is_err());
            assert_eq!(replay.tree().root(), before);
            assert_eq!(replay.fold().size(), replay.tree().size());
        }
        replay.grow(&[next], &release).unwrap();
        assert_eq!(replay.finish(&release).unwrap(), log.fold(START).1);
    }

    #[test]
    fn what_is_recalled_is_what_was_proved_and_only_signatures_are_not_looked_at() {
        let mut log = long();
        let (mut again, proved) = (begun(&log), log.fold(START).0);
        again.recall_all(&log.leaves[1..]).unwrap();
        assert_eq!(again.tree().root(), proved.tree().root());
        assert_eq!(again.fold().at(START), proved.fold().at(START));
        let mut leaf = Leaf::from_bytes(&log.leaves[20]).unwrap();
        let signature = leaf.signatures[0].signature;
        leaf.signatures[1].signature = signature;
        log.leaves[20] = leaf.to_bytes().unwrap();
        // Keys count from the leaves that are taken before.
        let known = || {
            let mut known = begun(&log);
            known.push_all(&log.leaves[1..10]).unwrap();
            known
        };
        let mut again = known();
        again.recall_all(&log.leaves[10..]).unwrap();
        assert_ne!(again.tree().root(), proved.tree().root(), "its root tells");
        let mut alone = known();
        leaf.signatures.pop();
        log.leaves[20] = leaf.to_bytes().unwrap();
        assert!(
            alone.recall_all(&log.leaves[10..]).is_err(),
            "one officer alone"
        );
    }

    #[test]
    fn a_forged_or_broken_leaf_is_refused_where_it_stands() {
        let mut log = long();
        let other = long().list_statement("other.test", Scope::Host, 200);
        let mut forged = Leaf::from_bytes(&log.leaves[20]).unwrap();
        forged.statement = Statement::List(other);
        log.leaves[20] = forged.to_bytes().unwrap();
        let refused = assert_as_one_by_one(&log);
        assert!(matches!(
            refused,
            Err(VerifyError::Fold(FoldError { position: 20, .. }))
        ));
        log.leaves[12].push(b' ');
        let refused = assert_as_one_by_one(&log);
        assert!(matches!(
            refused,
            Err(VerifyError::Leaf { position: 12, .. })
        ));
    }
}
