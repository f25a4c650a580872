//! Rates feeds: the machine-readable list of directions that exchangers publish for monitors.
//!
//! XML: `<rates><item><from>USDTTRC20</from><to>KSPBKZT</to><in>1</in><out>512.3</out>…</item></rates>`.
//! JSON: an array of objects with the same names, bare or one level down. Feeds in the wild repeat
//! elements, carry units in amounts and lie about their charset, so the reader keeps what it can.

use quick_xml::Reader;
use quick_xml::events::Event;

use crate::charset;
use crate::currency::{Money, of_code};

/// Directions kept of one feed.
pub const MAX_DIRECTIONS: usize = 20_000;

/// Paths at which exchangers' programs publish a feed, most usual first. A host is asked only when
/// its pages already look like an exchanger's, and only until one answers.
pub const PATHS: &[&str] = &[
    "/request-exportxml.xml",
    "/valuta.xml",
    "/rates.xml",
    "/exportxml.xml",
    "/export.xml",
    "/export/xml",
    "/api/rates.xml",
    "/export/rates.json",
];

/// One direction of exchange.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct Direction {
    /// Code of what the customer gives.
    pub from: String,
    /// Code of what the customer gets.
    pub to: String,
    /// Amounts as written; a rate is `give` to `get`.
    pub give: String,
    /// See `give`.
    pub get: String,
    /// Reserve in `to`, as written, when stated.
    pub reserve: String,
}

impl Direction {
    /// What each side is.
    #[must_use]
    pub fn sides(&self) -> (Option<Money>, Option<Money>) {
        (of_code(&self.from), of_code(&self.to))
    }

    /// The direction as a reader sees it: `USDTTRC20 → KSPBKZT: 1 → 512.3`.
    #[must_use]
    pub fn quote(&self) -> String {
        format!("{} → {}: {} → {}", self.from, self.to, self.give, self.get)
    }
}

/// Reads a feed. `None` when the bytes hold no direction; a broken feed gives what stood before the
/// break.
#[must_use]
pub fn read(bytes: &[u8], content_type: &str) -> Option<Vec<Direction>> {
    let text = charset::decode(bytes, content_type).text;
    let text = text.trim_start();
    let directions = match text.chars().next()? {
        '<' => xml(text),
        '[' | '{' => json(text),
        _ => Vec::new(),
    };
    (!directions.is_empty()).then_some(directions)
}

fn xml(text: &str) -> Vec<Direction> {
    let mut reader = Reader::from_str(text);
    reader.config_mut().check_end_names = false;
    let mut directions = Vec::new();
    let mut item: Option<Direction> = None;
    let mut element = String::new();
    // A bound on events as well as on items: a feed of comments must end too.
    for _ in 0..MAX_DIRECTIONS * 60 {
        match reader.read_event() {
            Ok(Event::Start(start)) => {
                element = start.local_name().as_ref().to_lowercase();
                if element == "item" {
                    item = Some(empty());
                }
            }
            Ok(Event::Text(text)) => {
                if let Some(item) = item.as_mut() {
                    set(item, &element, &text);
                }
            }
            Ok(Event::CData(text)) => {
                if let Some(item) = item.as_mut() {
                    set(item, &element, &text);
                }
            }
            Ok(Event::End(end)) => {
                if end.local_name().as_ref().eq_ignore_ascii_case("item")
                    && let Some(done) = item.take().and_then(complete)
                {
                    directions.push(done);
                }
                element.clear();
            }
            Ok(Event::Eof) | Err(_) => break,
            Ok(_) => {}
        }
        if directions.len() >= MAX_DIRECTIONS {
            break;
        }
    }
    directions
}

fn json(text: &str) -> Vec<Direction> {
    let Ok(value) = serde_json::from_str::<serde_json::Value>(text) else {
        return Vec::new();
    };
    let list = match &value {
        serde_json::Value::Array(list) => Some(list),
        serde_json::Value::Object(map) => map.values().find_map(serde_json::Value::as_array),
        _ => None,
    };
    let field = |item: &serde_json::Value, names: &[&str]| -> String {
        names
            .iter()
            .find_map(|name| match item.get(name)? {
                serde_json::Value::String(text) => Some(text.clone()),
                serde_json::Value::Number(number) => Some(number.to_string()),
                _ => None,
            })
            .unwrap_or_default()
    };
    list.into_iter()
        .flatten()
        .take(MAX_DIRECTIONS)
        .filter_map(|item| {
            let mut direction = empty();
            set(
                &mut direction,
                "from",
                &field(item, &["from", "give", "in_currency"]),
            );
            set(
                &mut direction,
                "to",
                &field(item, &["to", "get", "out_currency"]),
            );
            set(&mut direction, "in", &field(item, &["in", "rate_in"]));
            set(
                &mut direction,
                "out",
                &field(item, &["out", "rate_out", "rate"]),
            );
            set(
                &mut direction,
                "amount",
                &field(item, &["amount", "reserve"]),
            );
            complete(direction)
        })
        .collect()
}

