//! Whoever has no mouse, or no steady hand: Tab reaches every control of a page, one sees where one
//! is, and what is to be hit is at least 24 pixels high and wide.

use std::collections::BTreeSet;

use fantoccini::key::Key;
use serde_json::{Value, json};

use crate::driver::Browser;

/// Remembers every control that is shown. Of radio buttons with one name, Tab reaches one.
const CONTROLS: &str = "
    const all = 'a[href], button, input:not([type=hidden]), select, textarea, summary, [tabindex=\"0\"]';
    const shown = [...document.querySelectorAll(all)]
        .filter(e => !e.disabled && e.checkVisibility({ visibilityProperty: true }));
    window.groups = new Map();
    for (const e of shown) {
        const name = e.type === 'radio' ? 'radio ' + e.name : `${window.groups.size} ` +
            (e.id || e.name || e.getAttribute('href') || e.className || e.tagName);
        window.groups.set(e, name);
    }
    return [...new Set(window.groups.values())]";

/// Where the focus is, whether it is seen (an outline, inside the window), and large enough.
const FOCUS: &str = "
    const e = document.activeElement;
    if (!e || e === document.body) return null;
    const style = getComputedStyle(e), box = e.getBoundingClientRect();
    const own = !e.matches(':focus'); // a part of a field, which the browser draws and marks itself
    // WCAG 2.5.8 lets a link in a line of text be as high as the line.
    const inline = e.tagName === 'A' && style.display === 'inline';
    return {
        name: window.groups.get(e) ?? null,
        tag: e.outerHTML.slice(0, 120),
        outline: own || style.outlineStyle !== 'none' && parseFloat(style.outlineWidth) >= 1,
        inside: box.width > 0 && box.height > 0 && box.bottom > 0 && box.right > 0
            && box.top < innerHeight && box.left < innerWidth,
        hit: inline || Math.min(box.width, box.height) >= 24,
    }";

/// Opens a page and walks through it with Tab alone.
pub(crate) async fn reaches_everything(browser: &Browser, page: &str) {
    browser.goto(page).await;
    walks_through(browser, page).await;
}

/// Walks through the open page with Tab alone; `page` is what it is called where something is wrong.
pub(crate) async fn walks_through(browser: &Browser, page: &str) {
    let controls = names(&browser.eval(CONTROLS, vec![]).await);
    assert!(!controls.is_empty(), "{page}");
    let mut left = controls.clone();
    // A date has several stops of its own, and a scrolling region may be one.
    for _ in 0..controls.len() * 2 + 20 {
        browser.press(Key::Tab).await;
        let focus = browser.eval(FOCUS, vec![]).await;
        if focus.is_null() {
            continue;
        }
        for (must, otherwise) in [
            ("outline", "focus unseen"),
            ("inside", "focus out of sight"),
            ("hit", "less than 24 pixels"),
        ] {
            assert_eq!(focus[must], json!(true), "{page}: {otherwise}: {focus}");
        }
        if let Some(name) = focus["name"].as_str() {
            left.remove(name);
        }
        if left.is_empty() {
            return;
        }
    }
    panic!("{page}: Tab does not reach {left:?}");
}

fn names(value: &Value) -> BTreeSet<String> {
    let names = value.as_array().expect("names").iter();
    names
        .map(|name| name.as_str().expect("a name").to_owned())
        .collect()
}
