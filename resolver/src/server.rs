//! Serving the sockets of a node: workers read UDP and answer what they can, the full path answers
//! what they hand over, and TCP connections do both by themselves.
//!
//! The listeners are ours rather than hickory-server's: its UDP path starts a task per packet
//! without a bound and logs each client's address, and its TCP path neither limits connections nor
//! works on more than one query of a connection at a time. Requests of the full path are parsed by it
//! and answered through the same [`RequestHandler`](hickory_server::server::RequestHandler).

use std::{net::SocketAddr, sync::Arc};

use hickory_net::xfer::Protocol;
use hickory_proto::{
    op::{Header, MessageType, Metadata, ResponseCode},
    serialize::binary::{BinDecodable, BinDecoder},
};
use hickory_server::server::Request;
use tokio::sync::mpsc;
use tokio_util::{sync::CancellationToken, task::TaskTracker};

use crate::{
    answer::{self, Answer},
    config::Limits,
    error::StartError,
    fast::{
        Fast,
        counters::Counters,
        worker::{self, Datagram, Worker},
    },
    handler::{Decision, Place, Resolve},
    policy::PolicyCell,
    sockets::Bound,
    stream,
    upstream::UpstreamsCell,
};

/// Datagrams that wait for the full path; workers drop what is over it.
const WAITING: usize = 1024;

/// What serving takes.
pub(crate) struct Serve {
    pub(crate) fast: Arc<Fast>,
    pub(crate) policy: Arc<PolicyCell>,
    pub(crate) upstreams: UpstreamsCell,
    pub(crate) resolve: Arc<Resolve>,
    /// What connections count.
    pub(crate) tcp: Arc<Counters>,
    pub(crate) limits: Limits,
    pub(crate) stop: CancellationToken,
    /// Work in hand is finished by tasks of it.
    pub(crate) tracker: TaskTracker,
}

impl Serve {
    /// Serves until told to stop. Gives what each worker counts.
    pub(crate) fn start(self, bound: Vec<Bound>) -> Result<Vec<Arc<Counters>>, StartError> {
        let (full, waiting) = mpsc::channel(WAITING);
        let cores = worker::cores();
        let mut counters = Vec::new();
        for Bound { udp, tcp, address } in bound {
            // Cores are given out only when there is one for each; otherwise the kernel knows better.
            let pinned = udp.len() > 1 && udp.len() <= cores.len();
            for (number, socket) in udp.into_iter().enumerate() {
                let counted = Arc::<Counters>::default();
                counters.push(counted.clone());
                let worker = Worker {
                    socket,
                    fast: self.fast.clone(),
                    policy: self.policy.clone(),
                    upstreams: self.upstreams.clone(),
                    full: full.clone(),
                    counters: counted,
                    stop: self.stop.clone(),
                };
                let core = cores.get(number).copied().filter(|_| pinned);
                worker
                    .start(number, core, self.tracker.token())
                    .map_err(|source| StartError::Bind { address, source })?;
            }
            let listener = stream::Listener::new(stream::Answers {
                fast: self.fast.clone(),
                policy: self.policy.clone(),
                upstreams: self.upstreams.clone(),
                resolve: self.resolve.clone(),
                counters: self.tcp.clone(),
                limits: self.limits.clone(),
                stop: self.stop.clone(),
            });
            self.tracker.spawn(listener.run(tcp, self.tracker.clone()));
        }
        self.tracker
            .spawn(answer_handed(waiting, self.resolve, self.tracker.clone()));
        Ok(counters)
    }
}

/// Answers what workers hand over, until the last of them has ended.
async fn answer_handed(
    mut waiting: mpsc::Receiver<Datagram>,
    resolve: Arc<Resolve>,
    tracker: TaskTracker,
) {
    while let Some(datagram) = waiting.recv().await {
        let Some(client) = datagram.peer.client() else {
            continue;
        };
        let taken = match datagram.is_reduced {
            false => take(&resolve, &datagram.octets, client, Protocol::Udp),
            true => reduced(&resolve, &datagram.octets, client),
        };
        match taken {
            Taken::Nothing => {}
            Taken::Bytes(bytes) => datagram.answer(&bytes),
            Taken::Answer(request, answer) => datagram.answer(&answer.to_udp(&request)),
            Taken::Forward(request, place) => {
                let resolve = resolve.clone();
                tracker.spawn(async move {
                    let answer = resolve.forward(&request).await;
                    datagram.answer(&answer.to_udp(&request));
                    drop(place);
                });
            }
        }
    }
}

/// What becomes of a message of a client whose network asks too much.
fn reduced(resolve: &Resolve, bytes: &[u8], client: SocketAddr) -> Taken {
    match Request::from_bytes(bytes.to_vec(), client, Protocol::Udp) {
        Ok(request) => taken(resolve.reduced(&request), request),
        Err(_) => Taken::Nothing,
    }
}

