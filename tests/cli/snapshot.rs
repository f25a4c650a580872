//! Output that was looked at once and must not change unseen: files in `tests/cli/snapshots`.
//!
//! With `QALQAN_BLESS=1` the files are written anew instead; the change is then reviewed as any
//! other, in the difference of the commit.

use std::{fs, path::Path};

/// Asserts that `actual` is the snapshot of this name.
#[track_caller]
pub(crate) fn holds(name: &str, actual: &str) {
    let file = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("cli/snapshots")
        .join(format!("{name}.txt"));
    // Trailing blanks are an artefact of wrapping; editors and reviews do not show them.
    let actual: String = actual
        .lines()
        .map(|line| line.trim_end().to_owned() + "\n")
        .collect();
    if std::env::var_os("QALQAN_BLESS").is_some() {
        fs::create_dir_all(file.parent().unwrap()).unwrap();
        fs::write(&file, actual).unwrap();
        return;
    }
    let expected = fs::read_to_string(&file).unwrap_or_default();
    assert!(
        expected == actual,
        "{} holds\n{expected}\nand now it is\n{actual}\nif that is right, run the test with QALQAN_BLESS=1 and review the difference",
        file.display()
    );
}

/// What differs from run to run, by what it is.
const VARYING: [(&str, &str); 8] = [
    (r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z", "<time>"),
    (r"\b20\d\d-\d\d-\d\d\b", "<day>"),
    (r"\b[0-9a-f]{64}\b", "<sha256>"),
    (r"\b[0-9a-f]{12,40}\b", "<id>"),
    (r"\+[0-9a-f]{8}\+[A-Za-z0-9+/=]{40,}", "+<key>"),
    (r"[A-Za-z0-9+/]{40,}={0,2}", "<base64>"),
    (
        r"\b[a-z2-9]{4}-[a-z2-9]{4}-[a-z2-9]{4}-[a-z2-9]{4}\b",
        "<password>",
    ),
    (r"/[^\s:\x22]*/\.tmp[A-Za-z0-9]+", "<dir>"),
];

/// Text with everything that differs from run to run replaced by what it is.
pub(crate) fn steady(text: &str) -> String {
    let mut text = text.to_owned();
    for (pattern, name) in VARYING {
        let pattern = regex::Regex::new(pattern).unwrap();
        text = pattern.replace_all(&text, name).into_owned();
    }
    text
}
