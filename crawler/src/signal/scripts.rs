//! A page that shows nothing until its scripts have run. We run none, so that what such a site does
//! cannot be told from here; the note says so to whoever reads the verdict.

use crate::signal::{Page, Signal};

/// Reads one page.
#[must_use]
pub fn read(page: &Page) -> Option<Signal> {
    let document = &page.document;
    if !document.is_empty_without_scripts() || !document.forms.is_empty() {
        return None;
    }
    let bundle = document.bundles.first()?;
    Some(page.note("needs_scripts", bundle, "script[src]"))
}

#[cfg(test)]
mod tests {
    use url::Url;

    use crate::assessment::{Assessor, Verdict};

    fn assess(html: &str) -> crate::assessment::Assessment {
        let url = Url::parse("https://a.test/").unwrap();
        let assessor = Assessor::shipped().unwrap();
        assessor.assess_file(html.as_bytes(), &url)
    }

    fn noted(html: &str) -> bool {
        let judged = assess(html);
        judged
            .signals
            .iter()
            .any(|signal| signal.id == "needs_scripts")
    }

    #[test]
    fn an_empty_page_with_a_bundle_is_noted_and_not_judged_by_its_emptiness() {
        let shell = "<title>Markets</title><meta name=description content='Trade three hundred pairs in one place'><div id=root></div><script src=/m.js></script>";
        assert!(noted(shell));
        assert_eq!(assess(shell).verdict, Verdict::Clear);
        assert!(!noted("<title>Markets</title><p>Soon.</p>"), "no script");
        let read = format!("<script src=/m.js></script><p>{}</p>", "Words. ".repeat(60));
        assert!(!noted(&read), "there is something to read");
    }

    #[test]
    fn what_stands_in_the_pages_own_data_is_read_where_nothing_else_is() {
        let data = r#"<script type="application/json">{"a":[{"t":"Купим USDT за тенге"},"id-7"]}</script><script src=/m.js></script>"#;
        let judged = assess(data);
        let quote = judged.signals.iter().find(|s| s.id == "own_offer");
        assert_eq!(quote.unwrap().quote, "Купим USDT за тенге");
        assert!(judged.signals.iter().any(|s| s.id == "needs_scripts"));
        let article = format!("<p>{}</p>{data}", "Погода на неделю. ".repeat(25));
        assert!(assess(&article).signals.iter().all(|s| s.id != "own_offer"));
    }
}
