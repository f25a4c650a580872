//! Words from outside (log, registers, accounts, guard lists, questions) in every verb that shows
//! them: nothing in them may drive a terminal, turn a line around or begin a new one.

use std::{ffi::OsString, fs, path::Path};

use blocklist::{
    Digest, Scope,
    guard::{GuardList, Reach, Tier},
    register::Snapshot,
    statement::{GuardSet, Lift, RegisterSnapshot, Statement, VERSION},
    testing::{START, TestLog, name},
    text::deceives,
    time::Day,
};
use data::{
    ceremony,
    testing::{ADMINS, Centre, NOW, PASSWORD},
};

use super::{Ended, now, qalqan};

/// Clears the screen twice over (C0 and C1), turns the text around, and forges a line of its own.
const EVIL: &str = "x\u{1b}[2J\u{9b}2J\u{202e}\u{200b}\u{2028}\r\nALL IS WELL";

#[track_caller]
fn tame(ended: &Ended) {
    for (stream, text) in [("stdout", &ended.out), ("stderr", &ended.err)] {
        let raw = text.chars().find(|c| *c != '\n' && deceives(*c));
        assert_eq!(raw, None, "{stream} of {ended}");
        let forged = text.lines().any(|line| line.starts_with("ALL IS WELL"));
        assert!(!forged, "{stream} of {ended}");
    }
}

/// Runs a verb in both formats; what it says must be tame, and must show the words at all.
async fn shows(data: &Path, args: &[&str]) {
    for format in ["text", "json"] {
        let format = ["--format", format];
        let ended = qalqan(data, format.iter().chain(args)).await;
        tame(&ended);
        let said = format!("{}{}", ended.out, ended.err);
        assert!(said.contains("ALL IS WELL"), "{ended}");
    }
}

#[tokio::test]
async fn words_of_the_log_cannot_drive_a_terminal() {
    let dir = tempfile::tempdir().unwrap();
    let mut log = TestLog::new(true);
    let origin = log.trust.origin.clone();
    let mut held_back = log.list_statement("bank.test", Scope::Host, 1);
    held_back.expires_at = now().plus(86_400);
    log.push_officers(Statement::List(held_back));
    log.list("obmen.test", Scope::Host, 2);
    let (v, at) = (VERSION, START);
    let lift = Statement::Lift(Lift {
        v,
        origin: origin.clone(),
        name: name("obmen.test"),
        listing_id: blocklist::ListingId::new(2026, 2).unwrap(),
        reason: EVIL.into(),
        at,
    });
    log.push_officers(lift);
    let list = GuardList {
        list: EVIL.into(),
        tier: Tier::Never,
        reach: Reach::Tree,
        reason: EVIL.into(),
        names: vec![name("bank.test")],
    };
    log.push_admin(Statement::GuardSet(GuardSet {
        v,
        origin: origin.clone(),
        list,
        at,
    }));
    // An older snapshot than the one held: a remark with the register's name.
    for day in ["2026-11-20", "2026-11-01"] {
        log.push_officers(Statement::RegisterSnapshot(RegisterSnapshot {
            v,
            origin: origin.clone(),
            register: EVIL.into(),
            taken_on: Day::parse(day).unwrap(),
            sha256: Digest::of(b""),
            hosts: Vec::new(),
            part: None,
            at,
        }));
    }
    log.write(&dir.path().join("release"), now());
    fs::write(dir.path().join("trust.json"), log.trust.to_json()).unwrap();
    for args in [["list", "show"], ["list", "verify"], ["log", "show"]] {
        shows(dir.path(), &args).await;
    }
    // The leaves are the same leaves for a program.
    let shown = qalqan(dir.path(), ["log", "show"]).await;
    for (line, leaf) in shown.out.lines().zip(&log.leaves) {
        let (line, leaf): (serde_json::Value, serde_json::Value) = (
            serde_json::from_str(line).unwrap(),
            serde_json::from_slice(leaf).unwrap(),
        );
        assert_eq!(line, leaf);
    }
}

#[tokio::test]
async fn words_of_registers_accounts_and_lists_cannot_drive_a_terminal() {
    let centre = Centre::new().await;
    let (data, store) = (centre.dir.path(), &centre.store);
    let officers = [("officer-1", PASSWORD), ("officer-2", PASSWORD)];
    let evil = serde_json::to_string(EVIL).unwrap();
    let json = format!(
        r#"{{"register":"afsa","taken_on":"2026-11-20","source":{evil},"rows":[{{"record_id":{evil},
        "regulator":"AFSA","legal_name":{evil},"licence_no":{evil},"basis":"register",
        "valid_from":"2020-01-01","hosts":["jaqsy.test"],"source_url":"http://register.test/",
        "source_date":"2026-11-20"}}]}}"#
    );
    let snapshot = Snapshot::from_json(json.as_bytes()).unwrap();
    ceremony::enter_register(store, &snapshot, officers, NOW)
        .await
        .unwrap();
    let list = GuardList {
        list: EVIL.into(),
        tier: Tier::Never,
        reach: Reach::Tree,
        reason: EVIL.into(),
        names: vec![name("evil.test")],
    };
    ceremony::set_guard(store, list, ADMINS, NOW).await.unwrap();
    let account = data::testing::person(EVIL, blocklist::key::Role::Officer);
    ceremony::add_officer(store, account, ADMINS, NOW)
        .await
        .unwrap();
    centre.publisher().await.step(NOW + 1).await.unwrap();

    for args in [
        &["registry", "show"][..],
        &["check", "jaqsy.test"],
        &["user", "list"],
        &["guard", "show"],
        &["guard", "test", "www.evil.test"],
    ] {
        shows(data, args).await;
    }
}

/// What is typed, or stands in a file that is read, and refused with an error that quotes it.
#[tokio::test]
async fn errors_that_quote_cannot_drive_a_terminal() {
    let centre = Centre::new().await;
    let data = centre.dir.path();
    let file = |name: &str, text: &str| {
        let path = data.join(name);
        fs::write(&path, text).unwrap();
        path.into_os_string()
    };
    let register = serde_json::json!({ "register": "afsa", EVIL: 1 }).to_string();
    let lines: [&[OsString]; 5] = [
        &["check".into(), EVIL.into()],
        &["guard".into(), "test".into(), EVIL.into()],
        &["guard".into(), "show".into(), EVIL.into()],
        &[
            "guard".into(),
            "load".into(),
            file("names.txt", "a\u{9b}2J\u{202e}b.kz\n"),
            "--reason".into(),
            "r".into(),
        ],
        &[
            "registry".into(),
            "import".into(),
            file("register.json", &register),
        ],
    ];
    for args in lines {
        let ended = qalqan(data, args).await;
        assert_ne!(ended.code, Some(super::DONE), "{ended}");
        assert!(!ended.err.is_empty(), "{ended}");
        tame(&ended);
    }
}
