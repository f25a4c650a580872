//! The compiled list as a node keeps it on disk, and look-ups in whatever was read. The checksum at
//! its end is added here, or the fuzzer would never get past it.
#![no_main]

use blocklist::{BlockSet, Digest};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    let _ = BlockSet::decode(bytes);
    let bytes = [bytes, &Digest::of(bytes).0].concat();
    if let Ok(set) = BlockSet::decode(&bytes) {
        assert_eq!(set.encode(), bytes, "one spelling");
        for wire in [&bytes, &b"\x03www\x05obmen\x04test\x00"[..], b"\x00", b""] {
            let _ = set.find(wire);
        }
    }
});
