//! Whether one host can be taken for another, and by which trick. Resemblance is stated as
//! resemblance, never more: it is no reason to accuse anybody.
//!
//! What is compared is the brand: the label under the public suffix of the known host. Short and
//! everyday words are near each other by chance, so brands below four letters are not compared, those
//! below five must be equal, and an ordinary word must be the same word.

mod affix;
mod index;
mod keyboard;
mod skeleton;

use affix::{Stripped, stripped};
use keyboard::are_neighbours;
use skeleton::{letters, skeleton};

pub(super) use index::AlikeIndex;

use super::{
    Reason,
    edits::{Edit, one_edit},
    names::{plain, sound},
    words::{is_ending, is_ordinary},
};
use crate::DomainName;

/// Brands with fewer letters are not compared.
const FEWEST: usize = 4;
/// Brands with fewer letters must be equal: one letter in four is another word.
const FEWEST_EDITED: usize = 5;
/// From here on any letter may stand for any other; in a shorter brand there must be a reason for it.
const FEWEST_REPLACED: usize = 7;

/// How a host resembles another, the plainest trick first.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Alike {
    /// The same label under another public suffix.
    Ending,
    /// A hyphen more or less.
    Hyphen,
    /// Letters that look like those of the brand.
    Letters,
    /// A dot inside the brand.
    Dot,
    /// The brand and an ending, in front of somebody else's domain.
    Subdomain(String),
    /// The brand as another language or alphabet spells it.
    Sound,
    /// `www` glued to the brand.
    Www,
    /// An ending glued to the brand.
    GluedEnding(String),
    /// A word or figures added.
    Word(String),
    /// An `s` or `es` at the end.
    Plural,
    /// A letter twice.
    Repetition(char),
    /// A letter left out.
    Omission(char),
    /// Two letters changed places.
    Transposition(char, char),
    /// A vowel for a vowel: what stands there, and what should.
    Vowel(char, char),
    /// The neighbouring key.
    Keyboard(char, char),
    /// A letter whose code differs in one bit.
    BitFlip(char, char),
    /// A letter put in.
    Insertion(char),
    /// A letter for another.
    Replacement(char, char),
}

impl Alike {
    /// The reason that names the trick.
    pub(super) fn reason(&self) -> Reason {
        let letter = |code, c: &char| Reason::new(code, [("letter", c.to_string().as_str())]);
        let letters = |code, wrong: &char, right: &char| {
            let (wrong, right) = (wrong.to_string(), right.to_string());
            Reason::new(code, [("wrong", wrong.as_str()), ("right", &right)])
        };
        match self {
            Self::Ending => Reason::new("alike-ending", []),
            Self::Hyphen => Reason::new("alike-hyphen", []),
            Self::Letters => Reason::new("alike-letters", []),
            Self::Dot => Reason::new("alike-dot", []),
            Self::Subdomain(part) => Reason::new("alike-subdomain", [("part", part.as_str())]),
            Self::Sound => Reason::new("alike-sound", []),
            Self::Www => Reason::new("alike-www", []),
            Self::GluedEnding(word) => Reason::new("alike-glued-ending", [("word", word.as_str())]),
            Self::Word(word) => Reason::new("alike-word", [("word", word.as_str())]),
            Self::Plural => Reason::new("alike-plural", []),
            Self::Repetition(c) => letter("alike-repetition", c),
            Self::Omission(c) => letter("alike-omission", c),
            Self::Insertion(c) => letter("alike-insertion", c),
            Self::Transposition(a, b) => letters("alike-transposition", a, b),
            Self::Vowel(a, b) => letters("alike-vowel", a, b),
            Self::Keyboard(a, b) => letters("alike-keyboard", a, b),
            Self::BitFlip(a, b) => letters("alike-bit-flip", a, b),
            Self::Replacement(a, b) => letters("alike-replacement", a, b),
        }
    }
}

/// How `name` resembles `host`; `None` where it does not, and for names of one domain.
pub fn resemblance(name: &DomainName, host: &DomainName) -> Option<Alike> {
    Asked::of(name)?.compare(&Brand::of(host)?)
}

/// Whether `name` resembles `host`; see [`resemblance`].
pub fn resembles(name: &DomainName, host: &DomainName) -> bool {
    resemblance(name, host).is_some()
}

/// A label in the forms in which it is compared.
#[derive(Clone, Debug)]
struct Label {
    /// In Unicode, without hyphens.
    raw: Vec<char>,
    /// Each letter folded onto the one it looks like.
    letters: Vec<char>,
    skeleton: String,
}

impl Label {
    fn of(text: &str) -> Self {
        let raw = text.chars().filter(|c| *c != '-' && *c != '_').collect();
        let letters = letters(text);
        let skeleton = skeleton(&letters);
        Self {
            raw,
            letters,
            skeleton,
        }
    }

    /// As it sounds; empty where it is too short to tell.
    fn sound(&self) -> String {
        sound_of(&self.raw)
    }

