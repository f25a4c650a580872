//! What a scrape shows of answering: sums over workers, what is remembered, how upstreams and the
//! operator's zones fare. Nothing of it is about a client or a name.

use std::{collections::BTreeMap, sync::Arc};

use crate::{
    fast::{Fast, counters::Counters},
    metrics::Page,
    policy::PolicyCell,
    upstream::UpstreamsCell,
};

/// What is looked at.
#[derive(Clone)]
pub(crate) struct Observed {
    /// One for each worker.
    pub(crate) udp: Vec<Arc<Counters>>,
    pub(crate) tcp: Arc<Counters>,
    pub(crate) fast: Arc<Fast>,
    pub(crate) upstreams: UpstreamsCell,
    pub(crate) policy: Arc<PolicyCell>,
}

impl Observed {
    /// Writes what docs/isp/watching.md lists.
    pub(crate) fn write_metrics(&self, page: &mut Page) {
        self.write_queries(page);
        self.write_cache(page);
        self.write_upstreams(page);
        self.write_zones(page);
    }

    fn write_queries(&self, page: &mut Page) {
        page.head(
            "qalqan_dns_queries_total",
            "Messages read, by what became of them.",
            "counter",
        );
        let udp: Vec<&Counters> = self.udp.iter().map(AsRef::as_ref).collect();
        for (transport, counters) in [("udp", &udp[..]), ("tcp", &[&*self.tcp])] {
            let sum = |of: fn(&Counters) -> u64| counters.iter().map(|counted| of(counted)).sum();
            let results: [(&str, u64); 11] = [
                ("refused", sum(|counted| counted.refused.get())),
                ("blocked", sum(|counted| counted.blocked.get())),
                ("own_rule", sum(|counted| counted.ruled.get())),
                ("cached", sum(|counted| counted.cached.get())),
                ("asked", sum(|counted| counted.asked.get())),
                ("overloaded", sum(|counted| counted.overloaded.get())),
                ("capped", sum(|counted| counted.capped.get())),
                ("slipped", sum(|counted| counted.slipped.get())),
                ("limited", sum(|counted| counted.limited.get())),
                ("full_path", sum(|counted| counted.handed.get())),
                ("dropped", sum(|counted| counted.dropped.get())),
            ];
            for (result, count) in results {
                let labels = [("transport", transport), ("result", result)];
                page.sample("qalqan_dns_queries_total", &labels, count);
            }
        }
    }

    fn write_cache(&self, page: &mut Page) {
        let stats = self.fast.cache.stats();
        page.gauge(
            "qalqan_cache_entries",
            "Answers that are remembered.",
            stats.entries,
        );
        page.gauge(
            "qalqan_cache_octets",
            "Memory they take, their table among it.",
            stats.octets,
        );
        page.counter(
            "qalqan_cache_evictions_total",
            "Answers driven out by others.",
            stats.evictions,
        );
    }

    fn write_upstreams(&self, page: &mut Page) {
        let all = self.upstreams.load().snapshot();
        let names: Vec<String> = all.iter().map(ToString::to_string).collect();
        let mut each = |name: &str, help: &str, kind: &str, of: &dyn Fn(usize) -> Option<f64>| {
            page.head(name, help, kind);
            for (place, upstream) in names.iter().enumerate() {
                if let Some(value) = of(place) {
                    page.sample(name, &[("upstream", upstream)], value);
                }
            }
        };
        let count = |place: usize, of: fn(&crate::UpstreamSnapshot) -> u64| {
            all.get(place).map(|upstream| of(upstream) as f64)
        };
        each(
            "qalqan_upstream_queries_total",
            "Queries sent, over any transport.",
            "counter",
            &|place| count(place, |upstream| upstream.queries + upstream.streams),
        );
        each(
            "qalqan_upstream_answers_total",
            "Answers to them.",
            "counter",
            &|place| count(place, |upstream| upstream.answers),
        );
        each(
            "qalqan_upstream_timeouts_total",
            "Queries that were not answered in time.",
            "counter",
            &|place| count(place, |upstream| upstream.timeouts),
        );
        each(
            "qalqan_upstream_wrong_total",
            "Messages that were no answer to what was asked: damaged, late or forged.",
            "counter",
            &|place| count(place, |upstream| upstream.wrong + upstream.strangers),
        );
        each(
            "qalqan_upstream_round_trip_seconds",
            "What an answer takes, smoothed.",
            "gauge",
            &|place| Some(all.get(place)?.round_trip?.as_secs_f64()),
        );
        each(
            "qalqan_upstream_resting",
            "Whether it is passed over because it did not answer.",
            "gauge",
            &|place| count(place, |upstream| u64::from(upstream.is_resting)),
        );
    }

    fn write_zones(&self, page: &mut Page) {
        let policy = self.policy.load_full();
        let zones = policy.zones();
        if zones.is_empty() {
            return;
        }
        page.head(
            "qalqan_policy_rules",
            "Rules of an operator's zone in force.",
            "gauge",
        );
        for zone in zones.iter() {
            page.sample(
                "qalqan_policy_rules",
                &[("zone", zone.name())],
                zone.rules(),
            );
        }
        page.head(
            "qalqan_policy_queries_total",
            "Queries that met a rule, by its action; of a zone in shadow, that would have.",
            "counter",
        );
        for zone in zones.iter() {
            let mut actions = BTreeMap::<_, u64>::new();
            for (action, count) in zone.counts() {
                *actions.entry(action).or_default() += count;
            }
            for (action, count) in actions {
                let shadow = if zone.is_shadow() { "1" } else { "0" };
                let labels = [
                    ("zone", zone.name()),
                    ("action", action),
                    ("shadow", shadow),
                ];
                page.sample("qalqan_policy_queries_total", &labels, count);
            }
        }
        page.gauge(
            "qalqan_policy_files_refused",
            "Files that cannot be taken as they are now; what was read of them before is in force.",
            zones.troubles().len(),
        );
    }
}
