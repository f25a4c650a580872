//! Both verifiers reach the same list, octet for octet, from a log with everything in it.

use blocklist::{
    Scope, Timestamp,
    guard::{GuardList, Reach, Tier},
    key::{self, Role},
    statement::{
        Annul, Due, GuardSet, KeyAdd, KeyRevoke, List, OrderNumber, Part, PolicySet,
        RegisterExcept, RegisterHost, RegisterSnapshot, Statement, Term, VERSION,
    },
    testing::{TestLog, grant, name, signed},
    time::Day,
};

use super::stage::{DONE, Stage, listing, now};

/// A real log's rules: no demonstration, the floor and the public suffixes count.
fn everything() -> TestLog {
    let mut log = TestLog::new(false);
    let origin = log.trust.origin.clone();
    let mut number = 0;
    let mut list = |log: &mut TestLog, host: &str, scope, change: &dyn Fn(&mut List)| {
        number += 1;
        let mut statement = listing(log, host, scope, number);
        change(&mut statement);
        log.push_officers(Statement::List(statement));
    };
    let plain = |_: &mut List| {};
    for (host, scope) in [
        ("obmen.kz", Scope::Subtree),
        ("xn--80aac5a9ai0e.xn--80ao21a", Scope::Host),
        ("big.one", Scope::Subtree),
        ("twice.kz", Scope::Host),
        ("twice.kz", Scope::Subtree),
        ("ended.kz", Scope::Host),
        ("wrong.kz", Scope::Host),
        ("licensed.kz", Scope::Subtree),
        ("www.licensed-parent.kz", Scope::Host),
        // Protected: a public suffix, one of its private section, the floor, and what is below it.
        ("com.kz", Scope::Subtree),
        ("github.io", Scope::Host),
        ("any.ck", Scope::Host),
        ("www.ck", Scope::Host),
        ("egov.kz", Scope::Host),
        ("pay.egov.kz", Scope::Subtree),
        ("shop.github.io", Scope::Subtree),
        ("obmen.test", Scope::Host),
        ("www.qalqan.test", Scope::Host),
        ("guarded.kz", Scope::Host),
        ("popular.kz", Scope::Host),
        // A subtree with the floor below it.
        ("google", Scope::Subtree),
        ("zan.kz", Scope::Subtree),
        ("parent.kz", Scope::Subtree),
        ("child.parent.kz", Scope::Host),
        ("deep.child.parent.kz", Scope::Host),
    ] {
        list(&mut log, host, scope, &plain);
    }
    let long = format!("{}.kz", ["a".repeat(60).as_str(); 3].join("."));
    list(&mut log, &long, Scope::Host, &plain);
    let longer = format!("{long}.{}.kz", "b".repeat(50));
    list(&mut log, &longer, Scope::Host, &plain);
    list(&mut log, "later.kz", Scope::Host, &|list| {
        list.effective_at = now().plus(3_600);
    });
    list(&mut log, "over.kz", Scope::Host, &|list| {
        list.effective_at = now().plus(-7 * 86_400);
        list.review_at = now().plus(-6 * 86_400);
        list.expires_at = now().plus(-5 * 86_400);
    });
    for (host, days) in [
        ("emergency.kz", 0),
        ("emergency-over.kz", 3),
        ("emergency-numbered.kz", 3),
        ("emergency-late.kz", 3),
    ] {
        list(&mut log, host, Scope::Host, &|list| {
            list.effective_at = now().plus(-60 - days * 86_400);
            list.order.number = None;
        });
    }
    list(&mut log, "order.kz", Scope::Host, &|list| {
        list.order.number = Some("№ 7-Қ \"\\\u{1}\u{7f}\u{2028}😀".into());
    });
    list(&mut log, "excepted.kz", Scope::Host, &plain);
    // The third emergency listing gets its number in time, and no second one; the fourth too late.
    for (number, hours) in [(32, 2), (32, 3), (33, 24), (34, 1), (999_999, 1)] {
        log.push_officers(Statement::OrderNumber(OrderNumber {
            v: VERSION,
            origin: origin.clone(),
            listing_id: blocklist::ListingId::new(2026, number).unwrap(),
            number: "№ 9".into(),
            at: now().plus(hours * 3_600 - 60 - 3 * 86_400),
        }));
    }
    // What verifies and changes nothing.
    list(&mut log, "basis.kz", Scope::Host, &|list| {
        list.basis = "gambling".into();
    });
    list(&mut log, "backwards.kz", Scope::Host, &|list| {
        list.expires_at = list.effective_at;
    });
    log.lift("ended.kz", 6);
    log.lift("nobody.kz", 999_999);
    log.push_officers(Statement::Annul(Annul {
        v: VERSION,
        origin: origin.clone(),
        listing_id: blocklist::ListingId::new(2026, 7).unwrap(),
        reason: "wrong-name".into(),
        at: now(),
    }));
    log.lift("wrong.kz", 7);
    guards(&mut log);
    registers(&mut log);
    let raised = Statement::List(listing(&log, "legal.kz", Scope::Host, 500));
    let [first, second] = &log.officers;
    let three = [
        (Role::Officer, first),
        (Role::Officer, second),
        (Role::Legal, &log.legal),
    ];
    let leaf = signed(raised, &three);
    log.push(&leaf);
    // The 8th is licensed, the 29th is over; the first neither, and the 28th comes in an hour.
    for (kind, number) in [
        (Statement::Effect as fn(Due) -> Statement, 1),
        (Statement::Expire, 1),
        (Statement::Effect, 28),
        (Statement::Expire, 8),
        (Statement::Expire, 29),
        (Statement::Effect, 999_999),
    ] {
        let due = Due {
            v: VERSION,
            origin: origin.clone(),
            listings: vec![blocklist::ListingId::new(2026, number).unwrap()],
            at: now(),
        };
        log.push(&signed(kind(due), &[]));
    }
    // Lifted under another name, and lifted again.
    log.lift("another.kz", 2);
    log.lift("xn--80aac5a9ai0e.xn--80ao21a", 2);
    log
}

