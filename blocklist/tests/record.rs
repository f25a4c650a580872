//! The record as outsiders meet it: what verifies, what is refused whole, what is held back.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    missing_docs,
    reason = "tests"
)]

use std::collections::BTreeMap;

use blocklist::{
    Digest, ListingId, Release, Scope, Timestamp,
    fold::{Action, FoldErrorKind, ListingState},
    guard::Tier,
    key::{self, Role},
    leaf::Leaf,
    statement::{Due, RegisterHost, Statement, Term},
    testing::{START, TestLog, name, signed},
    time::Day,
    verify::{self, SuccessionError, VerifyError},
};

fn log() -> TestLog {
    let mut log = TestLog::new(true);
    log.list("obmen.test", Scope::Subtree, 1);
    log.list("host.test", Scope::Host, 2);
    log
}

fn replay(log: &TestLog) -> Result<blocklist::Folded, VerifyError> {
    let (note, _) = log.release(START);
    let release = Release::open(&note, &log.trust).unwrap();
    verify::replay(&log.trust, &release, &log.leaves)
}

#[test]
fn a_good_log_folds_to_its_list() {
    let log = log();
    let folded = replay(&log).unwrap();
    let names: Vec<_> = folded
        .entries
        .iter()
        .map(|e| (e.name.as_str(), e.scope))
        .collect();
    assert_eq!(
        names,
        [("host.test", Scope::Host), ("obmen.test", Scope::Subtree)]
    );
    assert_eq!(folded.serial(), 2_026_000_000 + 6);
    let (note, mut artefacts) = log.release(START);
    let release = Release::open(&note, &log.trust).unwrap();
    verify::check_artefacts(&log.trust, &release, &folded, &artefacts).unwrap();
    let rpz = String::from_utf8(artefacts["list/rpz"].clone()).unwrap();
    assert!(
        rpz.contains("*.obmen.test.rpz.qalqan.test. 60 IN CNAME .\n"),
        "{rpz}"
    );
    assert!(!rpz.contains("*.host.test"), "{rpz}");
    artefacts
        .get_mut("list/domains")
        .unwrap()
        .extend(b"innocent.test\n");
    let altered = verify::check_artefacts(&log.trust, &release, &folded, &artefacts);
    assert_eq!(altered, Err(VerifyError::Artefact("list/domains".into())));
}

#[test]
fn a_lift_takes_the_name_off_and_moves_the_serial() {
    let mut log = log();
    let before = replay(&log).unwrap().serial();
    log.lift("obmen.test", 1);
    let folded = replay(&log).unwrap();
    assert_eq!(folded.entries.len(), 1);
    assert_eq!(folded.serial(), before + 1);
    assert!(matches!(
        folded.listings[0].state,
        ListingState::Lifted { .. }
    ));
}

#[test]
fn one_officer_is_not_two() {
    let mut log = TestLog::new(true);
    let statement = Statement::List(log.list_statement("obmen.test", Scope::Host, 1));
    let both = [
        (Role::Officer, &log.officers[0]),
        (Role::Officer, &log.officers[1]),
    ];
    let refused = |leaf: &Leaf| {
        let (replay, _) = log.fold(START);
        replay.fold().check_signatures(leaf).unwrap_err()
    };
    let one = signed(statement.clone(), &both[..1]);
    assert!(matches!(
        refused(&one),
        FoldErrorKind::Quorum {
            found: 1,
            needed: 2,
            ..
        }
    ));
    let twice = signed(statement.clone(), &[both[0], both[0]]);
    assert!(matches!(refused(&twice), FoldErrorKind::SameKey(_)));
    let admins = [(Role::Admin, &log.admins[0]), (Role::Admin, &log.admins[1])];
    assert!(matches!(
        refused(&signed(statement.clone(), &admins)),
        FoldErrorKind::Quorum { found: 0, .. }
    ));
    let as_officer = [both[0], (Role::Officer, &log.admins[0])];
    assert!(matches!(
        refused(&signed(statement.clone(), &as_officer)),
        FoldErrorKind::UnknownKey(_)
    ));
    let stranger = ed25519(77);
    let foreign = [both[0], (Role::Officer, &stranger)];
    assert!(matches!(
        refused(&signed(statement.clone(), &foreign)),
        FoldErrorKind::UnknownKey(_)
    ));
    // Both signed, then the statement was altered.
    let mut altered = signed(statement, &both);
    if let Statement::List(list) = &mut altered.statement {
        list.name = name("innocent.test");
    }
    assert!(matches!(refused(&altered), FoldErrorKind::BadSignature(_)));
    log.push(&altered);
    let (note, leaves) = (forge(&log), &log.leaves);
    let release = Release::open(&note, &log.trust).unwrap();
    assert!(matches!(
        verify::replay(&log.trust, &release, leaves),
        Err(VerifyError::Fold(_))
    ));
}

