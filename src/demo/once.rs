//! `demo --once`: two officers play the fixed script through the real forms, and everything seen is
//! compared with what should be seen.

use std::{
    collections::{BTreeMap, BTreeSet},
    net::SocketAddr,
    time::{Duration, Instant},
};

use blocklist::Scope;
use serde_json::Value;

use super::{
    forms::{OfficerAtBrowser, ProposalForm},
    probe::{self, Seen, Transport},
    scene::Scene,
    screen::{Row, Screen},
    world::{Action, DnsAnswer, Expectation, Order, Step},
};
use crate::{
    cli::Base,
    commands::replayed,
    failure::{Exit, Failure},
};

/// How long a signed decision may take to reach DNS before the script gives up on it.
const PATIENCE: Duration = Duration::from_secs(10);

/// The pause between two looks at DNS.
const LOOK_AGAIN: Duration = Duration::from_millis(5);

/// Plays the script; whether everything was as expected.
pub(crate) async fn play(scene: &Scene, screen: &Screen) -> Result<bool, Failure> {
    let mut rows = Vec::new();
    for site in scene.world.expectations() {
        rows.extend(before(scene, site).await?);
    }
    rows.extend(networks(scene).await?);
    let [first, second, _] = &scene.people.officers;
    let web = scene.port("web")?;
    let mut stage = Stage {
        scene,
        dns: scene.port("dns")?,
        first: OfficerAtBrowser::sign_in(web, first.login, &first.password).await?,
        second: OfficerAtBrowser::sign_in(web, second.login, &second.password).await?,
        listings: BTreeMap::new(),
    };
    for step in &scene.world.script().steps {
        let took = stage.perform(step).await?;
        screen.step(&step.host, step.action.word(), took);
    }
    for site in scene.world.expectations() {
        rows.extend(after(scene, site).await?);
    }
    rows.extend(listed_pages(scene, &stage.listings).await?);
    rows.push(verified(scene).await);
    Ok(screen.comparison(&rows))
}

struct Stage<'a> {
    scene: &'a Scene,
    dns: SocketAddr,
    first: OfficerAtBrowser,
    second: OfficerAtBrowser,
    /// Listing number by host.
    listings: BTreeMap<String, String>,
}

impl Stage<'_> {
    /// Performs a step; for a listing or lift, gives the time from the signature to the first DNS
    /// answer that shows it.
    async fn perform(&mut self, step: &Step) -> Result<Option<Duration>, Failure> {
        match &step.action {
            Action::List {
                scope,
                reason_code,
                reason,
                order,
            } => self
                .list(&step.host, *scope, (reason_code, reason), order)
                .await
                .map(Some),
            Action::Dismiss {
                reason_code,
                reason,
            } => {
                let case = self.case_of(&step.host).await?;
                self.first.dismiss(&case, reason_code, reason).await?;
                Ok(None)
            }
            Action::Lift {
                reason_code,
                reason,
            } => {
                let listing = self
                    .listings
                    .get(&step.host)
                    .ok_or_else(|| fail("lifted before it was listed"))?;
                let signed = Instant::now();
                self.first.lift(listing, reason_code, reason).await?;
                self.wait(&step.host, signed, |seen| *seen == Seen::Address)
                    .await
                    .map(Some)
            }
        }
    }

    async fn list(
        &mut self,
        host: &str,
        scope: Scope,
        reason: (&str, &str),
        order: &Order,
    ) -> Result<Duration, Failure> {
        let case = self.case_of(host).await?;
        let document = self.scene.world.document(&order.document)?;
        let form = ProposalForm {
            scope: match scope {
                Scope::Host => "host",
                Scope::Subtree => "subtree",
            },
            reason_code: reason.0,
            reason: reason.1,
            authority: &order.authority,
            number: &order.number,
            date: &order.date,
            file_name: order.document.rsplit('/').next().unwrap_or_default(),
            document,
        };
        let listing = self.first.propose(&case, &form).await?;
        if probe::ask(self.dns, host, Transport::Udp).await? != Seen::Address {
            return Err(fail("blocked after one signature"));
        }
        // Measured from before the button is pressed: the form, the password and the signature count.
        let signed = Instant::now();
        self.second.approve(&listing).await?;
        let took = self
            .wait(
                host,
                signed,
                |seen| matches!(seen, Seen::Blocked(text) if text.contains(&listing)),
            )
            .await?;
        self.listings.insert(host.to_owned(), listing);
        Ok(took)
    }

    async fn case_of(&self, host: &str) -> Result<String, Failure> {
        self.first
            .case_of(host)
            .await?
            .ok_or_else(|| fail(&format!("no case for {host}")))
    }

    async fn wait(
        &self,
        host: &str,
        since: Instant,
        good: impl Fn(&Seen) -> bool,
    ) -> Result<Duration, Failure> {
        loop {
            let seen = probe::ask(self.dns, host, Transport::Udp).await?;
            if good(&seen) {
                return Ok(since.elapsed());
            }
            if since.elapsed() > PATIENCE {
                return Err(fail(&format!("{host}: still {seen:?}")));
            }
            tokio::time::sleep(LOOK_AGAIN).await;
        }
    }
}

