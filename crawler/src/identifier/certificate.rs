//! The certificate a site is served under: the hash of its public key, and the names it is for.
//!
//! A key is the identifier, not the certificate: certificates are renewed every few weeks. Only what
//! passed the checks of the TLS client comes here, so whoever serves the site holds that key and
//! somebody vouched for the name. Content networks and hosts of many put their customers under one
//! key; such a certificate says who serves the site, not who runs it.

use std::collections::BTreeSet;

use blocklist::DomainName;
use rustls::pki_types::CertificateDer;
use sha2::{Digest, Sha256};
use webpki::EndEntityCert;

use crate::hex;

/// Registrable domains that one operator's certificate names at most.
pub const MAX_DOMAINS: usize = 5;

/// What a certificate says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Certificate {
    /// Hex SHA-256 of the SubjectPublicKeyInfo (RFC 7469 section 2.4 hashes the same octets).
    pub key: String,
    /// The DNS names it is for (RFC 5280 section 4.2.1.6), lower case, as they stand in it.
    pub names: Vec<String>,
}

/// Why a certificate says nothing about who runs a site.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Shared {
    /// It names more registrable domains than one operator's would.
    #[error("it names {0} registrable domains, and one operator's at most {MAX_DOMAINS}")]
    Domains(usize),
    /// It reaches the site only by a wildcard of a name under which others may have sites.
    #[error("it covers this site only by *.{0}, under which others may have sites")]
    Wildcard(String),
}

/// Reads a certificate in DER.
///
/// # Errors
/// When it is not an X.509 certificate of version 3.
pub fn read(der: &[u8]) -> Result<Certificate, webpki::Error> {
    let der = CertificateDer::from(der);
    let certificate = EndEntityCert::try_from(&der)?;
    let key = Sha256::digest(certificate.subject_public_key_info());
    Ok(Certificate {
        key: hex(&key),
        names: certificate
            .valid_dns_names()
            .map(str::to_ascii_lowercase)
            .collect(),
    })
}

impl Certificate {
    /// The registrable domains among its names; a public suffix, of which there is a wildcard, is one.
    #[must_use]
    pub fn domains(&self) -> BTreeSet<DomainName> {
        let names = self.names.iter().filter_map(|name| {
            let base = DomainName::parse(name.strip_prefix("*.").unwrap_or(name)).ok()?;
            Some(base.registrable().unwrap_or(base))
        });
        names.collect()
    }

    /// Why it says nothing about who runs `host`, if so.
    #[must_use]
    pub fn shared(&self, host: &DomainName) -> Option<Shared> {
        let domains = self.domains().len();
        if domains > MAX_DOMAINS {
            return Some(Shared::Domains(domains));
        }
        if self.names.iter().any(|name| name == host.as_str()) {
            return None;
        }
        // `*.shop.example` covers everybody's shop; `*.bir.example` on `www.bir.example` is Bir's own.
        let parent = host.parent()?;
        let own =
            host.labels().next() == Some("www") && parent.registrable().as_ref() == Some(&parent);
        (!own).then(|| Shared::Wildcard(parent.to_string()))
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn of(names: &[&str]) -> Certificate {
        Certificate {
            key: String::new(),
            names: names.iter().map(|name| (*name).to_owned()).collect(),
        }
    }

    fn shared(names: &[&str], host: &str) -> Option<Shared> {
        of(names).shared(&DomainName::parse(host).unwrap())
    }

    #[test]
    fn the_key_and_the_names_are_read() {
        let names = ["bir.kz", "*.bir.kz", "eki.kz"].map(str::to_owned);
        let key = rcgen::KeyPair::generate().unwrap();
        let parameters = rcgen::CertificateParams::new(names.clone()).unwrap();
        let signed = parameters.self_signed(&key).unwrap();
        let read = read(signed.der()).unwrap();
        assert_eq!(read.names, names);
        // The same key under another certificate is the same identifier; another key is not.
        let spki = rcgen::PublicKeyData::subject_public_key_info(&key);
        assert_eq!(read.key, hex(&Sha256::digest(spki)));
    }

    #[test]
    fn certificates_of_many_say_nothing() {
        assert_eq!(shared(&["bir.kz", "*.bir.kz"], "bir.kz"), None);
        assert_eq!(shared(&["bir.kz", "eki.kz", "ush.com"], "eki.kz"), None);
        // Many names of one domain are one domain.
        let own: Vec<String> = (0..60).map(|n| format!("s{n}.bir.kz")).collect();
        let own: Vec<&str> = own.iter().map(String::as_str).collect();
        assert_eq!(shared(&own, "s7.bir.kz"), None);

        let many = ["cdn.net", "a.kz", "b.kz", "c.com", "d.org", "www.e.ru"];
        assert_eq!(shared(&many, "a.kz"), Some(Shared::Domains(6)));
        assert_eq!(shared(&many[1..], "a.kz"), None);
    }

    #[test]
    fn a_wildcard_over_other_peoples_sites_says_nothing() {
        let over = |name: &str| Some(Shared::Wildcard(name.to_owned()));
        assert_eq!(
            shared(&["shop.kz", "*.shop.kz"], "bir.shop.kz"),
            over("shop.kz")
        );
        assert_eq!(
            shared(&["*.github.io", "github.io"], "www.github.io"),
            over("github.io")
        );
        assert_eq!(shared(&["*.shop.kz"], "www.shop.kz"), None);
    }

    proptest! {
        /// Whatever a server sends, however cut or bent.
        #[test]
        fn any_bytes_are_read_or_refused(at in 0_usize..400, byte: u8, cut in 0_usize..400, noise: Vec<u8>) {
            let _ = read(&noise);
            let key = rcgen::KeyPair::generate().unwrap();
            let mut der = rcgen::CertificateParams::new(["bir.kz".to_owned()])
                .unwrap().self_signed(&key).unwrap().der().to_vec();
            if let Some(place) = der.get_mut(at) {
                *place = byte;
            }
            der.truncate(der.len().saturating_sub(cut));
            let _ = read(&der);
        }
    }
}