fn empty() -> Direction {
    let none = String::new;
    Direction {
        from: none(),
        to: none(),
        give: none(),
        get: none(),
        reserve: none(),
    }
}

/// The first value of an element counts; repeats are ignored.
fn set(item: &mut Direction, element: &str, value: &str) {
    let slot = match element {
        "from" => &mut item.from,
        "to" => &mut item.to,
        "in" => &mut item.give,
        "out" => &mut item.get,
        "amount" => &mut item.reserve,
        _ => return,
    };
    if slot.is_empty() {
        value.trim().chars().take(40).for_each(|c| slot.push(c));
    }
}

fn complete(direction: Direction) -> Option<Direction> {
    let code = |text: &str| {
        (2..=16).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_alphanumeric())
    };
    (code(&direction.from) && code(&direction.to)).then_some(direction)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const ITEM: &str = "<item><from>USDTTRC20</from><to>KSPBKZT</to><in>1</in><out>512.3</out><amount>9000000</amount><minamount>50 USDT</minamount></item>";

    #[test]
    fn xml_feed() {
        let feed = format!("<?xml version=\"1.0\" encoding=\"utf-8\"?><rates>{ITEM}{ITEM}</rates>");
        let directions = read(feed.as_bytes(), "text/xml").unwrap();
        assert_eq!(directions.len(), 2);
        assert_eq!(
            directions[0].sides(),
            (Some(Money::Crypto), Some(Money::Tenge))
        );
        assert_eq!(directions[0].quote(), "USDTTRC20 → KSPBKZT: 1 → 512.3");
        assert_eq!(directions[0].reserve, "9000000");
    }

    #[test]
    fn a_feed_that_lies_about_its_charset_or_breaks_off_is_still_read() {
        let feed = format!(
            "<?xml version=\"1.0\" encoding=\"windows-1251\"?><rates><!-- бағам -->{ITEM}<item><from>BTC</fr"
        );
        assert_eq!(
            read(feed.as_bytes(), "text/plain; charset=windows-1251")
                .unwrap()
                .len(),
            1
        );
        let text =
            format!("<?xml version=\"1.0\" encoding=\"utf-8\"?><rates><!-- курс -->{ITEM}</rates>");
        let lied = encoding_rs::WINDOWS_1251.encode(&text).0.into_owned();
        assert_eq!(read(&lied, "text/xml").unwrap().len(), 1);
    }

    #[test]
    fn json_feed() {
        let bare = r#"[{"from":"BTC","to":"CARDKZT","in":1,"out":"31000000.5","amount":7}]"#;
        assert_eq!(
            read(bare.as_bytes(), "").unwrap()[0].quote(),
            "BTC → CARDKZT: 1 → 31000000.5"
        );
        let wrapped = format!("{{\"ok\":true,\"rates\":{bare}}}");
        assert_eq!(read(wrapped.as_bytes(), "").unwrap().len(), 1);
    }

    #[test]
    fn other_documents_are_not_feeds() {
        for text in [
            "",
            "<html><body>404</body></html>",
            "{}",
            "[1,2]",
            "<rates></rates>",
            "<urlset><url><loc>x</loc></url></urlset>",
        ] {
            assert_eq!(read(text.as_bytes(), ""), None, "{text}");
        }
    }

    proptest! {
        #[test]
        fn any_bytes(bytes in proptest::collection::vec(any::<u8>(), 0..512)) {
            let _ = read(&bytes, "");
        }
        #[test]
        fn any_xml_shape(text in "(<rates>|<item>|</item>|<from>|</from>|<to>|</to>|BTC|KZT|<!--|-->|<!\\[CDATA\\[|\\]\\]>|&amp;|&x;|<|>){0,60}") {
            let _ = read(text.as_bytes(), "");
        }
    }
}
