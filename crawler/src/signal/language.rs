//! Whether a page is written in Kazakh, or says that one of its versions is for Kazakhstan.
//!
//! The language is told by its letters. A detector for Kazakh, Russian and English (lingua 1.8) was
//! weighed: its models add megabytes and tens of milliseconds at the first page, and it must guess
//! where the letters are proof; what letters miss, Kazakh in Latin script, is told by its commonest words.

use crate::signal::{Groups, Page, Signal, around};

/// Words with a Kazakh letter that a page in Kazakh has at least, and one word in how many.
const WORDS: usize = 12;
const ONE_IN: usize = 6;
/// Different common words of Kazakh in Latin script that make a page Kazakh.
const LATIN_WORDS: usize = 4;

/// Reads one page.
#[must_use]
pub fn read(page: &Page, groups: &Groups) -> Vec<Signal> {
    let mut out = Vec::new();
    out.extend(cyrillic(page).or_else(|| latin(page, groups)));
    let version = page
        .document
        .hreflang
        .iter()
        .find(|(tag, _)| is_kz_tag(tag));
    if let Some((tag, url)) = version {
        let quote = format!("hreflang=\"{tag}\" {url}");
        out.push(page.note("hreflang_kz", &quote, "link[hreflang]"));
    }
    out.extend(locale(page));
    out
}

/// `kk`, `kk-kz`, `ru-kz`, `en-kz`, `ru-kaz`.
fn is_kz_tag(tag: &str) -> bool {
    let mut parts = tag.split(['-', '_']);
    parts.next() == Some("kk") || parts.any(|part| part == "kz" || part == "kaz")
}

/// The page itself is the version for Kazakhstan: `/kz/`, `/en-KAZ/`, `kz.` before the name,
/// `lang="ru-KZ"`.
fn locale(page: &Page) -> Option<Signal> {
    if let Some(lang) = page.document.lang.as_deref()
        && lang.contains(['-', '_'])
        && is_kz_tag(lang)
    {
        return Some(page.note("kz_locale", &format!("lang=\"{lang}\""), "html[lang]"));
    }
    let first = page
        .url
        .path_segments()
        .and_then(|mut path| path.next())
        .unwrap_or_default();
    let first = first.to_ascii_lowercase();
    let by_path =
        matches!(first.as_str(), "kz" | "kazakhstan") || first.contains('-') && is_kz_tag(&first);
    let by_host = page
        .url
        .domain()
        .is_some_and(|host| host.starts_with("kz."));
    (by_path || by_host).then(|| page.note("kz_locale", page.url.as_str(), "url"))
}

/// Letters that only Kazakh has among its neighbours, in enough words. Uzbek, Tajik and Karakalpak
/// share қ and ғ; their own letters rule them out.
fn cyrillic(page: &Page) -> Option<Signal> {
    let total = page.words.marks.len();
    let (mut kazakh, mut others, mut sure) = (0, 0, None);
    for index in 0..total {
        let word = page.words.word(index);
        if word.is_ascii() {
            continue;
        }
        let (mut own, mut strict) = (false, false);
        for c in word.chars() {
            own |= matches!(c, 'қ' | 'ғ' | 'ұ' | 'һ' | 'ә' | 'ң' | 'ө' | 'ү' | 'і');
            strict |= matches!(c, 'қ' | 'ғ' | 'ұ');
            others += usize::from(matches!(
                c,
                'ҳ' | 'ҷ' | 'ӣ' | 'ӯ' | 'ў' | 'ҙ' | 'ҫ' | 'ї' | 'є'
            ));
        }
        kazakh += usize::from(own);
        sure = sure.or(strict.then_some(index));
    }
    let mark = page.words.marks.get(sure?)?;
    if kazakh < WORDS || kazakh * ONE_IN < total || others * 10 > kazakh {
        return None;
    }
    let block = page.document.blocks.get(mark.block)?;
    Some(page.note(
        "kazakh_language",
        &around(&block.text, mark.start, mark.end),
        &block.place,
    ))
}

/// Kazakh in Latin script, by its commonest words.
fn latin(page: &Page, groups: &Groups) -> Option<Signal> {
    let words = page.distinct(groups.kazakh_latin);
    let first = words.first()?;
    (words.len() >= LATIN_WORDS).then(|| page.signal("kazakh_language", first))
}

#[cfg(test)]
mod tests {
    use crate::signal::tests::ids_of;

    fn is_kazakh(text: &str) -> bool {
        let found = ids_of("https://a.test/", &format!("<p>{text}"));
        found.contains(&"kazakh_language".to_owned())
    }

    #[test]
    fn kazakh_in_both_scripts() {
        assert!(is_kazakh(
            "Біз тәулік бойы жұмыс істейміз, сұрағыңызға жауап береміз, қаражатыңызды есепке аламыз. \
             Төлем өткен соң хабарлама келеді, құпиясөзді ешкімге айтпаңыз."
        ));
        assert!(is_kazakh(
            "Biz täulık boiy jūmys isteimiz jäne sız üşın aqşa audaramyz, Qazaqstan boiynşa."
        ));
    }

    #[test]
    fn neighbours_are_not_kazakh() {
        for text in [
            "Мы работаем круглые сутки, ответим на вопрос, зачислим деньги. Қазақ тілі де бар.",
            // Tajik and Uzbek in Cyrillic.
            "Мо шабонарӯз кор мекунем, ба саволҳо ҷавоб медиҳем, маблағро қабул мекунем, қарз намедиҳем, ҳамеша ҳозирем, \
             қоидаҳо дар ғайри вақт, қисмати дигар, ғамхорӣ, қурби нав, қадами аввал, ғалаба, қарор, қонун, қувва.",
            "Биз кеча-кундуз ишлаймиз, саволга жавоб берамиз, қабул қиламиз, ғалаба, қоида, қарор, қонун, ўзбек, бўлим, \
             тўлов, қадам, ғоя, қисм, қурол, қишлоқ, ўқиш.",
            "Ми працюємо цілодобово, відповімо на запитання, зарахуємо гроші, її, їхні, є, цієї, дії, надії, мрії.",
            "We work day and night, and jäne is one word.",
        ] {
            assert!(!is_kazakh(text), "{text}");
        }
    }

    #[test]
    fn the_version_for_kazakhstan() {
        let has = |url: &str, html: &str| ids_of(url, html).contains(&"kz_locale".to_owned());
        for url in [
            "https://a.test/en-KAZ/p2p",
            "https://a.test/kz/about",
            "https://kz.a.test/",
            "https://a.test/kk-kz",
        ] {
            assert!(has(url, "<p>x"), "{url}");
        }
        assert!(has("https://a.test/", "<html lang=ru-KZ><p>x"));
        for url in [
            "https://a.test/ru-RU/p2p",
            "https://a.test/news/kz",
            "https://quartz.test/",
        ] {
            assert!(!has(url, "<html lang=kk><p>x"), "{url}");
        }
    }
}
