//! Each trick, made by rule from invented brands, must be recognised; innocents must not be.

use super::*;
use proptest::prelude::*;

fn name(text: &str) -> DomainName {
    DomainName::parse(text).unwrap()
}

fn alike(asked: &str, host: &str) -> Option<Alike> {
    resemblance(&name(asked), &name(host))
}

fn code(asked: &str, host: &str) -> String {
    alike(asked, host).map_or_else(|| "-".into(), |alike| alike.reason().code)
}

#[test]
fn each_trick_is_named() {
    for (asked, host, wanted) in [
        ("qanatex.com", "qanatex.kz", "alike-ending"),
        ("qanatex.com.kz", "qanatex.kz", "alike-ending"),
        ("qanat-ex.kz", "qanatex.kz", "alike-hyphen"),
        ("qаnatex.kz", "qanatex.kz", "alike-letters"),
        ("qanаtех.test", "qanatex.kz", "alike-letters"),
        ("ba1gyn.kz", "balgyn.kz", "alike-letters"),
        ("qa.natex.kz", "qanatex.kz", "alike-dot"),
        ("qanatex.kz.evil.test", "qanatex.kz", "alike-subdomain"),
        ("www.qanatex.com.evil.test", "qanatex.kz", "alike-subdomain"),
        (
            "login.qanatex-kz.evil.test",
            "qanatex.kz",
            "alike-subdomain",
        ),
        ("канатекс.қаз", "qanatex.kz", "alike-sound"),
        ("kanatex.kz", "qanatex.kz", "alike-sound"),
        ("janatau.kz", "zhanatau.kz", "alike-sound"),
        ("wwwqanatex.kz", "qanatex.kz", "alike-www"),
        ("qanatexcom.kz", "qanatex.kz", "alike-glued-ending"),
        ("qanatexkz.com", "qanatex.kz", "alike-glued-ending"),
        ("qanatex-kz.test", "qanatex.test", "alike-word"),
        ("qanatexobmen.test", "qanatex.kz", "alike-word"),
        ("my-qanatex-login.test", "qanatex.kz", "alike-word"),
        ("канатекс-обмен.қаз", "qanatex.kz", "alike-word"),
        ("qanatex24.kz", "qanatex.kz", "alike-word"),
        ("qanatexs.kz", "qanatex.kz", "alike-plural"),
        ("qannatex.kz", "qanatex.kz", "alike-repetition"),
        ("qnatex.kz", "qanatex.kz", "alike-omission"),
        ("qaantex.kz", "qanatex.kz", "alike-transposition"),
        ("qonatex.kz", "qanatex.kz", "alike-vowel"),
        ("qabatex.kz", "qanatex.kz", "alike-keyboard"),
        ("qanavex.kz", "qanatex.kz", "alike-bit-flip"),
        ("qanahtex.kz", "qanatex.kz", "alike-insertion"),
        ("qapatex.kz", "qanatex.kz", "alike-replacement"),
    ] {
        assert_eq!(code(asked, host), wanted, "{asked} {host}");
        let (index, _) = AlikeIndex::of([name(host)].iter());
        let found = index
            .find(&name(asked))
            .map(|(_, alike)| alike.reason().code);
        assert_eq!(
            found.as_deref(),
            Some(wanted),
            "by the index: {asked} {host}"
        );
    }
}

#[test]
fn innocents_resemble_nobody() {
    for (asked, host) in [
        // One domain.
        ("app.qanatex.kz", "qanatex.kz"),
        // Short brands are near each other by chance.
        ("okex.com", "okx.kz"),
        ("big.kz", "big.one"),
        ("okxkz.com", "okxs.kz"),
        ("nova.kz", "nora.kz"),
        ("norakz.com", "nora.kz"),
        ("qana.kz", "qanat.kz"),
        // Everyday words.
        ("finance.kz", "binance.kz"),
        ("signal.org", "xignal.kz"),
        ("habit.kz", "habix.kz"),
        ("exchangekz.com", "exchange.kz"),
        ("p2p-exchange.com", "exchange.kz"),
        ("crypto-bank.com", "bank.kz"),
        // A short brand with one letter that is another word's.
        ("uzbit.com", "upbit.kz"),
        // Another word glued on, that nobody adds to trick.
        ("qanatsaz.test", "qanat.test"),
        ("qanatbulaq.test", "qanat.test"),
        // Figures tell addresses of one family apart.
        ("obmen1.kz", "obmen2.kz"),
        // Two letters.
        ("qonotex.kz", "qanatex.kz"),
        ("kz", "qanatex.kz"),
    ] {
        assert_eq!(alike(asked, host), None, "{asked} {host}");
    }
    // Four letters are enough when they are equal, or parted from the word by a hyphen.
    assert_eq!(alike("nora.com", "nora.kz"), Some(Alike::Ending));
    assert_eq!(
        alike("nora-kz.com", "nora.kz"),
        Some(Alike::GluedEnding("kz".into()))
    );
}

/// An invented brand of consonants and vowels in turn, long enough to be edited.
fn brand() -> impl Strategy<Value = String> {
    "([bdgkmprtz][aou]){3,4}[nlrkz]?".prop_filter("no everyday word", |brand| !is_ordinary(brand))
}

fn letters_of(brand: &str) -> Vec<char> {
    brand.chars().collect()
}

