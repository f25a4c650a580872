//! Licence numbers in the one form in which they are looked up. Authorities write `AFSA-A-LA-2024-0105`,
//! `4.2.123/456` or `7100204`; pages write the same with other dashes, with spaces, or with Cyrillic
//! letters that look like the Latin ones.

/// A licence number as it is looked up: upper case, look-alike letters as Latin ones, and one hyphen for
/// whatever stands between its parts. Empty when there is neither a letter nor a digit. Numbers that
/// differ in where their parts end (`1.2.77/41`, `1.2.7/741`) stay different.
pub fn number_key(number: &str) -> String {
    let mut key = String::with_capacity(number.len());
    let mut parted = false;
    for c in number.chars().flat_map(char::to_uppercase) {
        match of_a_part(c) {
            Some(c) => {
                if parted && !key.is_empty() {
                    key.push('-');
                }
                parted = false;
                key.push(c);
            }
            None => parted |= !is_unseen(c),
        }
    }
    // The authority's name in Russian letters, of which only some look like the Latin ones.
    match key.strip_prefix("AФCA-") {
        Some(rest) => format!("AFSA-{rest}"),
        None => key,
    }
}

/// How the numbers of its authority begin: `AFSA` of `AFSA-A-LA-2024-0105`. Figures, or one letter, are
/// no such beginning: anybody's numbers may start with them.
pub(super) fn authority(key: &str) -> Option<&str> {
    let first = key.split('-').next()?;
    let letters = first.chars().all(char::is_alphabetic);
    (letters && first.chars().nth(1).is_some()).then_some(first)
}

/// Whether the number tells licences of different authorities apart by itself. A branch of a bank, a
/// notary and an exchange may each hold a licence `000123`.
pub(super) fn is_telling(key: &str) -> bool {
    let mut first = key.chars();
    let mut letter = || first.next().is_some_and(char::is_alphabetic);
    letter() && letter()
}

/// A letter or digit as it stands in a key.
fn of_a_part(c: char) -> Option<char> {
    /// Capitals that look like a Latin one, and that one.
    const READ_AS: [(char, char); 27] = [
        ('А', 'A'),
        ('В', 'B'),
        ('Е', 'E'),
        ('К', 'K'),
        ('Қ', 'K'),
        ('М', 'M'),
        ('Н', 'H'),
        ('О', 'O'),
        ('Р', 'P'),
        ('С', 'C'),
        ('Т', 'T'),
        ('У', 'Y'),
        ('Ү', 'Y'),
        ('Х', 'X'),
        ('І', 'I'),
        ('Һ', 'H'),
        ('Ѕ', 'S'),
        ('Ј', 'J'),
        ('Ԍ', 'G'),
        ('Ԁ', 'D'),
        ('Α', 'A'),
        ('Β', 'B'),
        ('Ε', 'E'),
        ('Κ', 'K'),
        ('Ο', 'O'),
        ('Ρ', 'P'),
        ('Τ', 'T'),
    ];
    if c.is_ascii() {
        return c.is_ascii_alphanumeric().then_some(c);
    }
    // Full-width forms stand in the order of ASCII.
    let c = match c {
        '０'..='９' | 'Ａ'..='Ｚ' => char::from_u32(u32::from(c) - 0xfee0)?,
        c => c,
    };
    let alike = READ_AS.iter().find(|(letter, _)| *letter == c);
    let c = alike.map_or(c, |(_, latin)| *latin);
    c.is_alphanumeric().then_some(c)
}

/// Characters that show nothing and part nothing.
fn is_unseen(c: char) -> bool {
    matches!(c, '\u{200b}'..='\u{200f}' | '\u{2060}' | '\u{feff}')
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn writings_of_one_number_are_one_key() {
        for (key, writings) in [
            (
                "AFSA-A-LA-2024-0105",
                &[
                    "AFSA-A-LA-2024-0105",
                    "afsa–a–la–2024–0105",
                    "AFSA / A / LA / 2024 / 0105",
                    "AFSA A LA 2024 0105",
                    "АFSА-А-LА-2024-0105",
                    "АФСА-А-LA-2024-0105",
                    "AFSA_A_LA_2024_0105",
                    "AFSA-\u{200b}A-LA-2024-0105",
                    "ＡＦＳＡ－Ａ－ＬＡ－２０２４－０１０５",
                ][..],
            ),
            ("4-2-123-456", &["4.2.123/456", "№ 4.2.123 / 456"]),
            (
                "UB-OP-000123",
                &["UB-OP-000123", "ub/op/000123", "UВ-ОР-000123"],
            ),
            ("0507-KP", &["0507-КР", "0507-KP"]),
            ("", &["", "№ –", " . "]),
        ] {
            for written in writings {
                assert_eq!(number_key(written), key, "{written}");
            }
        }
        assert_ne!(number_key("1.2.77/41"), number_key("1.2.7/741"));
    }

    #[test]
    fn only_letters_name_an_authority() {
        for (key, named, telling) in [
            ("AFSA-A-LA-2024-0105", Some("AFSA"), true),
            ("UB-OP-000123", Some("UB"), true),
            ("KZ18UXM00000931", None, true),
            ("A-1", None, false),
            ("0417-12", None, false),
            ("7100204", None, false),
            ("", None, false),
        ] {
            assert_eq!((authority(key), is_telling(key)), (named, telling), "{key}");
        }
    }

    proptest! {
        #[test]
        fn a_key_is_its_own_key(text in "\\PC{0,40}|[A-Za-zА-я0-9 ./_–-]{0,30}") {
            let key = number_key(&text);
            prop_assert_eq!(number_key(&key), key.clone());
            prop_assert!(!key.starts_with('-') && !key.ends_with('-') && !key.contains("--"));
        }
    }
}
