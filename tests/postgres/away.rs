//! The server goes away without a word and comes back: errors meanwhile, work again after, and
//! nothing that was signed is lost.

use data::{
    Store,
    testing::{Centre, Engine, Scratch, cluster::Cluster},
};
use serde_json::Value;

use super::{binary, listed_once, now, released, sign, start, until, verify};

/// Asks a page without following anything; gives the status and the page.
async fn get(address: &str, path: &str) -> (u16, String) {
    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
    let mut stream = tokio::net::TcpStream::connect(address).await.unwrap();
    let request = format!("GET {path} HTTP/1.1\r\nhost: {address}\r\nconnection: close\r\n\r\n");
    stream.write_all(request.as_bytes()).await.unwrap();
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer).await.unwrap();
    let answer = String::from_utf8_lossy(&answer).into_owned();
    let status = answer.split(' ').nth(1).unwrap().parse().unwrap();
    (status, answer)
}

#[tokio::test]
async fn a_server_that_restarts_is_waited_for() {
    if !Engine::Postgres.is_here() {
        return;
    }
    let cluster = Cluster::start().unwrap();
    let centre = Centre::with(Scratch::on(&cluster).await).await;
    let dir = centre.dir.path().to_owned();
    let free = "127.0.0.1:0";
    let _publish = start(&centre, &dir, &["publish", "--transfer", free]);
    let web_dir = super::another_machine(&centre, "web");
    let listeners = [
        "web",
        "--web",
        free,
        "--block-page",
        free,
        "--evidence",
        free,
    ];
    let _web = start(&centre, &web_dir, &listeners);
    let ports = web_dir.join("ports.json");
    until("web listens", async || ports.exists()).await;
    let ports: Value = serde_json::from_slice(&std::fs::read(&ports).unwrap()).unwrap();
    let web = ports["web"].as_str().unwrap().to_owned();
    let check = "/api/v1/check?q=before.test";
    sign(&centre, &centre.store, "before.test").await;
    let blocked = async || {
        let (status, page) = get(&web, check).await;
        status == 200 && page.contains("\"blocked\"")
    };
    until("it is blocked", blocked).await;
    let size = || released(&dir, &centre.trust).map_or(0, |release| release.size);
    let before = size();

    cluster.stop();
    let (status, page) = get(&web, check).await;
    assert!((500..600).contains(&status), "{status} {page}");
    assert!(!page.contains("\"unknown\""), "{page}");
    // A command says so, and that trying again may help.
    let output = binary::qalqan()
        .env("QALQAN_DATABASE", &centre.url)
        .arg("--data")
        .arg(&dir)
        .args(["check", "before.test"])
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert_eq!(output.status.code(), Some(3), "{said}");
    assert!(said.contains("see that its server runs"), "{said}");
    let (_, secret) = centre.url.split_once("postgres:").unwrap();
    let secret = secret.split([':', '@']).nth(1).unwrap();
    assert!(secret.len() > 20 && !said.contains(secret), "{said}");
    // A store that was open all the time.
    let error = centre.store.folded(blocklist::Timestamp(now())).await;
    assert!(error.unwrap_err().is_temporary());

    cluster.start_again();
    until("it answers again", blocked).await;
    sign(&centre, &centre.store, "after.test").await;
    until("it publishes again", async || size() > before).await;
    verify(&dir);
    let store = Store::open(&centre.url).await.unwrap();
    listed_once(&store, &["before.test".into(), "after.test".into()]).await;
    data::audit::verify(&store).await.unwrap();
}
