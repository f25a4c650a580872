//! The three languages, and which of them a reader gets.

use std::fmt;

/// A language of the pages.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Lang {
    /// Kazakh: the default.
    Kk,
    /// Russian.
    Ru,
    /// English.
    En,
}

impl Lang {
    /// All of them, in the order of the language switch.
    pub(crate) const ALL: [Self; 3] = [Self::Kk, Self::Ru, Self::En];

    /// BCP 47 tag, also the first segment of every page's path.
    pub(crate) fn tag(self) -> &'static str {
        match self {
            Self::Kk => "kk",
            Self::Ru => "ru",
            Self::En => "en",
        }
    }

    /// The language's own name for itself.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Kk => "Қазақша",
            Self::Ru => "Русский",
            Self::En => "English",
        }
    }

    /// Reads a path segment; only the exact tags count.
    pub(crate) fn from_tag(tag: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|lang| lang.tag() == tag)
    }

    /// The language of a path such as `/ru/check`.
    pub(crate) fn of_path(path: &str) -> Option<Self> {
        Self::from_tag(path.split('/').nth(1)?)
    }

    /// Chooses by `Accept-Language` (RFC 9110 §12.5.4); Kazakh when nothing matches. Only the first
    /// 20 ranges are read.
    pub(crate) fn preferred(accept_language: Option<&str>) -> Self {
        let mut best = (0, Self::Kk);
        for range in accept_language.unwrap_or_default().split(',').take(20) {
            let (tag, quality) = match range.split_once(';') {
                Some((tag, parameter)) => (tag, quality_of(parameter)),
                None => (range, 1000),
            };
            let primary = tag
                .trim()
                .split('-')
                .next()
                .unwrap_or_default()
                .to_ascii_lowercase();
            if let Some(lang) = Self::from_tag(&primary)
                && quality > best.0
            {
                best = (quality, lang);
            }
        }
        best.1
    }
}

/// `q=0.8` in thousandths; an unreadable weight counts as none.
pub(crate) fn quality_of(parameter: &str) -> u32 {
    let number = parameter
        .trim()
        .strip_prefix("q=")
        .and_then(|text| text.trim().parse::<f32>().ok());
    match number {
        Some(q) if (0.0..=1.0).contains(&q) => (q * 1000.0) as u32,
        _ => 0,
    }
}

impl fmt::Display for Lang {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.tag())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn the_reader_gets_the_language_asked_for() {
        for (header, lang) in [
            (None, Lang::Kk),
            (Some(""), Lang::Kk),
            (Some("de,fr;q=0.5"), Lang::Kk),
            (Some("ru-KZ,ru;q=0.9,en;q=0.8"), Lang::Ru),
            (Some("en-GB;q=0.3, kk;q=0.2"), Lang::En),
            (Some("kk-KZ, ru;q=0.9"), Lang::Kk),
            (Some("ru;q=0, en;q=0.1"), Lang::En),
            (Some("ru;q=nan, en;q=7"), Lang::Kk),
        ] {
            assert_eq!(Lang::preferred(header), lang, "{header:?}");
        }
    }

    proptest! {
        #[test]
        fn any_header_gives_a_language(header in "\\PC{0,200}") {
            let _ = Lang::preferred(Some(&header));
        }
    }
}
