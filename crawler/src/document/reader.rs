//! Walks a parsed page once, without recursion, and fills a [`Document`].

mod forms;
mod text;
mod unseen;

use ego_tree::iter::Edge;
use scraper::node::Element;
use scraper::{ElementRef, Node};
use url::Url;

use super::parts::is_block;
use super::{Document, Form, clip, collapse};
use crate::dom;

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
            "form" => self.open_form(element, here),
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
