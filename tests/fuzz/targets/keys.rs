//! The file of keys for zone transfers, as an operator writes it.
#![no_main]

use libfuzzer_sys::fuzz_target;
use resolver::transfer::Keys;

fuzz_target!(|text: &str| {
    if let Err((line, problem)) = Keys::parse(text) {
        assert!(line >= 1 && line <= text.lines().count() + 1, "{line}");
        assert!(!problem.is_empty());
    }
});
