//! Every command of a centre on one database: made, staffed, registered, crawled, run, asked.

use std::path::Path;

use data::testing::{Engine, Scratch};
use serde_json::Value;

use super::{PATIENCE, binary, released, until};

/// Runs a command to its end and gives what it printed, as one JSON object.
async fn qalqan(url: &str, data: &Path, arguments: &[&str]) -> Value {
    let mut command = tokio::process::Command::from(binary::qalqan());
    command
        .env("QALQAN_DATABASE", url)
        .arg("--data")
        .arg(data)
        .args(["--format", "json"])
        .args(arguments)
        .kill_on_drop(true);
    let ended = tokio::time::timeout(PATIENCE, command.output());
    let output = ended.await.expect("it ends").unwrap();
    let said = String::from_utf8_lossy(&output.stderr);
    serde_json::from_slice(&output.stdout).unwrap_or_else(|_| panic!("{arguments:?}: {said}"))
}

#[tokio::test]
async fn every_command_works_on_a_server() {
    if !Engine::Postgres.is_here() {
        return;
    }
    let scratch = Scratch::new(Engine::Postgres).await;
    let (url, data) = (&scratch.url, scratch.dir.path());
    let init = ["init", "--origin", "qalqan.test/log", "--public-url"];
    let init = [
        &init[..],
        &["http://qalqan.test", "--domain", "qalqan.test"],
    ]
    .concat();
    let made = qalqan(url, data, &init).await;
    let line =
        |person: &Value, login: &str| format!("{login}:{}\n", person["password"].as_str().unwrap());
    let admins = data.join("admins");
    let pair = [0, 1].map(|place| {
        let admin = &made["admins"][place];
        line(admin, admin["login"].as_str().unwrap())
    });
    std::fs::write(&admins, pair.concat()).unwrap();
    let mut officers = String::new();
    for login in ["aliya", "bolat"] {
        let add = ["user", "add", login, "--name", login, "--credentials"];
        let added = qalqan(url, data, &[&add[..], &[admins.to_str().unwrap()]].concat()).await;
        officers += &line(&added, login);
    }
    let credentials = data.join("officers");
    std::fs::write(&credentials, officers).unwrap();
    let listed = qalqan(url, data, &["user", "list"]).await;
    assert_eq!(listed["accounts"].as_array().unwrap().len(), 4);
    assert!(!data.join("qalqan.db").exists(), "the server has it all");

    let free = "127.0.0.1:0";
    let listeners = ["--web", "--block-page", "--evidence", "--dns", "--transfer"];
    let listeners = listeners.iter().flat_map(|option| [*option, free]);
    let run: Vec<_> = std::iter::once("run").chain(listeners).collect();
    let centre = super::run(url, data, &run);
    let trust = blocklist::Trust::from_json(&std::fs::read(data.join("trust.json")).unwrap());
    let trust = trust.unwrap();
    let size = || released(data, &trust).map_or(0, |release| release.size);
    until("genesis and two keys", async || size() >= 3).await;
    let begun = size();

    let day = &blocklist::Timestamp(super::now()).to_string()[..10];
    let register = data.join("register.json");
    let snapshot = format!(
        r#"{{"register":"afsa","taken_on":"{day}","source":"x","rows":[{{"record_id":"r",
        "regulator":"AFSA","legal_name":"A Ltd.","basis":"register","valid_from":"2020-01-01","hosts":["jaqsy.example"],
        "source_url":"http://register.test/","source_date":"{day}"}}]}}"#
    );
    std::fs::write(&register, snapshot).unwrap();
    let import = [
        "registry",
        "import",
        register.to_str().unwrap(),
        "--credentials",
    ];
    let import = [&import[..], &[credentials.to_str().unwrap()]].concat();
    assert_eq!(qalqan(url, data, &import).await["rows"], 1);
    until("the register is in the log", async || size() > begun).await;
    let check = qalqan(url, data, &["check", "jaqsy.example"]).await;
    assert_eq!(check["verdict"], "licensed");
    let crawled = qalqan(url, data, &["crawl"]).await;
    assert_eq!(crawled["fetched"], 0);
    assert_eq!(
        qalqan(url, data, &["db", "check"]).await["problems"],
        Value::Array(vec![])
    );
    drop(centre);
}
