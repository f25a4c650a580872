//! Upstreams that write nonsense.

use super::*;
use crate::cache::read::{self, Section};

/// Whatever is taken, `domain` finds the same records in it, and so does hickory unless it does not
/// like what a record says inside.
fn agrees(bytes: &[u8], asked: &Asked<'_>) -> Result<(), TestCaseError> {
    let Ok(ours) = read::read(bytes, asked) else {
        return Ok(());
    };
    let theirs = domain::base::Message::from_slice(bytes).expect("domain reads it");
    let mut all = Vec::new();
    for record in theirs {
        let (record, _) = record.expect("domain reads the record");
        let mut owner = Vec::new();
        domain::base::ToName::compose_canonical(&record.owner(), &mut owner).expect("a name");
        all.push((
            owner,
            record.rtype().to_int(),
            record.ttl().as_secs(),
            usize::from(record.rdlen()),
        ));
    }
    let mut data: Vec<_> = all
        .iter()
        .filter(|record| record.1 != 41)
        .cloned()
        .collect();
    if ours.count(Section::Additional) == 0 {
        data.truncate(ours.records.len());
    }
    let mut found = Vec::new();
    for record in &ours.records {
        let (owner, _) = read::name(bytes, record.owner_at).expect("it was read before");
        found.push((
            owner.as_wire().to_vec(),
            record.kind,
            record.ttl,
            record.data.len(),
        ));
    }
    prop_assert_eq!(&found, &data);
    let counts = theirs.header_counts();
    prop_assert_eq!(ours.count(Section::Answer), counts.ancount());
    prop_assert_eq!(ours.count(Section::Authority), counts.nscount());

    if let Ok(theirs) = Message::from_vec(bytes) {
        let name = |name: &Name| crate::wire::lower(name);
        let records = [&theirs.answers, &theirs.authorities, &theirs.additionals];
        let mut data: Vec<_> = records
            .into_iter()
            .flatten()
            .map(|record| {
                (
                    name(&record.name),
                    u16::from(record.record_type()),
                    record.ttl,
                )
            })
            .collect();
        data.truncate(found.len());
        let found: Vec<_> = found
            .into_iter()
            .map(|(owner, kind, ttl, _)| (owner, kind, ttl))
            .collect();
        prop_assert_eq!(found, data);
    }

    // And it can be written, within any bound.
    let (octets, query) = query("a.test.", 1, Some(true));
    let entry = Entry::from_answer(bytes, asked, 0, &CacheLimits::default(), true);
    if let (Ok(entry), true) = (entry, query.name.as_wire() == asked.name) {
        let mut buffer = vec![0; 65_535];
        buffer[..octets.len()].copy_from_slice(&octets);
        for limit in [12, 100, 512, 65_535] {
            let length = entry.write(&query, &mut buffer, limit, 3);
            prop_assert!(length <= limit.max(query.question_end() + reply::EMPTY_OPT));
        }
    }
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2048))]

    #[test]
    fn damage_is_read_as_others_read_it(
        (host, kind, upstream) in some_answer(),
        damage in vec((any::<prop::sample::Index>(), any::<u8>()), 0..4),
        cut in proptest::option::of(any::<prop::sample::Index>()),
    ) {
        let (_, query) = query(&host, kind, None);
        let mut bytes = upstream.to_vec().unwrap();
        for (at, octet) in damage {
            let at = at.index(bytes.len());
            bytes[at] = octet;
        }
        if let Some(cut) = cut {
            bytes.truncate(cut.index(bytes.len()));
        }
        agrees(&bytes, &(&query).into())?;
    }

    #[test]
    fn any_octets_behind_a_question_are_read_as_others_read_them(
        counts in [0..3u8, 0..3, 0..3],
        bytes in vec(prop_oneof![Just(0u8), Just(0xc0), Just(12), Just(1), any::<u8>()], 0..200),
    ) {
        let (octets, query) = query("a.test.", 1, None);
        let [answers, authorities, additionals] = counts;
        let mut message = octets;
        message[2] = 0x81;
        message[6..12].copy_from_slice(&[0, answers, 0, authorities, 0, additionals]);
        message.extend(bytes);
        agrees(&message, &(&query).into())?;
    }
}

fn reading(change: impl Fn(&mut Vec<u8>)) -> Result<(), Malformed> {
    let (_, query) = query("a.test.", 1, None);
    let mut upstream = answer("a.test.", 1, ResponseCode::NoError);
    upstream.answers = vec![address("a.test.", 5)];
    let mut bytes = upstream.to_vec().unwrap();
    change(&mut bytes);
    read::read(&bytes, &(&query).into()).map(|_| ())
}

/// A TTL changes with time, and a name that is read through one would change with it.
#[test]
fn no_name_leads_through_a_ttl() {
    let behind = |pointer: u8, octets: [u8; 4], at: usize| {
        reading(|b| {
            b[at..at + 4].copy_from_slice(&octets);
            b[7] = 2;
            b.extend([0xc0, pointer, 0, 1, 0, 1, 0, 0, 0, 60, 0, 4, 192, 0, 2, 1]);
        })
    };
    let (ttl, data) = (30, 36);
    for (pointer, octets) in [
        (30, [1, b'x', 0, 0]),
        (31, [0, 1, b'x', 0]),
        (33, [0, 0, 0, 0]),
        (32, [0, 0, 0xc0, 12]),
        // Begins before it and reaches into it: the class is 1.
        (29, [b'x', 0, 0, 0]),
    ] {
        assert_eq!(
            behind(pointer, octets, ttl),
            Err(Malformed::Name),
            "{pointer}"
        );
    }
    assert_eq!(
        behind(36, [1, b'x', 0, 0], data),
        Ok(()),
        "a name in data is one"
    );
}

