//! Which packed form of a list a reader takes (RFC 9110 §12.5.3).

use axum::http::{HeaderMap, header};

use crate::language::quality_of;

/// A content coding that lists are packed in at release.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Coding {
    /// RFC 8878.
    Zstd,
    /// RFC 1952.
    Gzip,
}

impl Coding {
    /// Its name in headers.
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Zstd => "zstd",
            Self::Gzip => "gzip",
        }
    }

    /// How the packed file ends.
    pub(super) fn ending(self) -> &'static str {
        match self {
            Self::Zstd => ".zst",
            Self::Gzip => ".gz",
        }
    }
}

/// The codings the reader takes, the one it likes best first; what it does not name it does not take.
/// Only the first 20 words of the header are read.
pub(super) fn accepted(headers: &HeaderMap) -> Vec<Coding> {
    let mut weighed = Vec::new();
    let values = headers.get_all(header::ACCEPT_ENCODING).iter();
    let words = values
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(','));
    for word in words.take(20) {
        let (name, quality) = match word.split_once(';') {
            Some((name, parameter)) => (name, quality_of(parameter)),
            None => (word, 1000),
        };
        for coding in [Coding::Zstd, Coding::Gzip] {
            if quality > 0 && name.trim().eq_ignore_ascii_case(coding.name()) {
                weighed.push((quality, coding));
            }
        }
    }
    // Stable, and the smaller first where both are as welcome.
    weighed.sort_by_key(|(quality, coding)| (1000 - quality, *coding == Coding::Gzip));
    weighed.into_iter().map(|(_, coding)| coding).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn of(text: &str) -> Vec<&'static str> {
        let mut headers = HeaderMap::new();
        headers.insert(header::ACCEPT_ENCODING, text.parse().unwrap());
        accepted(&headers).into_iter().map(Coding::name).collect()
    }

    #[test]
    fn what_is_not_wanted_is_not_sent() {
        assert_eq!(of("gzip, deflate, br, zstd"), ["zstd", "gzip"]);
        assert_eq!(of("gzip;q=0.9, zstd;q=0.1"), ["gzip", "zstd"]);
        assert_eq!(of("zstd;q=0, GZIP"), ["gzip"]);
        assert_eq!(of("identity, *;q=0.5"), [""; 0]);
        assert_eq!(of("gzip;q=nonsense"), [""; 0]);
    }

    proptest! {
        #[test]
        fn any_header_is_read_safely(text in "[ -~]{0,60}") {
            let _ = of(&text);
        }
    }
}
