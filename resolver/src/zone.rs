//! The policy zone in the form in which it is sent: records in wire form, one behind the other,
//! in one piece of memory that many transfers read at once.

use blocklist::{
    PolicyZone,
    zone::{RecordData, Soa, TTL},
};
use domain::base::{
    MessageBuilder, Name, Rtype, Ttl,
    iana::Class,
    message_builder::{AnswerBuilder, PushError, StaticCompressor, StreamTarget},
    rdata::UnknownRecordData,
};

/// A message being built for a stream: two octets of length, names compressed.
pub(crate) type Target = StaticCompressor<StreamTarget<Vec<u8>>>;

/// A zone ready to be sent.
#[derive(Debug, PartialEq, Eq)]
pub struct ZoneImage {
    apex: Name<Vec<u8>>,
    serial: u32,
    /// Owner, type, length of data, data; the SOA first.
    records: Vec<u8>,
    soa_length: usize,
    count: usize,
}

/// A policy zone that cannot be put into wire form.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the policy zone holds a record that cannot be sent: `{0}`")]
pub struct ZoneError(String);

impl ZoneImage {
    /// Compiles a zone; about 40 octets a record.
    pub fn new(zone: &PolicyZone) -> Result<Self, ZoneError> {
        let mut records = Vec::new();
        let mut soa_length = 0;
        for (index, record) in zone.records().iter().enumerate() {
            let is_soa = matches!(record.data, RecordData::Soa(_));
            if is_soa != (index == 0) {
                return Err(ZoneError(record.owner.clone()));
            }
            let (kind, data) = data(&record.data)?;
            records.extend_from_slice(name(&record.owner)?.as_slice());
            records.extend_from_slice(&kind.to_int().to_be_bytes());
            let length = u16::try_from(data.len()).map_err(|_| ZoneError(record.owner.clone()))?;
            records.extend_from_slice(&length.to_be_bytes());
            records.extend_from_slice(&data);
            if is_soa {
                soa_length = records.len();
            }
        }
        if soa_length == 0 {
            return Err(ZoneError("no SOA".into()));
        }
        let count = zone.records().len();
        Ok(Self {
            apex: name(zone.apex())?,
            serial: zone.serial(),
            records,
            soa_length,
            count,
        })
    }

    /// The zone's name.
    pub(crate) fn apex(&self) -> &Name<Vec<u8>> {
        &self.apex
    }

    /// The SOA serial.
    pub fn serial(&self) -> u32 {
        self.serial
    }

    /// Records, the SOA once.
    pub fn len(&self) -> usize {
        self.count
    }

    /// Never: a zone has its SOA.
    pub fn is_empty(&self) -> bool {
        self.count == 0
    }

    /// The SOA alone, in wire form.
    pub(crate) fn soa(&self) -> &[u8] {
        self.records.get(..self.soa_length).unwrap_or_default()
    }

    /// All records in wire form, the SOA first.
    pub(crate) fn records(&self) -> &[u8] {
        &self.records
    }

    /// All records but the SOA, in wire form.
    pub(crate) fn body(&self) -> &[u8] {
        self.records.get(self.soa_length..).unwrap_or_default()
    }
}

/// Records in wire form, one behind the other.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Records<'z>(pub(crate) &'z [u8]);

/// One record in wire form.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct WireRecord<'z> {
    /// All of it.
    pub(crate) octets: &'z [u8],
    /// Its owner.
    pub(crate) owner: &'z [u8],
    /// Its type.
    pub(crate) kind: Rtype,
    data: &'z [u8],
}

impl<'z> Iterator for Records<'z> {
    type Item = WireRecord<'z>;

    /// `None` at the end, and before octets that are no record.
    fn next(&mut self) -> Option<WireRecord<'z>> {
        let (owner, rest) = self.0.split_at_checked(name_length(self.0)?)?;
        let (kind, rest) = rest.split_first_chunk::<2>()?;
        let (length, rest) = rest.split_first_chunk::<2>()?;
        let (data, rest) = rest.split_at_checked(usize::from(u16::from_be_bytes(*length)))?;
        let octets = self.0.get(..self.0.len() - rest.len())?;
        self.0 = rest;
        let kind = Rtype::from_int(u16::from_be_bytes(*kind));
        Some(WireRecord {
            octets,
            owner,
            kind,
            data,
        })
    }
}

/// Adds records to a message until it is full or there are none left; gives the octets it took.
pub(crate) fn fill(records: &[u8], answer: &mut AnswerBuilder<Target>) -> usize {
    let mut taken = 0;
    for record in Records(records) {
        let pushed = Name::from_slice(record.owner).ok().and_then(|owner| {
            let data = UnknownRecordData::from_octets(record.kind, record.data).ok()?;
            let ttl = Ttl::from_secs(TTL);
            answer.push((owner, Class::IN, ttl, data)).ok()
        });
        if pushed.is_none() {
            break;
        }
        taken += record.octets.len();
    }
    taken
}

/// Octets of the name at the beginning of `wire`, its root included.
fn name_length(wire: &[u8]) -> Option<usize> {
    let mut at = 0;
    loop {
        let length = usize::from(*wire.get(at)?);
        at += length + 1;
        if length == 0 {
            return Some(at);
        }
    }
}

fn name(text: &str) -> Result<Name<Vec<u8>>, ZoneError> {
    Name::vec_from_str(text).map_err(|_| ZoneError(text.to_owned()))
}

fn data(data: &RecordData) -> Result<(Rtype, Vec<u8>), ZoneError> {
    Ok(match data {
        RecordData::Soa(soa) => (Rtype::SOA, soa_data(soa)?),
        RecordData::Ns(target) => (Rtype::NS, name(target)?.as_slice().to_vec()),
        RecordData::Cname(target) => (Rtype::CNAME, name(target)?.as_slice().to_vec()),
    })
}

fn soa_data(soa: &Soa) -> Result<Vec<u8>, ZoneError> {
    let mut data = name(&soa.mname)?.as_slice().to_vec();
    data.extend_from_slice(name(&soa.rname)?.as_slice());
    for number in [soa.serial, soa.refresh, soa.retry, soa.expire, soa.minimum] {
        data.extend_from_slice(&number.to_be_bytes());
    }
    Ok(data)
}

/// An empty message for a stream.
pub(crate) fn message(limit: usize) -> Result<MessageBuilder<Target>, PushError> {
    let target = StaticCompressor::new(StreamTarget::new_vec());
    let mut builder = MessageBuilder::from_target(target).map_err(|_| PushError::ShortBuf)?;
    builder.set_push_limit(limit);
    Ok(builder)
}
