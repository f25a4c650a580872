//! Keys of the people who sign, and the signatures they make (Ed25519, RFC 8032).

use std::fmt;

use base64::{Engine as _, engine::general_purpose::STANDARD};
use ed25519_dalek::{Signer as _, SigningKey, VerifyingKey};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::{
    digest::{Digest, hex_pair},
    textual::from_text,
};

/// What a key may sign. An admin's key holds no case role: it changes keys, policy and guards, and
/// an officer's key lists and lifts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Role {
    /// Adds and revokes keys, sets policy and guard lists; always two together.
    Admin,
    /// Lists, lifts and annuls; enters register snapshots.
    Officer,
    /// The third signature under a listing that touches a name of the raised tier.
    Legal,
}

impl Role {
    /// The word used in the log and in the prefix of signed bytes.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Admin => "admin",
            Self::Officer => "officer",
            Self::Legal => "legal",
        }
    }

    /// The bytes every signature of this role begins with, so that a signature made in one role
    /// can never be read as one made in another.
    fn prefix(self) -> &'static [u8] {
        match self {
            Self::Admin => b"qalqan/v1/admin\n",
            Self::Officer => b"qalqan/v1/officer\n",
            Self::Legal => b"qalqan/v1/legal\n",
        }
    }
}

/// Who holds the private half.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Custody {
    /// Sealed on the server by the holder's password: proves what the server was told.
    Server,
    /// In an authenticator of the holder's own.
    Passkey,
}

/// A public key, written as standard base64 of its 32 octets.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct PublicKey(VerifyingKey);

/// The short name of a key in the log: the first 8 octets of the SHA-256 of the key, in hex.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct KeyId([u8; KEY_ID]);

/// Digits of a key id, in place: it stands under every statement of the log.
const KEY_ID: usize = 16;

/// A text or octets that are not a key, key id or signature.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum KeyError {
    /// Not base64 of a point on the curve.
    #[error("a public key is the base64 of 32 octets that are an Ed25519 point")]
    PublicKey,
    /// Not 16 lower-case hexadecimal digits.
    #[error("a key id is 16 lower-case hexadecimal digits")]
    KeyId,
    /// Not base64 of 64 octets.
    #[error("a signature is the base64 of 64 octets")]
    Signature,
}

impl PublicKey {
    /// Takes the 32 octets of RFC 8032 §5.1.5.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, KeyError> {
        let bytes: &[u8; 32] = bytes.try_into().map_err(|_| KeyError::PublicKey)?;
        VerifyingKey::from_bytes(bytes)
            .map(Self)
            .map_err(|_| KeyError::PublicKey)
    }

    /// The 32 octets.
    pub fn as_bytes(&self) -> &[u8; 32] {
        self.0.as_bytes()
    }

    /// The key's short name.
    pub fn id(&self) -> KeyId {
        let digest = Digest::of(self.0.as_bytes());
        let mut digits = [0; KEY_ID];
        for (pair, byte) in digits.chunks_exact_mut(2).zip(digest.0) {
            pair.copy_from_slice(&hex_pair(byte));
        }
        KeyId(digits)
    }

    /// Whether `signature` was made by this key, in `role`, over `message`. Strict verification:
    /// malleable and small-order forms are refused, so all verifiers agree.
    pub fn verify(&self, role: Role, message: &[u8], signature: &SignatureBytes) -> bool {
        let bytes = [role.prefix(), message].concat();
        let signature = ed25519_dalek::Signature::from_bytes(&signature.0);
        self.0.verify_strict(&bytes, &signature).is_ok()
    }
}

/// The 64 octets of an Ed25519 signature, written as standard base64.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct SignatureBytes(pub [u8; 64]);

impl SignatureBytes {
    /// Takes 64 octets.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, KeyError> {
        bytes.try_into().map(Self).map_err(|_| KeyError::Signature)
    }
}

