//! The compiled list as a node keeps it on disk, changes laid over a list, and look-ups in whatever was
//! read. The checksum at their end is added here, or the fuzzer would never get past it.
#![no_main]

use std::sync::LazyLock;

use blocklist::{
    BlockSet, Digest, Scope,
    testing::{START, TestLog},
};
use libfuzzer_sys::fuzz_target;

/// The list that the seeds change.
static BASE: LazyLock<BlockSet> = LazyLock::new(|| {
    let mut log = TestLog::new(true);
    log.list("obmen.test", Scope::Subtree, 1);
    log.list("birzha.test", Scope::Host, 2);
    log.fold(START).1.block_set().expect("a small list")
});

/// Where changes name the list that they are to.
const NAMED: std::ops::Range<usize> = 8..40;

fuzz_target!(|bytes: &[u8]| {
    let _ = BlockSet::decode(bytes);
    let sealed = [bytes, &Digest::of(bytes).0].concat();
    if let Ok(set) = BlockSet::decode(&sealed[..]) {
        assert_eq!(set.encode().as_deref(), Ok(&sealed[..]), "one spelling");
        look(&set, bytes);
    }
    let mut changes = bytes.to_vec();
    if let Some(named) = changes.get_mut(NAMED) {
        named.copy_from_slice(&BASE.base_checksum().0);
    }
    changes.extend_from_slice(&Digest::of(&changes).0);
    if let Ok(set) = BASE.with_overlay(&changes[..]) {
        assert_eq!(set.overlay_file().map(|(file, _)| file), Some(&changes[..]));
        let alone = BlockSet::decode(set.encode().expect("small")).expect("its own file");
        assert_eq!(alone, set);
        look(&set, bytes);
    }
});

fn look(set: &BlockSet, bytes: &[u8]) {
    for wire in [bytes, b"\x03www\x05obmen\x04test\x00", b"\x00", b""] {
        let _ = set.find(wire);
    }
}
