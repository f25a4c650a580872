//! Passwords, and the signing key that a password opens for one signature.

use argon2::{
    Algorithm, Argon2, Params, PasswordHasher as _, PasswordVerifier as _, Version,
    password_hash::phc,
};
use blocklist::key::KeyId;
use chacha20poly1305::{
    KeyInit as _, XChaCha20Poly1305, XNonce,
    aead::{Aead as _, Payload},
};
use zeroize::Zeroizing;

use crate::error::{Error, Result};

/// The shortest password taken, in characters.
pub const MIN_PASSWORD: usize = 12;

const SALT: usize = 16;
const NONCE: usize = 24;

/// Why a password does not open something.
#[derive(Debug, thiserror::Error)]
pub enum SealError {
    /// The password is wrong.
    #[error("the password is wrong")]
    WrongPassword,
    /// The password is too short to be taken.
    #[error("a password has at least {MIN_PASSWORD} characters")]
    TooShort,
    /// The stored seal is damaged, or the operating system gave no randomness.
    #[error(transparent)]
    Store(#[from] Error),
}

/// Argon2id with 19 MiB and two passes: the least OWASP advises, about 25 ms on a small server.
fn argon2() -> Result<Argon2<'static>> {
    let params =
        Params::new(19_456, 2, 1, Some(32)).map_err(|error| Error::stored("officer", error))?;
    Ok(Argon2::new(Algorithm::Argon2id, Version::V0x13, params))
}

/// The PHC string of a password. Takes tens of milliseconds; call it off the async threads.
pub fn hash_password(password: &str) -> Result<String, SealError> {
    if password.chars().count() < MIN_PASSWORD {
        return Err(SealError::TooShort);
    }
    let hash = argon2()?
        .hash_password(password.as_bytes())
        .map_err(|error| Error::stored("officer", error))?;
    Ok(hash.to_string())
}

/// Whether `password` is the one behind `stored`. Takes tens of milliseconds.
pub fn verify_password(password: &str, stored: &str) -> Result<bool> {
    let hash = phc::PasswordHash::new(stored).map_err(|error| Error::stored("officer", error))?;
    Ok(argon2()?
        .verify_password(password.as_bytes(), &hash)
        .is_ok())
}

/// A fresh signing key.
pub fn new_key() -> Result<SigningKey> {
    let mut seed = Zeroizing::new([0; 32]);
    random(&mut *seed)?;
    Ok(SigningKey::from_bytes(&seed))
}

pub use ed25519_dalek::SigningKey;

/// Seals a signing key under a password: salt, nonce, ciphertext. The key's id is bound in, so that
/// a seal cannot be moved to another officer's row.
pub fn seal(key: &SigningKey, password: &str) -> Result<Vec<u8>> {
    let mut sealed = vec![0; SALT + NONCE];
    random(&mut sealed)?;
    let cipher = cipher(password, &sealed[..SALT])?;
    let id = blocklist::key::public(key).id();
    let seed = Zeroizing::new(key.to_bytes());
    let payload = Payload {
        msg: &seed[..],
        aad: id.as_str().as_bytes(),
    };
    let ciphertext = cipher
        .encrypt(&nonce(&sealed[SALT..]), payload)
        .map_err(|error| Error::stored("officer", error))?;
    sealed.extend(ciphertext);
    Ok(sealed)
}

/// Opens a sealed key for one signature. The caller drops it right after.
pub fn unseal(sealed: &[u8], password: &str, id: &KeyId) -> Result<SigningKey, SealError> {
    let (head, ciphertext) = sealed
        .split_at_checked(SALT + NONCE)
        .ok_or_else(|| Error::stored("officer", "the sealed key is cut short"))?;
    let payload = Payload {
        msg: ciphertext,
        aad: id.as_str().as_bytes(),
    };
    let seed = cipher(password, &head[..SALT])?
        .decrypt(&nonce(&head[SALT..]), payload)
        .map(Zeroizing::new)
        .map_err(|_| SealError::WrongPassword)?;
    let seed: &[u8; 32] = seed
        .as_slice()
        .try_into()
        .map_err(|_| Error::stored("officer", "the sealed key has another length"))?;
    Ok(SigningKey::from_bytes(seed))
}

/// Fills `bytes` with randomness from the operating system.
pub fn random(bytes: &mut [u8]) -> Result<()> {
    getrandom::fill(bytes).map_err(|_| Error::Randomness)
}

fn cipher(password: &str, salt: &[u8]) -> Result<XChaCha20Poly1305> {
    let mut key = Zeroizing::new([0; 32]);
    argon2()?
        .hash_password_into(password.as_bytes(), salt, &mut *key)
        .map_err(|error| Error::stored("officer", error))?;
    Ok(XChaCha20Poly1305::new((&*key).into()))
}

fn nonce(bytes: &[u8]) -> XNonce {
    let mut nonce = XNonce::default();
    nonce.copy_from_slice(&bytes[..NONCE]);
    nonce
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_seal_opens_with_its_password_for_its_key_only() {
        let key = new_key().unwrap();
        let id = blocklist::key::public(&key).id();
        let sealed = seal(&key, "correct horse battery").unwrap();
        assert_eq!(
            unseal(&sealed, "correct horse battery", &id)
                .unwrap()
                .to_bytes(),
            key.to_bytes()
        );
        assert!(matches!(
            unseal(&sealed, "wrong horse battery", &id),
            Err(SealError::WrongPassword)
        ));
        let other = blocklist::key::public(&new_key().unwrap()).id();
        assert!(unseal(&sealed, "correct horse battery", &other).is_err());
        let mut damaged = sealed.clone();
        *damaged.last_mut().unwrap() ^= 1;
        assert!(unseal(&damaged, "correct horse battery", &id).is_err());
        assert!(unseal(&sealed[..10], "correct horse battery", &id).is_err());
    }

    #[test]
    fn passwords() {
        let stored = hash_password("correct horse battery").unwrap();
        assert!(verify_password("correct horse battery", &stored).unwrap());
        assert!(!verify_password("correct horse batterY", &stored).unwrap());
        assert!(matches!(hash_password("short"), Err(SealError::TooShort)));
    }
}
