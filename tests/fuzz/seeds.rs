//! Writes what each fuzz target begins with: `corpus/<target>/…` below the folder that is named.

use std::{error::Error, fs, path::Path};

use blocklist::{
    Scope,
    guard::Tier,
    leaf::Leaf,
    log::{self, bundle},
    statement::{RegisterHost, Term},
    testing::{START, TestLog, name},
    time::Day,
};

fn main() -> Result<(), Box<dyn Error>> {
    let corpus = std::env::args()
        .nth(1)
        .ok_or("name the folder of the corpus")?;
    let corpus = Path::new(&corpus);
    record(corpus)?;
    texts(corpus)?;
    let demo = Path::new(env!("CARGO_MANIFEST_DIR")).join("../data/demo");
    pages(corpus, &demo.join("sites"))?;
    for entry in fs::read_dir(demo.join("registers"))? {
        put(corpus, "note", "register", &fs::read(entry?.path())?)?;
    }
    Ok(())
}

fn put(corpus: &Path, target: &str, seed: &str, bytes: &[u8]) -> std::io::Result<()> {
    let folder = corpus.join(target);
    fs::create_dir_all(&folder)?;
    fs::write(folder.join(seed), bytes)
}

/// A log with every kind of leaf.
fn record(corpus: &Path) -> Result<(), Box<dyn Error>> {
    let mut log = TestLog::new(true);
    log.list("obmen.test", Scope::Subtree, 1);
    log.list("host.test", Scope::Host, 2);
    log.guard("banks", Tier::Never, &["bank.test", "bank.obmen.test"]);
    let term = Term {
        from: Day::parse("2026-01-01")?,
        to: None,
    };
    log.register(vec![RegisterHost {
        name: name("host.test"),
        licensed: Some(term),
    }]);
    log.lift("obmen.test", 1);
    for (position, bytes) in log.leaves.iter().enumerate() {
        put(corpus, "leaf", &format!("leaf-{position}"), bytes)?;
        let statement = serde_json::to_vec(&Leaf::from_bytes(bytes)?.statement)?;
        put(corpus, "leaf", &format!("statement-{position}"), &statement)?;
    }
    let size = log.leaves.len();
    let entries = bundle::encode(log.leaves.iter().map(Vec::as_slice));
    put(
        corpus,
        "bundle",
        "whole",
        &[&[0, u8::try_from(size)?], entries.as_slice()].concat(),
    )?;
    let (replay, folded) = log.fold(START);
    let set = folded.block_set().encode();
    put(
        corpus,
        "block_set",
        "set",
        set.get(..set.len() - 32).unwrap_or_default(),
    )?;
    put(corpus, "note", "trust", log.trust.to_json().as_bytes())?;
    let (note, _) = log.release(START);
    put(corpus, "note", "release", &note)?;
    let root = replay.tree().root()?;
    put(
        corpus,
        "note",
        "checkpoint",
        &log::sign_checkpoint(&log.trust.origin, size as u64, root, &log.log_key)?,
    )?;
    let content = String::from_utf8(note)?;
    put(
        corpus,
        "note",
        "content",
        content.lines().nth(1).unwrap_or_default().as_bytes(),
    )?;
    put(corpus, "note", "tree", format!("{size}\n{root}").as_bytes())?;
    Ok(())
}

fn texts(corpus: &Path) -> std::io::Result<()> {
    for (number, text) in [
        "обмен.қаз",
        "WWW.Obmen.TEST.",
        "_dmarc.a.test",
        "xn--80a1acny.xn--80ao21a",
    ]
    .iter()
    .enumerate()
    {
        put(corpus, "name", &number.to_string(), text.as_bytes())?;
    }
    put(corpus, "name", "wire", b"\x03www\x05obmen\x04test\x00")?;
    put(corpus, "robots", "rules", b"\x64User-agent: *\nDisallow: /a*b$\nAllow: /a\nCrawl-delay: 2.5\nSitemap: /s.xml\nuser-agent: QalqanBot/1\nDisallow: /%D0%BE\n")?;
    put(corpus, "sitemap", "index", b"<?xml version=\"1.0\"?><sitemapindex><sitemap><loc>https://shop.test/a.xml?x=1&amp;y</loc></sitemap></sitemapindex>")?;
    put(corpus, "sitemap", "lines", b"https://shop.test/a\n/b\n")?;
    put(corpus, "feed", "xml", b"<rates><item><from>USDTTRC20</from><to>KSPBKZT</to><in>1</in><out>512.3</out><amount>9 KZT</amount></item></rates>")?;
    put(
        corpus,
        "feed",
        "json",
        br#"{"rates":[{"from":"BTC","to":"KZT","in":1,"out":"5","amount":"7"}]}"#,
    )?;
    put(corpus, "warc", "record", b"\x00WARC/1.1\r\nWARC-Type: response\r\nContent-Length: 44\r\n\r\nHTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nhi\r\n\r\n\r\n\r\n")?;
    // A, ANY and a DNSSEC-aware query with options; an update; two questions; a pointer loop.
    let question = b"\x03www\x04some\x04test\x00\x00\x01\x00\x01";
    put(
        corpus,
        "dns_query",
        "a",
        &[
            b"\x00\x01\x01\x00\x00\x01\x00\x00\x00\x00\x00\x00",
            &question[..],
        ]
        .concat(),
    )?;
    put(
        corpus,
        "dns_query",
        "edns",
        &[
            b"\x00\x02\x01\x10\x00\x01\x00\x00\x00\x00\x00\x01",
            &question[..],
            b"\x00\x00\x29\x04\xd0\x00\x00\x80\x00\x00\x08\x00\x0a\x00\x04abcd",
        ]
        .concat(),
    )?;
    put(
        corpus,
        "dns_query",
        "update",
        &[
            b"\x00\x03\x28\x00\x00\x01\x00\x00\x00\x00\x00\x00",
            &question[..],
        ]
        .concat(),
    )?;
    put(
        corpus,
        "dns_query",
        "tcp",
        &[
            b"\xf0\x00\x04\x01\x00\x00\x01\x00\x00\x00\x00\x00\x00",
            &question[..],
        ]
        .concat(),
    )?;
    put(
        corpus,
        "dns_query",
        "loop",
        b"\x00\x05\x01\x00\x00\x01\x00\x00\x00\x00\x00\x00\xc0\x0c\x00\x01\x00\x01",
    )
}

/// The demonstration's sites, sorted by what reads them.
fn pages(corpus: &Path, folder: &Path) -> std::io::Result<()> {
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        if path.is_dir() {
            pages(corpus, &path)?;
            continue;
        }
        let bytes = fs::read(&path)?;
        let site: Vec<_> = path
            .iter()
            .rev()
            .take(3)
            .map(|part| part.to_string_lossy())
            .collect();
        let seed = site.join("-");
        match path.extension().and_then(|end| end.to_str()) {
            Some("html") => put(corpus, "html", &seed, &bytes)?,
            Some("xml") => {
                put(corpus, "sitemap", &seed, &bytes)?;
                put(corpus, "feed", &seed, &bytes)?;
            }
            Some("txt") => put(
                corpus,
                "robots",
                &seed,
                &[b"\x64", bytes.as_slice()].concat(),
            )?,
            _ => {}
        }
    }
    Ok(())
}
