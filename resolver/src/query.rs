//! A query straight from the wire: understood to its last octet, or left to the full path.
//!
//! Nothing here allocates and nothing is kept by reference, so that an answer can be written over
//! the octets the query came in.

use crate::limits::{self, COOKIE_OPTION};

/// Longest name on the wire, in octets, with its root octet (RFC 1035 §2.3.4).
pub(crate) const MAX_NAME: usize = 255;
/// Octets of a header (RFC 1035 §4.1.1).
pub(crate) const HEADER: usize = 12;
/// Least size every client takes over UDP, in octets (RFC 1035 §4.2.1).
pub(crate) const PLAIN_UDP: u16 = 512;

const CLASS_IN: u16 = 1;
const TYPE_OPT: u16 = 41;
/// A client's subnet (RFC 7871 §6).
const OPTION_SUBNET: u16 = 8;
/// QR, OPCODE, AA and TC: none may be set in a query that is taken here.
const FORBIDDEN_FIRST: u8 = 0b1111_1110;
/// RA, Z and RCODE.
const FORBIDDEN_SECOND: u8 = 0b1100_1111;
const RECURSION_DESIRED: u8 = 0b0000_0001;
const AUTHENTIC_DATA: u8 = 0b0010_0000;
const CHECKING_DISABLED: u8 = 0b0001_0000;
const DNSSEC_OK: u16 = 0x8000;

/// A name in lower case on the wire, uncompressed, with its root octet.
#[derive(Clone, Copy)]
pub(crate) struct LowerName {
    octets: [u8; MAX_NAME],
    length: u8,
}

impl LowerName {
    /// The octets, the key of the block set and of the cache.
    pub(crate) fn as_wire(&self) -> &[u8] {
        self.octets
            .get(..usize::from(self.length))
            .unwrap_or_default()
    }

    /// Reads a name that is written out label by label at the start of `octets`; `None` for
    /// anything else, compression among it.
    pub(crate) fn read(octets: &[u8]) -> Option<Self> {
        let mut at = 0;
        loop {
            match *octets.get(at)? {
                0 => break,
                length @ 1..=63 => at += 1 + usize::from(length),
                _ => return None,
            }
            if at >= MAX_NAME {
                return None;
            }
        }
        let name = octets.get(..=at)?;
        let mut lower = [0; MAX_NAME];
        // Lengths of labels are below `A`, so that lowering the whole leaves them as they are.
        for (to, from) in lower.iter_mut().zip(name) {
            *to = from.to_ascii_lowercase();
        }
        Some(Self {
            octets: lower,
            length: u8::try_from(name.len()).ok()?,
        })
    }
}

impl std::fmt::Debug for LowerName {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}", self.as_wire().escape_ascii())
    }
}

/// What a client's OPT record says (RFC 6891).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct ClientEdns {
    /// The size it offers, as it says it.
    pub(crate) payload: u16,
    pub(crate) dnssec_ok: bool,
    /// Whether it asks for structured errors, by the option that an operator named.
    pub(crate) structured: bool,
    pub(crate) cookie: Option<limits::Received>,
}

/// A query for one name of class IN that a client may be answered from the list or the cache.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Query {
    pub(crate) name: LowerName,
    /// Its type; never a meta type or one that asks for many.
    pub(crate) kind: u16,
    pub(crate) recursion_desired: bool,
    pub(crate) checking_disabled: bool,
    /// AD in a query: the client wants to know whether data was validated (RFC 6840 §5.7).
    pub(crate) authentic_data: bool,
    pub(crate) edns: Option<ClientEdns>,
    /// Octets of the whole message.
    pub(crate) length: u16,
    /// What its answer may weigh over UDP, whatever the client takes; whoever knows the client lowers it.
    pub(crate) most: u16,
    /// The cookie that goes back with the answer, an option in wire form; whoever knows the secret
    /// puts it here.
    pub(crate) cookie: Option<[u8; limits::OPTION]>,
}

impl Query {
    /// Reads a whole message. `None` is not an accusation: the full path looks at it then.
    ///
    /// Taken are: QR, AA, TC, RA, Z and RCODE clear, opcode QUERY, one question of class IN with
    /// its name written out, a type that stands for data, nothing behind it but at most one OPT
    /// record of version 0 whose options fill it exactly, and not an octet more.
    pub(crate) fn read(message: &[u8]) -> Option<Self> {
        Self::read_with(message, None)
    }

