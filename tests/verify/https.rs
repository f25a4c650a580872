//! A web server over TLS for release directories, under an authority that only tests know.

use std::{
    fs,
    io::{BufRead as _, BufReader, Write as _},
    net::{SocketAddr, TcpListener, TcpStream},
    path::{Component, Path},
    sync::{Arc, OnceLock},
    thread,
};

use base64::{Engine as _, engine::general_purpose::STANDARD};
use rcgen::{
    BasicConstraints, CertificateParams, CertifiedIssuer, DnType, ExtendedKeyUsagePurpose, IsCa,
    KeyPair, KeyUsagePurpose,
};
use rustls::{
    ServerConfig, ServerConnection, StreamOwned,
    crypto::ring,
    pki_types::{CertificateDer, PrivatePkcs8KeyDer},
};

/// Serves what lies below the folder of temporary files, for as long as the tests run.
pub(crate) struct Https {
    address: SocketAddr,
    /// The certificate of its authority, as `SSL_CERT_FILE` takes it.
    pub(crate) authority: String,
}

/// The one server of this process.
pub(crate) fn server() -> &'static Https {
    static SERVER: OnceLock<Https> = OnceLock::new();
    SERVER.get_or_init(start)
}

impl Https {
    /// The address of a folder below the one for temporary files.
    pub(crate) fn base(&self, folder: &Path) -> String {
        format!("https://{}{}", self.address, folder.display())
    }
}

fn start() -> Https {
    let authority = authority();
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();

    let mut names = CertificateParams::new(vec![address.ip().to_string()]).unwrap();
    names.use_authority_key_identifier_extension = true;
    names.key_usages = vec![KeyUsagePurpose::DigitalSignature];
    names.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
    let key = KeyPair::generate().unwrap();
    let certificate = names.signed_by(&key, &authority).unwrap();
    let config = ServerConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(
            vec![certificate.der().clone()],
            PrivatePkcs8KeyDer::from(key.serialize_der()).into(),
        );
    let config = Arc::new(config.unwrap());
    thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            let connection = ServerConnection::new(Arc::clone(&config)).unwrap();
            thread::spawn(move || answer(StreamOwned::new(connection, stream)));
        }
    });
    Https {
        address,
        authority: pem(authority.der()),
    }
}

/// A new authority, whose certificates only those believe who were told to.
fn authority() -> CertifiedIssuer<'static, KeyPair> {
    let mut parameters = CertificateParams::default();
    parameters.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    parameters.key_usages = vec![KeyUsagePurpose::KeyCertSign];
    // Of another name than the certificates below it, which would else look self-signed.
    let name = &mut parameters.distinguished_name;
    name.push(DnType::CommonName, "an authority of tests");
    CertifiedIssuer::self_signed(parameters, KeyPair::generate().unwrap()).unwrap()
}

/// The certificate of another authority, which signed nothing here.
pub(crate) fn stranger() -> String {
    pem(authority().der())
}

fn pem(certificate: &CertificateDer<'_>) -> String {
    let text = STANDARD.encode(certificate);
    let lines = text.as_bytes().chunks(64).map(String::from_utf8_lossy);
    let lines: Vec<_> = lines.collect();
    format!(
        "-----BEGIN CERTIFICATE-----\n{}\n-----END CERTIFICATE-----\n",
        lines.join("\n")
    )
}

/// Answers the requests of one connection, one after the other, until its reader has enough.
fn answer(stream: StreamOwned<ServerConnection, TcpStream>) {
    let mut stream = BufReader::new(stream);
    loop {
        let mut request = String::new();
        loop {
            match stream.read_line(&mut request) {
                Ok(0) | Err(_) => return,
                Ok(_) if request.ends_with("\r\n\r\n") => break,
                Ok(_) => {}
            }
        }
        let path = request.split(' ').nth(1).unwrap_or_default();
        let (status, body) = match file(Path::new(path)) {
            Some(body) => ("200 OK", body),
            None => ("404 Not Found", Vec::new()),
        };
        let head = format!(
            "HTTP/1.1 {status}\r\ncontent-length: {}\r\n\r\n",
            body.len()
        );
        let out = stream.get_mut();
        let written = out.write_all(&[head.as_bytes(), &body].concat());
        if written.and_then(|()| out.flush()).is_err() {
            return;
        }
    }
}

fn file(path: &Path) -> Option<Vec<u8>> {
    let climbs = path.components().any(|part| part == Component::ParentDir);
    if climbs || !path.starts_with(std::env::temp_dir()) {
        return None;
    }
    fs::read(path).ok()
}
