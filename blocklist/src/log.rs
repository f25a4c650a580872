//! The append-only log: Merkle tree (RFC 6962 hashing), C2SP tlog-tiles layout, checkpoints.

use tlog_tiles::{Checkpoint, Hash, HashReader, Tile};

use signed_note::{Note, StandardSigner, VerifierList};

use crate::{digest::Digest, trust::Trust};

/// Height of tiles in C2SP tlog-tiles: 256 hashes wide.
const TILE_HEIGHT: u8 = 8;

/// Leaves in a full entry bundle.
pub const BUNDLE_WIDTH: u64 = 256;

/// Why log bytes do not hold.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum LogError {
    /// An entry bundle is cut short.
    #[error("entry bundle {0} ends inside an entry")]
    Bundle(String),
    /// A bundle has another number of entries than its name says.
    #[error("entry bundle {path} holds {found} entries instead of {expected}")]
    BundleWidth {
        /// Path of the bundle below `log/`.
        path: String,
        /// Entries the name promises.
        expected: u64,
        /// Entries it has.
        found: u64,
    },
    /// The checkpoint is malformed or not signed by the log key.
    #[error("the checkpoint is not signed by the log key in the trust file, or is malformed")]
    Checkpoint,
    /// The tree library refused (an index beyond the tree).
    #[error("the log tree is inconsistent: {0}")]
    Tree(String),
}

/// The Merkle tree over leaf bytes. Holds hashes only: about 64 octets a leaf.
#[derive(Clone, Debug, Default)]
pub struct Tree {
    stored: Vec<Hash>,
    size: u64,
}

/// The hash of a leaf in the tree (RFC 6962 §2.1).
#[derive(Clone, Copy, Debug)]
pub(crate) struct LeafHash(Hash);

impl LeafHash {
    pub(crate) fn of(leaf: &[u8]) -> Self {
        Self(tlog_tiles::record_hash(leaf))
    }
}

struct Stored<'a>(&'a [Hash]);

impl HashReader for Stored<'_> {
    fn read_hashes(&self, indexes: &[u64]) -> Result<Vec<Hash>, tlog_tiles::Error> {
        indexes
            .iter()
            .map(|&index| {
                usize::try_from(index)
                    .ok()
                    .and_then(|index| self.0.get(index))
                    .copied()
                    .ok_or(tlog_tiles::Error::IndexesNotInTree)
            })
            .collect()
    }
}

impl Tree {
    /// Number of leaves.
    pub fn size(&self) -> u64 {
        self.size
    }

    /// Appends a leaf.
    pub fn append(&mut self, leaf: &[u8]) -> Result<(), LogError> {
        self.append_hash(LeafHash::of(leaf))
    }

    /// Appends a leaf that was hashed before.
    pub(crate) fn append_hash(&mut self, leaf: LeafHash) -> Result<(), LogError> {
        let stored = Stored(&self.stored);
        let hashes = tlog_tiles::stored_hashes_for_record_hash(self.size, leaf.0, &stored)
            .map_err(|error| tree_error(&error))?;
        self.stored.extend(hashes);
        self.size += 1;
        Ok(())
    }

    /// Takes back the leaves behind the first `size`.
    pub(crate) fn truncate(&mut self, size: u64) {
        let stored = tlog_tiles::stored_hash_count(size);
        if let Ok(stored) = usize::try_from(stored)
            && size < self.size
        {
            self.stored.truncate(stored);
            self.size = size;
        }
    }

    /// The root hash when the tree had `size` leaves.
    pub fn root_at(&self, size: u64) -> Result<Digest, LogError> {
        let hash = tlog_tiles::tree_hash(size, &Stored(&self.stored))
            .map_err(|error| tree_error(&error))?;
        Ok(Digest(hash.0))
    }

    /// The root hash now.
    pub fn root(&self) -> Result<Digest, LogError> {
        self.root_at(self.size)
    }

