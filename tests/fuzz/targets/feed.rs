//! Rates feeds in XML and JSON.
#![no_main]

use crawler::signal::feed::{FeedPage, read};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    for content_type in ["", "text/xml; charset=windows-1251", "application/json"] {
        let Some(directions) = crawler::feed::read(bytes, content_type) else {
            continue;
        };
        assert!(!directions.is_empty() && directions.len() <= crawler::feed::MAX_DIRECTIONS);
        let (url, capture) = ("https://shop.test/rates.xml".into(), String::new());
        let _ = read(&FeedPage {
            url,
            capture,
            directions,
        });
    }
});
