//! A policy zone file. Whatever is read of it is written down compiled, and read again as the same.
#![no_main]

use libfuzzer_sys::fuzz_target;
use resolver::rpz_probe::Probe;

const NAMES: [&[u8]; 5] = [
    b"\x02nx\x04test\0",
    b"\x01x\x02nx\x04test\0",
    b"\x01a\x01e\x04test\0",
    b"\x01d\x04test\0",
    b"\0",
];

fuzz_target!(|text: &[u8]| {
    let Some(zone) = Probe::parse(text) else {
        return;
    };
    let (rules, records) = zone.counts();
    assert!(rules <= records, "a rule for each record at most");
    let again = Probe::read(&zone.write()).expect("what was written");
    assert_eq!(again.counts(), zone.counts());
    for name in NAMES.iter().copied().chain([text]) {
        assert_eq!(again.find(name), zone.find(name));
    }
});
