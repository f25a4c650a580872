//! robots.txt of a hostile site: the first octet is the status, the rest the file.
#![no_main]

use crawler::robots::Robots;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    let Some((status, body)) = bytes.split_first() else {
        return;
    };
    let robots = Robots::from_response(u16::from(*status) * 2, body, "QalqanBot");
    let path = String::from_utf8_lossy(body.get(..64).unwrap_or(body));
    for path in ["/", "/robots.txt", "/exchange?from=usdt&to=kzt", &path] {
        let _ = robots.allows(path);
    }
    let _ = (robots.delay(), robots.sitemaps());
});
