//! Names whose answers are known, asked of a running node as any client would: over UDP and TCP, with
//! the answers checked for all that a blocked name's answer has to be.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};

use super::{Control, exchange::ask, listings, mnemonic};
use crate::{
    answer::{EDE_OPTION, Ede},
    config::{BLOCK_TTL, BlockAction},
};
use blocklist::{DomainName, ListingId};
use hickory_proto::{
    op::{Message, ResponseCode},
    rr::{RData, rdata::opt::EdnsOption},
};
use serde::{Deserialize, Serialize};

/// The name that is asked where there is no publisher whose own it could be.
const ORDINARY: &str = "example.com";

/// What to ask a node for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Plan {
    /// Where it listens.
    pub servers: Vec<SocketAddr>,
    /// Whether it follows a national list.
    pub has_list: bool,
    /// A listed name, and its listing; `None` where nothing is listed.
    pub listed: Option<(DomainName, ListingId)>,
    /// The name for monitoring that is blocked.
    pub always_blocked: Option<DomainName>,
    /// The one that is not.
    pub never_blocked: Option<DomainName>,
    /// A name that cannot be listed.
    pub unlisted: Option<DomainName>,
    /// Whether blocked names exist and have no records, instead of not existing.
    pub no_data: bool,
}

/// How one check ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Verdict {
    /// As it should.
    Ok,
    /// Not as it should.
    Failed,
    /// There was nothing to check.
    Skipped,
}

/// One check.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Check {
    /// What was asked for: `listed`, `unlisted`, `always_blocked` or `never_blocked`.
    pub what: String,
    /// The name.
    pub name: Option<DomainName>,
    /// Whom.
    pub server: Option<SocketAddr>,
    /// Over `udp` or `tcp`.
    pub transport: Option<String>,
    /// How it ended.
    pub verdict: Verdict,
    /// What was seen, or what is wrong.
    pub words: String,
}

impl Control {
    /// Reads the node's own leaves: not to be called where others wait.
    pub(super) fn plan(&self) -> Plan {
        let policy = self.shared.policy.load_full();
        let mut listed = None;
        if let Some(state_dir) = self.state_dir.as_deref() {
            let found = listings::first(state_dir, |name| {
                let listing = policy.find_listed(&name.to_wire());
                listed = listing.map(|listing| (name.clone(), listing));
                listed.is_some()
            });
            if let Err(error) = found {
                tracing::warn!(%error, "this node's own copy of the log cannot be read");
            }
        }
        let monitoring = policy.monitoring();
        let never_blocked = monitoring.map(|names| names.never_blocked.clone());
        let publisher = never_blocked.as_ref().and_then(DomainName::parent);
        Plan {
            servers: self.addresses.iter().copied().map(reachable).collect(),
            has_list: self.state_dir.is_some(),
            listed,
            always_blocked: monitoring.map(|names| names.always_blocked.clone()),
            never_blocked,
            unlisted: publisher.or_else(ordinary),
            no_data: policy.settings().page.action() == BlockAction::NoData,
        }
    }
}

/// Where a client on this machine reaches an address that stands for all of them.
fn reachable(address: SocketAddr) -> SocketAddr {
    let ip = match address.ip() {
        IpAddr::V4(ip) if ip.is_unspecified() => Ipv4Addr::LOCALHOST.into(),
        IpAddr::V6(ip) if ip.is_unspecified() => Ipv6Addr::LOCALHOST.into(),
        ip => ip,
    };
    SocketAddr::new(ip, address.port())
}

fn ordinary() -> Option<DomainName> {
    DomainName::parse(ORDINARY).ok()
}

/// What an answer has to be.
#[derive(Clone, Copy)]
enum Wanted<'p> {
    Blocked(Option<&'p ListingId>),
    Open,
}

