//! Words by which a site shows what kind of business it is, single ones too: they tell kinds apart
//! (`crate::kind`) and count on neither question of the verdict.

use std::collections::BTreeMap;

use crate::lexicon::{Hit, Lexicon};
use crate::signal::{Different, Page, Signal, ids};

/// The site says that it deals in notes of states only; `assessment` sets it against what it offers.
pub const FIAT_ONLY: &str = "fiat_only";

/// Groups of the other lexicons that show a kind, under their own names.
const ALSO: &[(&str, &str)] = &[
    ("affiliate", "affiliate"),
    ("aggregator", "aggregator"),
    ("cash", "otc"),
    ("fiat", "fiat_exchange"),
    ("p2p", "p2p"),
    ("spot", "exchange"),
];

/// Types of schema.org by which a page declares what it is, and the kind that has them.
const DECLARED: &[(&str, &str)] = &[
    ("Attorney", "consultant"),
    ("BankOrCreditUnion", "bank"),
    ("Casino", "casino"),
    ("Course", "training"),
    ("GovernmentOffice", "regulator"),
    ("GovernmentOrganization", "regulator"),
    ("LegalService", "consultant"),
    ("NewsArticle", "news"),
    ("NewsMediaOrganization", "news"),
    ("OnlineStore", "shop"),
    ("Store", "shop"),
];
/// What a declared type is worth, in phrases.
const DECLARES: usize = 3;

/// What a page says of one kind.
#[derive(Default)]
struct Said<'a> {
    different: Different,
    met: Vec<&'a Hit>,
    strength: usize,
    declared: Option<&'a str>,
}

/// Reads one page.
#[must_use]
pub fn read(page: &Page, lexicon: &Lexicon) -> Vec<Signal> {
    let mut kinds: BTreeMap<&str, Said<'_>> = BTreeMap::new();
    for hit in &page.hits {
        let group = lexicon.groups().get(hit.group);
        let Some(kind) = group.and_then(|(id, _)| kind_of(id)) else {
            continue;
        };
        let said = kinds.entry(kind).or_default();
        if said.different.add(page, hit) {
            said.met.push(hit);
            // What a site puts in its title or a heading is what it is.
            let block = page.document.blocks.get(hit.block);
            said.strength += if block.is_some_and(|block| block.heading) {
                2
            } else {
                1
            };
        }
    }
    for declared in &page.document.types {
        let known = DECLARED.iter().find(|(name, _)| name == declared);
        let said = known.map(|(_, kind)| kinds.entry(*kind).or_default());
        if let Some(said) = said.filter(|said| said.declared.is_none()) {
            said.declared = Some(declared);
            said.strength += DECLARES;
        }
    }
    let mut out: Vec<Signal> = kinds
        .into_iter()
        .filter_map(|(kind, said)| {
            let family = format!("says_{kind}");
            let id = ids::at_step(&family, said.strength)?;
            let quoted = page.stepped(&family, &said.met).or_else(|| {
                let declared = said.declared?;
                Some(page.note(&id, declared, "script[type=application/ld+json]"))
            });
            Some(Signal { id, ..quoted? })
        })
        .collect();
    let only = page.of_group(lexicon.group("fiat.only")).next();
    out.extend(only.map(|hit| page.signal(FIAT_ONLY, hit)));
    out
}

/// The kind that a group of words shows.
fn kind_of(group: &str) -> Option<&str> {
    let own = group.strip_prefix("kind.");
    own.or_else(|| group.strip_prefix("guard.")).or_else(|| {
        let also = ALSO.iter().find(|(id, _)| *id == group);
        also.map(|(_, kind)| *kind)
    })
}

#[cfg(test)]
mod tests {
    use crate::corpus::KINDS;
    use crate::lexicon::Lexicon;
    use crate::signal::IDS;
    use crate::signal::tests::ids_of;

    #[test]
    fn every_kind_has_words_and_a_signal() {
        let lexicon = Lexicon::shipped().unwrap();
        for kind in KINDS {
            assert!(
                IDS.iter().any(|known| known.id == format!("says_{kind}")),
                "{kind}"
            );
            assert_ne!(lexicon.group(&format!("kind.{kind}")), usize::MAX, "{kind}");
        }
    }

    #[test]
    fn a_heading_says_more_than_a_line_and_a_word_counts_once() {
        let ids = |html: &str| ids_of("https://a.test/", html);
        let line = ids("<p>Есть и бот. Бот, бот!");
        assert!(line.contains(&"says_telegram_bot.1".to_owned()), "{line:?}");
        let heading = ids("<h1>Наш бот</h1><p>Пишите.");
        assert!(
            heading
                .iter()
                .any(|id| id.starts_with("says_telegram_bot.") && !id.ends_with(".1")),
            "{heading:?}"
        );
    }

    #[test]
    fn notes_only_is_said_in_three_languages() {
        for text in [
            "Работаем только с наличной валютой.",
            "Біз тек қолма-қол валюта айырбастаймыз.",
            "Cash currencies only.",
        ] {
            let ids = ids_of("https://a.test/", &format!("<p>{text}"));
            assert!(
                ids.contains(&super::FIAT_ONLY.to_owned()),
                "{text}: {ids:?}"
            );
        }
    }

    #[test]
    fn what_a_page_declares_itself_to_be_counts_as_its_words_do() {
        let html = |body: &str| {
            format!(
                r#"<script type="application/ld+json">{{"@type":"NewsArticle"}}</script><p>{body}"#
            )
        };
        let bare = ids_of("https://a.test/", &html("Пирог испечён"));
        assert!(bare.contains(&"says_news.3".to_owned()), "{bare:?}");
        let more = ids_of("https://a.test/", &html("Как сообщает корреспондент"));
        let step = more.iter().find_map(|id| id.strip_prefix("says_news."));
        assert!(step.is_some_and(|step| step > "3"), "{more:?}");
    }
}
