//! Walks a parsed page once, without recursion, and fills a [`Document`].

use ego_tree::iter::Edge;
use scraper::node::Element;
use scraper::{ElementRef, Node};
use url::Url;

use super::parts::{collect_strings, collect_types, field, is_block, path};
use super::{
    Block, Choice, Document, Field, Form, Link, MAX_BLOCK_CHARS, MAX_BLOCKS, MAX_FORMS, MAX_LINKS,
    MAX_OPTIONS, MAX_SCRIPT, MAX_SCRIPTS, clip, collapse,
};
use crate::dom;

/// Bytes of a run of text that surely fit into one block: a character of our scripts takes at most two
/// bytes, hardly any three.
const MAX_RUN: usize = MAX_BLOCK_CHARS;

/// Reads `text` as the HTML found at `url`. Never fails. A text without any markup is read line by line.
#[must_use]
pub fn read(text: &str, url: &Url) -> Document {
    if !text.contains('<') {
        return read(&format!("<plaintext>{text}"), url);
    }
    let parsed = dom::parse(text);
    let mut reader = Reader {
        base: url.clone(),
        document: Document {
            cut: parsed.cut,
            ..Document::default()
        },
        run: String::new(),
        run_place: None,
        forms: Vec::new(),
        loose: Form::default(),
        embedded: Vec::new(),
        heading: 0,
        preformatted: 0,
        script_bytes: 0,
        anchor: None,
        button: None,
    };
    reader.walk(parsed.html.root_element());
    reader.finish()
}

/// The parts of a text node that are blocks of their own: lines where lines are lines, else what blank
/// lines set apart.
fn paragraphs(text: &str, lines: bool) -> impl Iterator<Item = &str> {
    let mut rest = Some(text);
    std::iter::from_fn(move || {
        let text = rest?;
        let cut = if lines {
            text.find('\n')
        } else {
            blank_line(text)
        };
        let Some(at) = cut else {
            rest = None;
            return Some(text);
        };
        let (part, after) = text.split_at(at);
        rest = after.get(1..);
        Some(part)
    })
}

/// Where a blank line stands between words of one text node.
fn blank_line(text: &str) -> Option<usize> {
    let mut from = 0;
    while let Some(at) = text.get(from..)?.find('\n').map(|at| from + at) {
        let after = text.get(at + 1..)?;
        let blank = after
            .trim_start_matches([' ', '\t', '\r'])
            .starts_with('\n');
        if blank && !text.get(..at)?.trim().is_empty() && !after.trim().is_empty() {
            return Some(at);
        }
        from = at + 1;
    }
    None
}

struct Reader {
    base: Url,
    document: Document,
    run: String,
    run_place: Option<String>,
    forms: Vec<usize>,
    loose: Form,
    /// Strings of the page's own data with their place.
    embedded: Vec<(String, String)>,
    heading: usize,
    /// Open elements in which lines are lines.
    preformatted: usize,
    script_bytes: usize,
    anchor: Option<(Url, String, String)>,
    button: Option<String>,
}

impl Reader {
    /// Visits the tree without recursion, so depth cannot overflow the stack.
    fn walk(&mut self, root: ElementRef<'_>) {
        let mut skip_until = None;
        for edge in root.traverse() {
            let (node, opening) = match edge {
                Edge::Open(node) => (node, true),
                Edge::Close(node) => (node, false),
            };
            if let Some(id) = skip_until {
                if !opening && node.id() == id {
                    skip_until = None;
                }
                continue;
            }
            match node.value() {
                Node::Text(text) if opening => {
                    self.text(text, node.parent().and_then(ElementRef::wrap));
                }
                Node::Element(element) if opening => {
                    let Some(here) = ElementRef::wrap(node) else {
                        continue;
                    };
                    if self.open(element, here) {
                        skip_until = Some(node.id());
                    }
                }
                Node::Element(element) => self.close(element),
                _ => {}
            }
        }
    }

