//! Names of firms and brands, reduced to what is compared: people type them in Kazakh, Russian or
//! English, in either script, with or without the legal form.

mod sound;
mod spelling;

use std::{collections::HashSet, sync::LazyLock};

pub(super) use sound::{plain, sound};
use spelling::words;

use super::words as lists;

/// Most words of a name that are compared; a longer text is no name.
const MOST_WORDS: usize = 20;

/// Keys shorter than this are near each other by chance: they must be equal letter by letter.
pub(super) const SHORT: usize = 5;

/// From this length on two letters may differ; below it, one.
pub(super) const LONG: usize = 9;

/// Words that say which form a firm has; phrases of more words first.
static LEGAL_FORMS: LazyLock<Vec<Vec<String>>> = LazyLock::new(|| {
    let mut forms: Vec<_> = lists::entries(lists::LEGAL_FORMS).map(words).collect();
    forms.sort_by_key(|form| std::cmp::Reverse(form.len()));
    forms
});

/// Words that many firms share, as they sound: each language writes them in its own way.
static SHARED: LazyLock<HashSet<String>> = LazyLock::new(|| {
    let words = lists::entries(lists::SHARED).flat_map(words);
    words
        .map(|word| Word::of(&word).class().to_owned())
        .collect()
});

/// How near what was asked is to a name, nearest first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Closeness {
    /// The same telling words.
    Same,
    /// The name begins with what was asked and goes on.
    Begins,
    /// A letter or two apart, or words of it.
    Near,
}

/// A name reduced to its words.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct NameKey {
    words: Vec<Word>,
    /// All words as one: people part them as they like.
    joined: Word,
}

/// A word, letter by letter in Latin and as it sounds, where what two languages spell differently
/// is folded onto one.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Word {
    pub(super) plain: String,
    pub(super) sound: String,
}

impl Word {
    fn of(word: &str) -> Self {
        let plain = plain(word);
        let sound = sound(&plain);
        Self { plain, sound }
    }

    /// What two words that are the same have in common: the sound or, of a short word, the letters.
    /// Equal letters sound alike, so this parts words into classes.
    pub(super) fn class(&self) -> &str {
        if self.is_long() {
            &self.sound
        } else {
            &self.plain
        }
    }

    fn is(&self, other: &Self) -> bool {
        self.plain == other.plain || (self.is_long() && self.sound == other.sound)
    }

    /// Whether it is long enough to be near another by more than chance.
    pub(super) fn is_long(&self) -> bool {
        self.sound.chars().count() >= SHORT
    }

    fn is_near(&self, other: &Self) -> bool {
        self.is_long()
            && other.is_long()
            && (are_near(&self.plain, &other.plain) || are_near(&self.sound, &other.sound))
    }
}

/// Letters in which two spellings may differ: the shorter one decides.
pub(super) fn most_edits(a: usize, b: usize) -> usize {
    if a.min(b) >= LONG { 2 } else { 1 }
}

fn are_near(a: &str, b: &str) -> bool {
    let (a, b): (Vec<char>, Vec<char>) = (a.chars().collect(), b.chars().collect());
    let most = most_edits(a.len(), b.len());
    super::edits::distance(&a, &b, most).is_some_and(|distance| distance <= most)
}

impl NameKey {
    /// Reduces a name. Legal forms go; words that many firms share go unless nothing else is left.
    pub(super) fn of(text: &str) -> Self {
        let named = without_forms(&words(text));
        let mut words: Vec<Word> = named.iter().map(|word| Word::of(word)).collect();
        let is_telling = |word: &Word| !SHARED.contains(word.class());
        if words.iter().any(is_telling) {
            words.retain(is_telling);
        }
        let mut joined = Word::default();
        for word in &words {
            joined.plain += &word.plain;
            joined.sound += &word.sound;
        }
        Self { words, joined }
    }

    /// Its words.
    pub(super) fn words(&self) -> &[Word] {
        &self.words
    }

    /// All its words as one.
    pub(super) fn joined(&self) -> &Word {
        &self.joined
    }

    /// Whether anything is left to compare.
    pub(super) fn is_empty(&self) -> bool {
        self.words.is_empty()
    }

    /// Whether every word of this name is among those of `other`.
    pub(super) fn is_within(&self, other: &Self) -> bool {
        let held = |word: &Word| other.words.iter().any(|other| other.is(word));
        !self.is_empty() && self.words.iter().all(held)
    }

    /// How near this, which was asked, is to `name`.
    pub(super) fn closeness(&self, name: &Self) -> Option<Closeness> {
        let (Some(first), false) = (name.words.first(), self.is_empty()) else {
            return None;
        };
        let (asked, held) = (&self.joined, &name.joined);
        let (within, around) = (self.is_within(name), name.is_within(self));
        if asked.is(held) || (within && around) {
            return Some(Closeness::Same);
        }
        if within && self.words.iter().any(|word| word.is(first)) {
            return Some(Closeness::Begins);
        }
        // All of one within the other, but neither the whole name nor its beginning.
        let partly = (within && asked.is_long()) || (around && held.is_long());
        (partly || asked.is_near(held)).then_some(Closeness::Near)
    }
}

/// The words that are not the legal form, wherever in the name it stands.
fn without_forms(words: &[String]) -> Vec<String> {
    let mut kept = Vec::with_capacity(words.len());
    let mut rest = words;
    while let Some((first, after)) = rest.split_first() {
        let form = LEGAL_FORMS.iter().find(|form| rest.starts_with(form));
        if form.is_none() {
            kept.push(first.clone());
        }
        rest = form.map_or(after, |form| &rest[form.len()..]);
    }
    kept
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
            // Kazakh in Latin: by apostrophes, by acutes, by umlauts, and as people write it.
            ("S'an'yraq", "Шаңырақ"),
            ("Shańyraq", "Шаңырақ"),
            ("Şañyraq", "Шаңырақ"),
            ("Shanyrak", "Шаңырақ"),
            ("Táýelsiz", "Тәуелсіз"),
            ("Täuelsiz", "Тәуелсіз"),
            ("Tawelsiz", "Тәуелсіз"),
            ("Baqytty Jol", "Бақытты Жол"),
            ("Bakytty Zhol", "Бақытты Жол"),
            ("Aurora Markets", "Аврора Маркетс"),
            ("Baghlan", "Бағлан"),
            (
                "Товарищество с ограниченной ответственностью «Байбит»",
                "Bybit LLP",
            ),
            ("«Байбит» жауапкершілігі шектеулі серіктестігі", "Bybit"),
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
        // Two letters apart, and long enough for it.
        assert_eq!(
            closeness("altinargna", "Altyn Arqan"),
            Some(Closeness::Near)
        );
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
            ("bybxx", "Bybit"),
            ("бибит", "Upbit"),
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
