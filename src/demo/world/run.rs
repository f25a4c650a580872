//! Starts the demo world and hands out what others need to meet it.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use blocklist::guard::GuardList;
use time::OffsetDateTime;
use tokio::net::{TcpListener, UdpSocket};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use super::day::{move_date, move_dates};
use super::dns::{self, Zone};
use super::error::WorldError;
use super::http::{self, Hits};
use super::links;
use super::plan::{Action, Expectation, Script, Seed};
use super::site::World;

/// How often another port is tried before the last error is given back.
const PORT_TRIES: usize = 20;
/// How long `stop` waits for open connections.
const STOP_WITHIN: Duration = Duration::from_secs(2);

/// A licence register of the demo world, as `register::Snapshot::from_json` takes it.
#[derive(Debug, Clone)]
pub(crate) struct RegisterFile {
    /// File name below `data/demo/registers`.
    pub(crate) name: String,
    /// The JSON, its dates moved to the real day.
    pub(crate) json: Vec<u8>,
}

/// The demo world, listening.
#[derive(Debug)]
pub(crate) struct RunningWorld {
    world: World,
    http_port: u16,
    dns_addr: SocketAddr,
    seeds: Vec<Seed>,
    script: Script,
    registers: Vec<RegisterFile>,
    hits: Arc<Hits>,
    stop: CancellationToken,
    tasks: TaskTracker,
}

impl World {
    /// Starts every site (one loopback address each, one port for all) and the name server.
    ///
    /// `port_hint` is the HTTP port; 0 picks one that is free on every address. `now` is Unix
    /// seconds: register terms and order dates keep their distance to it, so the demo does not age.
    ///
    /// # Errors
    /// [`WorldError::Listen`] when an address cannot be taken (for port 0: after 20 ports).
    pub(crate) async fn start(self, port_hint: u16, now: i64) -> Result<RunningWorld, WorldError> {
        let (listeners, http_port) = listen_all(&self, port_hint).await?;
        let (udp, tcp) = listen_dns().await?;
        let dns_addr = udp.local_addr().map_err(|source| WorldError::Listen {
            address: loopback(0),
            source,
        })?;

        let (stop, tasks, hits) = (
            CancellationToken::new(),
            TaskTracker::new(),
            Arc::new(Hits::default()),
        );
        for (site, listener) in self.sites.iter().cloned().zip(listeners) {
            tasks.spawn(http::serve(
                site,
                listener,
                http_port,
                Arc::clone(&hits),
                stop.clone(),
            ));
        }
        let zone = Arc::new(Zone::new(self.names()));
        tasks.spawn(dns::serve_udp(Arc::clone(&zone), udp, stop.clone()));
        tasks.spawn(dns::serve_tcp(zone, tcp, stop.clone()));
        tasks.close();

        let days = OffsetDateTime::from_unix_timestamp(now).map_or(0, |t| {
            i64::from(t.date().to_julian_day() - self.day.to_julian_day())
        });
        let seeds = self.plan.seeds.iter().map(|seed| Seed {
            url: String::from_utf8_lossy(&links::with_bases(seed.url.as_bytes(), http_port))
                .into_owned(),
            source: seed.source.clone(),
        });
        let registers = self
            .files
            .below("registers/")
            .filter(|(name, _)| name.ends_with(".json"));
        let registers = registers.map(|(name, bytes)| RegisterFile {
            name: name.to_owned(),
            json: move_dates(&String::from_utf8_lossy(bytes), days).into_bytes(),
        });
        let mut script = self.plan.script.clone();
        for step in &mut script.steps {
            if let Action::List { order, .. } = &mut step.action {
                order.date = move_date(&order.date, days).unwrap_or_else(|| order.date.clone());
            }
        }
        Ok(RunningWorld {
            seeds: seeds.collect(),
            registers: registers.collect(),
            script,
            http_port,
            dns_addr,
            hits,
            stop,
            tasks,
            world: self,
        })
    }
}

impl RunningWorld {
    /// The name server: UDP and TCP on one loopback port.
    pub(crate) fn dns_addr(&self) -> SocketAddr {
        self.dns_addr
    }

    /// The port every site listens on.
    pub(crate) fn http_port(&self) -> u16 {
        self.http_port
    }

