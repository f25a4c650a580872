//! A centre of its own beside the invented web: everything real, only the web is made up.

use std::{net::SocketAddr, sync::Arc, time::Instant};

use anyhow::Context as _;
use blocklist::{
    DomainName,
    key::Role,
    register::Snapshot,
    statement::{Growth, Policy},
};
use crawler::{
    address_guard::{AddressGuard, LoopbackPermission},
    crawl::{CrawlConfig, Event},
};
use data::{
    Store,
    ceremony::{self, NewLog},
    officer::NewOfficer,
};
use serde::Serialize;
use tokio::sync::Notify;
use tokio_util::sync::CancellationToken;
use url::Url;

use super::{
    screen::Screen,
    world::{RunningWorld, World},
};
use crate::{
    centre::{
        Ports, Tasks, appeals, crawl, publisher,
        web::{self, WebListeners},
    },
    cli::{Listen, Zone},
    clock,
    commands::{
        init::new_password,
        run::{follow, start_node},
    },
    failure::Failure,
    paths::DataDir,
};

/// The interval between two requests to one invented site, which stands on this machine.
const INTERVAL: std::time::Duration = std::time::Duration::from_millis(100);

/// Somebody of the demonstration, with the password that is printed.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct Person {
    pub(crate) login: &'static str,
    pub(crate) password: String,
}

/// Who has a part in a listing. Nobody has two: who signed it decides no appeal against it.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct People {
    /// The proposer and the approver of the fixed script, and one who signs nothing in it.
    pub(crate) officers: [Person; 3],
    /// Signs third where a name is widely known.
    pub(crate) lawyer: Person,
}

/// Everything that runs.
pub(crate) struct Scene {
    pub(crate) world: RunningWorld,
    pub(crate) store: Store,
    pub(crate) dir: DataDir,
    pub(crate) ports: Ports,
    pub(crate) people: People,
    node: resolver::Running,
    tasks: Tasks,
    started: Instant,
}

impl Scene {
    /// Begins from nothing: an older demonstration in the same directory is removed, a database that
    /// was named must be empty.
    pub(crate) async fn start(
        dir: DataDir,
        database: Option<&str>,
        listen: Listen,
        screen: &Screen,
    ) -> Result<Self, Failure> {
        let started = Instant::now();
        if let Some(named) = database {
            refuse_unless_empty(named).await?;
        }
        clear(&dir)?;
        dir.create()?;
        let now = clock::now().0;
        screen.starting();
        let world = World::embedded()?.start(0, now).await?;
        let store = Store::open(database.unwrap_or(&dir.database())).await?;
        let listeners = WebListeners::bind(listen.pages).await?;
        let people = found(&store, &dir, &world, listeners.web_address()?, now).await?;
        let tasks = Tasks::default();
        let (waker, released) = (Arc::new(Notify::new()), Arc::new(Notify::new()));
        let mut ports = Ports::new();
        start_publisher(&store, &dir, &listen, &waker, &released, &mut ports, &tasks).await?;
        let upstream = resolver::Upstream::udp(world.dns_addr());
        let node = start_node(&dir, listen.dns, vec![upstream]).await?;
        ports.insert(
            "dns",
            node.addresses().first().copied().unwrap_or(listen.dns),
        );
        follow(&tasks, released, node.poker());
        web::start(store.clone(), &dir, listeners, waker, &mut ports, &tasks).await?;
        let (names, port) = (world.dns_addr(), world.http_port());
        let prover = appeals::demo_prover(&store, names, port).await?;
        appeals::start(store.clone(), prover, &tasks);
        dir.write_ports(&ports)?;
        Ok(Self {
            world,
            store,
            dir,
            ports,
            people,
            node,
            tasks,
            started,
        })
    }

    /// Crawls the invented web to its end through the crawler's ordinary code.
    pub(crate) async fn crawl(&mut self, screen: &Screen) -> Result<(), Failure> {
        let trust = self.store.trust().await?;
        let permission = LoopbackPermission::for_demo(&trust, self.world.http_port())?;
        let config = CrawlConfig {
            about_url: trust.public_url.clone(),
            interval: INTERVAL,
            evidence: self.dir.evidence(),
            upstreams: vec![self.world.dns_addr()],
            guard: AddressGuard::with_loopback(permission),
            ..CrawlConfig::default()
        };
        let seeds: Vec<Url> = self
            .world
            .seeds()
            .iter()
            .map(|seed| Url::parse(&seed.url))
            .collect::<Result<_, _>>()?;
        let (crawl, mut events) = crawl::open(config, self.store.clone())?;
        crawl.add_seeds(&seeds, false).await?;
        let cancel = CancellationToken::new();
        let running = tokio::spawn(async move { crawl.run(cancel).await });
        while let Some(event) = events.recv().await {
            crawl::log(&event);
            if let Event::Skipped { url, why } = &event {
                tracing::info!(url, why, "not fetched");
            }
            screen.crawled(&event, self.started.elapsed());
        }
        running.await??;
        screen.crawl_ended(self.started.elapsed());
        Ok(())
    }

