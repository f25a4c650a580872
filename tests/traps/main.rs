//! A hundred trap names at each of the four doors, and names beside them that pass.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    missing_docs,
    reason = "tests"
)]

mod table;

use std::{collections::BTreeSet, sync::Arc, time::Duration};

use blocklist::{
    DomainName, Scope, Timestamp,
    fold::{Action, ListingState},
    guard::{Guard, GuardList, Reach, Refusal, Relation, Tier},
    register::Snapshot,
    statement::{GuardSet, PolicySet, Statement, VERSION},
    testing::{START, TestLog, name},
};
use data::{
    ceremony,
    decide::{self, DecideError},
    testing::{ADMINS, Centre, NOW, PASSWORD, proposal},
};
use resolver::{ListConfig, ListSource, Node, ResolverConfig, Upstream};
use table::{FREE, GUARDED, MALFORMED, OWN, REGISTER, Traps};

const OFFICERS: ceremony::Pair<'_> = [("officer-1", PASSWORD), ("officer-2", PASSWORD)];

fn each() -> impl Iterator<Item = (&'static Traps, &'static str)> {
    GUARDED
        .iter()
        .flat_map(|traps| traps.names.iter().map(move |text| (traps, *text)))
}

fn snapshot() -> Snapshot {
    let row = |(host, basis, term): &(&str, &str, &str)| {
        format!(
            r#"{{"record_id":"{host}","regulator":"AFSA","legal_name":"Demo Ltd.","basis":"{basis}",{term}
            "hosts":["{host}"],"source_url":"http://register.test/","source_date":"2026-11-20"}}"#
        )
    };
    let rows: Vec<_> = REGISTER.iter().map(row).collect();
    let json = format!(
        r#"{{"register":"afsa-demo","taken_on":"2026-11-20","source":"x","rows":[{}]}}"#,
        rows.join(",")
    );
    Snapshot::from_json(json.as_bytes()).unwrap()
}

/// A log with the shipped lists, our own name and the register.
fn log() -> TestLog {
    let mut log = TestLog::new(false);
    protect(&mut log);
    log
}

fn protect(log: &mut TestLog) {
    let origin = log.trust.origin.clone();
    for list in data::guards::shipped().unwrap() {
        let (v, origin, at) = (VERSION, origin.clone(), START);
        log.push_admin(Statement::GuardSet(GuardSet {
            v,
            origin,
            list,
            at,
        }));
    }
    let policy = ceremony::default_policy(name(OWN), 2_026_000_000);
    let policy = blocklist::statement::Policy {
        listings_per_day: 1_000,
        growth: None,
        ..policy
    };
    let (v, at) = (VERSION, START);
    log.push_admin(Statement::PolicySet(PolicySet {
        v,
        origin,
        policy,
        at,
    }));
    log.register(snapshot().hosts());
}

#[track_caller]
fn stopped_by(traps: &Traps, text: &str, refusal: &Refusal) {
    let found = (refusal.list.as_str(), refusal.tier, refusal.relation);
    assert_eq!(
        found,
        (traps.list, traps.tier, traps.relation),
        "{text}: {refusal}"
    );
    assert!(!refusal.reason.is_empty(), "{text}");
}

#[test]
fn there_are_a_hundred_and_each_is_another_attempt() {
    let written: BTreeSet<_> = each()
        .map(|(_, text)| text)
        .chain(MALFORMED.iter().copied())
        .collect();
    assert_eq!(written.len(), 120);
    let guard: Arc<Guard> = log().fold(START).0.fold().guard();
    for (traps, text) in each() {
        stopped_by(
            traps,
            text,
            &guard.check(&name(text), traps.scope).unwrap_err(),
        );
    }
    for (text, scope) in FREE {
        assert_eq!(guard.check(&name(text), *scope), Ok(()), "{text}");
    }
}

/// What is no name is nothing a person can type and nothing a signed leaf can say.
#[test]
fn what_is_no_name_reaches_no_door() {
    let log = log();
    let list = Statement::List(log.list_statement("obmen.kz", Scope::Host, 1));
    let said = serde_json::to_value(&list).unwrap();
    for text in MALFORMED {
        assert!(DomainName::parse(text).is_err(), "{text:?}");
        let mut said = said.clone();
        said["name"] = (*text).into();
        assert!(
            serde_json::from_value::<Statement>(said).is_err(),
            "{text:?}"
        );
    }
}

async fn centre() -> Centre {
    let centre = Centre::real(OWN).await;
    ceremony::enter_register(&centre.store, &snapshot(), OFFICERS, NOW)
        .await
        .unwrap();
    centre.publisher().await.step(NOW + 1).await.unwrap();
    centre
}

