//! Plain JSON that is RFC 8785 because its values come in canonical order already.
//!
//! RFC 8785 sorts the keys of each object, which a general writer can do only by keeping every object until
//! its end. Statements have their fields in that order, so that a plain writer gives the same octets in a
//! tenth of the time. This one watches that it does: it gives up where the octets could be others, and its
//! caller then takes the general writer.

use std::io::{self, Write};

use serde::Serialize;
use serde_json::ser::{CharEscape, Formatter, Serializer};

/// Whole numbers beyond this are not written by their own digits in RFC 8785, where a number is a double.
const LARGEST: u64 = 1 << 53;

/// Writes `value` to `to`, octet for octet as RFC 8785 has it, or fails. What was written before it
/// failed is of no use.
pub(super) fn write(value: &impl Serialize, to: impl Write) -> serde_json::Result<()> {
    value.serialize(&mut Serializer::with_formatter(to, InOrder::default()))
}

/// Takes an object's keys only in ascending order, each once and of ASCII characters without escapes:
/// sorted by octets they stand as sorted by UTF-16 code units, which is RFC 8785's order. Strings need no
/// care: the general writer has its escapes from the same place.
#[derive(Default)]
struct InOrder {
    /// The latest key of each object that is open, one behind the other, and the key that is being written.
    keys: Vec<u8>,
    /// Where the key of each open object begins.
    objects: Vec<usize>,
    /// Where the key that is being written begins, and whether it is its object's first.
    key: Option<(usize, bool)>,
}

impl Formatter for InOrder {
    fn begin_object<W: ?Sized + Write>(&mut self, to: &mut W) -> io::Result<()> {
        self.objects.push(self.keys.len());
        to.write_all(b"{")
    }

    fn end_object<W: ?Sized + Write>(&mut self, to: &mut W) -> io::Result<()> {
        let begins = self.objects.pop().ok_or_else(give_up)?;
        self.keys.truncate(begins);
        to.write_all(b"}")
    }

    fn begin_object_key<W: ?Sized + Write>(&mut self, to: &mut W, first: bool) -> io::Result<()> {
        self.key = Some((self.keys.len(), first));
        if first { Ok(()) } else { to.write_all(b",") }
    }

    fn end_object_key<W: ?Sized + Write>(&mut self, _: &mut W) -> io::Result<()> {
        let (begins, first) = self.key.take().ok_or_else(give_up)?;
        let before = *self.objects.last().ok_or_else(give_up)?;
        if !first && self.keys.get(before..begins) >= self.keys.get(begins..) {
            return Err(give_up());
        }
        self.keys.drain(before..begins);
        Ok(())
    }

    fn write_string_fragment<W: ?Sized + Write>(
        &mut self,
        to: &mut W,
        text: &str,
    ) -> io::Result<()> {
        if self.key.is_some() {
            if !text.is_ascii() {
                return Err(give_up());
            }
            self.keys.extend_from_slice(text.as_bytes());
        }
        to.write_all(text.as_bytes())
    }

    fn write_char_escape<W: ?Sized + Write>(
        &mut self,
        to: &mut W,
        escape: CharEscape,
    ) -> io::Result<()> {
        if self.key.is_some() {
            return Err(give_up());
        }
        serde_json::ser::CompactFormatter.write_char_escape(to, escape)
    }

    fn write_u64<W: ?Sized + Write>(&mut self, to: &mut W, value: u64) -> io::Result<()> {
        if value > LARGEST {
            return Err(give_up());
        }
        serde_json::ser::CompactFormatter.write_u64(to, value)
    }

    fn write_i64<W: ?Sized + Write>(&mut self, to: &mut W, value: i64) -> io::Result<()> {
        if value.unsigned_abs() > LARGEST {
            return Err(give_up());
        }
        serde_json::ser::CompactFormatter.write_i64(to, value)
    }

    // Nothing that is signed has such numbers; whatever else has them is written by the general writer.

    fn write_u128<W: ?Sized + Write>(&mut self, _: &mut W, _: u128) -> io::Result<()> {
        Err(give_up())
    }

    fn write_i128<W: ?Sized + Write>(&mut self, _: &mut W, _: i128) -> io::Result<()> {
        Err(give_up())
    }

    fn write_f32<W: ?Sized + Write>(&mut self, _: &mut W, _: f32) -> io::Result<()> {
        Err(give_up())
    }

    fn write_f64<W: ?Sized + Write>(&mut self, _: &mut W, _: f64) -> io::Result<()> {
        Err(give_up())
    }

    fn write_number_str<W: ?Sized + Write>(&mut self, _: &mut W, _: &str) -> io::Result<()> {
        Err(give_up())
    }

    fn write_raw_fragment<W: ?Sized + Write>(&mut self, _: &mut W, _: &str) -> io::Result<()> {
        Err(give_up())
    }
}

fn give_up() -> io::Error {
    io::ErrorKind::Unsupported.into()
}
