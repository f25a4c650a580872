//! What can change while queries are answered, changed: the operator's own rules, upstreams, who may
//! ask, what blocked names get. All of it is made ready before any of it is put in force, and what
//! cannot be made ready leaves everything as it was.

use std::sync::{Arc, Mutex, PoisonError};

use blocklist::Timestamp;
use serde::{Deserialize, Serialize};
use tokio::sync::{Mutex as Turn, Notify, mpsc, oneshot};
use tokio_util::{sync::CancellationToken, task::TaskTracker};

use crate::{
    answer::BlockPage,
    config::{ListConfig, ResolverConfig},
    enforce::Shared,
    error::StartError,
    rpz::NewRules,
    upstream::{Config, Upstreams, UpstreamsCell},
};

/// Where a new configuration comes from when somebody asks for a reload.
pub type Source = Arc<dyn Fn() -> Result<Fresh, String> + Send + Sync>;

/// A configuration, read anew.
#[derive(Debug, Clone)]
pub struct Fresh {
    /// All of it.
    pub config: ResolverConfig,
    /// What else was changed that only a restart brings about, by the name people know it under.
    pub restart: Vec<String>,
}

/// What a reload did.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Reloaded {
    /// What is in force now and was otherwise before.
    pub changed: Vec<String>,
    /// What was changed and takes a restart, by name.
    pub restart: Vec<String>,
}

/// The last reload.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LastReload {
    /// When.
    pub at: Timestamp,
    /// Why it was refused, if it was.
    pub error: Option<String>,
    /// What was changed and takes a restart, by name.
    pub restart: Vec<String>,
}

/// Brings changes about.
pub(crate) struct Reloader {
    pub(crate) shared: Shared,
    pub(crate) upstreams: UpstreamsCell,
    pub(crate) rules: mpsc::Sender<NewRules>,
    pub(crate) poked: Arc<Notify>,
    pub(crate) stop: CancellationToken,
    pub(crate) tracker: TaskTracker,
    /// The configuration in force. One reload at a time.
    pub(crate) config: Turn<ResolverConfig>,
    pub(crate) last: Mutex<Option<LastReload>>,
}

impl Reloader {
    /// The last reload, if there was one.
    pub(crate) fn last(&self) -> Option<LastReload> {
        let last = self.last.lock().unwrap_or_else(PoisonError::into_inner);
        last.clone()
    }

    /// Reads the configuration and puts it in force. The list is asked for in any case.
    pub(crate) async fn reload(&self, source: &Source) -> Result<Reloaded, String> {
        self.poked.notify_one();
        let source = source.clone();
        // It reads files.
        let fresh = tokio::task::spawn_blocking(move || source()).await;
        let fresh = fresh.unwrap_or_else(|error| Err(error.to_string()));
        let done = match fresh {
            Ok(fresh) => self.put_in_force(fresh).await.map_err(|e| e.to_string()),
            Err(words) => Err(words),
        };
        match &done {
            Ok(Reloaded { changed, restart }) => {
                tracing::warn!(
                    changed = changed.join(", "),
                    "the configuration was read again"
                );
                if !restart.is_empty() {
                    let restart = restart.join(", ");
                    tracing::warn!(%restart, "changed, and only taken over by a restart");
                }
            }
            Err(words) => {
                tracing::error!(
                    "the new configuration is NOT taken: {words}; what was in force stays in force"
                );
            }
        }
        let mut last = self.last.lock().unwrap_or_else(PoisonError::into_inner);
        *last = Some(LastReload {
            at: (self.shared.clock)(),
            error: done.as_ref().err().cloned(),
            restart: done
                .as_ref()
                .map(|done| done.restart.clone())
                .unwrap_or_default(),
        });
        done
    }

    async fn put_in_force(&self, fresh: Fresh) -> Result<Reloaded, StartError> {
        let mut now = self.config.lock().await;
        let Fresh {
            config: new,
            mut restart,
        } = fresh;
        new.check()?;
        let has_other_upstreams = (&new.upstreams, new.order) != (&now.upstreams, now.order);
        let upstreams = if has_other_upstreams {
            let mut config = Config::from(&*now);
            config.upstreams.clone_from(&new.upstreams);
            config.order = new.order;
            let before = self.upstreams.load_full();
            Some(Upstreams::start_after(
                &config,
                Some(&before),
                &self.stop,
                &self.tracker,
            )?)
        } else {
            None
        };
        let mut changed: Vec<String> = Vec::new();
        // The last that may fail; everything behind it is a swap.
        let (done, ended) = oneshot::channel();
        let rules = NewRules {
            own: new.own.clone(),
            done,
        };
        if self.rules.send(rules).await.is_err() {
            return Err(StartError::Config("the node is stopping"));
        }
        let read_anew = ended
            .await
            .map_err(|_| StartError::Config("the node is stopping"))??;
        if read_anew || new.own != now.own {
            changed.push("rules of your own".to_owned());
        }
        if let Some(upstreams) = upstreams {
            self.upstreams.store(Arc::new(upstreams));
            changed.push("upstreams".to_owned());
        }
        let has_other_page =
            (new.block_action, &new.structured) != (now.block_action, &now.structured);
        if new.access != now.access || has_other_page {
            self.shared.policy.change_settings(|settings| {
                settings.access = new.access.clone();
                settings.page = BlockPage::new(new.block_action, self.shared.trust.as_deref())
                    .with_structured(new.structured.as_ref());
            });
        }
        if new.access != now.access {
            changed.push("who may ask".to_owned());
        }
        if has_other_page {
            changed.push("what blocked names get".to_owned());
        }
        restart.extend(needs_restart(&now, &new).map(str::to_owned));
        *now = ResolverConfig {
            own: new.own,
            upstreams: new.upstreams,
            order: new.order,
            access: new.access,
            block_action: new.block_action,
            structured: new.structured,
            // What is not in force is said again next time.
            listen: now.listen.clone(),
            list: now.list.clone(),
            dry_run: now.dry_run,
            limits: now.limits.clone(),
            clients: now.clients.clone(),
            identity: now.identity.clone(),
        };
        Ok(Reloaded { changed, restart })
    }
}

/// What differs and cannot change while queries are answered, by the name of its option.
fn needs_restart(now: &ResolverConfig, new: &ResolverConfig) -> impl Iterator<Item = &'static str> {
    let of_list = |of: fn(&ListConfig, &ListConfig) -> bool| match (&now.list, &new.list) {
        (Some(now), Some(new)) => of(now, new),
        (None, None) => false,
        _ => true,
    };
    [
        ("--listen", now.listen != new.listen),
        ("--workers", now.limits.workers != new.limits.workers),
        (
            "limits",
            crate::config::Limits {
                workers: now.limits.workers,
                ..new.limits.clone()
            } != now.limits,
        ),
        ("limits of clients", now.clients != new.clients),
        ("names in class CHAOS", now.identity != new.identity),
        ("--dry-run", now.dry_run != new.dry_run),
        ("--list", of_list(|now, new| now.source != new.source)),
        ("--trust", of_list(|now, new| now.trust != new.trust)),
        ("--data", of_list(|now, new| now.state_dir != new.state_dir)),
    ]
    .into_iter()
    .filter_map(|(name, differs)| differs.then_some(name))
}