fn ed25519(seed: u8) -> ed25519_dalek::SigningKey {
    ed25519_dalek::SigningKey::from_bytes(&[seed; 32])
}

/// A release over whatever leaves are there, signed by the true log key: a publisher gone bad.
fn forge(log: &TestLog) -> Vec<u8> {
    let mut tree = blocklist::log::Tree::default();
    for leaf in &log.leaves {
        tree.append(leaf).unwrap();
    }
    let release = Release {
        size: tree.size(),
        root: tree.root().unwrap(),
        fold_version: blocklist::fold::FOLD_VERSION,
        serial: 2_026_000_000 + tree.size() as u32,
        time: START,
        not_after: START.plus(60),
        artefacts: BTreeMap::new(),
    };
    release.sign(&log.trust.origin, &log.log_key).unwrap()
}

#[test]
fn a_tampered_log_release_or_trust_file_is_refused() {
    let log = log();
    let (note, _) = log.release(START);
    let release = Release::open(&note, &log.trust).unwrap();

    let mut leaves = log.leaves.clone();
    let position = leaves[4]
        .windows(10)
        .position(|w| w == b"obmen.test")
        .unwrap();
    leaves[4][position] = b'x';
    assert!(
        verify::replay(&log.trust, &release, &leaves).is_err(),
        "an altered leaf"
    );
    let dropped: Vec<_> = log.leaves[..5].to_vec();
    assert!(matches!(
        verify::replay(&log.trust, &release, &dropped),
        Err(VerifyError::Size { .. })
    ));

    for position in 0..note.len() {
        let mut altered = note.clone();
        altered[position] ^= 1;
        let opened = Release::open(&altered, &log.trust);
        assert!(
            opened.is_err() || opened.as_ref() == Ok(&release),
            "octet {position} of the note"
        );
    }

    let other = TestLog::with_seed(true, 40);
    assert!(
        Release::open(&note, &other.trust).is_err(),
        "another log's key"
    );
    let mut trust = log.trust.clone();
    trust.genesis = Digest::of(b"another beginning");
    assert_eq!(
        verify::replay(&trust, &release, &log.leaves),
        Err(VerifyError::Genesis)
    );
    let mut trust = log.trust.clone();
    trust.log_key = other.trust.log_key;
    assert_eq!(
        verify::replay(&trust, &release, &log.leaves),
        Err(VerifyError::LogKey)
    );
    let mut trust = log.trust.clone();
    trust.demo = false;
    assert_eq!(
        verify::replay(&trust, &release, &log.leaves),
        Err(VerifyError::Demo)
    );
}

#[test]
fn a_checkpoint_is_no_release() {
    let log = log();
    let (replay, _) = log.fold(START);
    let root = replay.tree().root().unwrap();
    let checkpoint =
        blocklist::log::sign_checkpoint(&log.trust.origin, 6, root, &log.log_key).unwrap();
    assert_eq!(
        blocklist::log::open_checkpoint(&checkpoint, &log.trust),
        Ok((6, root))
    );
    assert!(Release::open(&checkpoint, &log.trust).is_err());
    let (note, _) = log.release(START);
    assert!(blocklist::log::open_checkpoint(&note, &log.trust).is_err());
}

