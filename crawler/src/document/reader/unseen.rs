//! What a page holds besides its text: descriptions, scripts and their data, addresses.

use scraper::ElementRef;
use scraper::node::Element;
use url::Url;

use super::Reader;
use crate::document::parts::{collect_strings, collect_types, path};
use crate::document::{Link, MAX_LINKS, MAX_SCRIPT, MAX_SCRIPTS, clip, collapse};

impl Reader {
    pub(super) fn meta(&mut self, element: &Element) {
        let name = element
            .attr("name")
            .or_else(|| element.attr("property"))
            .unwrap_or_default();
        let content = element.attr("content").unwrap_or_default();
        if name.is_empty() || self.document.meta.len() >= 200 {
            return;
        }
        let (name, content) = (clip(name, 80).to_lowercase(), collapse(content, 500));
        if matches!(
            name.as_str(),
            "description" | "keywords" | "og:title" | "og:description"
        ) {
            self.push(&format!("meta[{name}]"), &content, None, false);
        }
        self.document.meta.push((name, content));
    }

    pub(super) fn link_element(&mut self, element: &Element) {
        let href = element.attr("href").unwrap_or_default();
        if let Some(language) = element.attr("hreflang") {
            if self.document.hreflang.len() < 200 {
                self.document.hreflang.push((
                    clip(language, 35).to_lowercase(),
                    clip(href, 500).to_owned(),
                ));
            }
        } else if element
            .attr("rel")
            .is_some_and(|rel| rel.eq_ignore_ascii_case("stylesheet"))
        {
            self.asset(Some(href));
        } else if element.attr("rel").is_some_and(|rel| {
            rel.split_ascii_whitespace()
                .any(|word| word.eq_ignore_ascii_case("icon"))
        }) && self.document.icons.len() < 10
        {
            self.document.icons.push(clip(href, 500).to_owned());
        }
    }

    pub(super) fn script(&mut self, element: &Element, here: ElementRef<'_>) {
        let source = element.attr("src").filter(|source| !source.is_empty());
        if let Some(source) = source
            && self.document.bundles.len() < 100
        {
            self.document.bundles.push(clip(source, 500).to_owned());
        }
        self.asset(source);
        let content: String = here.text().collect();
        if content.trim().is_empty() {
            return;
        }
        if element
            .attr("type")
            .is_some_and(|kind| kind.contains("ld+json"))
        {
            if let Ok(value) = serde_json::from_str(&content) {
                collect_types(&value, &mut self.document.types, 0);
            }
            return;
        }
        if element.attr("type") == Some("application/json") {
            if let Ok(value) = serde_json::from_str(&content) {
                collect_strings(&value, &path(here), &mut self.embedded, 0);
            }
            return;
        }
        let content = clip(&content, MAX_SCRIPT);
        if self.script_bytes + content.len() <= MAX_SCRIPTS {
            self.script_bytes += content.len();
            self.document.scripts.push(content.to_owned());
        }
    }

    pub(super) fn asset(&mut self, address: Option<&str>) {
        if let Some(address) = address
            && !address.is_empty()
            && !address.starts_with("data:")
            && self.document.assets.len() < 500
        {
            self.document.assets.push(clip(address, 500).to_owned());
        }
    }

    pub(super) fn resolve(&mut self, element: &Element) -> Option<Url> {
        let href = element.attr("href")?.trim();
        let scheme = href
            .split_once(':')
            .map(|(scheme, _)| scheme.to_ascii_lowercase());
        if scheme
            .is_some_and(|scheme| matches!(scheme.as_str(), "tel" | "mailto" | "tg" | "whatsapp"))
        {
            if self.document.contacts.len() < 200 {
                self.document.contacts.push(clip(href, 300).to_owned());
            }
            return None;
        }
        let mut url = self.base.join(clip(href, 2_000)).ok()?;
        url.set_fragment(None);
        matches!(url.scheme(), "http" | "https").then_some(url)
    }

    pub(super) fn finish_anchor(&mut self) {
        if let Some((url, text, rel)) = self.anchor.take()
            && self.document.links.len() < MAX_LINKS
        {
            let text = collapse(&text, 300);
            self.document.links.push(Link { url, text, rel });
        }
    }

    /// Where a page shows next to nothing, the data it carries for its scripts says what it is. On
    /// other pages that data repeats the text, or belongs to no reader.
    pub(super) fn embedded(&mut self) {
        if !self.document.is_empty_without_scripts() {
            return;
        }
        for (place, text) in std::mem::take(&mut self.embedded) {
            self.push(&place, &text, None, false);
            if let Some(block) = self.document.blocks.last_mut() {
                block.embedded = true;
            }
        }
    }
}
