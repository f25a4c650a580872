//! robots.txt by RFC 9309.
//!
//! Two departures, both towards what site owners meant: a line `disallow /x` without a colon is read
//! as if it had one, and `Crawl-delay`, which the RFC does not know, is honoured up to a bound.

use std::time::Duration;

/// Bytes of a robots.txt that are read (RFC 9309 section 2.5 asks for at least 500 KiB).
pub const MAX_BYTES: usize = 500 * 1024;
/// Redirects followed to a robots.txt (section 2.3.1.2).
pub const MAX_REDIRECTS: usize = 5;

/// What a host allows us.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Robots {
    /// No file: 4xx, or too many redirects (section 2.3.1.3).
    AllowAll,
    /// Unreachable or 5xx: nothing may be fetched now (section 2.3.1.4).
    DisallowAll,
    /// A file was read.
    Rules(Rules),
}

/// The rules of the groups that name us, or of `*` when none does.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Rules {
    rules: Vec<Rule>,
    delay: Option<Duration>,
    sitemaps: Vec<String>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
struct Rule {
    allow: bool,
    pattern: String,
}

impl Robots {
    /// Reads the answer to a request for robots.txt; `status` is of the last response.
    #[must_use]
    pub fn from_response(status: u16, body: &[u8], agent: &str) -> Self {
        match status {
            200..=299 => Self::Rules(Rules::parse(body, agent)),
            500..=599 => Self::DisallowAll,
            _ => Self::AllowAll,
        }
    }

    /// Whether a path with its query may be fetched. robots.txt itself always may.
    #[must_use]
    pub fn allows(&self, path_and_query: &str) -> bool {
        match self {
            Self::AllowAll => true,
            Self::DisallowAll => path_and_query == "/robots.txt",
            Self::Rules(rules) => path_and_query == "/robots.txt" || rules.allows(path_and_query),
        }
    }

    /// `Crawl-delay`, when the file states one for us.
    #[must_use]
    pub fn delay(&self) -> Option<Duration> {
        match self {
            Self::Rules(rules) => rules.delay,
            _ => None,
        }
    }

    /// `Sitemap` lines, at most 50, as written.
    #[must_use]
    pub fn sitemaps(&self) -> &[String] {
        match self {
            Self::Rules(rules) => &rules.sitemaps,
            _ => &[],
        }
    }
}

impl Rules {
    /// Reads at most [`MAX_BYTES`] of `body` for a robot whose product token is `agent`.
    #[must_use]
    pub fn parse(body: &[u8], agent: &str) -> Self {
        let body = body.get(..body.len().min(MAX_BYTES)).unwrap_or_default();
        let body = body.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(body);
        let text = String::from_utf8_lossy(body);
        let mut ours = Self::default();
        let mut others = Self::default();
        let mut named = false;
        let mut current = Applies::default();
        let mut last_was_agent = false;
        for line in text.split(['\n', '\r']) {
            let line = line.split('#').next().unwrap_or_default().trim();
            let Some((key, value)) = key_value(line) else {
                continue;
            };
            match key.to_ascii_lowercase().as_str() {
                "user-agent" => {
                    if !last_was_agent {
                        current = Applies::default();
                    }
                    last_was_agent = true;
                    if product_token(value).eq_ignore_ascii_case(product_token(agent)) {
                        current.us = true;
                        named = true;
                    } else if value == "*" || value.starts_with("* ") {
                        current.all = true;
                    }
                }
                key @ ("allow" | "disallow" | "dissallow" | "disalow") => {
                    last_was_agent = false;
                    for (applies, rules) in [(current.us, &mut ours), (current.all, &mut others)] {
                        if applies && !value.is_empty() {
                            let pattern = normalise(value);
                            rules.rules.push(Rule {
                                allow: key == "allow",
                                pattern,
                            });
                        }
                    }
                }
                // These stand outside the rules of a group and do not end it (section 2.2.4).
                "crawl-delay" => {
                    let seconds = value
                        .parse::<f64>()
                        .ok()
                        .filter(|s| s.is_finite() && *s >= 0.0);
                    let delay = seconds.map(|s| Duration::from_secs_f64(s.min(86_400.0)));
                    for (applies, rules) in [(current.us, &mut ours), (current.all, &mut others)] {
                        if applies && delay.is_some() {
                            rules.delay = delay;
                        }
                    }
                }
                "sitemap" if ours.sitemaps.len() < 50 => ours.sitemaps.push(value.to_owned()),
                _ => {}
            }
        }
        if named {
            ours
        } else {
            others.sitemaps = ours.sitemaps;
            others
        }
    }

