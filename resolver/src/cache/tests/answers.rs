//! What clients are told, at every age.

use super::*;

/// RFC 2181 §8 and the longest this cache tells.
fn kept(ttl: u32) -> u32 {
    if ttl >= 1 << 31 { 0 } else { ttl.min(86_400) }
}

/// The records a client must see `age` seconds later.
fn aged(records: &[Record], age: u32, negative: bool) -> Vec<Record> {
    let mut records = records.to_vec();
    for record in &mut records {
        record.ttl = kept(record.ttl);
        if let (true, RData::SOA(soa)) = (negative, &record.data) {
            record.ttl = record.ttl.min(kept(soa.minimum)).min(3600);
        }
        record.ttl = record.ttl.saturating_sub(age);
    }
    records
}

/// For hickory, records are equal whatever their TTL is.
fn ttls(sections: [&Vec<Record>; 3]) -> [Vec<u32>; 3] {
    sections.map(|records| records.iter().map(|record| record.ttl).collect())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(512))]

    #[test]
    fn clients_read_what_the_upstream_wrote_less_its_age(
        (host, kind, upstream) in some_answer(),
        edns in proptest::option::of(any::<bool>()),
        part in any::<proptest::sample::Index>(),
        start in 0..u32::MAX / 2,
    ) {
        let (octets, query) = query(&host.to_ascii_uppercase(), kind, edns);
        let entry = entry(&upstream, &query, start);
        let data = upstream.answers.iter().any(|r| r.record_type() == RecordType::from(kind));
        let code = u16::from(upstream.metadata.response_code);
        let negative = code == 3 || (code == 0 && !data);
        let soa = upstream.authorities.iter().any(|r| r.record_type() == RecordType::SOA);
        let fresh = [
            aged(&upstream.answers, 0, false),
            aged(&upstream.authorities, 0, negative),
            aged(&upstream.additionals, 0, false),
        ];
        let lowest = fresh.iter().flatten().map(|r| r.ttl).min().unwrap_or(0);
        let life = match code {
            0 | 3 if negative && !soa => 0,
            0 | 3 => lowest,
            _ => 5,
        };
        prop_assert_eq!(entry.remaining(start), life);

        let age = part.index(life.max(1) as usize) as u32;
        let told = told(&entry, &octets, &query, 65_535, start + age);
        let expected = [
            aged(&upstream.answers, age, false),
            aged(&upstream.authorities, age, negative),
            aged(&upstream.additionals, age, false),
        ];
        let seen = [&told.answers, &told.authorities, &told.additionals];
        prop_assert_eq!(seen, expected.each_ref());
        prop_assert_eq!(ttls(seen), ttls(expected.each_ref()));
        prop_assert_eq!(told.metadata.response_code, upstream.metadata.response_code);
        prop_assert_eq!(told.metadata.authentic_data, upstream.metadata.authentic_data && edns == Some(true));
        prop_assert!(told.metadata.recursion_available && !told.metadata.authoritative);
        prop_assert_eq!(told.edns.is_some(), edns.is_some());
        if edns.is_some() {
            prop_assert_eq!(errors(&told), errors(&upstream));
        }
    }

    #[test]
    fn what_does_not_fit_is_left_out_or_cut(
        (host, kind, upstream) in some_answer(),
        edns in proptest::option::of(any::<bool>()),
        limit in 300..1500usize,
    ) {
        let (octets, query) = query(&host, kind, edns);
        let entry = entry(&upstream, &query, 0);
        let whole = told(&entry, &octets, &query, 65_535, 0);
        let told = told(&entry, &octets, &query, limit, 0);
        if told.metadata.truncation {
            prop_assert!(told.answers.is_empty() && told.authorities.is_empty());
        } else {
            prop_assert_eq!(&told.answers, &whole.answers);
            prop_assert_eq!(&told.authorities, &whole.authorities);
            prop_assert!(told.additionals.is_empty() || told.additionals == whole.additionals);
        }
    }
}

#[test]
fn every_second_of_a_life_is_told() {
    let (octets, query) = query("a.test.", 1, Some(true));
    let mut upstream = answer("a.test.", 1, ResponseCode::NoError);
    upstream.answers = vec![address("a.test.", 12), address("a.test.", 40)];
    upstream.metadata.authentic_data = true;
    let entry = entry(&upstream, &query, 100);
    for age in 0..=12 + 86_400u32 {
        let now = 100 + age;
        assert_eq!(entry.remaining(now), 12u32.saturating_sub(age));
        assert_eq!(entry.is_usable(now), age < 12 + 86_400);
        if (14..86_400).contains(&age) {
            continue;
        }
        let told = told(&entry, &octets, &query, 1232, now);
        let ttls: Vec<_> = told.answers.iter().map(|record| record.ttl).collect();
        let (expected, error) = match age {
            0..12 => ([12 - age, 40 - age], vec![]),
            _ => ([30, 30], vec![vec![0, 3]]),
        };
        assert_eq!(ttls, expected, "after {age} seconds");
        assert_eq!(told.metadata.authentic_data, age < 12);
        assert_eq!(errors(&told), error);
    }
    // Another worker's clock that is behind.
    assert_eq!(told(&entry, &octets, &query, 1232, 99).answers[0].ttl, 12);
}

