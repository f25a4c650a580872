//! A hundred names somebody might try to list, by mistake or by design, and what stops each; and
//! names that look like them and must stay free.

use blocklist::{
    Scope::{self, Host, Subtree},
    guard::{
        Relation::{self, Above, Below, Same},
        Tier::{self, Never, Raised},
    },
};

/// The service's own domain in these tests.
pub(crate) const OWN: &str = "qalqan.kz";

/// What the register in the log names: host, basis, term.
pub(crate) const REGISTER: [(&str, &str, &str); 5] = [
    (
        "jaqsy-birja.kz",
        "register",
        r#""valid_from":"2020-01-01","#,
    ),
    (
        "eski-birja.kz",
        "register",
        r#""valid_from":"2020-01-01","valid_to":"2021-01-01","#,
    ),
    ("hat-birja.kz", "letter", ""),
    ("sayt-birja.kz", "secondary", ""),
    (
        "eurasia.bolshaya-birja.com",
        "register",
        r#""valid_from":"2020-01-01","#,
    ),
];

/// Names with one fate: the list that stops them, how strictly, how they stand to the protected
/// name, the scope they are tried with, and how people write them.
pub(crate) struct Traps {
    pub(crate) list: &'static str,
    pub(crate) tier: Tier,
    pub(crate) relation: Relation,
    pub(crate) scope: Scope,
    pub(crate) names: &'static [&'static str],
}

const fn traps(
    list: &'static str,
    tier: Tier,
    relation: Relation,
    scope: Scope,
    names: &'static [&'static str],
) -> Traps {
    Traps {
        list,
        tier,
        relation,
        scope,
        names,
    }
}

pub(crate) const GUARDED: &[Traps] = &[
    traps(
        "floor/public-suffix",
        Never,
        Same,
        Subtree,
        &[
            "kz",
            "COM.KZ",
            "org.kz.",
            "gov.kz",
            "қаз",
            "XN--80AO21A",
            "ҚАЗ.",
            "ｋｚ",
            "co.uk",
            "github.io",
            "netlify.app",
            "pages.dev",
            "workers.dev",
            "myshopify.com",
            "s3.amazonaws.com",
            "akamaized.net",
            "test",
            "localhost",
        ],
    ),
    traps(
        "floor/special-use",
        Never,
        Same,
        Host,
        &[
            "obmen.test",
            "obmen.example",
            "router.local",
            "obmen.onion",
            "db.internal",
        ],
    ),
    traps(
        "floor/state",
        Never,
        Same,
        Host,
        &["egov.kz", "nationalbank.kz", "Adilet.Zan.kz"],
    ),
    traps(
        "floor/state",
        Never,
        Below,
        Subtree,
        &[
            "pki.gov.kz",
            "afm.gov.kz",
            "idp.egov.kz.",
            "publicreg.myafsa.com",
            "office.sud.kz",
            "ns.nic.kz",
        ],
    ),
    traps("kz-state", Never, Same, Host, &["elicense.kz", "kase.kz"]),
    traps(
        "kz-state",
        Never,
        Below,
        Host,
        &["www.enpf.kz", "new.zan.kz"],
    ),
    traps(
        "kz-banks",
        Never,
        Same,
        Subtree,
        &[
            "kaspi.kz",
            "KASPI.KZ",
            "kaspi.kz.",
            "ｋａｓｐｉ．ｋｚ",
            "kaspi。kz",
            "kas\u{ad}pi.kz",
            "ⓚaspi.kz",
            " halykbank.kz ",
            "bcc.kz",
            "alataucitybank.kz",
        ],
    ),
    traps(
        "kz-banks",
        Never,
        Below,
        Host,
        &[
            "guide.kaspi.kz",
            "www.homebank.kz",
            "epay.kkb.kz",
            "a.b.c.forte.kz",
        ],
    ),
    traps(
        "kz-payments",
        Never,
        Below,
        Host,
        &["www.post.kz", "developer.visa.com"],
    ),
    traps(
        "kz-telecom",
        Never,
        Below,
        Host,
        &["ns1.ps.kz", "webmail.telecom.kz"],
    ),
    traps(
        "floor/dns",
        Never,
        Below,
        Host,
        &[
            "a.root-servers.net",
            "e.gtld-servers.net",
            "1.0.0.127.in-addr.arpa",
        ],
    ),
    traps(
        "dns",
        Never,
        Below,
        Host,
        &["pdns1.ultradns.net", "ns1.he.net", "amy.ns.cloudflare.com"],
    ),
    traps(
        "floor/trust",
        Never,
        Below,
        Host,
        &["r3.o.lencr.org", "ctldl.windowsupdate.com"],
    ),
    traps(
        "trust-services",
        Never,
        Below,
        Host,
        &["ocsp.sectigo.com", "pool.ntp.org"],
    ),
    traps(
        "trust-services",
        Never,
        Same,
        Host,
        &["time.google.com", "ocsp.apple.com"],
    ),
    traps(
        "email",
        Never,
        Below,
        Host,
        &["smtp.gmail.com", "mx1.protonmail.com"],
    ),
    traps(
        "floor/shared",
        Never,
        Same,
        Subtree,
        &[
            "cloudflare.com",
            "amazonaws.com",
            "wordpress.com",
            "tilda.ws",
            "drive.google.com",
            "t.me",
            "github.com",
        ],
    ),
    traps(
        "shared-hosting",
        Never,
        Same,
        Subtree,
        &["wix.com", "bit.ly", "gitlab.com", "docs.google.com"],
    ),
    traps(
        "cdn-cloud",
        Never,
        Same,
        Subtree,
        &["b-cdn.net", "storage.googleapis.com"],
    ),
    traps(
        "platforms",
        Never,
        Below,
        Host,
        &["web.telegram.org", "web.whatsapp.com", "kk.wikipedia.org"],
    ),
    traps("platforms", Never, Same, Host, &["play.google.com"]),
    traps(
        "brands",
        Raised,
        Below,
        Host,
        &["mail.vk.com", "gist.github.com"],
    ),
    traps("kz-sites", Raised, Same, Host, &["olx.kz"]),
    traps("top-sites", Raised, Same, Subtree, &["adobe.com"]),
    traps("top-sites", Raised, Below, Host, &["www.bbc.co.uk"]),
    traps("floor/own", Never, Same, Host, &["qalqan.kz"]),
    traps("floor/own", Never, Below, Host, &["rpz.qalqan.kz"]),
    // A register row protects its host on any basis, live or ended, and what stands below it.
    traps(
        "register/afsa-demo",
        Never,
        Same,
        Host,
        &[
            "jaqsy-birja.kz",
            "eski-birja.kz",
            "hat-birja.kz",
            "sayt-birja.kz",
            "Eurasia.Bolshaya-Birja.com.",
        ],
    ),
    traps(
        "register/afsa-demo",
        Never,
        Below,
        Host,
        &["p2p.jaqsy-birja.kz", "www.eski-birja.kz"],
    ),
    // A subtree that holds a protected name.
    traps(
        "register/afsa-demo",
        Never,
        Above,
        Subtree,
        &["bolshaya-birja.com"],
    ),
];