#[test]
fn older_smaller_or_forked_releases_do_not_succeed() {
    let mut log = log();
    let open = |log: &TestLog, time| Release::open(&log.release(time).0, &log.trust).unwrap();
    let first = open(&log, START);
    let resigned = open(&log, START.plus(3600));
    let mut fork = self::log();
    fork.list("fork.test", Scope::Host, 3);
    log.list("new.test", Scope::Host, 3);
    let second = open(&log, START.plus(7200));
    assert_eq!(verify::check_succession(&first, &resigned), Ok(()));
    assert_eq!(verify::check_succession(&first, &second), Ok(()));
    assert!(matches!(
        verify::check_succession(&second, &first),
        Err(SuccessionError::RollBack { .. })
    ));
    assert!(matches!(
        verify::check_succession(&resigned, &first),
        Err(SuccessionError::RollBack { .. })
    ));
    let forked = open(&fork, START.plus(9000));
    assert_eq!(
        verify::check_succession(&second, &forked),
        Err(SuccessionError::Fork { size: 7 })
    );
}

#[test]
fn guarded_names_are_dropped_and_the_rest_applies() {
    let mut log = log();
    log.list("bank.test", Scope::Host, 3);
    log.list("group.test", Scope::Subtree, 4);
    log.list("popular.test", Scope::Host, 5);
    log.guard("banks", Tier::Never, &["bank.test", "bank.group.test"]);
    log.guard("top", Tier::Raised, &["popular.test"]);
    let folded = replay(&log).unwrap();
    let guarded: Vec<_> = folded
        .guarded()
        .map(|l| l.statement.name.as_str())
        .collect();
    assert_eq!(guarded, ["bank.test", "popular.test"]);
    let set = folded.block_set().unwrap();
    assert!(set.find_name(&name("group.test")).is_some());
    assert!(
        set.find_name(&name("bank.group.test")).is_none(),
        "a guarded child is let through"
    );
    assert!(
        folded
            .entries
            .iter()
            .any(|e| e.action == Action::PassThrough)
    );
    let domains = String::from_utf8(log.release(START).1["list/domains"].clone()).unwrap();
    assert!(
        domains.contains("# left out, has an exception below it: group.test"),
        "{domains}"
    );
    assert!(
        !domains.lines().any(|line| line == "group.test"),
        "{domains}"
    );
}

#[test]
fn a_raised_name_needs_the_legal_signature() {
    let mut log = TestLog::new(true);
    log.guard("top", Tier::Raised, &["popular.test"]);
    let statement = Statement::List(log.list_statement("popular.test", Scope::Host, 1));
    let leaf = signed(
        statement,
        &[
            (Role::Officer, &log.officers[0]),
            (Role::Officer, &log.officers[1]),
            (Role::Legal, &log.legal),
        ],
    );
    log.push(&leaf);
    assert_eq!(replay(&log).unwrap().entries.len(), 1);
}

#[test]
fn a_licensed_host_is_suspended_and_comes_back_when_the_term_ends() {
    let mut log = log();
    let term = Term {
        from: Day::parse("2026-01-01").unwrap(),
        to: Some(Day::parse("2026-12-31").unwrap()),
    };
    log.register(vec![RegisterHost {
        name: name("host.test"),
        licensed: Some(term),
    }]);
    let (_, folded) = log.fold(START);
    assert!(
        matches!(&folded.listings[1].state, ListingState::Suspended { register } if register == "afsa-demo")
    );
    assert_eq!(folded.entries.len(), 1);
    // After the term the row still names the host, so the guard holds it back until two officers act.
    let (_, folded) = log.fold(Timestamp::parse("2027-01-01T00:00:00Z").unwrap());
    assert!(matches!(
        folded.listings[1].state,
        ListingState::Guarded { .. }
    ));
}

