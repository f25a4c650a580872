//! DNS cookies (RFC 7873) as all implementations make them (RFC 9018): a client that gives one back has
//! received an answer at its address, so the address is its own.
//!
//! Nothing is remembered of clients: a cookie is the keyed hash of what it has to prove, and of when it was
//! made. Nodes that share a secret take each other's cookies.

use std::{
    net::IpAddr,
    path::{Path, PathBuf},
    time::{Duration, SystemTime, UNIX_EPOCH},
};

use arc_swap::ArcSwap;
use siphasher::sip::SipHasher24;
use tokio_util::sync::CancellationToken;

use super::secrets::{SecretError, Secrets};

/// The option's code (RFC 7873 §4).
pub(crate) const COOKIE_OPTION: u16 = 10;
/// Octets of an option with a whole cookie: code, length, the client's part and ours.
pub(crate) const OPTION: usize = 4 + CLIENT + SERVER;

const CLIENT: usize = 8;
const SERVER: usize = 16;
/// The version of RFC 9018 §4.1.
const VERSION: u8 = 1;
/// Seconds after which a cookie is nobody's any more, after which it is renewed, and by which other
/// nodes' clocks may be ahead (RFC 9018 §4.3).
const OLDEST: i32 = 3600;
const RENEWED: i32 = 1800;
const AHEAD: i32 = 300;
/// How often the file of secrets is looked at.
const LOOK: Duration = Duration::from_secs(10);

/// A client's cookie as it stands in a query.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Received {
    client: [u8; CLIENT],
    /// `None` where there is none, or one that cannot be ours.
    server: Option<[u8; SERVER]>,
}

impl Received {
    /// Reads an option's data; `None` when it has a length that no cookie has, which is an error
    /// of the query (RFC 7873 §5.2.2).
    pub(crate) fn read(data: &[u8]) -> Option<Self> {
        let (client, server) = data.split_first_chunk()?;
        matches!(server.len(), 0 | 8..=32).then_some(Self {
            client: *client,
            server: server.try_into().ok(),
        })
    }
}

/// What a cookie says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Checked {
    /// Whether the client has received an answer at this address.
    pub(crate) is_known: bool,
    /// The option that goes back with the answer, in wire form.
    pub(crate) option: [u8; OPTION],
}

/// Makes and checks cookies.
pub(crate) struct Cookies {
    secrets: ArcSwap<Secrets>,
    file: Option<PathBuf>,
    /// Seconds since 1970, which go round in 2106 (RFC 9018 §4.3).
    now: fn() -> u32,
}

impl Cookies {
    /// With the secrets of this file, or without one with a secret of its own, which nobody else knows
    /// and which ends with the process.
    pub(crate) fn open(file: Option<&Path>) -> Result<Self, SecretError> {
        let secrets = match file {
            Some(file) => Secrets::read(file)?,
            None => Secrets::random()?,
        };
        Ok(Self {
            secrets: ArcSwap::from_pointee(secrets),
            file: file.map(Path::to_owned),
            now: unix_seconds,
        })
    }

    /// What a cookie from this address says.
    pub(crate) fn check(&self, received: &Received, client: IpAddr) -> Checked {
        let (secrets, now, client) = (self.secrets.load(), (self.now)(), client.to_canonical());
        let hash = |secret: &[u8; 16], front: &[u8]| -> [u8; 8] {
            hash(secret, &received.client, front, client)
        };
        let mut kept = None;
        let mut is_known = false;
        if let Some(server) = &received.server
            && let Some((front, proof)) = server.split_last_chunk::<8>()
            && let &[VERSION, _, _, _, ref made @ ..] = front
            && let Ok(made) = made.try_into().map(u32::from_be_bytes)
        {
            let age = now.wrapping_sub(made) as i32;
            let is_timely = (-AHEAD..=OLDEST).contains(&age);
            let maker = secrets
                .all()
                .position(|secret| hash(secret, front) == *proof);
            is_known = is_timely && maker.is_some();
            let is_to_stay = is_known && age <= RENEWED && maker == Some(0);
            kept = is_to_stay.then_some(*server);
        }
        let server = kept.unwrap_or_else(|| {
            let [a, b, c, d] = now.to_be_bytes();
            let front = [VERSION, 0, 0, 0, a, b, c, d];
            let mut server = [0; SERVER];
            let (to, proof) = server.split_at_mut(front.len());
            to.copy_from_slice(&front);
            proof.copy_from_slice(&hash(secrets.current(), &front));
            server
        });
        let mut option = [0; OPTION];
        let parts = [
            &COOKIE_OPTION.to_be_bytes()[..],
            &((CLIENT + SERVER) as u16).to_be_bytes(),
            &received.client,
            &server,
        ];
        for (to, from) in option.iter_mut().zip(parts.into_iter().flatten()) {
            *to = *from;
        }
        Checked { is_known, option }
    }

