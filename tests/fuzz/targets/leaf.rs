//! A leaf of the log: first as bytes, then as a statement that the right people signed, which the
//! fold takes, however odd, without falling over.
#![no_main]

use blocklist::{
    Timestamp,
    key::Role,
    leaf::Leaf,
    statement::Statement,
    testing::{START, TestLog, signed},
};
use libfuzzer_sys::{Corpus, fuzz_target};

fuzz_target!(|bytes: &[u8]| -> Corpus {
    if let Ok(leaf) = Leaf::from_bytes(bytes) {
        assert_eq!(leaf.to_bytes().as_deref(), Ok(bytes), "one spelling");
    }
    let Ok(statement) = serde_json::from_slice::<Statement>(bytes) else {
        return Corpus::Reject;
    };
    let mut log = TestLog::new(true);
    log.list("before.test", blocklist::Scope::Subtree, 1);
    let keys = match statement.quorum() {
        None => Vec::new(),
        Some((Role::Admin, _)) => log.admins.each_ref().map(|key| (Role::Admin, key)).to_vec(),
        Some(_) => log
            .officers
            .each_ref()
            .map(|key| (Role::Officer, key))
            .to_vec(),
    };
    if statement.to_bytes().is_err() {
        return Corpus::Keep;
    }
    let leaf = signed(statement, &keys);
    let Ok(bytes) = leaf.to_bytes() else {
        return Corpus::Keep;
    };
    assert_eq!(
        Leaf::from_bytes(&bytes).as_ref(),
        Ok(&leaf),
        "what was written is read"
    );
    let (mut replay, _) = log.fold(START);
    if replay.push(&bytes).is_err() {
        return Corpus::Keep;
    }
    for time in [
        i64::MIN,
        0,
        START.0,
        START.0 + 86_400,
        START.0 + 400 * 86_400,
        i64::MAX,
    ] {
        let folded = replay.fold().at(Timestamp(time));
        let set = folded.block_set().expect("a list");
        for entry in &folded.entries {
            let found = set.find_name(&entry.name).is_some();
            assert_eq!(
                found,
                entry.action == blocklist::fold::Action::Block,
                "{}",
                entry.name
            );
        }
        let root = replay.tree().root().expect("a root");
        blocklist::export::artefacts(&folded, &log.trust.origin, root);
    }
    Corpus::Keep
});
