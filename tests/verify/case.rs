//! One way of making a release bad, what is expected of it, and how it is made from a good one.

use std::fs;

use blocklist::{
    Digest, ListingId, Scope, Timestamp,
    key::{self, Role},
    statement::{
        AuditAnchor, Due, EMERGENCY_SECONDS, Growth, KeyRevoke, List, OrderNumber, PolicySet,
        RegisterExcept, RegisterHost, Statement, VERSION,
    },
    testing::{TestLog, name, signed},
};

use super::{
    forge::{Artefacts, Forged},
    stage::{Stage, listing, now},
};

/// What a node does with what it is offered, having enforced the good release before.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum NodeDoes {
    /// Enforces what is new.
    Takes,
    /// Keeps what it held and calls for people.
    Refuses,
    /// Keeps what it held and asks again: this may be a publication in progress.
    AsksAgain,
}

/// What the two verifiers answer: nothing to say, at which leaf and in which words they call for
/// people, or where and in which words they refuse.
#[derive(Clone, Copy)]
pub(super) enum Says {
    Good,
    Remarked {
        leaf: &'static str,
        first: &'static str,
    },
    Refused {
        first: &'static str,
        second: &'static str,
    },
}

pub(super) struct Case {
    pub(super) what: &'static str,
    /// Puts the next release in place of the good one.
    pub(super) publish: fn(&Stage, TestLog),
    pub(super) says: Says,
    pub(super) node: NodeDoes,
    /// Whether `new.test` is blocked after the pull.
    pub(super) new_blocked: bool,
}

/// A cosignature key nobody signs with here.
pub(super) const WITNESS: &str =
    "witness.test+4613f8a3+BG56HN0psLeP0Tr0xVmP7/TvKpcWbjym8uT7/M2AUFvx";

/// Six leaves: the genesis, three keys, two listings.
pub(super) fn good() -> TestLog {
    let mut log = TestLog::new(true);
    list(&mut log, "obmen.test", Scope::Subtree, 1);
    list(&mut log, "host.test", Scope::Host, 2);
    log
}

pub(super) fn list(log: &mut TestLog, host: &str, scope: Scope, number: u32) {
    let statement = Statement::List(listing(log, host, scope, number));
    log.push_officers(statement);
}

pub(super) fn new_listing(log: &TestLog) -> List {
    listing(log, "new.test", Scope::Host, 3)
}

pub(super) fn forged(stage: &Stage, log: &TestLog, alter: impl FnOnce(&mut Artefacts)) {
    let honest = log.leaves.len();
    Forged::new(log, now(), honest, alter).write(&stage.base());
}

/// One more leaf, which no honest publisher would have taken.
pub(super) fn with_leaf(stage: &Stage, mut log: TestLog, leaf: Vec<u8>) {
    log.leaves.push(leaf);
    let honest = log.leaves.len() - 1;
    Forged::new(&log, now(), honest, |_| {}).write(&stage.base());
}

pub(super) fn with_signers(stage: &Stage, log: TestLog, roles: &[(Role, usize)]) {
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
pub(super) fn revoke(log: &mut TestLog, officer: usize) {
    let statement = Statement::KeyRevoke(KeyRevoke {
        v: VERSION,
        origin: log.trust.origin.clone(),
        key_id: key::public(&log.officers[officer]).id(),
        at: now(),
    });
    log.push_admin(statement);
}

pub(super) fn alter(stage: &Stage, path: &str, change: impl FnOnce(&mut Vec<u8>)) {
    let path = stage.base().join(path);
    let mut bytes = fs::read(&path).unwrap();
    change(&mut bytes);
    fs::write(path, bytes).unwrap();
}

/// Another history of the same keys, whose newest listings are `hosts`.
pub(super) fn fork(hosts: &[&str]) -> TestLog {
    let mut fork = TestLog::new(true);
    list(&mut fork, "obmen.test", Scope::Subtree, 1);
    for (host, number) in hosts.iter().zip(2..) {
        list(&mut fork, host, Scope::Host, number);
    }
    fork
}

/// A log that lets two listings a day in, by the cap of a day or by that on growth, in which
/// `new.test` is the third of today.
pub(super) fn capped(mut log: TestLog, listings_per_day: u32, growth: Option<Growth>) -> TestLog {
    set_caps(&mut log, listings_per_day, growth);
    fill_today(&mut log);
    let statement = List {
        effective_at: now(),
        ..new_listing(&log)
    };
    log.push_officers(Statement::List(statement));
    log
}

pub(super) fn set_caps(log: &mut TestLog, listings_per_day: u32, growth: Option<Growth>) {
    let mut policy = log.fold(now()).0.fold().policy().clone();
    (policy.listings_per_day, policy.growth) = (listings_per_day, growth);
    log.push_admin(Statement::PolicySet(PolicySet {
        v: VERSION,
        origin: log.trust.origin.clone(),
        policy,
        at: now(),
    }));
}

/// Two listings of this very day, whatever the hour.
pub(super) fn fill_today(log: &mut TestLog) {
    for (host, number) in ["third.test", "fourth.test"].iter().zip(4..) {
        let statement = List {
            effective_at: now(),
            ..listing(log, host, Scope::Host, number)
        };
        log.push_officers(Statement::List(statement));
    }
}

/// Leaf 6: `new.test`, a day and a second ago, without the number of its order.
pub(super) fn emergency(log: &mut TestLog) {
    let mut statement = new_listing(log);
    statement.order.number = None;
    statement.effective_at = now().plus(-(EMERGENCY_SECONDS + 1));
    log.push_officers(Statement::List(statement));
}

pub(super) fn number(log: &TestLog, at: Timestamp) -> Statement {
    Statement::OrderNumber(OrderNumber {
        v: VERSION,
        origin: log.trust.origin.clone(),
        listing_id: ListingId::new(2026, 3).unwrap(),
        number: "№ 3".into(),
        at,
    })
}

/// Leaves 6 and 7: `new.test` is listed, and a register names it and another host.
pub(super) fn registered(mut log: TestLog) -> TestLog {
    list(&mut log, "new.test", Scope::Host, 3);
    let hosts = ["new.test", "other.test"].map(|text| RegisterHost {
        name: name(text),
        licensed: None,
    });
    log.register(hosts.to_vec());
    log
}

pub(super) fn except(log: &TestLog, host: &str) -> Statement {
    Statement::RegisterExcept(RegisterExcept {
        v: VERSION,
        origin: log.trust.origin.clone(),
        register: "afsa-demo".into(),
        name: name(host),
        reason: "ended years ago; the name changed hands".into(),
        at: now(),
    })
}

pub(super) fn due(log: &TestLog, listing: u32) -> Due {
    Due {
        v: VERSION,
        origin: log.trust.origin.clone(),
        listings: vec![ListingId::new(2026, listing).unwrap()],
        at: now(),
    }
}

/// The publisher's daily leaf, dated `at`.
pub(super) fn anchor(log: &mut TestLog, at: Timestamp) {
    let anchor = Statement::AuditAnchor(AuditAnchor {
        v: VERSION,
        origin: log.trust.origin.clone(),
        rows: 1,
        head: Digest::of(b"row"),
        at,
    });
    log.push(&signed(anchor, &[]));
}
