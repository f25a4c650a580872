//! The bytes of every format for one list: what was looked at once and must not change unseen.

use std::{fs, path::Path};

use blocklist::{
    Digest, Folded, Scope,
    export::{Export, Format, artefacts},
    fold::{Action, Entry},
    guard::Tier,
    testing::{START, TestLog},
};

use crate::{ORIGIN, export};

/// One listing of each kind, and what the fold makes of it.
pub(crate) fn folded() -> Folded {
    let mut log = TestLog::new(true);
    log.list("host.test", Scope::Host, 1);
    log.list("tree.test", Scope::Subtree, 2);
    log.list("lifted.test", Scope::Host, 3);
    log.list("xn--80abmklgf.test", Scope::Subtree, 4);
    log.list("shop.tree.test", Scope::Host, 5);
    log.guard("licensed", Tier::Never, &["eurasia.deep.tree.test"]);
    log.lift("lifted.test", 3);
    let (_, mut folded) = log.fold(START.plus(3600));
    let exception = |entry: &Entry| entry.action == Action::PassThrough;
    assert_eq!(folded.entries.iter().filter(|e| exception(e)).count(), 1);
    // No fold of today gives a block below an exception; the formats are for those of tomorrow too.
    let mut below = folded
        .entries
        .iter()
        .find(|e| e.scope == Scope::Host)
        .cloned()
        .unwrap();
    below.name = blocklist::testing::name("bad.eurasia.deep.tree.test");
    folded.entries.push(below);
    folded.entries.sort();
    folded
}

/// Asserts that every format holds the bytes in `known/`; with `QALQAN_BLESS=1` they are written anew.
#[test]
fn every_format_holds_its_known_bytes() {
    let folded = folded();
    let all = artefacts(&folded, ORIGIN, Digest::of(b"root"));
    assert_eq!(all.len(), Format::ALL.len());
    for (path, bytes) in all {
        let file = Path::new(env!("CARGO_MANIFEST_DIR"))
            .join("tests/formats/known")
            .join(path.strip_prefix("list/").unwrap());
        if std::env::var_os("QALQAN_BLESS").is_some() {
            fs::write(&file, &bytes).unwrap();
        }
        let known = fs::read(&file).unwrap_or_default();
        assert!(
            known == bytes,
            "{} holds\n{}\nand now it is\n{}\nif that is right, run the test with QALQAN_BLESS=1 and review the difference",
            file.display(),
            String::from_utf8_lossy(&known),
            String::from_utf8_lossy(&bytes),
        );
    }
}

/// Whoever looks for what a format loses finds its line.
#[test]
fn every_format_is_tabulated() {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/LISTS.md");
    let text = fs::read_to_string(file).unwrap();
    for format in Format::ALL {
        let name = format.path().strip_prefix("list/").unwrap();
        let lines = text.lines().filter(|line| line.starts_with('|'));
        let found = lines
            .filter(|line| line.contains(&format!("`{name}`")))
            .count();
        assert_eq!(found, 1, "{name}");
    }
}

/// JSON is written in pieces; together they are the canonical form.
#[test]
fn json_is_canonical() {
    for folded in [folded(), crate::list(&[])] {
        let text = crate::written(Format::Json, &folded);
        let value: serde_json::Value = serde_json::from_str(&text).unwrap();
        let canonical = blocklist::statement::to_canonical(&value).unwrap();
        assert_eq!(text.as_bytes(), canonical);
    }
}

/// What is signed anew an hour later is the same file, so that nobody fetches it again.
#[test]
fn time_alone_changes_no_byte() {
    let mut log = TestLog::new(true);
    log.list("host.test", Scope::Host, 1);
    let root = Digest::of(b"root");
    let at = |hours: i64| artefacts(&log.fold(START.plus(hours * 3600)).1, ORIGIN, root);
    assert_eq!(at(1), at(2));
}

/// A file that cannot be written is an error, not a short file.
#[test]
fn a_full_disk_is_told() {
    struct Full(usize);
    impl std::io::Write for Full {
        fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
            let room = self.0.min(bytes.len());
            self.0 -= room;
            Ok(room)
        }
        fn flush(&mut self) -> std::io::Result<()> {
            Ok(())
        }
    }
    let folded = folded();
    for format in Format::ALL {
        let export: Export<'_> = export(format, &folded);
        let mut whole = Vec::new();
        export.write(&mut whole).unwrap();
        for room in 0..whole.len() {
            assert!(export.write(&mut Full(room)).is_err(), "{format:?} {room}");
        }
    }
}
