//! Addresses of wallets. The text is walked once, token by token; what a token could be follows from
//! its length and first letter, and its checksum decides. Chains without one (Solana) need their name
//! beside the address.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE;
use bech32::primitives::decode::{CheckedHrpstring, SegwitHrpstring};
use sha3::{Digest as _, Keccak256};

use super::Found;
use crate::document::Block;

/// A wallet address whose checksum (or, where the chain has none, shape) is right.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Wallet {
    /// `wallet.tron`, `wallet.bitcoin`, `wallet.evm`, …
    pub kind: &'static str,
    /// The address, in its one normal spelling.
    pub value: String,
}

/// Versions of base58check addresses with a payload of 20 octets: the leading octets, and the kind.
/// Litecoin's old script addresses begin as Bitcoin's do and cannot be told from them.
const BASE58CHECK: &[(&[u8], &str)] = &[
    (&[0x00], "wallet.bitcoin"),
    (&[0x05], "wallet.bitcoin"),
    (&[0x41], "wallet.tron"),
    (&[0x30], "wallet.litecoin"),
    (&[0x32], "wallet.litecoin"),
    (&[0x1e], "wallet.dogecoin"),
    (&[0x16], "wallet.dogecoin"),
    (&[0x4c], "wallet.dash"),
    (&[0x10], "wallet.dash"),
    (&[0x1c, 0xb8], "wallet.zcash"),
    (&[0x1c, 0xbd], "wallet.zcash"),
];
/// Human-readable parts of segwit addresses (BIP 173, BIP 350).
const SEGWIT: &[(&str, &str)] = &[("bc", "wallet.bitcoin"), ("ltc", "wallet.litecoin")];
/// Characters of the shortest address.
const SHORTEST: usize = 25;
/// Network octets of Monero: standard, subaddress, integrated.
const MONERO: [u8; 3] = [18, 42, 19];
/// Words near which 32 octets in base58 are a Solana address.
const SOLANA: [&str; 3] = ["solana", "солана", "sol"];

pub(super) fn read(block: &Block, found: &mut Found<'_>) {
    for (wallet, range) in located(&block.text) {
        found.in_block(wallet.kind, wallet.value, block, range);
    }
}

/// Wallet addresses in `text`; contracts and other common addresses are left out.
#[must_use]
pub fn wallets(text: &str) -> Vec<Wallet> {
    located(text)
        .map(|(wallet, _)| wallet)
        .filter(|wallet| !super::common::is_common(wallet.kind, &wallet.value))
        .collect()
}

/// Whether `text` is one address with a right checksum, common or not.
#[cfg(test)]
pub(super) fn is_address(text: &str) -> bool {
    located(text).count() == 1
}

fn located(text: &str) -> impl Iterator<Item = (Wallet, std::ops::Range<usize>)> {
    let accept = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_');
    let long = super::has_run(text, SHORTEST, |b| accept(char::from(b)));
    let text = if long { text } else { "" };
    tokens(text, accept).flat_map(move |(at, token)| {
        // The dash and underline stand only in TON addresses; elsewhere they part words.
        let whole = ton(token).map(|wallet| (wallet, at..at + token.len()));
        let parts = whole.is_none().then(|| {
            tokens(token, |c| c.is_ascii_alphanumeric()).filter_map(move |(offset, part)| {
                let begin = at + offset;
                Some((classify(part, text)?, begin..begin + part.len()))
            })
        });
        whole.into_iter().chain(parts.into_iter().flatten())
    })
}

/// Runs of accepted characters, long enough for an address and no longer than the longest.
fn tokens(text: &str, accept: fn(char) -> bool) -> impl Iterator<Item = (usize, &str)> {
    text.split(move |c: char| !accept(c))
        .map(move |token| (token.as_ptr() as usize - text.as_ptr() as usize, token))
        .filter(|(_, token)| (SHORTEST..=130).contains(&token.len()))
}

