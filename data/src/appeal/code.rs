//! Codes that people copy by hand: the receipt, by which a sender comes back, and the token that an
//! owner publishes. A receipt is random, and the store keeps only its hash; a token follows from the
//! receipt and a secret of the store, so that one can be given out without keeping anything.

use std::fmt;

use blocklist::Digest;

use crate::{
    error::{Error, Result},
    pool::Store,
    seal,
};

/// Letters and digits that are not taken for one another (Crockford's base 32), 5 bits each.
const LETTERS: &[u8; 32] = b"0123456789ABCDEFGHJKMNPQRSTVWXYZ";

/// Characters of a receipt: 80 bits.
const RECEIPT: usize = 16;

/// Octets of a token: 128 bits.
const TOKEN: usize = 16;

/// What stands before a token where it is published.
pub const PUBLISHED_AS: &str = "qalqan-appeal=";

/// A receipt: 80 random bits, shown once, as `7K3M-…` in four groups of four.
#[derive(Clone, PartialEq, Eq)]
pub struct Receipt([u8; RECEIPT]);

impl Receipt {
    /// A fresh one.
    ///
    /// # Errors
    /// When the operating system gives no randomness.
    pub(super) fn new() -> Result<Self> {
        let mut random = [0; RECEIPT];
        seal::random(&mut random)?;
        // 256 is a multiple of 32, so each letter is as likely as another.
        Ok(Self(
            random.map(|byte| LETTERS[usize::from(byte) % LETTERS.len()]),
        ))
    }

    /// Reads what somebody typed: in any case, grouped in any way, with O for 0 and I or L for 1.
    pub fn parse(typed: &str) -> Option<Self> {
        let mut letters = [0; RECEIPT];
        let mut places = letters.iter_mut();
        for c in typed.chars() {
            let c = match c.to_ascii_uppercase() {
                '-' | '–' | '\u{2011}' => continue,
                c if c.is_whitespace() => continue,
                'O' => '0',
                'I' | 'L' => '1',
                c => c,
            };
            let letter = u8::try_from(c).ok().filter(|c| LETTERS.contains(c))?;
            *places.next()? = letter;
        }
        places.next().is_none().then_some(Self(letters))
    }

    /// What the store keeps of it.
    pub(super) fn sha256(&self) -> String {
        Digest::of(&self.0).to_string()
    }
}

impl fmt::Display for Receipt {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (place, letter) in self.0.iter().enumerate() {
            let dash = if place > 0 && place % 4 == 0 { "-" } else { "" };
            write!(f, "{dash}{}", char::from(*letter))?;
        }
        Ok(())
    }
}

/// Never in a log by mistake.
impl fmt::Debug for Receipt {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Receipt(…)")
    }
}

/// Name of the secret that tokens follow from.
const TOKENS: &str = "appeal-token";

/// The token of whoever holds this receipt, for a host that a listing covers, in hex.
pub(super) async fn token(
    store: &Store,
    receipt: &Receipt,
    listing_id: &str,
    host: &str,
) -> Result<String> {
    let secret = store.secret(TOKENS).await?;
    let parts = (secret, receipt.sha256(), listing_id, host);
    // Texts always have a form.
    let bytes = serde_json::to_vec(&parts).map_err(|e| Error::stored("appeal", e))?;
    let Digest(hash) = Digest::of(&bytes);
    let (token, _) = hash.split_at(TOKEN);
    Ok(blocklist::digest::hex(token))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_receipt_is_read_as_people_type_it() {
        let receipt = Receipt::new().unwrap();
        let shown = receipt.to_string();
        assert_eq!(shown.len(), 19);
        for typed in [
            shown.clone(),
            shown.to_lowercase(),
            shown.replace('-', " "),
            format!("  {}\n", shown.replace('-', "")),
        ] {
            assert_eq!(Receipt::parse(&typed), Some(receipt.clone()), "{typed}");
        }
        assert_eq!(
            Receipt::parse("oooo-IIII-llll-0011"),
            Receipt::parse("0000-1111-1111-0011")
        );
        for wrong in ["", "7K3M", "7K3M-7K3M-7K3M-7K3U", &format!("{shown}0")] {
            assert_eq!(Receipt::parse(wrong), None, "{wrong}");
        }
        assert_eq!(format!("{receipt:?}"), "Receipt(…)");
        assert_ne!(receipt, Receipt::new().unwrap());
    }

    proptest! {
        #[test]
        fn any_text_is_a_receipt_or_not(text in "\\PC{0,30}") {
            if let Some(receipt) = Receipt::parse(&text) {
                prop_assert_eq!(Receipt::parse(&receipt.to_string()), Some(receipt));
            }
        }
    }
}