/// What is no name at all: it never gets as far as a guard.
pub(crate) const MALFORMED: &[&str] = &[
    "",
    ".",
    "*.kaspi.kz",
    "kaspi..kz",
    ".kaspi.kz",
    "kaspi.kz..",
    "kaspi kz",
    "https://kaspi.kz/",
    "kaspi.kz:443",
    "user@kaspi.kz",
    "kaspi.kz/pay",
    "kaspi\u{0}.kz",
    "kaspi\u{1b}[2J.kz",
    "\u{202e}zk.ipsak",
    "xn--zz.kz",
    "127.0.0.1",
    "2130706433",
    "0x7f.1",
    "[::1]",
    "::ffff:127.0.0.1",
];

/// Names that must stay free: children of shared parents, namesakes, imitations.
pub(crate) const FREE: &[(&str, Scope)] = &[
    ("obmen.kz", Subtree),
    ("obmen.com.kz", Subtree),
    ("айырбас.қаз", Subtree),
    ("obmen.github.io", Subtree),
    ("obmen.netlify.app", Subtree),
    ("obmen.pages.dev", Host),
    ("obmen.wordpress.com", Subtree),
    ("obmen.blogspot.com", Host),
    ("obmen.tilda.ws", Host),
    ("obmen.wixsite.com", Host),
    ("obmen.wix.com", Host),
    ("obmen.b-cdn.net", Host),
    ("obmen.s3.amazonaws.com", Host),
    ("obmen.azurewebsites.net", Host),
    ("obmen.narod.ru", Subtree),
    ("obmen.medium.com", Host),
    ("kaspi-obmen.com", Subtree),
    ("obmen-kaspi.kz", Subtree),
    ("notkaspi.kz", Subtree),
    ("kaspi.kz.obmen.com", Subtree),
    ("kaspi.com.kz", Subtree),
    ("halykbank.com", Subtree),
    ("egov.kz.login-page.com", Subtree),
    ("egov-kz.com", Host),
    ("telegram-obmen.org", Subtree),
    ("t-me.com", Subtree),
    ("jaqsy-birja.com", Subtree),
    ("birja.kz", Subtree),
    ("bolshaya-birja.com", Host),
    ("asia.bolshaya-birja.com", Subtree),
    // The first letter is Cyrillic: another name, and one that imitates.
    ("каspi.kz", Subtree),
    ("qalqan.com", Subtree),
];