#[test]
fn time_brings_listings_in_and_out() {
    let mut log = TestLog::new(true);
    let mut later = log.list_statement("later.test", Scope::Host, 1);
    later.effective_at = START.plus(86_400);
    log.push_officers(Statement::List(later));
    let mut emergency = log.list_statement("emergency.test", Scope::Host, 2);
    emergency.order.number = None;
    log.push_officers(Statement::List(emergency));
    let names = |time| {
        log.fold(time)
            .1
            .entries
            .iter()
            .map(|e| e.name.to_string())
            .collect::<Vec<_>>()
    };
    assert_eq!(names(START), ["emergency.test"]);
    assert_eq!(
        names(START.plus(86_400)),
        ["later.test"],
        "the order number never followed"
    );
    assert_eq!(
        names(START.plus(365 * 86_400)),
        Vec::<String>::new(),
        "every listing ends"
    );
}

#[test]
fn a_revoked_key_signs_no_more_but_what_it_signed_stays() {
    let mut log = log();
    let revoke = Statement::KeyRevoke(blocklist::statement::KeyRevoke {
        v: 1,
        origin: log.trust.origin.clone(),
        key_id: key::public(&log.officers[0]).id(),
        at: START,
    });
    log.push_admin(revoke);
    assert_eq!(replay(&log).unwrap().entries.len(), 2);
    log.list("late.test", Scope::Host, 3);
    let note = forge(&log);
    let release = Release::open(&note, &log.trust).unwrap();
    assert!(verify::replay(&log.trust, &release, &log.leaves).is_err());
}

#[test]
fn leaves_that_verify_but_make_no_sense_are_remarked_on() {
    let mut log = log();
    log.list("obmen.test", Scope::Host, 1);
    log.lift("nobody.test", 99);
    let mut statement = log.list_statement("basis.test", Scope::Host, 5);
    statement.basis = "gambling".into();
    log.push_officers(Statement::List(statement));
    let folded = replay(&log).unwrap();
    assert_eq!(folded.entries.len(), 2);
    assert_eq!(folded.remarks.len(), 3, "{:?}", folded.remarks);
}

#[test]
fn a_lift_of_another_name_lifts_and_is_remarked_on() {
    let mut log = log();
    log.lift("innocent.test", 1);
    let folded = replay(&log).unwrap();
    assert_eq!(folded.entries.len(), 1, "removals always apply");
    assert_eq!(
        folded.remarks,
        [
            "leaf 6: listing Q-2026-000001 is lifted, but it is of obmen.test, and the lift names innocent.test"
        ]
    );
    // Lifted again, it is the first lift that the public reads of.
    let state = folded.listings[0].state.clone();
    log.lift("obmen.test", 1);
    let folded = replay(&log).unwrap();
    assert_eq!(folded.listings[0].state, state);
    assert!(folded.remarks[1].contains("lifted already"));
}

