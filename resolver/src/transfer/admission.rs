//! Who may have the zone: networks, each alone or together with a key.

use std::{net::IpAddr, str::FromStr, sync::Arc};

use domain::tsig::Key;

use super::keys::Keys;
use crate::access::{AccessList, Prefix};

/// An address or a network with the key it has to use: `192.0.2.0/24`, or `isp-one@192.0.2.0/24`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Keyed<T> {
    /// The key's name in the key file; `None` where the address is enough.
    pub key: Option<String>,
    /// The address or network.
    pub place: T,
}

impl<T: FromStr> FromStr for Keyed<T> {
    type Err = T::Err;

    fn from_str(text: &str) -> Result<Self, T::Err> {
        let (key, place) = match text.rsplit_once('@') {
            Some((key, place)) => (Some(key.to_ascii_lowercase()), place),
            None => (None, text),
        };
        let place = place.parse()?;
        Ok(Self { key, place })
    }
}

/// A key that is named and not in the key file.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("no key is called `{name}`; {}", advice(.known))]
pub struct UnknownKey {
    name: String,
    known: Vec<String>,
}

fn advice(names: &[String]) -> String {
    if names.is_empty() {
        "the file with the keys is given with --transfer-keys".to_owned()
    } else {
        format!("the key file has {}", names.join(", "))
    }
}

impl<T> Keyed<T> {
    /// The key itself.
    pub fn find_key(&self, keys: &Keys) -> Result<Option<Arc<Key>>, UnknownKey> {
        let Some(name) = &self.key else {
            return Ok(None);
        };
        match keys.get(name) {
            Some(key) => Ok(Some(key.clone())),
            None => Err(UnknownKey {
                name: name.clone(),
                known: keys.names().map(str::to_owned).collect(),
            }),
        }
    }
}

/// Who may have the zone; by default this machine, without a key.
#[derive(Debug, Clone)]
pub struct Admission {
    rules: Vec<Rule>,
    keys: Keys,
}

#[derive(Debug, Clone)]
struct Rule {
    network: Prefix,
    key: Option<Arc<Key>>,
}

impl Admission {
    /// Admits each network that is named, with its key where one is named beside it.
    pub fn new(networks: &[Keyed<Prefix>], keys: Keys) -> Result<Self, UnknownKey> {
        let rule = |keyed: &Keyed<Prefix>| {
            Ok(Rule {
                network: keyed.place,
                key: keyed.find_key(&keys)?,
            })
        };
        let rules = networks.iter().map(rule).collect::<Result<_, _>>()?;
        Ok(Self { rules, keys })
    }

    /// The keys a signature may be made with.
    pub(super) fn keys(&self) -> &Keys {
        &self.keys
    }

    /// The first network that holds this address, by its place in the list; `None` where nobody at
    /// this address may have the zone, whatever the key.
    pub(super) fn network_of(&self, address: IpAddr) -> Option<usize> {
        let holds = |rule: &Rule| rule.network.contains(address);
        self.rules.iter().position(holds)
    }

    /// Whether a query from this address, signed with this key or not at all, is answered.
    pub(super) fn admits(&self, address: IpAddr, signed: Option<&Key>) -> bool {
        self.rules.iter().any(|rule| {
            let with_key = rule
                .key
                .as_ref()
                .is_none_or(|key| signed.is_some_and(|signed| signed.name() == key.name()));
            rule.network.contains(address) && with_key
        })
    }
}

impl Default for Admission {
    fn default() -> Self {
        AccessList::default().into()
    }
}

impl From<AccessList> for Admission {
    fn from(list: AccessList) -> Self {
        let rule = |&network: &Prefix| Rule { network, key: None };
        Self {
            rules: list.prefixes().iter().map(rule).collect(),
            keys: Keys::default(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_stands_before_the_network_it_is_for() {
        let keyed: Keyed<Prefix> = "ISP-One@192.0.2.0/24".parse().unwrap();
        assert_eq!(keyed.key.as_deref(), Some("isp-one"));
        let told: Keyed<std::net::SocketAddr> = "isp-one@[2001:db8::1]:53".parse().unwrap();
        assert_eq!(told.place.port(), 53);
        assert!("isp-one@".parse::<Keyed<Prefix>>().is_err());
        let unknown = Admission::new(&[keyed], Keys::default()).unwrap_err();
        assert!(unknown.to_string().contains("--transfer-keys"), "{unknown}");
    }

    #[test]
    fn a_network_with_a_key_admits_nobody_without_it() {
        let secret = "c2VjcmV0IG9mIHRoaXJ0eS10d28gb2N0ZXRzISEhISE=";
        let key = |name: &str| format!("key {name} {{ algorithm hmac-sha256; secret {secret}; }};");
        let keys = Keys::parse(&[key("one"), key("two")].concat()).unwrap();
        let (one, two) = (
            keys.get("one").unwrap().clone(),
            keys.get("two").unwrap().clone(),
        );
        let networks = ["one@192.0.2.0/24", "198.51.100.1"].map(|text| text.parse().unwrap());
        let admission = Admission::new(&networks, keys).unwrap();
        let from = |address: &str, key| admission.admits(address.parse().unwrap(), key);
        assert!(from("192.0.2.1", Some(&one)));
        assert!(!from("192.0.2.1", Some(&two)));
        assert!(!from("192.0.2.1", None));
        assert!(from("198.51.100.1", None) && from("198.51.100.1", Some(&two)));
        assert!(!from("203.0.113.1", Some(&one)));
        let network = |address: &str| admission.network_of(address.parse().unwrap());
        assert_eq!(network("198.51.100.1"), Some(1));
        assert_eq!(network("203.0.113.1"), None);
    }
}
