use proptest::prelude::*;

use super::{super::parse, *};

const ORIGIN: &[u8] = b"\x01o\0";
const HEAD: &str = "@ 60 SOA ns. root. 1 60 60 60 60\n";

fn parsed(body: &str) -> Parsed {
    let text = format!("{HEAD}{body}");
    parse::read(text.as_bytes(), 0, ORIGIN).unwrap().unwrap()
}

fn written(parsed: &Parsed) -> Vec<u8> {
    let source = Source {
        octets: 7,
        sha256: [9; 32],
    };
    let mut octets = Vec::new();
    write(&mut octets, &source, ORIGIN, parsed).unwrap();
    octets
}

fn read_all(octets: &[u8]) -> Result<(Source, Parsed), Unusable> {
    read(octets, octets.len() as u64, ORIGIN)
}

/// With the checksum that it would have if it had been written so.
fn sealed(mut octets: Vec<u8>) -> Vec<u8> {
    octets.truncate(octets.len().saturating_sub(CHECKSUM));
    let checksum = Sha256::digest(&octets);
    octets.extend_from_slice(&checksum);
    octets
}

fn lines() -> impl Strategy<Value = String> {
    let line = "[a*.]{1,5}( 60)? (CNAME [.*ab]{1,3}|A 192.0.2.[12]|TXT \"?x|NS a.|b|AAAA ::1|CNAME rpz-drop.)";
    proptest::collection::vec(line, 0..16).prop_map(|lines| lines.join("\n") + "\n")
}

const NAMES: [&[u8]; 5] = [
    b"\0",
    b"\x01a\0",
    b"\x01a\x01a\0",
    b"\x02aa\x01a\x01a\0",
    b"\x01b\x01a\x01a\x01a\0",
];

proptest! {
    #[test]
    fn what_was_written_is_read(body in lines()) {
        let before = parsed(&body);
        let octets = written(&before);
        let (source, after) = read_all(&octets).unwrap();
        prop_assert_eq!((source.octets, source.sha256), (7, [9; 32]));
        prop_assert_eq!((&after.apex, &after.soa, &after.report), (&before.apex, &before.soa, &before.report));
        for name in NAMES {
            prop_assert_eq!(after.rules.find(name), before.rules.find(name));
        }
        prop_assert_eq!(written(&after), octets);
    }

    #[test]
    fn damage_is_found(body in lines(), at in any::<prop::sample::Index>(), flip in 1u8.., cut in any::<bool>()) {
        let mut octets = written(&parsed(&body));
        let at = at.index(octets.len());
        if cut {
            octets.truncate(at);
        } else {
            octets[at] ^= flip;
        }
        prop_assert!(read_all(&octets).is_err());
    }

    /// Whoever can make a checksum match gets nothing read that cannot be looked up in and written down.
    #[test]
    fn no_damage_does_harm_behind_a_checksum(
        body in lines(),
        damage in proptest::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..4),
        asked in proptest::collection::vec(any::<u8>(), 0..60),
    ) {
        let mut octets = written(&parsed(&body));
        for (at, octet) in damage {
            let at = at.index(octets.len());
            octets[at] = octet;
        }
        if let Ok((_, after)) = read_all(&sealed(octets)) {
            for name in NAMES.iter().copied().chain([&asked[..]]) {
                let _ = after.rules.find(name);
            }
            prop_assert!(read_all(&written(&after)).is_ok());
        }
    }
}

#[test]
fn a_name_that_stands_twice_is_refused() {
    let parsed = parsed("a CNAME .\nb CNAME .\n");
    let octets = written(&parsed);
    let at = octets
        .windows(2)
        .rposition(|pair| pair == b"\x01b")
        .unwrap();
    let mut twice = octets;
    twice[at + 1] = b'a';
    assert!(matches!(
        read_all(&sealed(twice)),
        Err(Unusable::Damaged("its names"))
    ));
}
