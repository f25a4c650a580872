//! `list` and `log` over release directories that are whole, altered, forked, stale or not ours.

use std::{fs, path::Path};

use blocklist::{Scope, Timestamp, log::sign_checkpoint, statement::Statement, testing::TestLog};

use super::{DONE, Ended, NEGATIVE, USAGE, now, qalqan};

/// A log whose listings are in force by this machine's clock.
fn log() -> TestLog {
    let mut log = TestLog::new(true);
    list(&mut log, "obmen.test", Scope::Subtree, 1);
    list(&mut log, "host.test", Scope::Host, 2);
    log
}

fn list(log: &mut TestLog, host: &str, scope: Scope, number: u32) {
    let mut statement = log.list_statement(host, scope, number);
    statement.effective_at = now().plus(-60);
    statement.review_at = now().plus(86_400);
    statement.expires_at = now().plus(2 * 86_400);
    log.push_officers(Statement::List(statement));
}

/// A release directory with its trust file.
struct Published {
    dir: tempfile::TempDir,
    log: TestLog,
}

impl Published {
    fn new() -> Self {
        Self::at(now())
    }

    fn at(time: Timestamp) -> Self {
        let (dir, log) = (tempfile::tempdir().unwrap(), log());
        log.write(&dir.path().join("release"), time);
        fs::write(dir.path().join("trust.json"), log.trust.to_json()).unwrap();
        Self { dir, log }
    }

    /// A file of the release.
    fn file(&self, path: &str) -> std::path::PathBuf {
        self.dir.path().join("release").join(path)
    }

    fn change(&self, path: &str, change: impl FnOnce(&mut Vec<u8>)) {
        alter(&self.file(path), change);
    }

    /// The last bundle of entries, and the last tile of hashes.
    fn bundle(&self) -> String {
        format!("log/tile/entries/000.p/{}", self.log.leaves.len())
    }

    fn tile(&self) -> String {
        format!("log/tile/0/000.p/{}", self.log.leaves.len())
    }

    async fn verify(&self) -> Ended {
        qalqan(self.dir.path(), ["list", "verify"]).await
    }
}

fn alter(path: &Path, change: impl FnOnce(&mut Vec<u8>)) {
    let mut bytes = fs::read(path).unwrap();
    change(&mut bytes);
    fs::write(path, bytes).unwrap();
}

/// Changes one letter of the first place where `text` stands.
fn misspell(text: &'static str) -> impl FnOnce(&mut Vec<u8>) {
    move |bytes| {
        let at = bytes
            .windows(text.len())
            .position(|w| w == text.as_bytes())
            .unwrap();
        bytes[at] ^= 1;
    }
}

#[tokio::test]
async fn a_good_release_verifies_and_is_shown() {
    let published = Published::new();
    let data = published.dir.path();
    published
        .verify()
        .await
        .done("6 leaves verified")
        .done("2 names enforced");
    let json = qalqan(data, ["--format", "json", "list", "verify"])
        .await
        .json();
    assert_eq!(
        (json["size"].as_u64(), json["fresh"].as_bool()),
        (Some(6), Some(true)),
        "{json}"
    );
    qalqan(data, ["log", "verify"]).await.done("6 leaves");

    let shown = qalqan(data, ["log", "show"]).await;
    assert_eq!(shown.done("obmen.test").out.lines().count(), 6, "{shown}");
    for leaf in shown.out.lines() {
        assert!(serde_json::from_str::<serde_json::Value>(leaf).unwrap()["signatures"].is_array());
    }
    qalqan(data, ["list", "show"])
        .await
        .done("Q-2026-000001  obmen.test  listed since");
    qalqan(data, ["list", "export", "domains"])
        .await
        .done("\nobmen.test\n");
    qalqan(data, ["list", "export", "rpz"])
        .await
        .done("*.obmen.test.rpz.qalqan.test. 60 IN CNAME .");
    let json = qalqan(data, ["list", "export", "json"]).await.json();
    assert!(json.to_string().contains("\"obmen.test\""), "{json}");
    for format in ["rpz", "domains", "json"] {
        let exported = qalqan(data, ["list", "export", format]).await;
        let published = fs::read_to_string(published.file(&format!("list/{format}"))).unwrap();
        assert_eq!(exported.out, published, "{format}");
    }
}

