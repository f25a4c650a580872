//! Upstreams over TLS, and who is taken for one.

use std::{path::PathBuf, sync::Arc};

use base64::Engine as _;
use hickory_proto::{op::ResponseCode, rr::RecordType};
use resolver::{Node, Tls, Transport, Upstream};
use rustls::{
    ServerConfig,
    pki_types::{PrivateKeyDer, PrivatePkcs8KeyDer},
};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpListener,
    sync::mpsc,
};
use tokio_rustls::TlsAcceptor;

use crate::support::{FakeUpstream, LOOPBACK, address, config, ede, query, reply, udp};

/// A certificate with its authority in a file.
struct Vouched {
    authority: tempfile::NamedTempFile,
    config: Arc<ServerConfig>,
}

fn vouched(name: &str) -> Vouched {
    let key = rcgen::KeyPair::generate().unwrap();
    let mut parameters = rcgen::CertificateParams::new(Vec::new()).unwrap();
    parameters.is_ca = rcgen::IsCa::Ca(rcgen::BasicConstraints::Unconstrained);
    let issuer = rcgen::CertifiedIssuer::self_signed(parameters, key).unwrap();
    let authority = tempfile::NamedTempFile::new().unwrap();
    let octets = base64::engine::general_purpose::STANDARD.encode(issuer.der());
    let pem = format!("-----BEGIN CERTIFICATE-----\n{octets}\n-----END CERTIFICATE-----\n");
    std::fs::write(authority.path(), pem).unwrap();
    let key = rcgen::KeyPair::generate().unwrap();
    let certificate = rcgen::CertificateParams::new(vec![name.to_owned()])
        .unwrap()
        .signed_by(&key, &issuer)
        .unwrap();
    let key = PrivateKeyDer::Pkcs8(PrivatePkcs8KeyDer::from(key.serialize_der()));
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(vec![certificate.der().clone()], key)
        .unwrap();
    Vouched {
        authority,
        config: Arc::new(config),
    }
}

/// An upstream over TLS that answers pairs of queries in the wrong order; tells of each connection
/// that came about.
async fn serve(config: Arc<ServerConfig>) -> (std::net::SocketAddr, mpsc::UnboundedReceiver<()>) {
    let listener = TcpListener::bind(LOOPBACK).await.unwrap();
    let place = listener.local_addr().unwrap();
    let (connected, connections) = mpsc::unbounded_channel();
    tokio::spawn(async move {
        let acceptor = TlsAcceptor::from(config);
        while let Ok((tcp, _)) = listener.accept().await {
            let (acceptor, connected) = (acceptor.clone(), connected.clone());
            tokio::spawn(async move {
                let Ok(mut stream) = acceptor.accept(tcp).await else {
                    return;
                };
                let _ = connected.send(());
                let mut held = None;
                loop {
                    let Ok(length) = stream.read_u16().await else {
                        return;
                    };
                    let mut bytes = vec![0; usize::from(length)];
                    stream.read_exact(&mut bytes).await.unwrap();
                    let query = hickory_proto::op::Message::from_vec(&bytes).unwrap();
                    let mut answer = reply(&query);
                    let host = query.queries[0].name().to_ascii();
                    answer.add_answer(address(&host, 7));
                    let bytes = answer.to_vec().unwrap();
                    let framed = [&(bytes.len() as u16).to_be_bytes(), &bytes[..]].concat();
                    if host.to_ascii_lowercase().starts_with("held") {
                        held = Some(framed);
                        continue;
                    }
                    stream.write_all(&framed).await.unwrap();
                    if let Some(held) = held.take() {
                        stream.write_all(&held).await.unwrap();
                    }
                    stream.flush().await.unwrap();
                }
            });
        }
    });
    (place, connections)
}

fn upstream(address: std::net::SocketAddr, name: &str, authority: PathBuf) -> Upstream {
    Upstream {
        transport: Transport::Tls(Tls {
            name: name.into(),
            authorities: Some(authority),
        }),
        ..Upstream::udp(address)
    }
}

#[tokio::test]
async fn an_upstream_over_tls_answers_many_on_one_connection_in_any_order() {
    let vouched = vouched("dns.test");
    let (place, mut connections) = serve(vouched.config).await;
    let upstream = upstream(place, "dns.test", vouched.authority.path().into());
    let node = Node::open(config(&[upstream]))
        .unwrap()
        .start()
        .await
        .unwrap();
    let server = node.addresses()[0];
    let first = udp(server, &query("first.test.", RecordType::A)).await;
    assert_eq!(first.answers, [address("first.test.", 7)]);
    let held = tokio::spawn(async move { udp(server, &query("held.test.", RecordType::A)).await });
    // Whichever comes first, the held one is answered behind another. What is remembered is not asked
    // for, so each time it is another.
    let mut number = 0;
    while !held.is_finished() {
        number += 1;
        let host = format!("later{number}.test.");
        let later = udp(server, &query(&host, RecordType::A)).await;
        assert_eq!(later.answers, [address(&host, 7)]);
    }
    assert_eq!(held.await.unwrap().answers, [address("held.test.", 7)]);
    assert!(connections.try_recv().is_ok());
    assert!(connections.try_recv().is_err(), "one connection");
}

#[tokio::test]
async fn an_upstream_that_does_not_prove_its_name_is_asked_nothing_and_never_in_the_open() {
    // It answers over UDP and TCP, too, and would be glad to.
    let open = FakeUpstream::plain().await;
    let dns = vouched("dns.test");
    let stranger = vouched("dns.test");
    let (place, mut connections) = serve(dns.config.clone()).await;
    for (name, authority, at) in [
        ("other.test", dns.authority.path(), place),
        ("dns.test", stranger.authority.path(), place),
        ("dns.test", dns.authority.path(), open.address),
    ] {
        let upstream = upstream(at, name, authority.into());
        let node = Node::open(config(&[upstream]))
            .unwrap()
            .start()
            .await
            .unwrap();
        let answer = udp(node.addresses()[0], &query("free.test.", RecordType::A)).await;
        assert_eq!(answer.metadata.response_code, ResponseCode::ServFail);
        assert!([22, 23].contains(&ede(&answer)[0].0));
    }
    // Under TLS 1.3 a server has accepted before the client refuses: what counts is that no query came.
    while connections.try_recv().is_ok() {}
    assert_eq!(open.asked(), 0);
}

#[tokio::test]
async fn authorities_that_cannot_be_read_stop_the_start() {
    let empty = tempfile::NamedTempFile::new().unwrap();
    for path in [empty.path().into(), PathBuf::from("/nowhere/ca.pem")] {
        let upstream = upstream(LOOPBACK, "dns.test", path.clone());
        let started = Node::open(config(&[upstream])).unwrap().start().await;
        let Err(error) = started else {
            panic!("started");
        };
        assert!(
            error.to_string().contains(path.to_str().unwrap()),
            "{error}"
        );
    }
}
