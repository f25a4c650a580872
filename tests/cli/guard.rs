//! `init` and `guard`: which names a new log protects, what an operator adds, and what is refused.

use std::{fmt::Write as _, fs, path::Path};

use blocklist::{Scope, guard::Tier, testing::name};
use data::{Store, publish::Publisher};

use super::{DONE, Ended, NEGATIVE, TEMPORARY, USAGE, now, people::INIT, qalqan};

/// A new log with its shipped lists, and the passwords of its admins as a credentials file.
async fn new_log(dir: &Path) {
    let made = qalqan(dir, INIT).await.done("").json();
    let mut lines = String::new();
    for admin in made["admins"].as_array().unwrap() {
        let word = |field: &str| admin[field].as_str().unwrap();
        writeln!(lines, "{}:{}", word("login"), word("password")).unwrap();
    }
    fs::write(dir.join("credentials"), lines).unwrap();
}

async fn publish(dir: &Path) {
    let url = format!("sqlite:{}", dir.join("qalqan.db").display());
    let store = Store::open(&url).await.unwrap();
    let mut publisher = Publisher::open(store.clone(), dir, now().0).await.unwrap();
    publisher.step(now().0).await.unwrap();
    store.close().await;
}

async fn test(dir: &Path, names: &[&str]) -> Ended {
    qalqan(dir, ["guard", "test"].iter().chain(names)).await
}

async fn load(dir: &Path, file: &str, list: &str, text: &str) -> Ended {
    let path = dir.join(file);
    fs::write(&path, text).unwrap();
    let credentials = dir.join("credentials");
    let args = [
        "guard",
        "load",
        path.to_str().unwrap(),
        "--list",
        list,
        "--reason",
        "many people use it",
        "--credentials",
        credentials.to_str().unwrap(),
    ];
    qalqan(dir, args).await
}

#[tokio::test]
async fn a_new_log_begins_with_the_shipped_lists_and_takes_an_operators() {
    let dir = tempfile::tempdir().unwrap();
    let dir = dir.path();
    new_log(dir).await;
    test(dir, &["kaspi.kz"])
        .await
        .with(TEMPORARY, "the log is still empty");
    publish(dir).await;

    let shown = qalqan(dir, ["guard", "show"]).await;
    for list in data::guards::shipped().unwrap() {
        shown.done(&list.list);
    }
    qalqan(dir, ["guard", "show", "kz-banks"])
        .await
        .done("halykbank.kz\n");
    qalqan(dir, ["guard", "show", "no-such"])
        .await
        .with(USAGE, "there is no guard list `no-such`");

    let refused = test(dir, &["guide.KASPI.kz.", "free.example.com"]).await;
    assert_eq!(refused.code, Some(NEGATIVE), "{refused}");
    assert!(
        refused
            .out
            .contains("guide.kaspi.kz: never, list kz-banks: it stands below kaspi.kz"),
        "{refused}"
    );
    assert!(
        refused
            .out
            .contains("free.example.com: raised, list top-sites"),
        "{refused}"
    );
    assert_eq!(
        test(dir, &["obmen-kaspi.kz", "shop.github.io"]).await.code,
        Some(DONE)
    );
    test(dir, &["*.kaspi.kz"])
        .await
        .with(USAGE, "not a domain name");

    // Longer than one leaf, then shorter: nothing of the long one stays behind. What is protected
    // more strictly already, and what belongs to many, is left out.
    let long: String = (1..=4_000)
        .map(|n| format!("{n},popular-site-{n:05}.com\n"))
        .collect();
    let long = format!("{long}4001,github.io\n4002,wordpress.com\n");
    let loaded = load(dir, "long.csv", "top-sites", &long).await;
    loaded
        .done("4000 names signed into 2 leaves")
        .done("2 names are left out");
    publish(dir).await;
    qalqan(dir, ["guard", "show"]).await.done("top-sites/2");
    let refused = test(dir, &["www.popular-site-04000.com"]).await;
    assert!(
        refused.out.contains("raised, list top-sites/2"),
        "{refused}"
    );
    assert_eq!(
        test(dir, &["adobe.com", "shop.wordpress.com"]).await.code,
        Some(DONE)
    );
    load(dir, "short.txt", "top-sites", "adobe.com\n")
        .await
        .done("1 names signed");
    publish(dir).await;
    let after = qalqan(dir, ["guard", "show"]).await;
    assert!(
        !after.done("top-sites").out.contains("top-sites/2"),
        "{after}"
    );
    assert_eq!(
        test(dir, &["popular-site-04000.com"]).await.code,
        Some(DONE)
    );
    assert_eq!(test(dir, &["adobe.com"]).await.code, Some(NEGATIVE));
}

#[tokio::test]
async fn a_list_that_cannot_be_loaded_says_where_and_changes_nothing() {
    let dir = tempfile::tempdir().unwrap();
    let dir = dir.path();
    new_log(dir).await;
    publish(dir).await;
    let file = |line: &str| format!("bad.csv:{line}");
    for (text, says) in [
        (
            "1,a.com\n2,*.b.com\n",
            file("2: `*.b.com` is not a domain name"),
        ),
        (
            "a.com\nb.com\nA.com.\n",
            file("3: a.com stands at line 1 already"),
        ),
        ("\n", file("1: there is no name")),
        (
            "kz\ngithub.io\nkaspi.kz\n",
            "every name is protected already".to_owned(),
        ),
    ] {
        load(dir, "bad.csv", "own", text).await.with(USAGE, &says);
    }
    load(dir, "own.txt", "Own list", "a.com\n")
        .await
        .with(USAGE, "--list Own list: at most 40");
    fs::write(dir.join("credentials"), "admin-1:wrong\nadmin-2:wrong\n").unwrap();
    load(dir, "own.txt", "own", "a.com\n")
        .await
        .with(USAGE, "is not an active account");
    publish(dir).await;
    assert_eq!(test(dir, &["a.com"]).await.code, Some(DONE));
}

/// Whatever file `init` was built with: the lists reach the fold as they are written.
#[tokio::test]
async fn the_fold_of_a_new_log_refuses_what_the_lists_name() {
    let dir = tempfile::tempdir().unwrap();
    new_log(dir.path()).await;
    publish(dir.path()).await;
    let url = format!("sqlite:{}", dir.path().join("qalqan.db").display());
    let store = Store::open(&url).await.unwrap();
    let mut record = store.read_record().await.unwrap();
    let guard = record.replay().unwrap().fold().guard();
    for list in data::guards::shipped().unwrap() {
        for protected in &list.names {
            let refusal = guard.check(protected, Scope::Host).unwrap_err();
            assert!(refusal.tier >= list.tier, "{protected}: {refusal}");
        }
    }
    let raised = guard.check(&name("adobe.com"), Scope::Host).unwrap_err();
    assert_eq!(raised.tier, Tier::Raised);
}
