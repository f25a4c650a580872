//! What a scrape shows of answering: sums over workers, what is remembered, how upstreams and the
//! operator's zones fare. Nothing of it is about a client or a name.

use std::{collections::BTreeMap, sync::Arc};

use crate::{
    fast::{
        Fast,
        answered::{Answered, BOUNDS},
        counters::Counters,
    },
    metrics::Page,
    policy::PolicyCell,
    upstream::UpstreamsCell,
};

/// Names of the codes that answers say (RFC 1035 §4.1.1), in order; the rest are one.
const CODES: [&str; 6] = [
    "noerror", "formerr", "servfail", "nxdomain", "notimp", "refused",
];

/// Picks answers of one kind.
type Of = fn(&Counters) -> &Answered;

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
        self.write_codes(page);
        self.write_times(page);
        self.write_cache(page);
        self.write_upstreams(page);
        self.write_zones(page);
        let name = "qalqan_build_info";
        page.head(name, "Which program runs; always 1.", "gauge");
        page.sample(name, &[("version", env!("CARGO_PKG_VERSION"))], 1);
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

    fn write_codes(&self, page: &mut Page) {
        let name = "qalqan_dns_answers_total";
        page.head(name, "Answers sent, by their code.", "counter");
        let udp: Vec<&Counters> = self.udp.iter().map(AsRef::as_ref).collect();
        for (transport, counters) in [("udp", &udp[..]), ("tcp", &[&*self.tcp])] {
            let all = counters
                .iter()
                .flat_map(|counted| [&counted.at_once, &counted.later]);
            let mut codes = [0; CODES.len() + 1];
            for (code, count) in all.flat_map(|one| one.codes().into_iter().enumerate()) {
                codes[code.min(CODES.len())] += count;
            }
            for (code, count) in CODES.into_iter().chain(["other"]).zip(codes) {
                page.sample(name, &[("transport", transport), ("rcode", code)], count);
            }
        }
    }

    fn write_times(&self, page: &mut Page) {
        let name = "qalqan_dns_answer_seconds";
        page.head(
            name,
            "From reading a datagram to its answer: at once (a sample) or later.",
            "histogram",
        );
        let paths: [(&str, Of); 2] = [
            ("at_once", |counted| &counted.at_once),
            ("later", |counted| &counted.later),
        ];
        for (path, of) in paths {
            let mut classes = [0; BOUNDS.len() + 1];
            let mut seconds = 0.0;
            for counted in &self.udp {
                let (read, more) = of(counted).times.read();
                for (class, count) in classes.iter_mut().zip(read) {
                    *class += count;
                }
                seconds += more;
            }
            let bounds = BOUNDS
                .iter()
                .map(|micros| (*micros as f64 / 1e6).to_string());
            let mut so_far = 0;
            for (bound, count) in bounds.chain(["+Inf".into()]).zip(classes) {
                so_far += count;
                let labels = [("path", path), ("le", &*bound)];
                page.sample(&format!("{name}_bucket"), &labels, so_far);
            }
            page.sample(&format!("{name}_sum"), &[("path", path)], seconds);
            page.sample(&format!("{name}_count"), &[("path", path)], so_far);
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
        page.counter(
            "qalqan_cache_stale_total",
            "Answers given past their life, because upstreams fail.",
            stats.stale,
        );
        let all = self.udp.iter().chain([&self.tcp]);
        page.counter(
            "qalqan_cache_prefetched_total",
            "Answers asked for anew ahead of their end.",
            all.map(|counted| counted.prefetched.get()).sum::<u64>(),
        );
    }

    fn write_upstreams(&self, page: &mut Page) {
        let upstreams = self.upstreams.load();
        page.gauge(
            "qalqan_upstream_in_flight",
            "Questions that upstreams have not answered yet.",
            upstreams.in_flight(),
        );
        let all = upstreams.snapshot();
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