    #[cfg(test)]
    /// `http://HOST[:PORT]` of a name of the world, no final slash; `None` for other names.
    pub(crate) fn base(&self, host: &str) -> Option<String> {
        self.address(host)
            .map(|_| links::base(host, self.http_port))
    }

    #[cfg(test)]
    /// The loopback address of a name of the world, aliases included.
    pub(crate) fn address(&self, host: &str) -> Option<Ipv4Addr> {
        self.world
            .names()
            .find(|(name, _)| *name == host)
            .map(|(_, address)| address)
    }

    #[cfg(test)]
    /// Every name of the world with its address, aliases included.
    pub(crate) fn names(&self) -> impl Iterator<Item = (&str, Ipv4Addr)> {
        self.world.names()
    }

    /// Where the crawl begins, as absolute URLs.
    pub(crate) fn seeds(&self) -> &[Seed] {
        &self.seeds
    }

    /// What should happen to each site.
    pub(crate) fn expectations(&self) -> &[Expectation] {
        &self.world.plan.expectations
    }

    /// What the two officers do in `demo --once`.
    pub(crate) fn script(&self) -> &Script {
        &self.script
    }

    /// The licence registers of the world.
    pub(crate) fn register_snapshots(&self) -> &[RegisterFile] {
        &self.registers
    }

    /// The guarded names of the world.
    pub(crate) fn guards(&self) -> &[GuardList] {
        &self.world.plan.guards
    }

    /// The bytes of an order document named in the script.
    ///
    /// # Errors
    /// [`WorldError::Missing`] when the script does not name it rightly; checked when the world is read.
    pub(crate) fn document(&self, path: &str) -> Result<&[u8], WorldError> {
        self.world.files.bytes(path, "script.toml")
    }

    /// How often a site was asked for a path; `404` counts every path it does not have.
    pub(crate) fn hits(&self, host: &str, path: &str) -> u64 {
        self.hits.of(host, path)
    }

    /// Stops listening; open connections get two seconds.
    pub(crate) async fn stop(self) {
        self.stop.cancel();
        if tokio::time::timeout(STOP_WITHIN, self.tasks.wait())
            .await
            .is_err()
        {
            tracing::debug!("the demo world stopped with connections open");
        }
    }
}

impl Drop for RunningWorld {
    fn drop(&mut self) {
        self.stop.cancel();
    }
}

fn loopback(port: u16) -> SocketAddr {
    SocketAddr::new(IpAddr::V4(Ipv4Addr::LOCALHOST), port)
}

/// One listener per site, all on one port.
async fn listen_all(world: &World, hint: u16) -> Result<(Vec<TcpListener>, u16), WorldError> {
    let mut tries = if hint == 0 { PORT_TRIES } else { 1 };
    loop {
        tries -= 1;
        match listen_on_one_port(world, hint).await {
            Err(_) if tries > 0 => {}
            done => return done,
        }
    }
}

async fn listen_on_one_port(
    world: &World,
    hint: u16,
) -> Result<(Vec<TcpListener>, u16), WorldError> {
    let (mut listeners, mut port) = (Vec::with_capacity(world.sites.len()), hint);
    for site in &world.sites {
        let address = SocketAddr::from((site.address, port));
        let fault = |source| WorldError::Listen { address, source };
        let listener = TcpListener::bind(address).await.map_err(fault)?;
        port = listener.local_addr().map_err(fault)?.port();
        listeners.push(listener);
    }
    Ok((listeners, port))
}

