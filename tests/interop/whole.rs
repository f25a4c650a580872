//! The whole road at once: two officers sign in a store, `qalqan run` publishes, and every kind of
//! name server that is installed enforces it; one lifts, and it is gone.

use std::{fs, net::SocketAddr, os::unix::fs::PermissionsExt as _, path::Path};

use data::{
    case, decide,
    testing::{Centre, NOW, PASSWORD, proposal},
};
use serde_json::Value;
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpStream,
    time::{Instant, interval},
};

use crate::{
    binary, bind,
    client::{LONG, LOOK, LOOPBACK, Shows, free_port, until, upstream},
    daemon::{Daemon, is_there, snippet},
    knot_resolver, powerdns,
    primary::{SECRET, key},
    scenario::Places,
    unbound,
};

/// What the officers sign about.
const HOST: &str = "obmen.test";

/// `qalqan run` on a store with two officers.
struct Road {
    centre: Centre,
    upstream: SocketAddr,
    ports: Value,
    _run: Daemon,
}

impl Road {
    /// Tells these secondaries of releases. Unbound cannot sign, so nobody here has to; BIND and
    /// PowerDNS do all the same.
    async fn start(told: &[String]) -> Self {
        let centre = Centre::new().await;
        let data = centre.dir.path();
        let keys = data.join("transfer.keys");
        fs::write(&keys, key(SECRET)).unwrap();
        fs::set_permissions(&keys, fs::Permissions::from_mode(0o600)).unwrap();
        let upstream = upstream().await;
        let mut command = binary::qalqan();
        command.arg("--data").arg(data).arg("run");
        for listener in [
            "--web",
            "--block-page",
            "--evidence",
            "--dns",
            "--transfer",
            "--metrics",
        ] {
            command.args([listener, "127.0.0.1:0"]);
        }
        command.args(["--upstream", &upstream.to_string()]);
        command.arg("--transfer-keys").arg(&keys);
        command.args(["--allow-transfer", "isp-one@127.0.0.1"]);
        command.args(["--allow-transfer", "127.0.0.1"]);
        for told in told {
            command.args(["--notify", told]);
        }
        let run = Daemon::spawn(data, command).unwrap();
        let ports = data.join("ports.json");
        until_so("the ports", || ports.exists()).await;
        let ports = serde_json::from_slice(&fs::read(ports).unwrap()).unwrap();
        Self {
            centre,
            upstream,
            ports,
            _run: run,
        }
    }

    fn port(&self, name: &str) -> SocketAddr {
        self.ports[name].as_str().expect(name).parse().unwrap()
    }

    /// The places of a secondary in this folder.
    fn places(&self, folder: &Path, secondary: SocketAddr) -> Places {
        fs::create_dir_all(folder).unwrap();
        Places {
            folder: folder.to_owned(),
            primary: self.port("transfer"),
            upstream: self.upstream,
            secondary,
            told: secondary,
        }
    }

    /// Two officers list the name; by the clock of the store, which the evidence is from.
    async fn list(&self) -> String {
        let (store, case) = (&self.centre.store, self.centre.plant_case(HOST).await);
        let by = &self.centre.first;
        let proposed = decide::propose(store, by, PASSWORD, &case, proposal(), NOW + 1).await;
        let listing = proposed.unwrap().to_string();
        let shown = case::proposal(store, &listing).await.unwrap().unwrap();
        let (by, shown) = (&self.centre.second, shown.statement_sha256);
        let approved = decide::approve(store, by, PASSWORD, &listing, &shown, NOW + 2).await;
        approved.unwrap();
        listing
    }

    /// One officer lifts it.
    async fn lift(&self, listing: &str) {
        let (store, by) = (&self.centre.store, &self.centre.first);
        let words = ("licensed", "It has a licence now.");
        let lifted = decide::lift(store, by, PASSWORD, listing, words.0, words.1, NOW + 3).await;
        lifted.unwrap();
    }

    /// `list secondaries`: its exit code and what it says.
    fn secondaries(&self) -> (Option<i32>, Value) {
        let output = binary::qalqan()
            .arg("--data")
            .arg(self.centre.dir.path())
            .args(["--format", "json", "list", "secondaries"])
            .output()
            .unwrap();
        let said = serde_json::from_slice(&output.stdout).unwrap_or(Value::Null);
        (output.status.code(), said)
    }