fn guards(log: &mut TestLog) {
    for (list, tier, reach, names) in [
        (
            "banks",
            Tier::Never,
            Reach::Tree,
            &["guarded.kz", "bank.big.one"][..],
        ),
        (
            "top",
            Tier::Raised,
            Reach::Tree,
            &["popular.kz", "legal.kz"],
        ),
        (
            "apart",
            Tier::Apart,
            Reach::Host,
            &["child.parent.kz", "parent.kz"],
        ),
        (
            "apart/2",
            Tier::Apart,
            Reach::Tree,
            &["deep.child.parent.kz", "free.parent.kz"],
        ),
        ("gone", Tier::Never, Reach::Tree, &["obmen.kz"]),
        ("gone", Tier::Never, Reach::Tree, &[]),
    ] {
        let list = GuardList {
            list: list.into(),
            tier,
            reach,
            reason: "of a test".into(),
            names: names.iter().map(|text| name(text)).collect(),
        };
        log.push_admin(Statement::GuardSet(GuardSet {
            v: VERSION,
            origin: log.trust.origin.clone(),
            list,
            at: now(),
        }));
    }
}

fn registers(log: &mut TestLog) {
    let day = |text: &str| Day::parse(text).unwrap();
    let host = |text: &str, to: Option<&str>| RegisterHost {
        name: name(text),
        licensed: Some(Term {
            from: day("2020-01-01"),
            to: to.map(day),
        }),
    };
    let snapshot = |taken_on: &str, hosts, part| {
        Statement::RegisterSnapshot(RegisterSnapshot {
            v: VERSION,
            origin: log.trust.origin.clone(),
            register: "afsa".into(),
            taken_on: day(taken_on),
            sha256: blocklist::Digest::of(b"snapshot"),
            hosts,
            part,
            at: now(),
        })
    };
    let part = |number| Some(Part { number, of: 2 });
    let whole = [
        host("licensed.kz", None),
        host("licensed-parent.kz", Some("2099-12-31")),
    ];
    let ended = [
        host("ended-licence.big.one", Some("2021-01-01")),
        host("excepted.kz", Some("2021-01-01")),
    ];
    let statements = [
        snapshot("2026-01-01", vec![host("obmen.kz", None)], None),
        snapshot("2026-01-02", whole.to_vec(), part(1)),
        snapshot("2026-01-02", ended.to_vec(), part(2)),
        // Older, and one half of a newer one: neither counts.
        snapshot("2025-12-31", vec![host("obmen.kz", None)], None),
        snapshot("2026-01-03", vec![host("obmen.kz", None)], part(1)),
        snapshot("2026-01-04", vec![host("obmen.kz", None)], part(2)),
    ];
    for statement in statements {
        log.push_officers(statement);
    }
    for (register, host) in [
        ("afsa", "excepted.kz"),
        ("afsa", "obmen.kz"),
        ("nationalbank", "excepted.kz"),
    ] {
        log.push_officers(Statement::RegisterExcept(RegisterExcept {
            v: VERSION,
            origin: log.trust.origin.clone(),
            register: register.into(),
            name: name(host),
            reason: "ended years ago; the name changed hands".into(),
            at: now(),
        }));
    }
}

