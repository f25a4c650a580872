//! What is blocked and what is asked. The same size gives the same octets on every machine.

use std::{
    fs::File,
    io::{self, BufWriter, Write as _},
    path::{Path, PathBuf},
};

/// How often a listed name is listed with all names below it: three of ten.
const WITH_SUBTREE: (u64, u64) = (3, 10);
/// Names that are allowed and asked again and again.
const ALLOWED: u64 = 1_000;
/// Listed names that are asked for.
const POPULAR: u64 = 100_000;
/// Questions of one kind. A load begins anew when it has asked them all.
const QUESTIONS: u64 = 300_000;

const WORDS: [&str; 40] = [
    "alma", "altyn", "bir", "bit", "block", "broker", "cash", "chain", "coin", "crypto", "dala",
    "exchange", "fast", "fund", "global", "gold", "invest", "kaz", "kurs", "live", "market",
    "mint", "moon", "night", "obmen", "open", "pay", "prime", "profit", "rubl", "safe", "sky",
    "steppe", "swap", "tenge", "token", "trade", "vip", "wallet", "world",
];
const ENDINGS: [&str; 8] = ["com", "com", "com", "kz", "kz", "ru", "io", "xyz"];

/// Scatters a number over all numbers; every number has its own.
fn scatter(number: u64) -> u64 {
    let mut x = number.wrapping_add(0x9e37_79b9_7f4a_7c15);
    x = (x ^ (x >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    x = (x ^ (x >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    x ^ (x >> 31)
}

fn pick<'a>(of: &[&'a str], by: u64) -> &'a str {
    of[usize::try_from(by % of.len() as u64).unwrap()]
}

/// The listed name of this number, in three shapes, and distinct from every other.
fn listed(number: u64) -> String {
    let s = scatter(number);
    let (one, two, ending) = (
        pick(&WORDS, s),
        pick(&WORDS, s >> 8),
        pick(&ENDINGS, s >> 16),
    );
    match (s >> 24) % 8 {
        0 => format!("www.{one}{two}{number}.{ending}"),
        1 | 2 => format!("{one}-{two}-{number:x}.{ending}"),
        _ => format!("{one}{two}{number}.{ending}"),
    }
}

fn has_subtree(number: u64) -> bool {
    scatter(number ^ 0x5ab7_7ee5) % WITH_SUBTREE.1 < WITH_SUBTREE.0
}

fn allowed(number: u64) -> String {
    format!("www.site{number}.{}.org", pick(&WORDS, scatter(number)))
}

/// The block list in the form of each server, in a folder.
pub struct Lists {
    pub rpz: PathBuf,
    pub dnsmasq: PathBuf,
    /// The list's last name, with which all of it is loaded.
    pub last: String,
    pub names: u64,
}

impl Lists {
    /// Writes a list of so many names.
    pub fn write(folder: &Path, names: u64) -> io::Result<Self> {
        let (rpz, dnsmasq) = (folder.join("list.rpz"), folder.join("list.dnsmasq"));
        let mut zone = BufWriter::new(File::create(&rpz)?);
        let mut servers = BufWriter::new(File::create(&dnsmasq)?);
        writeln!(
            zone,
            "$TTL 60\n$ORIGIN rpz.test.\n@ SOA ns.rpz.test. admin.rpz.test. 1 60 60 86400 60"
        )?;
        writeln!(zone, "@ NS ns.rpz.test.\nns A 127.0.0.1")?;
        for number in 0..names {
            let name = listed(number);
            writeln!(zone, "{name} CNAME .")?;
            if has_subtree(number) {
                writeln!(zone, "*.{name} CNAME .")?;
            }
            // It knows subtrees only.
            writeln!(servers, "server=/{name}/")?;
        }
        zone.flush()?;
        servers.flush()?;
        Ok(Self {
            rpz,
            dnsmasq,
            last: listed(names.saturating_sub(1)),
            names,
        })
    }
}

/// What a load asks, in wire form.
pub struct Questions {
    wire: Vec<u8>,
    spans: Vec<(u32, u32)>,
    /// Whether the list speaks to each of them, so that the answer must be NXDOMAIN.
    blocked: Vec<bool>,
    /// Whether every question is for a name that nobody has asked for yet.
    fresh: bool,
}

/// The kinds of load.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Listed names.
    Blocked,
    /// Names below listed ones.
    Below,
    /// Allowed names that are remembered.
    Remembered,
    /// One in twenty of the first kind, the others of the third.
    Mixed,
    /// Allowed names that nobody asked for before.
    Forwarded,
}