    /// What `--metrics` shows.
    async fn scrape(&self) -> String {
        let mut stream = TcpStream::connect(self.port("metrics")).await.unwrap();
        let ask = b"GET /metrics HTTP/1.1\r\nhost: m.test\r\nconnection: close\r\n\r\n";
        stream.write_all(ask).await.unwrap();
        let mut page = String::new();
        stream.read_to_string(&mut page).await.unwrap();
        page
    }
}

async fn until_so(what: &str, mut so: impl FnMut() -> bool) {
    let (began, mut look) = (Instant::now(), interval(LOOK));
    while !so() {
        assert!(began.elapsed() < LONG, "never {what}");
        look.tick().await;
    }
}

/// Knot Resolver, whose file the documented loop fetches and checks.
fn fetching(road: &Road, folder: &Path) -> Option<(SocketAddr, Vec<Daemon>)> {
    if !is_there("curl", "curl") || !is_there("minisign", "minisign") {
        return None;
    }
    let places = road.places(folder, SocketAddr::new(LOOPBACK.ip(), free_port()));
    let release = road.centre.dir.path().join("release");
    let public = fs::read_to_string(release.join("list/minisign.pub")).unwrap();
    let script = snippet(
        "knot-resolver.md",
        "kresd-fetch",
        &[
            ("/var/lib/qalqan", &folder.display().to_string()),
            (
                "https://qalqan.example/list",
                &format!("http://{}/list", road.port("web")),
            ),
            ("RWQ...", public.lines().nth(1).unwrap()),
        ],
    );
    fs::write(folder.join("fetch"), script).unwrap();
    knot_resolver::first_file(&places);
    let fetch = Daemon::start(folder, "sh", "dash", &["fetch"])?;
    let kresd = knot_resolver::start(&places)?;
    Some((places.secondary, vec![fetch, kresd]))
}

#[tokio::test]
async fn two_signatures_are_enforced_everywhere_and_one_lifts() {
    let folder = tempfile::tempdir().unwrap();
    let at = || SocketAddr::new(LOOPBACK.ip(), free_port());
    let (bind_at, unbound_at) = (at(), at());
    let pdns_at = at();
    let road = Road::start(&[format!("isp-one@{bind_at}"), unbound_at.to_string()]).await;
    let place = |name: &str, address| road.places(&folder.path().join(name), address);

    let mut filters = vec![("qalqan", road.port("dns"))];
    let mut daemons = Vec::new();
    let started = [
        (
            "BIND",
            bind_at,
            bind::start(&place("bind", bind_at), SECRET),
        ),
        (
            "Unbound",
            unbound_at,
            unbound::start(&place("unbound", unbound_at)),
        ),
        (
            "PowerDNS Recursor",
            pdns_at,
            powerdns::start(&place("pdns", pdns_at), SECRET),
        ),
    ];
    for (who, address, started) in started {
        if let Some(started) = started {
            filters.push((who, address));
            daemons.extend(started);
        }
    }
    if let Some((address, started)) = fetching(&road, &folder.path().join("kresd")) {
        filters.push(("Knot Resolver, by HTTPS", address));
        daemons.extend(started);
    }
    let all = async |listed| {
        let mut took = Vec::new();
        let (told, mut heard) = tokio::sync::mpsc::unbounded_channel();
        for (who, address) in filters.clone() {
            let told = told.clone();
            tokio::spawn(async move {
                let took = until(address, Shows::AsNxdomain, HOST, listed).await;
                told.send(format!("{who} {took:.1?}")).unwrap();
            });
        }
        drop(told);
        while let Some(one) = heard.recv().await {
            took.push(one);
        }
        assert_eq!(took.len(), filters.len(), "{took:?}");
        took.join(", ")
    };
    all(false).await;
    let listing = road.list().await;
    let listed = all(true).await;
    road.lift(&listing).await;
    let lifted = all(false).await;
    let line =
        format!("from the second signature: {listed}\nfrom the officer who lifts: {lifted}\n");
    let _ = std::io::Write::write_all(&mut std::io::stderr(), line.as_bytes());

    if filters.iter().any(|(who, _)| *who == "BIND") && daemons.len() > 3 {
        until_so("all secondaries are well", || {
            road.secondaries().0 == Some(0)
        })
        .await;
        let (_, said) = road.secondaries();
        assert_eq!(said["secondaries"][0]["behind"], 0, "{said}");
        assert_eq!(said["secondaries"][0]["error"], Value::Null, "{said}");
        let scrape = road.scrape().await;
        let behind = format!("qalqan_secondary_behind{{address=\"{bind_at}\"}} 0");
        assert!(
            scrape.lines().any(|line| line == behind),
            "{behind}\n{scrape}"
        );
    }
}