    /// The hash tiles that must be written when the tree grew from `old` leaves to its present
    /// size: path below `log/` and bytes.
    pub fn tiles_since(&self, old: u64) -> Result<Vec<(String, Vec<u8>)>, LogError> {
        Tile::new_tiles(TILE_HEIGHT, old, self.size)
            .into_iter()
            .map(|tile| {
                let bytes = tile
                    .read_data(&Stored(&self.stored))
                    .map_err(|error| tree_error(&error))?;
                Ok((c2sp_path(&tile), bytes))
            })
            .collect()
    }
}

fn tree_error(error: &tlog_tiles::Error) -> LogError {
    LogError::Tree(error.to_string())
}

/// The library prints the Go form `tile/8/<L>/<N>`; C2SP tlog-tiles leaves the height out.
fn c2sp_path(tile: &Tile) -> String {
    tile.path().replacen("tile/8/", "tile/", 1)
}

/// Where entry bundle `index` stands below `log/`; `width` is 256 for a full bundle.
pub fn entry_bundle_path(index: u64, width: u64) -> String {
    let width = width.clamp(1, BUNDLE_WIDTH) as u32;
    let tile = Tile::new(TILE_HEIGHT, 0, index, width, false);
    c2sp_path(&tile).replacen("tile/0/", "tile/entries/", 1)
}

/// The entry bundles that together hold leaves `0..size`, from the one that holds leaf `from` on:
/// index, width.
pub fn bundles(from: u64, size: u64) -> impl Iterator<Item = (u64, u64)> {
    let end = size.div_ceil(BUNDLE_WIDTH);
    (from / BUNDLE_WIDTH..end)
        .map(move |index| (index, BUNDLE_WIDTH.min(size - index * BUNDLE_WIDTH)))
}

/// Entry bundles of C2SP tlog-tiles: each entry with its length in 16 bits, big-endian, before it.
pub mod bundle {
    use super::{LogError, entry_bundle_path};

    /// Writes a bundle. Leaves are at most [`crate::leaf::MAX_LEAF`] octets long.
    pub fn encode<'a>(leaves: impl IntoIterator<Item = &'a [u8]>) -> Vec<u8> {
        let mut bytes = Vec::new();
        for leaf in leaves {
            let length = u16::try_from(leaf.len()).unwrap_or(u16::MAX);
            bytes.extend_from_slice(&length.to_be_bytes());
            bytes.extend_from_slice(leaf);
        }
        bytes
    }

    /// Reads bundle `index`, which must hold exactly `width` entries.
    pub fn decode(index: u64, width: u64, bytes: &[u8]) -> Result<Vec<Vec<u8>>, LogError> {
        let cut_short = || LogError::Bundle(entry_bundle_path(index, width));
        let mut leaves = Vec::new();
        let mut rest = bytes;
        while !rest.is_empty() {
            let (length, after) = rest.split_first_chunk::<2>().ok_or_else(cut_short)?;
            let length = usize::from(u16::from_be_bytes(*length));
            if after.len() < length {
                return Err(cut_short());
            }
            let (leaf, after) = after.split_at(length);
            leaves.push(leaf.to_vec());
            rest = after;
        }
        let found = leaves.len() as u64;
        if found == width {
            Ok(leaves)
        } else {
            Err(LogError::BundleWidth {
                path: entry_bundle_path(index, width),
                expected: width,
                found,
            })
        }
    }
}

/// Signs the checkpoint of a tree (C2SP tlog-checkpoint).
pub fn sign_checkpoint(
    origin: &str,
    size: u64,
    root: Digest,
    key: &StandardSigner,
) -> Result<Vec<u8>, LogError> {
    let checkpoint =
        Checkpoint::new(origin, size, Hash(root.0), "").map_err(|_| LogError::Checkpoint)?;
    let mut note = Note::new(&checkpoint.to_bytes(), &[]).map_err(|_| LogError::Checkpoint)?;
    note.add_sigs(&[key]).map_err(|_| LogError::Checkpoint)?;
    Ok(note.to_bytes())
}

