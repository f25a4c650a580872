//! Releases of an honest tree whose leaves should not have come so: over a cap, back-dated, too late,
//! without all who must sign, or said by the publisher without being so.

use blocklist::{
    ListingId, Scope,
    guard::Tier,
    key::Role,
    leaf::Leaf,
    statement::{Growth, Lift, List, Statement, VERSION},
    testing::{name, signed},
};

use super::{
    case::{
        Case, NodeDoes, Says, anchor, capped, due, emergency, except, fill_today, forged, list,
        new_listing, number, registered, revoke, set_caps, with_leaf, with_signers,
    },
    stage::now,
};

const GROWTH: Growth = Growth {
    percent: 50,
    at_least: 2,
};

pub(super) const LEAVES: &[Case] = &[
    Case {
        what: "over-grown: more listings than the day's cap",
        publish: |stage, log| capped(log, 2, None).write(&stage.base(), now()),
        says: Says::Good,
        node: NodeDoes::Takes,
        new_blocked: false,
    },
    Case {
        what: "over-grown: more listings than the cap on growth",
        publish: |stage, log| capped(log, 1_000, Some(GROWTH)).write(&stage.base(), now()),
        says: Says::Good,
        node: NodeDoes::Takes,
        new_blocked: false,
    },
    Case {
        what: "over-grown: a list that holds what the cap holds back",
        publish: |stage, log| {
            forged(stage, &capped(log, 2, None), |artefacts| {
                let zone = artefacts.get_mut("list/rpz").unwrap();
                zone.extend(b"new.test.rpz.qalqan.test. 60 IN CNAME .\n");
            });
        },
        says: Says::Refused {
            first: "list/rpz is not what the log folds to",
            second: "list/rpz: is not what the log folds to",
        },
        // A node makes its list of the log and does not read the files for others.
        node: NodeDoes::Takes,
        new_blocked: false,
    },
    Case {
        what: "over-grown: back-dated into a day that is over",
        publish: |stage, mut log| {
            set_caps(&mut log, 2, None);
            anchor(&mut log, now());
            fill_today(&mut log);
            let statement = List {
                effective_at: now().plus(-5 * 86_400),
                ..new_listing(&log)
            };
            log.push_officers(Statement::List(statement));
            log.write(&stage.base(), now());
        },
        says: Says::Good,
        node: NodeDoes::Takes,
        new_blocked: false,
    },
    Case {
        what: "a lift while others wait: it applies, and lets nobody in",
        publish: |stage, log| {
            let mut log = capped(log, 2, None);
            log.lift("third.test", 4);
            log.write(&stage.base(), now());
        },
        says: Says::Good,
        node: NodeDoes::Takes,
        new_blocked: false,
    },
    Case {
        what: "a publisher's leaf dated ten years ahead",
        publish: |stage, mut log| {
            anchor(&mut log, now().plus(3_650 * 86_400));
            list(&mut log, "new.test", Scope::Host, 3);
            log.write(&stage.base(), now());
        },
        says: Says::Good,
        node: NodeDoes::Takes,
        new_blocked: false,
    },
    Case {
        what: "a publisher's leaf dated ten years ahead, and the next one",
        publish: |stage, mut log| {
            anchor(&mut log, now().plus(3_650 * 86_400));
            list(&mut log, "new.test", Scope::Host, 3);
            anchor(&mut log, now());
            log.write(&stage.base(), now());
        },
        says: Says::Remarked {
            leaf: "leaf 8",
            first: "the publisher's clock went back",
        },
        node: NodeDoes::Takes,
        new_blocked: true,
    },
    Case {
        what: "the publisher says that a listing took effect which did not",
        publish: |stage, mut log| {
            let statement = List {
                effective_at: now().plus(3_600),
                ..new_listing(&log)
            };
            log.push_officers(Statement::List(statement));
            log.push(&signed(Statement::Effect(due(&log, 3)), &[]));
            log.write(&stage.base(), now());
        },
        says: Says::Remarked {
            leaf: "leaf 7",
            first: "listing Q-2026-000003 had not taken effect by",
        },
        node: NodeDoes::Takes,
        new_blocked: false,
    },
    Case {
        what: "the publisher says that a listing ended which did not",
        publish: |stage, mut log| {
            list(&mut log, "new.test", Scope::Host, 3);
            log.push(&signed(Statement::Expire(due(&log, 3)), &[]));
            log.write(&stage.base(), now());
        },
        says: Says::Remarked {
            leaf: "leaf 7",
            first: "listing Q-2026-000003 had not ended by",
        },
        node: NodeDoes::Takes,
        new_blocked: true,
    },
    Case {
        what: "an officer signs what only the publisher writes",
        publish: |stage, log| {
            let statement = Statement::Expire(due(&log, 2));
            let leaf = signed(statement, &[(Role::Officer, &log.officers[0])]);
            with_leaf(stage, log, leaf.to_bytes().unwrap());
        },
        says: Says::Refused {
            first: "leaf 6: carries signatures of a role that does not sign",
            second: "leaf 6: carries signatures of a role that does not sign",
        },
        node: NodeDoes::Refuses,
        new_blocked: false,
    },
    Case {
        what: "an emergency listing whose order's number never followed",
        publish: |stage, mut log| {
            emergency(&mut log);
            log.write(&stage.base(), now());
        },
        says: Says::Good,
        node: NodeDoes::Takes,
        new_blocked: false,
    },
    Case {
        what: "an emergency listing whose order's number came in time",
        publish: |stage, mut log| {
            emergency(&mut log);
            let number = number(&log, now().plus(-3_600));
            log.push_officers(number);
            log.write(&stage.base(), now());
        },
        says: Says::Good,
        node: NodeDoes::Takes,
        new_blocked: true,
    },
    Case {
        what: "an emergency listing whose order's number came too late",
        publish: |stage, mut log| {
            emergency(&mut log);
            let number = number(&log, now());
            log.push_officers(number);
            log.write(&stage.base(), now());
        },
        says: Says::Remarked {
            leaf: "leaf 7",
            first: "the number of the order of listing Q-2026-000003 came after",
        },
        node: NodeDoes::Takes,
        new_blocked: false,
    },
    Case {
        what: "the number of an order from one officer",
        publish: |stage, mut log| {
            emergency(&mut log);
            let statement = number(&log, now().plus(-3_600));
            let leaf = signed(statement, &[(Role::Officer, &log.officers[0])]);
            with_leaf(stage, log, leaf.to_bytes().unwrap());
        },
        says: Says::Refused {
            first: "leaf 7: carries 1 signatures of the role officer; 2 are needed",
            second: "leaf 7: carries 1 signatures of the role officer",
        },
        node: NodeDoes::Refuses,
        new_blocked: false,
    },
    Case {
        what: "a host that a register names",
        publish: |stage, log| registered(log).write(&stage.base(), now()),
        says: Says::Good,
        node: NodeDoes::Takes,
        new_blocked: false,
    },
    Case {
        what: "a host that a register names, excepted by two officers",
        publish: |stage, log| {
            let mut log = registered(log);
            let except = except(&log, "new.test");
            log.push_officers(except);
            log.write(&stage.base(), now());
        },
        says: Says::Good,
        node: NodeDoes::Takes,
        new_blocked: true,
    },
    Case {
        what: "a host that a register names, excepted by one officer",
        publish: |stage, log| {
            let log = registered(log);
            let leaf = signed(
                except(&log, "new.test"),
                &[(Role::Officer, &log.officers[1])],
            );
            with_leaf(stage, log, leaf.to_bytes().unwrap());
        },
        says: Says::Refused {
            first: "leaf 8: carries 1 signatures of the role officer; 2 are needed",
            second: "leaf 8: carries 1 signatures of the role officer",
        },
        node: NodeDoes::Refuses,
        new_blocked: false,
    },
    Case {
        what: "a host that a register names, under the signatures for another",
        publish: |stage, log| {
            let log = registered(log);
            let [first, second] = &log.officers;
            let officers = [(Role::Officer, first), (Role::Officer, second)];
            let honest = signed(except(&log, "other.test"), &officers);
            let leaf = Leaf {
                statement: except(&log, "new.test"),
                ..honest
            };
            with_leaf(stage, log, leaf.to_bytes().unwrap());
        },
        says: Says::Refused {
            first: "leaf 8: the signature of key",
            second: "leaf 8: the signature of key",
        },
        node: NodeDoes::Refuses,
        new_blocked: false,
    },
    Case {
        what: "a lift that names another host than its listing: it lifts",
        publish: |stage, mut log| {
            list(&mut log, "new.test", Scope::Host, 3);
            log.lift("other.test", 3);
            log.write(&stage.base(), now());
        },
        says: Says::Remarked {
            leaf: "leaf 7",
            first: "listing Q-2026-000003 is lifted, but it is of new.test",
        },
        node: NodeDoes::Takes,
        new_blocked: false,
    },
    Case {
        what: "a lift that nobody signed",
        publish: |stage, log| {
            let lift = Statement::Lift(Lift {
                v: VERSION,
                origin: log.trust.origin.clone(),
                name: name("host.test"),
                listing_id: ListingId::new(2026, 2).unwrap(),
                reason: "owner-complied".into(),
                at: now(),
            });
            with_leaf(stage, log, signed(lift, &[]).to_bytes().unwrap());
        },
        says: Says::Refused {
            first: "leaf 6: carries 0 signatures of the role officer; 1 are needed",
            second: "leaf 6: carries 0 signatures of the role officer",
        },
        node: NodeDoes::Refuses,
        new_blocked: false,
    },
    Case {
        // A key that was stolen and signed before the two admins acted is no better.
        what: "an officer's key revoked between the first signature and the second",
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
        what: "the legal key in place of an officer's",
        publish: |stage, log| {
            let keys = [
                (Role::Officer, &log.officers[0]),
                (Role::Officer, &log.legal),
            ];
            let leaf = signed(Statement::List(new_listing(&log)), &keys);
            with_leaf(stage, log, leaf.to_bytes().unwrap());
        },
        says: Says::Refused {
            first: "leaf 6: signed by key",
            second: "leaf 6: signed by key",
        },
        node: NodeDoes::Refuses,
        new_blocked: false,
    },
    Case {
        what: "an admin's key in place of the legal one, for a name that many people use",
        publish: |stage, mut log| {
            log.guard("top", Tier::Raised, &["new.test"]);
            let keys = [
                (Role::Officer, &log.officers[0]),
                (Role::Officer, &log.officers[1]),
                (Role::Legal, &log.admins[0]),
            ];
            let leaf = signed(Statement::List(new_listing(&log)), &keys);
            with_leaf(stage, log, leaf.to_bytes().unwrap());
        },
        says: Says::Refused {
            first: "leaf 7: signed by key",
            second: "leaf 7: signed by key",
        },
        node: NodeDoes::Refuses,
        new_blocked: false,
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
