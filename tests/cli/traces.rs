//! No record of who asked, or what: a centre is asked from an address that nothing else has, for a
//! name that nobody else speaks of, at its most talkative; afterwards neither stands anywhere.

use std::{
    collections::BTreeMap,
    fs,
    io::{Read as _, Write as _},
    net::{IpAddr, SocketAddr, TcpStream, UdpSocket},
    path::Path,
    time::Duration,
};

use data::testing::{Centre, PASSWORD, proposal};
use hickory_proto::{
    op::{Message, MessageType, OpCode, Query, ResponseCode},
    rr::{Name, RecordType},
};
use rustix::net::{AddressFamily, SocketType, bind, connect, socket};

use super::{binary, now};

/// Who asks, what for, and with which program.
const WHO: [u8; 4] = [127, 7, 8, 9];
const WHAT: &str = "izdegenim-7319.test";
const WITH: &str = "suraushy-7319/1.0";

/// What the centre blocks.
const LISTED: &str = "obmen.test";

/// What the centre says of itself, kept where everything is searched.
const LOG: &str = "stderr.log";

/// How long an answer may take.
const WITHIN: Duration = Duration::from_secs(60);

/// A centre at work, at its most talkative.
struct Talkative {
    process: tokio::process::Child,
    ports: BTreeMap<String, SocketAddr>,
}

impl Talkative {
    async fn start(centre: &Centre) -> Self {
        let data = centre.dir.path();
        let mut command = binary::qalqan();
        command.env("QALQAN_LOG", "trace").arg("--data").arg(data);
        command.args(["-vvv", "run", "--upstream", "127.0.0.1:9"]);
        for listener in [
            "--web",
            "--block-page",
            "--evidence",
            "--dns",
            "--transfer",
            "--metrics",
        ] {
            command.args([listener, "127.0.0.1:0"]);
        }
        let log = data.join(LOG);
        command.stderr(fs::File::create(&log).unwrap());
        let mut command = tokio::process::Command::from(command);
        let mut process = command.kill_on_drop(true).spawn().unwrap();
        // The file with its ports comes when everything answers.
        let ports = async {
            let mut again = tokio::time::interval(Duration::from_millis(20));
            loop {
                again.tick().await;
                let ended = process.try_wait().unwrap();
                if let Ok(ports) = fs::read(data.join("ports.json")) {
                    return serde_json::from_slice(&ports).unwrap();
                }
                assert!(ended.is_none(), "{}", fs::read_to_string(&log).unwrap());
            }
        };
        let ports = tokio::time::timeout(WITHIN, ports).await.expect("ports");
        Self { process, ports }
    }

    async fn end(mut self) {
        self.process.kill().await.unwrap();
    }

    /// Sends a request over TCP from [`WHO`] and gives everything that is answered.
    fn tell(&self, listener: &str, request: &[u8]) -> Vec<u8> {
        let from = SocketAddr::from((WHO, 0));
        let own = socket(AddressFamily::INET, SocketType::STREAM, None).unwrap();
        bind(&own, &from).unwrap();
        connect(&own, &self.ports[listener]).unwrap();
        let mut stream = TcpStream::from(own);
        assert_eq!(stream.local_addr().unwrap().ip(), IpAddr::from(WHO));
        stream.set_read_timeout(Some(WITHIN)).unwrap();
        stream.write_all(request).unwrap();
        let mut answer = Vec::new();
        stream.read_to_end(&mut answer).unwrap();
        answer
    }

    /// An HTTP request with everything that tells who asks; gives the head and body as text.
    fn http(&self, listener: &str, line: &str, headers: &str, body: &str) -> String {
        let who = IpAddr::from(WHO);
        let request = format!(
            "{line} HTTP/1.1\r\nuser-agent: {WITH}\r\nx-forwarded-for: {who}\r\nforwarded: for={who}\r\n\
             connection: close\r\ncontent-length: {}\r\n{headers}\r\n{body}",
            body.len()
        );
        String::from_utf8_lossy(&self.tell(listener, request.as_bytes())).into_owned()
    }

    /// A DNS question over UDP.
    fn ask(&self, name: &str) -> ResponseCode {
        let socket = UdpSocket::bind(SocketAddr::from((WHO, 0))).unwrap();
        socket.set_read_timeout(Some(WITHIN)).unwrap();
        socket
            .send_to(&question(name, RecordType::A), self.ports["dns"])
            .unwrap();
        let mut bytes = [0; 4096];
        let length = socket.recv(&mut bytes).unwrap();
        let answer = Message::from_vec(&bytes[..length]).unwrap();
        answer.metadata.response_code
    }
}

fn question(name: &str, kind: RecordType) -> Vec<u8> {
    let mut query = Message::new(7, MessageType::Query, OpCode::Query);
    query.metadata.recursion_desired = true;
    let name = Name::from_ascii(format!("{name}.")).unwrap();
    query.add_query(Query::query(name, kind));
    query.to_vec().unwrap()
}

