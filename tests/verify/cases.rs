//! Releases that are forged, torn, rolled back or forked, and what each verifier answers to them.

use std::fs;

use blocklist::{
    Scope,
    key::Role,
    statement::{KeyAdd, PolicySet, Statement, VERSION},
    testing::{TestLog, grant, name, signed},
};

use super::{
    case::{
        Case, NodeDoes, Says, WITNESS, alter, fork, list, new_listing, revoke, with_leaf,
        with_signers,
    },
    forge::{Forged, signed_json},
    stage::{listing, now},
};

pub(super) const CASES: &[Case] = &[
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
];
