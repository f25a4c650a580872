//! Every verb there is: its help as people review it, and what is made from the definitions of the
//! command line: completions and manual pages.

use std::{fs, path::Path, process::Stdio};

use super::{DONE, USAGE, qalqan, snapshot};

/// A verb as its help shows it.
pub(crate) struct Verb {
    pub(crate) path: Vec<String>,
    help: String,
}

impl Verb {
    /// Whether it does something by itself instead of only holding other verbs.
    pub(crate) fn acts(&self) -> bool {
        let usage = self.help.split("Usage: ").nth(1).unwrap_or_default();
        let usage = usage.lines().next().unwrap_or_default();
        !usage.ends_with("<COMMAND>")
    }
}

/// Every verb of the program and below, the program itself first, found by asking for help.
pub(crate) async fn verbs() -> Vec<Verb> {
    let dir = tempfile::tempdir().unwrap();
    let mut waiting = vec![Vec::new()];
    let mut verbs = Vec::new();
    while let Some(path) = waiting.pop() {
        let mut args: Vec<String> = path.clone();
        args.push("--help".into());
        let help = qalqan(dir.path(), &args).await.done("Usage: ").out.clone();
        let below = help
            .lines()
            .skip_while(|line| *line != "Commands:")
            .skip(1)
            .take_while(|line| !line.is_empty())
            .filter_map(|line| line.strip_prefix("  ")?.split(' ').next())
            .filter(|name| !name.is_empty());
        for name in below {
            waiting.push([path.as_slice(), &[name.to_owned()]].concat());
        }
        verbs.push(Verb { path, help });
    }
    verbs.sort_by(|a, b| a.path.cmp(&b.path));
    verbs
}

#[tokio::test]
async fn the_help_of_every_verb_is_what_was_reviewed() {
    for Verb { path, help } in verbs().await {
        let name = [&["help".to_owned()], path.as_slice()].concat().join("-");
        snapshot::holds(&name, &help);
    }
}

#[tokio::test]
async fn a_verb_of_a_node_and_the_options_of_a_node_do_not_mix() {
    let dir = tempfile::tempdir().unwrap();
    let args = ["resolver", "--forward", "127.0.0.1:9", "status"];
    qalqan(dir.path(), args).await.with(USAGE, "status");
    qalqan(dir.path(), ["resolver"])
        .await
        .with(USAGE, "--forward");
    qalqan(dir.path(), ["crawl", "--concurrency", "4", "status"])
        .await
        .with(USAGE, "status");
}

#[tokio::test]
async fn completions_are_scripts_their_shells_can_read() {
    let dir = tempfile::tempdir().unwrap();
    let script = async |shell: &'static str| {
        let ended = qalqan(dir.path(), ["completions", shell]).await;
        assert_eq!(ended.code, Some(DONE), "{ended}");
        ended.out
    };
    for (shell, says) in [
        ("bash", "complete -F _qalqan"),
        ("zsh", "#compdef qalqan"),
        ("fish", "complete -c qalqan"),
        ("elvish", "edit:completion"),
        ("powershell", "Register-ArgumentCompleter"),
    ] {
        let script = script(shell).await;
        assert!(script.contains(says), "{shell}: {script}");
        assert!(script.contains("allow-transfer"), "{shell}: {script}");
        if shell == "bash" {
            reads("bash", &["-n"], &script);
        }
    }
}

/// Runs a program that must be on every machine that tests, over a script.
#[track_caller]
fn reads(program: &str, args: &[&str], script: &str) {
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("script");
    fs::write(&file, script).unwrap();
    let read = std::process::Command::new(program)
        .args(args)
        .arg(&file)
        .stdin(Stdio::null())
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&read.stderr).into_owned();
    assert!(
        read.status.success() && said.is_empty(),
        "{program}: {said}"
    );
}

#[tokio::test]
async fn manual_pages_are_written_one_a_verb() {
    let dir = tempfile::tempdir().unwrap();
    let page = qalqan(dir.path(), ["man"]).await;
    well_formed(&page.done(".TH qalqan 1").out);

    let out = dir.path().join("a/b");
    let written = qalqan(
        dir.path(),
        ["man".as_ref(), "--out".as_ref(), out.as_os_str()],
    )
    .await;
    written.done("");
    for Verb { path, .. } in verbs().await {
        let name = [&["qalqan".to_owned()], path.as_slice()].concat().join("-");
        let page = fs::read_to_string(out.join(format!("{name}.1"))).unwrap();
        well_formed(&page);
        if !path.is_empty() && path != ["log"] && path != ["list"] && path != ["config"] {
            assert!(page.contains(".SH OPTIONS"), "{name}: {page}");
        }
    }
    let file = dir.path().join("file");
    fs::write(&file, "").unwrap();
    let refused = qalqan(
        dir.path(),
        ["man".as_ref(), "--out".as_ref(), file.as_os_str()],
    )
    .await;
    refused.with(USAGE, "file: ");
}

/// A page has a title, a name and a synopsis, in this order; `man` reads it without a warning
/// where there is one.
#[track_caller]
fn well_formed(page: &str) {
    let places: Vec<_> = [".TH ", ".SH NAME", ".SH SYNOPSIS"]
        .map(|part| page.find(part))
        .into_iter()
        .collect::<Option<_>>()
        .unwrap_or_else(|| panic!("a part is missing: {page}"));
    assert!(places.is_sorted(), "{page}");
    if Path::new("/usr/bin/mandoc").exists() {
        reads("mandoc", &["-T", "lint", "-W", "error"], page);
    } else if Path::new("/usr/bin/groff").exists() {
        reads(
            "groff",
            &["-K", "utf8", "-man", "-ww", "-z", "-Tutf8"],
            page,
        );
    }
}