/// Everything anybody may ask of a centre, in good and in bad form.
fn use_it(centre: &Talkative) {
    let web = |line: &str| centre.http("web", line, "host: qalqan.test\r\n", "");
    for line in [
        format!("GET /kk/check?q={WHAT}"),
        format!("GET /api/v1/check?q={WHAT}"),
        "GET /ru/register".into(),
        "GET /release".into(),
    ] {
        assert!(web(&line).starts_with("HTTP/1.1 200"), "{line}");
    }
    assert!(web(&format!("GET /kk/{WHAT}")).starts_with("HTTP/1.1 404"));
    assert!(web("BREW /\u{1b}[2J").starts_with("HTTP/1.1 4"));
    for (login, code) in [("officer-1", "303"), ("nobody", "422")] {
        let form = "host: qalqan.test\r\nsec-fetch-site: same-origin\r\n\
                    content-type: application/x-www-form-urlencoded\r\n";
        let body = format!("login={login}&password={}", PASSWORD.replace(' ', "+"));
        let answer = centre.http("web", "POST /kk/console/sign-in", form, &body);
        assert!(answer.starts_with(&format!("HTTP/1.1 {code}")), "{answer}");
    }
    for host in [LISTED, WHAT] {
        let answer = centre.http(
            "block_page",
            &format!("GET /{WHAT}"),
            &format!("host: {host}\r\n"),
            "",
        );
        assert_eq!(
            answer.starts_with("HTTP/1.1 451"),
            host == LISTED,
            "{answer}"
        );
    }
    let sealed = centre.http(
        "evidence",
        "GET /capture/1?until=1&seal=x",
        "host: e.test\r\n",
        "",
    );
    assert!(sealed.starts_with("HTTP/1.1 403"), "{sealed}");
    // Of the node and of the publisher, each metric once.
    let scrape = centre.http("metrics", "GET /metrics", "host: m.test\r\n", "");
    for metric in [
        "qalqan_list_active 1",
        "qalqan_list_entries 1",
        "qalqan_publish_failed 0",
        "qalqan_lift_reviews_overdue 0",
        "qalqan_appeals_overdue 0",
    ] {
        let found = scrape.lines().filter(|line| *line == metric).count();
        assert_eq!(found, 1, "{metric}:\n{scrape}");
    }

    assert_eq!(centre.ask(LISTED), ResponseCode::NXDomain);
    assert_eq!(centre.ask(&format!("www.{LISTED}")), ResponseCode::NXDomain);
    assert_eq!(
        centre.ask(WHAT),
        ResponseCode::ServFail,
        "nobody answers upstream"
    );
    for (listener, name, kind) in [
        ("dns", LISTED, RecordType::AAAA),
        ("transfer", "rpz.qalqan.test", RecordType::AXFR),
    ] {
        let query = question(name, kind);
        let length = u16::try_from(query.len()).unwrap().to_be_bytes();
        // A second message that is none ends the connection.
        let both = [&length[..], &query, &[0, 1, 0xff]].concat();
        assert!(centre.tell(listener, &both).len() > 12, "{listener}");
    }
}

/// Where `needle` stands in the files below `folder`.
fn holding(folder: &Path, needle: &[u8]) -> Vec<String> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            found.extend(holding(&path, needle));
            continue;
        }
        // A socket holds nothing.
        if !path.is_file() {
            continue;
        }
        let bytes = fs::read(&path).unwrap();
        if let Some(at) = bytes.windows(needle.len()).position(|part| part == needle) {
            let around = &bytes[at.saturating_sub(200)..bytes.len().min(at + 200)];
            found.push(format!(
                "{}: {}",
                path.display(),
                String::from_utf8_lossy(around)
            ));
        }
    }
    found
}

#[tokio::test]
async fn nobody_is_remembered_for_having_asked() {
    let centre = Centre::new().await;
    centre.approved(LISTED, proposal()).await;
    centre.publisher().await.step(now().0).await.unwrap();
    let talkative = Talkative::start(&centre).await;
    use_it(&talkative);
    talkative.end().await;

    let data = centre.dir.path();
    // What is kept is found: the sign-in in the database, and what the log did say.
    assert!(!holding(data, b"officer-1").is_empty());
    assert!(
        holding(data, b"is ready")
            .iter()
            .any(|line| line.contains(LOG))
    );
    let who = IpAddr::from(WHO).to_string();
    let reversed = WHO.iter().rev().copied().collect::<Vec<u8>>();
    for trace in [
        who.as_bytes(),
        &WHO,
        &reversed,
        WHAT.as_bytes(),
        WITH.as_bytes(),
    ] {
        let found = holding(data, trace);
        assert!(found.is_empty(), "{}", found.join("\n"));
    }
    // In wire form a name has lengths where the dots are.
    let label = WHAT.split('.').next().unwrap();
    assert!(holding(data, label.as_bytes()).is_empty());
}
