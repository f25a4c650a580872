//! A page as it came, in whatever charset, read and judged.
#![no_main]

use std::sync::LazyLock;

use crawler::assessment::Assessor;
use libfuzzer_sys::fuzz_target;
use url::Url;

static ASSESSOR: LazyLock<Assessor> = LazyLock::new(|| Assessor::shipped().expect("lexicons"));
static PAGE: LazyLock<Url> =
    LazyLock::new(|| Url::parse("https://shop.test/ru/?a=b").expect("a url"));

fuzz_target!(|bytes: &[u8]| {
    let assessment = ASSESSOR.assess_file(bytes, &PAGE);
    assert!((0.0..=1.0).contains(&assessment.exchange));
    assert!((0.0..=1.0).contains(&assessment.serves_kz));
    for signal in &assessment.signals {
        assert!(signal.quote.len() <= 400, "{}", signal.id);
    }
    serde_json::to_string(&assessment).expect("an assessment is JSON");
});
