//! That the short ways of writing and reading take exactly what the general ones take.

use proptest::prelude::*;
use serde::{Deserialize, Serialize, de::DeserializeOwned};

use super::{tests::list_statement, *};
use crate::{
    Digest, Timestamp,
    guard::{GuardList, Reach, Tier},
    leaf::{Leaf, LeafSignature},
    testing::{START, TestLog, name},
    time::Day,
};

/// Text that JSON has to escape, must not escape, or could escape otherwise.
const ODD: &str =
    "\"\\/\u{8}\u{c}\n\r\t\u{0}\u{1f}\u{7f}\u{80}\u{2028}\u{fffd}\u{ffff}\u{1f600}Қ № é";

/// A statement as serde reads it on its own, with its action anywhere.
#[derive(Serialize, Deserialize)]
#[serde(tag = "action")]
#[allow(clippy::large_enum_variant, reason = "one at a time")]
enum Tagged {
    #[serde(rename = "genesis")]
    Genesis(Genesis),
    #[serde(rename = "key.add")]
    KeyAdd(KeyAdd),
    #[serde(rename = "key.revoke")]
    KeyRevoke(KeyRevoke),
    #[serde(rename = "policy.set")]
    PolicySet(PolicySet),
    #[serde(rename = "guard.set")]
    GuardSet(GuardSet),
    #[serde(rename = "register.snapshot")]
    RegisterSnapshot(RegisterSnapshot),
    #[serde(rename = "register.except")]
    RegisterExcept(RegisterExcept),
    #[serde(rename = "list")]
    List(List),
    #[serde(rename = "order.number")]
    OrderNumber(OrderNumber),
    #[serde(rename = "lift")]
    Lift(Lift),
    #[serde(rename = "annul")]
    Annul(Annul),
    #[serde(rename = "effect")]
    Effect(Due),
    #[serde(rename = "expire")]
    Expire(Due),
    #[serde(rename = "audit.anchor")]
    AuditAnchor(AuditAnchor),
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct TaggedLeaf {
    statement: Tagged,
    signatures: Vec<LeafSignature>,
}

/// Whether `bytes` are the canonical form of a `T`, by serde's reader and the general writer.
fn generally<T: Serialize + DeserializeOwned>(bytes: &[u8]) -> bool {
    let Ok(value) = serde_json::from_slice::<T>(bytes) else {
        return false;
    };
    serde_json_canonicalizer::to_vec(&value).is_ok_and(|canonical| canonical == bytes)
}

fn policy(full: bool) -> Policy {
    Policy {
        bases: vec![ODD.into(), "193-VII/11-5".into()],
        growth: full.then_some(Growth {
            at_least: 4,
            percent: 50,
        }),
        listings_per_day: u32::MAX,
        public_domain: name("qalqan.test"),
        register_days: 0,
        release_seconds: 604_800,
        serial_base: 2_026_000_000,
        witness_keys: if full { vec![ODD.into()] } else { Vec::new() },
        witnesses: "0 of 0".into(),
    }
}

/// A statement of each kind, with and without what may be left out.
fn every_kind() -> Vec<Statement> {
    let log = TestLog::new(true);
    let (v, origin, at) = (VERSION, ODD.to_owned(), START);
    let grant = crate::testing::grant(&log.legal, Role::Legal);
    let listing_id = ListingId::new(2026, 7).unwrap();
    let due = Due {
        at: Timestamp(0),
        listings: vec![listing_id.clone(), ListingId::new(2027, 999_999).unwrap()],
        origin: origin.clone(),
        v,
    };
    let day = Day::parse("2026-02-28").unwrap();
    let term = Term {
        from: day,
        to: Some(day),
    };
    let hosts = [None, Some(term), Some(Term { to: None, ..term })];
    let snapshot = |part| RegisterSnapshot {
        at,
        hosts: hosts
            .map(|licensed| RegisterHost {
                licensed,
                name: name("xn--80ao21a"),
            })
            .into(),
        origin: ODD.into(),
        part,
        register: ODD.into(),
        sha256: Digest([0xa5; 32]),
        taken_on: day,
        v,
    };
    let Statement::List(list) = list_statement() else {
        unreachable!()
    };
    let mut emergency = list.clone();
    emergency.order.number = None;
    emergency.order.authority = ODD.into();
    let genesis = Genesis {
        admins: [grant.clone(), grant.clone()],
        at,
        demo: true,
        log_key: ODD.into(),
        origin: origin.clone(),
        policy: policy(true),
        v,
    };
    let anchor = |rows| AuditAnchor {
        at,
        head: Digest::of(b""),
        origin: ODD.into(),
        rows,
        v,
    };
    vec![
        Statement::Genesis(genesis),
        Statement::KeyAdd(KeyAdd {
            at,
            grant: grant.clone(),
            origin: origin.clone(),
            v,
        }),
        Statement::KeyRevoke(KeyRevoke {
            at,
            key_id: grant.key.id(),
            origin: origin.clone(),
            v,
        }),
        Statement::PolicySet(PolicySet {
            at,
            origin: origin.clone(),
            policy: policy(false),
            v,
        }),
        Statement::GuardSet(GuardSet {
            at,
            list: GuardList {
                list: "own/2".into(),
                names: vec![name("a.test"), name("b.test")],
                reach: Reach::Tree,
                reason: ODD.into(),
                tier: Tier::Apart,
            },
            origin: origin.clone(),
            v,
        }),
        Statement::RegisterSnapshot(snapshot(None)),
        Statement::RegisterSnapshot(snapshot(Some(Part { number: 1, of: 2 }))),
        Statement::RegisterExcept(RegisterExcept {
            at,
            name: name("a.test"),
            origin: origin.clone(),
            reason: ODD.into(),
            register: ODD.into(),
            v,
        }),
        Statement::List(list),
        Statement::List(emergency),
        Statement::OrderNumber(OrderNumber {
            at,
            listing_id: listing_id.clone(),
            number: ODD.into(),
            origin: origin.clone(),
            v,
        }),
        Statement::Lift(Lift {
            at,
            listing_id: listing_id.clone(),
            name: name("a.test"),
            origin: origin.clone(),
            reason: ODD.into(),
            v,
        }),
        Statement::Annul(Annul {
            at,
            listing_id,
            origin: origin.clone(),
            reason: ODD.into(),
            v,
        }),
        Statement::Effect(due.clone()),
        Statement::Expire(due),
        Statement::AuditAnchor(anchor(0)),
        Statement::AuditAnchor(anchor(1 << 53)),
        Statement::AuditAnchor(anchor(u64::MAX)),
    ]
}

fn leaves() -> Vec<Vec<u8>> {
    let log = TestLog::new(true);
    let keys = [(Role::Admin, &log.admins[0]), (Role::Legal, &log.legal)];
    let leaf = |statement| crate::testing::signed(statement, &keys);
    every_kind()
        .into_iter()
        .map(|statement| leaf(statement).to_bytes().unwrap())
        .collect()
}

/// A field that is added out of the order of the names would cost a long log much of its time, and this
/// test would say so.
#[test]
fn every_statement_is_written_in_order() {
    let mut actions = std::collections::BTreeSet::new();
    for statement in every_kind() {
        let general = serde_json_canonicalizer::to_vec(&statement).unwrap();
        assert_eq!(statement.to_bytes().unwrap(), general, "{statement:?}");
        actions.insert(statement.action());
        let mut plain = Vec::new();
        let written = ordered::write(&statement, &mut plain);
        if matches!(&statement, Statement::AuditAnchor(anchor) if anchor.rows > 1 << 53) {
            assert!(written.is_err(), "a number that is no double");
        } else {
            assert!(written.is_ok(), "{}", statement.action());
            assert_eq!(plain, general);
        }
    }
    assert_eq!(actions.len(), 14);
    for bytes in leaves() {
        let Ok(leaf) = Leaf::from_bytes(&bytes) else {
            // Written as the nearest double, a number of rows that is none comes back as another.
            assert!(!generally::<TaggedLeaf>(&bytes));
            continue;
        };
        assert_eq!(serde_json_canonicalizer::to_vec(&leaf).unwrap(), bytes);
    }
}

#[test]
fn what_is_out_of_order_is_left_to_the_general_writer() {
    #[derive(Serialize)]
    struct Wrong {
        b: u8,
        a: u8,
    }
    let wrong = Wrong { b: 1, a: 2 };
    assert!(ordered::write(&wrong, Vec::new()).is_err());
    assert_eq!(to_canonical(&wrong).unwrap(), br#"{"a":2,"b":1}"#);
    // In UTF-16 the second stands before the first, in UTF-8 after it.
    let beyond = std::collections::BTreeMap::from([("\u{ffff}", 1), ("\u{1f600}", 2)]);
    assert!(ordered::write(&beyond, Vec::new()).is_err());
    let general = serde_json_canonicalizer::to_vec(&beyond).unwrap();
    assert_eq!(to_canonical(&beyond).unwrap(), general);
}

/// Other spellings of the same meaning, and what is nearly one of them.
#[test]
fn other_spellings_are_refused_as_they_always_were() {
    let edits = [
        (r#""rows":0"#, r#""rows":-0"#),
        (r#""rows":0"#, r#""rows":00"#),
        (r#""rows":0"#, r#""rows":0.0"#),
        (r#""rows":0"#, r#""rows":0e0"#),
        (r#""rows":0"#, r#""rows":9007199254740992"#),
        (r#""rows":0"#, r#""rows":9007199254740993"#),
        (r#""rows":0"#, r#""rows":9007199254740994"#),
        (r#""rows":0"#, r#""rows":9223372036854775808"#),
        (r#""rows":0"#, r#""rows":9223372036854776000"#),
        (r#""rows":0"#, r#""rows":18446744073709551615"#),
        (r#""rows":0"#, r#""rows":18446744073709552000"#),
        (r#""v":1"#, r#""v":1.0"#),
        (r#""v":1"#, r#""v":1,"v":1"#),
        (r#""v":1"#, r#""v":1,"w":1"#),
        (r#""v":1"#, r#""v": 1"#),
        (r#","number":null"#, ""),
        (r#""register":"#, r#""part":null,"register":"#),
        (r#""witnesses":"#, r#""witness_keys":[],"witnesses":"#),
        (
            r#"{"action":"effect","at":"1970-01-01T00:00:00Z""#,
            r#"{"at":"1970-01-01T00:00:00Z","action":"effect""#,
        ),
        (r#"{"action":"effect","#, "{"),
        (
            r#"{"action":"effect","#,
            r#"{"action":"effect","action":"effect","#,
        ),
        (r#""action":"effect""#, r#""action":"expire""#),
        (r#""action":"effect""#, r#""action":{"effect":null}"#),
        (r#""scope":"subtree""#, r#""scope":{"subtree":null}"#),
        (r#""role":"legal""#, r#""role":{"legal":null}"#),
        (r#""demo":true"#, r#""demo":1"#),
        ("\\b", "\\u0008"),
        ("\\u001f", "\\u001F"),
        ("/", "\\/"),
        ("\u{7f}", "\\u007f"),
        ("\u{2028}", "\\u2028"),
        ("\u{1f600}", "\\ud83d\\ude00"),
        ("\u{1f600}", "\\ud83d"),
        ("a5a5", "A5a5"),
        ("xn--80ao21a", "қаз"),
        ("==\"", "=\""),
    ];
    let leaves: Vec<String> = leaves()
        .into_iter()
        .map(|leaf| String::from_utf8(leaf).unwrap())
        .collect();
    for (from, to) in edits {
        let mut met = false;
        for leaf in leaves.iter().filter(|leaf| leaf.contains(from)) {
            met = true;
            let edited = leaf.replacen(from, to, 1);
            let generally = generally::<TaggedLeaf>(edited.as_bytes());
            assert_eq!(
                Leaf::from_bytes(edited.as_bytes()).is_ok(),
                generally,
                "{from} {to}"
            );
        }
        assert!(met, "{from}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(4_000))]

    /// Of a leaf with some octets changed, put in, taken out or put elsewhere, both take the same.
    #[test]
    fn a_changed_leaf_is_taken_or_refused_by_both(
        which in any::<prop::sample::Index>(),
        edits in proptest::collection::vec(
            (0..4u8, any::<prop::sample::Index>(), any::<prop::sample::Index>(), r#"[ \n{}\[\],:"\\/0-9eEZTu.+a-f-]{1,3}"#),
            0..3,
        ),
    ) {
        thread_local!(static LEAVES: Vec<Vec<u8>> = leaves());
        let mut bytes = LEAVES.with(|leaves| which.get(leaves).clone());
        for (kind, from, to, text) in edits {
            let (from, to) = (from.index(bytes.len()), to.index(bytes.len()));
            let range = from.min(to)..from.max(to);
            match kind {
                0 => drop(bytes.splice(from..from, text.bytes())),
                1 => drop(bytes.splice(from..=from, text.bytes())),
                2 => drop(bytes.drain(range)),
                _ => bytes[range.start..=range.end].rotate_left(1),
            }
            if bytes.is_empty() {
                break;
            }
        }
        let read = Leaf::from_bytes(&bytes);
        prop_assert_eq!(read.is_ok(), generally::<TaggedLeaf>(&bytes));
        if let Ok(leaf) = read {
            prop_assert_eq!(serde_json_canonicalizer::to_vec(&leaf).unwrap(), bytes);
        }
    }

    /// Whatever stands in strings and numbers, both write it alike.
    #[test]
    fn any_words_are_written_alike(text in any::<String>(), rows in any::<u64>(), at in 0i64..253_402_300_800) {
        let statement = Statement::AuditAnchor(AuditAnchor {
            at: Timestamp(at),
            head: Digest::of(text.as_bytes()),
            origin: text,
            rows,
            v: VERSION,
        });
        let general = serde_json_canonicalizer::to_vec(&statement).unwrap();
        prop_assert_eq!(&to_canonical(&statement).unwrap(), &general);
        prop_assert_eq!(from_canonical::<Statement>(&general).is_ok(), generally::<Tagged>(&general));
    }
}
