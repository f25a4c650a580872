//! The compiled list against its definition, and against everything that can be wrong with a file.

use std::collections::{BTreeMap, BTreeSet};

use proptest::{collection::vec, prelude::*};

use super::*;
use crate::{Scope, fold::Action};

fn entry(name: &str, scope: Scope, action: Action, number: u32) -> Entry {
    Entry {
        name: DomainName::parse(name).unwrap(),
        scope,
        action,
        listing_id: ListingId::new(2026, number).unwrap(),
    }
}

fn set() -> BlockSet {
    BlockSet::new(&[
        entry("host.test", Scope::Host, Action::Block, 1),
        entry("tree.test", Scope::Subtree, Action::Block, 2),
        entry("licensed.tree.test", Scope::Subtree, Action::PassThrough, 2),
        entry("bad.licensed.tree.test", Scope::Host, Action::Block, 3),
    ])
    .unwrap()
}

fn find(set: &BlockSet, name: &str) -> Option<ListingId> {
    set.find_name(&DomainName::parse(name).unwrap())
}

/// What the list is by definition: the nearest owner name decides, a pass-through wins, and of two
/// listings the first.
fn search(entries: &[Entry], query: &DomainName) -> Option<ListingId> {
    let mut at = Some(query.clone());
    while let Some(owner) = at {
        let reaches =
            |e: &&Entry| e.name == owner && (owner == *query || e.scope == Scope::Subtree);
        let here: Vec<_> = entries.iter().filter(reaches).collect();
        if let Some(first) = here.first() {
            let blocked = here.iter().all(|e| e.action == Action::Block);
            return blocked.then(|| first.listing_id.clone());
        }
        at = owner.parent();
    }
    None
}

fn names() -> impl Strategy<Value = String> {
    // With `-`, which stands before the dot, and a digit, which stands after it.
    "[ab](-b|0)?(\\.[ab](-b|0)?){0,3}"
}

/// Entries in any order, several of one name among them.
fn entries(most: usize) -> impl Strategy<Value = Vec<Entry>> {
    let one = (names(), any::<bool>(), 0..4u8, 1..5u32).prop_map(|(name, tree, pass, number)| {
        let scope = if tree { Scope::Subtree } else { Scope::Host };
        let action = if pass == 0 {
            Action::PassThrough
        } else {
            Action::Block
        };
        entry(&name, scope, action, number)
    });
    vec(one, 0..most)
}

#[test]
fn the_longest_match_decides() {
    let set = set();
    for (name, listing) in [
        ("host.test", Some(1)),
        ("www.host.test", None),
        ("tree.test", Some(2)),
        ("a.b.tree.test", Some(2)),
        ("notree.test", None),
        ("licensed.tree.test", None),
        ("www.licensed.tree.test", None),
        ("bad.licensed.tree.test", Some(3)),
        ("x.bad.licensed.tree.test", None),
        ("test", None),
    ] {
        let expected = listing.map(|number| ListingId::new(2026, number).unwrap());
        assert_eq!(find(&set, name), expected, "{name}");
    }
}

#[test]
fn every_listing_number_comes_back_as_it_went_in() {
    for text in [
        "Q-0000-000000",
        "Q-0001-000010",
        "Q-2026-000123",
        "Q-9999-999999",
    ] {
        let id = ListingId::try_from(text.to_owned()).unwrap();
        let mut listed = entry("a.test", Scope::Host, Action::Block, 1);
        listed.listing_id = id.clone();
        assert_eq!(find(&BlockSet::new(&[listed]).unwrap(), "a.test"), Some(id));
    }
}