/// Signs `message` in `role`. The caller holds the key for this one signature and drops it.
pub fn sign(key: &SigningKey, role: Role, message: &[u8]) -> SignatureBytes {
    SignatureBytes(key.sign(&[role.prefix(), message].concat()).to_bytes())
}

/// The public half of `key`.
pub fn public(key: &SigningKey) -> PublicKey {
    PublicKey(key.verifying_key())
}

impl KeyId {
    /// The 16 digits.
    pub fn as_str(&self) -> &str {
        // Digits by construction.
        std::str::from_utf8(&self.0).unwrap_or_default()
    }

    fn parse(text: &str) -> Result<Self, KeyError> {
        let digits: [u8; KEY_ID] = text.as_bytes().try_into().map_err(|_| KeyError::KeyId)?;
        let well_formed = digits
            .iter()
            .all(|c| matches!(c, b'0'..=b'9' | b'a'..=b'f'));
        well_formed.then_some(Self(digits)).ok_or(KeyError::KeyId)
    }
}

impl TryFrom<String> for KeyId {
    type Error = KeyError;

    fn try_from(text: String) -> Result<Self, KeyError> {
        Self::parse(&text)
    }
}

impl From<KeyId> for String {
    fn from(id: KeyId) -> Self {
        id.as_str().to_owned()
    }
}

impl Serialize for KeyId {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.as_str())
    }
}

impl<'de> Deserialize<'de> for KeyId {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        from_text(deserializer, Self::parse)
    }
}

impl fmt::Debug for KeyId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "KeyId({:?})", self.as_str())
    }
}

impl fmt::Display for KeyId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl fmt::Debug for PublicKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "PublicKey({})", self.id())
    }
}

impl fmt::Debug for SignatureBytes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&STANDARD.encode(self.0))
    }
}

/// Reads standard base64 of what `take` takes: a key or a signature, 66 octets being what 88 characters hold
/// at the most.
fn from_base64<'de, D: Deserializer<'de>, T>(
    deserializer: D,
    take: fn(&[u8]) -> Result<T, KeyError>,
) -> Result<T, D::Error> {
    from_text(deserializer, |text| {
        let mut octets = [0; 66];
        let count = STANDARD
            .decode_slice(text, &mut octets)
            .map_err(|_| "not standard base64".to_owned())?;
        take(octets.get(..count).unwrap_or_default()).map_err(|error| error.to_string())
    })
}

impl Serialize for PublicKey {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&STANDARD.encode(self.0.as_bytes()))
    }
}

impl<'de> Deserialize<'de> for PublicKey {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        from_base64(deserializer, Self::from_bytes)
    }
}

impl Serialize for SignatureBytes {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut text = [0; 88];
        let text = STANDARD
            .encode_slice(self.0, &mut text)
            .ok()
            .and_then(|count| std::str::from_utf8(text.get(..count)?).ok());
        serializer.serialize_str(text.unwrap_or_default())
    }
}

impl<'de> Deserialize<'de> for SignatureBytes {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        from_base64(deserializer, Self::from_bytes)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_signature_counts_in_one_role_over_one_message() {
        let key = SigningKey::from_bytes(&[7; 32]);
        let signature = sign(&key, Role::Officer, b"statement");
        let public = public(&key);
        assert!(public.verify(Role::Officer, b"statement", &signature));
        assert!(!public.verify(Role::Admin, b"statement", &signature));
        assert!(!public.verify(Role::Legal, b"statement", &signature));
        assert!(!public.verify(Role::Officer, b"statemenT", &signature));
        let other = super::public(&SigningKey::from_bytes(&[8; 32]));
        assert!(!other.verify(Role::Officer, b"statement", &signature));
    }

    #[test]
    fn known_answer() {
        // RFC 8032 §7.1, TEST 1: secret key and its public key.
        let secret =
            Digest::parse("9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60")
                .unwrap();
        let public = public(&SigningKey::from_bytes(&secret.0));
        assert_eq!(
            crate::digest::hex(public.as_bytes()),
            "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a"
        );
        assert_eq!(public.id().as_str().len(), 16);
    }
}
