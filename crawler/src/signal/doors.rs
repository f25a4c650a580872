//! Ways in that are no form: an address to pay into, a bot that takes the orders, and the program
//! that runs the site.

use std::sync::LazyLock;

use serde::Deserialize;

use crate::document::Document;
use crate::identifier::wallets;
use crate::lexicon::LexiconError;
use crate::signal::{Groups, Page, Signal};

/// Reads one page.
#[must_use]
pub fn read(page: &Page, groups: &Groups) -> Vec<Signal> {
    [
        deposit_address(page, groups),
        bot(page, groups),
        platform(page),
    ]
    .into_iter()
    .flatten()
    .collect()
}

/// A wallet to pay into, on a page that speaks of orders.
fn deposit_address(page: &Page, groups: &Groups) -> Option<Signal> {
    if page.distinct(groups.life).len() < 2 {
        return None;
    }
    page.document.blocks.iter().find_map(|block| {
        let wallet = wallets(&block.text).into_iter().next()?;
        Some(
            page.note("deposit_address", &wallet.value, &block.place)
                .decisive(),
        )
    })
}

/// A link to a Telegram bot on a page that offers to exchange and sends the visitor to it.
fn bot(page: &Page, groups: &Groups) -> Option<Signal> {
    let sends = !page.said(groups.bot, groups).is_empty();
    let offers = [groups.exchanger, groups.offer, groups.manager, groups.tenge]
        .iter()
        .any(|group| !page.said(*group, groups).is_empty());
    if !sends || !offers || !page.speaks_of_crypto(groups) {
        return None;
    }
    let link = page.document.links.iter().find(|link| {
        let telegram = matches!(
            link.url.domain(),
            Some("t.me" | "telegram.me" | "telegram.dog")
        );
        let name = link.url.path_segments().and_then(|mut path| path.next());
        telegram && name.is_some_and(|name| name.to_ascii_lowercase().ends_with("bot"))
    })?;
    Some(
        page.note("bot_door", link.url.as_str(), "a[href]")
            .transaction(),
    )
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    platform: Vec<Platform>,
}

/// A program that runs exchangers, and what it leaves in pages.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Platform {
    name: String,
    marks: Vec<Mark>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Mark {
    #[serde(rename = "where")]
    place: Place,
    /// Lower case.
    text: toml::Spanned<String>,
    /// Nothing else leaves it.
    sure: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Place {
    Asset,
    Script,
    Form,
    Meta,
}

static PLATFORMS: LazyLock<Vec<Platform>> =
    LazyLock::new(|| load(data::lexicon::PLATFORMS).unwrap_or_default());

/// Whether the shipped file of marks can be read; asked when the lexicons are.
///
/// # Errors
/// The first mark that cannot be used, with file and line.
pub(crate) fn check_shipped() -> Result<(), LexiconError> {
    load(data::lexicon::PLATFORMS).map(drop)
}

fn load((file, text): (&str, &str)) -> Result<Vec<Platform>, LexiconError> {
    let parsed: File = toml::from_str(text).map_err(|error| LexiconError::Syntax {
        file: file.to_owned(),
        problem: error.to_string(),
    })?;
    for mark in parsed.platform.iter().flat_map(|platform| &platform.marks) {
        let written = mark.text.get_ref();
        if written.len() < 5 || *written != written.to_lowercase() {
            return Err(LexiconError::Entry {
                file: file.to_owned(),
                line: crate::lexicon::line(text, mark.text.span().start),
                entry: written.clone(),
                problem: "a mark is five or more characters in small letters",
            });
        }
    }
    Ok(parsed.platform)
}

/// The exchanger program behind the site: one mark that nothing else leaves, or two others.
fn platform(page: &Page) -> Option<Signal> {
    let seen = Seen::of(&page.document);
    PLATFORMS.iter().find_map(|platform| {
        let met: Vec<&Mark> = platform
            .marks
            .iter()
            .filter(|mark| seen.has(mark))
            .collect();
        let first = met.iter().find(|mark| mark.sure).or(met.first())?;
        if !first.sure && met.len() < 2 {
            return None;
        }
        let quote = format!("{}: {}", platform.name, first.text.get_ref());
        Some(
            page.note("platform", &quote, "script or asset")
                .transaction(),
        )
    })
}

/// The parts of a page in which marks are looked for, in lower case.
struct Seen {
    assets: String,
    scripts: String,
    forms: String,
    meta: String,
}

impl Seen {
    fn of(document: &Document) -> Self {
        let joined = |parts: Vec<&str>| parts.join("\n").to_lowercase();
        let texts = |list: &'_ [String]| joined(list.iter().map(String::as_str).collect());
        let forms = document.forms.iter().flat_map(|form| {
            let names = form.fields.iter().map(|field| field.name.as_str());
            names.chain([form.action.as_str()])
        });
        Self {
            assets: texts(&document.assets),
            scripts: texts(&document.scripts),
            forms: joined(forms.collect()),
            meta: joined(
                document
                    .meta
                    .iter()
                    .map(|(_, content)| content.as_str())
                    .collect(),
            ),
        }
    }

    fn has(&self, mark: &Mark) -> bool {
        let text = match mark.place {
            Place::Asset => &self.assets,
            Place::Script => &self.scripts,
            Place::Form => &self.forms,
            Place::Meta => &self.meta,
        };
        text.contains(mark.text.get_ref().as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::signal::tests::ids_of;

    fn has(html: &str, id: &str) -> bool {
        ids_of("https://a.test/", html)
            .iter()
            .any(|found| found == id)
    }

    #[test]
    fn one_sure_mark_or_two_others_name_the_program() {
        assert!(has(
            "<script src=/wp-content/plugins/PremiumBox/js/a.js></script>",
            "platform"
        ));
        assert!(has(
            "<script>var js_amount=1, xchange_rate=2</script>",
            "platform"
        ));
        assert!(!has("<script>var js_amount=1</script>", "platform"));
        assert!(!has("<p>premiumbox, iexexchanger</p>", "platform"));
    }

    #[test]
    fn a_bot_is_a_door_only_where_the_page_offers_and_sends_there() {
        let bot = "<a href=https://t.me/altyn_swap_bot>Telegram</a>";
        assert!(has(
            &format!("<p>Обмен USDT: запустите бота и введите сумму. {bot}"),
            "bot_door"
        ));
        assert!(has(
            &format!("<p>USDT сату: ботты іске қосыңыз. {bot}"),
            "bot_door"
        ));
        assert!(!has(
            &format!("<p>Погода: запустите бота. {bot}"),
            "bot_door"
        ));
        assert!(!has(
            "<p>Обмен USDT: запустите бота. <a href=https://t.me/altyn_news>Telegram</a>",
            "bot_door"
        ));
        assert!(!has(
            &format!("<p>Обмен USDT бывает разный, пишет газета. {bot}"),
            "bot_door"
        ));
    }

    #[test]
    fn a_mark_that_cannot_be_used_is_named_by_its_line() {
        let (file, text) = data::lexicon::PLATFORMS;
        assert!(load((file, text)).unwrap().len() >= 4);
        let broken = text.replacen("\"js_amount\"", "\"js\"", 1);
        let line = text
            .lines()
            .position(|line| line.contains("\"js_amount\""))
            .unwrap()
            + 1;
        let error = load((file, &broken)).unwrap_err().to_string();
        assert!(
            error.starts_with(&format!("{file}, line {line}: ")),
            "{error}"
        );
    }
}