/// Every octet of a base and of an overlay counts, and so does their end.
#[test]
fn a_damaged_file_is_refused() {
    let whole = set();
    let mut entries = vec![entry("new.test", Scope::Subtree, Action::Block, 9)];
    let base = whole.base_file();
    let changed = whole.updated(&entries).unwrap();
    let (overlay, _) = changed.overlay_file().unwrap();
    assert_eq!(BlockSet::decode(base).unwrap(), whole);
    assert_eq!(whole.with_overlay(overlay).unwrap(), changed);
    type Read<'a> = &'a dyn Fn(&[u8]) -> Result<BlockSet, SetError>;
    let both: [(&[u8], Read<'_>); 2] = [
        (base, &|bytes| BlockSet::decode(bytes)),
        (overlay, &|bytes| whole.with_overlay(bytes)),
    ];
    for (bytes, read) in both {
        for position in 0..bytes.len() {
            for bit in 0..8 {
                let mut damaged = bytes.to_vec();
                damaged[position] ^= 1 << bit;
                assert!(read(&damaged).is_err(), "bit {bit} of octet {position}");
            }
            assert!(read(&bytes[..position]).is_err(), "cut at {position}");
        }
        assert!(read(&[bytes, &[0]].concat()).is_err(), "longer");
    }
    entries.push(entry("other.test", Scope::Host, Action::Block, 9));
    let other = BlockSet::new(&entries).unwrap();
    assert_eq!(other.with_overlay(overlay), Err(SetError::OtherBase));
    assert_eq!(BlockSet::decode(overlay), Err(SetError::Version));
}

/// Files that are whole and say what no list says: the checksum is put right after each change.
#[test]
fn one_list_has_one_file() {
    const A: &[u8] = b"\x01a\x00";
    let file = |magic: &[u8], count: u64, records: &[&[u8]]| {
        let content = [magic, &count.to_be_bytes(), &records.concat()].concat();
        [&content[..], &Digest::of(&content).0].concat()
    };
    let base = |count, records: &[&[u8]]| BlockSet::decode(file(b"QALQSET\x02", count, records));
    let word = |word: u64| word.to_be_bytes()[3..].to_vec();
    // Blocked for itself by listing 1; nothing.
    let (host, none) = (&word(1 | 2 << 34)[..], word(0));
    let b: &[u8] = b"\x01b\x00";
    assert_eq!(base(2, &[A, host, b, host]).map(|set| set.len()), Ok(2));
    let wrong: [(&str, u64, &[&[u8]]); 16] = [
        ("out of order", 2, &[b, host, A, host]),
        ("twice", 2, &[A, host, A, host]),
        ("fewer than said", 2, &[A, host]),
        ("more than said", 1, &[A, host, b, host]),
        ("the root", 1, &[b"\x00", host]),
        ("upper case", 1, &[b"\x01A\x00", host]),
        ("a dot in a label", 1, &[b"\x03a.b\x00", host]),
        ("a pointer", 1, &[b"\xc0\x0c", host]),
        ("nothing said", 1, &[A, &none]),
        ("a third kind of rule", 1, &[A, &word(1 | 3 << 34)]),
        ("a bit nobody knows", 1, &[A, &word(1 | 2 << 34 | 1 << 39)]),
        ("below and not itself", 1, &[A, &word(1 | 2 << 36)]),
        ("a listing of nothing", 1, &[A, &word(1 | 1 << 34)]),
        ("no such listing", 1, &[A, &word(10_000_000_000 | 2 << 34)]),
        (
            "the same listing twice",
            1,
            &[A, &word(1 | 2 << 34 | 2 << 36 | 1 << 38), &word(1)],
        ),
        (
            "a second listing for nothing",
            1,
            &[A, &word(1 | 2 << 34 | 1 << 38), &word(2)],
        ),
    ];
    for (what, count, records) in wrong {
        assert_eq!(base(count, records), Err(SetError::Malformed), "{what}");
    }
    let long = [&[63; 1][..], &[b'a'; 63]].concat().repeat(4);
    assert_eq!(
        base(1, &[&long, &[0], host]),
        Err(SetError::Malformed),
        "257 octets"
    );

    let under = base(1, &[A, host]).unwrap();
    let magic = [&b"QALQOVR\x01"[..], &under.base_checksum().0].concat();
    let over = |count, records: &[&[u8]]| under.with_overlay(file(&magic, count, records));
    assert_eq!(over(1, &[A, &none]).map(|set| set.len()), Ok(0));
    assert_eq!(over(1, &[b, host]).map(|set| set.len()), Ok(2));
    assert_eq!(over(1, &[A, host]), Err(SetError::Malformed), "no change");
    assert_eq!(
        over(1, &[b, &none]),
        Err(SetError::Malformed),
        "was never there"
    );
    assert_eq!(over(0, &[]), Err(SetError::Malformed), "nothing at all");
}

#[test]
fn a_name_on_the_list_is_found_among_many() {
    let listed = |at: u32| format!("n{at}.{}.test", at % 97);
    let entries: Vec<_> = (0..20_000)
        .map(|at| entry(&listed(at), Scope::Host, Action::Block, at + 1))
        .collect();
    let set = BlockSet::new(&entries).unwrap();
    for at in 0..20_000 {
        assert_eq!(find(&set, &listed(at)), ListingId::new(2026, at + 1).ok());
        assert_eq!(find(&set, &format!("n{at}.test")), None);
        assert_eq!(find(&set, &format!("x.{}", listed(at))), None);
    }
}

#[test]
fn few_changes_share_the_base_and_many_do_not() {
    let numbered = |at: u32| entry(&format!("n{at:05}.test"), Scope::Host, Action::Block, 1);
    let mut entries: Vec<_> = (0..20_000).map(numbered).collect();
    let first = BlockSet::new(&entries).unwrap();
    entries.remove(7);
    let second = first.updated(&entries).unwrap();
    assert_eq!(second.base_checksum(), first.base_checksum());
    assert!(second.overlay_file().unwrap().0.len() < 200);
    assert_eq!(second.len(), 19_999);
    assert_eq!(second, BlockSet::new(&entries).unwrap());
    let third = second.updated(&entries[..10_000]).unwrap();
    assert_ne!(third.base_checksum(), first.base_checksum());
    assert_eq!(third.overlay_file(), None);
    assert_eq!(third.len(), 10_000);
}

proptest! {
    #[test]
    fn any_wire_is_looked_up_safely(wire in vec(any::<u8>(), 0..300)) {
        let _ = set().find(&wire);
    }

    #[test]
    fn any_bytes_are_read_safely(bytes in vec(any::<u8>(), 0..300)) {
        for magic in [&b"QALQSET\x02"[..], b""] {
            let bytes = [magic, &bytes].concat();
            let bytes = [&bytes[..], &Digest::of(&bytes).0].concat();
            if let Ok(set) = BlockSet::decode(&bytes[..]) {
                prop_assert_eq!(set.encode().unwrap(), bytes);
            }
        }
    }

    #[test]
    fn agrees_with_its_definition(entries in entries(14), query in "[ab](-b|0)?(\\.[ab](-b|0)?){0,4}") {
        let query = DomainName::parse(&query).unwrap();
        let set = BlockSet::new(&entries).unwrap();
        prop_assert_eq!(set.find_name(&query), search(&entries, &query));
        let owners: BTreeSet<_> = entries.iter().map(|entry| &entry.name).collect();
        prop_assert_eq!(set.len(), owners.len());
        let read = BlockSet::decode(set.encode().unwrap()).unwrap();
        prop_assert_eq!(read.find_name(&query), search(&entries, &query));
    }

    /// Whatever steps led to a list, it answers as one that was compiled at once, and has one form.
    #[test]
    fn lists_that_follow_one_another_are_what_they_would_be_alone(
        lists in vec(entries(90), 1..5), queries in vec(names(), 8), by_names in any::<bool>(),
    ) {
        let mut set = BlockSet::default();
        let mut before = BTreeMap::new();
        for mut entries in lists {
            entries.sort();
            let alone = BlockSet::new(&entries).unwrap();
            let mut now = BTreeMap::<_, Vec<_>>::new();
            for entry in &entries {
                now.entry(entry.name.clone()).or_default().push(entry.clone());
            }
            let changed: Vec<_> = before.keys().chain(now.keys())
                .filter(|name| before.get(*name) != now.get(*name)).cloned().collect();
            let by_all = set.updated(&entries).unwrap();
            let by_names_alone = set.with_changes(&changed, &entries).unwrap();
            prop_assert_eq!(&by_all, &alone);
            prop_assert_eq!(by_names_alone.encode(), alone.encode());
            for query in &queries {
                let query = DomainName::parse(query).unwrap();
                prop_assert_eq!(by_all.find_name(&query), search(&entries, &query));
                prop_assert_eq!(by_names_alone.find_name(&query), search(&entries, &query));
            }
            prop_assert_eq!((by_all.len(), by_names_alone.len()), (alone.len(), alone.len()));
            // And so does what a node has on its disk.
            let base = BlockSet::decode(by_all.base_file()).unwrap();
            let read = match by_all.overlay_file() {
                Some((overlay, _)) => base.with_overlay(overlay).unwrap(),
                None => base,
            };
            prop_assert_eq!(&read, &alone);
            set = if by_names { by_names_alone } else { by_all };
            before = now;
        }
    }
}
