//! How a word is written in Latin and how it sounds. Kazakh has several Latin alphabets (with
//! apostrophes, acutes or umlauts) and an everyday one; Russian and English spell the same name in
//! their own ways. All of them meet here.

use super::SHORT;

/// One letter in Latin, by the usual reading of Kazakh and Russian; Latin letters lose their marks.
fn latin(c: char) -> Option<&'static str> {
    Some(match c {
        'а' | 'ә' | 'ä' | 'á' | 'à' | 'â' | 'ã' | 'å' | 'ā' | 'ə' => "a",
        'б' => "b",
        'в' => "v",
        'г' | 'ғ' | 'ґ' | 'ğ' | 'ǵ' => "g",
        'д' => "d",
        'е' | 'э' | 'є' | 'é' | 'è' | 'ê' | 'ë' | 'ē' | 'ё' => "e",
        'ж' | 'ž' => "j",
        'з' => "z",
        'и' | 'й' | 'ы' | 'і' | 'ї' | 'ı' | 'í' | 'ì' | 'î' | 'ï' | 'ī' => "i",
        'к' | 'қ' => "k",
        'л' => "l",
        'м' => "m",
        'н' | 'ң' | 'ñ' | 'ń' | 'ŋ' => "n",
        'о' | 'ө' | 'ö' | 'ó' | 'ò' | 'ô' | 'õ' | 'ø' | 'ō' => "o",
        'п' => "p",
        'р' => "r",
        'с' => "s",
        'т' => "t",
        // In the alphabet of 2018 ý is Cyrillic у.
        'у' | 'ұ' | 'ү' | 'ў' | 'ü' | 'ú' | 'ù' | 'û' | 'ū' | 'ŭ' | 'ý' => "u",
        'ф' => "f",
        'х' | 'һ' => "h",
        'ц' => "ts",
        'ч' | 'ç' => "ch",
        'ш' | 'щ' | 'ş' | 'š' => "sh",
        'ю' => "iu",
        'я' => "ia",
        'ÿ' => "y",
        'ß' => "ss",
        'ъ' | 'ь' => "",
        _ => return None,
    })
}

/// Letter by letter in Latin.
pub(in crate::matching) fn plain(word: &str) -> String {
    let mut out = String::with_capacity(word.len());
    for c in word.chars() {
        match latin(c) {
            Some(letters) => out.push_str(letters),
            None => out.push(c),
        }
    }
    out
}

/// As a word in Latin sounds: Бинанс and Binance, Байбит and Bybit, Atay and Атай meet here.
pub(in crate::matching) fn sound(plain: &str) -> String {
    let letters: Vec<char> = plain.chars().collect();
    let spoken = spoken(&letters);
    let mut folded = String::with_capacity(spoken.len());
    let mut count = 0;
    let mut at = 0;
    while let Some(c) = spoken.get(at).copied() {
        let next = spoken.get(at + 1).copied();
        let c = match (c, next) {
            // A diphthong and its second half.
            ('a' | 'e', Some('i')) => {
                at += 1;
                'i'
            }
            // Between two vowels, or beside one, u is what Cyrillic writes в and some Latin w.
            ('u' | 'w', _) => {
                let before = at.checked_sub(1).and_then(|before| spoken.get(before));
                let beside = [before.copied(), next].into_iter().flatten().any(is_vowel);
                if beside || c == 'w' { 'v' } else { 'u' }
            }
            (c, _) => c,
        };
        at += 1;
        if !folded.ends_with(c) {
            folded.push(c);
            count += 1;
        }
    }
    // The silent e of English.
    if count > SHORT && folded.ends_with('e') {
        folded.pop();
    }
    folded
}

fn is_vowel(c: char) -> bool {
    matches!(c, 'a' | 'e' | 'i' | 'o')
}

/// Letters and groups of letters that stand for one sound, made one.
fn spoken(letters: &[char]) -> Vec<char> {
    let mut spoken = Vec::with_capacity(letters.len());
    let mut rest = letters;
    while !rest.is_empty() {
        let (sound, read): (&[char], usize) = match rest {
            ['d', 'z', 'h', ..] => (&['j'], 3),
            ['d', 'j', ..] | ['z', 'h', ..] => (&['j'], 2),
            ['k', 'h', ..] => (&['h'], 2),
            ['g', 'h', ..] => (&['g'], 2),
            ['p', 'h', ..] => (&['f'], 2),
            ['c', 'k', ..] => (&['k'], 2),
            ['c', 'h', ..] => (&['c'], 2),
            ['t', 's', 'e' | 'i' | 'y', ..] => (&['s'], 2),
            ['c', 'e' | 'i' | 'y', ..] => (&['s'], 1),
            ['c' | 'q', ..] => (&['k'], 1),
            ['x', ..] => (&['k', 's'], 1),
            ['y', ..] => (&['i'], 1),
            [c, ..] => {
                spoken.push(*c);
                (&[], 1)
            }
            [] => break,
        };
        spoken.extend_from_slice(sound);
        rest = rest.get(read..).unwrap_or_default();
    }
    spoken
}
