//! Where a list is written: lines are put together here and handed on in large pieces.

use std::io::{self, Write};

/// Octets that are put together before they are handed on.
const PIECE: usize = 128 << 10;

/// A buffer before `sink`, which grows until it is told to go on. A list is a few million short words: asking a writer to take each of them,
/// or a formatter to put them together, costs more than all else that is done for a line.
pub(super) struct Out<'a> {
    sink: &'a mut dyn Write,
    held: Vec<u8>,
    /// Octets handed on.
    handed_on: u64,
}

impl<'a> Out<'a> {
    pub(super) fn new(sink: &'a mut dyn Write) -> Self {
        Self {
            sink,
            held: Vec::with_capacity(2 * PIECE),
            handed_on: 0,
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
}

impl Write for Out<'_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.held.extend_from_slice(bytes);
        Ok(bytes.len())
    }

    /// Hands on what is held; the last of it must be handed on before this is dropped.
    fn flush(&mut self) -> io::Result<()> {
        self.sink.write_all(&self.held)?;
        self.handed_on += self.held.len() as u64;
        self.held.clear();
        Ok(())
    }
}
