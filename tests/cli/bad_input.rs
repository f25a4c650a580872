//! A table of what people get wrong, with the exit code scripts see and the words people read.

use std::fs;

use data::testing::Centre;

use super::{TEMPORARY, USAGE, binary, qalqan, snapshot};

/// `{dir}` stands for a directory, `{file}` for an empty file in it, `{db}` for a database nobody
/// serves.
const TABLE: &[(&[&str], i32, &[&str])] = &[
    // What clap refuses.
    (&["chek", "obmen.test"], USAGE, &["chek", "check"]),
    (&["check"], USAGE, &["<QUERY>"]),
    (
        &["crawl", "--concurrency", "0"],
        USAGE,
        &["--concurrency", "1..=1024"],
    ),
    (
        &["crawl", "--concurrency", "many"],
        USAGE,
        &["--concurrency"],
    ),
    (
        &["resolver", "--forward", "ns.test"],
        USAGE,
        &["ns.test", "--forward"],
    ),
    (
        &["--format", "xml", "list", "show"],
        USAGE,
        &["xml", "json"],
    ),
    (&["list", "export", "xlsx"], USAGE, &["xlsx", "rpz"]),
    (&["completions", "tcsh"], USAGE, &["tcsh", "bash"]),
    // Files that are missing, or are something else.
    (
        &["--config", "{dir}/none.toml", "list", "show"],
        USAGE,
        &["none.toml: No such file"],
    ),
    (&["list", "show"], USAGE, &["trust.json: No such file"]),
    (
        &["list", "show", "--trust", "{dir}"],
        USAGE,
        &["Is a directory"],
    ),
    (&["list", "show", "--trust", "{file}"], USAGE, &["file: "]),
    (
        &["assess", "{dir}/none.html", "--url", "http://x.test/"],
        USAGE,
        &["none.html: No such file"],
    ),
    (
        &["assess", "{dir}", "--url", "http://x.test/"],
        USAGE,
        &["Is a directory"],
    ),
    (&["assess", "{file}", "--url", "x"], USAGE, &["--url x"]),
    (&["evaluate", "{dir}/none"], USAGE, &["none: No such file"]),
    (&["evaluate", "{dir}"], USAGE, &["no site in it"]),
    (&["evaluate", "{file}"], USAGE, &["no site in it"]),
    (&["registry", "import", "{dir}"], USAGE, &["Is a directory"]),
    (&["man", "--out", "{file}/pages"], USAGE, &["file/pages: "]),
    (
        &["resolver", "--forward", "127.0.0.1:9", "--list", "{dir}"],
        USAGE,
        &["--trust"],
    ),
    // A data directory that cannot be made or written.
    (
        &["--data", "{file}", "check", "obmen.test"],
        USAGE,
        &["file: "],
    ),
    (
        &["--data", "/proc/none", "check", "obmen.test"],
        USAGE,
        &["/proc/none: "],
    ),
    (
        &["--data", "/proc/none", "crawl", "status"],
        USAGE,
        &["/proc/none: "],
    ),
    (
        &[
            "--data",
            "/proc/none",
            "init",
            "--origin",
            "o.test/log",
            "--public-url",
            "http://o.test",
            "--domain",
            "o.test",
        ],
        USAGE,
        &["/proc/none: "],
    ),
    // A database that is gone.
    (
        &["--database", "{db}", "check", "obmen.test"],
        TEMPORARY,
        &["cannot be opened"],
    ),
];

#[tokio::test]
async fn what_is_wrong_is_named_and_has_its_exit_code() {
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("file");
    fs::write(&file, "").unwrap();
    // A port that was free a moment ago and refuses.
    let gone = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let db = format!("postgres://q:secret@{}/q", gone.local_addr().unwrap());
    drop(gone);
    let data = dir.path().join("data");
    let mut errors = String::new();
    for (typed, code, says) in TABLE {
        let args = typed.iter().map(|arg| {
            arg.replace("{dir}", dir.path().to_str().unwrap())
                .replace("{file}", file.to_str().unwrap())
                .replace("{db}", &db)
        });
        let ended = qalqan_in(&data, args.collect()).await;
        for says in *says {
            ended.with(*code, says);
        }
        assert_eq!(ended.out, "", "nothing is half said: {ended}");
        assert!(!ended.err.contains("secret"), "{ended}");
        // What a database driver says is its own affair.
        if *code != TEMPORARY {
            errors += &format!("$ qalqan {}\n{}\n", typed.join(" "), ended.err);
        }
    }
    snapshot::holds("errors", &snapshot::steady(&errors));
}

/// As `qalqan`, with a data directory of one's own where none is named.
async fn qalqan_in(data: &std::path::Path, args: Vec<String>) -> super::Ended {
    if args.first().is_none_or(|first| first != "--data") {
        return qalqan(data, args).await;
    }
    let mut command = tokio::process::Command::from(binary::qalqan());
    let output = command
        .args(&args)
        .kill_on_drop(true)
        .output()
        .await
        .unwrap();
    super::Ended {
        line: args.join(" "),
        code: output.status.code(),
        out: String::from_utf8_lossy(&output.stdout).into_owned(),
        err: String::from_utf8_lossy(&output.stderr).into_owned(),
    }
}

/// The file system does not take what must be written: a directory stands where a file belongs.
#[tokio::test]
async fn a_file_that_cannot_be_written_is_named() {
    let centre = Centre::new().await;
    let data = centre.dir.path();
    fs::create_dir_all(data.join("ports.json.new/x")).unwrap();
    let publish = ["publish", "--transfer", "127.0.0.1:0"];
    qalqan(data, publish).await.with(USAGE, "ports.json");
    qalqan(data, ["man", "--out", "/proc/none"])
        .await
        .with(USAGE, "/proc/none: ");
}
