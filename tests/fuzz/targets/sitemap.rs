//! Sitemaps and sitemap indexes.
#![no_main]

use std::sync::LazyLock;

use libfuzzer_sys::fuzz_target;
use url::Url;

static BASE: LazyLock<Url> =
    LazyLock::new(|| Url::parse("https://shop.test/sitemap.xml").expect("a url"));

fuzz_target!(|bytes: &[u8]| {
    let _ = crawler::sitemap::read(bytes, &BASE);
});