proptest! {
    #[test]
    fn one_edit_is_recognised(brand in brand(), at in 0_usize..5, letter in proptest::char::range('a', 'z'), kind in 0..5) {
        let mut letters = letters_of(&brand);
        match kind {
            0 => { letters.remove(at); }
            1 => letters.insert(at, letter),
            2 => letters.insert(at, letters[at]),
            3 => letters.swap(at, at + 1),
            _ => letters.push('s'),
        }
        let typo: String = letters.into_iter().collect();
        prop_assume!(typo != brand && !is_ordinary(&typo));
        prop_assert!(alike(&format!("{typo}.test"), &format!("{brand}.kz")).is_some(), "{typo}");
    }

    /// A neighbouring key, another vowel or a flipped bit is recognised in a brand of any length.
    #[test]
    fn a_slip_is_recognised(brand in brand(), at in 0_usize..6, letter in proptest::char::range('a', 'z')) {
        let mut letters = letters_of(&brand);
        let right = letters[at];
        let slip = are_neighbours(right, letter) || is_bit_flip(right, letter) || (is_vowel(right) && is_vowel(letter));
        prop_assume!(slip && right != letter);
        letters[at] = letter;
        let typo: String = letters.into_iter().collect();
        prop_assume!(!is_ordinary(&typo));
        prop_assert!(alike(&format!("{typo}.test"), &format!("{brand}.kz")).is_some(), "{typo}");
    }

    #[test]
    fn a_letter_of_another_alphabet_is_recognised(brand in brand(), mask in 1_u32..255) {
        let twins = [('a', 'а'), ('o', 'о'), ('k', 'к'), ('m', 'м'), ('p', 'р'), ('t', 'т'), ('u', 'и')];
        let fake: String = brand.chars().enumerate().map(|(at, c)| {
            let twin = twins.iter().find(|(latin, _)| *latin == c);
            twin.filter(|_| mask & (1 << (at % 8)) != 0).map_or(c, |(_, twin)| *twin)
        }).collect();
        prop_assume!(fake != brand);
        let found = alike(&format!("{fake}.test"), &format!("{brand}.kz"));
        prop_assert_eq!(found, Some(Alike::Letters));
    }

    #[test]
    fn an_added_word_is_recognised(brand in brand(), word in prop::sample::select(
        super::super::words::entries(include_str!("../words/added.txt"))
            .filter(|word| word.is_ascii() && word.len() > 1).collect::<Vec<_>>()
    ), kind in 0..4) {
        let label = match kind {
            0 => format!("{brand}-{word}"),
            1 => format!("{word}-{brand}"),
            2 => format!("{brand}{word}"),
            _ => format!("{word}{brand}"),
        };
        prop_assert!(alike(&format!("{label}.test"), &format!("{brand}.kz")).is_some(), "{label}");
    }

    #[test]
    fn the_brand_before_another_domain_is_recognised(brand in brand(), ending in prop::sample::select(vec!["kz", "com", "net"])) {
        for host in [format!("{brand}.{ending}.evil.test"), format!("{brand}-{ending}.evil.test"), format!("a.{brand}.{ending}.evil.test")] {
            let is_subdomain = matches!(alike(&host, &format!("{brand}.kz")), Some(Alike::Subdomain(_)));
            prop_assert!(is_subdomain, "{}", host);
        }
    }

    /// A brand spelt by another alphabet's rules.
    #[test]
    fn another_spelling_is_recognised(brand in "([qkhjlmn]a){2}([trs]y|sho){1,2}n") {
        let cyrillic: String = brand.replace("sh", "ш").chars().map(|c| match c {
            'q' => 'қ', 'k' => 'к', 'h' => 'х', 'j' => 'ж', 'l' => 'л', 'm' => 'м', 'n' => 'н', 't' => 'т',
            'r' => 'р', 's' => 'с', 'a' => 'а', 'y' => 'ы', 'o' => 'о', c => c,
        }).collect();
        let everyday = brand.replace('q', "k").replace('h', "kh").replace("skh", "sh").replace('j', "zh").replace('y', "i");
        for label in [cyrillic, everyday] {
            let host = format!("{brand}.kz");
            let found = alike(&format!("{label}.қаз"), &host);
            prop_assert!(found.is_some(), "{} {}", label, host);
        }
    }

    /// The index finds what comparing with every host finds.
    #[test]
    fn the_index_finds_what_a_scan_finds(
        hosts in proptest::collection::vec("[a-cik01]{3,6}(-[a-c])?\\.(kz|com)|[абыкі]{4,6}\\.kz", 1..12),
        asked in "(kz\\.|[ab]{1,3}\\.)?(www|my-)?[a-cik01ыа]{3,7}(s|kz|-bank|es|com)?\\.(net|test)",
    ) {
        let parse = |text: &String| DomainName::parse(text).ok();
        let hosts: Vec<DomainName> = hosts.iter().filter_map(parse).collect();
        let Some(asked) = parse(&asked) else { return Ok(()); };
        let (index, positions) = AlikeIndex::of(hosts.iter());
        let found = index.find(&asked).map(|(at, alike)| (alike, &hosts[positions[at]]));
        let scanned = hosts.iter().filter_map(|host| Some((resemblance(&asked, host)?, host)));
        let wanted = scanned.min_by(|(a, _), (b, _)| a.cmp(b));
        prop_assert_eq!(found, wanted);
    }

    #[test]
    fn any_two_names_are_compared(a in "\\PC{1,20}", b in "\\PC{1,20}") {
        if let (Ok(a), Ok(b)) = (DomainName::parse(&format!("{a}.kz")), DomainName::parse(&format!("{b}.com"))) {
            let _ = resemblance(&a, &b);
        }
    }
}
