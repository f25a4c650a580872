//! The good release and every bad one, put before each verifier.

use std::fs;

use blocklist::{
    export,
    testing::{TestLog, name},
};

use super::{
    case::{Case, NodeDoes, Says, alter, forged, good},
    cases::CASES,
    https,
    leaves::LEAVES,
    stage::{Answer, DONE, NEGATIVE, Over, Stage, UNREADABLE, now, pull},
};

#[tokio::test]
async fn each_is_refused_or_degraded_as_it_should_be_by_all_three() {
    for case in CASES.iter().chain(LEAVES) {
        try_case(case).await;
    }
}

async fn try_case(case: &Case) {
    let what = case.what;
    let log = good();
    let stage = Stage::new(&log.trust);
    log.write(&stage.base(), now().plus(-60));
    let seen = [Some(stage.first()), stage.second()];
    for answer in seen.iter().flatten() {
        assert_eq!(answer.code, Some(DONE), "{what}: {}", answer.words);
    }
    let node = stage.node().await.unwrap();
    let before = node.status().release.unwrap();

    (case.publish)(&stage, log);
    for over in [Over::Files, Over::Https] {
        let (first, second) = (stage.first_over(over), stage.second_over(over));
        let what = format!("{what}, over {over:?}");
        expect(&what, case.says, &first, second);
    }
    let status = pull(&node).await;
    let does = match &status.last_error {
        None => NodeDoes::Takes,
        Some(failure) if failure.refused => NodeDoes::Refuses,
        Some(_) => NodeDoes::AsksAgain,
    };
    assert_eq!(does, case.node, "{what}: {:?}", status.last_error);
    assert!(status.list_active, "{what}");
    if does != NodeDoes::Takes {
        assert_eq!(status.release.unwrap(), before, "{what}");
    }
    assert!(node.explain(&name("host.test")).blocked, "{what}");
    let blocked = node.explain(&name("new.test")).blocked;
    assert_eq!(blocked, case.new_blocked, "{what}");
    node.stop().await;
}

fn expect(what: &str, expected: Says, first: &Answer, second: Option<Answer>) {
    match expected {
        Says::Good => {
            says(what, first, DONE, "");
            second.inspect(|answer| says(what, answer, DONE, "\"remarks\": []"));
        }
        Says::Remarked { leaf, first: words } => {
            says(what, first, DONE, &format!("{leaf}: {words}"));
            let remarks = format!("\"remarks\": [\"{leaf}\"]");
            second.inspect(|answer| says(what, answer, DONE, &remarks));
        }
        Says::Refused {
            first: words,
            second: other,
        } => {
            says(what, first, NEGATIVE, words);
            let second = second.map(refused_words);
            second.inspect(|answer| says(what, answer, NEGATIVE, other));
        }
    }
}

/// Where and why, as one sentence.
fn refused_words(answer: Answer) -> Answer {
    let word = |field: &str| answer.json[field].as_str().unwrap_or_default().to_owned();
    let words = format!("{}: {}", word("where"), word("why"));
    Answer { words, ..answer }
}

#[track_caller]
fn says(what: &str, answer: &Answer, code: i32, words: &str) {
    assert_eq!(answer.code, Some(code), "{what}: {}", answer.words);
    assert!(
        answer.words.contains(words),
        "{what}: `{words}` is not in: {}",
        answer.words
    );
}

