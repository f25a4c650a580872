//! How a domain name is shown: Unicode, A-labels, and which part somebody registered.

use blocklist::DomainName;

use crate::hostile::{self, Part};

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

    /// The labels before the registered part, with odd letters marked.
    pub(crate) fn prefix_parts(&self) -> Vec<Part> {
        mark_odd_letters(&self.prefix)
    }

    /// The registered part, with the letters marked that are of another alphabet than most of
    /// their label.
    pub(crate) fn registrable_parts(&self) -> Vec<Part> {
        mark_odd_letters(&self.registrable)
    }

    /// The whole name, with odd letters marked.
    pub(crate) fn parts(&self) -> Vec<Part> {
        mark_odd_letters(&self.whole())
    }

    /// The whole name in Unicode.
    pub(crate) fn whole(&self) -> String {
        format!("{}{}", self.prefix, self.registrable)
    }
}

/// The alphabets that imitations mix.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Script {
    Latin,
    Cyrillic,
    Greek,
}

fn script(c: char) -> Option<Script> {
    match c {
        'a'..='z' | 'A'..='Z' | '\u{c0}'..='\u{24f}' => Some(Script::Latin),
        '\u{400}'..='\u{52f}' => Some(Script::Cyrillic),
        '\u{370}'..='\u{3ff}' => Some(Script::Greek),
        _ => None,
    }
}

/// The alphabet of most letters of a label; `None` when it has no letters of the three.
fn main_script(label: &str) -> Option<Script> {
    let count = |of: Script| label.chars().filter(|c| script(*c) == Some(of)).count();
    [Script::Greek, Script::Cyrillic, Script::Latin]
        .into_iter()
        .max_by_key(|of| count(*of))
        .filter(|of| count(*of) > 0)
}

/// Whether Latin, Cyrillic and Greek letters meet in one label.
fn mixes_scripts(label: &str) -> bool {
    let main = main_script(label);
    label
        .chars()
        .filter_map(script)
        .any(|found| Some(found) != main)
}

fn mark_odd_letters(name: &str) -> Vec<Part> {
    let mut parts: Vec<Part> = Vec::new();
    for label in name.split_inclusive('.') {
        let main = main_script(label);
        for c in label.chars() {
            let marked = script(c).is_some_and(|found| Some(found) != main);
            match parts.last_mut() {
                Some(last) if last.marked == marked => last.text.push(c),
                _ => parts.push(Part {
                    text: c.into(),
                    marked,
                }),
            }
        }
    }
    parts
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
        let odd: Vec<_> = Shown::of("www.altynаrqa.test")
            .parts()
            .into_iter()
            .filter(|p| p.marked)
            .collect();
        assert_eq!(odd.len(), 1);
        assert_eq!(odd[0].text, "\u{430}");
        assert!(
            Shown::of("теңге.test")
                .parts()
                .iter()
                .all(|part| !part.marked)
        );
    }
}