fn refusal<T: std::fmt::Debug>(text: &str, result: Result<T, DecideError>) -> Refusal {
    match result {
        Err(DecideError::Guarded(refusal)) => *refusal,
        other => panic!("{text} is not refused by the guard: {other:?}"),
    }
}

/// The cases of all names: one case a name, however often it is written in another way.
async fn cases(centre: &Centre) -> Vec<(&'static Traps, &'static str, String)> {
    let mut cases: Vec<(&Traps, &str, String)> = Vec::new();
    for (traps, text) in each() {
        let same = cases.iter().find(|(_, other, _)| name(other) == name(text));
        let case = match same {
            Some((_, _, case)) => case.clone(),
            None => centre.plant_case(text).await,
        };
        cases.push((traps, text, case));
    }
    cases
}

/// What takes a lawyer may be proposed, but never at once, and two officers bring it no nearer to the
/// log; everything else is refused at the first door.
#[tokio::test]
async fn the_first_officer_is_refused() {
    let centre = centre().await;
    let (store, first, second) = (&centre.store, &centre.first, &centre.second);
    for (traps, text, case) in cases(&centre).await {
        let form = |urgent: Option<&str>| decide::Proposal {
            scope: traps.scope,
            urgent: urgent.map(Into::into),
            ..proposal()
        };
        let proposed = decide::propose(store, first, PASSWORD, &case, form(None), NOW);
        if traps.tier != Tier::Raised {
            stopped_by(traps, text, &refusal(text, proposed.await));
            continue;
        }
        let listing = proposed.await.unwrap().to_string();
        let row = data::case::proposal(store, &listing).await.unwrap();
        let shown = row.unwrap().statement_sha256;
        decide::approve(store, second, PASSWORD, &listing, &shown, NOW)
            .await
            .unwrap();
        assert!(decide::awaits_lawyer(store, &listing).await.unwrap());
        decide::withhold(store, second, &listing, "again, at once", NOW)
            .await
            .unwrap();
        let at_once = decide::propose(store, first, PASSWORD, &case, form(Some("now")), NOW).await;
        assert!(
            matches!(at_once, Err(DecideError::RaisedUrgent)),
            "{text}: {at_once:?}"
        );
    }
    let queued = data::queue::pending(store).await.unwrap();
    assert!(queued.is_empty(), "nothing is on its way into the log");
}

