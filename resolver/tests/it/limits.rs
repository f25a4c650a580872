//! What one client network may take, seen from the networks beside it. Loopback is exempt unless a
//! test says otherwise, and each address counts as a network of its own here.

use std::net::SocketAddr;

use hickory_proto::{
    op::{Message, ResponseCode},
    rr::RecordType,
};
use resolver::{ClientLimits, Node, ResolverConfig, Running, access::AccessList};
use tokio::{
    io::AsyncWriteExt as _,
    net::{TcpSocket, TcpStream, UdpSocket},
    time::timeout,
};

use crate::support::{FakeUpstream, LONG, config, ede, query, tcp, tcp_receive, tcp_send, udp};

pub const GREEDY: &str = "127.0.0.66:0";

/// Nobody is exempt, and addresses are networks.
pub fn clients() -> ClientLimits {
    ClientLimits {
        exempt: AccessList::new(vec![]),
        network_v4: 32,
        network_v6: 128,
        ..ClientLimits::default()
    }
}

pub async fn start(config: ResolverConfig) -> Running {
    Node::open(config).unwrap().start().await.unwrap()
}

/// A socket that asks from this address.
pub async fn asker(from: &str, server: SocketAddr) -> UdpSocket {
    let socket = UdpSocket::bind(from).await.unwrap();
    socket.connect(server).await.unwrap();
    socket
}

/// What comes back of many equal queries that are sent one after the other, and of one by another
/// client behind them: whatever was going to come has come by then.
async fn flood(server: SocketAddr, asked: &Message, times: usize) -> Vec<Message> {
    let greedy = asker(GREEDY, server).await;
    let octets = asked.to_vec().unwrap();
    let mut came = vec![];
    let mut buffer = vec![0; 4096];
    for sent in 1..=times {
        greedy.send(&octets).await.unwrap();
        // So few at once that no socket buffer overflows.
        if sent % 50 == 0 {
            udp(server, &query("plain.test.", RecordType::A)).await;
            while let Ok(length) = greedy.try_recv(&mut buffer) {
                came.push(Message::from_vec(&buffer[..length]).unwrap());
            }
        }
    }
    came
}

/// One worker, so that what was sent first is worked on first.
fn one_worker(upstream: &FakeUpstream, clients: ClientLimits) -> ResolverConfig {
    let mut config = config(&[upstream.upstream()]);
    config.limits.workers = 1;
    config.clients = clients;
    config
}

#[tokio::test]
async fn beyond_its_rate_a_network_is_cut_or_dropped_and_others_are_not() {
    let upstream = FakeUpstream::plain().await;
    // A rate so low that the time the test takes is worth nothing.
    let limited = ClientLimits {
        rate_v4: 1,
        exempt: AccessList::new(vec!["127.0.0.1/32".parse().unwrap()]),
        ..clients()
    };
    let node = start(one_worker(&upstream, limited)).await;
    let server = node.addresses()[0];
    let asked = query("plain.test.", RecordType::A);
    assert_eq!(
        udp(server, &asked).await.answers.len(),
        1,
        "it is remembered now"
    );

    let came = flood(server, &asked, 1000).await;
    let whole = came.iter().filter(|answer| !answer.metadata.truncation);
    let whole = whole.count();
    assert!((1..100).contains(&whole), "{whole} whole answers");
    let cut: Vec<_> = came
        .iter()
        .filter(|answer| answer.metadata.truncation)
        .collect();
    assert!((300..700).contains(&cut.len()), "{} of 1000", cut.len());
    for answer in cut {
        assert_eq!(answer.metadata.response_code, ResponseCode::NoError);
        assert!(answer.answers.is_empty() && answer.edns.is_some());
    }
    // Over TCP it is served as ever.
    let socket = TcpSocket::new_v4().unwrap();
    socket.bind(GREEDY.parse().unwrap()).unwrap();
    let mut stream = socket.connect(server).await.unwrap();
    tcp_send(&mut stream, &asked).await;
    let answer = tcp_receive(&mut stream).await.unwrap();
    assert_eq!(answer.answers.len(), 1);

    let metrics = (node.metrics())();
    let counted = |result: &str| {
        let line = format!("qalqan_dns_queries_total{{transport=\"udp\",result=\"{result}\"}} ");
        let rest = metrics.lines().find_map(|found| found.strip_prefix(&line));
        rest.unwrap().parse::<usize>().unwrap()
    };
    assert!(counted("slipped") > 200 && counted("limited") > 200);
    assert!(
        !metrics.contains("127.0.0.66"),
        "no client stands in metrics"
    );
}

