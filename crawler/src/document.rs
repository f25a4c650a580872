//! What a page says: title, language, text blocks with their place, links, forms, scripts.
//!
//! Everything here is text taken from a hostile page, with bounds on each list. Nothing is markup
//! any more, and nothing is judged yet; `signal` does that.

use url::Url;

mod parts;
mod reader;

pub use reader::read;

/// Text blocks kept of one page.
pub const MAX_BLOCKS: usize = 6_000;
/// Characters kept of one block.
pub const MAX_BLOCK_CHARS: usize = 4_000;
/// Links kept of one page.
pub const MAX_LINKS: usize = 5_000;
/// Bytes kept of one inline script, and of all of them.
pub const MAX_SCRIPT: usize = 64 * 1024;
const MAX_SCRIPTS: usize = 256 * 1024;
/// Strings taken from the data a page carries for its scripts.
const MAX_EMBEDDED: usize = 400;
/// A page that shows fewer characters than this, title and description aside, counts as empty.
const EMPTY_BELOW: usize = 400;
const MAX_FORMS: usize = 100;
const MAX_OPTIONS: usize = 2_000;

/// A run of visible text between block boundaries.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Block {
    /// White space is collapsed to single spaces.
    pub text: String,
    /// Where it stands: a CSS-like path, or `title`, `meta[description]`.
    pub place: String,
    /// Index into [`Document::forms`] when the block stands inside a form.
    pub form: Option<usize>,
    /// True for `h1` to `h6`, `th`, `legend` and `summary`.
    pub heading: bool,
    /// True for text of the page's own data, which a script would have shown.
    pub embedded: bool,
}

/// A hyperlink, resolved against the page.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Link {
    /// Absolute http(s) URL without fragment.
    pub url: Url,
    /// Anchor text.
    pub text: String,
    /// The `rel` attribute in lower case.
    pub rel: String,
}

/// One choice of a select, or an element that acts as one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Choice {
    /// The `value` attribute.
    pub value: String,
    /// What a visitor reads.
    pub text: String,
}

/// An input, select or text area.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Field {
    /// `select`, `textarea` or the input's `type`.
    pub kind: String,
    /// The `name` or, failing that, `id`.
    pub name: String,
    /// Placeholder and ARIA label: what the visitor is asked for.
    pub hint: String,
    /// Choices of a select.
    pub options: Vec<Choice>,
    /// CSS-like path.
    pub place: String,
}

/// A form; fields outside any `form` element are gathered in one that has no action.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Form {
    /// CSS-like path.
    pub place: String,
    /// Where it is sent, as written.
    pub action: String,
    /// `get` or `post`.
    pub method: String,
    /// Its fields in order.
    pub fields: Vec<Field>,
    /// Texts of its buttons.
    pub buttons: Vec<String>,
}

/// What one page says.
#[derive(Debug, Clone, Default)]
pub struct Document {
    /// The first `title`.
    pub title: String,
    /// `html lang`, lower case, as written.
    pub lang: Option<String>,
    /// `(name or property, content)` of each `meta`, lower-case names.
    pub meta: Vec<(String, String)>,
    /// Visible text in order; the title and description come first.
    pub blocks: Vec<Block>,
    /// Links in order.
    pub links: Vec<Link>,
    /// `(language, URL)` of each `link rel=alternate hreflang`.
    pub hreflang: Vec<(String, String)>,
    /// Forms in order; the last may be the one without a `form` element.
    pub forms: Vec<Form>,
    /// Inline scripts.
    pub scripts: Vec<String>,
    /// `src` of scripts, as written.
    pub bundles: Vec<String>,
    /// `src` of scripts and frames and `href` of style sheets, as written.
    pub assets: Vec<String>,
    /// `href` of `link rel=icon`, as written.
    pub icons: Vec<String>,
    /// Addresses of links that are no pages: `tel:`, `mailto:`, `tg:`, `whatsapp:`.
    pub contacts: Vec<String>,
    /// `data-sitekey` attributes: keys of captchas.
    pub site_keys: Vec<String>,
    /// `@type` values of JSON-LD.
    pub types: Vec<String>,
    /// The bound that cut the page, if one did.
    pub cut: Option<&'static str>,
}

impl Document {
    /// True when a visitor without scripts sees next to nothing.
    #[must_use]
    pub fn is_empty_without_scripts(&self) -> bool {
        let head = |place: &str| place == "title" || place.starts_with("meta[");
        let seen = self
            .blocks
            .iter()
            .filter(|block| !block.embedded && !head(&block.place));
        let seen: usize = seen.map(|block| block.text.chars().count()).sum();
        seen < EMPTY_BELOW
    }
}

/// White space collapsed, ends trimmed, at most `limit` characters.
pub(crate) fn collapse(text: &str, limit: usize) -> String {
    let mut out = String::with_capacity(text.len().min(limit * 2));
    for (index, word) in text.split_whitespace().enumerate() {
        if index > 0 {
            out.push(' ');
        }
        out.push_str(word);
        if out.len() > limit * 4 {
            break;
        }
    }
    match out.char_indices().nth(limit) {
        Some((end, _)) => out[..end].to_owned(),
        None => out,
    }
}

