//! Names as people type them and as DNS carries them.
#![no_main]

use blocklist::DomainName;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    if let Ok(text) = std::str::from_utf8(bytes)
        && let Ok(name) = DomainName::parse(text)
    {
        check(&name);
    }
    if let Ok(name) = DomainName::from_wire(bytes) {
        check(&name);
    }
});

fn check(name: &DomainName) {
    assert_eq!(
        DomainName::parse(name.as_str()).as_ref(),
        Ok(name),
        "one spelling"
    );
    assert_eq!(
        DomainName::from_wire(&name.to_wire()).as_ref(),
        Ok(name),
        "one wire form"
    );
    assert!(name.as_str().len() <= 253);
    let _ = (name.to_unicode(), name.is_public_suffix());
    if let Some(parent) = name.parent() {
        assert!(name.is_at_or_below(&parent) && !parent.is_at_or_below(name));
    }
    if let Some(own) = name.registrable() {
        assert!(name.is_at_or_below(&own));
    }
}
