//! Where a list is put together: lines are gathered here, and handed on in pieces, hashed while they are at
//! hand.

use crate::{Digest, digest::Hasher, minisign::Prehash};

/// Octets that are hashed and handed on at a time.
pub(super) const PIECE: usize = 64 << 10;

/// Both hashes of what was written so far: the one that the release names, and the one that is signed
/// beside the file.
#[derive(Clone, Debug, Default)]
pub(super) struct Hashes {
    sha256: Hasher,
    signed: Prehash,
}

impl Hashes {
    /// Goes on with the next octets of several artefacts, which takes less than one after the other.
    pub(super) fn take_together(all: &mut [(&mut Self, &[u8])]) {
        for (hashes, octets) in &mut *all {
            hashes.sha256.take(octets);
        }
        let signed = all
            .iter_mut()
            .map(|(hashes, octets)| (&mut hashes.signed, *octets));
        Prehash::take_together(signed);
    }

    /// The hash that the release names, and the one that is signed.
    pub(super) fn finish(self) -> (Digest, [u8; 64]) {
        (self.sha256.finish(), self.signed.finish())
    }
}

/// A buffer that grows until what is in it is handed on. A list is a few million short words: asking a
/// writer to take each of them, or a formatter to put them together, costs more than all else that is done
/// for a line.
#[derive(Debug, Default)]
pub(super) struct Out {
    held: Vec<u8>,
    /// Octets handed on.
    handed_on: u64,
}

impl Out {
    /// Writes the parts one after the other.
    #[inline]
    pub(super) fn put(&mut self, parts: &[&str]) {
        for part in parts {
            self.held.extend_from_slice(part.as_bytes());
        }
    }

    /// Octets written so far.
    pub(super) fn written(&self) -> u64 {
        self.handed_on + self.held.len() as u64
    }

    /// Octets handed on so far.
    pub(super) fn handed_on(&self) -> u64 {
        self.handed_on
    }

    /// What is not handed on yet.
    pub(super) fn held(&mut self) -> &mut Vec<u8> {
        &mut self.held
    }

    /// The next octets to be handed on, no more than [`PIECE`].
    pub(super) fn piece(&self) -> &[u8] {
        self.held.get(..PIECE).unwrap_or(&self.held)
    }

    /// Forgets the piece, which was handed on.
    pub(super) fn go_on(&mut self) {
        let octets = self.piece().len();
        self.held.drain(..octets);
        self.handed_on += octets as u64;
    }
}