/// Proposals that stand in the store although the first officer could never have signed them: put
/// there by somebody with a database console.
#[tokio::test]
async fn the_second_officer_is_refused() {
    let centre = centre().await;
    let log = TestLog::new(false);
    let order = "INSERT INTO order_document (sha256, file_name, content_type, bytes, attached_by, attached_at)
        SELECT 'o', 'o', 'o', X'00', id, 0 FROM officer LIMIT 1";
    centre.sql(order).await.unwrap();
    for (number, (traps, text, case)) in (1..).zip(cases(&centre).await) {
        let statement =
            Statement::List(log.list_statement(name(text).as_str(), traps.scope, number));
        let bytes = statement.to_bytes().unwrap();
        let hex: String = bytes.iter().map(|octet| format!("{octet:02x}")).collect();
        let (listing, shown) = (
            format!("Q-2026-{number:06}"),
            blocklist::Digest::of(&bytes).to_string(),
        );
        let first = &centre.first.id;
        let stored = [
            format!("INSERT INTO proposal (listing_id, case_id, statement, statement_sha256, order_sha256, proposed_by, proposed_at)
                VALUES ('{listing}', '{case}', X'{hex}', '{shown}', 'o', '{first}', {NOW})"),
            format!("UPDATE review_case SET state = 'proposed' WHERE id = '{case}'"),
        ];
        for sql in stored {
            centre.sql(&sql).await.unwrap();
        }
        let approved = decide::approve(
            &centre.store,
            &centre.second,
            PASSWORD,
            &listing,
            &shown,
            NOW,
        );
        stopped_by(traps, text, &refusal(text, approved.await));
    }
    let queued = data::queue::pending(&centre.store).await.unwrap();
    assert!(queued.is_empty(), "nothing is on its way into the log");
}

/// Every trap fully signed by two officers, and every free name after them.
fn signed_anyway(log: &mut TestLog) {
    let traps = each().map(|(traps, text)| (text, traps.scope));
    for (number, (text, scope)) in (1..).zip(traps.chain(FREE.iter().copied())) {
        log.list(name(text).as_str(), scope, number);
    }
}

#[test]
fn the_fold_holds_back_what_two_officers_signed() {
    // Whether the protection enters before the listings or after them.
    let (mut before, mut after) = (log(), TestLog::new(false));
    signed_anyway(&mut before);
    signed_anyway(&mut after);
    protect(&mut after);
    for log in [before, after] {
        let (_, folded) = log.fold(START.plus(60));
        let traps = each().count();
        assert_eq!(folded.listings.len(), traps + FREE.len());
        for ((traps, text), listing) in each().zip(&folded.listings) {
            match (&listing.state, traps.relation) {
                (ListingState::Guarded { reason }, Relation::Same | Relation::Below) => {
                    assert!(
                        reason.contains(&format!("`{}`", traps.list)),
                        "{text}: {reason}"
                    );
                }
                // A live licence is the truer word.
                (ListingState::Suspended { register }, _) => {
                    assert_eq!(
                        (register.as_str(), traps.list),
                        ("afsa-demo", "register/afsa-demo")
                    );
                }
                // The subtree stands, and lets the protected name through.
                (ListingState::Listed { .. }, Relation::Above) => {
                    let spared = |entry: &&blocklist::Entry| {
                        entry.listing_id == listing.statement.listing_id
                            && entry.action == Action::PassThrough
                    };
                    assert_eq!(folded.entries.iter().filter(spared).count(), 1, "{text}");
                }
                (state, _) => panic!("{text}: {state:?}"),
            }
        }
        for (listing, (text, _)) in folded.listings[traps..].iter().zip(FREE) {
            assert!(
                matches!(listing.state, ListingState::Listed { .. }),
                "{text}: {:?}",
                listing.state
            );
        }
    }
}

#[tokio::test]
async fn a_node_drops_them_counts_them_and_enforces_the_rest() {
    let (base, state) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let mut log = log();
    signed_anyway(&mut log);
    log.write(base.path(), START.plus(60));
    let nobody = Upstream::udp("127.0.0.1:9".parse().unwrap());
    let list = ListConfig {
        source: ListSource::Directory(base.path().into()),
        trust: log.trust.clone(),
        state_dir: state.path().into(),
        start_empty: false,
        poll: Duration::from_secs(3600),
    };
    let config = ResolverConfig {
        list: Some(list),
        ..ResolverConfig::new(vec!["127.0.0.1:0".parse().unwrap()], vec![nobody])
    };
    let node = Node::open_with_clock(config, Arc::new(|| START.plus(120))).unwrap();
    let running = node.start().await.unwrap();
    let (_, folded) = log.fold(START.plus(60));
    let alarms = folded.guarded().count() as u64;
    assert!(alarms > 90, "{alarms}");
    assert_eq!(running.status().release.unwrap().guarded, alarms, "counted");
    for (traps, text) in each().filter(|(traps, _)| traps.relation != Relation::Above) {
        let explained = running.explain(&name(text));
        assert!(!explained.blocked, "{text}, which {} protects", traps.list);
    }
    for (text, _) in FREE {
        assert!(running.explain(&name(text)).blocked, "{text}");
    }
    running.stop().await;
}

/// Rule 4: a host that somebody else runs below a listed name. Known before, the subtree is refused;
/// known later, the host is let through; listed for itself, it stays listed.
#[tokio::test]
async fn a_host_run_by_others_is_never_part_of_a_subtree() {
    let list = |names: &[&str]| GuardList {
        list: "run-by-others".into(),
        tier: Tier::Apart,
        reach: Reach::Tree,
        reason: "rented to another firm".into(),
        names: names.iter().map(|text| name(text)).collect(),
    };
    let centre = Centre::new().await;
    let case = centre.plant_case("big.test").await;
    ceremony::set_guard(&centre.store, list(&["shop.big.test"]), ADMINS, NOW)
        .await
        .unwrap();
    centre.publisher().await.step(NOW + 1).await.unwrap();
    let proposed = decide::propose(
        &centre.store,
        &centre.first,
        PASSWORD,
        &case,
        proposal(),
        NOW,
    );
    let refused = refusal("big.test", proposed.await);
    assert_eq!(
        (refused.tier, refused.relation),
        (Tier::Apart, Relation::Above)
    );

    let mut log = TestLog::new(true);
    log.list("big.test", Scope::Subtree, 1);
    log.list("evil.big.test", Scope::Subtree, 2);
    let origin = log.trust.origin.clone();
    let (v, at, list) = (VERSION, START, list(&["shop.big.test", "evil.big.test"]));
    log.push_admin(Statement::GuardSet(GuardSet {
        v,
        origin,
        list,
        at,
    }));
    let set = log.fold(Timestamp(START.0 + 1)).1.block_set().unwrap();
    for (host, blocked) in [
        ("big.test", true),
        ("shop.big.test", false),
        ("www.shop.big.test", false),
        ("evil.big.test", true),
        ("www.evil.big.test", true),
    ] {
        assert_eq!(set.find_name(&name(host)).is_some(), blocked, "{host}");
    }
}