/// What the publisher writes without anybody's signature is checked against the listings' own dates
/// and the registers, at the moment it names.
#[test]
fn listings_that_the_publisher_says_were_due_were_due() {
    let day = |days: i64| START.plus(days * 86_400);
    let mut log = TestLog::new(true);
    log.list("year.test", Scope::Host, 1);
    let mut later = log.list_statement("later.test", Scope::Host, 2);
    later.effective_at = day(1);
    log.push_officers(Statement::List(later));
    let mut emergency = log.list_statement("emergency.test", Scope::Host, 3);
    emergency.order.number = None;
    log.push_officers(Statement::List(emergency));
    log.list("licensed.test", Scope::Host, 4);
    log.list("lifted.test", Scope::Host, 5);
    log.lift("lifted.test", 5);
    let term = Term {
        from: Day::parse("2026-11-25").unwrap(),
        to: None,
    };
    log.register(vec![RegisterHost {
        name: name("licensed.test"),
        licensed: Some(term),
    }]);
    let effect: fn(Due) -> Statement = Statement::Effect;
    let expire: fn(Due) -> Statement = Statement::Expire;
    for (kind, listing, at, remark) in [
        (effect, 1, START, None),
        (effect, 1, START.plus(-1), Some("had not taken effect")),
        (effect, 2, day(1).plus(-1), Some("had not taken effect")),
        (effect, 2, day(1), None),
        (effect, 3, day(1), Some("had not taken effect")),
        (effect, 5, day(1), Some("had not taken effect")),
        (effect, 9, day(1), Some("is not in the log")),
        (expire, 1, day(364), Some("had not ended")),
        (expire, 1, day(365), None),
        (expire, 3, day(1).plus(-1), Some("had not ended")),
        (expire, 3, day(1), None),
        (expire, 4, day(3), Some("had not ended")),
        (expire, 4, day(4), None),
        (expire, 9, day(1), Some("is not in the log")),
    ] {
        let mut log = TestLog {
            leaves: log.leaves.clone(),
            ..TestLog::new(true)
        };
        let due = Due {
            v: 1,
            origin: log.trust.origin.clone(),
            listings: vec![ListingId::new(2026, listing).unwrap()],
            at,
        };
        log.push(&signed(kind(due), &[]));
        let remarks = log.fold(day(400)).1.remarks;
        match remark {
            None => assert_eq!(remarks, Vec::<String>::new(), "{listing} at {at}"),
            Some(words) => assert!(remarks[0].contains(words), "{listing} at {at}: {remarks:?}"),
        }
    }
}

/// Other verifiers know the floor and the shapes from this file.
#[test]
fn the_record_is_documented_as_it_is() {
    let record: serde_json::Value =
        serde_json::from_str(include_str!("../../docs/record.json")).unwrap();
    assert_eq!(record["fold_version"], blocklist::fold::FOLD_VERSION);
    let floor: Vec<_> = blocklist::guard::floor::lists()
        .into_iter()
        .map(|list| {
            assert_eq!(list.tier, Tier::Never);
            serde_json::json!({ "list": list.list, "reach": list.reach, "names": list.names })
        })
        .collect();
    assert_eq!(record["floor"], serde_json::json!(floor));
    let special = serde_json::json!(blocklist::guard::floor::SPECIAL_USE);
    assert_eq!(record["special_use"], special);

    // The header and the footer of each file, as a list that loses nothing has them.
    let mut log = TestLog::new(true);
    log.list("host.test", Scope::Host, 1);
    let (note, artefacts) = log.release(START);
    let release = Release::open(&note, &log.trust).unwrap();
    let fill = |line: &serde_json::Value| {
        let line = line.as_str().unwrap();
        line.replace("{origin}", &log.trust.origin)
            .replace("{serial}", &release.serial.to_string())
            .replace("{size}", &release.size.to_string())
            .replace("{root}", &release.root.to_string())
            .replace("{newest}", &START.to_string())
    };
    let mut headed = 0;
    for (path, bytes) in artefacts {
        let format = &record["formats"][&path];
        let Some(mark) = format["mark"].as_str() else {
            continue;
        };
        headed += 1;
        let words = &record["header"];
        let lines = [&words["list"], &words["verify"]];
        let lines = lines.into_iter().chain(format["notes"].as_array().unwrap());
        let line = |line| format!("{mark} {}\n", fill(line));
        let header: String = lines.map(line).collect();
        let words = &record["footer"];
        let footer: String = [&words["newest"], &words["serial"]].map(line).concat();
        let text = String::from_utf8(bytes).unwrap();
        assert!(text.starts_with(&header), "{path}: {header}{text}");
        assert!(text.ends_with(&footer), "{path}: {footer}{text}");
    }
    assert_eq!(headed, record["formats"].as_object().unwrap().len());
}
