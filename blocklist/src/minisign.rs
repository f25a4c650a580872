//! Signatures beside the files, for people who check one download with one command: `minisign -Vm FILE
//! -P KEY`. The release note says more (which log, which leaves); this says only that the log key
//! signed these bytes, when, and until when they hold.
//!
//! The form is minisign's, pre-hashed: the key signs the BLAKE2b-512 of the file, never the file, so
//! nothing that stands in a file can pass for a note or a checkpoint. A second signature covers the
//! first and the trusted comment.

use std::io;

use base64::{Engine as _, engine::general_purpose::STANDARD};
use blake2b_simd::{State, many::update_many};
use signed_note::{Signer as _, StandardSigner};

use crate::{Digest, Trust, trust::TrustError};

/// Algorithm of a signature over the BLAKE2b-512 of a file.
const PREHASHED: &[u8; 2] = b"ED";
/// Algorithm of a key.
const ED25519: &[u8; 2] = b"Ed";

/// The hash that is signed, taken while a file is written.
#[derive(Clone, Debug, Default)]
pub struct Prehash(State);

impl Prehash {
    /// Goes on with the next octets of several files at once, four of which take little longer than one.
    pub(crate) fn take_together<'a>(all: impl IntoIterator<Item = (&'a mut Self, &'a [u8])>) {
        update_many(all.into_iter().map(|(hash, octets)| (&mut hash.0, octets)));
    }

    /// The hash of everything written.
    pub fn finish(self) -> [u8; 64] {
        *self.0.finalize().as_array()
    }
}

impl io::Write for Prehash {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.update(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// The log's public key as minisign reads it: the content of a file for `-p`, its second line for `-P`.
///
/// # Errors
/// When the log key in the trust file is none.
pub fn public_key(trust: &Trust) -> Result<String, TrustError> {
    let key = raw_key(trust)?;
    let encoded = STANDARD.encode([&ED25519[..], &key_id(&key), &key].concat());
    let origin = &trust.origin;
    Ok(format!(
        "untrusted comment: minisign public key of {origin}\n{encoded}\n"
    ))
}

/// The content of `FILE.minisig` for a file with this hash. `comment` is signed with it.
///
/// # Errors
/// When the log key in the trust file is none, or `key` does not sign.
pub fn sign(
    hash: &[u8; 64],
    comment: &str,
    trust: &Trust,
    key: &StandardSigner,
) -> Result<String, TrustError> {
    let refuse = || TrustError::LogKey {
        origin: trust.origin.clone(),
    };
    // One line: a comment with more would end where its author did not mean it to.
    let comment = comment.replace(char::is_control, " ");
    let signature = key.sign(hash).map_err(|_| refuse())?;
    let both = [&signature[..], comment.as_bytes()].concat();
    let over_both = key.sign(&both).map_err(|_| refuse())?;
    let id = key_id(&raw_key(trust)?);
    Ok(format!(
        "untrusted comment: signature by the log key of {}\n{}\ntrusted comment: {comment}\n{}\n",
        trust.origin,
        STANDARD.encode([&PREHASHED[..], &id, &signature].concat()),
        STANDARD.encode(over_both),
    ))
}

/// The 32 octets of the key, after the octet that says what kind it is (C2SP signed-note).
fn raw_key(trust: &Trust) -> Result<[u8; 32], TrustError> {
    let decoded = trust
        .log_key
        .splitn(3, '+')
        .nth(2)
        .and_then(|text| STANDARD.decode(text).ok());
    decoded
        .as_deref()
        .and_then(|bytes| bytes.strip_prefix(&[1]))
        .and_then(|key| key.try_into().ok())
        .ok_or_else(|| TrustError::LogKey {
            origin: trust.origin.clone(),
        })
}

/// A name for the key, by which minisign tells one that does not fit.
fn key_id(key: &[u8; 32]) -> [u8; 8] {
    let Digest(hash) = Digest::of(key);
    let mut id = [0; 8];
    id.copy_from_slice(&hash[..8]);
    id
}
