//! What arrives beside the log: trust files, release notes, checkpoints. Signed notes are tried as
//! they come, and once more with the log key's own signature over what the fuzzer wrote.
#![no_main]

use std::sync::LazyLock;

use blocklist::{Release, Trust, log, register::Snapshot, testing::TestLog};
use libfuzzer_sys::fuzz_target;
use signed_note::Note;

static LOG: LazyLock<TestLog> = LazyLock::new(|| TestLog::new(true));

fuzz_target!(|bytes: &[u8]| {
    if let Ok(trust) = Trust::from_json(bytes) {
        assert_eq!(
            Trust::from_json(trust.to_json().as_bytes()).ok(),
            Some(trust)
        );
    }
    if let Ok(snapshot) = Snapshot::from_json(bytes) {
        let _ = (snapshot.digest(), snapshot.hosts());
    }
    let _ = Release::open(bytes, &LOG.trust);
    let _ = log::open_checkpoint(bytes, &LOG.trust);
    for title in [
        format!("{}/release\n", LOG.trust.origin),
        format!("{}\n", LOG.trust.origin),
    ] {
        let text = [title.as_bytes(), bytes, b"\n"].concat();
        let Ok(mut note) = Note::new(&text, &[]) else {
            continue;
        };
        if note.add_sigs(&[&LOG.log_key]).is_err() {
            continue;
        }
        let note = note.to_bytes();
        if let Ok(release) = Release::open(&note, &LOG.trust) {
            let again = release
                .sign(&LOG.trust.origin, &LOG.log_key)
                .expect("it was signed once");
            assert_eq!(again, note, "one spelling");
            let _ = release.is_fresh(release.time);
            let _ = blocklist::verify::replay(&LOG.trust, &release, &LOG.leaves);
        }
        let _ = log::open_checkpoint(&note, &LOG.trust);
    }
});
