//! Entry bundles of the log: the first two octets say which bundle the bytes claim to be.
#![no_main]

use blocklist::log::{BUNDLE_WIDTH, bundle};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    let [index, width, bytes @ ..] = bytes else {
        return;
    };
    let width = u64::from(*width).min(BUNDLE_WIDTH);
    if let Ok(leaves) = bundle::decode(u64::from(*index), width, bytes) {
        assert_eq!(leaves.len() as u64, width);
        let again = bundle::encode(leaves.iter().map(Vec::as_slice));
        assert_eq!(again, bytes, "one spelling");
    }
});
