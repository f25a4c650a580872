//! The folded form of a word: lower case, ё as е, accents of Latin letters gone, and the tricks that
//! hide a word from a reader of bytes undone: invisible characters, full-width and mathematical
//! letters, letters of the other alphabet that look the same, a zero for an o.

/// Appends the folded form of `word`; whatever is no letter, digit or ₸ is passed over. True when
/// letters of the other alphabet stood in it for their look-alikes.
pub(super) fn fold_into(word: &str, out: &mut String) -> bool {
    // Nearly every word of a page is one of these two, and has nothing to undo.
    if ascii_into(word, out) || cyrillic_into(word, out) {
        return false;
    }
    any_into(word, out)
}

/// Appends a word of ASCII letters and digits; false, and nothing appended, for any other.
fn ascii_into(word: &str, out: &mut String) -> bool {
    if !word.bytes().all(|b| b.is_ascii_alphanumeric()) {
        return false;
    }
    let start = out.len();
    out.push_str(word);
    if let Some(added) = out.get_mut(start..) {
        added.make_ascii_lowercase();
    }
    zeros(out, start, 'o');
    true
}

/// Appends a word of Cyrillic letters alone; false, and nothing appended, for any other.
fn cyrillic_into(word: &str, out: &mut String) -> bool {
    let start = out.len();
    for c in word.chars() {
        let Some(lower) = lower_cyrillic(c) else {
            out.truncate(start);
            return false;
        };
        out.push(lower);
    }
    true
}

/// Appends the folded form of any word, letter by letter.
fn any_into(word: &str, out: &mut String) -> bool {
    let start = out.len();
    let cyrillic = word.chars().filter(|c| is_cyrillic(*c)).count();
    let latin = word.chars().filter(char::is_ascii_alphabetic).count();
    let mixed = cyrillic > 0 && latin > 0;
    let to_cyrillic = cyrillic >= latin;
    let mut disguised = mixed && cyrillic + latin >= 4;
    for c in word.chars() {
        if is_combining(c) {
            combine(c, out, start);
            continue;
        }
        let c = plain(c);
        if !c.is_alphanumeric() && c != '₸' {
            continue;
        }
        let c = match mixed {
            true if to_cyrillic && c.is_ascii_alphabetic() => {
                let twin = to_cyrillic_twin(c);
                // Writers of Kazakh and Ukrainian type a Latin i for want of their own: no disguise.
                disguised &= twin.is_some() && !matches!(c, 'i' | 'I' | 'h');
                twin.unwrap_or(c)
            }
            true if !to_cyrillic && is_cyrillic(c) => {
                let twin = to_latin_twin(c);
                disguised &= twin.is_some() && !matches!(c, 'і' | 'І');
                twin.unwrap_or(c)
            }
            _ => c,
        };
        let lower = c.to_lowercase().filter(|c| !is_combining(*c));
        out.extend(lower.map(bare));
    }
    zeros(
        out,
        start,
        if cyrillic > 0 && to_cyrillic {
            'о'
        } else {
            'o'
        },
    );
    disguised
}

/// The folded form of one word.
#[must_use]
pub fn fold(word: &str) -> String {
    let mut out = String::with_capacity(word.len());
    fold_into(word, &mut out);
    out
}

/// Characters that show nothing: soft hyphen, joiners, marks of direction, variation selectors.
pub(super) fn is_invisible(c: char) -> bool {
    matches!(c, '\u{ad}' | '\u{34f}' | '\u{61c}' | '\u{180e}' | '\u{200b}'..='\u{200f}'
        | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{2064}' | '\u{2066}'..='\u{2069}'
        | '\u{fe00}'..='\u{fe0f}' | '\u{feff}')
}

pub(super) fn is_combining(c: char) -> bool {
    matches!(c, '\u{300}'..='\u{34e}' | '\u{350}'..='\u{36f}' | '\u{483}'..='\u{489}'
        | '\u{1ab0}'..='\u{1aff}' | '\u{1dc0}'..='\u{1dff}' | '\u{20d0}'..='\u{20ff}'
        | '\u{fe20}'..='\u{fe2f}')
}

/// The first of the Cyrillic characters in [`LOWER_CYRILLIC`].
const FIRST_CYRILLIC: u32 = 0x400;

