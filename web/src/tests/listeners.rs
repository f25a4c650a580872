//! The block page and the evidence listener.

use std::sync::{Arc, atomic::Ordering};

use axum::{
    body::Body,
    http::{Request, StatusCode},
};

use super::{House, ask};
use crate::{Centre, block_page_router, evidence_router};

#[tokio::test]
async fn the_block_page_names_a_host_only_when_the_list_does() {
    let house = House::new().await;
    let id = house.list("obmen.test").await;
    let router = block_page_router(Arc::clone(&house.web));
    let visit = |host: &'static str, method: &'static str| {
        let request = Request::builder()
            .method(method)
            .uri("/secret-path?token=1")
            .header("host", host)
            .body(Body::empty())
            .unwrap();
        let router = router.clone();
        async move { ask(&router, request).await }
    };
    for host in ["obmen.test", "OBMEN.test:80"] {
        let page = visit(host, "GET").await;
        assert_eq!(page.status, StatusCode::UNAVAILABLE_FOR_LEGAL_REASONS);
        page.says("obmen.test").says(&id).says("Комитет (demo)");
        for lang in ["kk", "ru", "en"] {
            page.says(&format!("lang=\"{lang}\""))
                .says(&format!("http://127.0.0.1:8080/{lang}/i/{id}"));
        }
        assert_eq!(
            page.header("link"),
            "<http://127.0.0.1:8080/>; rel=\"blocked-by\""
        );
        assert!(page.body.len() < 14_000, "{} bytes", page.body.len());
        assert!(!page.body.contains("secret-path") && !page.body.contains("<script"));
        assert!(page.headers.get("set-cookie").is_none());
        assert!(
            page.header("content-security-policy")
                .contains("style-src 'sha256-")
        );
        assert!(!page.body.contains('⟨'));
    }
    assert_eq!(
        visit("obmen.test", "POST").await.status,
        StatusCode::UNAVAILABLE_FOR_LEGAL_REASONS
    );
    for host in ["innocent.test", "<script>", "127.0.0.1", ""] {
        let page = visit(host, "GET").await;
        assert_eq!(page.status, StatusCode::NOT_FOUND, "{host}");
        assert!(!page.body.contains("innocent") && !page.body.contains("<script"));
        assert!(page.headers.get("link").is_none());
    }
}

#[tokio::test]
async fn evidence_opens_only_by_a_fresh_sealed_link_and_never_runs() {
    let house = House::new().await;
    let router = evidence_router(Arc::clone(&house.web));
    let link = house.web.evidence_link(42).unwrap();
    let path = link
        .strip_prefix("http://127.0.0.1:8082")
        .unwrap()
        .to_owned();
    let open = |path: String| {
        let router = router.clone();
        async move { ask(&router, Request::get(path).body(Body::empty()).unwrap()).await }
    };
    let page = open(path.clone()).await;
    assert_eq!(page.status, StatusCode::OK);
    page.says("<script>alert(1)</script>");
    assert_eq!(page.header("content-type"), "text/plain; charset=utf-8");
    assert!(
        page.header("content-security-policy")
            .starts_with("sandbox; default-src 'none'")
    );
    assert_eq!(page.header("x-content-type-options"), "nosniff");
    assert_eq!(page.header("cache-control"), "no-store");
    // Any web process on the same store makes, and knows, the same link.
    let store = house.centre.store.clone();
    let mut other = Centre::new(store, "release".into(), "http://other.test")
        .await
        .unwrap();
    other.clock = house.web.clock.clone();
    other.load_body = house.web.load_body.clone();
    other.evidence_url = house.web.evidence_url.clone();
    assert_eq!(other.evidence_link(42), Some(link));
    assert_eq!(
        open(path.replace("/42?", "/43?")).await.status,
        StatusCode::FORBIDDEN
    );
    assert_eq!(
        open(path.replace("seal=", "seal=0")).await.status,
        StatusCode::FORBIDDEN
    );
    house.clock.fetch_add(3_601, Ordering::SeqCst);
    assert_eq!(open(path).await.status, StatusCode::FORBIDDEN);
}
