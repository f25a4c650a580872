//! Zones from files as operators write them.

use super::*;
use crate::query::{LowerName, Query};

pub(super) const HEAD: &str = "$TTL 300\n$ORIGIN rpz.test.\n@ SOA ns.rpz.test. admin.rpz.test. 7 60 60 86400 30\n@ NS localhost.\n";

pub(super) fn load(text: &str) -> Result<Zone, LoadError> {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("db.my.rules.rpz");
    std::fs::write(&path, text).unwrap();
    Zone::load(&path, ZoneOptions::default(), None)
}

fn zone(body: &str) -> Zone {
    load(&format!("{HEAD}{body}")).unwrap()
}

pub(super) fn wire(name: &str) -> Vec<u8> {
    let mut wire = Vec::new();
    name::read(name.as_bytes(), b"\0", &mut wire).unwrap();
    wire
}

/// What is said of a name, in words.
fn said(zone: &Zone, name: &str) -> String {
    let wire = wire(name);
    match zone.find(&wire) {
        None => "nothing".into(),
        Some(hit) => {
            let target = match hit.action {
                Action::Data(data) => data.target_parts(&wire),
                _ => None,
            };
            let target = target.map(|parts| {
                let whole = [parts.0, parts.1].concat();
                format!(" {}", Shown(&whole))
            });
            format!(
                "{}{} by {hit} for {}",
                hit.kind.word(),
                target.unwrap_or_default(),
                hit.ttl
            )
        }
    }
}

#[test]
fn a_file_says_what_is_done() {
    let zone = zone(
        "nx.test CNAME .\n\
         *.NX.test\tIN 10 CNAME . ; and below\n\
         nodata.test.rpz.test. 5 IN CNAME *.\n\
         ok.nx.test CNAME rpz-passthru.\n\
         old.nx.test CNAME old.nx.test.\n\
         *.self.test CNAME www.self.test.\n\
         drop.test CNAME rpz-drop.\n\
         tcp.test CNAME rpz-tcp-only.\n\
         data.test A 192.0.2.1\n\
         \tA 192.0.2.2\n\
         \tTXT \"two words\" ( more\n words )\n\
         alias.test 20 CNAME garden.example.\n\
         *.many.test CNAME *.garden.example.\n",
    );
    assert_eq!(zone.report().problems, []);
    assert_eq!((zone.rules(), zone.report().records), (11, 13));
    assert_eq!((zone.name(), zone.serial()), ("rpz.test", 7));
    for (name, expected) in [
        (
            "nx.test",
            "nxdomain by nx.test of policy zone rpz.test for 30",
        ),
        (
            "a.b.nx.test",
            "nxdomain by *.nx.test of policy zone rpz.test for 10",
        ),
        (
            "nodata.test",
            "nodata by nodata.test of policy zone rpz.test for 5",
        ),
        ("x.nodata.test", "nothing"),
        (
            "ok.nx.test",
            "passthru by ok.nx.test of policy zone rpz.test for 30",
        ),
        (
            "old.nx.test",
            "passthru by old.nx.test of policy zone rpz.test for 30",
        ),
        (
            "www.self.test",
            "passthru by *.self.test of policy zone rpz.test for 30",
        ),
        (
            "a.self.test",
            "data www.self.test by *.self.test of policy zone rpz.test for 60",
        ),
        (
            "drop.test",
            "drop by drop.test of policy zone rpz.test for 30",
        ),
        (
            "tcp.test",
            "tcp_only by tcp.test of policy zone rpz.test for 30",
        ),
        (
            "data.test",
            "data by data.test of policy zone rpz.test for 60",
        ),
        (
            "alias.test",
            "data garden.example by alias.test of policy zone rpz.test for 20",
        ),
        (
            "a.b.many.test",
            "data a.b.many.test.garden.example by *.many.test of policy zone rpz.test for 60",
        ),
        ("other.test", "nothing"),
        ("ns.rpz.test", "nothing"),
    ] {
        assert_eq!(said(&zone, name), expected, "{name}");
    }
}

#[test]
fn what_is_left_out_is_said_with_its_line() {
    let zone = zone(
        "good.test CNAME .\n\
         bad..test CNAME .\n\
         \tA 192.0.2.1\n\
         good.test CNAME .\n\
         good.test A 192.0.2.1\n\
         other.example. CNAME .\n\
         32.1.2.0.192.rpz-ip CNAME .\n\
         ns.test.rpz-nsdname CNAME .\n\
         $INCLUDE more\n\
         oops.test CNAME rpz-dorp.\n\
         обмен.test CNAME .\n\
         typo.test CNAM .\n\
         open.test CNAME ( .\n\
         fine.test CNAME .\n\
         @ A 192.0.2.1\n",
    );
    let report = zone.report();
    let said: Vec<_> = report
        .problems
        .iter()
        .map(|p| (p.line, &*p.words))
        .collect();
    let expected = [
        (6, "empty label"),
        (7, "no line before says whose"),
        (9, "says something else"),
        (10, "other.example is not in the zone rpz.test"),
        (11, "a rule on rpz-ip is not enforced yet"),
        (12, "a rule on rpz-nsdname is not enforced yet"),
        (13, "$INCLUDE is not taken"),
        (14, "`rpz-dorp` is no action"),
        (15, "xn-- form"),
        (16, "`CNAM` is neither"),
        (17, "parenthesis is opened and not closed"),
    ];
    assert_eq!(said.len(), expected.len(), "{said:?}");
    for ((line, words), (expected, part)) in said.iter().zip(expected) {
        assert!(*line == expected && words.contains(part), "{line}: {words}");
    }
    assert_eq!((report.records, report.rules), (2, 2));
    assert_eq!((report.duplicates, report.outside), (1, 1));
    assert_eq!((report.bad, report.ignored), (8, 2));
    assert_eq!(report.other_triggers, [1, 1, 0, 0]);
    assert_eq!(report.skipped(), 11);
}

