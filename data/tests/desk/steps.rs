//! The database takes the moves of the pure machine and no others.

use std::collections::BTreeSet;

use blocklist::{
    key::Role,
    lifecycle::{CaseState, Move, Mover, STEPS, Stage, next},
};
use data::testing::{Centre, Engine, NOW};

use super::{column, hired};

/// What the machine allows of cases, as the store sees them: from, to, kind.
fn machine() -> BTreeSet<(CaseState, CaseState, Move)> {
    let mut steps = BTreeSet::new();
    for from in Stage::ALL {
        for mv in STEPS.iter().map(|step| step.mv) {
            for to in Mover::ALL
                .map(|mover| next(from, mv, mover))
                .into_iter()
                .flatten()
            {
                if mv.kind().is_some() {
                    steps.insert((from.case_state(), to.case_state(), mv));
                }
            }
        }
    }
    steps
}

/// What a case asks, and which moves are for that.
const QUESTIONS: [(&str, &[Move], &[Move]); 2] = [
    ("assessment", &[], &[Move::AnswerLift, Move::AnswerAnnul]),
    (
        "cancel",
        &[Move::AnswerLift, Move::AnswerAnnul],
        &[Move::Propose],
    ),
];

/// The states a case passes on its way to `to`; `None` where it never comes.
fn way(steps: &BTreeSet<(CaseState, CaseState)>, to: CaseState) -> Option<Vec<CaseState>> {
    let mut ways = vec![vec![CaseState::Open]];
    let mut seen = BTreeSet::from([CaseState::Open]);
    while let Some(way) = ways.pop() {
        let last = *way.last()?;
        if last == to {
            return Some(way);
        }
        for (from, next) in steps {
            if *from == last && seen.insert(*next) {
                ways.push([way.clone(), vec![*next]].concat());
            }
        }
    }
    None
}

/// Somebody with a database console moves a case.
async fn moved(centre: &Centre, case: &str, to: CaseState) -> Result<u64, sqlx::Error> {
    let taken = if to == CaseState::InReview {
        format!("'{}', taken_at = {NOW}", centre.first.id)
    } else {
        "NULL, taken_at = NULL".into()
    };
    let sql = format!(
        "UPDATE review_case SET state = '{}', taken_by = {taken} WHERE id = '{case}'",
        to.as_str()
    );
    centre.sql(&sql).await
}

/// A case of its own site that came to `at`, asking `reason`.
async fn planted(centre: &Centre, number: usize, reason: &str, way: &[CaseState]) -> String {
    let (host, case) = (format!("site-{number}.test"), format!("C-{number}"));
    let (assessment, root) = centre.plant_site(&host).await;
    let sql = format!(
        "INSERT INTO review_case (id, host, opened_at, assessment_id, evidence_root, licence_match, state, reason)
        VALUES ('{case}', '{host}', {NOW}, {assessment}, '{root}', '{{}}', 'open', '{reason}')"
    );
    centre.sql(&sql).await.unwrap();
    for state in &way[1..] {
        moved(centre, &case, *state).await.unwrap();
    }
    case
}

async fn the_store_holds_the_table_of_the_machine(engine: Engine) {
    let centre = Centre::on(engine).await;
    let held = column(
        &centre,
        "SELECT kind || ' ' || from_state || ' ' || to_state FROM case_step",
    )
    .await;
    let expected: BTreeSet<String> = machine()
        .into_iter()
        .map(|(from, to, mv)| format!("{} {} {}", mv.kind().unwrap(), from.as_str(), to.as_str()))
        .collect();
    assert_eq!(BTreeSet::from_iter(held), expected);
    for sql in [
        "UPDATE case_step SET to_state = 'listed'",
        "DELETE FROM case_step",
    ] {
        let refused = centre.sql(sql).await.unwrap_err().to_string();
        assert!(refused.contains("append-only"), "{sql}: {refused}");
    }
}