    /// Reads the file again; `true` when it has other secrets than before.
    pub(crate) fn reload(&self) -> Result<bool, SecretError> {
        let Some(file) = &self.file else {
            return Ok(false);
        };
        let secrets = Secrets::read(file)?;
        let is_new = **self.secrets.load() != secrets;
        if is_new {
            self.secrets.store(secrets.into());
        }
        Ok(is_new)
    }

    /// Takes on what the file says, each time it says something else, until told to stop. With a file
    /// that cannot be used the secrets stay as they are.
    pub(crate) async fn follow(&self, stop: &CancellationToken) {
        if self.file.is_none() {
            return;
        }
        let mut look = tokio::time::interval(LOOK);
        let mut was_said = None;
        loop {
            tokio::select! {
                _ = look.tick() => {}
                () = stop.cancelled() => return,
            }
            let said = match self.reload() {
                Ok(false) => None,
                Ok(true) => {
                    tracing::info!("the secret of DNS cookies has changed");
                    None
                }
                Err(error) => Some(error.to_string()),
            };
            // Once, not every ten seconds.
            if let Some(error) = said.as_ref().filter(|_| said != was_said) {
                tracing::error!(%error, "the secret of DNS cookies stays as it was");
            }
            was_said = said;
        }
    }

    /// With these secrets at this moment.
    #[cfg(test)]
    pub(crate) fn fixed(secrets: &str, now: fn() -> u32) -> Self {
        Self {
            secrets: ArcSwap::from_pointee(Secrets::parse(secrets).unwrap()),
            file: None,
            now,
        }
    }
}

/// RFC 9018 §4.4. What is hashed is at most 8 + 8 + 16 octets.
fn hash(secret: &[u8; 16], client: &[u8; CLIENT], front: &[u8], address: IpAddr) -> [u8; 8] {
    let mut octets = [0; 32];
    let (v4, v6);
    let address: &[u8] = match address {
        IpAddr::V4(address) => {
            v4 = address.octets();
            &v4
        }
        IpAddr::V6(address) => {
            v6 = address.octets();
            &v6
        }
    };
    let mut length = 0;
    let parts = client.iter().chain(front).chain(address);
    for (to, from) in octets.iter_mut().zip(parts) {
        *to = *from;
        length += 1;
    }
    let hashed = octets.get(..length).unwrap_or_default();
    SipHasher24::new_with_key(secret).hash(hashed).to_le_bytes()
}