    fn is_latin(&self) -> bool {
        self.raw.iter().all(char::is_ascii)
    }
}

fn sound_of(raw: &[char]) -> String {
    let word: String = raw.iter().collect();
    let sound = sound(&plain(&word));
    let tells = raw.len() >= FEWEST_EDITED && sound.chars().count() >= FEWEST_EDITED;
    if tells { sound } else { String::new() }
}

/// A known host, as others are compared with it.
#[derive(Clone, Debug)]
struct Brand {
    registrable: DomainName,
    label: Label,
    sound: String,
    /// Whether the label is an everyday word.
    ordinary: bool,
    /// The label as it is written, with its hyphens.
    written: String,
    /// The first label of the public suffix, such as `kz`.
    ending: String,
}

impl Brand {
    /// `None` where the host has no label to compare.
    fn of(host: &DomainName) -> Option<Self> {
        let (registrable, written, ending) = parts(host)?;
        let label = Label::of(&written);
        (label.letters.len() >= FEWEST).then_some(Self {
            registrable,
            sound: label.sound(),
            ordinary: is_ordinary(&written),
            label,
            written,
            ending,
        })
    }

    fn is_edited(&self) -> bool {
        self.label.letters.len() >= FEWEST_EDITED && !self.ordinary
    }
}

/// The registrable domain, its first label in Unicode, and what follows that label.
fn parts(name: &DomainName) -> Option<(DomainName, String, String)> {
    let registrable = name.registrable()?;
    let unicode = if registrable.as_str().contains("xn--") {
        registrable.to_unicode().to_lowercase()
    } else {
        registrable.as_str().to_owned()
    };
    let (label, suffix) = unicode.split_once('.')?;
    let ending = suffix.split('.').next().unwrap_or_default();
    Some((registrable, label.to_owned(), ending.to_owned()))
}

/// A host that was asked for, as it is compared with known ones.
#[derive(Clone, Debug)]
struct Asked {
    registrable: DomainName,
    label: Label,
    sound: String,
    written: String,
    /// The label with words taken off.
    stripped: Vec<(Stripped, Label)>,
    /// Labels below the registrable domain, leftmost first.
    below: Vec<String>,
    /// Those labels and the registrable one, read as one word.
    joined: Option<String>,
    /// Brands that stand in front of an ending below the registrable domain, with that ending.
    fronts: Vec<(String, String)>,
}

impl Asked {
    fn of(name: &DomainName) -> Option<Self> {
        let (registrable, written, _) = parts(name)?;
        let below = below(name, &registrable);
        let whole: String = below.concat() + &written;
        let joined = (!below.is_empty()).then(|| skeleton(&letters(&whole)));
        let taken = stripped(&written).into_iter();
        let taken = taken.filter(|stripped| stripped.rest.chars().count() >= FEWEST);
        let label = Label::of(&written);
        Some(Self {
            stripped: taken
                .map(|stripped| {
                    let label = Label::of(&stripped.rest);
                    (stripped, label)
                })
                .collect(),
            sound: label.sound(),
            label,
            fronts: fronts(&below),
            registrable,
            written,
            below,
            joined,
        })
    }

    fn compare(&self, brand: &Brand) -> Option<Alike> {
        if self.registrable == brand.registrable {
            return None;
        }
        let (mine, theirs) = (&self.label, &brand.label);
        if self.written == brand.written {
            return Some(Alike::Ending);
        }
        if mine.raw == theirs.raw {
            return Some(Alike::Hyphen);
        }
        if mine.skeleton == theirs.skeleton {
            return Some(Alike::Letters);
        }
        self.dot(brand)
            .or_else(|| self.subdomain(brand))
            .or_else(|| match self.edited(brand) {
                // What every reader would say of it comes before what sounds alike.
                Some(plain @ (Alike::Plural | Alike::Repetition(_))) => Some(plain),
                edited => self.sounds(brand).or_else(|| self.added(brand)).or(edited),
            })
    }

    fn sounds(&self, brand: &Brand) -> Option<Alike> {
        let same = !self.sound.is_empty() && self.sound == brand.sound;
        (same && brand.is_edited() && !is_ordinary(&self.written)).then_some(Alike::Sound)
    }

    fn dot(&self, brand: &Brand) -> Option<Alike> {
        let joined = self.joined.as_ref()?;
        (brand.is_edited() && *joined == brand.label.skeleton).then_some(Alike::Dot)
    }

    fn subdomain(&self, brand: &Brand) -> Option<Alike> {
        let stands = |(front, ending): &(String, String)| {
            *front == brand.label.skeleton && (*ending == brand.ending || is_ending(ending))
        };
        if brand.ordinary || !self.fronts.iter().any(stands) {
            return None;
        }
        Some(Alike::Subdomain(self.below.join(".")))
    }

