//! Whether one name can be taken for another. Resemblance is stated as resemblance, never more.

use crate::DomainName;

/// Whether the registrable label of `name` looks like, or differs in one letter from, that of `host`.
/// Labels shorter than five letters must be equal, and those shorter than four are never compared:
/// short names are near each other by chance.
pub fn resembles(name: &DomainName, host: &DomainName) -> bool {
    let (Some(a), Some(b)) = (brand_label(name), brand_label(host)) else {
        return false;
    };
    let (a, b) = (skeleton(&a), skeleton(&b));
    let letters = b.chars().count();
    (letters >= 4 && a == b) || (letters >= 5 && within_one_edit(&a, &b))
}

fn brand_label(name: &DomainName) -> Option<String> {
    let unicode = name.registrable()?.to_unicode();
    unicode.split('.').next().map(str::to_lowercase)
}

/// Folds letters that look alike in common fonts onto one, and drops hyphens. Own table: UTS 39
/// leaves out pairs that matter here, such as Cyrillic к and Latin k.
fn skeleton(label: &str) -> String {
    let folded: String = label
        .chars()
        .filter(|c| *c != '-' && *c != '_')
        .map(|c| match c {
            'а' | 'á' | 'à' | 'ä' | 'ɑ' => 'a',
            'в' | 'ь' => 'b',
            'с' | 'ç' => 'c',
            'е' | 'ё' | 'é' | 'è' | 'ë' => 'e',
            'һ' | 'н' => 'h',
            'і' | 'ı' | 'í' | 'ï' | '1' | 'l' | 'ӏ' => 'l',
            'ј' => 'j',
            'к' | 'қ' => 'k',
            'м' => 'm',
            'о' | 'ө' | '0' | 'ó' | 'ö' | 'ɵ' => 'o',
            'р' => 'p',
            'ѕ' | '5' | 'ş' => 's',
            'т' => 't',
            'у' | 'ү' | 'ұ' | 'ý' => 'y',
            'х' => 'x',
            'г' => 'r',
            'п' | 'ң' | 'ñ' => 'n',
            'i' => 'l',
            other => other,
        })
        .collect();
    folded.replace("rn", "m").replace("vv", "w")
}

/// One insertion, deletion, substitution or swap of neighbours.
pub(super) fn within_one_edit(a: &str, b: &str) -> bool {
    let a: Vec<char> = a.chars().collect();
    let b: Vec<char> = b.chars().collect();
    if a.len().abs_diff(b.len()) > 1 {
        return false;
    }
    let start = a.iter().zip(&b).take_while(|(x, y)| x == y).count();
    let (rest_a, rest_b) = (&a[start..], &b[start..]);
    let end = rest_a
        .iter()
        .rev()
        .zip(rest_b.iter().rev())
        .take_while(|(x, y)| x == y)
        .count();
    let (middle_a, middle_b) = (&rest_a[..rest_a.len() - end], &rest_b[..rest_b.len() - end]);
    match (middle_a, middle_b) {
        ([x1, x2], [y1, y2]) => x1 == y2 && x2 == y1,
        _ => middle_a.len() <= 1 && middle_b.len() <= 1,
    }
}
