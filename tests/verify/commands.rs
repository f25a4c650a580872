//! The commands of `docs/VERIFY.md`, run as they stand there.

use std::{fs, io::Write as _, process::Command};

use blocklist::{PolicyZone, Scope, statement::Statement, testing::TestLog};
use resolver::{
    access::AccessList,
    transfer::{TransferLimits, TransferServer},
};

use super::stage::{Stage, listing, now, python};

/// Every block of shell commands of the page, in order, as one script.
fn script() -> String {
    let page = include_str!("../../docs/VERIFY.md");
    let blocks = page.split("```sh\n").skip(1);
    let blocks = blocks.map(|block| block.split_once("```").unwrap().0);
    let script: String = blocks.collect();
    assert!(script.contains("openssl") && script.contains("dig"));
    format!("set -eu\n{script}")
}

/// Whether the tools are there; they must be where all tests are asked for.
fn tools() -> bool {
    let missing = ["openssl", "dig", "bash", "sha256sum"]
        .into_iter()
        .find(|tool| !is_there(tool));
    if let Some(tool) = missing {
        assert!(
            std::env::var_os("QALQAN_REQUIRE_TOOLS").is_none(),
            "{tool} is missing"
        );
        let words = format!("NOT RUN: the commands of docs/VERIFY.md need {tool}\n");
        let _ = std::io::stderr().write_all(words.as_bytes());
    }
    missing.is_none() && python().is_some()
}

fn is_there(tool: &str) -> bool {
    let found = Command::new("sh")
        .args(["-c", &format!("command -v {tool}")])
        .output();
    found.is_ok_and(|output| output.status.success())
}

#[tokio::test(flavor = "multi_thread")]
async fn the_documented_commands_accept_what_is_good_and_refuse_what_is_not() {
    if !tools() {
        return;
    }
    let mut log = TestLog::new(true);
    for (host, number) in [("obmen.test", 1), ("host.test", 2)] {
        let statement = listing(&log, host, Scope::Subtree, number);
        log.push_officers(Statement::List(statement));
    }
    let stage = Stage::new(&log.trust);
    log.write(&stage.base(), now());
    let node = stage.node().await.unwrap();
    let address = "127.0.0.1:0".parse().unwrap();
    let transfer = TransferServer::start(
        address,
        AccessList::default().into(),
        TransferLimits::default(),
    );
    let transfer = transfer.await.unwrap();
    transfer
        .set_zone(&PolicyZone::new(&log.fold(now()).1))
        .unwrap();

    let run = || {
        let output = Command::new("bash")
            .args(["-c", &script()])
            .current_dir(concat!(env!("CARGO_MANIFEST_DIR"), "/.."))
            .env("base", stage.base())
            .env("trust", stage.dir.path().join("trust.json"))
            .env("dns", node.addresses()[0].to_string())
            .env("transfer", transfer.address().to_string())
            .env("TMPDIR", stage.dir.path())
            .output()
            .unwrap();
        let [out, err] = [output.stdout, output.stderr].map(|b| String::from_utf8(b).unwrap());
        (output.status.success(), format!("{out}{err}"))
    };
    let (good, words) = run();
    assert!(good, "{words}");
    let verified = words.matches("Signature Verified Successfully").count();
    assert_eq!(verified, 2, "the log key's and an admin's: {words}");
    assert!(words.contains("EDE: 16"), "{words}");

    let bundle = "log/tile/entries/000.p/6";
    for (path, text) in [
        ("release", "\"serial\""),
        ("list/domains", "obmen.test"),
        (bundle, "\"register_days\":14"),
        (bundle, "\"name\":\"host.test\""),
    ] {
        let file = stage.base().join(path);
        let before = fs::read(&file).unwrap();
        let mut bytes = before.clone();
        let found = bytes.windows(text.len()).position(|w| w == text.as_bytes());
        bytes[found.unwrap() + text.len() - 2] ^= 1;
        fs::write(&file, bytes).unwrap();
        let (good, words) = run();
        assert!(!good, "{path} was altered: {words}");
        fs::write(&file, before).unwrap();
    }
    node.stop().await;
}