#[test]
fn answers_that_say_there_is_nothing_live_as_their_soa_says() {
    let (octets, query) = query("no.test.", 1, Some(false));
    let life = |code, authority: Vec<Record>| {
        let mut upstream = answer("no.test.", 1, code);
        upstream.authorities = authority;
        entry(&upstream, &query, 0).remaining(0)
    };
    for code in [ResponseCode::NXDomain, ResponseCode::NoError] {
        assert_eq!(life(code, vec![soa("test.", 900, 60)]), 60);
        assert_eq!(life(code, vec![soa("test.", 50, 60)]), 50);
        assert_eq!(life(code, vec![soa("test.", 90_000, 90_000)]), 3600);
        assert_eq!(life(code, vec![soa("test.", 90, 0)]), 0);
        assert_eq!(life(code, vec![soa("test.", 1 << 31, 60)]), 0);
        assert_eq!(life(code, vec![]), 0, "no proof, not kept");
    }
    assert_eq!(life(ResponseCode::ServFail, vec![]), 5);
    let mut upstream = answer("no.test.", 1, ResponseCode::NXDomain);
    upstream.authorities = vec![soa("test.", 900, 60)];
    let entry = entry(&upstream, &query, 0);
    let stale = told(&entry, &octets, &query, 512, 61);
    assert_eq!(errors(&stale), [[0, 19]]);
    assert_eq!(stale.authorities[0].ttl, 30);
}

#[test]
fn aliases_are_followed_in_the_order_a_client_comes_to_them() {
    let (_, query) = query("WWW.a.test.", 1, None);
    let targets = |records: Vec<Record>| -> Vec<Vec<u8>> {
        let mut upstream = answer("www.a.test.", 1, ResponseCode::NoError);
        upstream.answers = records;
        upstream.authorities = vec![alias("www.a.test.", 5, "not.an.answer.test.")];
        let entry = entry(&upstream, &query, 0);
        entry.targets().map(<[u8]>::to_vec).collect()
    };
    let wire = |host: &str| crate::wire::lower(&name(host));
    assert_eq!(targets(vec![address("www.a.test.", 5)]).len(), 0);
    assert_eq!(
        targets(vec![
            alias("c.test.", 5, "D.test."),
            alias("off.test.", 5, "chain.test."),
            alias("www.a.test.", 5, "C.test."),
            address("d.test.", 5),
        ]),
        [wire("c.test."), wire("d.test."), wire("chain.test.")]
    );
    // A loop ends.
    let round = targets(vec![alias("www.a.test.", 5, "www.a.test.")]);
    assert_eq!(round, [wire("www.a.test.")]);
    // A DNAME without the CNAME that should be with it leads as far.
    let dname = RData::Unknown {
        code: RecordType::Unknown(39),
        rdata: NULL::with(wire("b.test.")),
    };
    let dname = Record::from_rdata(name("A.test."), 5, dname);
    assert_eq!(targets(vec![dname]), [wire("www.b.test.")]);
    let many = |count: usize| {
        let mut upstream = answer("www.a.test.", 1, ResponseCode::NoError);
        let link = |at: usize| alias(&format!("{at}.test."), 5, &format!("{}.test.", at + 1));
        upstream.answers = (0..count).map(link).collect();
        let limits = CacheLimits::default();
        Entry::from_answer(
            &upstream.to_vec().unwrap(),
            &(&query).into(),
            0,
            &limits,
            false,
        )
        .map(|_| ())
    };
    assert_eq!((many(32), many(33)), (Ok(()), Err(Malformed::Aliases)));
}

#[test]
fn a_policy_is_remembered_by_its_generation() {
    let (_, query) = query("a.test.", 1, None);
    let entry = entry(&answer("a.test.", 1, ResponseCode::NoError), &query, 0);
    assert!(!entry.checked_for(0));
    entry.set_checked(0);
    assert!(entry.checked_for(0) && !entry.checked_for(1));
}

#[test]
fn of_too_many_words_the_numbers_stay() {
    let (octets, query) = query("a.test.", 1, Some(false));
    let mut upstream = answer("a.test.", 1, ResponseCode::ServFail);
    let mut edns = Edns::new();
    for data in [vec![0; 400], vec![1; 400], vec![2; 1], vec![3; 3]] {
        let option = EdnsOption::Unknown(15, data);
        edns.options_mut()
            .options
            .push((EdnsCode::from(15), option));
    }
    upstream.set_edns(edns);
    let told = told(&entry(&upstream, &query, 0), &octets, &query, 1232, 0);
    assert_eq!(errors(&told), [vec![0; 400], vec![1; 2], vec![3; 3]]);
}
