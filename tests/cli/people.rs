//! `init`, `user` and `registry`: what people type wrongly, and what an attempt leaves behind.

use std::{
    fs,
    path::{Path, PathBuf},
};

use data::testing::{Centre, PASSWORD};

use super::{Ended, PERMANENT, USAGE, qalqan};

pub(crate) const INIT: [&str; 9] = [
    "--format",
    "json",
    "init",
    "--origin",
    "qalqan.test/log",
    "--public-url",
    "http://qalqan.test",
    "--domain",
    "qalqan.test",
];

fn credentials(dir: &Path, lines: &str) -> PathBuf {
    let path = dir.join("credentials");
    fs::write(&path, lines).unwrap();
    path
}

async fn add(centre: &Centre, login: &str, lines: &str) -> Ended {
    let data = centre.dir.path();
    let file = credentials(data, lines);
    let args = ["user", "add", login, "--name", "N", "--credentials"];
    qalqan(data, args.into_iter().map(Into::into).chain([file])).await
}

#[tokio::test]
async fn a_second_init_is_refused_and_changes_nothing() {
    let dir = tempfile::tempdir().unwrap();
    let made = qalqan(dir.path(), INIT).await;
    assert_eq!(made.done("").json()["trust"]["origin"], "qalqan.test/log");
    let read = |file: &str| fs::read(dir.path().join(file)).unwrap();
    let before = (read("trust.json"), read("keys/log.key"));
    qalqan(dir.path(), INIT)
        .await
        .with(USAGE, "already holds a log");
    // A store that was lost does not make the log's key worth less.
    for file in ["qalqan.db", "qalqan.db-wal", "qalqan.db-shm"] {
        let _ = fs::remove_file(dir.path().join(file));
    }
    qalqan(dir.path(), INIT)
        .await
        .with(USAGE, "keys/log.key is there already");
    assert_eq!(before, (read("trust.json"), read("keys/log.key")));
}

#[tokio::test]
async fn an_init_that_failed_can_be_repeated() {
    let dir = tempfile::tempdir().unwrap();
    let mut wrong = INIT;
    wrong[4] = "two words";
    qalqan(dir.path(), wrong)
        .await
        .with(USAGE, "`two words` cannot name a log");
    wrong = INIT;
    wrong[8] = "";
    qalqan(dir.path(), wrong)
        .await
        .with(USAGE, "the name is empty");
    // The folder of keys cannot be made.
    fs::write(dir.path().join("keys"), "").unwrap();
    qalqan(dir.path(), INIT).await.with(PERMANENT, "keys");
    fs::remove_file(dir.path().join("keys")).unwrap();
    qalqan(dir.path(), INIT).await.done("admin-1");
    let accounts = qalqan(dir.path(), ["user", "list"]).await;
    assert_eq!(
        accounts.done("admin-2").out.lines().count(),
        2,
        "{accounts}"
    );
}

#[tokio::test]
async fn two_different_admins_sign_for_an_account() {
    let centre = Centre::new().await;
    let right = format!("admin-1:{PASSWORD}\nadmin-2:{PASSWORD}\n");
    let refused = [
        (
            format!("admin-1:{PASSWORD}\nadmin-2:not it\n"),
            "`admin-2` is not an active account",
        ),
        (
            format!("admin-1:{PASSWORD}\nadmin-1:{PASSWORD}\n"),
            "two different people must sign",
        ),
        (
            format!("admin-1:{PASSWORD}\nofficer-1:{PASSWORD}\n"),
            "of the role `admin`",
        ),
        (format!("admin-1:{PASSWORD}\n"), "two lines are needed"),
        (
            format!("admin-1:{PASSWORD}\nadmin-2\n"),
            "credentials:2: write login:password",
        ),
    ];
    for (lines, says) in refused {
        let ended = add(&centre, "new", &lines).await;
        ended.with(USAGE, says);
        assert!(!ended.err.contains(PASSWORD), "{ended}");
    }
    add(&centre, "officer-1", &right)
        .await
        .with(USAGE, "the login `officer-1` is taken");
    add(&centre, "new", &right).await.done("new may sign in");
    let accounts = qalqan(centre.dir.path(), ["user", "list"]).await;
    assert_eq!(accounts.out.lines().count(), 5, "{accounts}");
    // What was refused left nothing in the queue: the publisher takes all there is.
    centre
        .publisher()
        .await
        .step(data::testing::NOW + 1)
        .await
        .unwrap();
}

#[tokio::test]
async fn a_register_that_cannot_be_read_is_pointed_at() {
    let centre = Centre::new().await;
    let data = centre.dir.path();
    let officers = credentials(
        data,
        &format!("officer-1:{PASSWORD}\nofficer-2:{PASSWORD}\n"),
    );
    let file = data.join("register.json");
    let import = || {
        let args = [
            "registry",
            "import",
            file.to_str().unwrap(),
            "--credentials",
        ];
        let args: Vec<_> = args
            .iter()
            .map(PathBuf::from)
            .chain([officers.clone()])
            .collect();
        qalqan(data, args)
    };
    import().await.with(USAGE, "register.json: ");
    fs::write(&file, "{\"register\": \"afsa\",\n  \"rows\": 7}").unwrap();
    import()
        .await
        .with(USAGE, "register.json: ")
        .with(USAGE, "line 2 column 11");
    fs::write(&file, b"\xff\xfe").unwrap();
    import().await.with(USAGE, "line 1 column 1");
    let register = |bin: &str| {
        format!(
            r#"{{"register":"afsa-demo","taken_on":"2026-11-20","source":"x","rows":[{{"record_id":"row-7",
            "regulator":"AFSA","legal_name":"Demo Ltd.","bin":"{bin}","basis":"register","hosts":["jaqsy.test"],
            "source_url":"http://register.test/","source_date":"2026-11-20"}}]}}"#
        )
    };
    fs::write(&file, register("123456789012")).unwrap();
    import()
        .await
        .with(USAGE, "row `row-7`, bin: `123456789012` is not a BIN");
    fs::write(&file, register("")).unwrap();
    // Once more in the same second is the same statement, and no error.
    import().await.done("1 rows signed");
    import().await.done("1 rows signed");
    credentials(
        data,
        &format!("officer-1:{PASSWORD}\nofficer-2:not it at all\n"),
    );
    import()
        .await
        .with(USAGE, "`officer-2` is not an active account");
}
