//! The configuration file through the program: what it says counts, what it cannot say is refused
//! with its place, and everybody can see where a value comes from.

use std::{fs, path::Path};

use super::{DONE, USAGE, binary, qalqan, snapshot};

const FREE: &str = "127.0.0.1:0";

fn write(dir: &Path, text: &str) {
    fs::write(dir.join("qalqan.toml"), text).unwrap();
}

#[tokio::test]
async fn the_file_of_the_data_directory_is_read_and_overridden() {
    let dir = tempfile::tempdir().unwrap();
    let check = |args: Vec<&'static str>| async { qalqan(dir.path(), args).await };
    check(vec!["config", "check"])
        .await
        .done("there is no configuration file");
    write(
        dir.path(),
        "format = \"json\"\n[resolver]\nforward = [\"127.0.0.1:9\"]\nlist = \"nowhere\"\n",
    );
    let checked = check(vec!["config", "check"]).await;
    assert_eq!(checked.done("").json()["valid"], true, "{checked}");
    check(vec!["--format", "text", "config", "check"])
        .await
        .done("3 values, all valid");
    // `--forward` comes from the file, and so does the list that has no trust file beside it.
    check(vec!["resolver"])
        .await
        .with(USAGE, "--list needs --trust");
}

#[tokio::test]
async fn a_file_that_is_wrong_stops_every_command_and_is_told_by_check() {
    let dir = tempfile::tempdir().unwrap();
    write(
        dir.path(),
        "# hours\n[crawl]\nconcurrency = 5000\nseed = \"x\"\n",
    );
    let says = [
        "qalqan.toml:3:15: `5000`: 5000 is not in 1..=1024",
        "qalqan.toml:4:1: `seed` is not a key of [crawl]; did you mean `seeds`?",
    ];
    for args in [
        &["crawl"][..],
        &["list", "verify"],
        &["config", "show"],
        &["config", "check"],
    ] {
        let refused = qalqan(dir.path(), args).await;
        for says in says {
            refused.with(USAGE, says);
        }
        assert_eq!(refused.err.lines().count(), 2, "{refused}");
    }
    let json = qalqan(dir.path(), ["--format", "json", "config", "check"]).await;
    super::schema::conforms("config-check", &json.out);
    let problems = &json.with(USAGE, "").json()["problems"];
    assert_eq!(
        (problems[0]["line"].as_u64(), problems[0]["column"].as_u64()),
        (Some(3), Some(15))
    );
    // What works without it still does, so that a file can be mended.
    qalqan(dir.path(), ["config", "default"])
        .await
        .done("[crawl]");
    qalqan(dir.path(), ["completions", "bash"])
        .await
        .done("_qalqan");
}

#[tokio::test]
async fn files_that_cannot_be_used_are_named() {
    let dir = tempfile::tempdir().unwrap();
    let named = |file: &str| {
        let args = ["--config", file, "list", "verify"].map(str::to_owned);
        let dir = dir.path().to_owned();
        async move { qalqan(&dir, args).await }
    };
    named("nowhere.toml")
        .await
        .with(USAGE, "nowhere.toml: No such file");
    named(dir.path().to_str().unwrap())
        .await
        .with(USAGE, "Is a directory");
    named("/dev/zero")
        .await
        .with(USAGE, "/dev/zero: larger than 1 MiB");
    let file = dir.path().join("other.toml");
    let other = file.to_str().unwrap();
    fs::write(&file, b"\xff\xfe").unwrap();
    named(other).await.with(USAGE, "other.toml: not UTF-8");
    fs::write(&file, "[crawl\n").unwrap();
    named(other).await.with(USAGE, "other.toml:1:");
    fs::write(&file, "verbose = \"\u{1b}[2J\"\n[\"\\u001b[2J\"]\n").unwrap();
    let hostile = named(other).await;
    assert!(
        !hostile.with(USAGE, "other.toml:").err.contains('\u{1b}'),
        "{hostile}"
    );
    write(dir.path(), "data = \"elsewhere\"\n");
    qalqan(dir.path(), ["list", "verify"]).await.with(
        USAGE,
        "qalqan.toml:1:8: the file of a data directory cannot name another",
    );
}

#[tokio::test]
async fn command_line_over_environment_over_file_over_default() {
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("conf.toml");
    let written = dir.path().join("from-file");
    let text = format!(
        "data = \"{}\"\ndatabase = \"postgres://q:hunter2@db/q\"\n[web]\nweb = \"{FREE}\"\n[resolver]\nworkers = 9\n",
        written.display()
    );
    fs::write(&file, text).unwrap();
    let origin = |args: &[&str], environment: &[(&str, &str)]| {
        let mut command = binary::qalqan();
        command
            .args(["--format", "json"])
            .args(args)
            .args(["config", "show"]);
        let output = command.envs(environment.iter().copied()).output().unwrap();
        assert_eq!(output.status.code(), Some(DONE), "{output:?}");
        let out = String::from_utf8(output.stdout).unwrap();
        super::schema::conforms("config-show", &out);
        assert!(!out.contains("hunter2"), "{out}");
        let shown: serde_json::Value = serde_json::from_str(&out).unwrap();
        let values = shown["values"].as_array().unwrap().clone();
        move |verb: &str, key: &str| {
            let value = values
                .iter()
                .find(|v| v["verb"] == verb && v["key"] == key)
                .unwrap();
            (
                value["value"].clone(),
                value["origin"].as_str().unwrap().to_owned(),
            )
        }
    };
    let config = file.to_str().unwrap();
    let is = |value: &str, origin: &str| (value.into(), origin.to_owned());
    for (args, environment) in [
        (&["--config", config][..], &[][..]),
        (&[], &[("QALQAN_CONFIG", config)]),
    ] {
        let of = origin(args, environment);
        assert_eq!(of("web", "web"), is(FREE, "file"));
        assert_eq!(of("web", "evidence"), is("127.0.0.1:8082", "default"));
        assert_eq!(of("", "data"), is(written.to_str().unwrap(), "file"));
        assert_eq!(of("", "database"), is("postgres://q:***@db/q", "file"));
        assert_eq!(of("resolver", "workers"), (9.into(), "file".to_owned()));
    }
    let of = origin(
        &["--config", config],
        &[("QALQAN_DATA", "from-environment")],
    );
    assert_eq!(of("", "data"), is("from-environment", "environment"));
    let of = origin(
        &["--config", config, "--data", "typed"],
        &[("QALQAN_DATA", "from-environment")],
    );
    assert_eq!(of("", "data"), is("typed", "command-line"));

    // And it is what a command then does: the directory the file names is where it looks.
    let look = ["--config", config, "list", "verify"];
    let output = binary::qalqan().args(look).output().unwrap();
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(said.contains("from-file/trust.json"), "{said}");
}

#[tokio::test]
async fn the_sample_is_what_was_reviewed_and_is_valid() {
    let dir = tempfile::tempdir().unwrap();
    let sample = qalqan(dir.path(), ["config", "default"]).await;
    snapshot::holds("config-default", &sample.done("").out);
    write(dir.path(), &sample.out);
    qalqan(dir.path(), ["config", "check"])
        .await
        .done("all valid");
}