    /// The longest matching pattern decides; `allow` wins a tie (section 2.2.2).
    #[must_use]
    pub fn allows(&self, path_and_query: &str) -> bool {
        let path = normalise(if path_and_query.is_empty() {
            "/"
        } else {
            path_and_query
        });
        self.rules
            .iter()
            .filter(|rule| matches(&rule.pattern, &path))
            .max_by_key(|rule| (rule.pattern.len(), rule.allow))
            .is_none_or(|rule| rule.allow)
    }
}

#[derive(Default, Clone, Copy)]
struct Applies {
    us: bool,
    all: bool,
}

fn key_value(line: &str) -> Option<(&str, &str)> {
    if let Some((key, value)) = line.split_once(':') {
        return Some((key.trim(), value.trim()));
    }
    let mut words = line.split_whitespace();
    match (words.next(), words.next(), words.next()) {
        (Some(key), Some(value), None) => Some((key, value)),
        _ => None,
    }
}

/// The leading letters, `_` and `-` of a user-agent value (section 2.2.1).
fn product_token(value: &str) -> &str {
    let end = value
        .find(|c: char| !(c.is_ascii_alphabetic() || matches!(c, '_' | '-')))
        .unwrap_or(value.len());
    value.get(..end).unwrap_or_default()
}

/// Octets outside ASCII are percent-encoded, escapes upper-cased, and escaped unreserved characters
/// decoded, so that both sides compare octet by octet (section 2.2.2).
fn normalise(text: &str) -> String {
    use std::fmt::Write as _;
    let bytes = text.as_bytes();
    let mut out = String::with_capacity(bytes.len());
    let mut at = 0;
    while let Some(&byte) = bytes.get(at) {
        let escape = (byte == b'%')
            .then(|| {
                text.get(at + 1..at + 3)
                    .and_then(|hex| u8::from_str_radix(hex, 16).ok())
            })
            .flatten();
        match escape {
            Some(octet)
                if octet.is_ascii_alphanumeric() || matches!(octet, b'-' | b'.' | b'_' | b'~') =>
            {
                out.push(char::from(octet));
                at += 3;
            }
            Some(octet) => {
                let _ = write!(out, "%{octet:02X}");
                at += 3;
            }
            None if byte.is_ascii() => {
                out.push(char::from(byte));
                at += 1;
            }
            None => {
                let _ = write!(out, "%{byte:02X}");
                at += 1;
            }
        }
    }
    out
}