    /// As [`Self::read`]; clients ask for structured errors by the EDNS option `structured`.
    pub(crate) fn read_with(message: &[u8], structured: Option<u16>) -> Option<Self> {
        let (header, body) = message.split_first_chunk::<HEADER>()?;
        let [_, _, first, second, counts @ ..] = *header;
        if first & FORBIDDEN_FIRST != 0 || second & FORBIDDEN_SECOND != 0 {
            return None;
        }
        let has_opt = match counts {
            [0, 1, 0, 0, 0, 0, 0, 0] => false,
            [0, 1, 0, 0, 0, 0, 0, 1] => true,
            _ => return None,
        };
        let name = LowerName::read(body)?;
        let rest = body.get(usize::from(name.length)..)?;
        let (&[kind_high, kind_low, class_high, class_low], rest) = rest.split_first_chunk()?;
        let kind = u16::from_be_bytes([kind_high, kind_low]);
        if u16::from_be_bytes([class_high, class_low]) != CLASS_IN || !is_data(kind) {
            return None;
        }
        let edns = match (has_opt, rest) {
            (false, []) => None,
            (true, opt) => Some(ClientEdns::read(opt, structured)?),
            (false, _) => return None,
        };
        Some(Self {
            name,
            kind,
            recursion_desired: first & RECURSION_DESIRED != 0,
            checking_disabled: second & CHECKING_DISABLED != 0,
            authentic_data: second & AUTHENTIC_DATA != 0,
            edns,
            length: u16::try_from(message.len()).ok()?,
            most: u16::MAX,
            cookie: None,
        })
    }

    /// Where the question ends in the message, in octets from its start.
    pub(crate) fn question_end(&self) -> usize {
        HEADER + usize::from(self.name.length) + 4
    }

    /// Whether the client wants DNSSEC records (RFC 3225).
    pub(crate) fn dnssec_ok(&self) -> bool {
        self.edns.is_some_and(|edns| edns.dnssec_ok)
    }

    /// Whether the client may be told that data was validated (RFC 6840 §5.8).
    pub(crate) fn wants_authentic(&self) -> bool {
        self.authentic_data || self.dnssec_ok()
    }

    /// What fits into one datagram for this client, in octets; `most` is this node's own bound.
    pub(crate) fn udp_limit(&self, most: u16) -> usize {
        let offered = self.edns.map_or(PLAIN_UDP, |edns| edns.payload);
        let limit = offered.clamp(PLAIN_UDP, most.max(PLAIN_UDP));
        usize::from(limit.min(self.most))
    }
}

/// Types that stand for data. The others (0, OPT, NXNAME, 249 to 255: TKEY, TSIG, IXFR, AXFR,
/// MAILB, MAILA, ANY) have rules of their own, which the full path knows.
pub(crate) fn is_data(kind: u16) -> bool {
    !matches!(kind, 0 | TYPE_OPT | 128..=255)
}

impl ClientEdns {
    fn read(opt: &[u8], structured: Option<u16>) -> Option<Self> {
        let (fixed, mut options) = opt.split_first_chunk::<11>()?;
        let &[
            root,
            kind_high,
            kind_low,
            size_high,
            size_low,
            extended,
            version,
            flags_high,
            flags_low,
            length_high,
            length_low,
        ] = fixed;
        let kind = u16::from_be_bytes([kind_high, kind_low]);
        let length = u16::from_be_bytes([length_high, length_low]);
        if root != 0
            || kind != TYPE_OPT
            || extended != 0
            || version != 0
            || usize::from(length) != options.len()
        {
            return None;
        }
        let mut cookie = None;
        let mut asks_structured = false;
        while !options.is_empty() {
            let (&[code_high, code_low, length_high, length_low], rest) =
                options.split_first_chunk()?;
            let length = usize::from(u16::from_be_bytes([length_high, length_low]));
            let (data, rest) = rest.split_at_checked(length)?;
            let code = u16::from_be_bytes([code_high, code_low]);
            asks_structured |= structured == Some(code);
            if code == COOKIE_OPTION {
                // What is no cookie is an error that the full path answers (RFC 7873 §5.2.2).
                let another = cookie.replace(limits::Received::read(data)?);
                if another.is_some() {
                    return None;
                }
            }
            if code == OPTION_SUBNET && !is_subnet(data) {
                return None;
            }
            options = rest;
        }
        Some(Self {
            payload: u16::from_be_bytes([size_high, size_low]),
            dnssec_ok: u16::from_be_bytes([flags_high, flags_low]) & DNSSEC_OK != 0,
            structured: asks_structured,
            cookie,
        })
    }
}

/// Whether a client's subnet is one (RFC 7871 §6). It is read and not used; what is none is an error
/// that the full path answers.
fn is_subnet(data: &[u8]) -> bool {
    let Some((&[family_high, family, source, _], address)) = data.split_first_chunk() else {
        return false;
    };
    let longest = match (family_high, family) {
        (0, 1) => 32,
        (0, 2) => 128,
        _ => return false,
    };
    source <= longest && address.len() == usize::from(source.div_ceil(8))
}

#[cfg(test)]
mod tests {
    use hickory_proto::{
        op::{Edns, Message, Query as Question},
        rr::{Name, RecordType, rdata::opt::EdnsOption},
    };
    use proptest::prelude::*;

    use super::*;

    fn agrees(bytes: &[u8]) -> Result<(), TestCaseError> {
        crate::testing::reads_as_others_do(bytes).map_err(TestCaseError::fail)
    }