#[tokio::test]
async fn unusual_queries_count_like_others() {
    let upstream = FakeUpstream::plain().await;
    let limited = ClientLimits {
        rate_v4: 1,
        slip: 1,
        ..clients()
    };
    let node = start(one_worker(&upstream, limited)).await;
    let server = node.addresses()[0];
    let greedy = asker(GREEDY, server).await;
    let asked = query("plain.test.", RecordType::ANY);
    let mut buffer = vec![0; 4096];
    let mut cut = 0;
    for _ in 0..300 {
        greedy.send(&asked.to_vec().unwrap()).await.unwrap();
        let length = timeout(LONG, greedy.recv(&mut buffer))
            .await
            .unwrap()
            .unwrap();
        let answer = Message::from_vec(&buffer[..length]).unwrap();
        assert_ne!(answer.metadata.truncation, !answer.answers.is_empty());
        cut += usize::from(answer.metadata.truncation);
    }
    assert!(cut > 100, "{cut}");
}

#[tokio::test]
async fn exempt_networks_have_no_rate() {
    let upstream = FakeUpstream::plain().await;
    let limited = ClientLimits {
        rate_v4: 1,
        exempt: AccessList::new(vec!["127.0.0.66/32".parse().unwrap()]),
        ..clients()
    };
    let mut config = one_worker(&upstream, limited);
    config.clients.slip = 1;
    let node = start(config).await;
    let server = node.addresses()[0];
    let asked = query("plain.test.", RecordType::A);
    let greedy = asker(GREEDY, server).await;
    let mut buffer = vec![0; 4096];
    for _ in 0..50 {
        greedy.send(&asked.to_vec().unwrap()).await.unwrap();
        let length = timeout(LONG, greedy.recv(&mut buffer))
            .await
            .unwrap()
            .unwrap();
        let answer = Message::from_vec(&buffer[..length]).unwrap();
        assert!(!answer.metadata.truncation);
    }
}

#[tokio::test]
async fn one_network_cannot_hold_all_that_waits() {
    let upstream = FakeUpstream::start(|asked, _| {
        let host = asked.queries[0].name().to_ascii().to_lowercase();
        if host.ends_with("dead.test.") {
            return None;
        }
        let mut answer = crate::support::reply(asked);
        answer.add_answer(crate::support::address(&host, 1));
        Some(answer)
    })
    .await;
    let few = ClientLimits {
        questions: 8,
        ..clients()
    };
    let mut config = one_worker(&upstream, few);
    config.limits.in_flight = 12;
    let node = start(config).await;
    let server = node.addresses()[0];
    let greedy = asker(GREEDY, server).await;
    for number in 0..40 {
        let asked = query(&format!("n{number}.dead.test."), RecordType::A);
        greedy.send(&asked.to_vec().unwrap()).await.unwrap();
    }
    // All but eight are turned away at once, in words.
    let mut buffer = vec![0; 4096];
    for _ in 0..32 {
        let length = timeout(LONG, greedy.recv(&mut buffer))
            .await
            .unwrap()
            .unwrap();
        let answer = Message::from_vec(&buffer[..length]).unwrap();
        assert_eq!(answer.metadata.response_code, ResponseCode::ServFail);
        assert_eq!(ede(&answer)[0].0, 23);
    }
    // And somebody else is served meanwhile.
    let answer = udp(server, &query("free.test.", RecordType::A)).await;
    assert_eq!(answer.answers.len(), 1);
    let over_tcp = tcp(server, &query("other.test.", RecordType::A)).await;
    assert_eq!(over_tcp.answers.len(), 1);
}

#[tokio::test]
async fn one_network_cannot_hold_all_connections() {
    let upstream = FakeUpstream::plain().await;
    let mut config = config(&[upstream.upstream()]);
    config.limits.tcp_connections = 5;
    config.limits.tcp_idle = LONG * 2;
    config.clients = ClientLimits {
        tcp_connections: 3,
        ..clients()
    };
    let node = start(config).await;
    let server = node.addresses()[0];
    let asked = query("free.test.", RecordType::A);
    let connect = async || {
        let socket = TcpSocket::new_v4().unwrap();
        socket.bind(GREEDY.parse().unwrap()).unwrap();
        socket.connect(server).await.unwrap()
    };
    let mut held: Vec<TcpStream> = vec![];
    for _ in 0..3 {
        let mut stream = connect().await;
        tcp_send(&mut stream, &asked).await;
        assert!(tcp_receive(&mut stream).await.is_some());
        held.push(stream);
    }
    for _ in 0..5 {
        let mut fourth = connect().await;
        assert!(tcp_receive(&mut fourth).await.is_none(), "closed at once");
    }
    assert_eq!(tcp(server, &asked).await.answers.len(), 1);
    // A place comes free with its connection.
    drop(held.pop());
    let served = async {
        loop {
            // The server may have closed it before anything is sent.
            let mut stream = connect().await;
            let octets = asked.to_vec().unwrap();
            let length = octets.len() as u16;
            let _ = stream.write_u16(length).await;
            let _ = stream.write_all(&octets).await;
            if tcp_receive(&mut stream).await.is_some() {
                return;
            }
        }
    };
    timeout(LONG, served).await.expect("a place");
}
