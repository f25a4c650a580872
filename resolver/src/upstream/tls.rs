//! Who an upstream over TLS has to prove to be (RFC 7858, strict: RFC 8310 §5). There is no way round
//! it: without proof there is no connection, and never a plain one instead.

use std::{io, sync::Arc};

use rustls::{
    ClientConfig, RootCertStore,
    crypto::CryptoProvider,
    pki_types::{CertificateDer, ServerName, pem::PemObject},
};
use tokio::net::TcpStream;
use tokio_rustls::{TlsConnector, client::TlsStream};

use crate::{config::Tls, error::UpstreamError};

/// What the other side is checked against.
pub(super) struct Proof {
    connector: TlsConnector,
    name: ServerName<'static>,
}

impl Proof {
    /// Reads the authorities.
    ///
    /// # Errors
    /// A name that no certificate can carry, and a file that cannot be read or holds none.
    pub(super) fn new(tls: &Tls) -> Result<Self, UpstreamError> {
        let name = ServerName::try_from(tls.name.clone())
            .map_err(|_| UpstreamError::TlsName(tls.name.clone()))?;
        let failed = |error: rustls::Error| UpstreamError::Tls(error.to_string());
        let provider: Arc<CryptoProvider> = rustls::crypto::ring::default_provider().into();
        let builder = ClientConfig::builder_with_provider(provider.clone())
            .with_safe_default_protocol_versions()
            .map_err(failed)?;
        let config = match &tls.authorities {
            Some(path) => {
                let unreadable = |reason: String| UpstreamError::Authorities {
                    path: path.clone(),
                    reason,
                };
                let mut roots = RootCertStore::empty();
                let certificates = CertificateDer::pem_file_iter(path)
                    .map_err(|error| unreadable(error.to_string()))?;
                for certificate in certificates {
                    let certificate = certificate.map_err(|error| unreadable(error.to_string()))?;
                    roots
                        .add(certificate)
                        .map_err(|error| unreadable(error.to_string()))?;
                }
                if roots.is_empty() {
                    return Err(unreadable("it holds no certificate".into()));
                }
                builder.with_root_certificates(roots).with_no_client_auth()
            }
            None => {
                let machine = rustls_platform_verifier::Verifier::new(provider).map_err(failed)?;
                builder
                    .dangerous()
                    .with_custom_certificate_verifier(Arc::new(machine))
                    .with_no_client_auth()
            }
        };
        Ok(Self {
            connector: TlsConnector::from(Arc::new(config)),
            name,
        })
    }

    /// Speaks TLS over a connection once the other side has proven its name.
    ///
    /// # Errors
    /// It has not, or does not speak TLS.
    pub(super) async fn connect(&self, tcp: TcpStream) -> io::Result<TlsStream<TcpStream>> {
        self.connector.connect(self.name.clone(), tcp).await
    }
}
