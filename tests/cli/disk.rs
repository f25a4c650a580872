//! Disks that take nothing more, and directories that may only be read: a message that says so, and
//! everything signed is still there when the hindrance is gone.

use std::{ffi::OsStr, fs, io::Write as _, os::unix::fs::PermissionsExt as _, path::Path};

use blocklist::Timestamp;
use data::testing::{Centre, PASSWORD, proposal};

use super::{DEADLINE, Ended, PERMANENT, USAGE, binary, now, qalqan};

const TRANSFER: [&str; 3] = ["publish", "--transfer", "127.0.0.1:0"];

/// Largest file in blocks of 512 octets: room for SQLite's shared memory and nothing more.
const BLOCKS: &str = "64";

/// Runs a command line that begins with `prefix` and goes on with the program below `data`.
async fn behind(prefix: &[&str], data: &Path, args: &[&str]) -> Ended {
    let (first, rest) = prefix.split_first().expect("a program");
    let mut command = tokio::process::Command::new(first);
    command.args(rest).arg(binary::path()).arg("--data");
    command.arg(data).args(args).kill_on_drop(true);
    let output = tokio::time::timeout(DEADLINE, command.output());
    let output = output.await.expect("it ends").unwrap();
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    Ended {
        line: format!("{prefix:?} {args:?}"),
        code: output.status.code(),
        out: text(&output.stdout),
        err: text(&output.stderr),
    }
}

/// Runs the program where no file may grow: writes fail as on a full disk, for root as well.
async fn full(data: &Path, args: &[&str]) -> Ended {
    let limit = "trap '' XFSZ; ulimit -f \"$1\"; shift; exec \"$@\"";
    behind(&["sh", "-c", limit, "sh", BLOCKS], data, args).await
}

#[tokio::test]
async fn a_full_disk_is_named_and_loses_nothing_signed() {
    let centre = Centre::new().await;
    let data = centre.dir.path();
    centre.approved("obmen.test", proposal()).await;
    let says = "its disk is full or failing: make room";
    full(data, &TRANSFER).await.with(PERMANENT, says);

    let people = data.join("people");
    fs::write(&people, format!("admin-1:{PASSWORD}\nadmin-2:{PASSWORD}\n")).unwrap();
    let add = ["user", "add", "new", "--name", "N", "--credentials"];
    let add = [&add[..], &[people.to_str().unwrap()]].concat();
    full(data, &add).await.with(PERMANENT, says);

    // With room again everything that was signed is published, and what failed can be repeated.
    qalqan(data, &add).await.done("new");
    centre.publisher().await.step(now().0).await.unwrap();
    let listed = fs::read_to_string(data.join("release/list/domains")).unwrap();
    assert!(listed.contains("\nobmen.test\n"), "{listed}");
    let folded = centre.store.folded(Timestamp(now().0)).await.unwrap();
    assert_eq!((folded.entries.len(), folded.remarks.len()), (1, 0));
    qalqan(data, ["list", "verify"])
        .await
        .done("leaves verified");
}

/// What keeps this process from writing where the mode says read only; `None`, said aloud, where it
/// cannot be had: root writes everywhere unless it gives up the right to.
fn without_privilege() -> Option<Vec<&'static str>> {
    if !rustix::process::geteuid().is_root() {
        return Some(vec!["env"]);
    }
    let rights = "-dac_override,-dac_read_search";
    let prefix = vec!["setpriv", "--bounding-set", rights, "--inh-caps", rights];
    let works = std::process::Command::new(prefix[0])
        .args(&prefix[1..])
        .arg("true")
        .status();
    if works.is_ok_and(|status| status.success()) {
        return Some(prefix);
    }
    let missing = "setpriv (package util-linux) cannot give up rights here";
    assert!(
        std::env::var_os("QALQAN_REQUIRE_TOOLS").is_none(),
        "{missing}"
    );
    let _ = writeln!(std::io::stderr(), "NOT RUN: {missing}");
    None
}

/// Takes or gives back the right to write, for a directory and everything in it.
fn set_writable(path: &Path, writable: bool) {
    let mode = fs::metadata(path).unwrap().permissions().mode();
    let mode = if writable {
        mode | 0o200
    } else {
        mode & !0o222
    };
    fs::set_permissions(path, fs::Permissions::from_mode(mode)).unwrap();
    if path.is_dir() {
        for entry in fs::read_dir(path).unwrap() {
            set_writable(&entry.unwrap().path(), writable);
        }
    }
}

#[tokio::test]
async fn a_directory_that_may_only_be_read_is_named_and_still_verifies() {
    let Some(prefix) = without_privilege() else {
        return;
    };
    let centre = Centre::new().await;
    let data = centre.dir.path();
    centre.publisher().await.step(now().0).await.unwrap();
    centre.store.close().await;
    set_writable(data, false);
    let run = async |args: &[&str]| behind(&prefix, data, args).await;
    for args in [
        &TRANSFER[..],
        &["check", "obmen.test"],
        &["crawl"],
        &["web"],
        &["run"],
    ] {
        let ended = run(args).await;
        ended.with(USAGE, "qalqan.db cannot be opened");
        ended.with(USAGE, "this user may not write there");
    }
    let release = data.join("release").display().to_string();
    let trust = data.join("trust.json").display().to_string();
    let node = [
        "resolver",
        "--listen",
        "127.0.0.1:0",
        "--forward",
        "127.0.0.1:9",
        "--accept-demo",
    ];
    let list = ["--list", &release, "--trust", &trust];
    run(&[&node[..], &list].concat())
        .await
        .with(PERMANENT, "node: Permission denied");
    // Whoever only reads is not hindered.
    run(&["list", "verify"]).await.done("leaves verified");
    run(&["log", "verify"]).await.done("leaves");
    set_writable(data, true);
    qalqan(data, ["check", "obmen.test"].map(OsStr::new))
        .await
        .with(super::NEGATIVE, "");
}
