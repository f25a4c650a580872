//! Small things about the wire form that hickory does not do for us.

use hickory_proto::rr::Name;

/// The uncompressed lower-case wire form of a name (RFC 1035 §3.1), the key of the block set.
pub(crate) fn lower(name: &Name) -> Vec<u8> {
    let mut wire = Vec::with_capacity(name.len() + 1);
    for label in name {
        // hickory refuses labels over 63 octets when it reads a message.
        wire.push(label.len() as u8);
        wire.extend(label.iter().map(u8::to_ascii_lowercase));
    }
    wire.push(0);
    wire
}

/// Whether the first question's name is written out, label by label, inside the message. Compressed
/// question names could only point into the header; no honest client sends one.
pub(crate) fn question_is_plain(message: &[u8]) -> bool {
    let mut rest = message.get(12..).unwrap_or_default();
    while let Some((&length, after)) = rest.split_first() {
        match length {
            0 => return true,
            1..=63 => rest = after.get(usize::from(length)..).unwrap_or_default(),
            _ => return false,
        }
    }
    false
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::str::FromStr;

    #[test]
    fn names_are_lowered_and_written_out() {
        let name = Name::from_str("ObMen.TEST.").unwrap();
        assert_eq!(lower(&name), b"\x05obmen\x04test\x00");
        assert_eq!(lower(&Name::root()), b"\x00");
    }

    #[test]
    fn compressed_or_cut_questions_are_seen() {
        let mut message = vec![0; 12];
        message.extend_from_slice(b"\x05obmen\x04test\x00\x00\x01\x00\x01");
        assert!(question_is_plain(&message));
        assert!(!question_is_plain(&message[..20]));
        assert!(!question_is_plain(&[0; 12]));
        message[12] = 0xc0;
        assert!(!question_is_plain(&message));
    }
}