/// Opens a checkpoint: its signature must be the log key's. Gives size and root.
pub fn open_checkpoint(note: &[u8], trust: &Trust) -> Result<(u64, Digest), LogError> {
    let text = open_note(note, trust).ok_or(LogError::Checkpoint)?;
    let checkpoint = Checkpoint::from_bytes(&text).map_err(|_| LogError::Checkpoint)?;
    if checkpoint.origin() != trust.origin {
        return Err(LogError::Checkpoint);
    }
    Ok((checkpoint.size(), Digest(checkpoint.hash().0)))
}

/// The text of a note signed by the log key; `None` when it is malformed or not so signed.
pub(crate) fn open_note(note: &[u8], trust: &Trust) -> Option<Vec<u8>> {
    let note = Note::from_bytes(note).ok()?;
    let verifier = trust.verifier().ok()?;
    note.verify(&VerifierList::new(vec![Box::new(verifier)]))
        .ok()?;
    Some(note.text().to_vec())
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn tree(count: u64) -> Tree {
        let mut tree = Tree::default();
        for index in 0..count {
            tree.append(format!("leaf {index}").as_bytes()).unwrap();
        }
        tree
    }

    #[test]
    fn roots_have_known_answers() {
        // RFC 6962 §2.1: the empty tree hashes to SHA-256 of nothing; one leaf to SHA-256(0x00 ‖ leaf).
        assert_eq!(tree(0).root().unwrap(), Digest::of(b""));
        assert_eq!(tree(1).root().unwrap(), Digest::of(b"\0leaf 0"));
        let node = [
            &[1][..],
            &Digest::of(b"\0leaf 0").0,
            &Digest::of(b"\0leaf 1").0,
        ]
        .concat();
        assert_eq!(tree(2).root().unwrap(), Digest::of(&node));
    }

    #[test]
    fn old_roots_stay() {
        let tree_600 = tree(600);
        assert_eq!(tree_600.root_at(300).unwrap(), tree(300).root().unwrap());
        assert!(tree_600.root_at(601).is_err());
    }

    #[test]
    fn leaves_are_taken_back() {
        for size in 0..20 {
            let mut back = tree(20);
            back.truncate(size);
            assert_eq!(back.root().unwrap(), tree(size).root().unwrap());
            (size..20).for_each(|index| back.append(format!("leaf {index}").as_bytes()).unwrap());
            assert_eq!(back.root().unwrap(), tree(20).root().unwrap());
        }
    }

    #[test]
    fn paths_are_those_of_tlog_tiles() {
        assert_eq!(entry_bundle_path(0, 5), "tile/entries/000.p/5");
        assert_eq!(
            entry_bundle_path(1_234_067, 256),
            "tile/entries/x001/x234/067"
        );
        let paths: Vec<_> = tree(300)
            .tiles_since(0)
            .unwrap()
            .into_iter()
            .map(|(path, _)| path)
            .collect();
        assert_eq!(paths, ["tile/0/000", "tile/0/001.p/44", "tile/1/000.p/1"]);
        assert_eq!(bundles(300, 600).collect::<Vec<_>>(), [(1, 256), (2, 88)]);
    }

    proptest! {
        #[test]
        fn bundles_round_trip(leaves in proptest::collection::vec(proptest::collection::vec(any::<u8>(), 0..40), 0..20)) {
            let bytes = bundle::encode(leaves.iter().map(Vec::as_slice));
            prop_assert_eq!(bundle::decode(0, leaves.len() as u64, &bytes).unwrap(), leaves.clone());
            prop_assert!(bundle::decode(0, leaves.len() as u64 + 1, &bytes).is_err());
        }

        #[test]
        fn any_bundle_is_refused_or_read(bytes in proptest::collection::vec(any::<u8>(), 0..200), width in 0u64..5) {
            let _ = bundle::decode(0, width, &bytes);
        }
    }
}
