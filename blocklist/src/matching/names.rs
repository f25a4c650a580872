//! Names of firms and brands, reduced to what is compared: people type them in Kazakh, Russian or
//! English, in either script, with or without the legal form.

use super::resemblance::within_one_edit;

/// Most words of a name that are compared; a longer text is no name.
const MOST_WORDS: usize = 20;

/// Keys shorter than this are near each other by chance: they must be equal letter by letter.
const SHORT: usize = 5;

/// Words that say which form a firm has.
const LEGAL_FORMS: &[&str] = &[
    "тоо",
    "жшс",
    "ао",
    "ақ",
    "ак",
    "оао",
    "зао",
    "ооо",
    "ип",
    "жк",
    "чк",
    "пк",
    "llp",
    "llc",
    "ltd",
    "limited",
    "лтд",
    "лимитед",
    "inc",
    "jsc",
    "plc",
    "corp",
    "corporation",
    "co",
    "company",
    "gmbh",
    "jshs",
    "zhshs",
    "too",
    "tov",
    "spc",
    "private",
    "компания",
    "компаниясы",
];

/// Words that many firms share: they tell none of them apart.
const GENERIC: &[&str] = &[
    "exchange",
    "exchanger",
    "crypto",
    "digital",
    "asset",
    "assets",
    "technologies",
    "technology",
    "investment",
    "investments",
    "securities",
    "group",
    "markets",
    "trading",
    "platform",
    "global",
    "international",
    "custody",
    "the",
    "kazakhstan",
    "qazaqstan",
    "kz",
    "eurasia",
    "eu",
    "us",
    "com",
    "io",
    "биржа",
    "биржасы",
    "криптобиржа",
    "криптобиржасы",
    "обменник",
    "обмен",
    "крипто",
    "айырбастау",
    "казахстан",
    "қазақстан",
    "евразия",
    "еуразия",
    "группа",
    "платформа",
    "технологии",
    "pro",
];

/// How near what was asked is to a name, nearest first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Closeness {
    /// The same telling words.
    Same,
    /// The name begins with what was asked and goes on.
    Begins,
    /// One letter apart, or words of it.
    Near,
}

/// A name reduced to its words.
#[derive(Clone, Debug)]
pub(super) struct NameKey {
    words: Vec<Word>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
struct Word {
    /// Letter by letter in Latin.
    plain: String,
    /// As it sounds: what two languages spell differently is folded onto one.
    sound: String,
}

impl Word {
    fn is(&self, other: &Self) -> bool {
        self.plain == other.plain
            || (self.sound == other.sound && self.sound.chars().count() >= SHORT)
    }
}

impl NameKey {
    /// Reduces a name. Legal forms go; words that many firms share go unless nothing else is left.
    pub(super) fn of(text: &str) -> Self {
        let raw = words(text);
        let named: Vec<&String> = raw
            .iter()
            .filter(|word| !LEGAL_FORMS.contains(&word.as_str()))
            .collect();
        let telling: Vec<&&String> = named
            .iter()
            .filter(|word| !GENERIC.contains(&word.as_str()))
            .collect();
        let key = |word: &String| Word {
            plain: plain(word),
            sound: sound(word),
        };
        let words = if telling.is_empty() {
            named.into_iter().map(key).collect()
        } else {
            telling.into_iter().map(|word| key(word)).collect()
        };
        Self { words }
    }

    /// Whether anything is left to compare.
    pub(super) fn is_empty(&self) -> bool {
        self.words.is_empty()
    }

    /// Whether every word of this name is among those of `other`.
    pub(super) fn is_within(&self, other: &Self) -> bool {
        !self.is_empty()
            && self
                .words
                .iter()
                .all(|word| other.words.iter().any(|held| held.is(word)))
    }

