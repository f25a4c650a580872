//! Commands on a data directory: what `check` answers, and directories that cannot be used.

use std::fs;

use blocklist::register::Snapshot;
use data::testing::{Centre, NOW, PASSWORD};

use super::{NEGATIVE, PERMANENT, TEMPORARY, USAGE, now, qalqan};

/// Enters a register of today with one licensed host.
async fn license(centre: &Centre, host: &str) {
    let today = &now().to_string()[..10];
    let json = format!(
        r#"{{"register":"afsa-demo","taken_on":"{today}","source":"x","rows":[{{"record_id":"r",
        "regulator":"AFSA","legal_name":"Demo Ltd.","basis":"register","valid_from":"2020-01-01","hosts":["{host}"],
        "source_url":"http://register.test/","source_date":"{today}"}}]}}"#
    );
    let snapshot = Snapshot::from_json(json.as_bytes()).unwrap();
    let officers = [("officer-1", PASSWORD), ("officer-2", PASSWORD)];
    data::ceremony::enter_register(&centre.store, &snapshot, officers, NOW + 1)
        .await
        .unwrap();
    centre.publisher().await.step(NOW + 1).await.unwrap();
}

#[tokio::test]
async fn check_answers_by_its_exit_code() {
    let centre = Centre::new().await;
    license(&centre, "jaqsy.test").await;
    let data = centre.dir.path();
    let check = |query: &str| {
        let query = query.to_owned();
        async move { qalqan(data, ["--format", "json", "check", &query]).await }
    };
    for query in [
        "jaqsy.test",
        "http://www.jaqsy.test:8080/path?q#f",
        "JAQSY.test.",
    ] {
        let answer = check(query).await;
        assert_eq!(answer.done("").json()["verdict"], "licensed", "{answer}");
    }
    for (query, verdict) in [
        ("other.test", "unknown"),
        ("jaqsi.test", "lookalike"),
        ("two words", "unknown"),
        // A name clears no site: the address does.
        ("Demo Ltd.", "licence_unconfirmed"),
    ] {
        let answer = check(query).await;
        assert_eq!(
            answer.with(NEGATIVE, "").json()["verdict"],
            verdict,
            "{answer}"
        );
    }
    let long = "a.".repeat(5_000);
    for query in [
        "",
        "http://",
        "a..b",
        "\u{1b}[2J",
        "by\u{202e}tib",
        "💥",
        &long,
    ] {
        let refused = check(query).await;
        refused.with(USAGE, "qalqan: ");
        assert!(!refused.err.contains('\u{1b}'), "{refused}");
    }
}

#[tokio::test]
async fn before_there_is_a_log_everything_says_so() {
    let dir = tempfile::tempdir().unwrap();
    let says = "there is no log yet; make one with `qalqan init`";
    for command in ["publish", "run", "web", "crawl"] {
        qalqan(dir.path(), [command]).await.with(USAGE, says);
    }
    let init = [
        "init",
        "--origin",
        "qalqan.test/log",
        "--public-url",
        "http://qalqan.test",
        "--domain",
        "qalqan.test",
    ];
    qalqan(dir.path(), init).await.done("admin-1");
    // Made, and nothing is published yet.
    let check = qalqan(dir.path(), ["check", "obmen.test"]).await;
    check.with(
        TEMPORARY,
        "the log is still empty; start `qalqan run` or `qalqan publish`",
    );
}

/// Root may write anywhere, so a file stands where a directory is needed: that refuses everybody.
#[tokio::test]
async fn a_directory_that_cannot_be_used_is_named() {
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("file");
    fs::write(&file, "").unwrap();
    let check = ["check", "obmen.test"];
    qalqan(&file, check).await.with(USAGE, "file: ");
    qalqan(&file.join("below"), check)
        .await
        .with(USAGE, "file/below: ");
    let database = |url: &str| {
        [
            "--database".to_owned(),
            url.to_owned(),
            "check".into(),
            "obmen.test".into(),
        ]
    };
    let folder = format!("sqlite:{}", dir.path().display());
    qalqan(dir.path(), database(&folder))
        .await
        .with(USAGE, &format!("the database {folder} cannot be opened"));
    let garbage = dir.path().join("garbage.db");
    fs::write(&garbage, [7; 8192]).unwrap();
    let garbage = format!("sqlite:{}", garbage.display());
    qalqan(dir.path(), database(&garbage))
        .await
        .with(USAGE, "garbage.db cannot be opened")
        .with(USAGE, "not a database");
    qalqan(dir.path(), database("mysql:x"))
        .await
        .with(USAGE, "write sqlite:PATH or postgres://");

    // Where a release, or evidence, would be written.
    let centre = Centre::new().await;
    let data = centre.dir.path();
    fs::remove_dir_all(data.join("release")).unwrap();
    fs::write(data.join("release"), "").unwrap();
    qalqan(data, ["publish", "--transfer", "127.0.0.1:0"])
        .await
        .with(PERMANENT, "release/");
    fs::write(data.join("evidence"), "").unwrap();
    let says = format!(
        "evidence cannot be written to {}",
        data.join("evidence").display()
    );
    qalqan(data, ["crawl"]).await.with(PERMANENT, &says);
    // Nothing was lost: with the hindrance gone the release is made anew from the store.
    fs::remove_file(data.join("release")).unwrap();
    centre.publisher().await.step(NOW + 60).await.unwrap();
    qalqan(data, ["log", "verify"]).await.done("leaves");
}

#[tokio::test]
async fn seeds_that_cannot_be_read_are_pointed_at() {
    let centre = Centre::new().await;
    let data = centre.dir.path();
    let seeds = data.join("seeds.csv");
    let crawl = || qalqan(data, ["crawl", "--seeds", seeds.to_str().unwrap()]);
    crawl().await.with(USAGE, "seeds.csv: ");
    fs::write(&seeds, "url,source\nhttp://a.test/,x\nnot an address,x\n").unwrap();
    crawl().await.with(USAGE, "seeds.csv, line 3: ");
    fs::write(&seeds, b"url,source\n\xff\xfe,x\n").unwrap();
    crawl().await.with(USAGE, "seeds.csv");
}