/// What the crawl found, the public check and DNS, before anybody signed.
async fn before(scene: &Scene, site: &Expectation) -> Result<Vec<Row>, Failure> {
    let host = site.host.as_str();
    let held = data::assessment::latest(&scene.store, host).await?;
    let verdict = held
        .as_ref()
        .map_or("never assessed", |held| held.verdict.as_str());
    let report: Value = held
        .as_ref()
        .and_then(|held| serde_json::from_str(&held.report).ok())
        .unwrap_or_default();
    let kinds: Vec<_> = report["kinds"]
        .as_array()
        .into_iter()
        .flatten()
        .filter_map(Value::as_str)
        .collect();
    let queue = data::case::queue(&scene.store).await?;
    let has_case = queue.iter().any(|case| case.host == host);
    let mut rows = vec![
        Row::new(host, "verdict", &site.verdict, verdict),
        Row::new(host, "case", yes_no(site.case), yes_no(has_case)),
        Row::new(host, "check", &site.check, &check(scene, host).await?),
    ];
    let kind = if kinds.contains(&site.kind.as_str()) {
        site.kind.clone()
    } else {
        kinds.join(" ")
    };
    rows.push(Row::new(host, "kind", &site.kind, &kind));
    for path in &site.never_fetched {
        rows.push(Row::new(
            host,
            "robots.txt",
            "0 requests",
            &format!("{} requests", scene.world.hits(host, path)),
        ));
    }
    for id in &site.signals {
        let shown = report["signals"]
            .as_array()
            .is_some_and(|signals| signals.iter().any(|signal| signal["id"] == id.as_str()));
        rows.push(Row::new(
            host,
            &format!("signal {id}"),
            "yes",
            yes_no(shown),
        ));
    }
    if let Some(claim) = &site.claim {
        let case = queue.iter().find(|case| case.host == host);
        let seen = claims_of(scene, case.map(|case| case.id.as_str())).await?;
        rows.push(Row::new(host, "claim", claim, &seen));
    }
    rows.extend(dns(scene, site, site.dns_before, "DNS before").await?);
    Ok(explained(rows, site))
}

/// Which sites were found to be one operator's: for each planted network all of its sites under one
/// number and nobody else, and no other site in any.
async fn networks(scene: &Scene) -> Result<Vec<Row>, Failure> {
    let mut found: BTreeMap<&str, Option<String>> = BTreeMap::new();
    let mut others: BTreeMap<String, BTreeSet<&str>> = BTreeMap::new();
    for site in scene.world.expectations() {
        let id = data::network::of_host(&scene.store, &site.host).await?;
        if let Some(id) = &id {
            others.entry(id.clone()).or_default().insert(&site.host);
        }
        found.insert(&site.host, id);
    }
    let mut rows = Vec::new();
    for site in scene.world.expectations() {
        let mine = scene.world.expectations().iter().filter(|other| {
            site.network.is_some() && other.network == site.network && other.host != site.host
        });
        let expected: Vec<&str> = mine.map(|other| other.host.as_str()).collect();
        let with = found.get(site.host.as_str()).cloned().flatten();
        let seen = with.and_then(|id| others.get(&id)).into_iter().flatten();
        let seen: Vec<&str> = seen.copied().filter(|host| *host != site.host).collect();
        let in_words = |hosts: Vec<&str>| match hosts.as_slice() {
            [] => "alone".to_owned(),
            _ => hosts
                .into_iter()
                .collect::<BTreeSet<_>>()
                .into_iter()
                .collect::<Vec<_>>()
                .join(" "),
        };
        let row = Row::new(&site.host, "network", &in_words(expected), &in_words(seen));
        rows.extend(explained(vec![row], site));
    }
    Ok(rows)
}

