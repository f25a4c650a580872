//! `appeal check` against a real name server: what is proved goes on, what is not says what was seen.

use std::net::SocketAddr;

use blocklist::testing::name;
use data::{
    appeal::{
        Kind, State,
        receive::{NewAppeal, Received, receive},
        sender,
    },
    testing::{Centre, proposal},
};
use hickory_proto::{
    op::{Message, ResponseCode},
    rr::{RData, Record, RecordType, rdata::TXT},
};
use tokio::net::UdpSocket;

use super::{now, qalqan, schema::conforms};

/// A name server with one text; every other name does not exist.
async fn name_server(at: &'static str, text: String) -> SocketAddr {
    let socket = UdpSocket::bind("127.0.0.1:0").await.unwrap();
    let address = socket.local_addr().unwrap();
    tokio::spawn(async move {
        let mut buffer = [0; 1_232];
        while let Ok((length, from)) = socket.recv_from(&mut buffer).await {
            let asked = Message::from_vec(&buffer[..length]).unwrap();
            let question = asked.queries[0].clone();
            let mut answer = Message::response(asked.metadata.id, asked.metadata.op_code);
            answer.add_query(question.clone());
            let here = question.name().to_ascii() == at;
            if here && question.query_type() == RecordType::TXT {
                let text = RData::TXT(TXT::new(vec![text.clone()]));
                answer.add_answer(Record::from_rdata(question.name().clone(), 60, text));
            } else {
                answer.metadata.response_code = ResponseCode::NXDomain;
            }
            let _ = socket.send_to(&answer.to_vec().unwrap(), from).await;
        }
    });
    address
}

async fn owner(centre: &Centre, host: &str) -> Received {
    let listing = centre.approved(host, proposal()).await;
    let new = NewAppeal {
        listing_id: &listing,
        host: &name(host),
        kind: Kind::Owner,
        text: "These are flowers, nothing else.",
        contact: None,
        receipt: None,
    };
    // By this machine's clock, as the program that looks: a proof is waited for some days only.
    receive(&centre.store, new, now().0).await.unwrap()
}

#[tokio::test]
async fn what_an_owner_published_is_found_and_everything_else_is_said() {
    let centre = Centre::new().await;
    let owners = [
        owner(&centre, "gul.test").await,
        owner(&centre, "obmen.test").await,
    ];
    let token = owners[0].token.clone().unwrap();
    let names = name_server("_qalqan.gul.test.", format!("qalqan-appeal={token}")).await;
    let upstream = names.to_string();
    let check = [
        "--format",
        "json",
        "appeal",
        "check",
        "--upstream",
        &upstream,
    ];
    let checked = qalqan(centre.dir.path(), check).await;
    checked.done("");
    let json = checked.json();
    conforms("appeal-check", &checked.out);
    let looked = json["looked"].as_array().unwrap();
    assert_eq!(looked.len(), 2, "{checked}");
    for (looked, (host, proved, seen)) in looked.iter().zip([
        ("gul.test", true, "token"),
        ("obmen.test", false, "nothing"),
    ]) {
        assert_eq!(looked["host"], host);
        assert_eq!(looked["proved"], proved, "{checked}");
        assert_eq!(looked["looks"][0]["asked"], format!("TXT _qalqan.{host}"));
        assert_eq!(looked["looks"][0]["seen"], seen);
        assert_eq!(looked["looks"][2]["seen"], "no_answer");
    }
    for (owner, state) in owners.iter().zip([State::Proved, State::ProofWanted]) {
        let status = sender::status(&centre.store, &owner.receipt).await.unwrap();
        assert_eq!(status.unwrap().state, state);
    }
    let again = qalqan(centre.dir.path(), ["appeal", "check"]).await;
    again.done("0 looked for, ");
}
