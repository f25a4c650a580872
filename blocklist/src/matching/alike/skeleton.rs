//! Letters that are taken for one another, folded onto one. Unicode's own table (UTS 39) comes first;
//! ours comes after it, because UTS 39 leaves out pairs that matter here, such as Cyrillic к and
//! Latin k. What is equal by UTS 39 is therefore equal by this.

use std::{collections::HashMap, sync::LazyLock};

/// Letters that UTS 39 leaves apart, each with the Latin letter it is read as in common fonts.
const READ_AS: &[(&str, char)] = &[
    ("ə ǝ ә", 'a'),
    ("є э ҽ", 'e'),
    ("в ь ъ ѣ ʙ", 'b'),
    ("с ҫ", 'c'),
    ("ԁ ժ", 'd'),
    ("ғ г ґ ӷ ʀ ᴦ ɾ", 'r'),
    ("н ң һ ӊ ӈ ҥ ʜ ħ ћ ђ ⱨ", 'h'),
    ("к қ ҝ ҟ ҡ ӄ ĸ ᴋ κ ⱪ", 'k'),
    ("м ӎ ʍ ᴍ", 'm'),
    ("п л ɴ ŋ η ᴨ ո ꞑ", 'n'),
    ("ө ø ɵ ѳ ӫ", 'o'),
    ("т ҭ ᴛ τ ŧ", 't'),
    ("и й ц џ υ ʉ", 'u'),
    ("у ү ұ ў ʏ ч ɣ γ", 'y'),
    ("х ҳ ҲӼ", 'x'),
    ("ш щ ѡ ɯ ω", 'w'),
    ("з ӡ ʒ", 'z'),
    ("ʟ ł ı", 'l'),
    ("ɢ", 'g'),
];

/// What a letter, already folded by UTS 39, is folded onto.
static OURS: LazyLock<HashMap<char, char>> = LazyLock::new(|| {
    let letters = READ_AS.iter().flat_map(|(letters, onto)| {
        let letters = letters.chars().filter(|c| *c != ' ');
        letters.map(move |letter| (letter, *onto))
    });
    let mut table = HashMap::new();
    for (letter, onto) in letters {
        // UTS 39 may have its own letter for the whole class, perhaps with a mark over it.
        let mut shape = uts39(letter).filter(|c| !is_mark(*c));
        if let (Some(one), None) = (shape.next(), shape.next()) {
            table.insert(one, onto);
        }
    }
    table
});

fn uts39(c: char) -> impl Iterator<Item = char> {
    let mut bytes = [0; 4];
    let folded: Vec<char> = unicode_security::skeleton(c.encode_utf8(&mut bytes)).collect();
    folded.into_iter()
}

fn is_mark(c: char) -> bool {
    matches!(c, '\u{02b9}'..='\u{02df}' | '\u{0300}'..='\u{036f}' | '\u{1ab0}'..='\u{1aff}' | '\u{1dc0}'..='\u{1dff}' | '\u{20d0}'..='\u{20ff}')
}

fn is_hyphen(c: char) -> bool {
    matches!(c, '-' | '_' | '\u{2010}'..='\u{2015}' | '\u{2212}')
}

/// A label letter by letter, each folded, without hyphens and marks.
pub(super) fn letters(label: &str) -> Vec<char> {
    let mut out = Vec::with_capacity(label.len());
    for c in label.chars() {
        if c.is_ascii() {
            out.extend(fold(c));
        } else {
            out.extend(uts39(c).filter_map(fold));
        }
    }
    out
}

fn fold(c: char) -> Option<char> {
    Some(match c {
        '0' => 'o',
        '1' | '|' | 'i' | 'I' => 'l',
        '5' => 's',
        'a'..='z' | '2'..='9' => c,
        'A'..='Z' => c.to_ascii_lowercase(),
        '\'' => return None,
        c if is_hyphen(c) || is_mark(c) => return None,
        c => OURS.get(&c).copied().unwrap_or(c),
    })
}

/// Letters in which two that are read as one are one. Two labels with equal skeletons look alike.
pub(super) fn skeleton(letters: &[char]) -> String {
    let mut out = String::with_capacity(letters.len());
    let mut rest = letters;
    while let Some((c, after)) = rest.split_first() {
        let pair = match rest {
            ['r', 'n', ..] => Some('m'),
            ['v', 'v', ..] => Some('w'),
            ['c', 'l', ..] => Some('d'),
            ['l', 'c', ..] => Some('k'),
            _ => None,
        };
        out.push(pair.unwrap_or(*c));
        rest = if pair.is_some() { &after[1..] } else { after };
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn of(label: &str) -> String {
        skeleton(&letters(label))
    }

    #[test]
    fn every_letter_of_our_table_is_read_as_it_says() {
        for (group, onto) in READ_AS {
            for letter in group.chars().filter(|c| *c != ' ') {
                let onto = of(&onto.to_string());
                assert_eq!(
                    of(&letter.to_string()),
                    onto,
                    "{letter} U+{:04X}",
                    letter as u32
                );
            }
        }
    }

    #[test]
    fn letters_of_two_scripts_meet() {
        for (label, other) in [
            ("halyк", "halyk"),
            ("һаӏук", "haiyk"),
            ("қазақ", "kasak".replace('s', "z").as_str()),
            ("ѕсоре", "scope"),
            ("моdеrп", "modem"),
            ("vvallet", "wallet"),
            ("a1ty-n", "altyn"),
            ("tөlem", "tolem"),
            ("ғұң", "ryh"),
            ("éñş", "ens"),
            ("clаrа", "dara"),
        ] {
            assert_eq!(of(label), of(other), "{label} {other}");
        }
        assert_ne!(of("altyn"), of("altun"));
    }

    /// Any letter or digit a domain can hold, many of them close to one another.
    fn label() -> impl Strategy<Value = String> {
        proptest::collection::vec(
            prop_oneof![
                proptest::char::range('a', 'z'),
                proptest::char::range('0', '9'),
                proptest::char::range('а', 'џ'),
                proptest::char::range('ѐ', 'ԯ'),
                proptest::char::range('α', 'ω'),
                proptest::char::range('à', 'ɏ'),
                proptest::char::any().prop_filter("a letter or a figure", |c| c.is_alphanumeric()),
            ],
            0..8,
        )
        .prop_map(|letters| letters.into_iter().flat_map(char::to_lowercase).collect())
    }

    proptest! {
        /// Put into UTS 39's own form, a label still has the same skeleton: so two that are equal
        /// there are equal here.
        #[test]
        fn what_uts_39_folds_is_folded(label in label()) {
            let theirs: String = unicode_security::skeleton(&label).collect();
            prop_assert_eq!(of(&label), of(&theirs));
        }
    }
}
