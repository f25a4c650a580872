//! Witnesses: the first line is the policy's quorum, each further one up to an empty line a key; what
//! follows stands under a checkpoint that the log signed, and is tried as a note of its own.
#![no_main]

use std::sync::LazyLock;

use blocklist::{
    log,
    statement::Policy,
    testing::{START, TestLog},
    witness::{self, Quorum},
};
use libfuzzer_sys::fuzz_target;

struct Signed {
    log: TestLog,
    policy: Policy,
    checkpoint: Vec<u8>,
}

static SIGNED: LazyLock<Signed> = LazyLock::new(|| {
    let log = TestLog::new(true);
    let (replay, _) = log.fold(START);
    let root = replay.tree().root().expect("a root");
    let size = log.leaves.len() as u64;
    let checkpoint = log::sign_checkpoint(&log.trust.origin, size, root, &log.log_key);
    Signed {
        policy: replay.fold().policy().clone(),
        checkpoint: checkpoint.expect("a checkpoint"),
        log,
    }
});

fuzz_target!(|bytes: &[u8]| {
    let middle = bytes.windows(2).position(|pair| pair == b"\n\n");
    let (head, rest) = bytes.split_at(middle.map_or(bytes.len(), |at| at + 2));
    let Ok(head) = str::from_utf8(head) else {
        return;
    };
    let mut lines = head.lines();
    let Signed {
        log,
        policy,
        checkpoint,
    } = &*SIGNED;
    let policy = Policy {
        witnesses: lines.next().unwrap_or_default().to_owned(),
        witness_keys: lines
            .filter(|line| !line.is_empty())
            .map(str::to_owned)
            .collect(),
        ..policy.clone()
    };
    if let Ok(quorum) = policy.witnesses.parse::<Quorum>() {
        assert_eq!(quorum.to_string(), policy.witnesses, "one spelling");
    }
    for note in [rest, &[checkpoint.as_slice(), rest].concat()] {
        if let Ok(quorum) = witness::check(note, &log.trust, &policy, START) {
            assert_eq!(quorum.of, policy.witness_keys.len());
        }
    }
});
