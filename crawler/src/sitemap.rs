//! Sitemaps: `urlset` and `sitemapindex`, plain or gzip, within bounds. Broken XML gives what stood
//! before the break; plain-text sitemaps (one URL a line) are read too.

use std::io::Read as _;

use flate2::read::MultiGzDecoder;
use quick_xml::Reader;
use quick_xml::events::Event;
use url::Url;

/// URLs kept of one sitemap (the protocol's own limit is 50,000; a site is judged from far fewer).
pub const MAX_URLS: usize = 5_000;
/// Bytes of a gzip sitemap after decoding.
const MAX_DECODED: u64 = 20 * 1024 * 1024;

/// What a sitemap lists.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Sitemap {
    /// Pages.
    pub pages: Vec<Url>,
    /// Further sitemaps.
    pub sitemaps: Vec<Url>,
}

/// Reads a sitemap found at `base`.
#[must_use]
pub fn read(bytes: &[u8], base: &Url) -> Sitemap {
    let mut decoded = Vec::new();
    let bytes = if bytes.starts_with(&[0x1F, 0x8B]) {
        // A broken end still leaves what was read before it.
        let _ = MultiGzDecoder::new(bytes)
            .take(MAX_DECODED)
            .read_to_end(&mut decoded);
        &decoded
    } else {
        bytes
    };
    let text = String::from_utf8_lossy(bytes);
    let text = text.trim_start_matches('\u{FEFF}').trim_start();
    if text.starts_with('<') {
        xml(text, base)
    } else {
        lines(text, base)
    }
}

fn xml(text: &str, base: &Url) -> Sitemap {
    let mut reader = Reader::from_str(text);
    reader.config_mut().check_end_names = false;
    let mut found = Sitemap::default();
    let mut index = false;
    let mut location: Option<String> = None;
    for _ in 0..MAX_URLS * 60 {
        match reader.read_event() {
            Ok(Event::Start(start)) => match start.local_name().as_ref() {
                "sitemapindex" => index = true,
                "loc" => location = Some(String::new()),
                _ => {}
            },
            Ok(Event::Text(text)) => {
                if let Some(location) = &mut location {
                    location.push_str(&text);
                }
            }
            Ok(Event::CData(text)) => {
                if let Some(location) = &mut location {
                    location.push_str(&text);
                }
            }
            // `&amp;` in a query string.
            Ok(Event::GeneralRef(reference)) => {
                if let Some(location) = &mut location {
                    match &*reference {
                        "amp" => location.push('&'),
                        "apos" => location.push('\''),
                        _ => {}
                    }
                }
            }
            Ok(Event::End(end)) if end.local_name().as_ref() == "loc" => {
                if let Some(url) = location.take().and_then(|text| resolve(&text, base)) {
                    if index {
                        found.sitemaps.push(url);
                    } else {
                        found.pages.push(url);
                    }
                }
            }
            Ok(Event::Eof) | Err(_) => break,
            Ok(_) => {}
        }
        if found.pages.len() + found.sitemaps.len() >= MAX_URLS {
            break;
        }
    }
    found
}

fn lines(text: &str, base: &Url) -> Sitemap {
    let pages = text
        .lines()
        .take(MAX_URLS)
        .filter(|line| line.starts_with("http"))
        .filter_map(|line| resolve(line, base))
        .collect();
    Sitemap {
        pages,
        sitemaps: Vec::new(),
    }
}

fn resolve(text: &str, base: &Url) -> Option<Url> {
    let text = text.trim();
    if text.is_empty() || text.len() > 2_000 {
        return None;
    }
    base.join(text)
        .ok()
        .filter(|url| matches!(url.scheme(), "http" | "https"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn base() -> Url {
        Url::parse("https://a.test/sitemap.xml").unwrap()
    }

    #[test]
    fn pages_and_indexes() {
        let found = read(b"<?xml version='1.0'?><urlset xmlns='x'><url><loc> https://a.test/p?a=1&amp;b=2 </loc><lastmod>x</lastmod></url><url><loc><![CDATA[/rules]]></loc></url></urlset>", &base());
        assert_eq!(
            found.pages.iter().map(Url::as_str).collect::<Vec<_>>(),
            ["https://a.test/p?a=1&b=2", "https://a.test/rules"]
        );
        let found = read(
            b"<sitemapindex><sitemap><loc>https://a.test/s1.xml</loc></sitemap></sitemapindex>",
            &base(),
        );
        assert_eq!(found.sitemaps.len(), 1);
    }

    #[test]
    fn gzip_and_plain_text() {
        use std::io::Write as _;
        let mut gz = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
        gz.write_all(b"<urlset><url><loc>https://a.test/x</loc></url></urlset>")
            .unwrap();
        assert_eq!(read(&gz.finish().unwrap(), &base()).pages.len(), 1);
        assert_eq!(
            read(b"https://a.test/1\nnot a url\nhttps://a.test/2\n", &base())
                .pages
                .len(),
            2
        );
    }

    #[test]
    fn a_broken_file_gives_what_stood_before_the_break() {
        assert_eq!(
            read(b"<urlset><url><loc>/a</loc></url><url><loc", &base())
                .pages
                .len(),
            1
        );
    }

    proptest! {
        #[test]
        fn any_bytes(bytes in proptest::collection::vec(any::<u8>(), 0..512)) {
            let _ = read(&bytes, &base());
        }
        #[test]
        fn any_shape(text in "(<urlset>|<sitemapindex>|<loc>|</loc>|https://a\\.test/|&amp;|&#x1;|<|>|\\PC){0,60}") {
            let _ = read(text.as_bytes(), &base());
        }
    }
}