    /// How near this, which was asked, is to `name`.
    pub(super) fn closeness(&self, name: &Self) -> Option<Closeness> {
        let (Some(first), false) = (name.words.first(), self.is_empty()) else {
            return None;
        };
        let (asked, held) = (self.joined(), name.joined());
        if asked.is(&held) || (self.is_within(name) && name.is_within(self)) {
            return Some(Closeness::Same);
        }
        if self.is_within(name) && self.words.iter().any(|word| word.is(first)) {
            return Some(Closeness::Begins);
        }
        let long = |word: &Word| word.sound.chars().count() >= SHORT;
        let near = |a: &Word, b: &Word| {
            long(a)
                && long(b)
                && (within_one_edit(&a.plain, &b.plain) || within_one_edit(&a.sound, &b.sound))
        };
        // All of one within the other, but neither the whole name nor its beginning.
        let partly =
            (self.is_within(name) && long(&asked)) || (name.is_within(self) && long(&held));
        (near(&asked, &held) || partly).then_some(Closeness::Near)
    }

    fn joined(&self) -> Word {
        let join = |part: fn(&Word) -> &str| self.words.iter().map(part).collect();
        Word {
            plain: join(|word| &word.plain),
            sound: join(|word| &word.sound),
        }
    }
}

/// Lower-case words of letters and digits. Marks over letters and invisible characters are dropped,
/// so that composed and decomposed letters are one.
fn words(text: &str) -> Vec<String> {
    let mut words = vec![String::new()];
    for c in text.chars().flat_map(char::to_lowercase) {
        let c = match c {
            // Full-width forms of ASCII.
            '\u{ff01}'..='\u{ff5e}' => char::from_u32(u32::from(c) - 0xfee0).unwrap_or(c),
            '\u{0300}'..='\u{036f}' | '\u{200b}'..='\u{200f}' | '\u{00ad}' | '\u{feff}' => continue,
            '\'' | '’' | 'ʼ' | '`' | '´' => continue,
            'й' => 'и',
            'ё' => 'е',
            c => c,
        };
        match words.last_mut() {
            Some(word) if c.is_alphanumeric() => word.push(c),
            Some(word) if word.is_empty() => {}
            _ => words.push(String::new()),
        }
    }
    words.retain(|word| !word.is_empty());
    words.truncate(MOST_WORDS);
    words
}

/// One letter in Latin, by the usual reading of Kazakh and Russian; Latin letters lose their marks.
fn latin(c: char) -> Option<&'static str> {
    Some(match c {
        'а' | 'ә' | 'ä' | 'á' | 'à' | 'â' | 'ã' | 'å' | 'ā' | 'ə' => "a",
        'б' => "b",
        'в' => "v",
        'г' | 'ғ' | 'ґ' | 'ğ' | 'ǵ' => "g",
        'д' => "d",
        'е' | 'э' | 'є' | 'é' | 'è' | 'ê' | 'ë' | 'ē' => "e",
        'ж' | 'ž' => "j",
        'з' => "z",
        'и' | 'ы' | 'і' | 'ї' | 'ı' | 'í' | 'ì' | 'î' | 'ï' | 'ī' => "i",
        'к' | 'қ' => "k",
        'л' => "l",
        'м' => "m",
        'н' | 'ң' | 'ñ' | 'ń' | 'ŋ' => "n",
        'о' | 'ө' | 'ö' | 'ó' | 'ò' | 'ô' | 'õ' | 'ø' | 'ō' => "o",
        'п' => "p",
        'р' => "r",
        'с' => "s",
        'т' => "t",
        'у' | 'ұ' | 'ү' | 'ў' | 'ü' | 'ú' | 'ù' | 'û' | 'ū' | 'ŭ' => "u",
        'ф' => "f",
        'х' | 'һ' => "h",
        'ц' => "ts",
        'ч' | 'ç' => "ch",
        'ш' | 'щ' | 'ş' | 'š' => "sh",
        'ю' => "iu",
        'я' => "ia",
        'ý' | 'ÿ' => "y",
        'ß' => "ss",
        'ъ' | 'ь' => "",
        _ => return None,
    })
}

fn plain(word: &str) -> String {
    let mut out = String::with_capacity(word.len());
    for c in word.chars() {
        match latin(c) {
            Some(letters) => out.push_str(letters),
            None => out.push(c),
        }
    }
    out
}