fn classify(token: &str, text: &str) -> Option<Wallet> {
    let wallet = |kind, value: &str| {
        Some(Wallet {
            kind,
            value: value.to_owned(),
        })
    };
    let first = token.as_bytes().first()?;
    match (first, token.len()) {
        (b'0', 42) => return evm(token),
        (b'q' | b'p' | b'Q' | b'P', 42) if is_cashaddr(&token.to_ascii_lowercase()) => {
            return wallet("wallet.bitcoin_cash", &token.to_ascii_lowercase());
        }
        (b'b' | b'B' | b'l' | b'L', 42..=90) if segwit(token).is_some() => {
            return wallet(segwit(token)?, &token.to_ascii_lowercase());
        }
        (b'a', 58..=110) if is_cardano(token) => return wallet("wallet.cardano", token),
        (b'4' | b'8', 95 | 106) if is_monero(token) => return wallet("wallet.monero", token),
        (b'r', 25..=35) if is_xrp(token) => return wallet("wallet.xrp", token),
        _ => {}
    }
    if token.len() <= 36
        && let Some(kind) = base58check(token)
    {
        return wallet(kind, token);
    }
    if (32..=44).contains(&token.len()) && is_solana(token) && speaks_of_solana(text) {
        return wallet("wallet.solana", token);
    }
    None
}

fn base58check(token: &str) -> Option<&'static str> {
    let payload = bs58::decode(token).with_check(None).into_vec().ok()?;
    BASE58CHECK
        .iter()
        .find(|(version, _)| payload.starts_with(version) && payload.len() == version.len() + 20)
        .map(|(_, kind)| *kind)
}

/// `0x` and 40 hex digits. In one case any are an address; in mixed case the case is a checksum
/// (EIP-55). The value is in lower case.
fn evm(token: &str) -> Option<Wallet> {
    let digits = token.strip_prefix("0x")?;
    let lower = digits.to_ascii_lowercase();
    if !lower.bytes().all(|b| b.is_ascii_hexdigit()) {
        return None;
    }
    let one_case = digits == lower || digits == digits.to_ascii_uppercase();
    if !one_case {
        let hash = Keccak256::digest(lower.as_bytes());
        let upper = |index: usize| {
            let octet = hash.get(index / 2).copied().unwrap_or(0);
            (if index.is_multiple_of(2) {
                octet >> 4
            } else {
                octet & 0x0f
            }) >= 8
        };
        let right = digits
            .bytes()
            .enumerate()
            .all(|(index, b)| b.is_ascii_digit() || b.is_ascii_uppercase() == upper(index));
        if !right {
            return None;
        }
    }
    Some(Wallet {
        kind: "wallet.evm",
        value: format!("0x{lower}"),
    })
}

fn segwit(token: &str) -> Option<&'static str> {
    let read = SegwitHrpstring::new(token).ok()?;
    let part = read.hrp().to_lowercase();
    SEGWIT
        .iter()
        .find(|(hrp, _)| *hrp == part)
        .map(|(_, kind)| *kind)
}

fn is_cardano(token: &str) -> bool {
    CheckedHrpstring::new::<bech32::Bech32>(token).is_ok_and(|read| {
        read.hrp().as_str() == "addr" && matches!(read.byte_iter().count(), 29 | 57)
    })
}

