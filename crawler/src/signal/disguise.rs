//! Words written with letters of the other alphabet, so that a filter does not read them: a Latin c in
//! "cистема", a Cyrillic е in "systеm". One template of exchangers' terms carries such words, and its
//! copies carry them on.

use crate::signal::{Page, Signal, around};

/// Reads one page. The quote keeps the letters as they are.
#[must_use]
pub fn read(page: &Page) -> Option<Signal> {
    let mark = page.words.marks.get(*page.words.disguised.first()?)?;
    let block = page.document.blocks.get(mark.block)?;
    let signal = page.note(
        "mixed_script",
        &around(&block.text, mark.start, mark.end),
        &block.place,
    );
    let matched = block.text.get(mark.start..mark.end)?.to_owned();
    Some(Signal {
        matched: vec![matched],
        ..signal
    })
}

#[cfg(test)]
mod tests {
    use crate::signal::tests::signals_of;

    #[test]
    fn a_disguised_word_is_quoted_as_it_stands() {
        let found = signals_of("https://a.test/", "<p>Правила: cистема фиксирует курс.");
        let signal = found
            .iter()
            .find(|signal| signal.id == "mixed_script")
            .unwrap();
        assert_eq!(signal.matched, ["cистема"]);
        let plain = signals_of(
            "https://a.test/",
            "<p>Правила: система. Kaspiге, USDTны, IT-отдел.",
        );
        assert!(plain.iter().all(|signal| signal.id != "mixed_script"));
    }
}