/// What became of a message before any waiting.
pub(crate) enum Taken {
    /// Too short to answer, or no query.
    Nothing,
    /// Not readable past the header.
    Bytes(Vec<u8>),
    /// Answered.
    Answer(Box<Request>, Box<Answer>),
    /// To be forwarded.
    Forward(Box<Request>, Place),
}

/// Reads one message and decides about it. Any bytes at all are acceptable input.
pub(crate) fn take(
    resolve: &Resolve,
    bytes: &[u8],
    client: SocketAddr,
    protocol: Protocol,
) -> Taken {
    let Ok(request) = Request::from_bytes(bytes.to_vec(), client, protocol) else {
        return match Header::read(&mut BinDecoder::new(bytes)) {
            Ok(header) if header.metadata.message_type == MessageType::Query => {
                let metadata = Metadata::response_from_request(&header.metadata);
                Taken::Bytes(answer::bare(metadata, ResponseCode::FormErr))
            }
            _ => Taken::Nothing,
        };
    };
    taken(resolve.decide(&request), request)
}

fn taken(decision: Decision, request: Request) -> Taken {
    match decision {
        Decision::Answer(answer) => Taken::Answer(Box::new(request), answer),
        Decision::Forward(place) => Taken::Forward(Box::new(request), place),
        Decision::Silence => Taken::Nothing,
    }
}

#[cfg(test)]
mod tests {
    use std::sync::{Arc, LazyLock};

    use blocklist::{
        BlockSet, Scope,
        fold::{Action, Entry},
        testing,
    };
    use hickory_proto::{
        op::{Edns, Message, Query},
        rr::{
            Name, RecordType,
            rdata::opt::{EdnsCode, EdnsOption},
        },
    };
    use proptest::prelude::*;

    use super::*;
    use crate::{
        access::AccessList,
        answer::BlockPage,
        cache::{AnswerCache, CacheLimits},
        config::{BlockAction, ResolverConfig, UDP_PAYLOAD, Upstream},
        fast::{Clock, Step, Transport},
        forward::Forwarder,
        limits::{ClientLimits, Cookies, Guard, Received},
        policy::{Policy, PolicyCell},
        settings::Settings,
        structured::{Language, StructuredErrors},
        sys,
        upstream::Upstreams,
        wire,
    };

    /// Upstreams that nobody gets to ask.
    static NOBODY: LazyLock<UpstreamsCell> = LazyLock::new(|| {
        let upstream = Upstream::udp(([127, 0, 0, 1], 9).into());
        let config = ResolverConfig::new(vec![], vec![upstream]);
        let (stop, tracker) = (CancellationToken::new(), TaskTracker::new());
        let upstreams = Upstreams::start(&(&config).into(), &stop, &tracker).unwrap();
        Arc::new(arc_swap::ArcSwap::from_pointee(upstreams))
    });

    fn cookie(message: &Message) -> Option<&[u8]> {
        match message.edns.as_ref()?.options().get(EdnsCode::Cookie)? {
            EdnsOption::Unknown(_, data) => Some(data),
            _ => None,
        }
    }

    /// Both paths give a cookie at the same moment.
    fn cookies() -> Cookies {
        Cookies::fixed("e5e973e5a6b2a43f48e7dc849e37bfcf", || 1_559_731_985)
    }

    fn resolve() -> Resolve {
        resolve_for(AccessList::default(), &ClientLimits::default())
    }

    fn resolve_for(access: AccessList, clients: &ClientLimits) -> Resolve {
        let entry = Entry {
            name: testing::name("obmen.test"),
            scope: Scope::Subtree,
            action: Action::Block,
            listing_id: blocklist::ListingId::new(2026, 1).unwrap(),
        };
        let set = Arc::new(BlockSet::new(&[entry]).unwrap());
        let trust = testing::TestLog::new(true).trust;
        let settings = Settings {
            access,
            page: BlockPage::new(BlockAction::NxDomain, Some(&trust))
                .with_structured(Some(&structured())),
            ..Settings::default()
        };
        let policy = Policy::new(set, "rpz.qalqan.test.", 1, true).with_settings(settings);
        let fast = Fast {
            cache: AnswerCache::new(1 << 16),
            limits: CacheLimits::default(),
            clock: Clock::start(),
            guard: Guard::with(clients, cookies()),
        };
        Resolve::new(
            Arc::new(fast),
            Arc::new(PolicyCell::new(policy)),
            Forwarder::new(NOBODY.clone()),
            4,
        )
    }