/// As it sounds: Бинанс and Binance, Байбит and Bybit, Atay and Атай meet here.
fn sound(word: &str) -> String {
    let mut text = plain(word);
    for (from, to) in [
        ("zh", "j"),
        ("dj", "j"),
        ("kh", "h"),
        ("ph", "f"),
        ("ck", "k"),
    ] {
        text = text.replace(from, to);
    }
    let letters: Vec<char> = text.chars().collect();
    let mut spoken = String::with_capacity(text.len());
    for (at, c) in letters.iter().enumerate() {
        match (c, letters.get(at + 1)) {
            ('c', Some('h')) => spoken.push('c'),
            ('c', Some('e' | 'i' | 'y')) => spoken.push('s'),
            ('c' | 'q', _) => spoken.push('k'),
            ('w', _) => spoken.push('v'),
            ('x', _) => spoken.push_str("ks"),
            ('y', _) => spoken.push('i'),
            (c, _) => spoken.push(*c),
        }
    }
    for (from, to) in [("ai", "i"), ("ei", "i")] {
        spoken = spoken.replace(from, to);
    }
    let mut folded = String::with_capacity(spoken.len());
    for c in spoken.chars() {
        if !folded.ends_with(c) {
            folded.push(c);
        }
    }
    // The silent e of English.
    if folded.chars().count() > SHORT && folded.ends_with('e') {
        folded.pop();
    }
    folded
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn closeness(asked: &str, name: &str) -> Option<Closeness> {
        NameKey::of(asked).closeness(&NameKey::of(name))
    }

    #[test]
    fn one_name_in_two_scripts_with_and_without_its_form_is_the_same() {
        for (asked, name) in [
            ("bybit", "Bybit Kazakhstan"),
            ("BYBIT LIMITED", "Bybit Limited"),
            ("ТОО «Байбит»", "Bybit"),
            ("байбит", "Bybit"),
            ("бинанс", "Binance Kazakhstan"),
            ("Бинанс Казахстан", "Binance Kazakhstan"),
            ("Атаикс", "ATAIX"),
            ("интебикс", "Intebix"),
            ("big one", "BigONE Eurasia"),
            ("BigONE Investment Ltd.", "BigONE"),
            ("алтын арқа", "Altyn Arqa Ltd."),
            ("Алтын Арқа", "Altyn Arqa"),
            ("ALTYN ARQA ЖШС", "алтын арка"),
            ("Jusan", "Жусан"),
            ("ｂｙｂｉｔ", "bybit"),
            ("баи\u{306}бит", "байбит"),
            ("Ñauryz", "Наурыз"),
        ] {
            assert_eq!(
                closeness(asked, name),
                Some(Closeness::Same),
                "{asked} {name}"
            );
        }
    }

    #[test]
    fn a_part_is_less_than_the_whole() {
        assert_eq!(
            closeness("xignal", "Xignal&MT Ltd."),
            Some(Closeness::Begins)
        );
        assert_eq!(
            closeness("top", "Top Line Limited"),
            Some(Closeness::Begins)
        );
        assert_eq!(closeness("baspana", "Asar Baspana"), Some(Closeness::Near));
        assert_eq!(closeness("bybti", "Bybit"), Some(Closeness::Near));
        for (asked, name) in [
            ("kaspi", "CaspianEx"),
            ("kaspi", "Top Line Limited"),
            ("kazakhstan", "Bybit Kazakhstan"),
            ("ТОО", "Bybit Limited"),
            ("exchange", "RAKS exchange"),
            ("okx", "OK"),
            ("окс", "OKX"),
            ("line", "Top Line Limited"),
            ("halyk", "Halal"),
        ] {
            assert_eq!(closeness(asked, name), None, "{asked} {name}");
        }
    }

    proptest! {
        #[test]
        fn any_text_is_reduced_and_is_the_same_as_itself(text in "\\PC{0,80}|[а-яәғқңөұүһіa-z .&-]{0,40}") {
            let key = NameKey::of(&text);
            prop_assert!(key.words.len() <= MOST_WORDS);
            if !key.is_empty() {
                prop_assert_eq!(key.closeness(&key), Some(Closeness::Same));
            }
        }

        #[test]
        fn case_and_punctuation_do_not_matter(text in "[a-zа-яәғқңөұүһі]{1,12}( [a-zа-яәғқңөұүһі]{1,12}){0,3}") {
            let shouted = format!("«{}»", text.to_uppercase().replace(' ', " — "));
            let (a, b) = (NameKey::of(&text), NameKey::of(&shouted));
            prop_assert_eq!(a.words, b.words);
        }
    }
}