impl Plan {
    /// Asks for everything, one after the other. `also` are further names that must not be blocked.
    pub async fn run(&self, also: &[DomainName]) -> Vec<Check> {
        let mut checks = Vec::new();
        let listed = self.listed.as_ref();
        let asked = [
            (
                "listed",
                listed.map(|(name, _)| name),
                Wanted::Blocked(listed.map(|(_, listing)| listing)),
            ),
            (
                "always_blocked",
                self.always_blocked.as_ref(),
                Wanted::Blocked(None),
            ),
            ("never_blocked", self.never_blocked.as_ref(), Wanted::Open),
            ("unlisted", self.unlisted.as_ref(), Wanted::Open),
        ];
        let also = also
            .iter()
            .map(|name| ("unlisted", Some(name), Wanted::Open));
        for (what, name, wanted) in asked.into_iter().chain(also) {
            let Some(name) = name else {
                checks.push(self.skipped(what));
                continue;
            };
            for &server in &self.servers {
                for over_tcp in [false, true] {
                    let answer = ask(server, name, over_tcp).await;
                    let seen = answer.and_then(|answer| self.judge(&answer, wanted));
                    checks.push(check(what, name, server, over_tcp, seen));
                }
            }
        }
        checks
    }

    fn skipped(&self, what: &str) -> Check {
        let words = match (self.has_list, what) {
            (false, _) => "this node follows no list",
            (true, "listed") => "nothing is listed",
            (true, _) => "there is no release yet",
        };
        // A node that should have a list and has none does not do its work.
        let verdict = if self.has_list && what != "listed" {
            Verdict::Failed
        } else {
            Verdict::Skipped
        };
        Check {
            what: what.to_owned(),
            name: None,
            server: None,
            transport: None,
            verdict,
            words: words.to_owned(),
        }
    }

    /// What was seen, or what is wrong with it.
    fn judge(&self, answer: &Message, wanted: Wanted<'_>) -> Result<String, String> {
        let code = answer.metadata.response_code;
        let errors = extended_errors(answer);
        if code == ResponseCode::Refused {
            return Err("REFUSED: this machine may not ask here; see --allow".to_owned());
        }
        let ours = [Ede::Blocked, Ede::Censored, Ede::Filtered].map(|ede| ede as u16);
        match wanted {
            Wanted::Blocked(listing) => self.judge_blocked(answer, &errors, listing),
            Wanted::Open => match errors.iter().find(|(code, _)| ours.contains(code)) {
                Some((code, words)) => {
                    Err(format!("it is blocked: extended error {code}, {words}"))
                }
                None if matches!(code, ResponseCode::NoError | ResponseCode::NXDomain) => Ok(
                    format!("{}, {} records", mnemonic(code), answer.answers.len()),
                ),
                None => {
                    let why = errors.first().map(|(_, words)| format!(": {words}"));
                    Err(format!("{}{}", mnemonic(code), why.unwrap_or_default()))
                }
            },
        }
    }

    fn judge_blocked(
        &self,
        answer: &Message,
        errors: &[(u16, String)],
        listing: Option<&ListingId>,
    ) -> Result<String, String> {
        let head = &answer.metadata;
        let wanted = if self.no_data {
            ResponseCode::NoError
        } else {
            ResponseCode::NXDomain
        };
        let censored = Ede::Censored as u16;
        let Some((_, words)) = errors.iter().find(|(code, _)| *code == censored) else {
            let code = mnemonic(head.response_code);
            return Err(format!(
                "it is not blocked: {code} without extended error 16"
            ));
        };
        if head.response_code != wanted || !answer.answers.is_empty() {
            return Err(format!(
                "{} with {} records, where it should be {} without",
                mnemonic(head.response_code),
                answer.answers.len(),
                mnemonic(wanted)
            ));
        }
        if listing.is_some_and(|listing| !words.contains(listing.as_str())) {
            return Err(format!("extended error 16 names another listing: {words}"));
        }
        if head.authentic_data {
            return Err("AD is set: it says that this was proved".to_owned());
        }
        let lives = answer
            .authorities
            .iter()
            .find_map(|record| match &record.data {
                RData::SOA(soa) => Some(record.ttl.min(soa.minimum)),
                _ => None,
            });
        match lives {
            Some(lives) if lives <= BLOCK_TTL => Ok(format!(
                "{}, extended error 16, kept {lives} s at most",
                mnemonic(head.response_code)
            )),
            Some(lives) => Err(format!("clients keep it {lives} s, more than {BLOCK_TTL}")),
            None => Err("no SOA record says how long clients may keep it".to_owned()),
        }
    }
}