/// How a case's claims of a licence stand to the registers, each kind once.
async fn claims_of(scene: &Scene, case: Option<&str>) -> Result<String, Failure> {
    let Some(case) = case else {
        return Ok("no case".to_owned());
    };
    let file = data::case::load(&scene.store, case).await?;
    let held: Value = file
        .and_then(|file| serde_json::from_str(&file.licence_match).ok())
        .unwrap_or_default();
    let claims = held["claims"].as_array().into_iter().flatten();
    let kinds: BTreeSet<_> = claims.filter_map(|claim| claim["kind"].as_str()).collect();
    Ok(kinds.into_iter().collect::<Vec<_>>().join(" "))
}

/// Adds to each row why it is expected, and whether the program is known to miss it.
fn explained(rows: Vec<Row>, site: &Expectation) -> Vec<Row> {
    let explain = |row: Row| {
        let missed = site.known_miss.get(row.what()).cloned();
        row.because(&site.why).known_to_miss(missed)
    };
    rows.into_iter().map(explain).collect()
}

/// The public check and DNS after the script.
async fn after(scene: &Scene, site: &Expectation) -> Result<Vec<Row>, Failure> {
    let mut rows = vec![Row::new(
        &site.host,
        "check after",
        &site.check_after,
        &check(scene, &site.host).await?,
    )];
    rows.extend(dns(scene, site, site.dns_after, "DNS after").await?);
    Ok(explained(rows, site))
}

async fn dns(
    scene: &Scene,
    site: &Expectation,
    expected: DnsAnswer,
    what: &str,
) -> Result<Vec<Row>, Failure> {
    let server = scene.port("dns")?;
    let expected = match expected {
        DnsAnswer::Address => "address",
        DnsAnswer::Nxdomain => "blocked",
    };
    let mut rows = Vec::new();
    for name in std::iter::once(&site.host).chain(&site.names) {
        for (transport, label) in [(Transport::Udp, "UDP"), (Transport::Tcp, "TCP")] {
            let seen = match probe::ask(server, name, transport).await? {
                Seen::Address => "address".to_owned(),
                Seen::Blocked(_) => "blocked".to_owned(),
                Seen::Other(words) => words,
            };
            rows.push(Row::new(name, &format!("{what}, {label}"), expected, &seen));
        }
    }
    Ok(rows)
}

async fn check(scene: &Scene, host: &str) -> Result<String, Failure> {
    let url = format!("http://{}/api/v1/check", scene.port("web")?);
    let client = reqwest::Client::builder().no_proxy().build()?;
    let answer: Value = client
        .get(url)
        .query(&[("q", host)])
        .send()
        .await?
        .error_for_status()?
        .json()
        .await?;
    Ok(answer["verdict"]
        .as_str()
        .unwrap_or("no verdict")
        .to_owned())
}

/// The page each listing's DNS answer points to must be there.
async fn listed_pages(
    scene: &Scene,
    listings: &BTreeMap<String, String>,
) -> Result<Vec<Row>, Failure> {
    let client = reqwest::Client::builder().no_proxy().build()?;
    let trust = scene.store.trust().await?;
    let mut rows = Vec::new();
    for (host, listing) in listings {
        let response = client
            .get(format!("{}/i/{listing}", trust.public_url))
            .send()
            .await?;
        let status = response.status().as_u16().to_string();
        let page = response.text().await?;
        let seen = if page.contains(listing.as_str()) {
            status
        } else {
            "another page".to_owned()
        };
        rows.push(Row::new(host, "public page", "200", &seen));
    }
    Ok(rows)
}

/// Replays the whole log from the release directory, as anybody outside would.
async fn verified(scene: &Scene) -> Row {
    let seen = match replayed::list_of(
        &scene.dir,
        &Base {
            base: None,
            trust: None,
        },
    )
    .await
    {
        Ok(_) => "verifies".to_owned(),
        Err(failure) => failure.chain().collect::<Vec<_>>().join(": "),
    };
    Row::new("release", "list verify", "verifies", &seen)
}

fn yes_no(yes: bool) -> &'static str {
    if yes { "yes" } else { "no" }
}

fn fail(words: &str) -> Failure {
    Failure::new(Exit::Negative, anyhow::anyhow!("{words}"))
}
