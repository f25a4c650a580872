//! From one good release, every way of making a bad one, and what each verifier answers to it.

use std::fs;

use blocklist::{
    Scope, export,
    guard::Tier,
    key::{self, Role},
    statement::{KeyAdd, KeyRevoke, List, PolicySet, Statement, VERSION},
    testing::{TestLog, grant, name, signed},
};

use super::{
    forge::{Artefacts, Forged, signed_json},
    stage::{Answer, DONE, NEGATIVE, Stage, listing, now, pull},
};

/// What a node does with what it is offered, having enforced the good release before.
#[derive(Clone, Copy, Debug, PartialEq)]
enum NodeDoes {
    /// Enforces what is new.
    Takes,
    /// Keeps what it held and calls for people.
    Refuses,
    /// Keeps what it held and asks again: this may be a publication in progress.
    AsksAgain,
}

/// What the two verifiers answer: nothing to say, or where and in which words they refuse.
#[derive(Clone, Copy)]
enum Says {
    Good,
    Refused {
        first: &'static str,
        second: &'static str,
    },
}

struct Case {
    what: &'static str,
    /// Puts the next release in place of the good one.
    publish: fn(&Stage, TestLog),
    says: Says,
    node: NodeDoes,
    /// Whether `new.test` is blocked after the pull.
    new_blocked: bool,
}

/// A cosignature key nobody signs with here.
const WITNESS: &str = "witness.test+4613f8a3+BG56HN0psLeP0Tr0xVmP7/TvKpcWbjym8uT7/M2AUFvx";

/// Six leaves: the genesis, three keys, two listings.
fn good() -> TestLog {
    let mut log = TestLog::new(true);
    list(&mut log, "obmen.test", Scope::Subtree, 1);
    list(&mut log, "host.test", Scope::Host, 2);
    log
}

fn list(log: &mut TestLog, host: &str, scope: Scope, number: u32) {
    let statement = Statement::List(listing(log, host, scope, number));
    log.push_officers(statement);
}

fn new_listing(log: &TestLog) -> List {
    listing(log, "new.test", Scope::Host, 3)
}

fn forged(stage: &Stage, log: &TestLog, alter: impl FnOnce(&mut Artefacts)) {
    let honest = log.leaves.len();
    Forged::new(log, now(), honest, alter).write(&stage.base());
}

/// One more leaf, which no honest publisher would have taken.
fn with_leaf(stage: &Stage, mut log: TestLog, leaf: Vec<u8>) {
    log.leaves.push(leaf);
    let honest = log.leaves.len() - 1;
    Forged::new(&log, now(), honest, |_| {}).write(&stage.base());
}

fn with_signers(stage: &Stage, log: TestLog, roles: &[(Role, usize)]) {
    let keys: Vec<_> = roles
        .iter()
        .map(|(role, index)| match role {
            Role::Admin => (*role, &log.admins[*index]),
            Role::Officer => (*role, &log.officers[*index]),
            Role::Legal => (*role, &log.legal),
        })
        .collect();
    let leaf = signed(Statement::List(new_listing(&log)), &keys);
    let leaf = leaf.to_bytes().unwrap();
    with_leaf(stage, log, leaf);
}

/// Two admins end an officer's key.
fn revoke(log: &mut TestLog, officer: usize) {
    let statement = Statement::KeyRevoke(KeyRevoke {
        v: VERSION,
        origin: log.trust.origin.clone(),
        key_id: key::public(&log.officers[officer]).id(),
        at: now(),
    });
    log.push_admin(statement);
}

fn alter(stage: &Stage, path: &str, change: impl FnOnce(&mut Vec<u8>)) {
    let path = stage.base().join(path);
    let mut bytes = fs::read(&path).unwrap();
    change(&mut bytes);
    fs::write(path, bytes).unwrap();
}

/// Another history of the same keys, whose newest listings are `hosts`.
fn fork(hosts: &[&str]) -> TestLog {
    let mut fork = TestLog::new(true);
    list(&mut fork, "obmen.test", Scope::Subtree, 1);
    for (host, number) in hosts.iter().zip(2..) {
        list(&mut fork, host, Scope::Host, number);
    }
    fork
}