    /// Returns true when the element's content is not visible text.
    fn open(&mut self, element: &Element, here: ElementRef<'_>) -> bool {
        let name = element.name();
        if is_block(name) {
            self.flush();
        }
        if let Some(key) = element.attr("data-sitekey")
            && self.document.site_keys.len() < 20
        {
            self.document.site_keys.push(clip(key, 100).to_owned());
        }
        match name {
            "html" => {
                self.document.lang = element
                    .attr("lang")
                    .map(|lang| clip(lang, 35).to_lowercase());
            }
            "base" => {
                if let Some(base) = element
                    .attr("href")
                    .and_then(|href| self.base.join(href).ok())
                {
                    self.base = base;
                }
            }
            "title" => {
                if self.document.title.is_empty() {
                    let title = collapse(&here.text().collect::<String>(), 300);
                    self.push("title", &title, None, true);
                    self.document.title = title;
                }
                return true;
            }
            "meta" => self.meta(element),
            "link" => self.link_element(element),
            "script" => {
                self.script(element, here);
                return true;
            }
            "iframe" | "frame" => self.asset(element.attr("src")),
            "style" | "template" | "noscript" | "svg" | "datalist" | "noframes" => return true,
            "a" => {
                self.finish_anchor();
                self.anchor = self.resolve(element).map(|url| {
                    (
                        url,
                        String::new(),
                        element.attr("rel").unwrap_or_default().to_lowercase(),
                    )
                });
            }
            "img" => {
                if let Some(alt) = element.attr("alt") {
                    self.text(&format!(" {alt} "), Some(here));
                }
            }
            "form" if self.document.forms.len() < MAX_FORMS => {
                self.document.forms.push(Form {
                    place: path(here),
                    action: clip(element.attr("action").unwrap_or_default(), 500).to_owned(),
                    method: element.attr("method").unwrap_or("get").to_lowercase(),
                    ..Form::default()
                });
                self.forms.push(self.document.forms.len() - 1);
            }
            "select" => {
                self.select(element, here);
                return true;
            }
            "input" | "textarea" => self.input(element, here),
            "button" => self.button = Some(String::new()),
            "h1" | "h2" | "h3" | "h4" | "h5" | "h6" | "th" | "legend" | "summary" => {
                self.heading += 1;
            }
            "pre" | "listing" | "plaintext" | "xmp" => self.preformatted += 1,
            _ => {}
        }
        false
    }

    fn close(&mut self, element: &Element) {
        let name = element.name();
        if is_block(name) {
            self.flush();
        }
        match name {
            "a" => self.finish_anchor(),
            "form" => {
                self.forms.pop();
            }
            "button" => {
                if let Some(text) = self.button.take() {
                    let text = collapse(&text, 200);
                    self.form_mut().buttons.push(text);
                }
            }
            "h1" | "h2" | "h3" | "h4" | "h5" | "h6" | "th" | "legend" | "summary" => {
                self.heading = self.heading.saturating_sub(1);
            }
            "pre" | "listing" | "plaintext" | "xmp" => {
                self.preformatted = self.preformatted.saturating_sub(1);
            }
            _ => {}
        }
    }

    fn text(&mut self, text: &str, parent: Option<ElementRef<'_>>) {
        if self.run_place.is_none() && !text.trim().is_empty() {
            self.run_place = parent.map(path);
        }
        let lines = self.preformatted > 0;
        for (number, part) in paragraphs(text, lines).enumerate() {
            if number > 0 {
                self.flush();
                self.run_place = parent.map(path);
            }
            self.add_to_run(part, parent);
        }
        for open in [
            self.anchor.as_mut().map(|(_, text, _)| text),
            self.button.as_mut(),
        ] {
            if let Some(open) = open
                && open.len() < 1_000
            {
                open.push_str(text);
            }
        }
    }

    /// Adds text to the current run; what does not fit into one block becomes the next, so that a page
    /// that is one long text is read to its end.
    fn add_to_run(&mut self, text: &str, parent: Option<ElementRef<'_>>) {
        let mut rest = text;
        while self.run.len() + rest.len() > MAX_RUN {
            let room = MAX_RUN.saturating_sub(self.run.len());
            let cut = rest.floor_char_boundary(room);
            let head = rest.get(..cut).unwrap_or_default();
            let end = head
                .rfind(['.', '!', '?', '\n', ' '])
                .map_or(cut, |at| at + 1);
            let (head, tail) = rest.split_at(if end == 0 { cut } else { end });
            self.run.push_str(head);
            let before = self.document.blocks.len();
            self.flush();
            if tail.len() == rest.len() && self.document.blocks.len() == before {
                return;
            }
            self.run_place = parent.map(path);
            rest = tail;
        }
        self.run.push_str(rest);
    }