/// HTTPS and its like hold names that no pointer may shorten.
#[test]
fn a_name_that_must_be_written_out_is() {
    let https = |target: &[u8]| {
        reading(|b| {
            b[27] = 65;
            b.truncate(34);
            b.extend([0, 2 + target.len() as u8, 0, 1]);
            b.extend(target);
        })
    };
    assert_eq!(https(b"\x01b\x00"), Ok(()));
    assert_eq!(
        https(b"\x00\x00\x01\x00\x00"),
        Ok(()),
        "with parameters behind it"
    );
    assert_eq!(https(b"\xc0\x0c"), Err(Malformed::Record));
    assert_eq!(https(b"\x01b\xc0\x01"), Err(Malformed::Record));
    assert_eq!(https(b""), Err(Malformed::Record));
    let naptr = |target: &[u8]| {
        reading(|b| {
            b[27] = 35;
            b.truncate(34);
            b.extend([0, 9 + target.len() as u8, 0, 1, 0, 1, 1, b'u', 0, 1, b'!']);
            b.extend(target);
        })
    };
    assert_eq!(naptr(b"\x01b\x00"), Ok(()));
    assert_eq!(naptr(b"\xc0\x0c"), Err(Malformed::Record));
    assert_eq!(naptr(b""), Err(Malformed::Record));
}

#[test]
fn each_way_to_be_wrong_has_its_name() {
    // Header 12, question 12, then the record: pointer, type, class, TTL, length, address.
    assert_eq!(reading(|_| {}), Ok(()));
    assert_eq!(reading(|b| b[2] = 0x01), Err(Malformed::NotAnAnswer));
    assert_eq!(
        reading(|b| b[2] |= 0x02),
        Err(Malformed::NotAnAnswer),
        "cut"
    );
    assert_eq!(reading(|b| b.truncate(11)), Err(Malformed::NotAnAnswer));
    assert_eq!(reading(|b| b[5] = 2), Err(Malformed::OtherQuestion));
    assert_eq!(reading(|b| b[13] = b'b'), Err(Malformed::OtherQuestion));
    assert_eq!(reading(|b| b[13] = b'A'), Ok(()));
    assert_eq!(reading(|b| b[21] = 28), Err(Malformed::OtherQuestion));
    assert_eq!(
        reading(|b| b[25] = 24),
        Err(Malformed::Name),
        "a pointer to itself"
    );
    assert_eq!(
        reading(|b| b[25] = 30),
        Err(Malformed::Name),
        "a pointer forward"
    );
    assert_eq!(
        reading(|b| b[25] = 4),
        Err(Malformed::Name),
        "a pointer into the header"
    );
    assert_eq!(reading(|b| b[24] = 0x80), Err(Malformed::Name));
    assert_eq!(
        reading(|b| b[27] = 41),
        Err(Malformed::Record),
        "OPT as an answer"
    );
    assert_eq!(reading(|b| b[27] = 250), Err(Malformed::Record), "TSIG");
    assert_eq!(
        reading(|b| b[29] = 3),
        Err(Malformed::Record),
        "class CHAOS"
    );
    assert_eq!(reading(|b| b[35] = 3), Err(Malformed::Record));
    assert_eq!(reading(|b| b.truncate(39)), Err(Malformed::Record));
    assert_eq!(reading(|b| b.push(0)), Err(Malformed::Trailing));
    assert_eq!(reading(|b| b[7] = 0), Err(Malformed::Trailing));
    assert_eq!(
        reading(|b| b[7] = 2),
        Err(Malformed::Name),
        "one record too few"
    );
}

#[test]
fn opt_may_stand_anywhere_and_only_once() {
    let (octets, query) = query("a.test.", 1, None);
    let mut upstream = answer("a.test.", 1, ResponseCode::NoError);
    upstream.answers = vec![address("a.test.", 50)];
    upstream.additionals = vec![address("b.test.", 40)];
    upstream.set_edns(Edns::new());
    let bytes = upstream.to_vec().unwrap();
    let read = |bytes: &[u8]| {
        Entry::from_answer(bytes, &(&query).into(), 0, &CacheLimits::default(), false)
    };
    let last = read(&bytes).unwrap();
    assert_eq!(told(&last, &octets, &query, 512, 0).additionals.len(), 1);
    assert_eq!(last.remaining(0), 40);

    let opt = bytes[bytes.len() - 11..].to_vec();
    let mut twice = [&bytes[..], &opt].concat();
    twice[11] = 3;
    assert_eq!(read(&twice).err(), Some(Malformed::Options));
    // A record behind it: the whole additional section goes, with its TTL.
    let mut behind = bytes.clone();
    behind.extend(b"\xc0\x0c\x00\x01\x00\x01\x00\x00\x00\x01\x00\x04\xc0\x00\x02\x01");
    behind[11] = 3;
    let entry = read(&behind).unwrap();
    assert_eq!(entry.remaining(0), 50);
    let told = told(&entry, &octets, &query, 512, 0);
    assert_eq!((told.answers.len(), told.additionals.len()), (1, 0));
    let mut version = bytes.clone();
    let at = version.len() - 5;
    version[at] = 1;
    assert_eq!(read(&version).err(), Some(Malformed::Options));
    // BADVERS, BADCOOKIE and their like are between the upstream and this node.
    let mut extended = bytes;
    extended[at - 1] = 1;
    assert_eq!(read(&extended).unwrap().code(), 2);
}