fn capped(mut log: TestLog) -> TestLog {
    let mut policy = log.fold(now()).0.fold().policy().clone();
    policy.listings_per_day = 2;
    log.push_admin(Statement::PolicySet(PolicySet {
        v: VERSION,
        origin: log.trust.origin.clone(),
        policy,
        at: now(),
    }));
    for (host, number) in ["new.test", "third.test"].iter().zip(3..) {
        let mut statement = listing(&log, host, Scope::Host, number);
        // All on the day that the two listings before have filled.
        statement.effective_at = now();
        log.push_officers(Statement::List(statement));
    }
    log
}

const CASES: &[Case] = &[
    Case {
        what: "a good release",
        publish: |stage, mut log| {
            list(&mut log, "new.test", Scope::Host, 3);
            log.write(&stage.base(), now());
        },
        says: Says::Good,
        node: NodeDoes::Takes,
        new_blocked: true,
    },
    Case {
        what: "a forged entry: another name under both signatures",
        publish: |stage, log| {
            let mut leaf = signed(
                Statement::List(listing(&log, "old.test", Scope::Host, 3)),
                &[
                    (Role::Officer, &log.officers[0]),
                    (Role::Officer, &log.officers[1]),
                ],
            );
            if let Statement::List(list) = &mut leaf.statement {
                list.name = name("new.test");
            }
            let leaf = leaf.to_bytes().unwrap();
            with_leaf(stage, log, leaf);
        },
        says: Says::Refused {
            first: "leaf 6: the signature of key",
            second: "leaf 6: the signature of key",
        },
        node: NodeDoes::Refuses,
        new_blocked: false,
    },
    Case {
        what: "the wrong role: two admins list a name",
        publish: |stage, log| with_signers(stage, log, &[(Role::Admin, 0), (Role::Admin, 1)]),
        says: Says::Refused {
            first: "leaf 6: carries 0 signatures of the role officer; 2 are needed",
            second: "leaf 6: carries 0 signatures of the role officer",
        },
        node: NodeDoes::Refuses,
        new_blocked: false,
    },
    Case {
        what: "an admin's signature beside two officers'",
        publish: |stage, log| {
            let roles = [(Role::Officer, 0), (Role::Officer, 1), (Role::Admin, 0)];
            with_signers(stage, log, &roles);
        },
        says: Says::Refused {
            first: "leaf 6: carries signatures of a role that does not sign",
            second: "leaf 6: carries signatures of a role that does not sign",
        },
        node: NodeDoes::Refuses,
        new_blocked: false,
    },
    Case {
        what: "one officer twice",
        publish: |stage, log| with_signers(stage, log, &[(Role::Officer, 0), (Role::Officer, 0)]),
        says: Says::Refused {
            first: "leaf 6: signed twice by key",
            second: "leaf 6: signed twice by key",
        },
        node: NodeDoes::Refuses,
        new_blocked: false,
    },
    Case {
        what: "one officer and the legal signer",
        publish: |stage, log| with_signers(stage, log, &[(Role::Officer, 0), (Role::Legal, 0)]),
        says: Says::Refused {
            first: "leaf 6: carries 1 signatures of the role officer; 2 are needed",
            second: "leaf 6: carries 1 signatures of the role officer",
        },
        node: NodeDoes::Refuses,
        new_blocked: false,
    },
    Case {
        what: "an unsigned entry",
        publish: |stage, log| with_signers(stage, log, &[]),
        says: Says::Refused {
            first: "leaf 6: carries 0 signatures of the role officer; 2 are needed",
            second: "leaf 6: carries 0 signatures of the role officer",
        },
        node: NodeDoes::Refuses,
        new_blocked: false,
    },
    Case {
        what: "no order: both officers signed a statement without one",
        publish: |stage, log| {
            let mut said = serde_json::to_value(Statement::List(new_listing(&log))).unwrap();
            said.as_object_mut().unwrap().remove("order");
            let leaf = signed_json(&log, &said);
            with_leaf(stage, log, leaf);
        },
        says: Says::Refused {
            first: "leaf 6: the leaf is not a known structure: missing field `order`",
            second: "leaf 6: is not the canonical form of a known structure",
        },
        node: NodeDoes::Refuses,
        new_blocked: false,
    },
    Case {
        what: "an order whose number never followed",
        publish: |stage, mut log| {
            let mut statement = new_listing(&log);
            statement.order.number = None;
            statement.effective_at = now().plus(-86_401);
            log.push_officers(Statement::List(statement));
            log.write(&stage.base(), now());
        },
        says: Says::Good,
        node: NodeDoes::Takes,
        new_blocked: false,
    },
    Case {
        what: "truncated: an entry bundle cut short",
        publish: |stage, mut log| {
            list(&mut log, "new.test", Scope::Host, 3);
            log.write(&stage.base(), now());
            let cut = |bytes: &mut Vec<u8>| bytes.truncate(bytes.len() - 7);
            alter(stage, "log/tile/entries/000.p/7", cut);
        },
        says: Says::Refused {
            first: "entries/000.p/7 ends inside an entry",
            second: "entries/000.p/7: ends inside an entry",
        },
        node: NodeDoes::AsksAgain,
        new_blocked: false,
    },
    Case {
        what: "truncated: the release names more leaves than there are",
        publish: |stage, mut log| {
            list(&mut log, "new.test", Scope::Host, 3);
            log.write(&stage.base(), now());
            fs::remove_file(stage.base().join("log/tile/entries/000.p/7")).unwrap();
        },
        says: Says::Refused {
            first: "entries/000.p/7 is not there",
            second: "entries/000.p/7: is not there",
        },
        node: NodeDoes::AsksAgain,
        new_blocked: false,
    },
    Case {
        what: "rolled back: the release before, signed anew",
        publish: |stage, mut log| {
            log.leaves.pop();
            stage.clear();
            log.write(&stage.base(), now());
        },
        says: Says::Refused {
            first: "a roll-back",
            second: "release: is a roll-back",
        },
        node: NodeDoes::Refuses,
        new_blocked: false,
    },
    Case {
        what: "forked: as many leaves, other ones",
        publish: |stage, _| fork(&["new.test"]).write(&stage.base(), now()),
        says: Says::Refused {
            first: "a fork",
            second: "release: lacks the log seen before: a fork",
        },
        node: NodeDoes::Refuses,
        new_blocked: false,
    },
    Case {
        what: "forked: more leaves on another history",
        publish: |stage, _| fork(&["new.test", "third.test"]).write(&stage.base(), now()),
        says: Says::Refused {
            first: "a fork",
            second: "release: lacks the log seen before: a fork",
        },
        node: NodeDoes::Refuses,
        new_blocked: false,
    },
    Case {
        what: "over-grown: more listings than the day's cap",
        publish: |stage, log| capped(log).write(&stage.base(), now()),
        says: Says::Good,
        node: NodeDoes::Takes,
        new_blocked: false,
    },
    Case {
        what: "over-grown: a list that holds what the cap holds back",
        publish: |stage, log| {
            forged(stage, &capped(log), |artefacts| {
                let domains = artefacts.get_mut("list/domains").unwrap();
                domains.extend(b"new.test\nthird.test\n");
            });
        },
        says: Says::Refused {
            first: "list/domains is not what the log folds to",
            second: "list/domains: is not what the log folds to",
        },
        // A node makes its list of the log and does not read the files for others.
        node: NodeDoes::Takes,
        new_blocked: false,
    },
    Case {
        what: "an entry that a revoked key signed: a stolen key after the two admins acted",
        publish: |stage, mut log| {
            revoke(&mut log, 0);
            with_signers(stage, log, &[(Role::Officer, 0), (Role::Officer, 1)]);
        },
        says: Says::Refused {
            first: "leaf 7: signed by key",
            second: "leaf 7: signed by key",
        },
        node: NodeDoes::Refuses,
        new_blocked: false,
    },
    Case {
        what: "a key that is revoked and replaced: what it signed stays, the next one signs on",
        publish: |stage, mut log| {
            revoke(&mut log, 0);
            log.officers[0] = TestLog::with_seed(true, 90).officers[0].clone();
            let grant = grant(&log.officers[0], Role::Officer);
            let (v, origin, at) = (VERSION, log.trust.origin.clone(), now());
            log.push_admin(Statement::KeyAdd(KeyAdd {
                v,
                origin,
                grant,
                at,
            }));
            list(&mut log, "new.test", Scope::Host, 3);
            log.write(&stage.base(), now());
        },
        says: Says::Good,
        node: NodeDoes::Takes,
        new_blocked: true,
    },
    Case {
        what: "a key that only one admin adds",
        publish: |stage, log| {
            let grant = grant(&TestLog::with_seed(true, 90).officers[0], Role::Officer);
            let (v, origin, at) = (VERSION, log.trust.origin.clone(), now());
            let add = Statement::KeyAdd(KeyAdd {
                v,
                origin,
                grant,
                at,
            });
            let leaf = signed(add, &[(Role::Admin, &log.admins[0])]);
            with_leaf(stage, log, leaf.to_bytes().unwrap());
        },
        says: Says::Refused {
            first: "leaf 6: carries 1 signatures of the role admin; 2 are needed",
            second: "leaf 6: carries 1 signatures of the role admin",
        },
        node: NodeDoes::Refuses,
        new_blocked: false,
    },
    Case {
        what: "witnesses that the policy asks for and that did not sign",
        publish: |stage, mut log| {
            let mut policy = log.fold(now()).0.fold().policy().clone();
            policy.witnesses = "1 of 1".into();
            policy.witness_keys = vec![WITNESS.into()];
            let (v, origin, at) = (VERSION, log.trust.origin.clone(), now());
            log.push_admin(Statement::PolicySet(PolicySet {
                v,
                origin,
                policy,
                at,
            }));
            list(&mut log, "new.test", Scope::Host, 3);
            log.write(&stage.base(), now());
        },
        says: Says::Refused {
            first: "0 of 1 witnesses have co-signed",
            second: "policy: asks for witnesses",
        },
        node: NodeDoes::AsksAgain,
        new_blocked: false,
    },
    Case {
        what: "an unsigned release",
        publish: |stage, mut log| {
            list(&mut log, "new.test", Scope::Host, 3);
            log.write(&stage.base(), now());
            alter(stage, "release", |bytes| {
                let end = bytes.windows(2).position(|pair| pair == b"\n\n").unwrap();
                bytes.truncate(end + 2);
            });
        },
        says: Says::Refused {
            first: "the release is not signed by the log key",
            second: "release: is not signed by the log key",
        },
        node: NodeDoes::Refuses,
        new_blocked: false,
    },
    Case {
        what: "a release signed by another key of the same name",
        publish: |stage, mut log| {
            list(&mut log, "new.test", Scope::Host, 3);
            log.log_key = TestLog::with_seed(true, 77).log_key;
            log.write(&stage.base(), now());
        },
        says: Says::Refused {
            first: "the release is not signed by the log key",
            second: "release: is not signed by the log key",
        },
        node: NodeDoes::Refuses,
        new_blocked: false,
    },
    Case {
        what: "the release over an older log than the checkpoint admits",
        publish: |stage, mut log| {
            let older = Forged::new(&log, now(), log.leaves.len(), |_| {});
            list(&mut log, "new.test", Scope::Host, 3);
            log.write(&stage.base(), now());
            let checkpoint = &older.files["log/checkpoint"];
            fs::write(stage.base().join("log/checkpoint"), checkpoint).unwrap();
        },
        says: Says::Refused {
            first: "log/checkpoint is behind the release: a roll-back",
            second: "log/checkpoint: is behind the release: a roll-back",
        },
        node: NodeDoes::Takes,
        new_blocked: true,
    },
    Case {
        what: "a guarded name: the rest applies",
        publish: |stage, mut log| {
            list(&mut log, "new.test", Scope::Host, 3);
            log.guard("banks", Tier::Never, &["new.test"]);
            log.write(&stage.base(), now());
        },
        says: Says::Good,
        node: NodeDoes::Takes,
        new_blocked: false,
    },
];

#[tokio::test]
async fn each_is_refused_or_degraded_as_it_should_be_by_all_three() {
    for case in CASES {
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
    match case.says {
        Says::Good => {
            says(what, &stage.first(), DONE, "");
            stage
                .second()
                .inspect(|answer| says(what, answer, DONE, ""));
        }
        Says::Refused { first, second } => {
            says(what, &stage.first(), NEGATIVE, first);
            let answer = stage.second().map(refused_words);
            answer.inspect(|answer| says(what, answer, NEGATIVE, second));
        }
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
            assert_eq!(second.json["hash_only"][0], path, "it must say so");
        }
    }
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
const REMADE: [&str; 3] = ["list/rpz", "list/domains", "list/json"];

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