#[test]
fn both_reach_the_same_list_from_a_log_with_everything_in_it() {
    let log = everything();
    let stage = Stage::new(&log.trust);
    for time in [now().plus(-120), now()] {
        agree(&stage, &log, time);
    }
}

#[test]
fn both_follow_keys_that_come_and_go_and_a_policy_that_changes() {
    let mut log = TestLog::new(true);
    let (origin, at) = (log.trust.origin.clone(), now());
    let v = VERSION;
    let mut policy = log.fold(at).0.fold().policy().clone();
    policy.listings_per_day = 2;
    policy.serial_base = u32::MAX - 3;
    log.push_admin(Statement::PolicySet(PolicySet {
        v,
        origin: origin.clone(),
        policy: policy.clone(),
        at,
    }));
    policy.serial_base = 7;
    log.push_admin(Statement::PolicySet(PolicySet {
        v,
        origin: origin.clone(),
        policy,
        at,
    }));
    for number in 1..=3 {
        let statement = listing(&log, &format!("site{number}.test"), Scope::Host, number);
        log.push_officers(Statement::List(statement));
    }
    // Another officer takes the place of the first; the old one comes back as a legal signer.
    let newcomer = TestLog::with_seed(true, 90).officers[0].clone();
    let old = log.officers[0].clone();
    for statement in [
        Statement::KeyAdd(KeyAdd {
            v,
            origin: origin.clone(),
            grant: grant(&newcomer, Role::Officer),
            at,
        }),
        // A key cannot change its role while it is active.
        Statement::KeyAdd(KeyAdd {
            v,
            origin: origin.clone(),
            grant: grant(&old, Role::Legal),
            at,
        }),
        Statement::KeyRevoke(KeyRevoke {
            v,
            origin: origin.clone(),
            key_id: key::public(&old).id(),
            at,
        }),
        Statement::KeyAdd(KeyAdd {
            v,
            origin,
            grant: grant(&old, Role::Legal),
            at,
        }),
    ] {
        log.push_admin(statement);
    }
    log.officers[0] = newcomer;
    log.legal = old;
    let statement = Statement::List(listing(&log, "site4.test", Scope::Subtree, 4));
    let [first, second] = &log.officers;
    let keys = [
        (Role::Officer, first),
        (Role::Officer, second),
        (Role::Legal, &log.legal),
    ];
    let leaf = signed(statement, &keys);
    log.push(&leaf);
    agree(&Stage::new(&log.trust), &log, at);
}

/// More than one bundle, so that paths, widths and the shape of the tree are tried.
#[test]
fn both_read_logs_of_many_bundles() {
    let mut log = TestLog::new(true);
    for number in 1..=600 {
        let statement = listing(&log, &format!("site{number}.test"), Scope::Host, number);
        log.push_officers(Statement::List(statement));
        if matches!(log.leaves.len(), 255 | 256 | 257 | 512 | 604) {
            agree(&Stage::new(&log.trust), &log, now());
        }
    }
}

pub(super) fn agree(stage: &Stage, log: &TestLog, time: Timestamp) {
    log.write(&stage.base(), time);
    let first = stage.first();
    assert_eq!(first.code, Some(DONE), "{}", first.words);
    let Some(second) = stage.second() else { return };
    assert_eq!(second.code, Some(DONE), "{}", second.words);
    for field in ["size", "root"] {
        assert_eq!(first.json[field], second.json[field], "{field}");
    }
    let folded = log.fold(time).1;
    assert_eq!(second.json["entries"], serde_json::json!(folded.entries));
    let remarks: Vec<_> = folded
        .remarks
        .iter()
        .filter_map(|remark| remark.split_once(": "))
        .map(|(leaf, _)| leaf)
        .filter(|leaf| leaf.starts_with("leaf "))
        .collect();
    assert_eq!(second.json["remarks"], serde_json::json!(remarks));
}
