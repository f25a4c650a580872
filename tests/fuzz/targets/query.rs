//! Queries as the fast path reads them: what it takes, two other readers read alike.
#![no_main]

use libfuzzer_sys::fuzz_target;
use resolver::testing::reads_as_others_do;

fuzz_target!(|bytes: &[u8]| {
    assert_eq!(reads_as_others_do(bytes), Ok(()));
});
