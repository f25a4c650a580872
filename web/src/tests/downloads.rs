//! The list as files, what changed of it, and the feeds.

use axum::{
    body::Body,
    http::{Request, StatusCode},
};
use tower::ServiceExt as _;

use super::{House, ask};

/// Every format with its type, its signature and packed, whole and in part.
#[tokio::test]
async fn lists_are_downloaded_whole_packed_in_part_or_not_again() {
    use blocklist::export::Format;
    let house = House::new().await;
    house.list("obmen.test").await;
    let fetch = async |path: &str, extra: &[(&str, &str)]| {
        let request = extra.iter().fold(Request::get(path), |r, (name, value)| {
            r.header(*name, *value)
        });
        let response = house
            .pages
            .clone()
            .oneshot(request.body(Body::empty()).unwrap());
        let (parts, body) = response.await.unwrap().into_parts();
        let bytes = axum::body::to_bytes(body, 1 << 20).await.unwrap();
        (parts.status, parts.headers, bytes)
    };
    for format in Format::ALL {
        let path = format!("/{}", format.path());
        let (status, headers, plain) = fetch(&path, &[]).await;
        assert_eq!(status, StatusCode::OK, "{path}");
        assert_eq!(headers["content-type"], format.media_type());
        assert_eq!(headers["vary"], "Accept-Encoding");
        assert_eq!(headers["content-length"], plain.len().to_string());
        for (coding, ending) in [("gzip", ".gz"), ("zstd", ".zst")] {
            let (_, packed_headers, packed) = fetch(&path, &[("accept-encoding", coding)]).await;
            assert_eq!(packed_headers["content-encoding"], coding, "{path}");
            assert_eq!(packed_headers["content-type"], format.media_type());
            assert_ne!(
                packed_headers["etag"], headers["etag"],
                "another form, another tag"
            );
            let (_, headers, beside) = fetch(&format!("{path}{ending}"), &[]).await;
            assert_eq!(beside, packed);
            assert!(!headers.contains_key("content-encoding"), "the file itself");
        }
        let tag = headers["etag"].to_str().unwrap();
        let (status, _, rest) = fetch(&path, &[("range", "bytes=5-"), ("if-range", tag)]).await;
        assert_eq!(
            (status, &rest[..]),
            (StatusCode::PARTIAL_CONTENT, &plain[5..])
        );
        let (status, _, none) = fetch(&path, &[("if-none-match", tag)]).await;
        assert_eq!((status, none.len()), (StatusCode::NOT_MODIFIED, 0));
        let (status, headers, _) = fetch(&path, &[("range", "bytes=9999999-")]).await;
        assert_eq!(status, StatusCode::RANGE_NOT_SATISFIABLE);
        assert_eq!(headers["content-range"], format!("bytes */{}", plain.len()));
        let signature = house.get(&format!("{path}.minisig")).await;
        signature.says(&format!("file:{}", format.path()));
    }
    house
        .get("/list/minisign.pub")
        .await
        .says("minisign public key");
}

/// Whoever holds a list fetches what changed since, in one step, and ends with the list that is signed.
#[tokio::test]
async fn a_delta_leads_from_any_serial_to_the_list_of_now() {
    use blocklist::{Delta, fold::Entry};
    let house = House::new().await;
    let list = async || {
        let json = house.get("/list/json").await.json();
        let entries: Vec<Entry> = serde_json::from_value(json["entries"].clone()).unwrap();
        (json["serial"].as_u64().unwrap(), entries, json)
    };
    house.list("obmen.test").await;
    let (first, held, _) = list().await;
    let nothing = house.get(&format!("/list/delta/{first}")).await;
    assert_eq!(nothing.json()["to"], first, "nothing new yet");
    let tag = nothing.header("etag").to_owned();
    house.list("second.test").await;
    let (middle, ..) = list().await;
    house.list("third.test").await;
    let (last, entries, json) = list().await;
    for serial in [first, middle] {
        let answer = house.get(&format!("/list/delta/{serial}")).await;
        let delta: Delta = serde_json::from_str(&answer.body).unwrap();
        assert_eq!((u64::from(delta.from), u64::from(delta.to)), (serial, last));
        if serial == first {
            assert_eq!(delta.apply(&held), Some(entries.clone()));
            assert_eq!(delta.root.to_string(), json["root"].as_str().unwrap());
            let request =
                Request::get(format!("/list/delta/{first}")).header("if-none-match", &tag);
            let again = ask(&house.pages, request.body(Body::empty()).unwrap()).await;
            assert_eq!(again.status, StatusCode::OK, "there is news");
        }
    }
    for unknown in ["1", "x", "-1", "007", "99999999999", ""] {
        let answer = house.get(&format!("/list/delta/{unknown}")).await;
        assert_eq!(answer.status, StatusCode::NOT_FOUND, "{unknown}");
    }
}

/// What RFC 4287 and JSON Feed 1.1 require is there, in each language.
#[tokio::test]
async fn changes_are_feeds_that_readers_take() {
    let house = House::new().await;
    let id = house.list("obmen.test").await;
    for lang in ["kk", "ru", "en"] {
        let atom = house.get(&format!("/{lang}/changes.atom")).await;
        assert_eq!(
            atom.header("content-type"),
            "application/atom+xml; charset=utf-8"
        );
        let (mut reader, mut found) = (quick_xml::Reader::from_str(&atom.body), Vec::new());
        let mut depth = Vec::new();
        loop {
            match reader.read_event().unwrap() {
                quick_xml::events::Event::Start(tag) => {
                    depth.push(tag.name().as_ref().to_owned());
                    found.push(depth.join("/"));
                }
                quick_xml::events::Event::End(_) => drop(depth.pop()),
                quick_xml::events::Event::Eof => break,
                _ => {}
            }
        }
        assert_eq!(depth.len(), 0, "well formed");
        for needed in [
            "feed/id",
            "feed/title",
            "feed/updated",
            "feed/author/name",
            "feed/entry/id",
            "feed/entry/title",
            "feed/entry/updated",
            "feed/entry/content",
        ] {
            let count = found.iter().filter(|path| path.as_str() == needed).count();
            assert_eq!(count, 1, "{lang} {needed}: {}", atom.body);
        }
        atom.says(&format!("/i/{id}#blocked")).says("obmen.test");

        let feed = house.get(&format!("/{lang}/changes.json")).await;
        assert_eq!(feed.header("content-type"), "application/feed+json");
        let feed = feed.json();
        assert_eq!(feed["version"], "https://jsonfeed.org/version/1.1");
        assert_eq!(feed["language"], lang);
        let items = feed["items"].as_array().unwrap();
        assert_eq!(items.len(), 1);
        for needed in ["id", "url", "title", "content_text", "date_published"] {
            assert!(
                items[0][needed]
                    .as_str()
                    .is_some_and(|text| !text.is_empty()),
                "{needed}"
            );
        }
    }
    assert_eq!(
        house.get("/de/changes.atom").await.status,
        StatusCode::NOT_FOUND
    );
}