fn unix_seconds() -> u32 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH);
    since.map_or(0, |since| since.as_secs() as u32)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn hex(text: &str) -> Vec<u8> {
        (0..text.len())
            .step_by(2)
            .map(|at| u8::from_str_radix(&text[at..at + 2], 16).unwrap())
            .collect()
    }

    fn check(cookies: &Cookies, client: &str, cookie: &str) -> (bool, Vec<u8>) {
        let received = Received::read(&hex(cookie)).unwrap();
        let checked = cookies.check(&received, client.parse().unwrap());
        assert_eq!(checked.option[..4], [0, 10, 0, 24]);
        (checked.is_known, checked.option[4..].to_vec())
    }

    const SECRET: &str = "e5e973e5a6b2a43f48e7dc849e37bfcf";
    const OLD: &str = "dd3bdf9344b678b185a6f5cb60fca715";
    const NEW: &str = "445536bcd2513298075a5d379663c962";

    /// RFC 9018, appendix A.
    #[test]
    fn cookies_are_what_the_standard_says_they_are() {
        let client = "198.51.100.100";
        let first = Cookies::fixed(SECRET, || 1_559_731_985);
        let made = "2464c4abcf10c957010000005cf79f111f8130c3eee29480";
        assert_eq!(
            check(&first, client, "2464c4abcf10c957"),
            (false, hex(made))
        );
        assert_eq!(check(&first, client, made), (true, hex(made)), "as it was");
        assert!(check(&first, &format!("::ffff:{client}"), made).0);

        let renewed = Cookies::fixed(SECRET, || 1_559_734_385);
        let second = "2464c4abcf10c957010000005cf7a871d4a564a1442aca77";
        assert_eq!(check(&renewed, client, made), (true, hex(second)));

        let (other, reserved) = (
            "203.0.113.203",
            "fc93fc62807ddb8601abcdef5cf78f71a314227b6679ebf5",
        );
        let third = "fc93fc62807ddb86010000005cf7a9acf73a7810aca2381e";
        let late = Cookies::fixed(SECRET, || 1_559_734_700);
        assert_eq!(
            check(&late, other, reserved),
            (false, hex(third)),
            "too old"
        );
        let in_time = Cookies::fixed(SECRET, || 1_559_727_985);
        assert_eq!(check(&in_time, other, reserved), (true, hex(reserved)));

        let client = "2001:db8:220:1:59de:d0f4:8769:82b8";
        let old = "22681ab97d52c298010000005cf7c57926556bd0934c72f8";
        let new = "22681ab97d52c298010000005cf7c609a6bb79d16625507a";
        let rolled = Cookies::fixed(&format!("{NEW}\n{OLD}"), || 1_559_741_961);
        assert_eq!(check(&rolled, client, old), (true, hex(new)));
        let forgotten = Cookies::fixed(NEW, || 1_559_741_961);
        assert_eq!(check(&forgotten, client, old), (false, hex(new)));
    }

    #[test]
    fn a_cookie_has_its_time_its_address_and_its_client() {
        let client = "198.51.100.100";
        let made = "2464c4abcf10c957010000005cf79f111f8130c3eee29480";
        // 1559731985 is when it was made.
        type Case = (fn() -> u32, bool, bool);
        let cases: [Case; 6] = [
            (|| 1_559_731_985 - 300, true, true),
            (|| 1_559_731_985 - 301, false, false),
            (|| 1_559_731_985 + 1800, true, true),
            (|| 1_559_731_985 + 1801, true, false),
            (|| 1_559_731_985 + 3600, true, false),
            (|| 1_559_731_985 + 3601, false, false),
        ];
        for (now, is_known, stays) in cases {
            let cookies = Cookies::fixed(SECRET, now);
            let (known, option) = check(&cookies, client, made);
            let case = now() as i64 - 1_559_731_985;
            assert_eq!((known, option == hex(made)), (is_known, stays), "{case}");
            assert!(check(&cookies, client, &hex_of(&option)).0, "its own holds");
        }
        let cookies = Cookies::fixed(SECRET, || 1_559_731_985);
        assert!(!check(&cookies, "198.51.100.101", made).0);
        let stolen = made.replacen("24", "25", 1);
        assert!(!check(&cookies, client, &stolen).0);
        let version = made.replacen("0100", "0200", 1);
        assert!(!check(&cookies, client, &version).0);
    }

    fn hex_of(octets: &[u8]) -> String {
        octets.iter().map(|octet| format!("{octet:02x}")).collect()
    }

    #[test]
    fn only_lengths_that_the_standard_has_are_cookies() {
        for length in 0..64 {
            let is_cookie = matches!(length, 8 | 16..=40);
            assert_eq!(
                Received::read(&vec![1; length]).is_some(),
                is_cookie,
                "{length}"
            );
        }
    }

    #[tokio::test]
    async fn a_new_secret_in_the_file_is_taken_and_a_bad_one_is_not() {
        let dir = tempfile::tempdir().unwrap();
        let file = dir.path().join("secret");
        let write = |text: &str| {
            use std::os::unix::fs::PermissionsExt as _;
            std::fs::write(&file, text).unwrap();
            std::fs::set_permissions(&file, std::fs::Permissions::from_mode(0o600)).unwrap();
        };
        write(OLD);
        let cookies = Cookies::open(Some(&file)).unwrap();
        let client = "2001:db8::1";
        let made = hex_of(&check(&cookies, client, "2464c4abcf10c957").1);
        assert!(!cookies.reload().unwrap());
        write(&format!("# rolled over\n{NEW}\n{OLD}\n"));
        assert!(cookies.reload().unwrap());
        let (known, next) = check(&cookies, client, &made);
        assert!(known && hex_of(&next) != made);
        write("not a secret");
        assert!(cookies.reload().is_err());
        assert!(check(&cookies, client, &made).0, "what was in force is");
    }

    proptest! {
        #[test]
        fn no_octets_are_a_cookie_by_chance(data in proptest::collection::vec(any::<u8>(), 0..48)) {
            let cookies = Cookies::fixed(SECRET, || 1_559_731_985);
            if let Some(received) = Received::read(&data) {
                let checked = cookies.check(&received, IpAddr::from([192, 0, 2, 1]));
                prop_assert!(!checked.is_known);
                prop_assert_eq!(&checked.option[4..12], &data[..8]);
            }
        }
    }
}
