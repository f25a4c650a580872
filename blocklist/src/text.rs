//! Text that somebody else wrote, where it meets a reader: a page, a terminal, a line of JSON.

use std::{borrow::Cow, fmt::Write as _};

/// Whether a character changes how other characters are read without being seen itself: controls,
/// direction marks, joiners, fillers, variation selectors, tags, private use.
pub fn deceives(c: char) -> bool {
    c.is_control()
        || matches!(c,
            '\u{00ad}' | '\u{034f}' | '\u{061c}' | '\u{115f}' | '\u{1160}' | '\u{17b4}' | '\u{17b5}'
            | '\u{180b}'..='\u{180f}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}'
            | '\u{2060}'..='\u{206f}' | '\u{3164}' | '\u{fe00}'..='\u{fe0e}' | '\u{feff}' | '\u{ffa0}'
            | '\u{fff0}'..='\u{fffb}' | '\u{e000}'..='\u{f8ff}' | '\u{e0000}'..='\u{e0fff}'
            | '\u{f0000}'..='\u{10ffff}')
}

/// The same JSON with such characters as `\u` escapes. JSON lets all but C0 controls stand raw in a
/// string, and a terminal obeys C1 controls and direction marks. `json` has no line breaks.
pub fn json_for_terminal(json: &str) -> Cow<'_, str> {
    if !json.contains(deceives) {
        return json.into();
    }
    let mut shown = String::with_capacity(json.len() + 32);
    for c in json.chars() {
        if deceives(c) {
            for unit in c.encode_utf16(&mut [0; 2]) {
                let _ = write!(shown, "\\u{unit:04x}");
            }
        } else {
            shown.push(c);
        }
    }
    shown.into()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn json_keeps_its_meaning_and_shows_nothing_raw(text in any::<String>()) {
            let json = serde_json::to_string(&[&text]).unwrap();
            let shown = json_for_terminal(&json);
            prop_assert!(!shown.contains(deceives));
            prop_assert_eq!(serde_json::from_str::<[String; 1]>(&shown).unwrap(), [text]);
        }
    }

    #[test]
    fn characters_that_drive_a_terminal_or_turn_the_text_are_escaped() {
        assert_eq!(
            json_for_terminal("[\"a\u{9b}2J\u{202e}\u{e0041}б\"]"),
            r#"["a\u009b2J\u202e\udb40\udc41б"]"#
        );
    }
}