    fn added(&self, brand: &Brand) -> Option<Alike> {
        if brand.ordinary {
            return None;
        }
        let fits = |(stripped, label): &&(Stripped, Label)| {
            let same = label.skeleton == brand.label.skeleton || sounds_across(label, brand);
            same && (stripped.parted || brand.is_edited())
        };
        let (found, _) = self.stripped.iter().find(fits)?;
        let word = found.taken.join(", ");
        Some(match found.taken.first().map(String::as_str) {
            Some("www") if found.taken.len() == 1 => Alike::Www,
            Some(first) if first == brand.ending || is_glued(first) => Alike::GluedEnding(word),
            _ => Alike::Word(word),
        })
    }

    fn edited(&self, brand: &Brand) -> Option<Alike> {
        if !brand.is_edited() || self.label.letters.len() < FEWEST_EDITED {
            return None;
        }
        let (raw, right) = (&self.label.raw, &brand.label.raw);
        let found = match one_edit(raw, right) {
            _ if raw.strip_suffix(&['e', 's']) == Some(right) => Some(Alike::Plural),
            Some(edit) => of_edit(edit, raw, right),
            // A letter that only looks like another, and one edit beside.
            None => {
                let (letters, right) = (&self.label.letters, &brand.label.letters);
                one_edit(letters, right).and_then(|edit| of_edit(edit, letters, right))
            }
        };
        found.filter(|_| !is_ordinary(&self.written))
    }
}

/// Whether a label sounds like a brand and only one of them is in Latin letters.
fn sounds_across(label: &Label, brand: &Brand) -> bool {
    label.is_latin() != brand.label.is_latin()
        && !brand.sound.is_empty()
        && label.sound() == brand.sound
}

/// Endings that are glued to a brand to be read as its own, rather than as a word.
fn is_glued(word: &str) -> bool {
    matches!(word, "com" | "net" | "org" | "info" | "biz" | "ru" | "io")
}

/// Names the edit. In a short brand a letter that is neither a vowel for a vowel nor a slip of the
/// finger nor a flipped bit makes another word; figures tell addresses of one family apart.
fn of_edit(edit: Edit, wrong: &[char], right: &[char]) -> Option<Alike> {
    Some(match edit {
        Edit::Omitted(at) => Alike::Omission(right[at]),
        Edit::Swapped(at) => Alike::Transposition(wrong[at], wrong[at + 1]),
        Edit::Inserted(at) => {
            let c = wrong[at];
            let beside = [at.checked_sub(1), Some(at)].into_iter().flatten();
            if beside
                .filter_map(|at| right.get(at))
                .any(|other| *other == c)
            {
                Alike::Repetition(c)
            } else if c == 's' && at == right.len() {
                Alike::Plural
            } else {
                Alike::Insertion(c)
            }
        }
        Edit::Replaced(at) => {
            let (a, b) = (wrong[at], right[at]);
            if a.is_ascii_digit() && b.is_ascii_digit() {
                return None;
            } else if is_vowel(a) && is_vowel(b) {
                Alike::Vowel(a, b)
            } else if are_neighbours(a, b) {
                Alike::Keyboard(a, b)
            } else if is_bit_flip(a, b) {
                Alike::BitFlip(a, b)
            } else if right.len() >= FEWEST_REPLACED {
                Alike::Replacement(a, b)
            } else {
                return None;
            }
        }
    })
}

fn is_vowel(c: char) -> bool {
    "aeiouyаеёиоуыэюяәіөүұ".contains(c)
}

fn is_bit_flip(a: char, b: char) -> bool {
    a.is_ascii() && b.is_ascii() && (u32::from(a) ^ u32::from(b)).is_power_of_two()
}

/// The labels below the registrable domain in Unicode, leftmost first, without a plain `www`.
fn below(name: &DomainName, registrable: &DomainName) -> Vec<String> {
    let rest = name.as_str().strip_suffix(registrable.as_str());
    let rest = rest.unwrap_or_default().trim_end_matches('.');
    let labels = rest.split('.').filter(|label| !label.is_empty());
    let labels = labels.map(|label| match label.strip_prefix("xn--") {
        Some(_) => idna::domain_to_unicode(label).0.to_lowercase(),
        None => label.to_owned(),
    });
    let mut labels: Vec<String> = labels.collect();
    if labels.first().is_some_and(|first| first == "www") {
        labels.remove(0);
    }
    labels
}

/// Skeletons of what stands in front of an ending: `brand` of `brand.kz.other.test`, and of
/// `brand-kz.other.test`.
fn fronts(below: &[String]) -> Vec<(String, String)> {
    let of = |label: &str| skeleton(&letters(label));
    let pairs = below.windows(2).filter_map(|pair| match pair {
        [front, ending] => Some((of(front), ending.clone())),
        _ => None,
    });
    let glued = below.iter().flat_map(|label| {
        let once = stripped(label).into_iter();
        let once = once
            .filter(|stripped| stripped.taken.len() == 1 && label.ends_with(&stripped.taken[0]));
        once.map(|stripped| (of(&stripped.rest), stripped.taken[0].clone()))
    });
    pairs.chain(glued).collect()
}

#[cfg(test)]
mod tests;