fn check(
    what: &str,
    name: &DomainName,
    server: SocketAddr,
    over_tcp: bool,
    seen: Result<String, String>,
) -> Check {
    let (verdict, words) = match seen {
        Ok(words) => (Verdict::Ok, words),
        Err(words) => (Verdict::Failed, words),
    };
    Check {
        what: what.to_owned(),
        name: Some(name.clone()),
        server: Some(server),
        transport: Some(if over_tcp { "tcp" } else { "udp" }.to_owned()),
        verdict,
        words,
    }
}

/// The extended errors of an answer: code and words.
fn extended_errors(answer: &Message) -> Vec<(u16, String)> {
    let edns = answer.edns.iter();
    edns.flat_map(|edns| edns.options().options.iter())
        .filter_map(|(_, option)| match option {
            EdnsOption::Unknown(EDE_OPTION, octets) => {
                let (code, words) = octets.split_first_chunk::<2>()?;
                let words = String::from_utf8_lossy(words).into_owned();
                Some((u16::from_be_bytes(*code), words))
            }
            _ => None,
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use hickory_proto::rr::Name;

    use super::*;
    use crate::control::exchange::query;

    fn plan() -> Plan {
        Plan {
            servers: vec![],
            has_list: true,
            listed: None,
            always_blocked: None,
            never_blocked: None,
            unlisted: ordinary(),
            no_data: false,
        }
    }

    fn answer(code: ResponseCode, ede: Option<(u16, &str)>, ttl: Option<u32>) -> Message {
        let mut answer = query(&ordinary().unwrap()).unwrap();
        answer.metadata.response_code = code;
        if let (Some((code, words)), Some(edns)) = (ede, &mut answer.edns) {
            let octets = [&code.to_be_bytes()[..], words.as_bytes()].concat();
            let option = EdnsOption::Unknown(EDE_OPTION, octets);
            edns.options_mut().insert(option);
        }
        if let Some(ttl) = ttl {
            let apex = Name::from_ascii("rpz.test.").unwrap();
            let soa =
                hickory_proto::rr::rdata::SOA::new(apex.clone(), apex.clone(), 1, 1, 1, 1, ttl);
            answer
                .authorities
                .push(hickory_proto::rr::Record::from_rdata(
                    apex,
                    ttl,
                    RData::SOA(soa),
                ));
        }
        answer
    }

    #[test]
    fn a_blocked_answer_is_judged_by_all_that_it_has_to_be() {
        let listing = ListingId::new(2026, 1).unwrap();
        let ede = Some((16, "Q-2026-000001 https://x/"));
        let nx = ResponseCode::NXDomain;
        let judge = |answer: &Message| plan().judge(answer, Wanted::Blocked(Some(&listing)));
        judge(&answer(nx, ede, Some(60))).unwrap();
        let mut proved = answer(nx, ede, Some(60));
        proved.metadata.authentic_data = true;
        for (answer, words) in [
            (answer(nx, None, Some(60)), "not blocked"),
            (answer(nx, Some((15, "x")), Some(60)), "not blocked"),
            (answer(ResponseCode::NoError, ede, Some(60)), "should be"),
            (
                answer(nx, Some((16, "Q-2026-000002")), Some(60)),
                "another listing",
            ),
            (answer(nx, ede, Some(61)), "more than 60"),
            (answer(nx, ede, None), "no SOA"),
            (answer(ResponseCode::Refused, None, None), "--allow"),
            (proved, "AD is set"),
        ] {
            let wrong = judge(&answer).unwrap_err();
            assert!(wrong.contains(words), "{wrong}");
        }
    }

    #[test]
    fn an_open_answer_is_not_blocked_by_anybody() {
        let judge = |answer: &Message| plan().judge(answer, Wanted::Open);
        judge(&answer(ResponseCode::NoError, None, None)).unwrap();
        judge(&answer(ResponseCode::NXDomain, None, None)).unwrap();
        for (answer, words) in [
            (
                answer(ResponseCode::NXDomain, Some((15, "zone x")), None),
                "zone x",
            ),
            (
                answer(ResponseCode::ServFail, Some((22, "silence")), None),
                "silence",
            ),
        ] {
            let wrong = judge(&answer).unwrap_err();
            assert!(wrong.contains(words), "{wrong}");
        }
    }
}
