//! Parsing hostile HTML within bounds.
//!
//! A page of a few megabytes can hold a million nested elements, or formatting tags that the HTML
//! tree builder must re-open in each paragraph; either costs time or memory out of proportion.
//! The parser is therefore fed in small pieces, and stops at a bound on nodes, depth or time. What
//! was read until then is kept and the page is marked as cut.

use std::borrow::Cow;
use std::cell::{Cell, Ref, RefCell};
use std::collections::HashMap;
use std::time::{Duration, Instant};

use html5ever::tendril::{StrTendril, TendrilSink};
use html5ever::tree_builder::{ElementFlags, NodeOrText, QuirksMode, TreeSink};
use html5ever::{Attribute, ParseOpts, QualName};
use scraper::{Html, HtmlTreeSink};

type NodeId = <HtmlTreeSink as TreeSink>::Handle;

/// Nodes kept of one page. Real pages hold a few thousand.
pub const MAX_NODES: usize = 60_000;
/// Depth at which reading stops. Real pages stay below 60.
pub const MAX_DEPTH: u32 = 300;
/// Time after which reading stops, for quadratic costs that the other bounds do not see.
pub const MAX_TIME: Duration = Duration::from_secs(3);
/// Text is fed in pieces of at most this many bytes; the bounds are looked at between pieces.
const PIECE: usize = 4096;

/// A parsed page, and whether a bound stopped the reading early.
pub struct Parsed {
    /// The tree; whatever was read until a bound.
    pub html: Html,
    /// The bound that was met, in words, if one was.
    pub cut: Option<&'static str>,
}

/// Parses `text`, stopping at the bounds above. Never fails.
#[must_use]
pub fn parse(text: &str) -> Parsed {
    let sink = Bounded::new();
    let mut parser = html5ever::parse_document(sink, ParseOpts::default());
    let started = Instant::now();
    let mut rest = text;
    let mut cut = None;
    while !rest.is_empty() {
        let (piece, after) = rest.split_at(rest.floor_char_boundary(PIECE.min(rest.len())));
        parser.process(StrTendril::from_slice(piece));
        rest = after;
        let sink = &parser.tokenizer.sink.sink;
        cut = if sink.nodes.get() > MAX_NODES {
            Some("more than 60,000 nodes")
        } else if sink.deepest.get() > MAX_DEPTH {
            Some("nested deeper than 300 elements")
        } else if started.elapsed() > MAX_TIME {
            Some("took longer than 3 seconds to parse")
        } else {
            None
        };
        if cut.is_some() {
            break;
        }
    }
    Parsed {
        html: parser.finish(),
        cut,
    }
}

/// scraper's tree, counting nodes and depth as they are made.
struct Bounded {
    tree: HtmlTreeSink,
    nodes: Cell<usize>,
    deepest: Cell<u32>,
    depth: RefCell<HashMap<NodeId, u32>>,
}

impl Bounded {
    fn new() -> Self {
        Self {
            tree: HtmlTreeSink::new(Html::new_document()),
            nodes: Cell::new(0),
            deepest: Cell::new(0),
            depth: RefCell::new(HashMap::new()),
        }
    }

    fn count(&self) {
        self.nodes.set(self.nodes.get() + 1);
    }

    /// Notes that `child` now stands `levels` below `anchor`.
    fn place(&self, anchor: NodeId, child: &NodeOrText<NodeId>, levels: u32) {
        if let NodeOrText::AppendNode(child) = child {
            let mut depth = self.depth.borrow_mut();
            let at = depth.get(&anchor).copied().unwrap_or(0) + levels;
            depth.insert(*child, at);
            self.deepest.set(self.deepest.get().max(at));
        } else {
            self.count();
        }
    }
}

impl TreeSink for Bounded {
    type Output = Html;
    type Handle = NodeId;
    type ElemName<'a> = Ref<'a, QualName>;

    fn finish(self) -> Html {
        self.tree.finish()
    }

