//! Proposer, approver, lawyer and whoever decides an appeal are four people: tried pair by pair.

use blocklist::{
    guard::{GuardList, Reach, Tier},
    key::Role,
    testing::name,
};
use data::{
    Officer, case, ceremony, decide,
    testing::{ADMINS, Centre, Engine, NOW, PASSWORD, proposal},
};

use super::{approve, hired};

/// What somebody with a database console tries for a listing of one case.
struct Tries {
    case: String,
    listing: String,
    hash: String,
    octets: String,
}

impl Tries {
    fn sign(&self, who: &Officer, place: i64) -> String {
        format!(
            "INSERT INTO signature VALUES ('{}', {place}, '{}', '{}', '{}', {}, {NOW})",
            self.listing, who.id, who.key_id, self.hash, self.octets
        )
    }

    fn decide(&self, who: &Officer, kind: &str, role: &str, id: i64) -> String {
        format!(
            "INSERT INTO decision (id, case_id, officer_id, kind, reason_code, reason, decided_at, role, evidence_root)
            SELECT {id}, id, '{}', '{kind}', '', '', {NOW}, '{role}', evidence_root FROM review_case WHERE id = '{}'",
            who.id, self.case
        )
    }
}

async fn no_two_of_the_four_are_one_person(engine: Engine) {
    let centre = Centre::on(engine).await;
    let lawyer = hired(&centre, "lawyer", Role::Legal).await;
    let third = hired(&centre, "officer-3", Role::Officer).await;
    // Only a name of the raised tier is signed by a lawyer.
    let raised = GuardList {
        list: "brands".into(),
        tier: Tier::Raised,
        reach: Reach::Host,
        reason: "a name the world knows".into(),
        names: vec![name("obmen.test")],
    };
    ceremony::set_guard(&centre.store, raised, ADMINS, NOW)
        .await
        .unwrap();
    centre.publisher().await.step(NOW).await.unwrap();
    let (proposer, approver) = (&centre.first, &centre.second);
    let listing = centre.proposed("obmen.test", proposal()).await;
    let row = case::proposal(&centre.store, &listing)
        .await
        .unwrap()
        .unwrap();
    let tries = Tries {
        case: case::of_listing(&centre.store, &listing)
            .await
            .unwrap()
            .unwrap(),
        hash: row.statement_sha256,
        octets: engine.octets("00"),
        listing: listing.clone(),
    };
    let refused = async |what: &str, sql: String| {
        let tried = centre.sql(&sql).await;
        assert!(tried.is_err(), "{what}: {sql}");
    };

    refused("the proposer approves", tries.sign(proposer, 2)).await;
    refused("the proposer is the lawyer", tries.sign(proposer, 3)).await;
    refused("the lawyer proposes", tries.sign(&lawyer, 1)).await;
    refused("the lawyer approves", tries.sign(&lawyer, 2)).await;
    refused("the approver proposes", tries.sign(approver, 1)).await;
    refused("an officer is the lawyer", tries.sign(approver, 3)).await;
    // Not even when a role was changed in between.
    let become_legal =
        |who: &Officer| format!("UPDATE officer SET role = 'legal' WHERE id = '{}'", who.id);
    let become_officer = |who: &Officer| {
        format!(
            "UPDATE officer SET role = 'officer' WHERE id = '{}'",
            who.id
        )
    };
    centre.sql(&become_legal(proposer)).await.unwrap();
    refused("the proposer became a lawyer", tries.sign(proposer, 3)).await;
    centre.sql(&become_officer(proposer)).await.unwrap();

    approve(&centre, approver, &listing, NOW).await.unwrap();
    centre.sql(&become_legal(approver)).await.unwrap();
    refused("the approver became a lawyer", tries.sign(approver, 3)).await;
    centre.sql(&become_officer(approver)).await.unwrap();
    centre.sql(&tries.sign(&lawyer, 3)).await.unwrap();
    centre.sql(&become_officer(&lawyer)).await.unwrap();
    for kind in ["appeal-uphold", "appeal-reject"] {
        for (number, who) in [proposer, approver, &lawyer].into_iter().enumerate() {
            let what = format!("{} decides the appeal", who.login);
            refused(&what, tries.decide(who, kind, "officer", number as i64)).await;
        }
    }
    centre
        .sql(&tries.decide(&third, "appeal-reject", "officer", 9))
        .await
        .unwrap();
}

/// Who asked to annul does not annul, and who lifted does not review the lift.
async fn nobody_answers_their_own_move(engine: Engine) {
    let centre = Centre::on(engine).await;
    let (first, second) = (&centre.first, &centre.second);
    let listing = centre.approved("obmen.test", proposal()).await;
    let tries = Tries {
        case: case::of_listing(&centre.store, &listing)
            .await
            .unwrap()
            .unwrap(),
        hash: String::new(),
        octets: String::new(),
        listing,
    };
    decide::lift(
        &centre.store,
        first,
        PASSWORD,
        &tries.listing,
        "owner-complied",
        "",
        NOW,
    )
    .await
    .unwrap();
    for kind in ["confirm-lift", "reverse-lift"] {
        let own = centre.sql(&tries.decide(first, kind, "officer", 1)).await;
        let said = own.expect_err(kind).to_string();
        assert!(
            said.contains("another person") || said.contains("does not leave"),
            "{kind}: {said}"
        );
    }
    centre
        .sql(&tries.decide(second, "confirm-lift", "officer", 2))
        .await
        .unwrap();

    centre
        .sql(&tries.decide(second, "annul-propose", "officer", 3))
        .await
        .unwrap();
    let annulled = format!(
        "UPDATE review_case SET state = 'annulled' WHERE id = '{}'",
        tries.case
    );
    centre.sql(&annulled).await.unwrap();
    let own = centre
        .sql(&tries.decide(second, "annul", "officer", 4))
        .await;
    assert!(own.unwrap_err().to_string().contains("another person"));
    centre
        .sql(&tries.decide(first, "annul", "officer", 5))
        .await
        .unwrap();
}

/// A statement that was sent back is never signed again, and an account that ended makes no move.
async fn what_is_over_is_not_signed(engine: Engine) {
    let centre = Centre::on(engine).await;
    let (store, second) = (&centre.store, &centre.second);
    let old = centre.proposed("obmen.test", proposal()).await;
    let row = case::proposal(store, &old).await.unwrap().unwrap();
    let tries = Tries {
        case: case::of_listing(store, &old).await.unwrap().unwrap(),
        hash: row.statement_sha256,
        octets: engine.octets("00"),
        listing: old.clone(),
    };
    decide::send_back(store, second, &old, "another host", NOW)
        .await
        .unwrap();
    let waits_for = |error: sqlx::Error| error.to_string().contains("no longer the one");
    let open = centre.sql(&tries.sign(second, 2)).await.unwrap_err();
    assert!(waits_for(open));
    decide::propose(store, &centre.first, PASSWORD, &tries.case, proposal(), NOW)
        .await
        .unwrap();
    let replaced = centre.sql(&tries.sign(second, 2)).await.unwrap_err();
    assert!(waits_for(replaced));

    let ended = format!(
        "UPDATE officer SET disabled_at = {NOW} WHERE id = '{}'",
        second.id
    );
    centre.sql(&ended).await.unwrap();
    let tried = centre
        .sql(&tries.decide(second, "legal-sign", "legal", 7))
        .await;
    assert!(tried.unwrap_err().to_string().contains("active account"));
}

data::both_engines!(
    no_two_of_the_four_are_one_person,
    nobody_answers_their_own_move,
    what_is_over_is_not_signed,
);
