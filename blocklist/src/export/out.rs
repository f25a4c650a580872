//! Where a list is written: lines are put together here, hashed while they are at hand, and handed on
//! in large pieces.

use std::io::{self, Write};

use crate::{Digest, digest::Hasher, minisign::Prehash};

/// Octets that are put together before they are handed on.
const PIECE: usize = 128 << 10;

/// Both hashes of what was written so far: the one that the release names, and the one that is signed
/// beside the file.
#[derive(Clone, Debug, Default)]
pub(super) struct Hashes {
    sha256: Hasher,
    signed: Prehash,
}

impl Hashes {
    fn take(&mut self, octets: &[u8]) -> io::Result<()> {
        self.sha256.write_all(octets)?;
        self.signed.write_all(octets)
    }

    /// The hash that the release names, and the one that is signed.
    pub(super) fn finish(self) -> (Digest, [u8; 64]) {
        (self.sha256.finish(), self.signed.finish())
    }
}

/// What was written up to an octet.
#[derive(Clone, Debug)]
pub(super) struct Mark {
    pub(super) octets: u64,
    pub(super) hashes: Hashes,
}

impl Mark {
    /// Whether the same octets were written up to both.
    pub(super) fn is(&self, other: &Self) -> bool {
        self.octets == other.octets && self.hashes.clone().finish() == other.hashes.clone().finish()
    }
}

/// A buffer before `sink`, which grows until it is told to go on. A list is a few million short words:
/// asking a writer to take each of them, or a formatter to put them together, costs more than all else
/// that is done for a line.
pub(super) struct Out<'a> {
    sink: &'a mut dyn Write,
    held: Vec<u8>,
    /// Octets handed on.
    handed_on: u64,
    /// Of what was handed on; `None` where nobody asks for them, or they are known from elsewhere.
    hashes: Option<Hashes>,
}

impl<'a> Out<'a> {
    pub(super) fn new(sink: &'a mut dyn Write) -> Self {
        Self {
            sink,
            held: Vec::with_capacity(2 * PIECE),
            handed_on: 0,
            hashes: None,
        }
    }

    /// Writes the parts one after the other.
    #[inline]
    pub(super) fn put(&mut self, parts: &[&str]) {
        for part in parts {
            self.held.extend_from_slice(part.as_bytes());
        }
    }

    /// Hands on what is held, if it is much.
    pub(super) fn go_on(&mut self) -> io::Result<()> {
        if self.held.len() < PIECE {
            Ok(())
        } else {
            self.flush()
        }
    }

    /// Octets written so far.
    pub(super) fn written(&self) -> u64 {
        self.handed_on + self.held.len() as u64
    }

    /// What is held and not yet handed on.
    pub(super) fn held(&mut self) -> &mut Vec<u8> {
        &mut self.held
    }

    /// Hands on what is held and goes on hashing from here, with the hashes of all that was written;
    /// with `None` it hashes no more.
    pub(super) fn hash_from(&mut self, hashes: Option<Hashes>) -> io::Result<()> {
        self.flush()?;
        self.hashes = hashes;
        Ok(())
    }

    /// Hands on what is held, and says what was written up to here; `None` where it is not hashed.
    pub(super) fn mark(&mut self) -> io::Result<Option<Mark>> {
        self.flush()?;
        let (octets, hashes) = (self.handed_on, self.hashes.clone());
        Ok(hashes.map(|hashes| Mark { octets, hashes }))
    }
}

impl Write for Out<'_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.held.extend_from_slice(bytes);
        Ok(bytes.len())
    }

    /// Hands on what is held; the last of it must be handed on before this is dropped.
    fn flush(&mut self) -> io::Result<()> {
        if let Some(hashes) = &mut self.hashes {
            hashes.take(&self.held)?;
        }
        self.sink.write_all(&self.held)?;
        self.handed_on += self.held.len() as u64;
        self.held.clear();
        Ok(())
    }
}