impl Kind {
    pub const ALL: [Self; 5] = [
        Self::Blocked,
        Self::Below,
        Self::Remembered,
        Self::Mixed,
        Self::Forwarded,
    ];

    pub fn words(self) -> &'static str {
        match self {
            Self::Blocked => "blocked",
            Self::Below => "below a blocked one",
            Self::Remembered => "allowed, remembered",
            Self::Mixed => "1 of 20 blocked",
            Self::Forwarded => "allowed, never asked before",
        }
    }
}

impl Questions {
    pub fn of(kind: Kind, lists: &Lists) -> Self {
        let mut these = Self {
            wire: Vec::new(),
            spans: Vec::new(),
            blocked: Vec::new(),
            fresh: kind == Kind::Forwarded,
        };
        // Half by rank, half evenly: some names are asked for often and all of them sometimes.
        let popular = |by: u64| {
            let all = POPULAR.min(lists.names);
            let even = scatter(by) % all;
            let rank = match by % 2 {
                0 => ((all as f64).powf(even as f64 / all as f64) as u64).saturating_sub(1),
                _ => even,
            };
            scatter(rank) % lists.names
        };
        for number in 0..QUESTIONS {
            let by = scatter(number ^ 0x00c0_ffee);
            match kind {
                Kind::Blocked => these.push(&listed(popular(by)), true),
                Kind::Below => {
                    let above = (0..)
                        .map(|step| scatter(by + step) % lists.names)
                        .find(|name| has_subtree(*name));
                    let label = pick(&["www", "a", "api", "m", "login.app"], by >> 40);
                    these.push(&format!("{label}.{}", listed(above.unwrap())), true);
                }
                Kind::Mixed if by.is_multiple_of(20) => these.push(&listed(popular(by >> 8)), true),
                Kind::Remembered | Kind::Mixed => these.push(&allowed(by % ALLOWED), false),
                // The first label is written anew each time.
                Kind::Forwarded => these.push("00000000.fresh.org", false),
            }
        }
        these
    }

    /// Every allowed name once.
    pub fn warm() -> Self {
        let mut these = Self {
            wire: Vec::new(),
            spans: Vec::new(),
            blocked: Vec::new(),
            fresh: false,
        };
        (0..ALLOWED).for_each(|number| these.push(&allowed(number), false));
        these
    }

    pub fn len(&self) -> usize {
        self.spans.len()
    }

    fn push(&mut self, name: &str, blocked: bool) {
        let begin = self.wire.len();
        self.wire.extend(question(name));
        let span = [begin, self.wire.len()].map(|at| u32::try_from(at).unwrap());
        self.spans.push((span[0], span[1]));
        self.blocked.push(blocked);
    }

    /// Writes question `number` with this id into a buffer; gives its length.
    pub fn write(&self, number: usize, id: u16, fresh: u32, buffer: &mut [u8]) -> usize {
        let wire = self.wire(number);
        buffer[..wire.len()].copy_from_slice(wire);
        buffer[..2].copy_from_slice(&id.to_be_bytes());
        if self.fresh {
            for (digit, place) in buffer[13..21].iter_mut().zip((0..8).rev()) {
                *digit = b"0123456789abcdef"[(fresh >> (4 * place)) as usize & 15];
            }
        }
        wire.len()
    }

    /// Whether this is a right answer to question `number`. The echo gives back the question.
    pub fn is_right(&self, number: usize, answer: &[u8], echo: bool) -> bool {
        let wire = self.wire(number);
        let Some(question) = answer.get(12..wire.len()) else {
            return false;
        };
        // A fresh name differs from its pattern in its first label.
        let from = if self.fresh { 9 } else { 0 };
        let same = question.get(from..) == wire.get(12 + from..);
        let responds = answer[2] & 0x80 != 0;
        let rcode = answer[3] & 15;
        let answers = u16::from_be_bytes([answer[6], answer[7]]);
        let verdict = match (echo, self.blocked[number]) {
            (true, _) => true,
            (false, true) => rcode == 3 && answers == 0,
            (false, false) => rcode == 0 && answers == 1,
        };
        same && responds && verdict
    }

    fn wire(&self, number: usize) -> &[u8] {
        let (begin, end) = self.spans[number];
        &self.wire[begin as usize..end as usize]
    }
}

/// A query for the address of a name, recursion desired, without EDNS as most clients' are.
pub fn question(name: &str) -> Vec<u8> {
    let mut wire = vec![0, 0, 1, 0, 0, 1, 0, 0, 0, 0, 0, 0];
    for label in name.split('.') {
        wire.push(u8::try_from(label.len()).unwrap());
        wire.extend(label.as_bytes());
    }
    wire.extend([0, 0, 1, 0, 1]);
    wire
}
