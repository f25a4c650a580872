//! Kazakhstan shut out in the site's own words: a sentence that denies service and names the
//! country, a list of restricted countries that holds it, or "everywhere except Kazakhstan". A denial
//! with "except" or "only" is noted but not counted, because it can mean the opposite; a country named
//! for its laws is not shut out by them.

use std::ops::Range;

use crate::lexicon::Hit;
use crate::signal::{Groups, Page, Signal};

/// The signal's id; `assessment` sets it against what the form offers.
pub const ID: &str = "kazakhstan_restricted";
/// Words between the country and a word that bears on it at most.
const NEAR: usize = 3;
/// A page that refuses the visitor's country shows no more words than this.
const REFUSAL_WORDS: usize = 120;

/// Reads one page.
#[must_use]
pub fn read(page: &Page, groups: &Groups) -> Option<Signal> {
    let mut noted = None;
    for named in page.of_group(groups.country) {
        let Some(block) = page.document.blocks.get(named.block) else {
            continue;
        };
        if beside(page, groups.of_law, named) {
            continue;
        }
        let sentence = sentence(&block.text, named.range.start);
        let inside = |group: usize| {
            page.of_group_in(group, named.block)
                .any(|hit| hit.range.start >= sentence.start && hit.range.end <= sentence.end)
        };
        let listed = inside(groups.shut_list) || under_list_heading(page, groups, named.block);
        let shut = match (listed || inside(groups.shut), inside(groups.shut_except)) {
            (true, false) => true,
            // "Not available outside Kazakhstan".
            (true, true) => {
                noted = noted.or_else(|| Some(page.signal("kazakhstan_in_exception", named)));
                false
            }
            // "We serve everybody except people in Kazakhstan".
            (false, true) => inside(groups.service) && excepted(page, groups, named),
            (false, false) => false,
        };
        if shut {
            let quote = block.text.get(sentence).unwrap_or(&block.text).trim();
            return Some(page.note(ID, quote, &block.place));
        }
    }
    noted.or_else(|| geo_block(page, groups))
}

/// Whether a word of the group stands within a few words of the country.
fn beside(page: &Page, group: usize, named: &Hit) -> bool {
    page.of_group_in(group, named.block).any(|hit| {
        let before = hit.words.end <= named.words.start && named.words.start - hit.words.end < NEAR;
        let after = hit.words.start >= named.words.end && hit.words.start - named.words.end < NEAR;
        before || after
    })
}

/// Whether an exception is made of the country itself, not of something else in the sentence: the word
/// stands before it, in Kazakh after it ("Қазақстаннан басқа").
fn excepted(page: &Page, groups: &Groups, named: &Hit) -> bool {
    page.of_group_in(groups.shut_except, named.block)
        .any(|hit| {
            let before =
                hit.words.end <= named.words.start && named.words.start - hit.words.end < NEAR;
            let after = hit.words.start >= named.words.end && hit.words.start - named.words.end < 2;
            let only = [
                "только",
                "only",
                "тек",
                "solo",
                "outside",
                "вне",
                "пределами",
                "тыс",
            ];
            (before || after)
                && !only
                    .iter()
                    .any(|word| page.exact(hit).to_lowercase().contains(word))
        })
}

/// A short page that turns the visitor's country away.
fn geo_block(page: &Page, groups: &Groups) -> Option<Signal> {
    let hit = page.of_group(groups.geo_block).next()?;
    (page.words.marks.len() <= REFUSAL_WORDS).then(|| page.signal("geo_block", hit))
}

/// Byte range of the sentence around `at`.
fn sentence(text: &str, at: usize) -> Range<usize> {
    let end_mark = |c: char| matches!(c, '.' | '!' | '?' | ';' | '\n');
    let from = text
        .get(..at)
        .and_then(|before| before.rfind(end_mark))
        .map_or(0, |found| found + 1);
    let to = text
        .get(at..)
        .and_then(|after| after.find(end_mark))
        .map_or(text.len(), |found| at + found);
    from..to
}

/// True when the nearest earlier heading or introduction within 60 blocks opens a list of
/// restricted countries.
fn under_list_heading(page: &Page, groups: &Groups, block: usize) -> bool {
    let opener = page
        .of_group(groups.shut_list)
        .filter(|hit| hit.block < block && block - hit.block <= 60)
        .last();
    let Some(opener) = opener else { return false };
    let between = page
        .document
        .blocks
        .get(opener.block + 1..block)
        .unwrap_or_default();
    // Another heading, or a long paragraph, ends the list.
    !between
        .iter()
        .any(|between| between.heading || between.text.chars().count() > 200)
}

#[cfg(test)]
mod tests {
    use crate::signal::tests::ids_of;

    fn ids(text: &str) -> Vec<String> {
        ids_of("https://a.test/", &format!("<p>{text}"))
    }

    fn shut(text: &str) -> bool {
        ids(text).contains(&super::ID.to_owned())
    }

    #[test]
    fn shut_out_in_five_languages() {
        for text in [
            "Мы не обслуживаем клиентов из Ирана, Казахстана и Кубы.",
            "Қазақстан тұрғындарына қызмет көрсетілмейді.",
            "Қазақстандағы пайдаланушыларға айырбас қолжетімді емес.",
            "Residents of Kazakhstan are not eligible to open accounts.",
            "Ми не надаємо послуги мешканцям Казахстану.",
            "No ofrecemos servicios a residentes de Kazajistán.",
            "Сервис доступен во всех странах, кроме Казахстана.",
            "Our services are available worldwide except Kazakhstan.",
            "Қызмет Қазақстаннан басқа барлық елде қолжетімді.",
        ] {
            assert!(shut(text), "{text}");
        }
    }

    #[test]
    fn the_opposite_and_the_law_shut_nobody_out() {
        for text in [
            "Сервис недоступен за пределами Казахстана.",
            "Услуги предоставляются только в Казахстане.",
            "Мы не предоставляем услуги лицам, которым это запрещает законодательство Казахстана.",
            "Используя сервис, вы подтверждаете, что закон Республики Казахстан вам этого не запрещает.",
            "Работаем в Казахстане. В США не обслуживаем.",
            "Принимаем карты всех банков, кроме виртуальных, по всему Казахстану.",
        ] {
            assert!(!shut(text), "{text}: {:?}", ids(text));
        }
    }

    #[test]
    fn a_page_that_turns_a_country_away_is_noted() {
        for text in [
            "Сервис недоступен в вашей стране.",
            "This service is not available in your region.",
            "Бұл қызмет сіздің еліңізде қолжетімсіз.",
        ] {
            assert!(ids(text).contains(&"geo_block".to_owned()), "{text}");
        }
        let long = format!(
            "Сервис недоступен в вашей стране. {}",
            "Слово. ".repeat(200)
        );
        assert!(!ids(&long).contains(&"geo_block".to_owned()));
    }
}
