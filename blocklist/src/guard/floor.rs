//! The floor of the guard: compiled in, so that no log and no two admins can remove it. It is part
//! of what the fold yields; changing it takes the next `FOLD_VERSION`.

use super::{GuardList, Reach, Tier};
use crate::DomainName;

/// The lists of the floor that are the same for every log.
pub fn lists() -> Vec<GuardList> {
    let list = |name: &str, reach, reason: &str, names| GuardList {
        list: name.into(),
        tier: Tier::Never,
        reach,
        reason: reason.into(),
        names,
    };
    let names = |texts: &[&str]| {
        texts
            .iter()
            .filter_map(|text| DomainName::parse(text).ok())
            .collect()
    };
    let mut lists: Vec<_> = FLOOR_TREE
        .iter()
        .map(|(name, reason, texts)| list(name, Reach::Tree, reason, names(texts)))
        .collect();
    lists.push(list(
        "floor/shared",
        Reach::Host,
        "a shared parent: many unrelated hosts stand below it",
        names(FLOOR_HOST),
    ));
    lists
}

/// The service's own name, which guards itself.
pub(crate) fn own(public_domain: &DomainName) -> GuardList {
    GuardList {
        list: "floor/own".into(),
        tier: Tier::Never,
        reach: Reach::Tree,
        reason: "the name under which this service explains itself".into(),
        names: vec![public_domain.clone()],
    }
}

/// Floor: protected with everything below.
const FLOOR_TREE: &[(&str, &str, &[&str])] = &[
    (
        "floor/state",
        "bodies of the Republic of Kazakhstan",
        &[
            "gov.kz",
            "mil.kz",
            "edu.kz",
            "xn--80a1acny.xn--80ao21a",
            "egov.kz",
            "adilet.zan.kz",
            "nationalbank.kz",
            "afsa.kz",
            "afsa.aifc.kz",
            "myafsa.com",
            "aifc.kz",
            "akorda.kz",
            "parlam.kz",
            "sud.kz",
            "nic.kz",
        ],
    ),
    (
        "floor/dns",
        "name servers and registries that other names depend on",
        &[
            "arpa",
            "root-servers.net",
            "gtld-servers.net",
            "iana.org",
            "icann.org",
            "dns.google",
            "one.one.one.one",
            "cloudflare-dns.com",
            "quad9.net",
            "opendns.com",
        ],
    ),
    (
        "floor/trust",
        "certificate and update services",
        &[
            "letsencrypt.org",
            "lencr.org",
            "digicert.com",
            "globalsign.com",
            "windowsupdate.com",
            "debian.org",
        ],
    ),
];

/// Floor: shared parents, whose hosts below belong to many.
const FLOOR_HOST: &[&str] = &[
    "cloudflare.com",
    "cloudflare.net",
    "akamai.net",
    "akamaiedge.net",
    "edgekey.net",
    "fastly.net",
    "cloudfront.net",
    "amazonaws.com",
    "azureedge.net",
    "azure.com",
    "googleapis.com",
    "googleusercontent.com",
    "gstatic.com",
    "google.com",
    "drive.google.com",
    "github.io",
    "github.com",
    "wordpress.com",
    "blogspot.com",
    "tilda.ws",
    "wixsite.com",
    "t.me",
    "telegram.org",
    "whatsapp.com",
    "wa.me",
    "yandex.net",
    "vk.com",
    "mail.ru",
];

/// Names that DNS treats specially (RFC 6761 and its kin); outside a demonstration none can be listed.
pub const SPECIAL_USE: &[&str] = &[
    "test",
    "example",
    "invalid",
    "localhost",
    "local",
    "onion",
    "internal",
    "alt",
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_floor_name_is_well_formed_and_stands_once() {
        let written = FLOOR_TREE.iter().map(|(_, _, names)| names.len());
        let written = written.sum::<usize>() + FLOOR_HOST.len();
        let mut names: Vec<_> = lists().into_iter().flat_map(|list| list.names).collect();
        names.sort();
        names.dedup();
        assert_eq!(names.len(), written);
    }
}