/// The lower-case form of each character from U+0400 to U+052F, ё as е; NUL for signs and marks.
static LOWER_CYRILLIC: [char; 0x130] = {
    let mut table = ['\0'; 0x130];
    let mut at = 0;
    while at < table.len() {
        let code = FIRST_CYRILLIC + at as u32;
        let lower = match code {
            0x401 | 0x451 => 0x435,
            0x400..=0x40f => code + 0x50,
            0x410..=0x42f => code + 0x20,
            0x430..=0x45f | 0x4cf => code,
            0x482..=0x489 => 0,
            0x4c0 => 0x4cf,
            // Pairs of a capital and its small letter: these begin with an odd code, the rest with an even.
            0x4c1..=0x4ce => code + code % 2,
            _ => code | 1,
        };
        table[at] = match char::from_u32(lower) {
            Some(c) => c,
            None => '\0',
        };
        at += 1;
    }
    table
};

/// The folded form of a Cyrillic letter; `None` for anything else.
pub(super) fn lower_cyrillic(c: char) -> Option<char> {
    let at = u32::from(c).checked_sub(FIRST_CYRILLIC)?;
    let lower = LOWER_CYRILLIC.get(at as usize).copied()?;
    (lower != '\0').then_some(lower)
}

/// A mark over the letter before it. Only three make another letter in our languages.
fn combine(mark: char, out: &mut String, start: usize) {
    let before = out.get(start..).and_then(|word| word.chars().next_back());
    let joined = match (before, mark) {
        (Some('и'), '\u{306}') => 'й',
        (Some('у'), '\u{306}') => 'ў',
        (Some('і'), '\u{308}') => 'ї',
        _ => return,
    };
    out.pop();
    out.push(joined);
}

/// Full-width and mathematical letters and digits as what they show.
fn plain(c: char) -> char {
    let code = u32::from(c);
    let letter = |from: u32| {
        let place = (code - from) % 52;
        let base = if place < 26 { 'A' } else { 'a' };
        char::from_u32(u32::from(base) + place % 26)
    };
    let shown = match code {
        0xFF01..=0xFF5E => char::from_u32(code - 0xFEE0),
        0x1D400..=0x1D6A3 => letter(0x1D400),
        0x1D7CE..=0x1D7FF => char::from_u32(u32::from('0') + (code - 0x1D7CE) % 10),
        0x24B6..=0x24E9 => letter(0x24B6),
        _ => None,
    };
    shown.unwrap_or(c)
}

/// A lower-case letter without its accent, where the accent makes no other word of ours.
fn bare(c: char) -> char {
    match c {
        'ё' => 'е',
        // The schwa of other alphabets, which texts taken from PDF files hold for the Kazakh letter.
        'ə' => 'ә',
        'à'..='å' | 'ā' | 'ă' | 'ą' | 'ǎ' => 'a',
        'ç' | 'ć' | 'č' => 'c',
        'ď' => 'd',
        'è'..='ë' | 'ē' | 'ė' | 'ę' | 'ě' => 'e',
        'ğ' | 'ģ' | 'ǵ' => 'g',
        'ì'..='ï' | 'ı' | 'ī' | 'į' => 'i',
        'ł' => 'l',
        'ñ' | 'ń' | 'ň' | 'ņ' | 'ŋ' => 'n',
        'ò'..='ö' | 'ō' | 'ő' => 'o',
        'ř' => 'r',
        'ş' | 'ś' | 'š' | 'ș' => 's',
        'ţ' | 'ť' | 'ț' => 't',
        'ù'..='ü' | 'ū' | 'ů' | 'ű' => 'u',
        'ý' | 'ÿ' => 'y',
        'ź' | 'ż' | 'ž' => 'z',
        c => c,
    }
}

/// `0бмен`, `c0in`: a zero before a letter, in a word that has no other digit, is an o.
fn zeros(out: &mut String, start: usize, o: char) {
    let Some(word) = out.get(start..) else { return };
    if !word.contains('0') || word.chars().any(|c| matches!(c, '1'..='9')) {
        return;
    }
    let letters: Vec<char> = word.chars().collect();
    if letters.iter().filter(|c| c.is_alphabetic()).count() < 3 {
        return;
    }
    out.truncate(start);
    for (index, c) in letters.iter().enumerate() {
        let before_letter = letters
            .get(index + 1)
            .is_some_and(|next| next.is_alphabetic());
        out.push(if *c == '0' && before_letter { o } else { *c });
    }
}

pub(super) fn is_cyrillic(c: char) -> bool {
    matches!(c, '\u{400}'..='\u{52F}')
}

