//! The journal on disk, so that a publisher that is started again still knows the differences. It is
//! a cache: a file that is missing, damaged or of another zone only costs whole transfers.
//!
//! Layout: a line that says what it is, the hash of the zone the journal leads to, the differences
//! (octets of records, from, to, records; numbers of 32 bits, big-endian), the hash of all of it.

use std::{fs, io, io::Read, path::Path};

use blocklist::Digest;

use super::journal::{Delta, Journal};
use crate::zone::{Records, ZoneImage};

const MAGIC: &[u8] = b"qalqan zone journal 1\n";
const HASH: usize = 32;

/// Writes the journal that leads to `zone`: beside, then renamed.
pub(super) fn save(path: &Path, journal: &Journal, zone: &ZoneImage) -> io::Result<()> {
    if let Some(folder) = path.parent() {
        fs::create_dir_all(folder)?;
    }
    let beside = path.with_extension("new");
    fs::write(&beside, encode(journal, zone))?;
    fs::rename(&beside, path)
}

/// Reads the journal that leads to `zone`, at most `limit` octets of it; empty where none does.
pub(super) fn load(path: &Path, zone: &ZoneImage, limit: usize) -> Journal {
    let mut bytes = Vec::new();
    // Twice the bound: a smaller one may have been configured since, and the oldest go first.
    let most = (limit as u64).saturating_mul(2).saturating_add(4096);
    let read = fs::File::open(path).and_then(|file| file.take(most).read_to_end(&mut bytes));
    match read {
        Ok(_) => {}
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Journal::default(),
        Err(error) => {
            tracing::warn!(path = %path.display(), %error, "the journal of the zone cannot be read; secondaries get the whole zone");
            return Journal::default();
        }
    }
    decode(&bytes, zone, limit).unwrap_or_else(|| {
        tracing::info!(path = %path.display(), "the journal does not lead to the zone; secondaries get the whole zone");
        Journal::default()
    })
}

fn encode(journal: &Journal, zone: &ZoneImage) -> Vec<u8> {
    let mut bytes = MAGIC.to_vec();
    bytes.extend_from_slice(&Digest::of(zone.records()).0);
    for delta in journal.deltas() {
        // A difference is bounded by the journal's limit, far below 32 bits.
        let length = u32::try_from(delta.records.len()).unwrap_or(u32::MAX);
        for number in [length, delta.from, delta.to] {
            bytes.extend_from_slice(&number.to_be_bytes());
        }
        bytes.extend_from_slice(&delta.records);
    }
    let hash = Digest::of(&bytes);
    bytes.extend_from_slice(&hash.0);
    bytes
}

/// `None` for anything but what [`encode`] wrote for this zone.
fn decode(bytes: &[u8], zone: &ZoneImage, limit: usize) -> Option<Journal> {
    let (whole, hash) = bytes.split_at_checked(bytes.len().checked_sub(HASH)?)?;
    if Digest::of(whole).0 != hash {
        return None;
    }
    let rest = whole.strip_prefix(MAGIC)?;
    let mut rest = rest.strip_prefix(&Digest::of(zone.records()).0)?;
    let mut journal = Journal::default();
    let mut end = None;
    while !rest.is_empty() {
        let (length, from, to) = (number(&mut rest)?, number(&mut rest)?, number(&mut rest)?);
        let (records, after) = rest.split_at_checked(usize::try_from(length).ok()?)?;
        rest = after;
        let read: usize = Records(records).map(|record| record.octets.len()).sum();
        if read != records.len() || end.is_some_and(|end| end != from) {
            return None;
        }
        end = Some(to);
        let records = records.into();
        journal.push(Delta { from, to, records }, limit);
    }
    (end.is_none_or(|end| end == zone.serial())).then_some(journal)
}

fn number(rest: &mut &[u8]) -> Option<u32> {
    let (number, after) = rest.split_first_chunk::<4>()?;
    *rest = after;
    Some(u32::from_be_bytes(*number))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::{
        super::journal::testing::{hosts, image},
        *,
    };

    const LIMIT: usize = 1 << 20;

    fn kept() -> (Journal, ZoneImage) {
        let images: Vec<_> = (0..4)
            .map(|step| image(10 + u64::from(step), &hosts(0..step)))
            .collect();
        let mut journal = Journal::default();
        for pair in images.windows(2) {
            journal.push(Delta::between(&pair[0], &pair[1]).unwrap(), LIMIT);
        }
        (journal, images.into_iter().next_back().unwrap())
    }

    #[test]
    fn a_journal_is_read_back_equal_and_only_for_its_zone() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("transfer/journal");
        let (journal, zone) = kept();
        assert_eq!(load(&path, &zone, LIMIT).deltas().count(), 0, "none yet");
        save(&path, &journal, &zone).unwrap();
        let read = load(&path, &zone, LIMIT);
        assert!(read.deltas().eq(journal.deltas()));
        let other = image(13, &hosts(1..4));
        assert_eq!(other.serial(), zone.serial());
        assert_eq!(load(&path, &other, LIMIT).deltas().count(), 0);
        let last = journal.deltas().last().unwrap().records.len();
        assert_eq!(load(&path, &zone, last).deltas().count(), 1, "less room");
    }

    proptest! {
        #[test]
        fn damage_is_noticed(at in any::<proptest::sample::Index>(), octet in 1..=255u8) {
            let (journal, zone) = kept();
            let mut bytes = encode(&journal, &zone);
            let at = at.index(bytes.len());
            bytes[at] ^= octet;
            prop_assert!(decode(&bytes, &zone, LIMIT).is_none());
            bytes.truncate(at);
            prop_assert!(decode(&bytes, &zone, LIMIT).is_none());
        }

        #[test]
        fn anything_with_a_right_hash_is_read_or_refused(body in proptest::collection::vec(any::<u8>(), 0..80)) {
            let (_, zone) = kept();
            let mut bytes = [MAGIC, &Digest::of(zone.records()).0, &body].concat();
            let hash = Digest::of(&bytes);
            bytes.extend_from_slice(&hash.0);
            let _ = decode(&bytes, &zone, LIMIT);
        }
    }
}