#[test]
fn a_file_that_leaves_its_name_open_is_named_after_it() {
    let zone = load(
        "@ 60 SOA localhost. root.localhost. 1 1h 15m 30d 2h\n  NS localhost.\na.test CNAME .\n",
    );
    let zone = zone.unwrap();
    assert_eq!(zone.name(), "my.rules");
    assert!(zone.find(&wire("a.test")).is_some());
}

#[test]
fn a_file_without_soa_is_no_zone() {
    for text in ["", "a.test. CNAME .\n", "\0\0\0"] {
        match load(text) {
            Err(LoadError::NoSoa { .. }) => {}
            other => panic!("{text:?}: {other:?}"),
        }
    }
    assert!(zone("").find(&wire("a.test")).is_none());
}

#[test]
fn a_cut_file_is_seen() {
    assert!(zone("a.test CNAME .").report().is_cut);
    assert!(!zone("a.test CNAME .\n").report().is_cut);
}

/// A query for a name of a type.
fn query(name: &str, kind: u16) -> (Vec<u8>, Query) {
    let mut message = vec![0; 1232];
    message[5] = 1;
    let wire = wire(name);
    let end = 12 + wire.len();
    message[12..end].copy_from_slice(&wire);
    message[end..end + 2].copy_from_slice(&kind.to_be_bytes());
    message[end + 3] = 1;
    let query = Query::read(&message[..end + 4]).unwrap();
    (message, query)
}

#[test]
fn local_data_is_written_over_the_query() {
    let zone = zone(
        "data.test A 192.0.2.1\ndata.test TXT hi\ndata.test 5 A 192.0.2.2\n*.many.test CNAME *.garden.example.\n",
    );
    let answer = |name: &str, kind: u16| {
        let (mut message, query) = query(name, kind);
        let hit = zone.find(query.name.as_wire()).unwrap();
        let Action::Data(data) = hit.action else {
            panic!("{hit}");
        };
        let mut reply = crate::reply::Reply::begin(&mut message, &query, 1232);
        let appended = data.append(&query, &mut reply, zone.most_ttl()).unwrap();
        let head = crate::reply::Head {
            answers: appended.answers,
            ..Default::default()
        };
        let length = reply.finish(&query, head);
        let message = hickory_proto::op::Message::from_vec(&message[..length]).unwrap();
        let records: Vec<_> = message.answers.iter().map(ToString::to_string).collect();
        (appended.resolve, records)
    };
    let strings = |all: &[&str]| all.iter().map(ToString::to_string).collect::<Vec<_>>();
    assert_eq!(
        answer("data.test", 1),
        (
            false,
            strings(&[
                "data.test. 60 IN A 192.0.2.1",
                "data.test. 5 IN A 192.0.2.2"
            ])
        )
    );
    assert_eq!(
        answer("data.test", 16),
        (false, strings(&["data.test. 60 IN TXT hi"]))
    );
    assert_eq!(answer("data.test", 28), (false, vec![]));
    let alias = strings(&["a.many.test. 60 IN CNAME a.many.test.garden.example."]);
    assert_eq!(answer("a.many.test", 1), (true, alias.clone()));
    assert_eq!(answer("a.many.test", 5), (false, alias));
    // A target that would be longer than a name can be.
    let long = format!("{}many.test", "abcdefg.".repeat(29));
    let wire = wire(&long);
    assert!(LowerName::read(&wire).is_some());
    let Action::Data(data) = zone.find(&wire).unwrap().action else {
        panic!();
    };
    assert_eq!(data.target_parts(&wire), None);
}

proptest::proptest! {
    /// Any file is read to its end, and everything in it is counted once.
    #[test]
    fn any_file_is_read(
        lines in proptest::collection::vec("[@a*.]{1,4}( 60| IN)? (CNAME [.*a]{1,3}|A 192.0.2.1|TXT \"?x|NS a.|b)[ ;(]?[a(]?", 0..12),
        noise in proptest::collection::vec(proptest::prelude::any::<u8>(), 0..40),
        at in 0usize..400,
    ) {
        let mut text = format!("{HEAD}{}\n", lines.join("\n")).into_bytes();
        let at = at.min(text.len());
        text.splice(at..at, noise);
        let read = parse::read(&text[..], text.len() as u64, b"\x01o\0").unwrap();
        let report = match &read {
            Ok(parsed) => &parsed.report,
            Err(report) => report,
        };
        proptest::prop_assert_eq!(report.problems.len() as u64, report.skipped());
        if let Ok(parsed) = &read {
            proptest::prop_assert_eq!(parsed.rules.len(), report.rules);
            proptest::prop_assert!(report.rules <= report.records);
        }
    }
}