/// Latin letters with the Cyrillic ones that look the same. Case matters: `H` shows Н, `h` shows һ.
const TWINS: &[(char, char)] = &[
    ('a', 'а'),
    ('A', 'А'),
    ('B', 'В'),
    ('c', 'с'),
    ('C', 'С'),
    ('e', 'е'),
    ('E', 'Е'),
    ('H', 'Н'),
    ('h', 'һ'),
    ('i', 'і'),
    ('I', 'І'),
    ('j', 'ј'),
    ('k', 'к'),
    ('K', 'К'),
    ('m', 'м'),
    ('M', 'М'),
    ('o', 'о'),
    ('O', 'О'),
    ('p', 'р'),
    ('P', 'Р'),
    ('s', 'ѕ'),
    ('S', 'Ѕ'),
    ('t', 'т'),
    ('T', 'Т'),
    ('x', 'х'),
    ('X', 'Х'),
    ('y', 'у'),
    ('Y', 'У'),
];

fn to_cyrillic_twin(c: char) -> Option<char> {
    TWINS
        .iter()
        .find(|(latin, _)| *latin == c)
        .map(|(_, twin)| *twin)
}

fn to_latin_twin(c: char) -> Option<char> {
    TWINS
        .iter()
        .find(|(_, twin)| *twin == c)
        .map(|(latin, _)| *latin)
}

/// Whether a Latin letter looks like this Cyrillic one.
pub(super) fn has_latin_twin(c: char) -> bool {
    to_latin_twin(c).is_some()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn disguises_are_undone() {
        for (word, folded) in [
            ("обмeн", "обмен"),        // Latin e
            ("USDТ", "usdt"),          // Cyrillic Т
            ("об\u{ad}мен", "обмен"),  // soft hyphen
            ("US\u{200b}DT", "usdt"),  // zero-width space
            ("ＵＳＤＴ", "usdt"),      // full width
            ("𝐔𝐒𝐃𝐓", "usdt"),          // mathematical bold
            ("обме\u{301}н", "обмен"), // stress
            ("би\u{306}ржа", "бйржа"), // a combined й stays one
            ("0бмен", "обмен"),
            ("c0in", "coin"),
            ("número", "numero"),
            ("жəне", "және"), // Latin schwa
        ] {
            assert_eq!(fold(word), folded, "{word}");
        }
    }

    #[test]
    fn ordinary_words_stay_as_they_are() {
        for word in [
            "қазақстан",
            "trc20",
            "p2p",
            "100",
            "їжак",
            "usd100",
            "0x",
            "биткойн",
            "қаһарман",
        ] {
            assert_eq!(fold(word), word);
        }
    }

    #[test]
    fn a_disguise_is_told_from_a_habit_of_typing() {
        let disguised = |word: &str| fold_into(word, &mut String::new());
        assert!(disguised("cистем") && disguised("systеm") && disguised("Oбмен"));
        for habit in [
            "usdtшный",
            "бiздiң",
            "қаhарман",
            "система",
            "system",
            "Из-за",
        ] {
            assert!(!disguised(habit), "{habit}");
        }
    }

    #[test]
    fn the_table_of_small_letters_is_that_of_unicode() {
        for c in '\u{400}'..='\u{52f}' {
            let lower = c.to_lowercase().map(bare).next();
            let letter = lower.filter(|_| c.is_alphabetic());
            assert_eq!(lower_cyrillic(c), letter, "{c:?}");
        }
    }

    proptest! {
        #[test]
        fn a_short_cut_leads_to_the_same_word(
            word in "([a-zA-Z0-9]|[а-яА-ЯёЁ]|[ҚқҒғҮүҰұӘәӨөҢңІіҺһ]|[\u{400}-\u{52f}]|0|[\u{ad}\u{200b}\u{301}\u{306}]|[Ａ-ｚ₸]|.){0,12}"
        ) {
            let folded = |fold: fn(&str, &mut String) -> bool| {
                let mut out = "before".to_owned();
                (fold(&word, &mut out), out)
            };
            prop_assert_eq!(folded(fold_into), folded(any_into));
        }

        #[test]
        fn words_of_one_alphabet_take_the_same_form(word in "[a-zA-Z0]{1,8}|[а-яА-ЯёЁҚқҰұІіӀӁ]{1,8}") {
            let (mut short, mut long) = (String::new(), String::new());
            prop_assert!(!fold_into(&word, &mut short) && !any_into(&word, &mut long));
            prop_assert_eq!(short, long);
        }
    }
}