/// UDP and TCP on the same free port of 127.0.0.1.
async fn listen_dns() -> Result<(UdpSocket, TcpListener), WorldError> {
    let mut tries = PORT_TRIES;
    loop {
        tries -= 1;
        let fault = |address| move |source| WorldError::Listen { address, source };
        let udp = UdpSocket::bind(loopback(0))
            .await
            .map_err(fault(loopback(0)))?;
        let address = udp.local_addr().map_err(fault(loopback(0)))?;
        match TcpListener::bind(address).await {
            Ok(tcp) => return Ok((udp, tcp)),
            Err(source) if tries == 0 => return Err(WorldError::Listen { address, source }),
            Err(_) => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::day::parse_date;
    use hickory_proto::op::{Message, Query, ResponseCode};
    use hickory_proto::rr::{Name, RData, RecordType};
    use time::Date;
    use tokio::io::{AsyncReadExt, AsyncWriteExt};

    use super::*;

    const NOW: i64 = 1_795_305_600; // 2026-11-22

    async fn world() -> RunningWorld {
        World::embedded().unwrap().start(0, NOW).await.unwrap()
    }

    #[tokio::test]
    async fn a_page_is_fetched_from_its_own_address() {
        let _ = rustls::crypto::ring::default_provider().install_default();
        let world = world().await;
        let (host, address) = world.names().next().unwrap();
        let client = reqwest::Client::builder()
            .no_proxy()
            .redirect(reqwest::redirect::Policy::none())
            .resolve(host, SocketAddr::from((address, world.http_port())))
            .resolve(
                &format!("www.{host}"),
                SocketAddr::from((address, world.http_port())),
            )
            .build()
            .unwrap();
        let base = world.base(host).unwrap();
        let home = client.get(format!("{base}/")).send().await.unwrap();
        assert_eq!(home.status(), 200);
        assert_eq!(home.headers()["content-type"], "text/html; charset=utf-8");
        let text = home.text().await.unwrap();
        assert!(
            text.contains(&base) && !text.contains("{{base:"),
            "bases are absolute"
        );
        assert_eq!(
            client
                .get(format!("{base}/no-such-page"))
                .send()
                .await
                .unwrap()
                .status(),
            404
        );
        assert_eq!(
            client
                .post(format!("{base}/"))
                .send()
                .await
                .unwrap()
                .status(),
            405
        );
        let www = client
            .get(format!("http://www.{host}:{}/kk/?a=b", world.http_port()))
            .send()
            .await
            .unwrap();
        assert_eq!(
            www.headers()["location"].to_str().unwrap(),
            format!("{base}/kk/?a=b")
        );
        assert_eq!((world.hits(host, "/"), world.hits(host, "404")), (1, 1));
        drop(client);
        world.stop().await;
    }

    #[tokio::test]
    async fn names_are_answered_over_udp_and_tcp() {
        let world = world().await;
        let (host, address) = world.names().next().unwrap();
        let mut query = Message::query();
        query.add_query(Query::query(
            Name::from_ascii(format!("{host}.")).unwrap(),
            RecordType::A,
        ));
        let bytes = query.to_vec().unwrap();

        let socket = UdpSocket::bind(loopback(0)).await.unwrap();
        socket.send_to(&bytes, world.dns_addr()).await.unwrap();
        let mut buffer = [0; 1500];
        let (length, _) = socket.recv_from(&mut buffer).await.unwrap();
        let over_udp = Message::from_vec(&buffer[..length]).unwrap();
        assert_eq!(over_udp.answers[0].data, RData::A(address.into()));

        let mut stream = tokio::net::TcpStream::connect(world.dns_addr())
            .await
            .unwrap();
        let length = u16::try_from(bytes.len()).unwrap();
        stream
            .write_all(&[&length.to_be_bytes(), bytes.as_slice()].concat())
            .await
            .unwrap();
        let mut reply = vec![0; usize::from(stream.read_u16().await.unwrap())];
        stream.read_exact(&mut reply).await.unwrap();
        assert_eq!(
            Message::from_vec(&reply).unwrap().metadata.response_code,
            ResponseCode::NoError
        );
        world.stop().await;
    }

    #[tokio::test]
    async fn a_taken_port_is_a_clear_error_and_two_worlds_can_run() {
        let (first, second) = (world().await, world().await);
        assert_ne!(first.http_port(), second.http_port());
        let error = World::embedded()
            .unwrap()
            .start(first.http_port(), NOW)
            .await
            .unwrap_err();
        assert!(error.to_string().contains("127.77.0."), "{error}");
    }

    #[tokio::test]
    async fn the_world_moves_to_the_real_day() {
        let world = World::embedded().unwrap();
        let (taken, order) = (world.day.previous_day().unwrap(), world.day);
        let midnight = world.day.midnight().assume_utc().unix_timestamp();
        let later = world.start(0, midnight + 400 * 86_400).await.unwrap();
        let json: serde_json::Value =
            serde_json::from_slice(&later.register_snapshots()[0].json).unwrap();
        let days = |a: Date, b: &str| parse_date(b).unwrap().to_julian_day() - a.to_julian_day();
        assert_eq!(days(taken, json["taken_on"].as_str().unwrap()), 400);
        let Action::List { order: moved, .. } = &later.script().steps[0].action else {
            unreachable!()
        };
        assert_eq!(days(order, &moved.date), 400);
    }
}
