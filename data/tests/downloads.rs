//! What stands beside a list: its signature, what is packed of it, and the steps that led to it.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::print_stderr,
    missing_docs,
    reason = "tests"
)]

use std::{
    fs,
    io::Read as _,
    os::unix::fs::MetadataExt as _,
    path::{Path, PathBuf},
    process::Command,
};

use blocklist::{Delta, export::Format, fold::Entry};
use data::testing::{Centre, Engine, NOW, proposal};

fn base(centre: &Centre) -> PathBuf {
    centre.dir.path().join("release")
}

fn list(base: &Path) -> (u32, Vec<Entry>) {
    let json: serde_json::Value =
        serde_json::from_slice(&fs::read(base.join("list/json")).unwrap()).unwrap();
    let entries = serde_json::from_value(json["entries"].clone()).unwrap();
    (
        json["serial"].as_u64().unwrap().try_into().unwrap(),
        entries,
    )
}

fn delta(base: &Path, serial: u32) -> Option<Delta> {
    let bytes = fs::read(base.join(format!("list/delta/{serial}"))).ok()?;
    Some(serde_json::from_slice(&bytes).unwrap())
}

fn beside(base: &Path, format: Format, ending: &str) -> PathBuf {
    base.join(format!("{}.{ending}", format.path()))
}

/// Asks the program that everybody has; `None` where it is not installed.
fn minisign(file: &Path, key: &Path) -> Option<bool> {
    let mut command = Command::new("minisign");
    command.arg("-Vqm").arg(file).arg("-p").arg(key);
    let ended = command.output();
    if ended.is_err() {
        assert!(
            std::env::var_os("QALQAN_REQUIRE_TOOLS").is_none(),
            "minisign is not installed: tests/run --install"
        );
        eprintln!("left out: minisign is not installed");
    }
    Some(ended.ok()?.status.success())
}

async fn every_format_is_signed_and_packed(engine: Engine) {
    let centre = Centre::on(engine).await;
    let base = base(&centre);
    centre.approved("obmen.test", proposal()).await;
    let mut publisher = centre.publisher().await;
    assert!(publisher.step(NOW).await.unwrap());
    publisher.packed().await;
    let key = base.join("list/minisign.pub");
    for format in Format::ALL {
        let (file, name) = (base.join(format.path()), format.path());
        let plain = fs::read(&file).unwrap();
        let (mut gzip, mut zstd) = (Vec::new(), Vec::new());
        let packed = fs::read(beside(&base, format, "gz")).unwrap();
        flate2::read::GzDecoder::new(&packed[..])
            .read_to_end(&mut gzip)
            .unwrap();
        let packed = fs::read(beside(&base, format, "zst")).unwrap();
        zstd::Decoder::new(&packed[..])
            .unwrap()
            .read_to_end(&mut zstd)
            .unwrap();
        assert_eq!((&gzip, &zstd), (&plain, &plain), "{name}");
        assert_ne!(minisign(&file, &key), Some(false), "{name}");
    }
    // Another file with the signature of this one is refused.
    let file = base.join("list/domains");
    let forged = centre.dir.path().join("forged");
    fs::write(
        &forged,
        [&fs::read(&file).unwrap()[..], b"bank.test\n"].concat(),
    )
    .unwrap();
    fs::copy(
        beside(&base, Format::Domains, "minisig"),
        centre.dir.path().join("forged.minisig"),
    )
    .unwrap();
    assert_ne!(minisign(&forged, &key), Some(true));

    // An hour later the signature is new and says so; the list is the same file.
    let inode = |path: &Path| fs::metadata(path).unwrap().ino();
    let (signed, old) = (beside(&base, Format::Domains, "minisig"), inode(&file));
    let before = fs::read_to_string(&signed).unwrap();
    assert!(publisher.step(NOW + 3700).await.unwrap());
    let after = fs::read_to_string(&signed).unwrap();
    assert!(before != after && inode(&file) == old, "{after}");
    assert_ne!(minisign(&file, &key), Some(false));
}

async fn steps_lead_from_serial_to_serial(engine: Engine) {
    let centre = Centre::on(engine).await;
    let base = base(&centre);
    centre.approved("obmen.test", proposal()).await;
    // A publisher that goes on, and one that finds what another published.
    let mut publisher = centre.publisher().await;
    publisher.step(NOW).await.unwrap();
    let (first, held) = list(&base);
    assert!(delta(&base, first).unwrap().added.is_empty(), "no news yet");
    centre.approved("second.test", proposal()).await;
    publisher.step(NOW + 1).await.unwrap();
    let (second, _) = list(&base);
    drop(publisher);
    centre.approved("third.test", proposal()).await;
    centre.publisher().await.step(NOW + 2).await.unwrap();
    let (third, now) = list(&base);
    let step = |serial| delta(&base, serial).unwrap();
    let (one, two) = (step(first), step(second));
    assert_eq!((one.to, two.to, step(third).to), (second, third, third));
    assert_eq!(two.apply(&one.apply(&held).unwrap()), Some(now));

    // A publisher died while it wrote: the list is not the one that is signed, so nothing can be said
    // of what changed since, and the old steps must not lead astray.
    fs::write(base.join("list/json"), b"{\"entries\":[]}").unwrap();
    centre.approved("fourth.test", proposal()).await;
    centre.publisher().await.step(NOW + 3).await.unwrap();
    let (fourth, _) = list(&base);
    assert_eq!(step(fourth).to, fourth);
    for gone in [first, second, third] {
        assert!(delta(&base, gone).is_none(), "{gone}");
    }
}

data::both_engines!(
    every_format_is_signed_and_packed,
    steps_lead_from_serial_to_serial,
);