/// One octet of each artefact, changed by a mirror (the hash tells) and by the publisher itself
/// (only making it again tells).
#[test]
fn one_octet_of_any_format_is_noticed_and_named() {
    for path in export::ARTEFACTS {
        let log = good();
        let stage = Stage::new(&log.trust);
        log.write(&stage.base(), now());
        let change = |bytes: &mut Vec<u8>| {
            let last = bytes.len() - 3;
            bytes[last] ^= 1;
        };
        alter(&stage, path, change);
        says(path, &stage.first(), NEGATIVE, path);
        let answer = stage.second().map(refused_words);
        answer.inspect(|answer| says(path, answer, NEGATIVE, &format!("{path}: has another hash")));

        forged(&stage, &log, |artefacts| {
            change(artefacts.get_mut(path).unwrap());
        });
        let words = format!("{path} is not what the log folds to");
        says(path, &stage.first(), NEGATIVE, &words);
        let Some(second) = stage.second() else {
            continue;
        };
        if REMADE.contains(&path) {
            let words = format!("{path}: is not what the log folds to");
            says(path, &refused_words(second), NEGATIVE, &words);
        } else {
            let only = second.json["hash_only"].as_array().unwrap();
            assert!(only.contains(&path.into()), "it must say so");
        }
    }
}

/// Over https both believe the authorities of the machine, or those that `SSL_CERT_FILE` names.
#[test]
fn a_server_that_nobody_vouches_for_is_not_believed() {
    let log = good();
    let stage = Stage::new(&log.trust);
    log.write(&stage.base(), now());
    says("good", &stage.first_over(Over::Https), DONE, "");
    fs::write(stage.dir.path().join("authority.pem"), https::stranger()).unwrap();
    says("strange", &stage.first_over(Over::Https), UNREADABLE, "");
    let second = stage.second_over(Over::Https);
    second.inspect(|answer| says("strange", answer, UNREADABLE, "CERTIFICATE_VERIFY_FAILED"));
}

#[tokio::test]
async fn a_stale_release_verifies_and_is_not_enforced() {
    let log = good();
    let stage = Stage::new(&log.trust);
    log.write(&stage.base(), now().plus(-30 * 86_400));
    let first = stage.first();
    says("stale", &first, NEGATIVE, "the release is stale");
    assert_eq!(first.json["fresh"], false, "{}", first.words);
    if let Some(second) = stage.second() {
        says("stale", &second, NEGATIVE, "\"verdict\": \"stale\"");
    }
    let node = stage.node().await.unwrap();
    assert!(!node.status().list_active);
    assert!(!node.explain(&name("obmen.test")).blocked);
    node.stop().await;
}

#[tokio::test]
async fn a_trust_file_of_another_log_is_noticed() {
    type Change = fn(&mut blocklist::Trust);
    let another_key: Change = |trust| trust.log_key = TestLog::with_seed(true, 77).trust.log_key;
    let another_genesis: Change = |trust| trust.genesis = blocklist::Digest::of(b"another");
    let no_demo: Change = |trust| trust.demo = false;
    for (change, first, second) in [
        (
            another_key,
            "not signed by the log key",
            "release: is not signed by the log key",
        ),
        (
            another_genesis,
            "begins with another leaf",
            "leaf 0: the log begins with another leaf",
        ),
        (
            no_demo,
            "whether this is a demonstration",
            "leaf 0: disagrees with the trust file",
        ),
    ] {
        let log = good();
        let mut trust = log.trust.clone();
        change(&mut trust);
        let stage = Stage::new(&trust);
        log.write(&stage.base(), now());
        says(first, &stage.first(), NEGATIVE, first);
        let answer = stage.second().map(refused_words);
        answer.inspect(|answer| says(second, answer, NEGATIVE, second));
        let refused = stage
            .node()
            .await
            .err()
            .expect("a node that does not start");
        assert!(!refused.is_temporary(), "{refused}");
    }
}

/// What the second verifier makes again; of other formats it checks the hash, and says so.
const REMADE: [&str; 2] = ["list/rpz", "list/json"];

/// What the second verifier may grow to, blank lines, comments and docstrings apart.
#[test]
fn the_second_verifier_stays_small_enough_to_read() {
    let mut inside = false;
    let code = include_str!("qalqan_verify.py").lines().filter(|line| {
        let line = line.trim();
        let quotes = line.matches("\"\"\"").count();
        let doc = inside || quotes > 0;
        inside ^= quotes == 1;
        !doc && !line.is_empty() && !line.starts_with('#')
    });
    assert!(code.count() <= 250);
}
