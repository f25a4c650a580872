//! How a domain name is shown: Unicode, A-labels, and which part somebody registered.

use blocklist::DomainName;

use crate::hostile;

/// A name ready for a page.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Shown {
    /// Labels before the registrable part, with the final dot: `www.`.
    pub(crate) prefix: String,
    /// The part that somebody registered: shown in bold.
    pub(crate) registrable: String,
    /// The A-label form when it differs from what is shown.
    pub(crate) ascii: Option<String>,
    /// Letters of more than one alphabet stand in one label: a sign of imitation.
    pub(crate) mixed_script: bool,
}

impl Shown {
    /// Splits and decodes a name.
    pub(crate) fn new(name: &DomainName) -> Self {
        let unicode = name.to_unicode();
        let own = name
            .registrable()
            .map_or_else(|| unicode.clone(), |own| own.to_unicode());
        let prefix = unicode
            .strip_suffix(own.as_str())
            .unwrap_or_default()
            .to_owned();
        let own = if prefix.len() + own.len() == unicode.len() {
            own
        } else {
            unicode.clone()
        };
        Self {
            prefix: hostile::line(&prefix, 260),
            registrable: hostile::line(&own, 260),
            ascii: (unicode != name.as_str()).then(|| name.as_str().to_owned()),
            mixed_script: unicode.split('.').any(mixes_scripts),
        }
    }

    /// Reads a stored name; one that does not parse is shown as it is.
    pub(crate) fn of(text: &str) -> Self {
        DomainName::parse(text).map_or_else(
            |_| Self {
                prefix: String::new(),
                registrable: hostile::line(text, 260),
                ascii: None,
                mixed_script: false,
            },
            |name| Self::new(&name),
        )
    }

    /// The whole name in Unicode.
    pub(crate) fn whole(&self) -> String {
        format!("{}{}", self.prefix, self.registrable)
    }
}

/// Whether Latin, Cyrillic and Greek letters meet in one label.
fn mixes_scripts(label: &str) -> bool {
    let has = |range: fn(char) -> bool| label.chars().any(range);
    let latin = has(|c| c.is_ascii_alphabetic() || ('\u{c0}'..='\u{24f}').contains(&c));
    let cyrillic = has(|c| ('\u{400}'..='\u{52f}').contains(&c));
    let greek = has(|c| ('\u{370}'..='\u{3ff}').contains(&c));
    usize::from(latin) + usize::from(cyrillic) + usize::from(greek) > 1
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_registered_part_stands_out() {
        let shown = Shown::of("www.obmen.test");
        assert_eq!(
            (shown.prefix.as_str(), shown.registrable.as_str()),
            ("www.", "obmen.test")
        );
        assert_eq!(shown.ascii, None);
        let shown = Shown::of("теңге.test");
        assert_eq!(shown.whole(), "теңге.test");
        assert!(shown.ascii.is_some_and(|ascii| ascii.starts_with("xn--")));
        assert!(!shown.mixed_script);
        assert!(Shown::of("altynаrqa.test").mixed_script, "one Cyrillic а");
    }
}