#[tokio::test]
async fn what_was_altered_or_lost_is_named() {
    let release = Published::new();
    release.change(&release.bundle(), misspell("obmen.test"));
    release
        .verify()
        .await
        .with(NEGATIVE, "leaf 4: the signature of key");

    let release = Published::new();
    release.change(&release.bundle(), |bytes| bytes.truncate(bytes.len() - 7));
    release
        .verify()
        .await
        .with(NEGATIVE, "ends inside an entry");
    fs::remove_file(release.file(&release.bundle())).unwrap();
    release.verify().await.with(NEGATIVE, "is not there");

    let release = Published::new();
    release.change(&release.tile(), |bytes| bytes[40] ^= 1);
    let verb = ["log", "verify"];
    let says = "log/tile/0/000.p/6 is not what the leaves hash to";
    qalqan(release.dir.path(), verb).await.with(NEGATIVE, says);
    release.verify().await.with(NEGATIVE, says);
    fs::remove_file(release.file(&release.tile())).unwrap();
    release
        .verify()
        .await
        .with(NEGATIVE, "000.p/6 is not there");

    let release = Published::new();
    release.change("list/domains", |bytes| {
        bytes.extend_from_slice(b"innocent.test\n");
    });
    release
        .verify()
        .await
        .with(NEGATIVE, "list/domains is not what the log folds to");
    fs::remove_file(release.file("list/domains")).unwrap();
    release
        .verify()
        .await
        .with(NEGATIVE, "list/domains is not there");

    let release = Published::new();
    release.change("log/checkpoint", misspell("6\n"));
    release
        .verify()
        .await
        .with(NEGATIVE, "the checkpoint is not signed by the log key");

    let release = Published::new();
    release.change("release", misspell("not_after"));
    release
        .verify()
        .await
        .with(NEGATIVE, "the release is not signed by the log key");
    fs::remove_dir_all(release.dir.path().join("release")).unwrap();
    release
        .verify()
        .await
        .with(NEGATIVE, "release is not there");
}

#[tokio::test]
async fn an_unsigned_release_is_refused() {
    let release = Published::new();
    release.change("release", |bytes| {
        let end = bytes.windows(2).position(|w| w == b"\n\n").unwrap();
        bytes.truncate(end + 2);
    });
    release
        .verify()
        .await
        .with(NEGATIVE, "the release is not signed by the log key");
}

#[tokio::test]
async fn another_log_a_fork_and_a_roll_back_are_told_apart() {
    let release = Published::new();
    TestLog::with_seed(true, 40).write(&release.dir.path().join("release"), now());
    release
        .verify()
        .await
        .with(NEGATIVE, "the release is not signed by the log key");

    // The log key signed another history of the same length.
    let release = Published::new();
    let mut fork = TestLog::new(true);
    list(&mut fork, "obmen.test", Scope::Subtree, 1);
    list(&mut fork, "fork.test", Scope::Host, 2);
    let checkpoint = |log: &TestLog| {
        let root = log.fold(now()).0.tree().root().unwrap();
        let size = log.leaves.len() as u64;
        sign_checkpoint(&log.trust.origin, size, root, &log.log_key).unwrap()
    };
    fs::write(release.file("log/checkpoint"), checkpoint(&fork)).unwrap();
    release.verify().await.with(NEGATIVE, "a fork");

    let release = Published::new();
    let mut shorter = log();
    shorter.leaves.pop();
    fs::write(release.file("log/checkpoint"), checkpoint(&shorter)).unwrap();
    release.verify().await.with(NEGATIVE, "a roll-back");
}

#[tokio::test]
async fn a_stale_release_verifies_and_says_that_it_is_stale() {
    let release = Published::at(now().plus(-30 * 86_400));
    let stale = release.verify().await;
    stale.with(NEGATIVE, "stale");
    assert!(stale.out.contains("STALE since"), "{stale}");
    let json = qalqan(release.dir.path(), ["--format", "json", "list", "verify"]).await;
    assert_eq!(
        json.with(NEGATIVE, "stale").json()["fresh"].as_bool(),
        Some(false)
    );
    // What the log says can still be read.
    assert_eq!(
        qalqan(release.dir.path(), ["log", "verify"]).await.code,
        Some(DONE)
    );
}

#[tokio::test]
async fn a_trust_file_that_cannot_be_used_is_named() {
    let release = Published::new();
    let trust = release.dir.path().join("trust.json");
    fs::write(&trust, "{\"origin\":\n 7}").unwrap();
    release
        .verify()
        .await
        .with(USAGE, "trust.json: ")
        .with(USAGE, "line 2");
    fs::write(&trust, b"\xff\xfe\x00").unwrap();
    release.verify().await.with(USAGE, "trust.json: ");
    fs::write(&trust, release.log.trust.to_json()).unwrap();
    alter(&trust, misspell("log+"));
    release
        .verify()
        .await
        .with(USAGE, "trust.json: the log key in the trust file is not");
    fs::remove_file(&trust).unwrap();
    release.verify().await.with(USAGE, "trust.json: ");

    // Well formed, and of another log.
    let other = TestLog::with_seed(true, 40).trust;
    fs::write(&trust, other.to_json()).unwrap();
    release
        .verify()
        .await
        .with(NEGATIVE, "the release is not signed by the log key");
    let mut other = release.log.trust.clone();
    other.genesis = blocklist::Digest::of(b"another beginning");
    fs::write(&trust, other.to_json()).unwrap();
    release
        .verify()
        .await
        .with(NEGATIVE, "begins with another leaf");
    other = release.log.trust.clone();
    other.demo = false;
    fs::write(&trust, other.to_json()).unwrap();
    release
        .verify()
        .await
        .with(NEGATIVE, "disagree whether this is a demonstration");
}

