//! What lies in the release directory, read as an outsider would who believes nothing.

use std::{collections::BTreeMap, fs, io::Read as _, path::Path, process::Command};

use blocklist::{Delta, Folded, Release, Trust, export::Format, fold::Entry, log, verify};

/// Checks that everything in the directory belongs to the release that its note names: the log, its
/// tiles, every format octet for octet and every signature beside one. Gives the list.
pub(crate) fn check(base: &Path, trust: &Trust) -> Folded {
    let read = |path: &str| fs::read(base.join(path)).unwrap_or_else(|e| panic!("{path}: {e}"));
    let release = Release::open(&read("release"), trust).unwrap();
    let leaves = leaves(base, release.size);
    let folded = verify::replay(trust, &release, &leaves).unwrap();
    let artefacts: BTreeMap<_, _> = release
        .artefacts
        .keys()
        .map(|path| (path.clone(), read(path)))
        .collect();
    assert_eq!(artefacts.len(), Format::ALL.len());
    verify::check_artefacts(trust, &release, &folded, &artefacts).unwrap();
    for format in Format::ALL {
        let path = format.path();
        let text = String::from_utf8(read(&format!("{path}.minisig"))).unwrap();
        let of_this = format!(
            "serial:{} signed:{} not_after:{}",
            release.serial, release.time, release.not_after
        );
        assert!(text.contains(&of_this), "{path}: {text}");
        minisign(base, path);
    }
    // The checkpoint may be ahead of the release; it is of the same log.
    let (size, root) = log::open_checkpoint(&read("log/checkpoint"), trust).unwrap();
    let mut tree = log::Tree::default();
    for leaf in self::leaves(base, size) {
        tree.append(&leaf).unwrap();
    }
    assert_eq!(
        (tree.root(), tree.root_at(release.size)),
        (Ok(root), Ok(release.root))
    );
    for (path, bytes) in tree.tiles_since(0).unwrap() {
        assert_eq!(read(&format!("log/{path}")), bytes, "{path}");
    }
    folded
}

fn leaves(base: &Path, size: u64) -> Vec<Vec<u8>> {
    let mut leaves = Vec::new();
    for (index, width) in log::bundles(0, size) {
        let path = format!("log/{}", log::entry_bundle_path(index, width));
        let bytes = fs::read(base.join(&path)).unwrap_or_else(|e| panic!("{path}: {e}"));
        leaves.extend(log::bundle::decode(index, width, &bytes).unwrap());
    }
    leaves
}

/// Asks the program that everybody has.
fn minisign(base: &Path, path: &str) {
    let mut command = Command::new("minisign");
    let key = base.join("list/minisign.pub");
    command.arg("-Vqm").arg(base.join(path)).arg("-p").arg(key);
    match command.output() {
        Ok(ended) => assert!(ended.status.success(), "{path}: {ended:?}"),
        Err(_) if std::env::var_os("QALQAN_REQUIRE_TOOLS").is_some() => {
            panic!("minisign is not installed: tests/run --install")
        }
        Err(_) => eprintln!("left out: minisign is not installed"),
    }
}

/// Checks that every format is packed, and unpacks to itself.
pub(crate) fn packed(base: &Path) {
    for format in Format::ALL {
        let path = base.join(format.path());
        let read = |ending: &str| fs::read(path.with_extension(ending)).unwrap();
        let (mut gzip, mut zstd) = (Vec::new(), Vec::new());
        flate2::read::GzDecoder::new(&read("gz")[..])
            .read_to_end(&mut gzip)
            .unwrap();
        zstd::Decoder::new(&read("zst")[..])
            .unwrap()
            .read_to_end(&mut zstd)
            .unwrap();
        let plain = fs::read(&path).unwrap();
        assert_eq!((&gzip, &zstd), (&plain, &plain), "{}", format.path());
    }
}

/// Checks that whoever has the list of an earlier serial is led to the list of now, or told to fetch it.
pub(crate) fn leads_to_now(base: &Path, earlier: u32) {
    #[derive(serde::Deserialize)]
    struct List {
        entries: Vec<Entry>,
        serial: u32,
    }
    let list: List = serde_json::from_slice(&fs::read(base.join("list/json")).unwrap()).unwrap();
    let step = |serial: u32| {
        let bytes = fs::read(base.join(format!("list/delta/{serial}"))).ok()?;
        Some(serde_json::from_slice::<Delta>(&bytes).unwrap())
    };
    let now = step(list.serial).expect("who has the list is told that it is the newest");
    assert_eq!(
        (now.to, now.added.len(), now.removed.len()),
        (list.serial, 0, 0)
    );
    if let Some(mut delta) = step(earlier) {
        while let Some(next) = step(delta.to).filter(|next| next.to != next.from) {
            delta = delta.then(next).unwrap();
        }
        assert_eq!(delta.to, list.serial, "no serial is a dead end");
        let kept = list
            .entries
            .iter()
            .filter(|entry| !delta.added.contains(entry));
        let mut before: Vec<_> = kept.chain(&delta.removed).cloned().collect();
        before.sort();
        assert_eq!(delta.apply(&before), Some(list.entries));
    }
}
