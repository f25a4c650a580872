use super::*;
use crate::{
    matching::tests::{index_of, name, now, row},
    register::{Mapping, Measure, SourceDate, Warning},
};

const NUMBER: &str = "AFSA-A-LA-2025-0101";
const BIN: &str = "220340900479";
const OTHER_BIN: &str = "230740900475";

fn index() -> Index {
    let of = |number: &str, bin: &str, more: &str| {
        format!(r#","licence_no":"{number}","bin":"{bin}"{more}"#)
    };
    index_of(
        &[
            row(
                "a",
                "Altyn Arqan Ltd.",
                "altynarqan.test",
                &of(NUMBER, BIN, ""),
            ),
            row(
                "b",
                "Kokbori Markets Ltd.",
                "kokbori.test",
                &of("AFSA-A-LA-2025-0102", OTHER_BIN, ""),
            ),
            row(
                "c",
                "Eski Saray Ltd.",
                "eskisaray.test",
                &of("AFSA-G-LA-2022-0009", "", r#","valid_to":"2025-03-31""#),
            ),
            row(
                "d",
                "Toqta Ltd.",
                "toqta.test",
                &of("AFSA-A-LA-2024-0004", "", r#","state":"suspended""#),
            ),
        ]
        .join(","),
    )
}

fn weigh_in(index: &Index, host: &str, number: &str, firm: &str, bin: &str) -> Vec<ClaimFinding> {
    let claim = Claim {
        licence_no: number.into(),
        legal_name: firm.into(),
        bin: bin.into(),
        quote: "Licence".into(),
    };
    check_claims(&name(host), &[claim.clone(), claim], index, now())
}

#[test]
fn each_disagreement_has_its_kind_and_its_reasons() {
    use ClaimKind::*;
    for (host, number, firm, bin, kind, codes) in [
        ("altynarqan.test", NUMBER, "", "", Agrees, "claim-agrees"),
        (
            "www.altynarqan.test",
            "АFSА / А / LA / 2025 / 0101",
            "Алтын Арқан",
            BIN,
            Agrees,
            "claim-agrees",
        ),
        (
            "evil.test",
            NUMBER,
            "",
            "",
            OtherHost,
            "claim-number-of claim-host-differs",
        ),
        (
            "evil.test",
            NUMBER,
            "«Altyn Arqan» Limited",
            BIN,
            OtherHost,
            "claim-number-of claim-host-differs",
        ),
        (
            "eskisaray.test",
            "AFSA-G-LA-2022-0009",
            "",
            "",
            Expired,
            "claim-ended",
        ),
        (
            "toqta.test",
            "AFSA-A-LA-2024-0004",
            "",
            "",
            Suspended,
            "claim-suspended",
        ),
        (
            "evil.test",
            "AFSA-A-LA-2031-9999",
            "",
            "",
            UnknownNumber,
            "claim-number-unknown",
        ),
        (
            "evil.test",
            "XY-12",
            "",
            "",
            Unverified,
            "claim-register-missing",
        ),
        (
            "evil.test",
            NUMBER,
            "Jel Qanat LLP",
            "",
            NameMismatch,
            "claim-number-of claim-host-differs claim-name-differs",
        ),
        (
            "altynarqan.test",
            NUMBER,
            "Jel Qanat LLP",
            "",
            NameMismatch,
            "claim-number-of claim-name-differs",
        ),
        (
            "evil.test",
            NUMBER,
            "",
            OTHER_BIN,
            BinMismatch,
            "claim-number-of claim-host-differs claim-bin-differs",
        ),
        (
            "evil.test",
            NUMBER,
            "Kokbori Markets",
            "",
            Forged,
            "claim-number-of claim-host-differs claim-name-differs claim-name-of-other",
        ),
        (
            "evil.test",
            "AFSA-A-LA-2031-9999",
            "Altyn Arqan",
            "",
            Forged,
            "claim-number-unknown claim-name-of-other claim-host-differs",
        ),
        (
            "altynarqan.test",
            "AFSA-A-LA-2031-9999",
            "Altyn Arqan",
            "",
            UnknownNumber,
            "claim-number-unknown",
        ),
        (
            "evil.test",
            "",
            "Altyn Arqan Ltd.",
            "",
            NameOnly,
            "claim-name-of-other claim-host-differs",
        ),
        (
            "evil.test",
            "",
            "",
            BIN,
            NameOnly,
            "claim-bin-of-other claim-host-differs",
        ),
        (
            "evil.test",
            "",
            "Kokbori Markets Ltd.",
            BIN,
            BinMismatch,
            "claim-bin-of-other claim-name-of-other claim-host-differs",
        ),
    ] {
        let found = weigh_in(&index(), host, number, firm, bin);
        assert_eq!(found.len(), 1, "said once: {host} {number} {firm} {bin}");
        let said: Vec<_> = found[0]
            .reasons
            .iter()
            .map(|reason| reason.code.as_str())
            .collect();
        assert_eq!(
            (found[0].kind, said.join(" ").as_str()),
            (kind, codes),
            "{host} {number} {firm} {bin}"
        );
    }
}

/// Numbers without the letters of an authority stand on papers of many: alone they point to nobody.
#[test]
fn a_number_of_figures_points_to_a_firm_only_beside_its_name_bin_or_host() {
    let of = |bin: &str| format!(r#","licence_no":"0417-12","bin":"{bin}""#);
    let index = index_of(&row("n", "Altyn Arqan Ltd.", "altynarqan.test", &of(BIN)));
    for (host, firm, bin, kind) in [
        ("altynarqan.test", "", "", ClaimKind::Agrees),
        ("notary.test", "", "", ClaimKind::Unverified),
        ("notary.test", "Jel Qanat LLP", "", ClaimKind::Unverified),
        ("evil.test", "Altyn Arqan", "", ClaimKind::OtherHost),
        ("evil.test", "", BIN, ClaimKind::OtherHost),
    ] {
        let found = weigh_in(&index, host, "№ 0417/12", firm, bin);
        assert_eq!(found[0].kind, kind, "{host} {firm} {bin}");
    }
    // Nor does one such number say in which register another should stand.
    let found = weigh_in(&index, "notary.test", "0417-13", "", "");
    assert_eq!(found[0].reasons[0].code, "claim-register-missing");
}

/// A firm may hold a licence of an authority whose register we do not have.
#[test]
fn a_number_of_an_unknown_authority_beside_a_known_name_is_not_called_forged() {
    let found = weigh_in(&index(), "evil.test", "UB-OP-000123", "Altyn Arqan", "");
    assert_eq!(found[0].kind, ClaimKind::Unverified);
    let said = found[0].reasons.iter().map(|reason| reason.code.as_str());
    assert_eq!(
        said.collect::<Vec<_>>(),
        [
            "claim-register-missing",
            "claim-name-of-other",
            "claim-host-differs"
        ]
    );
}

/// What claims nothing of a register's is no finding: the firm's own host, an unknown firm, a name
/// of which only a word fits.
#[test]
fn what_says_nothing_of_a_licence_is_left_out() {
    for (host, firm, bin) in [
        ("altynarqan.test", "Altyn Arqan Ltd.", BIN),
        ("evil.test", "Jel Qanat LLP", ""),
        ("evil.test", "Altyn LLP", ""),
        ("evil.test", "", "991240900010"),
        ("evil.test", "", ""),
    ] {
        assert_eq!(
            weigh_in(&index(), host, "", firm, bin),
            [],
            "{host} {firm} {bin}"
        );
    }
}

#[test]
fn a_register_too_old_to_say_so_says_that() {
    let mut known = index().known().clone();
    known.register_days = 0;
    let found = weigh_in(
        &Index::of(known),
        "evil.test",
        "AFSA-A-LA-2031-9999",
        "",
        "",
    );
    assert_eq!(found[0].kind, ClaimKind::Unverified);
    assert_eq!(found[0].reasons[0].code, "claim-register-old");
    assert_eq!(found[0].reasons[0].args["day"], "2026-11-20");
}

#[test]
fn a_number_that_is_known_to_be_forged_is_forged_everywhere_but_at_home() {
    let mut known = index().known().clone();
    known.warnings.push(Warning {
        record_id: "forged".into(),
        brand: "Altyn Arqan".into(),
        aliases: vec![],
        authority: "AFSA".into(),
        measure: Measure::ForgedDocument,
        published: SourceDate::Undated,
        hosts: vec![],
        mapping: Mapping::Ours,
        licence_no: NUMBER.into(),
        legal_basis: String::new(),
        source_url: "https://afsa.test/".into(),
        source_date: SourceDate::Undated,
        confidence: String::new(),
        notes: String::new(),
    });
    let index = Index::of(known);
    let kind = |host| weigh_in(&index, host, NUMBER, "", "")[0].kind;
    assert_eq!(kind("evil.test"), ClaimKind::Forged);
    assert_eq!(kind("altynarqan.test"), ClaimKind::Agrees);
}

/// Findings kept before there were reasons are read.
#[test]
fn an_old_finding_is_read() {
    let old = r#"{"kind":"other_host","claim":{"licence_no":"N","legal_name":"","bin":"","quote":"q"},"firm":"F","hosts":[]}"#;
    let found: ClaimFinding = serde_json::from_str(old).unwrap();
    assert_eq!((found.kind, found.reasons.len()), (ClaimKind::OtherHost, 0));
    for kind in ClaimKind::ALL {
        assert_eq!(serde_json::to_value(kind).unwrap(), kind.as_str());
    }
}