async fn every_pair_of_states_is_allowed_or_refused_as_in_the_machine(engine: Engine) {
    let centre = Centre::on(engine).await;
    let all = machine();
    let mut number = 0;
    for (reason, own, others) in QUESTIONS {
        let steps: BTreeSet<_> = all
            .iter()
            .filter(|(_, _, mv)| !others.contains(mv))
            .map(|(from, to, _)| (*from, *to))
            .collect();
        assert!(
            own.iter()
                .all(|mv| all.iter().any(|(.., known)| known == mv))
        );
        for from in CaseState::ALL {
            let Some(way) = way(&steps, from) else {
                continue;
            };
            for to in CaseState::ALL {
                number += 1;
                let case = planted(&centre, number, reason, &way).await;
                let allowed = from == to || steps.contains(&(from, to));
                let tried = moved(&centre, &case, to).await;
                assert_eq!(
                    tried.is_ok(),
                    allowed,
                    "{reason}: {from:?} to {to:?}: {tried:?}"
                );
            }
        }
    }
    assert!(number > 8 * 8, "{number} pairs were tried");
    let begun = centre.sql("INSERT INTO review_case (id, host, opened_at, assessment_id, evidence_root, licence_match, state)
        SELECT 'C-X', host, opened_at, assessment_id, evidence_root, licence_match, 'dismissed' FROM review_case WHERE id = 'C-1'").await;
    assert!(begun.unwrap_err().to_string().contains("begins open"));
    let nobody = centre
        .sql("UPDATE review_case SET state = 'in_review' WHERE id = 'C-1'")
        .await;
    assert!(nobody.is_err(), "a case in review knows its taker");
}

/// A decision is taken where its move leaves the case, by an account of the role it is for.
async fn every_kind_of_decision_is_for_its_states_and_roles(engine: Engine) {
    let centre = Centre::on(engine).await;
    let lawyer = hired(&centre, "lawyer", Role::Legal).await;
    let all = machine();
    let steps: BTreeSet<_> = all
        .iter()
        .filter(|(_, _, mv)| *mv != Move::AnswerLift && *mv != Move::AnswerAnnul)
        .map(|(from, to, _)| (*from, *to))
        .collect();
    let mut id = 0;
    let mut taken = 0;
    for step in STEPS {
        let Some(kind) = step.mv.kind() else { continue };
        let people = !step
            .by
            .iter()
            .any(|by| matches!(by, Mover::Time | Mover::Register));
        for (number, at) in CaseState::ALL.into_iter().enumerate() {
            let way = way(&steps, at).unwrap();
            id += 1;
            let case = planted(&centre, id * 10 + number, "assessment", &way).await;
            let leads_here = all
                .iter()
                .any(|(_, to, mv)| *to == at && mv.kind() == Some(kind));
            for (who, role, place) in [
                (&centre.first, "officer", Mover::Uninvolved),
                (&lawyer, "legal", Mover::Legal),
                (&lawyer, "officer", Mover::Time),
            ] {
                id += 1;
                let sql = format!(
                    "INSERT INTO decision (id, case_id, officer_id, kind, reason_code, reason, decided_at, role, evidence_root)
                    SELECT {id}, id, '{}', '{kind}', '', '', {NOW}, '{role}', evidence_root FROM review_case WHERE id = '{case}'",
                    who.id
                );
                let mine = match place {
                    Mover::Uninvolved => step.mv != Move::LegalSign,
                    Mover::Legal => step.by.contains(&Mover::Legal),
                    _ => false,
                };
                let tried = centre.sql(&sql).await;
                taken += usize::from(tried.is_ok());
                assert_eq!(
                    tried.is_ok(),
                    people && leads_here && mine,
                    "{kind} by {role} in {at:?}: {tried:?}"
                );
            }
        }
    }
    assert!(taken > 20, "{taken} decisions were taken");
    let other = format!(
        "INSERT INTO decision (id, case_id, officer_id, kind, reason_code, reason, decided_at, role, evidence_root)
        SELECT -1, c.id, '{}', 'release', '', '', {NOW}, 'officer', e.root FROM review_case c JOIN evidence e ON e.host <> c.host
        WHERE c.state = 'open' LIMIT 1",
        centre.first.id
    );
    let refused = centre.sql(&other).await.unwrap_err().to_string();
    assert!(refused.contains("other evidence"), "{refused}");
}

data::both_engines!(
    the_store_holds_the_table_of_the_machine,
    every_pair_of_states_is_allowed_or_refused_as_in_the_machine,
    every_kind_of_decision_is_for_its_states_and_roles,
);