    /// Longer than fits into the smallest datagrams, so that all of it is tried.
    fn structured() -> StructuredErrors {
        let contacts = (0..4).map(|n| format!("mailto:{}@isp{n}.test", "a".repeat(90)));
        let name = Some("ISP".to_owned());
        StructuredErrors::new(STRUCTURED, contacts.collect(), name, Language::Kk).unwrap()
    }

    /// One for all cases: making it takes longer than asking it.
    static RESOLVE: LazyLock<Resolve> = LazyLock::new(resolve);

    /// Anybody may ask, and answers are hardly longer than queries.
    static NARROW: LazyLock<Resolve> = LazyLock::new(|| {
        let everybody = AccessList::new(vec!["0.0.0.0/0".parse().unwrap()]);
        let clients = ClientLimits {
            exempt: AccessList::new(vec![]),
            rate_v4: 0,
            multiple: 2,
            ..ClientLimits::default()
        };
        resolve_for(everybody, &clients)
    });

    /// Whether `name` is `obmen.test` or below it, label by label: one long label that happens to end
    /// in those octets is another name.
    fn is_listed(name: &[u8]) -> bool {
        let mut rest = name;
        while let Some((&length, after)) = rest.split_first() {
            if rest == b"\x05obmen\x04test\x00" {
                return true;
            }
            rest = after.get(usize::from(length)..).unwrap_or_default();
        }
        false
    }

    /// What a worker answers from the wire is what the full path answers.
    fn check_fast(
        resolve: &Resolve,
        bytes: &[u8],
        client: SocketAddr,
    ) -> Result<(), TestCaseError> {
        let mut buffer = [0; sys::BUFFER];
        let length = bytes.len().min(buffer.len());
        buffer[..length].copy_from_slice(&bytes[..length]);
        let policy = resolve.policy().load();
        let fast = resolve.fast();
        let now = fast.clock.moment();
        let udp = Transport::Udp;
        let step = fast.answer(&mut buffer, length, client.ip(), udp, &policy, now);
        let Step::Answer(length, _) = step else {
            return Ok(());
        };
        let Taken::Answer(request, answer) = take(resolve, bytes, client, Protocol::Udp) else {
            return Err(TestCaseError::fail("the full path does not answer it"));
        };
        let mut full = Message::from_vec(&answer.to_udp(&request)).expect("an answer");
        // hickory's transports take the client's limit from where we say what we take.
        if let Some(edns) = &mut full.edns {
            edns.set_max_payload(UDP_PAYLOAD);
        }
        let fast = Message::from_vec(&buffer[..length]).expect("an answer");
        prop_assert_eq!(fast, full);
        Ok(())
    }

    /// What a client would get for these octets, checked for what holds of every answer.
    fn check(resolve: &Resolve, bytes: &[u8]) -> Result<(), TestCaseError> {
        let client = ([127, 0, 0, 1], 5353).into();
        check_fast(resolve, bytes, client)?;
        check_fast(resolve, bytes, ([192, 0, 2, 1], 5353).into())?;
        check_fast(&NARROW, bytes, ([192, 0, 2, 1], 5353).into())?;
        let answers = match take(resolve, bytes, client, Protocol::Udp) {
            Taken::Nothing => vec![],
            Taken::Bytes(bytes) => vec![bytes],
            Taken::Answer(request, answer) => {
                let datagram = answer.to_udp(&request);
                prop_assert!(datagram.len() <= usize::from(request.max_payload().min(UDP_PAYLOAD)));
                vec![datagram, answer.to_tcp(&request)]
            }
            Taken::Forward(request, _place) => {
                let query = request.queries.queries().first().unwrap();
                let name = wire::lower(query.original().name());
                prop_assert!(!is_listed(&name), "a listed name is forwarded");
                // Another reader of the same octets sees the same name.
                let other = domain::base::Message::from_slice(bytes).unwrap();
                let mut seen = Vec::new();
                let question = other.sole_question().unwrap();
                domain::base::ToName::compose_canonical(question.qname(), &mut seen).unwrap();
                prop_assert_eq!(seen, name);
                vec![]
            }
        };
        let asked = Message::from_vec(bytes).ok();
        let own = asked.as_ref().and_then(cookie);
        let own = own.filter(|cookie| Received::read(cookie).is_some());
        for answer in answers {
            if let (Some(own), Ok(answer)) = (own, Message::from_vec(&answer)) {
                let given = cookie(&answer).expect("a cookie for a cookie");
                prop_assert_eq!((&given[..8], given.len()), (&own[..8], 24));
            }
            prop_assert_eq!(answer.get(..2), bytes.get(..2), "the id");
            prop_assert!(answer[2] & 0x80 != 0, "a response");
            prop_assert!(answer[2] & 0x04 == 0, "never authoritative");
            prop_assert!(answer[3] & 0x20 == 0, "never authentic");
            prop_assert!(domain::base::Message::from_slice(&answer).is_ok());
            prop_assert!(Message::from_vec(&answer).is_ok(), "{:02x?}", answer);
        }
        Ok(())
    }

