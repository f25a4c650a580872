//! What a reader types into the check box: a domain, a web address, or something else.

use blocklist::DomainName;

/// Longest text that is read, in octets.
pub(crate) const LONGEST: usize = 2_048;

/// Why a text cannot be checked.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum QueryError {
    /// Nothing was typed.
    #[error("give a domain or a web address")]
    Empty,
    /// It is not a web address.
    #[error("that is not a domain or a web address")]
    NotAName,
}

/// Finds the host in what was typed. Scheme, user, port, path, query and fragment are dropped.
pub fn host(text: &str) -> Result<DomainName, QueryError> {
    let text = text.trim();
    if text.is_empty() {
        return Err(QueryError::Empty);
    }
    if text.len() > LONGEST {
        return Err(QueryError::NotAName);
    }
    let after_scheme = match text.split_once("://") {
        Some((scheme, rest)) if is_scheme(scheme) => rest,
        Some(_) => return Err(QueryError::NotAName),
        None => text.strip_prefix("//").unwrap_or(text),
    };
    let authority = after_scheme
        .split(['/', '?', '#', '\\'])
        .next()
        .unwrap_or_default();
    let host = authority.rsplit('@').next().unwrap_or_default();
    let host = match host.rsplit_once(':') {
        Some((name, port)) if port.bytes().all(|b| b.is_ascii_digit()) => name,
        _ => host,
    };
    let name = DomainName::parse(host).map_err(|_| QueryError::NotAName)?;
    // A single label is a word, not a site.
    if name.as_str().contains('.') {
        Ok(name)
    } else {
        Err(QueryError::NotAName)
    }
}

fn is_scheme(text: &str) -> bool {
    text.starts_with(|c: char| c.is_ascii_alphabetic())
        && text.len() <= 20
        && text
            .bytes()
            .all(|b| b.is_ascii_alphanumeric() || b"+-.".contains(&b))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn the_host_is_found_in_what_people_type() {
        for (text, name) in [
            ("birja.test", "birja.test"),
            ("  BIRJA.test. ", "birja.test"),
            ("https://user:pw@birja.test:8443/trade?x=1#y", "birja.test"),
            ("//birja.test/x", "birja.test"),
            ("http://birja.test?https://other.test", "birja.test"),
            ("https://good.test@birja.test/", "birja.test"),
            ("https://birja.test\\@good.test/", "birja.test"),
            ("биржа.қаз", "xn--80abvx3b.xn--80ao21a"),
        ] {
            match host(text) {
                Ok(found) if name.starts_with("xn--") => {
                    assert!(found.as_str().starts_with("xn--"));
                }
                found => assert_eq!(found.unwrap().as_str(), name, "{text}"),
            }
        }
    }

    #[test]
    fn other_texts_are_refused() {
        assert_eq!(host("  "), Err(QueryError::Empty));
        for bad in [
            "kaspi",
            "127.0.0.1",
            "http://[::1]/",
            "a b.test",
            "1 2://x.test",
            "https://",
            "..",
            "💥",
        ] {
            assert_eq!(host(bad), Err(QueryError::NotAName), "{bad}");
        }
        assert_eq!(host(&"a.".repeat(3_000)), Err(QueryError::NotAName));
    }

    proptest! {
        #[test]
        fn any_text_is_a_name_or_refused(text in "\\PC{0,120}") {
            if let Ok(name) = host(&text) {
                prop_assert!(name.as_str().contains('.'));
            }
        }
    }
}
