//! The floor of the guard: compiled in, so that no log and no two admins can remove it. It is part
//! of what the fold yields; changing it takes the next `FOLD_VERSION`.

/// Floor: protected with everything below.
pub(super) const FLOOR_TREE: &[(&str, &str, &[&str])] = &[
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
pub(super) const FLOOR_HOST: &[&str] = &[
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
pub(super) const SPECIAL_USE: &[&str] = &[
    "test",
    "example",
    "invalid",
    "localhost",
    "local",
    "onion",
    "internal",
    "alt",
];