    /// An option for experiments (RFC 6891 §9).
    const STRUCTURED: u16 = 65_001;

    fn query(
        host: &str,
        kind: u16,
        edns: Option<u16>,
        structured: bool,
        cookie: Option<Vec<u8>>,
    ) -> Vec<u8> {
        let mut message = Message::query();
        message.add_query(Query::query(
            Name::from_ascii(host).unwrap(),
            RecordType::from(kind),
        ));
        if let Some(size) = edns {
            let mut edns = Edns::new();
            edns.set_max_payload(size);
            if structured {
                edns.options_mut()
                    .insert(EdnsOption::Unknown(STRUCTURED, vec![]));
            }
            if let Some(cookie) = cookie {
                edns.options_mut().insert(EdnsOption::Unknown(10, cookie));
            }
            message.set_edns(edns);
        }
        message.to_vec().unwrap()
    }

    /// A cookie of any length, or one that was given to a client.
    fn some_cookie() -> impl Strategy<Value = Option<Vec<u8>>> {
        let given = (any::<[u8; 8]>(), any::<bool>()).prop_map(|(own, is_local)| {
            let client = if is_local {
                [127, 0, 0, 1]
            } else {
                [192, 0, 2, 1]
            };
            let received = Received::read(&own).unwrap();
            cookies().check(&received, client.into()).option[4..].to_vec()
        });
        prop_oneof![
            Just(None),
            proptest::collection::vec(any::<u8>(), 0..42).prop_map(Some),
            given.prop_map(Some),
        ]
    }

    #[test]
    fn a_label_that_holds_the_octets_of_a_listed_name_is_another_name() {
        let listed = b"\x01a\x01b\x05obmen\x04test\x00";
        let one_label = b"\x0ea\x01b\x05obmen\x04test\x00";
        assert!(is_listed(listed) && !is_listed(one_label));
        let policy = resolve();
        let asked = |name: &[u8]| {
            let header = [0, 1, 1, 0, 0, 1, 0, 0, 0, 0, 0, 0];
            let bytes = [&header[..], name, &[0, 1, 0, 1]].concat();
            take(
                &policy,
                &bytes,
                ([127, 0, 0, 1], 5353).into(),
                Protocol::Udp,
            )
        };
        assert!(matches!(asked(listed), Taken::Answer(..)));
        assert!(matches!(asked(one_label), Taken::Forward(..)));
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(4096))]

        #[test]
        fn any_octets_are_answered_well_or_not_at_all(bytes in proptest::collection::vec(any::<u8>(), 0..600)) {
            check(&RESOLVE, &bytes)?;
        }

        #[test]
        fn any_damage_to_a_query_is_answered_well_or_not_at_all(
            host in prop_oneof![Just("obmen.test."), Just("a.b.OBMEN.test."), Just("free.test."), Just(".")],
            kind in any::<u16>(),
            edns in proptest::option::of(prop_oneof![any::<u16>(), 500..1300u16]),
            structured in any::<bool>(),
            cookie in some_cookie(),
            damage in proptest::collection::vec((any::<proptest::sample::Index>(), any::<u8>()), 0..4),
            cut in proptest::option::of(any::<proptest::sample::Index>()),
        ) {
            let mut bytes = query(host, kind, edns, structured, cookie);
            for (at, octet) in damage {
                let at = at.index(bytes.len());
                bytes[at] = octet;
            }
            if let Some(cut) = cut {
                bytes.truncate(cut.index(bytes.len()));
            }
            check(&RESOLVE, &bytes)?;
        }
    }

    /// The encrypted transports of hickory-server will run the same handler.
    #[tokio::test]
    async fn hickorys_own_server_gives_the_same_answer() {
        let socket = tokio::net::UdpSocket::bind("127.0.0.1:0").await.unwrap();
        let address = socket.local_addr().unwrap();
        let mut server = hickory_server::Server::new(resolve());
        server.register_socket(socket);
        let client = tokio::net::UdpSocket::bind("127.0.0.1:0").await.unwrap();
        client.connect(address).await.unwrap();
        let bytes = query("www.obmen.test.", 1, Some(4096), true, None);
        client.send(&bytes).await.unwrap();
        let mut buffer = vec![0; 4096];
        let length = client.recv(&mut buffer).await.unwrap();
        let Taken::Answer(request, answer) = take(&resolve(), &bytes, address, Protocol::Udp)
        else {
            panic!("an answer");
        };
        let read = |octets: &[u8]| Message::from_vec(octets).unwrap();
        assert_eq!(read(&buffer[..length]), read(&answer.to_udp(&request)));
        server.shutdown_gracefully().await.unwrap();
    }
}