    fn message(
        host: &str,
        kind: u16,
        edns: Option<u16>,
        option: Option<(u16, Vec<u8>)>,
    ) -> Vec<u8> {
        let mut message = Message::query();
        message.metadata.recursion_desired = true;
        message.add_query(Question::query(
            Name::from_ascii(host).expect("a name"),
            RecordType::from(kind),
        ));
        if let Some(size) = edns {
            let mut edns = Edns::new();
            edns.set_max_payload(size);
            if let Some((code, data)) = option {
                edns.options_mut().insert(EdnsOption::Unknown(code, data));
            }
            message.set_edns(edns);
        }
        message.to_vec().expect("a message")
    }

    #[test]
    fn ordinary_queries_are_taken() {
        let bytes = message("WWW.ObMen.test.", 1, Some(4096), Some((10, vec![7; 8])));
        let query = Query::read(&bytes).unwrap();
        assert_eq!(query.name.as_wire(), b"\x03www\x05obmen\x04test\x00");
        assert_eq!((query.kind, query.recursion_desired), (1, true));
        assert_eq!(query.udp_limit(1232), 1232);
        assert_eq!(query.udp_limit(4096), 4096);
        let plain = Query::read(&message("a.test.", 65, None, None)).unwrap();
        assert_eq!((plain.udp_limit(1232), plain.edns), (512, None));
        assert!(Query::read(&message(".", 2, None, None)).is_some());
    }

    #[test]
    fn whatever_is_unusual_is_left_to_the_full_path() {
        let plain = message("obmen.test.", 1, None, None);
        let with = |change: &dyn Fn(&mut Vec<u8>)| {
            let mut bytes = plain.clone();
            change(&mut bytes);
            Query::read(&bytes).is_none()
        };
        assert!(!with(&|_| {}));
        for (octet, bit) in [
            (2, 7),
            (2, 6),
            (2, 3),
            (2, 2),
            (2, 1),
            (3, 7),
            (3, 6),
            (3, 0),
        ] {
            assert!(
                with(&|bytes| bytes[octet] |= 1 << bit),
                "octet {octet} bit {bit}"
            );
        }
        for count in [4, 6, 8, 10] {
            assert!(with(&|bytes| bytes[count] = 1), "count at {count}");
        }
        assert!(with(&|bytes| bytes.push(0)), "an octet more");
        assert!(
            with(&|bytes| bytes.truncate(bytes.len() - 1)),
            "an octet less"
        );
        assert!(with(&|bytes| *bytes.last_mut().unwrap() = 3), "class CHAOS");
        assert!(with(&|bytes| bytes[12] = 0xc0), "a compressed name");
        for kind in [0, 41, 128, 249, 250, 251, 252, 253, 254, 255] {
            assert!(
                Query::read(&message("obmen.test.", kind, None, None)).is_none(),
                "type {kind}"
            );
        }
        for cookie in [0, 7, 9, 15, 41] {
            let bytes = message("obmen.test.", 1, Some(1232), Some((10, vec![0; cookie])));
            assert!(Query::read(&bytes).is_none(), "a cookie of {cookie}");
        }
        for (subnet, is_taken) in [
            (&[0, 1, 24, 0, 192, 0, 2][..], true),
            (&[0, 1, 0, 0], true),
            (&[0, 2, 32, 0, 0x20, 1, 0xd, 0xb8], true),
            (&[0, 1, 33, 0, 192, 0, 2, 1, 1], false),
            (&[0, 1, 24, 0, 192, 0], false),
            (&[0, 1, 24, 0, 192, 0, 2, 1], false),
            (&[0, 3, 0, 0], false),
            (&[0, 1], false),
        ] {
            let bytes = message("obmen.test.", 1, Some(1232), Some((8, subnet.to_vec())));
            assert_eq!(Query::read(&bytes).is_some(), is_taken, "{subnet:?}");
        }
        let longest = |last: usize| {
            let labels = [63, 63, 63, last]
                .map(|length| "a".repeat(length))
                .join(".");
            [&plain[..12], &wire(&labels), &[0, 1, 0, 1]].concat()
        };
        assert!(Query::read(&longest(61)).is_some());
        assert!(Query::read(&longest(62)).is_none());
    }

    fn wire(name: &str) -> Vec<u8> {
        let mut octets = Vec::new();
        for label in name.split('.') {
            octets.push(label.len() as u8);
            octets.extend_from_slice(label.as_bytes());
        }
        octets.push(0);
        octets
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(4096))]

        #[test]
        fn any_octets_are_read_as_others_read_them(bytes in proptest::collection::vec(any::<u8>(), 0..300)) {
            agrees(&bytes)?;
        }

        #[test]
        fn any_damage_is_read_as_others_read_it(
            host in prop_oneof![Just("obmen.test."), Just("a.b.OBMEN.test."), Just(".")],
            kind in any::<u16>(),
            edns in proptest::option::of(any::<u16>()),
            option in proptest::option::of((prop_oneof![Just(10u16), Just(3), Just(8), any::<u16>()], proptest::collection::vec(any::<u8>(), 0..42))),
            damage in proptest::collection::vec((any::<proptest::sample::Index>(), any::<u8>()), 0..3),
        ) {
            let mut bytes = message(host, kind, edns, option);
            for (at, octet) in damage {
                let at = at.index(bytes.len());
                bytes[at] = octet;
            }
            agrees(&bytes)?;
        }
    }
}