/// Bitcoin Cash without its prefix: 34 + 8 letters with a checksum of 40 bits.
fn is_cashaddr(token: &str) -> bool {
    const LETTERS: &[u8] = b"qpzry9x8gf2tvdw0s3jn54khce6mua7l";
    const GENERATORS: [u64; 5] = [
        0x98_f2bc_8e61,
        0x79_b76d_99e2,
        0xf3_3e5f_b3c4,
        0xae_2eab_e2a8,
        0x1e_4f43_e470,
    ];
    let letters: Option<Vec<u8>> = token
        .bytes()
        .map(|b| LETTERS.iter().position(|letter| *letter == b))
        .map(|at| at.and_then(|at| u8::try_from(at).ok()))
        .collect();
    let Some(letters) = letters else { return false };
    let prefix = b"bitcoincash".iter().map(|b| b & 0x1f).chain([0]);
    let sum = prefix.chain(letters).fold(1_u64, |sum, value| {
        let top = sum >> 35;
        let next = ((sum & 0x07_ffff_ffff) << 5) ^ u64::from(value);
        GENERATORS
            .iter()
            .enumerate()
            .filter(|(bit, _)| top >> bit & 1 == 1)
            .fold(next, |sum, (_, generator)| sum ^ generator)
    });
    sum == 1
}

/// Base58 in blocks of 11 letters for 8 octets, the last 4 octets a Keccak checksum.
fn is_monero(token: &str) -> bool {
    let mut octets: Vec<u8> = Vec::with_capacity(77);
    for block in token.as_bytes().chunks(11) {
        let size = match block.len() {
            11 => 8,
            7 => 5,
            _ => return false,
        };
        let Ok(read) = bs58::decode(block).into_vec() else {
            return false;
        };
        let value: &[u8] = match read.iter().position(|octet| *octet != 0) {
            Some(begin) => read.get(begin..).unwrap_or_default(),
            None => &[],
        };
        if value.len() > size {
            return false;
        }
        octets.resize(octets.len() + size - value.len(), 0);
        octets.extend_from_slice(value);
    }
    let Some((payload, check)) = octets.split_last_chunk::<4>() else {
        return false;
    };
    payload.first().is_some_and(|octet| MONERO.contains(octet))
        && Keccak256::digest(payload).get(..4) == Some(check.as_slice())
}

fn is_xrp(token: &str) -> bool {
    bs58::decode(token)
        .with_alphabet(bs58::Alphabet::RIPPLE)
        .with_check(Some(0))
        .into_vec()
        .is_ok_and(|payload| payload.len() == 21)
}

/// 48 letters of base64url: a tag, the chain, 32 octets and a CRC-16. One account has several
/// spellings; the value is the bounceable one.
fn ton(token: &str) -> Option<Wallet> {
    if token.len() != 48 {
        return None;
    }
    let octets = URL_SAFE.decode(token).ok()?;
    let (body, check) = octets.split_last_chunk::<2>()?;
    let &[tag, chain, ..] = body else { return None };
    if !matches!(tag, 0x11 | 0x51) || !matches!(chain, 0 | 0xff) || crc16(body) != *check {
        return None;
    }
    let mut normal = body.to_vec();
    *normal.first_mut()? = 0x11;
    let check = crc16(&normal);
    normal.extend_from_slice(&check);
    Some(Wallet {
        kind: "wallet.ton",
        value: URL_SAFE.encode(normal),
    })
}

/// CRC-16/XMODEM.
fn crc16(octets: &[u8]) -> [u8; 2] {
    let mut crc = 0_u16;
    for octet in octets {
        crc ^= u16::from(*octet) << 8;
        for _ in 0..8 {
            crc = if crc & 0x8000 == 0 {
                crc << 1
            } else {
                crc << 1 ^ 0x1021
            };
        }
    }
    crc.to_be_bytes()
}

fn is_solana(token: &str) -> bool {
    // Words and file names of 32 letters decode as well: an address has all sorts of characters.
    let sorts = [
        token.bytes().any(|b| b.is_ascii_digit()),
        token.bytes().any(|b| b.is_ascii_uppercase()),
        token.bytes().any(|b| b.is_ascii_lowercase()),
    ];
    sorts == [true; 3]
        && bs58::decode(token)
            .into_vec()
            .is_ok_and(|octets| octets.len() == 32)
}

fn speaks_of_solana(text: &str) -> bool {
    text.split(|c: char| !c.is_alphanumeric())
        .any(|word| SOLANA.iter().any(|name| word.to_lowercase() == *name))
}
