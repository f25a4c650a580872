//! Policy zones for programs that feed this room nonsense; nothing else uses this.
#![allow(missing_docs, reason = "not for use")]

use super::{
    compiled::{self, Source},
    parse::{self, Parsed},
};

const ORIGIN: &[u8] = b"\x01o\0";

/// A zone that was read.
pub struct Probe(Parsed);

impl Probe {
    /// Reads a zone file; `None` where it is no zone.
    pub fn parse(text: &[u8]) -> Option<Self> {
        let parsed = parse::read(text, text.len() as u64, ORIGIN).ok()?;
        parsed.ok().map(Self)
    }

    /// Reads a compiled zone, whatever it says it was parsed from.
    pub fn read(octets: &[u8]) -> Option<Self> {
        let read = compiled::read(octets, octets.len() as u64, ORIGIN);
        read.ok().map(|(_, parsed)| Self(parsed))
    }

    pub fn write(&self) -> Vec<u8> {
        let source = Source {
            octets: 0,
            sha256: [0; 32],
        };
        let mut octets = Vec::new();
        match compiled::write(&mut octets, &source, ORIGIN, &self.0) {
            Ok(()) => octets,
            Err(_) => Vec::new(),
        }
    }

    /// What is done with a name in wire form: a number for the kind of action, its TTL, its data.
    pub fn find(&self, wire: &[u8]) -> Option<(u8, u32, &[u8])> {
        let found = self.0.rules.find(wire)?;
        Some((found.kind as u8, found.ttl, found.data))
    }

    /// Rules, and records that they are of.
    pub fn counts(&self) -> (u64, u64) {
        (self.0.rules.len(), self.0.report.records)
    }
}
