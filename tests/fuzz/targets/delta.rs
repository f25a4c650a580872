//! Deltas as readers of the list fetch them: two documents with an empty line between them, applied to a
//! list, and joined.
#![no_main]

use std::sync::LazyLock;

use blocklist::{
    Scope,
    delta::Delta,
    fold::Entry,
    testing::{START, TestLog},
};
use libfuzzer_sys::fuzz_target;

static LIST: LazyLock<Vec<Entry>> = LazyLock::new(|| {
    let mut log = TestLog::new(true);
    log.list("obmen.test", Scope::Subtree, 1);
    log.list("host.test", Scope::Host, 2);
    log.fold(START).1.entries
});

fuzz_target!(|bytes: &[u8]| {
    let middle = bytes.windows(2).position(|pair| pair == b"\n\n");
    let (first, second) = bytes.split_at(middle.unwrap_or(bytes.len()));
    let Some(first) = read(first) else { return };
    let Some(between) = first.apply(&LIST) else {
        return;
    };
    assert!(between.is_sorted());
    let Some(second) = read(second) else { return };
    let (end, joined) = (second.apply(&between), first.then(second));
    if let (Some(end), Some(joined)) = (end, joined) {
        assert_eq!(joined.apply(&LIST), Some(end), "one step is both");
    }
});

fn read(bytes: &[u8]) -> Option<Delta> {
    let delta: Delta = serde_json::from_slice(bytes).ok()?;
    let again = serde_json::to_vec(&delta).expect("it was JSON");
    assert_eq!(serde_json::from_slice(&again).ok().as_ref(), Some(&delta));
    Some(delta)
}
