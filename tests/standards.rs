//! `docs/DNS.md` says what is done of each standard, and by which tests one knows. A page like that goes
//! stale unless somebody looks.
#![allow(clippy::unwrap_used, clippy::panic, missing_docs, reason = "tests")]

use std::{fs, path::Path};

/// A line of a table.
struct Line<'a> {
    standard: &'a str,
    done: &'a str,
    tests: Vec<&'a str>,
}

/// The page's tables, without their heads.
fn lines(page: &str) -> Vec<Line<'_>> {
    let rows = page
        .lines()
        .filter(|line| line.starts_with("| ") && !line.starts_with("| standard"));
    rows.map(|row| {
        let cells: Vec<_> = row.trim_matches('|').split('|').map(str::trim).collect();
        let [standard, _, done, tests] = cells[..] else {
            panic!("a line of four cells: {row}");
        };
        let tests = tests
            .split('`')
            .map(str::trim)
            .filter(|test| !test.is_empty())
            .collect();
        Line {
            standard,
            done,
            tests,
        }
    })
    .collect()
}

/// Whether the file has a test of this name.
fn has_test(root: &Path, test: &str) -> bool {
    let (path, name) = test
        .split_once("::")
        .unwrap_or_else(|| panic!("{test} names no test of a file"));
    let path = if path.starts_with("tests/it/") || path.starts_with("src/") {
        root.join("resolver").join(path)
    } else {
        root.join(path)
    };
    let text =
        fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    let declared = format!("fn {name}(");
    let Some((before, _)) = text.split_once(&declared) else {
        return false;
    };
    // A plain test, one on a runtime, or one of a block of properties.
    before.trim_end().ends_with("#[test]")
        || before
            .trim_end()
            .trim_end_matches("async")
            .trim_end()
            .ends_with(']')
        || before.contains("proptest!")
}

#[test]
fn what_is_said_to_be_done_is_tested() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let page = fs::read_to_string(root.join("docs/DNS.md")).unwrap();
    let lines = lines(&page);
    assert!(lines.len() > 20, "the tables are not found");
    for line in lines {
        let claims =
            !(line.done == "no" || line.done.starts_with("no:") || line.done.starts_with("not "));
        assert!(
            !claims || !line.tests.is_empty(),
            "{}: says `{}` and names no test",
            line.standard,
            line.done
        );
        for test in line.tests {
            assert!(
                has_test(&root, test),
                "{}: there is no test {test}",
                line.standard
            );
        }
    }
}
