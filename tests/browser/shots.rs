//! Pictures of every page, for people to look at: three languages, a phone and a desk, light and
//! dark. Nothing is compared here; how a page looks is judged by eye.

use std::path::Path;

use crate::{
    driver::{Browser, Window},
    stage,
    support::demo::Demo,
};

/// The longest picture, in CSS pixels.
const LONGEST: u64 = 6_000;

#[tokio::test(flavor = "multi_thread")]
#[ignore = "writes pictures to the directory that QALQAN_SHOTS names"]
async fn pictures_of_every_page() {
    let folder = std::env::var_os("QALQAN_SHOTS").expect("QALQAN_SHOTS names a directory");
    let folder = Path::new(&folder);
    std::fs::create_dir_all(folder).unwrap();
    let Some(driver) = crate::driver().await else {
        return;
    };
    let demo = Demo::start().await;
    let browser = driver
        .open(Window {
            width: 1280,
            scripts: true,
        })
        .await;
    let pages = stage::set(&browser, &demo).await;
    for scheme in ["light", "dark"] {
        browser.colours(scheme).await;
        for width in [360, 1280] {
            for page in &pages {
                for lang in page.languages() {
                    let file = format!("{}-{lang}-{width}-{scheme}.png", page.name);
                    let picture = picture(&browser, &page.at(lang), width).await;
                    std::fs::write(folder.join(file), picture).unwrap();
                }
            }
        }
    }
    browser.close().await;
}

/// The whole page at this width.
async fn picture(browser: &Browser, address: &str, width: u32) -> Vec<u8> {
    browser.resize(width, 800).await;
    browser.goto(address).await;
    let height = "return document.documentElement.scrollHeight";
    let height = browser.eval(height, vec![]).await;
    let height = height.as_u64().expect("a height").min(LONGEST);
    browser
        .resize(width, u32::try_from(height).unwrap_or(800))
        .await;
    browser.picture().await
}
