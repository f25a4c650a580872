//! What upstreams answer: the first octet says which client asked, the rest is the upstream's
//! message to it. Whatever is passed on, hickory must read, with the records it reads in the original.
#![no_main]

use std::sync::LazyLock;

use hickory_proto::{op::Message, rr::Record};
use libfuzzer_sys::fuzz_target;
use resolver::cache_probe::{Asking, Probe, pass_on};

/// `www.some.test. A IN`, without and with OPT, and with DO.
static QUERIES: LazyLock<[Vec<u8>; 3]> = LazyLock::new(|| {
    let question = b"\x00\x01\x01\x00\x00\x01\x00\x00\x00\x00\x00\x00\x03www\x04some\x04test\x00\x00\x01\x00\x01";
    let with_opt = |flags: u8| {
        let opt = [0, 0, 41, 4, 208, 0, 0, flags, 0, 0, 0];
        let mut query = [&question[..], &opt].concat();
        query[11] = 1;
        query
    };
    [question.to_vec(), with_opt(0), with_opt(0x80)]
});

fuzz_target!(|bytes: &[u8]| {
    let Some((which, message)) = bytes.split_first() else {
        return;
    };
    let octets = &QUERIES[usize::from(*which) % 3];
    let query = Asking::read(octets).expect("a query");
    let mut buffer = vec![0; 65_535];
    buffer[..octets.len()].copy_from_slice(octets);
    let Some(length) = pass_on(&query, message, &mut buffer, 65_535) else {
        return;
    };
    if let Ok(theirs) = Message::from_vec(message) {
        let ours = Message::from_vec(&buffer[..length]).expect("hickory reads it");
        assert_eq!(ours.answers, theirs.answers);
        assert_eq!(ours.authorities, theirs.authorities);
        assert!(ours.additionals.is_empty() || ours.additionals == theirs.additionals);
        let longer = |(ours, theirs): (&Record, &Record)| ours.ttl > theirs.ttl;
        assert!(!ours.answers.iter().zip(&theirs.answers).any(longer));
    }
    let cache = Probe::new(1 << 17);
    assert!(cache.keep(&query, message, 0));
    for (limit, now) in [(65_535, 0), (512, 1), (12, 60), (512, 90_000), (512, u32::MAX)] {
        if let Some(length) = cache.answer(&query, &mut buffer, limit, now) {
            assert!(length <= limit.max(octets.len() + 11));
        }
    }
});