    // Hostile pages hold errors by the million; nobody reads them.
    fn parse_error(&self, _: Cow<'static, str>) {}

    fn set_quirks_mode(&self, mode: QuirksMode) {
        self.tree.set_quirks_mode(mode);
    }

    fn get_document(&self) -> NodeId {
        self.tree.get_document()
    }

    fn same_node(&self, x: &NodeId, y: &NodeId) -> bool {
        x == y
    }

    fn elem_name<'a>(&'a self, target: &'a NodeId) -> Ref<'a, QualName> {
        self.tree.elem_name(target)
    }

    fn create_element(&self, name: QualName, attrs: Vec<Attribute>, flags: ElementFlags) -> NodeId {
        self.count();
        self.tree.create_element(name, attrs, flags)
    }

    fn create_comment(&self, text: StrTendril) -> NodeId {
        self.count();
        self.tree.create_comment(text)
    }

    fn create_pi(&self, target: StrTendril, data: StrTendril) -> NodeId {
        self.count();
        self.tree.create_pi(target, data)
    }

    fn append_doctype_to_document(&self, name: StrTendril, public: StrTendril, system: StrTendril) {
        self.tree.append_doctype_to_document(name, public, system);
    }

    fn append(&self, parent: &NodeId, child: NodeOrText<NodeId>) {
        self.place(*parent, &child, 1);
        self.tree.append(parent, child);
    }

    fn append_before_sibling(&self, sibling: &NodeId, child: NodeOrText<NodeId>) {
        self.place(*sibling, &child, 0);
        self.tree.append_before_sibling(sibling, child);
    }

    fn append_based_on_parent_node(
        &self,
        element: &NodeId,
        previous: &NodeId,
        child: NodeOrText<NodeId>,
    ) {
        self.place(*previous, &child, 1);
        self.tree
            .append_based_on_parent_node(element, previous, child);
    }

    fn remove_from_parent(&self, target: &NodeId) {
        self.tree.remove_from_parent(target);
    }

    fn reparent_children(&self, node: &NodeId, new_parent: &NodeId) {
        self.tree.reparent_children(node, new_parent);
    }

    fn add_attrs_if_missing(&self, target: &NodeId, attrs: Vec<Attribute>) {
        self.tree.add_attrs_if_missing(target, attrs);
    }

    fn get_template_contents(&self, target: &NodeId) -> NodeId {
        self.tree.get_template_contents(target)
    }

    fn mark_script_already_started(&self, node: &NodeId) {
        self.tree.mark_script_already_started(node);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_plain_page_is_read_whole() {
        let parsed = parse("<!doctype html><title>t</title><p>one<p>two");
        assert_eq!(parsed.cut, None);
        assert_eq!(
            parsed.html.root_element().text().collect::<String>(),
            "tonetwo"
        );
    }

    #[test]
    fn deep_nesting_stops() {
        let parsed = parse(&"<div>".repeat(1_000_000));
        assert_eq!(parsed.cut, Some("nested deeper than 300 elements"));
        assert!(parsed.html.tree.values().len() < 4 * MAX_NODES);
    }

    #[test]
    fn re_opened_formatting_stops() {
        let tags: String = (0..280).map(|i| format!("<b id={i}>")).collect();
        let parsed = parse(&format!("<p>{tags}{}", "<p>x".repeat(1_000_000)));
        assert!(parsed.cut.is_some());
        assert!(parsed.html.tree.values().len() < 10 * MAX_NODES);
    }

    #[test]
    fn a_million_elements_stop() {
        let parsed = parse(&"<br>".repeat(1_000_000));
        assert_eq!(parsed.cut, Some("more than 60,000 nodes"));
    }

    proptest! {
        #[test]
        fn any_text_parses(text in "(<|>|/|=|\"|'| |table|td|b|p|a|svg|select|template|script|\\PC){0,400}") {
            let _ = parse(&text);
        }
    }
}