/// At most `limit` bytes, cut at a character boundary.
pub(crate) fn clip(text: &str, limit: usize) -> &str {
    &text[..text.floor_char_boundary(limit.min(text.len()))]
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn page(html: &str) -> Document {
        read(html, &Url::parse("https://a.test/dir/p").unwrap())
    }

    #[test]
    fn what_a_page_says_and_where() {
        let found = page(
            r#"<html lang="kk-KZ"><title> Бағам  тақтасы </title><meta name=Description content="x y">
            <link rel=alternate hreflang=ru-KZ href=/ru><script type=application/ld+json>{"@graph":[{"@type":"Article"}]}</script>
            <main id=top><h2>Тақырып</h2><p class="a b">Бір <b>екі</b><br>үш</p><script>ym(1234567)</script>
            <a href="../kelisim#x" rel=NoFollow>Келісім</a><a href="javascript:1">жоқ</a></main>"#,
        );
        assert_eq!(found.title, "Бағам тақтасы");
        assert_eq!(found.lang.as_deref(), Some("kk-kz"));
        assert_eq!(found.hreflang, [("ru-kz".to_owned(), "/ru".to_owned())]);
        assert_eq!(found.types, ["Article"]);
        assert_eq!(found.scripts, ["ym(1234567)"]);
        let texts: Vec<(&str, &str)> = found
            .blocks
            .iter()
            .map(|b| (b.text.as_str(), b.place.as_str()))
            .collect();
        assert!(
            texts.contains(&("Бір екі", "body>main#top>p.a")),
            "{texts:?}"
        );
        assert!(
            found
                .blocks
                .iter()
                .any(|b| b.heading && b.text == "Тақырып")
        );
        assert_eq!(found.links.len(), 1);
        assert_eq!(found.links[0].url.as_str(), "https://a.test/kelisim");
        assert_eq!(found.links[0].rel, "nofollow");
    }

    #[test]
    fn forms_with_fields_and_loose_fields() {
        let found = page(
            "<form method=POST action=/o><label>A</label><select name=from><option value=BTC>Bitcoin<option>USDT</select>\
             <input name=card placeholder='Card'><button>Go <b>now</b></button></form><input type=tel id=p><button>Loose</button>",
        );
        let form = &found.forms[0];
        assert_eq!((form.method.as_str(), form.action.as_str()), ("post", "/o"));
        assert_eq!(
            form.fields[0].options[0],
            Choice {
                value: "BTC".into(),
                text: "Bitcoin".into()
            }
        );
        assert_eq!(
            (form.fields[1].name.as_str(), form.fields[1].hint.as_str()),
            ("card", "Card")
        );
        assert_eq!(form.buttons, ["Go now"]);
        assert_eq!(found.forms[1].fields[0].kind, "tel");
        assert_eq!(found.forms[1].buttons, ["Loose"]);
        assert_eq!(
            found.blocks.iter().find(|b| b.text == "A").unwrap().form,
            Some(0)
        );
    }

    #[test]
    fn a_text_without_markup_is_read_line_by_line() {
        let found = page("Бір жол\nекінші жол\n\n> үшінші");
        let texts: Vec<&str> = found.blocks.iter().map(|b| b.text.as_str()).collect();
        assert_eq!(texts, ["Бір жол", "екінші жол", "> үшінші"]);
        let found = page("<pre>a 1\nb 2</pre><p>one\ntwo\n\nthree <b>four</b>\n\n<i>five</i>");
        let texts: Vec<&str> = found.blocks.iter().map(|b| b.text.as_str()).collect();
        assert_eq!(texts, ["a 1", "b 2", "one two", "three four five"]);
    }

    #[test]
    fn one_long_text_is_read_to_its_end() {
        let long = format!("<p>{} Соңғы сөз.</p>", "Сөйлем жазылды. ".repeat(3_000));
        let found = page(&long);
        assert!(found.blocks.len() > 5);
        assert!(
            found
                .blocks
                .iter()
                .all(|b| b.text.chars().count() <= MAX_BLOCK_CHARS)
        );
        assert!(found.blocks.last().unwrap().text.ends_with("Соңғы сөз."));
        assert!(
            found.blocks.iter().all(|b| b.place == "body>p"),
            "{:?}",
            found.blocks[1]
        );
    }

    proptest! {
        #[test]
        fn no_word_of_a_text_is_lost(text in "([а-я]{1,9}[ .\n]){0,2000}") {
            let found = page(&text);
            let read: Vec<&str> = found.blocks.iter().flat_map(|b| b.text.split_whitespace()).collect();
            let written: Vec<&str> = text.split_whitespace().collect();
            prop_assert_eq!(read, written);
        }
    }

    proptest! {
        #[test]
        fn any_markup_is_read_within_bounds(html in "(<form>|</form>|<select>|<option>|<a href=x>|</a>|<button>|<table>|<td>|<p>|<base href=//x/>|\\PC){0,120}") {
            let found = page(&html);
            prop_assert!(found.blocks.len() <= MAX_BLOCKS && found.links.len() <= MAX_LINKS);
        }
    }
}
