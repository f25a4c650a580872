//! Writes what each fuzz target begins with: `corpus/<target>/…` below the folder that is named.
#![cfg_attr(test, allow(clippy::unwrap_used, clippy::panic))]

use std::{error::Error, fs, path::Path};

use base64::{Engine as _, engine::general_purpose::STANDARD};
use blocklist::{
    Digest, PolicyZone, Scope,
    delta::Delta,
    guard::Tier,
    leaf::Leaf,
    log::{self, bundle},
    statement::{RegisterHost, Term},
    testing::{START, TestLog, name},
    time::Day,
};
use resolver::rpz_probe::Probe;
use resolver::transfer::{Admission, Keys, TransferLimits, TransferServer};

fn main() -> Result<(), Box<dyn Error>> {
    let corpus = std::env::args()
        .nth(1)
        .ok_or("name the folder of the corpus")?;
    write(Path::new(&corpus))
}

fn write(corpus: &Path) -> Result<(), Box<dyn Error>> {
    record(corpus)?;
    sets(corpus)?;
    texts(corpus)?;
    lists(corpus)?;
    secondaries(corpus)?;
    messages(corpus)?;
    policies(corpus)?;
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

/// Policy zones, as they are written and as they are compiled.
fn policies(corpus: &Path) -> Result<(), Box<dyn Error>> {
    let head =
        "$TTL 300\n$ORIGIN rpz.test.\n@ SOA ns admin ( 7 1h 60\n 86400 30 )\n@ NS localhost.\n";
    let rules = [
        "nx.test CNAME .\n*.nx.test 10 IN CNAME . ; below\nok.nx.test CNAME rpz-passthru.\n",
        "a.test CNAME *.\nb.test CNAME rpz-drop.\nc.test CNAME rpz-tcp-only.\n32.1.2.0.192.rpz-ip CNAME .\n",
        "d.test A 192.0.2.1\n AAAA 2001:db8::1\n TXT \"a ( b\" c\n MX 10 m\n TYPE65280 \\# 2 beef\n",
        "*.e.test CNAME *.garden.example.\nf\\.g\\046h CNAME w.example.\nout.example. CNAME .\nx bad\n",
    ];
    for (rules, seed) in rules.iter().zip(["names", "actions", "data", "targets"]) {
        let text = format!("{head}{rules}");
        put(corpus, "rpz", seed, text.as_bytes())?;
        let zone = Probe::parse(text.as_bytes()).ok_or("a zone")?;
        let compiled = zone.write();
        // The target puts the checksum behind it.
        let content = compiled.len().saturating_sub(32);
        put(corpus, "compiled_zone", seed, &compiled[..content])?;
    }
    Ok(())
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
    let (replay, _) = log.fold(START);
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

/// A compiled list, and what changed since.
fn sets(corpus: &Path) -> Result<(), Box<dyn Error>> {
    let mut log = TestLog::new(true);
    for (number, host) in (1..).zip(["a.test", "obmen.test", "b.obmen.test", "host.test"]) {
        log.list(host, Scope::Subtree, number);
    }
    let (_, folded) = log.fold(START);
    let set = folded.block_set()?;
    let fewer = set.updated(folded.entries.get(1..).unwrap_or_default())?;
    let (changes, _) = fewer.overlay_file().ok_or("there are no changes")?;
    for (name, file) in [("set", set.base_file()), ("changes", changes)] {
        let (content, _checksum) = file.split_at(file.len() - 32);
        put(corpus, "block_set", name, content)?;
    }
    Ok(())
}

/// What readers of the list fetch, and what witnesses put under a checkpoint.
fn lists(corpus: &Path) -> Result<(), Box<dyn Error>> {
    let mut log = TestLog::new(true);
    log.list("obmen.test", Scope::Subtree, 1);
    log.list("host.test", Scope::Host, 2);
    let (replay, first) = log.fold(START);
    log.list("third.test", Scope::Host, 3);
    let (_, second) = log.fold(START);
    log.lift("obmen.test", 1);
    let (_, third) = log.fold(START);
    let (origin, root) = (&log.trust.origin, replay.tree().root()?);
    let added = Delta::new(first.serial(), &first.entries, &second, origin, root);
    let removed = Delta::new(added.to, &second.entries, &third, origin, root);
    let both = [serde_json::to_vec(&added)?, serde_json::to_vec(&removed)?];
    put(corpus, "delta", "one", &both[0])?;
    put(corpus, "delta", "two", &both.join(&b"\n\n"[..]))?;
    put(corpus, "witness", "none", b"0 of 0\n\n")?;
    // Any key will do for a shape; a witness's differs from a log's in its first octet.
    let key = log.trust.log_key.rsplit('+').next().unwrap_or_default();
    let mut key = STANDARD.decode(key)?;
    key[0] = 4;
    let id = Digest::of(&[b"w.test\n", key.as_slice()].concat()).to_string();
    let line = STANDARD.encode([0; 4 + 8 + 64]);
    let one = format!(
        "1 of 1\nw.test+{}+{}\n\n\u{2014} w.test {line}\n",
        &id[..8],
        STANDARD.encode(key)
    );
    put(corpus, "witness", "one", one.as_bytes())?;
    Ok(())
}

/// What secondaries send, what their operator writes, and what the publisher keeps for them.
fn secondaries(corpus: &Path) -> Result<(), Box<dyn Error>> {
    put(corpus, "keys", "two", b"# tsig-keygen\nkey \"isp-one\" {\n\talgorithm hmac-sha256;\n\tsecret \"b25lIG9uZSBvbmUgb25lIG9uZSBvbmUgb25lIG9uZSE=\";\n};\nkey two { secret aGVsbG8gaGVsbG8gaGVsbG8gaGVsbG8gaGVsbG8gISE=; algorithm hmac-sha512; };\n")?;
    let apex = b"\x03rpz\x06qalqan\x04test\x00";
    let whole = [
        b"\x00\x01\x00\x00\x00\x01\x00\x00\x00\x00\x00\x00",
        &apex[..],
        b"\x00\xfc\x00\x01",
    ]
    .concat();
    let differences = [
        b"\x00\x02\x00\x00\x00\x01\x00\x00\x00\x01\x00\x00",
        &apex[..],
        b"\x00\xfb\x00\x01\xc0\x0c\x00\x06\x00\x01\x00\x00\x00\x00\x00\x16\x00\x00",
        &[0; 20],
    ]
    .concat();
    for (sign, seed) in [(0u8, "plain"), (1, "signed")] {
        for (query, what) in [(&whole, "whole"), (&differences, "differences")] {
            let bytes = [&[sign], query.as_slice()].concat();
            put(corpus, "transfer", &format!("{what}-{seed}"), &bytes)?;
        }
    }
    let folder = tempfile::tempdir()?;
    let file = folder.path().join("journal");
    tokio::runtime::Runtime::new()?.block_on(kept(&file))?;
    let journal = fs::read(&file)?;
    // Without what the target puts before and after it: a line, two hashes.
    let begins = journal.iter().position(|octet| *octet == b'\n');
    let begins = begins.ok_or("the journal has no first line")? + 1 + 32;
    let differences = journal.get(begins..journal.len() - 32);
    let serial = [0; 4];
    let bytes = [&serial, differences.unwrap_or_default()].concat();
    Ok(put(corpus, "journal", "one", &bytes)?)
}

/// Lets a server keep the journal of one change.
async fn kept(file: &Path) -> Result<(), Box<dyn Error>> {
    let admission = Admission::new(&["127.0.0.1".parse()?], Keys::default())?;
    let listen = ([127, 0, 0, 1], 0).into();
    let server = TransferServer::start(listen, admission, TransferLimits::default());
    let server = server.await?.with_journal(file.to_owned());
    let mut log = TestLog::new(true);
    server.set_zone(&PolicyZone::new(&log.fold(START).1))?;
    log.list("obmen.test", Scope::Subtree, 1);
    server.set_zone(&PolicyZone::new(&log.fold(START).1))?;
    server.stop().await;
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
    let answer = b"\x00\x01\x81\x80\x00\x01\x00\x02\x00\x01\x00\x01\x03www\x04some\x04test\x00\x00\x01\x00\x01\xc0\x0c\x00\x05\x00\x01\x00\x00\x00\x3c\x00\x04\x01a\xc0\x10\xc0\x2b\x00\x01\x00\x01\x00\x00\x00\x3c\x00\x04\xc0\x00\x02\x01\xc0\x10\x00\x02\x00\x01\x00\x00\x0e\x10\x00\x05\x02ns\xc0\x10\x00\x00\x29\x04\xd0\x00\x00\x80\x00\x00\x07\x00\x0f\x00\x03\x00\x03x";
    put(
        corpus,
        "cache_answer",
        "alias",
        &[b"\x02", &answer[..]].concat(),
    )?;
    let nothing = b"\x00\x01\x81\x83\x00\x01\x00\x00\x00\x01\x00\x00\x03www\x04some\x04test\x00\x00\x01\x00\x01\xc0\x15\x00\x06\x00\x01\x00\x00\x03\x84\x00\x18\xc0\x15\xc0\x10\x00\x00\x00\x01\x00\x00\x00\x02\x00\x00\x00\x03\x00\x00\x00\x04\x00\x00\x00\x3c";
    put(
        corpus,
        "cache_answer",
        "nothing",
        &[b"\x00", &nothing[..]].concat(),
    )?;
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

/// What clients ask and upstreams answer.
fn messages(corpus: &Path) -> Result<(), Box<dyn Error>> {
    const QUESTION: &[u8] = b"\x03www\x04some\x04test\x00\x00\x01\x00\x01";
    const OPT: &[u8] = b"\x00\x00\x29\x04\xd0\x00\x00\x80\x00\x00\x0c\x00\x0a\x00\x08cookies!";
    const ANSWER: &[u8] = b"\xc0\x0c\x00\x01\x00\x01\x00\x00\x01\x2c\x00\x04\xc0\x00\x02\x01";
    const ALIAS: &[u8] = b"\xc0\x0c\x00\x05\x00\x01\x00\x00\x01\x2c\x00\x04\x01b\xc0\x10";
    const SOA: &[u8] = b"\xc0\x10\x00\x06\x00\x01\x00\x00\x01\x2c\x00\x16\x00\x00\
        \x00\x00\x00\x01\x00\x00\x00\x02\x00\x00\x00\x03\x00\x00\x00\x04\x00\x00\x00\x3c";
    let message = |flags: [u8; 2], counts: [u8; 3], parts: &[&[u8]]| {
        let [answers, authorities, additionals] = counts;
        let header = [
            0x12,
            0x34,
            flags[0],
            flags[1],
            0,
            1,
            0,
            answers,
            0,
            authorities,
            0,
            additionals,
        ];
        [&header, QUESTION, &parts.concat()].concat()
    };
    let (ask, answered) = ([1, 0], [0x81, 0x80]);
    put(corpus, "query", "plain", &message(ask, [0, 0, 0], &[]))?;
    put(corpus, "query", "edns", &message(ask, [0, 0, 1], &[OPT]))?;
    for (name, octets) in [
        ("address", message(answered, [1, 0, 0], &[ANSWER])),
        ("alias", message(answered, [1, 0, 1], &[ALIAS, OPT])),
        ("nothing", message([0x81, 0x83], [0, 1, 0], &[SOA])),
    ] {
        // The first octet is the client: with OPT.
        put(corpus, "cache_answer", name, &[&[1], &octets[..]].concat())?;
    }
    Ok(())
}

#[test]
fn every_target_has_something_to_begin_with() {
    let corpus = tempfile::tempdir().unwrap();
    write(corpus.path()).unwrap();
    let targets = Path::new(env!("CARGO_MANIFEST_DIR")).join("fuzz/targets");
    for target in fs::read_dir(targets).unwrap() {
        let target = target.unwrap().path();
        let seeds = corpus.path().join(target.file_stem().unwrap());
        let any = fs::read_dir(&seeds).is_ok_and(|mut seeds| seeds.next().is_some());
        assert!(any, "{} has no seeds", target.display());
    }
}