    /// A bound address by its name in `ports.json`.
    pub(crate) fn port(&self, name: &str) -> Result<SocketAddr, Failure> {
        self.ports
            .get(name)
            .copied()
            .ok_or_else(|| Failure::usage(format_args!("`{name}` is not listening")))
    }

    /// A site that the fixed script lists, as an example for people.
    pub(crate) fn first_listed_host(&self) -> &str {
        self.world
            .script()
            .steps
            .first()
            .map_or("", |step| &step.host)
    }

    /// Ends everything.
    pub(crate) async fn end(self) {
        self.node.stop().await;
        self.tasks.end().await;
        self.world.stop().await;
        self.store.close().await;
    }
}

/// A demonstration makes a log and invents a world; it never does so in a store that is in use. What
/// an older demonstration left in a database is not removed either: its name is all we know of it.
async fn refuse_unless_empty(url: &str) -> Result<(), Failure> {
    let store = Store::open(url).await?;
    let empty = store.is_empty().await?;
    store.close().await;
    if empty {
        return Ok(());
    }
    let address: data::pool::open::Address = url.parse()?;
    Err(Failure::usage(format_args!(
        "the database {address} holds a log or a crawl already, and a demonstration needs an empty one: make it (createdb qalqan_demo) and name it with --database, or leave --database out"
    )))
}

/// Removes an older demonstration; refuses a directory that holds anything else.
fn clear(dir: &DataDir) -> Result<(), Failure> {
    if !dir.path().exists() {
        return Ok(());
    }
    let empty = std::fs::read_dir(dir.path())?.next().is_none();
    let demo = dir.trust(None).is_ok_and(|trust| trust.demo);
    if demo && data::publish::is_running(dir.path())? {
        return Err(Failure::usage(format_args!(
            "a demonstration is running in {}; stop it first, or name another directory with --data",
            dir.path().display()
        )));
    }
    if empty || demo {
        std::fs::remove_dir_all(dir.path())?;
        return Ok(());
    }
    Err(Failure::usage(format_args!(
        "{} holds something that is not a demonstration; name another directory with --data",
        dir.path().display()
    )))
}

/// Makes log, admins, officers, a lawyer, guards and register of the demonstration.
async fn found(
    store: &Store,
    dir: &DataDir,
    world: &RunningWorld,
    web: SocketAddr,
    now: i64,
) -> Result<People, Failure> {
    let person = |login| {
        Ok::<_, Failure>(Person {
            login,
            password: new_password()?,
        })
    };
    let admins = [person("admin-1")?, person("admin-2")?];
    let people = People {
        officers: [person("aigerim")?, person("daniyar")?, person("saule")?],
        lawyer: person("yerlan")?,
    };
    let domain = DomainName::parse("qalqan.test")?;
    let new = NewLog {
        origin: "demo.qalqan.test/log",
        public_url: &format!("http://{web}"),
        policy: Policy {
            // Far more than the invented web has sites: nobody is shown a list that waits.
            listings_per_day: 10_000,
            growth: Some(Growth {
                percent: 100,
                at_least: 10_000,
            }),
            ..ceremony::default_policy(domain, 2_026_000_000)
        },
        demo: true,
        admins: [
            account(&admins[0], Role::Admin),
            account(&admins[1], Role::Admin),
        ],
        guards: Vec::new(),
    };
    ceremony::init(store, dir.path(), new, now).await?;
    let admins = pair(&admins);
    for officer in &people.officers {
        ceremony::add_officer(store, account(officer, Role::Officer), admins, now).await?;
    }
    ceremony::add_officer(store, account(&people.lawyer, Role::Legal), admins, now).await?;
    for list in world.guards() {
        ceremony::set_guard(store, list.clone(), admins, now).await?;
    }
    for file in world.register_snapshots() {
        let snapshot =
            Snapshot::from_json(&file.json).with_context(|| format!("register {}", file.name))?;
        ceremony::enter_register(store, &snapshot, pair(&people.officers), now).await?;
    }
    Ok(people)
}

fn account(person: &Person, role: Role) -> NewOfficer<'_> {
    NewOfficer {
        login: person.login,
        display_name: person.login,
        role,
        password: &person.password,
    }
}

/// The first two.
fn pair<const N: usize>(people: &[Person; N]) -> ceremony::Pair<'_> {
    const { assert!(N >= 2) };
    [
        (people[0].login, &people[0].password),
        (people[1].login, &people[1].password),
    ]
}

async fn start_publisher(
    store: &Store,
    dir: &DataDir,
    listen: &Listen,
    waker: &Arc<Notify>,
    released: &Arc<Notify>,
    ports: &mut Ports,
    tasks: &Tasks,
) -> Result<(), Failure> {
    let zone = Zone::loopback();
    let transfer = publisher::bind_transfer(dir, listen.transfer, &zone).await?;
    ports.insert("transfer", transfer.address());
    let released = released.clone();
    let parts = publisher::PublisherParts {
        waker: waker.clone(),
        transfer,
        health: Arc::default(),
        on_release: Box::new(move |_| released.notify_one()),
    };
    publisher::start(store.clone(), dir, parts, false, tasks).await
}
