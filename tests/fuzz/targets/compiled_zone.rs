//! A compiled policy zone as a node keeps it, with the checksum that it would have, or the fuzzer would
//! never get past it; and look-ups in whatever was read.
#![no_main]

use blocklist::Digest;
use libfuzzer_sys::fuzz_target;
use resolver::rpz_probe::Probe;

fuzz_target!(|octets: &[u8]| {
    let _ = Probe::read(octets);
    let sealed = [octets, &Digest::of(octets).0].concat();
    let Some(zone) = Probe::read(&sealed) else {
        return;
    };
    let again = Probe::read(&zone.write()).expect("what was written");
    assert_eq!(again.counts(), zone.counts());
    let names: [&[u8]; 4] = [octets, b"\x01x\x02nx\x04test\0", b"\x01d\x04test\0", b"\0"];
    for name in names {
        assert_eq!(again.find(name), zone.find(name));
    }
});