    /// Ends the current run of text.
    fn flush(&mut self) {
        let run = std::mem::take(&mut self.run);
        let place = self.run_place.take();
        let text = collapse(&run, MAX_BLOCK_CHARS);
        if !text.is_empty() {
            let form = self.forms.last().copied();
            let heading = self.heading > 0;
            self.push(&place.unwrap_or_default(), &text, form, heading);
        }
    }

    fn push(&mut self, place: &str, text: &str, form: Option<usize>, heading: bool) {
        if self.document.blocks.len() < MAX_BLOCKS && !text.is_empty() {
            self.document.blocks.push(Block {
                text: text.to_owned(),
                place: place.to_owned(),
                form,
                heading,
                embedded: false,
            });
        }
    }

    fn meta(&mut self, element: &Element) {
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

    fn link_element(&mut self, element: &Element) {
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

    fn script(&mut self, element: &Element, here: ElementRef<'_>) {
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

    fn asset(&mut self, address: Option<&str>) {
        if let Some(address) = address
            && !address.is_empty()
            && !address.starts_with("data:")
            && self.document.assets.len() < 500
        {
            self.document.assets.push(clip(address, 500).to_owned());
        }
    }

    fn resolve(&mut self, element: &Element) -> Option<Url> {
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

    fn finish_anchor(&mut self) {
        if let Some((url, text, rel)) = self.anchor.take()
            && self.document.links.len() < MAX_LINKS
        {
            let text = collapse(&text, 300);
            self.document.links.push(Link { url, text, rel });
        }
    }

    /// The form that fields met now belong to.
    fn form_mut(&mut self) -> &mut Form {
        match self.forms.last() {
            Some(&index) if index < self.document.forms.len() => &mut self.document.forms[index],
            _ => &mut self.loose,
        }
    }

    fn select(&mut self, element: &Element, here: ElementRef<'_>) {
        let mut options = Vec::new();
        for node in here.descendants().filter_map(ElementRef::wrap) {
            if node.value().name() == "option" && options.len() < MAX_OPTIONS {
                options.push(Choice {
                    value: clip(node.value().attr("value").unwrap_or_default(), 100).to_owned(),
                    text: collapse(&node.text().collect::<String>(), 200),
                });
            }
        }
        let field = field(element, "select", here, options);
        self.add_field(field);
    }

    fn input(&mut self, element: &Element, here: ElementRef<'_>) {
        let kind = match element.name() {
            "textarea" => "textarea".to_owned(),
            _ => clip(element.attr("type").unwrap_or("text"), 20).to_lowercase(),
        };
        if matches!(kind.as_str(), "submit" | "button" | "image") {
            let text = element
                .attr("value")
                .or_else(|| element.attr("alt"))
                .unwrap_or_default();
            let text = collapse(text, 200);
            self.form_mut().buttons.push(text);
            return;
        }
        let mut options = Vec::new();
        if matches!(kind.as_str(), "radio" | "checkbox" | "hidden") {
            options.push(Choice {
                value: clip(element.attr("value").unwrap_or_default(), 100).to_owned(),
                text: String::new(),
            });
        }
        let field = field(element, &kind, here, options);
        self.add_field(field);
    }

    fn add_field(&mut self, field: Field) {
        let form = self.form_mut();
        if form.fields.len() < 500 {
            form.fields.push(field);
        }
    }

    /// Where a page shows next to nothing, the data it carries for its scripts says what it is. On
    /// other pages that data repeats the text, or belongs to no reader.
    fn embedded(&mut self) {
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

    fn finish(mut self) -> Document {
        self.flush();
        self.finish_anchor();
        self.embedded();
        if !self.loose.fields.is_empty() {
            self.loose.place = "body".to_owned();
            self.document.forms.push(self.loose);
        }
        self.document
    }
}
