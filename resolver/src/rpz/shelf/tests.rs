use super::*;
use crate::rpz::zone::{Zone, ZoneOptions};

const ORIGIN: &[u8] = b"\x01a\0";

/// A zone file that is worth keeping, and a folder for what it is compiled to.
fn place() -> (tempfile::TempDir, PathBuf, Shelf) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a.rpz");
    let mut text = "@ 60 SOA ns. root. 1 60 60 60 60\nx CNAME .\n".to_owned();
    text += &";".repeat(WORTH_KEEPING as usize);
    fs::write(&path, text + "\n").unwrap();
    let shelf = Shelf::new(&folder.path().join("compiled"));
    (folder, path, shelf)
}

fn blocks(shelf: &Shelf, path: &Path, name: &[u8]) -> bool {
    let zone = Zone::load(path, ZoneOptions::default(), Some(shelf)).unwrap();
    zone.find(name).is_some()
}

fn is_kept(shelf: &Shelf, path: &Path) -> bool {
    shelf.take(path, WORTH_KEEPING, ORIGIN).is_some()
}

fn change(path: &Path, from: &str, to: &str) {
    let text = fs::read_to_string(path).unwrap();
    fs::write(path, text.replacen(from, to, 1)).unwrap();
}

#[test]
fn a_zone_is_compiled_once_and_anew_when_its_file_changes() {
    let (_folder, path, shelf) = place();
    assert!(!is_kept(&shelf, &path));
    assert!(blocks(&shelf, &path, b"\x01x\0"));
    assert!(is_kept(&shelf, &path));
    assert!(blocks(&shelf, &path, b"\x01x\0"));
    assert!(
        shelf.take(&path, WORTH_KEEPING, b"\x01b\0").is_none(),
        "another origin"
    );
    // The same length, and the same name.
    change(&path, "x CNAME", "y CNAME");
    assert!(!is_kept(&shelf, &path));
    assert!(!blocks(&shelf, &path, b"\x01x\0") && blocks(&shelf, &path, b"\x01y\0"));
    assert!(is_kept(&shelf, &path));
}

#[test]
fn what_is_damaged_is_parsed_and_what_is_stale_thrown_away() {
    let (folder, path, shelf) = place();
    assert!(blocks(&shelf, &path, b"\x01x\0"));
    let kept = shelf.folder.join(name_for(&path));
    let whole = fs::read(&kept).unwrap();
    let mut damaged = whole.clone();
    damaged[60] ^= 1;
    for octets in [
        &damaged[..],
        &whole[..whole.len() - 1],
        b"",
        b"QALQRPZ\x02 and more",
    ] {
        fs::write(&kept, octets).unwrap();
        assert!(!is_kept(&shelf, &path));
        assert!(blocks(&shelf, &path, b"\x01x\0"));
        assert_eq!(fs::read(&kept).unwrap(), whole, "it is written anew");
    }
    fs::write(shelf.folder.join("another"), "file").unwrap();
    shelf.keep_only([path.as_path()].into_iter());
    assert!(is_kept(&shelf, &path));
    shelf.keep_only([folder.path()].into_iter());
    assert!(!is_kept(&shelf, &path));
    assert!(shelf.folder.join("another").exists());
}

#[test]
fn small_zones_are_not_kept_and_no_folder_is_no_harm() {
    let (folder, path, shelf) = place();
    fs::write(&path, "@ 60 SOA ns. root. 1 60 60 60 60\nx CNAME .\n").unwrap();
    assert!(blocks(&shelf, &path, b"\x01x\0"));
    assert!(!shelf.folder.exists());
    let (_other, path, _) = place();
    let shelf = Shelf::new(&folder.path().join("a.rpz"));
    assert!(blocks(&shelf, &path, b"\x01x\0"));
}
