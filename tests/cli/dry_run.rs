//! `list dry-run`: what a release would do to names that subscribers ask for.

use std::{fs, io::Write as _, path::Path, process::Stdio};

use blocklist::{Scope, statement::Statement, testing::TestLog};

use super::{DONE, NEGATIVE, USAGE, binary, now, qalqan, schema::conforms};

fn list(log: &mut TestLog, host: &str, scope: Scope, number: u32) {
    let mut statement = log.list_statement(host, scope, number);
    statement.effective_at = now().plus(-60);
    statement.review_at = now().plus(86_400);
    statement.expires_at = now().plus(2 * 86_400);
    log.push_officers(Statement::List(statement));
}

/// A release with one listing lifted and one new since the release `before`.
fn published() -> tempfile::TempDir {
    let (dir, mut log) = (tempfile::tempdir().unwrap(), TestLog::new(true));
    list(&mut log, "obmen.test", Scope::Subtree, 1);
    list(&mut log, "lifted.test", Scope::Host, 2);
    log.write(&dir.path().join("before"), now().plus(-30));
    log.lift("lifted.test", 2);
    list(&mut log, "new.test", Scope::Host, 3);
    log.write(&dir.path().join("release"), now());
    fs::write(dir.path().join("trust.json"), log.trust.to_json()).unwrap();
    dir
}

const ASKED: &str = "\
# name count
www.obmen.test 40
API.Obmen.Test. 2
lifted.test 5
new.test
innocent.test 1000
always-blocked.qalqan.test 3
not a name at all
обмен.test 7
";

fn write(dir: &Path, name: &str, text: &str) -> String {
    let path = dir.join(name);
    fs::write(&path, text).unwrap();
    path.display().to_string()
}

#[tokio::test]
async fn what_would_be_blocked_is_counted_by_listing_and_name() {
    let dir = published();
    let names = write(dir.path(), "names", ASKED);
    let before = dir.path().join("before").display().to_string();
    let words = [
        "--format", "json", "list", "dry-run", &names, "--since", &before, "--top", "1",
    ];
    let tried = qalqan(dir.path(), words).await;
    conforms("list-dry-run", &tried.done("").out);
    let json = tried.json();
    let count = |member: &str| {
        (
            json[member]["lines"].as_u64(),
            json[member]["queries"].as_u64(),
        )
    };
    assert_eq!(count("asked"), (Some(6), Some(1051)), "{json}");
    assert_eq!(count("blocked"), (Some(3), Some(43)), "{json}");
    assert_eq!(count("newly_blocked"), (Some(1), Some(1)), "{json}");
    assert_eq!(count("no_longer_blocked"), (Some(1), Some(5)), "{json}");
    let listings = json["listings"].as_array().unwrap();
    let named: Vec<_> = listings
        .iter()
        .map(|l| (l["name"].as_str().unwrap(), l["queries"].as_u64().unwrap()))
        .collect();
    assert_eq!(named, [("obmen.test", 42), ("new.test", 1)]);
    assert_eq!(json["top"][0]["name"], "www.obmen.test");
    assert_eq!(json["top"].as_array().unwrap().len(), 1);
    assert_eq!(
        json["unreadable"],
        serde_json::json!({ "lines": 2, "first": [8, 9] })
    );

    let text = qalqan(dir.path(), ["list", "dry-run", &names]).await;
    text.done("would block 3 of 6 names, 43 of 1051 queries")
        .done("Q-2026-000001  obmen.test  2 names, 42 queries")
        .done("2 lines are no names, the first at [8, 9]");
}

#[tokio::test]
async fn ones_own_names_are_an_alarm_and_a_misspelt_one_is_refused() {
    let dir = published();
    let names = write(dir.path(), "names", "innocent.test\n");
    let own = write(
        dir.path(),
        "own",
        "innocent.test\nwww.obmen.test\nWWW.obmen.test.\n",
    );
    let with = |own: String| {
        let words = ["list", "dry-run", &names, "--protected", &own].map(str::to_owned);
        async { qalqan(dir.path(), words).await }
    };
    let tried = with(own).await;
    assert_eq!(tried.code, Some(NEGATIVE), "{tried}");
    assert!(
        tried
            .out
            .contains("www.obmen.test is yours and would be blocked by Q-2026-000001"),
        "{tried}"
    );
    assert!(
        tried.out.contains("1 of your 2 names would be blocked"),
        "{tried}"
    );
    let own = write(dir.path(), "own", "innocent.test\n");
    with(own).await.done("0 of your 1 names");
    let own = write(dir.path(), "own", "innocent.test\nobmen..test\n");
    with(own).await.with(USAGE, "own: line 2 is no name");
}

/// A line longer than any name does not become two names.
#[tokio::test]
async fn stdin_is_read_whatever_stands_in_it() {
    let dir = published();
    let mut command = binary::qalqan();
    command
        .arg("--data")
        .arg(dir.path())
        .args(["--format", "json", "list", "dry-run", "-"]);
    command.stdin(Stdio::piped()).stdout(Stdio::piped());
    let mut child = command.spawn().unwrap();
    let long = format!("{}new.test\nnew.test 2\n\u{1}\n", " x".repeat(1024));
    child
        .stdin
        .take()
        .unwrap()
        .write_all(long.as_bytes())
        .unwrap();
    let output = child.wait_with_output().unwrap();
    assert_eq!(output.status.code(), Some(DONE));
    let json: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(
        (&json["blocked"]["queries"], &json["unreadable"]["first"]),
        (&2.into(), &serde_json::json!([1, 3])),
        "{json}"
    );
}