/// `*` stands for any octets, `$` at the end anchors (section 2.2.3). Leftmost search of each part is
/// enough, and linear.
fn matches(pattern: &str, path: &str) -> bool {
    let (pattern, anchored) = match pattern.strip_suffix('$') {
        Some(pattern) => (pattern, true),
        None => (pattern, false),
    };
    let mut parts = pattern.split('*');
    let first = parts.next().unwrap_or_default();
    let Some(mut rest) = path.strip_prefix(first) else {
        return false;
    };
    let mut wild = false;
    let parts: Vec<&str> = parts.collect();
    for (index, part) in parts.iter().enumerate() {
        wild = true;
        if anchored && index + 1 == parts.len() {
            return rest.len() >= part.len() && rest.ends_with(part);
        }
        match rest.find(part) {
            Some(at) => rest = rest.get(at + part.len()..).unwrap_or_default(),
            None => return false,
        }
    }
    !anchored || wild || rest.is_empty()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn allows(file: &str, path: &str) -> bool {
        Robots::from_response(200, file.as_bytes(), "QalqanBot").allows(path)
    }

    #[test]
    fn our_group_wins_over_the_star() {
        let file = "User-agent: *\nDisallow: /\n\nUser-agent: qalqanbot/1.0\nDisallow: /private\n";
        assert!(allows(file, "/public"));
        assert!(!allows(file, "/private/x"));
    }

    #[test]
    fn groups_that_name_us_are_joined() {
        let file = "User-agent: QalqanBot\nDisallow: /a\n\nUser-agent: other\nDisallow: /\n\nUser-agent: QalqanBot\nDisallow: /b\n";
        assert!(!allows(file, "/a") && !allows(file, "/b") && allows(file, "/c"));
    }

    #[test]
    fn the_longest_match_wins_and_allow_wins_a_tie() {
        let file =
            "User-agent: *\nDisallow: /shop\nAllow: /shop/open\nDisallow: /same\nAllow: /same\n";
        assert!(!allows(file, "/shop/x"));
        assert!(allows(file, "/shop/open/1"));
        assert!(allows(file, "/same"));
    }

    #[test]
    fn wildcards_and_anchors() {
        let file = "User-agent: *\nDisallow: /*.pdf$\nDisallow: /a*/secret\nDisallow: /$\n";
        assert!(!allows(file, "/x/y.pdf") && allows(file, "/x/y.pdf?z"));
        assert!(!allows(file, "/abc/secret/1") && allows(file, "/abc/open"));
        assert!(!allows(file, "/") && allows(file, "/x"));
    }

    #[test]
    fn escapes_and_other_scripts_compare_by_octet() {
        let file = "User-agent: *\nDisallow: /айырбас\nDisallow: /%7ejoe\n";
        assert!(!allows(
            file,
            "/%D0%B0%D0%B9%D1%8B%D1%80%D0%B1%D0%B0%D1%81/x"
        ));
        assert!(!allows(file, "/~joe"));
    }

    #[test]
    fn other_lines_do_not_end_a_group() {
        let file = "User-agent: a\nCrawl-delay: 3\nUser-agent: QalqanBot\nSitemap: https://x.test/s.xml\nDisallow: /no\n";
        let robots = Robots::from_response(200, file.as_bytes(), "QalqanBot");
        assert!(!robots.allows("/no"));
        assert_eq!(robots.sitemaps(), ["https://x.test/s.xml"]);
    }

    #[test]
    fn statuses() {
        assert!(Robots::from_response(404, b"", "QalqanBot").allows("/x"));
        assert!(!Robots::from_response(503, b"", "QalqanBot").allows("/x"));
        assert!(Robots::from_response(503, b"", "QalqanBot").allows("/robots.txt"));
    }

    #[test]
    fn crawl_delay_is_read() {
        let robots = Robots::from_response(200, b"User-agent: *\nCrawl-delay: 2.5", "QalqanBot");
        assert_eq!(robots.delay(), Some(Duration::from_millis(2500)));
        assert_eq!(
            Robots::from_response(200, b"User-agent: *\nCrawl-delay: -1", "QalqanBot").delay(),
            None
        );
    }

    #[test]
    fn five_megabytes_are_cut_at_the_bound() {
        let mut file = b"User-agent: *\nDisallow: /first\n".to_vec();
        while file.len() < 5 * 1024 * 1024 {
            file.extend_from_slice(b"# padding padding padding padding padding padding\n");
        }
        file.extend_from_slice(b"Disallow: /last\n");
        let robots = Robots::from_response(200, &file, "QalqanBot");
        assert!(!robots.allows("/first"));
        assert!(robots.allows("/last"), "rules past the bound are not read");
    }

    proptest! {
        #[test]
        fn any_file_and_path(file in "(User-agent: \\*|Allow: |Disallow: |/|\\*|\\$|%[0-9a-f]{0,2}|\n|\\PC){0,80}", path in "/.{0,40}") {
            let _ = allows(&file, &path);
        }
        #[test]
        fn an_unanchored_plain_pattern_is_a_prefix_test(pattern in "/[a-z]{0,6}", path in "/[a-z]{0,10}") {
            prop_assert_eq!(matches(&pattern, &path), path.starts_with(&pattern));
        }
    }
}
