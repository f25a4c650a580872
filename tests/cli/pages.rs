//! `assess` on files that are no decent page.

use std::{fs, path::Path};

use super::{Ended, NEGATIVE, USAGE, qalqan};

async fn assess(dir: &Path, file: &str, url: &str) -> Ended {
    let file = dir.join(file);
    let args = ["--format", "json", "assess"].map(std::ffi::OsString::from);
    let rest = [file.into_os_string(), "--url".into(), url.into()];
    qalqan(dir, args.into_iter().chain(rest)).await
}

#[tokio::test]
async fn odd_pages_are_judged_and_odd_files_are_refused() {
    let dir = tempfile::tempdir().unwrap();
    let url = "https://shop.test/";
    let write = |file: &str, bytes: &[u8]| fs::write(dir.path().join(file), bytes).unwrap();

    write("empty.html", b"");
    let judged = assess(dir.path(), "empty.html", url).await;
    assert_eq!(judged.with(NEGATIVE, "").json()["verdict"], "clear");
    write(
        "broken.html",
        b"\xff\xfe<html><<table><p <a href='x\"><form><select><option>USDT<option>\x00</b></i>&#xD800;&#x110000; <!-- <script>",
    );
    let judged = assess(dir.path(), "broken.html", url).await;
    assert_eq!(judged.with(NEGATIVE, "").json()["url"], url);
    write("deep.html", "<div>".repeat(200_000).as_bytes());
    assert_eq!(
        assess(dir.path(), "deep.html", url).await.json()["verdict"],
        "clear"
    );

    write("large.html", &vec![b'a'; 6 * 1024 * 1024]);
    assess(dir.path(), "large.html", url)
        .await
        .with(USAGE, "large.html: larger than 5 MB");
    assess(dir.path(), "missing.html", url)
        .await
        .with(USAGE, "missing.html: ");
    assess(dir.path(), ".", url).await.with(USAGE, "directory");
    assess(dir.path(), "empty.html", "shop.test")
        .await
        .with(USAGE, "--url shop.test: ");
    assess(dir.path(), "empty.html", "")
        .await
        .with(USAGE, "--url ");
}

#[tokio::test]
async fn what_a_page_says_cannot_drive_a_terminal() {
    let dir = tempfile::tempdir().unwrap();
    let page = "<title>x</title><p>Обменник \u{1b}[2J\u{202e}USDT на тенге";
    fs::write(dir.path().join("page.html"), page).unwrap();
    let file = dir.path().join("page.html");
    let args = [
        "assess",
        file.to_str().unwrap(),
        "--url",
        "https://shop.test/",
        "--explain",
    ];
    let judged = qalqan(dir.path(), args).await;
    assert!(judged.out.contains("USDT"), "{judged}");
    assert!(!judged.out.contains(['\u{1b}', '\u{202e}']), "{judged}");
}
