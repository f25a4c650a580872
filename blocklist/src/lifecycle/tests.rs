use std::collections::BTreeSet;

use proptest::prelude::*;

use super::*;
use crate::{
    Digest, Scope, Timestamp, fold::ListingState, key::Role, leaf::Leaf, testing::START,
    testing::TestLog,
};

fn reachable(without: Move) -> BTreeSet<Stage> {
    let mut seen = BTreeSet::from([Stage::Candidate]);
    loop {
        let before = seen.len();
        for step in STEPS.iter().filter(|step| step.mv != without) {
            let open = step.ways.iter().filter(|(from, _)| seen.contains(from));
            let reached: Vec<Stage> = open.map(|(_, to)| *to).collect();
            seen.extend(reached);
        }
        if seen.len() == before {
            return seen;
        }
    }
}

#[test]
fn every_move_has_one_row_and_one_outcome() {
    let moves: BTreeSet<Move> = STEPS.iter().map(|step| step.mv).collect();
    assert_eq!(moves.len(), STEPS.len());
    for step in STEPS {
        assert!(!step.by.is_empty() && !step.ways.is_empty(), "{step:?}");
        let begins: BTreeSet<Stage> = step.ways.iter().map(|(from, _)| *from).collect();
        assert_eq!(begins.len(), step.ways.len(), "{step:?}");
    }
}

#[test]
fn every_move_of_anybody_from_anywhere_is_in_the_table_or_refused_with_its_reason() {
    for step in STEPS {
        for stage in Stage::ALL {
            let way = step.ways.iter().find(|(from, _)| *from == stage);
            for mover in Mover::ALL {
                match (way, next(stage, step.mv, mover)) {
                    (Some((_, to)), Ok(found)) => assert_eq!(*to, found),
                    (None, Err(Refused::NotFrom { from, .. })) => assert!(!from.contains(&stage)),
                    (Some(_), Err(Refused::NotBy { by, .. })) => assert!(!by.contains(&mover)),
                    (way, found) => panic!("{stage} {step:?} {mover}: {way:?} {found:?}"),
                }
            }
        }
    }
    let late = next(Stage::Dismissed, Move::Approve, Mover::SecondOfficer).unwrap_err();
    assert_eq!(
        late.to_string(),
        "Approve is for a case that is proposed; this one is dismissed"
    );
    let taken = next(Stage::Listed, Move::Lift, Mover::Register).unwrap_err();
    assert_eq!(
        taken.to_string(),
        "Lift is for an officer, not for a register"
    );
}

#[test]
fn nothing_is_listed_around_the_proposal_the_second_signature_and_the_log() {
    assert_eq!(reachable(Move::Keep).len(), Stage::ALL.len());
    for needed in [Move::Propose, Move::Approve, Move::Sequence] {
        let found = reachable(needed);
        assert!(!found.contains(&Stage::Listed), "{needed:?}: {found:?}");
        assert!(!found.contains(&Stage::Scheduled), "{needed:?}: {found:?}");
    }
    // A name comes off in three ways, wherever its listing stands.
    for (mv, end) in [
        (Move::Lift, Stage::Lifted),
        (Move::Annul, Stage::Annulled),
        (Move::Expire, Stage::Expired),
    ] {
        let step = STEPS.iter().find(|step| step.mv == mv).unwrap();
        for from in [
            Stage::Scheduled,
            Stage::Listed,
            Stage::Suspended,
            Stage::Guarded,
        ] {
            assert!(step.ways.contains(&(from, end)), "{mv:?} from {from}");
        }
    }
}

fn listing_state() -> impl Strategy<Value = ListingState> {
    let at = Timestamp(0);
    prop_oneof![
        Just(ListingState::Scheduled { at }),
        Just(ListingState::Listed { since: at }),
        Just(ListingState::Suspended {
            register: "afsa".into()
        }),
        Just(ListingState::Guarded {
            reason: "a bank".into()
        }),
        Just(ListingState::Expired { at }),
        Just(ListingState::Lifted {
            at,
            reason: String::new()
        }),
        Just(ListingState::Annulled {
            at,
            reason: String::new()
        }),
    ]
}

proptest! {
    #[test]
    fn a_stage_never_says_more_than_people_and_the_log_did(
        case in prop::sample::select(CaseState::ALL.to_vec()),
        listing in prop::option::of(listing_state()), in_log: bool, numbered: bool,
    ) {
        let in_log = in_log || listing.is_some();
        let stage = Stage::of(Standing { case, listing: listing.as_ref(), in_log, numbered });
        if case == CaseState::Listed {
            prop_assert_eq!(stage == Stage::Listed, matches!(listing, Some(ListingState::Listed { .. })));
            prop_assert_eq!(matches!(stage, Stage::Approved | Stage::Ordered), !in_log);
        } else {
            // What the log says of a case that nobody has signed for is not of this case.
            prop_assert_eq!(stage.case_state(), case);
        }
        prop_assert_eq!(CaseState::parse(case.as_str()), Some(case));
    }
}

#[test]
fn two_officers_make_a_leaf_and_one_of_them_twice_does_not() {
    let log = TestLog::new(true);
    let list = log.list_statement("obmen.test", Scope::Host, 1);
    let by = |role, key| Decision::sign(&list, role, key, START).unwrap();
    let [first, second] = log.officers.each_ref().map(|key| by(Role::Officer, key));
    let third = by(Role::Legal, &log.legal);
    let proposed = || Proposed::new(list.clone(), first.clone()).unwrap();

    let same = proposed().approve(first.clone()).unwrap_err();
    assert!(matches!(same, ConsentError::SamePerson(_)), "{same}");
    for wrong in [
        Proposed::new(list.clone(), third.clone()).unwrap_err(),
        proposed().approve(third.clone()).unwrap_err(),
        proposed()
            .approve(second.clone())
            .unwrap()
            .with_legal(first.clone())
            .unwrap_err(),
    ] {
        assert!(matches!(wrong, ConsentError::Role { .. }), "{wrong}");
    }
    let mut elsewhere = second.clone();
    elsewhere.evidence_root = Digest::of(b"other evidence");
    let other = proposed().approve(elsewhere).unwrap_err();
    assert!(matches!(other, ConsentError::Evidence { .. }), "{other}");

    let approved = proposed().approve(second).unwrap();
    let (replay, _) = log.fold(START);
    for (leaf, roles) in [
        (approved.clone().leaf(), 2),
        (approved.with_legal(third).unwrap().leaf(), 3),
    ] {
        assert_eq!(leaf.signatures.len(), roles);
        replay.fold().check_signatures(&leaf).unwrap();
        assert_eq!(Leaf::from_bytes(&leaf.to_bytes().unwrap()).unwrap(), leaf);
    }
}
