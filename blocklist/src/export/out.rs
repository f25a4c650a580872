//! Where a list is written: lines are put together here and handed on in large pieces.

use std::io::{self, Write};

/// Octets that are put together before they are handed on.
const PIECE: usize = 128 << 10;

/// A buffer before `sink`. A list is a few million short words: asking a writer to take each of them,
/// or a formatter to put them together, costs more than all else that is done for a line.
pub(super) struct Out<'a> {
    sink: &'a mut dyn Write,
    held: Vec<u8>,
}

impl<'a> Out<'a> {
    pub(super) fn new(sink: &'a mut dyn Write) -> Self {
        Self {
            sink,
            held: Vec::with_capacity(PIECE + 1024),
        }
    }

    /// Writes the parts one after the other.
    #[inline]
    pub(super) fn put(&mut self, parts: &[&str]) -> io::Result<()> {
        for part in parts {
            self.held.extend_from_slice(part.as_bytes());
        }
        if self.held.len() < PIECE {
            Ok(())
        } else {
            self.flush()
        }
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
        self.held.clear();
        Ok(())
    }
}
