//! Names of firms, known by their legal form.

use std::sync::LazyLock;

use regex::Regex;

/// A firm's name by its legal form, one pattern for each way of writing it, with words of which a text
/// must hold one for the pattern to be worth trying. No two can match at the same place.
static LEGAL_NAMES: LazyLock<Vec<(&[&str], Regex)>> = LazyLock::new(|| {
    let patterns: [(&[&str], &str); 3] = [
        (
            &["ТОО", "ЖШС", "АО", "АҚ", "ИП", "ЖК"],
            r#"(?:ТОО|ЖШС|АО|АҚ|ИП|ЖК)\s*[«"“„][^»"”“]{2,60}[»"”“]"#,
        ),
        (&["ЖШС", "АҚ"], r#"[«"“][^»"”“]{2,60}[»"”“]\s*(?:ЖШС|АҚ)"#),
        (
            &["Ltd", "Limited", "LLP", "LLC", "PLC"],
            r"\b[A-Z][A-Za-z0-9&.'\-]*(?:\s+[A-Z(][A-Za-z0-9&.'()\-]*){0,5},?\s+(?:Ltd\b\.?|Limited\b|LLP\b|LLC\b|PLC\b)",
        ),
    ];
    let compiled = patterns.map(|(forms, pattern)| Some((forms, Regex::new(pattern).ok()?)));
    compiled.into_iter().flatten().collect()
});

/// The firms in the text that are named with their legal form, each with its first byte, in order.
pub(super) fn legal_names(text: &str) -> Vec<(usize, &str)> {
    let mut found: Vec<(usize, &str)> = LEGAL_NAMES
        .iter()
        .filter(|(forms, _)| forms.iter().any(|form| text.contains(form)))
        .flat_map(|(_, pattern)| pattern.find_iter(text))
        .map(|found| (found.start(), found.as_str().trim()))
        .collect();
    found.sort_unstable();
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn legal_names_in_three_languages() {
        assert_eq!(LEGAL_NAMES.len(), 3);
        for (text, name) in [
            (
                "Услуги оказывает ТОО «Пример Обмен» с 2024 года",
                "ТОО «Пример Обмен»",
            ),
            ("«Мысал Айырбас» ЖШС көрсетеді", "«Мысал Айырбас» ЖШС"),
            (
                "operated by Example Digital Markets Ltd. in the AIFC",
                "Example Digital Markets Ltd.",
            ),
            ("Example Limited и ТОО «Пример Обмен»", "Example Limited"),
        ] {
            assert_eq!(legal_names(text)[0].1, name);
        }
        assert_eq!(legal_names("no company here, only limited offers"), []);
    }
}