#[tokio::test]
async fn a_publisher_gone_bad_cannot_list_what_is_guarded() {
    // The bank entered the guard lists after two officers had listed it.
    let (dir, mut log) = (tempfile::tempdir().unwrap(), log());
    list(&mut log, "bank.test", Scope::Host, 3);
    log.guard("banks", blocklist::guard::Tier::Never, &["bank.test"]);
    log.write(&dir.path().join("release"), now());
    fs::write(dir.path().join("trust.json"), log.trust.to_json()).unwrap();
    qalqan(dir.path(), ["list", "verify"])
        .await
        .done("ALARM: bank.test is held back");
    let shown = qalqan(dir.path(), ["list", "show"]).await;
    shown.done("bank.test  held back: bank.test may not be listed");
    let domains = qalqan(dir.path(), ["list", "export", "domains"]).await;
    assert!(
        !domains.done("obmen.test").out.contains("bank.test"),
        "{domains}"
    );
}

#[tokio::test]
async fn a_mirror_that_does_not_answer_is_tried_again_later() {
    // A port that was free a moment ago and refuses.
    let port = std::net::TcpListener::bind("127.0.0.1:0")
        .unwrap()
        .local_addr()
        .unwrap()
        .port();
    let release = Published::new();
    let base = format!("http://127.0.0.1:{port}/");
    let args = ["list", "verify", "--base", &base];
    qalqan(release.dir.path(), args)
        .await
        .with(super::TEMPORARY, "release: ");
    let args = ["list", "verify", "--base", "ftp://list.test/"];
    qalqan(release.dir.path(), args)
        .await
        .with(USAGE, "neither a directory nor an http(s) address");
}

#[tokio::test]
async fn the_difference_of_two_releases_is_shown_and_told_by_the_exit_code() {
    // One name is listed, one is taken off, one begins to be enforced with time.
    let (dir, mut log) = (tempfile::tempdir().unwrap(), log());
    let later = now().plus(3600);
    let mut statement = log.list_statement("later.test", Scope::Host, 3);
    statement.effective_at = later;
    statement.review_at = later.plus(86_400);
    statement.expires_at = later.plus(2 * 86_400);
    log.push_officers(Statement::List(statement));
    let [old, new] = ["old", "release"].map(|name| dir.path().join(name));
    log.write(&old, now());
    fs::write(dir.path().join("trust.json"), log.trust.to_json()).unwrap();
    list(&mut log, "new.test", Scope::Subtree, 4);
    log.lift("obmen.test", 1);
    log.write(&new, now());
    let [old, new] = [&old, &new].map(|path| path.to_str().unwrap().to_owned());
    let diff = |args: &[&str]| {
        let args = [&["--format", "json", "list", "diff"], args].concat();
        let args: Vec<String> = args.into_iter().map(str::to_owned).collect();
        async { qalqan(dir.path(), args).await }
    };

    for same in [[old.as_str(), old.as_str()], [&new, &new]] {
        let same = diff(&same).await;
        let json = same.done("").json();
        assert_eq!(json["added"], serde_json::json!([]), "{json}");
    }
    // The newer one is the data directory's own unless it is named.
    for args in [&[old.as_str()][..], &[&old, &new]] {
        let json = diff(args).await.with(NEGATIVE, "").json();
        assert_eq!(json["added"][0]["name"], "new.test", "{json}");
        assert_eq!(json["removed"][0]["name"], "obmen.test", "{json}");
        let moved = |index: usize| {
            let changed = &json["changed"][index];
            [
                &changed["name"],
                &changed["from"]["state"],
                &changed["to"]["state"],
            ]
            .map(|word| word.as_str().unwrap_or("none").to_owned())
        };
        assert_eq!(moved(0), ["obmen.test", "listed", "lifted"], "{json}");
        assert_eq!(moved(1), ["new.test", "none", "listed"], "{json}");
        assert_eq!(json["changed"].as_array().unwrap().len(), 2, "{json}");
    }
    let text = qalqan(dir.path(), ["list", "diff", &old]).await;
    assert!(
        text.out.contains("\n+ new.test  subtree  Q-2026-000004\n"),
        "{text}"
    );
    assert!(
        text.out
            .contains("\n- obmen.test  subtree  Q-2026-000001\n"),
        "{text}"
    );

    // Both are verified, the order is told, and a fork is a matter for people.
    diff(&[&new, &old])
        .await
        .with(USAGE, "older than the first");
    let mut fork = self::log();
    list(&mut fork, "fork.test", Scope::Host, 9);
    let forked = dir.path().join("fork");
    fork.write(&forked, now());
    diff(&[&old, forked.to_str().unwrap()])
        .await
        .with(super::PERMANENT, "a fork");
    alter(&Path::new(&old).join("release"), misspell("serial"));
    diff(&[&old, &new]).await.with(NEGATIVE, "qalqan: ");
}
