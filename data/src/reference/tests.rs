use super::*;
use blocklist::{
    matching::{Index, Known, Query, Verdict, answer},
    register::{HostKind, Measure},
    testing::START,
};

fn reference() -> &'static Reference {
    shipped().unwrap()
}

fn known() -> Index {
    Index::of(Known {
        shipped: reference().snapshots.clone(),
        warnings: reference()
            .snapshots
            .iter()
            .flat_map(|s| s.warnings.clone())
            .collect(),
        operators: reference().operators.clone(),
        register_days: 14,
        ..Known::default()
    })
}

/// Of 16 records of registers two are regimes without rows and one is memory alone; of 24 records
/// of measures six are counts without names, one rests on memory, and one is a wrongful block
/// that was lifted.
#[test]
fn the_shipped_rows_are_those_that_have_a_source() {
    let rows: Vec<_> = reference().snapshots.iter().flat_map(|s| &s.rows).collect();
    let warnings: Vec<_> = reference()
        .snapshots
        .iter()
        .flat_map(|s| &s.warnings)
        .collect();
    assert_eq!((rows.len(), warnings.len()), (13, 16));
    assert_eq!(
        reference()
            .snapshots
            .iter()
            .filter(|s| s.register.starts_with("nbk-"))
            .count(),
        2
    );
    assert!(rows.iter().all(|row| row.record_id != "bitfinexsec"));
    for row in rows {
        assert_eq!(row.basis, Basis::Secondary, "{}", row.record_id);
        assert!(row.source_url.starts_with("http"), "{}", row.record_id);
        assert!(
            !row.confidence.is_empty() && !row.status_note.is_empty(),
            "{}",
            row.record_id
        );
        assert_eq!(row.term(), None, "{}", row.record_id);
    }
    for warning in warnings {
        assert!(
            warning.source_url.starts_with("https://"),
            "{}",
            warning.record_id
        );
        assert!(!warning.confidence.is_empty(), "{}", warning.record_id);
    }
    assert_eq!(reference().operators.len(), 104);
}

/// Memory is marked as memory wherever it is shipped.
#[test]
fn hosts_from_memory_are_marked() {
    for row in reference().snapshots.iter().flat_map(|s| &s.rows) {
        for host in &row.related {
            let doubted = [
                "binance.kz",
                "caspianex.com",
                "biteeu.kz",
                "biteeu.com",
                "intebix.kz",
                "intebix.com",
            ];
            if doubted.contains(&host.name.as_str()) {
                assert_eq!(host.kind, HostKind::Unconfirmed, "{}", host.name);
                assert!(
                    host.note.contains("from memory, unverified"),
                    "{}",
                    host.name
                );
            }
        }
    }
}

#[test]
fn no_shipped_host_is_ever_licensed_and_each_is_guarded() {
    let guarded = register_hosts().unwrap().names;
    let known = known();
    let mut count = 0;
    for row in reference().snapshots.iter().flat_map(|s| &s.rows) {
        for (host, kind) in row.all_hosts() {
            let verdict = answer(Query::Host(host.clone()), &known, START).verdict;
            let expected = match kind {
                HostKind::Trading | HostKind::Unconfirmed => Verdict::LicenceUnconfirmed,
                HostKind::Support | HostKind::Group => Verdict::LicensedElsewhere,
            };
            assert_eq!(verdict, expected, "{host}");
            assert!(guarded.contains(host), "{host}");
            count += 1;
        }
    }
    assert!(count > 20, "{count}");
}

#[test]
fn what_people_type_is_answered_without_accusing() {
    use Verdict::*;
    for (query, verdict, reason) in [
        ("bybit.kz", LicenceUnconfirmed, "reported-only"),
        (
            "https://www.bybit.kz/en-KAZ/",
            LicenceUnconfirmed,
            "reported-only",
        ),
        ("bybit.nl", LicensedElsewhere, "group-host"),
        ("bybit.com", LicensedElsewhere, "group-host"),
        ("bybit.id", LicensedElsewhere, "group-host"),
        ("binance.us", LicensedElsewhere, "group-host"),
        ("bybit-kz.net", Lookalike, "resembles"),
        ("finance.kz", Unknown, "not-found"),
        ("bybit.net", Lookalike, "resembles"),
        ("eurasia.big.one", LicenceUnconfirmed, "reported-only"),
        ("big.one", LicensedElsewhere, "group-host"),
        ("www.big.one", LicensedElsewhere, "group-host"),
        ("big.kz", Unknown, "not-found"),
        ("upbit.com", LicensedElsewhere, "group-host"),
        (
            "bigoneeurasia.ladesk.com",
            LicensedElsewhere,
            "support-host",
        ),
        ("other.ladesk.com", Unknown, "not-found"),
        ("binance.kz", LicenceUnconfirmed, "host-unconfirmed"),
        ("ataix.kz", LicenceUnconfirmed, "reported-only"),
        ("okx.com", Warned, "warned"),
        ("app.okx.com", Warned, "warned"),
        ("coinbase.com", Warned, "reported-block"),
        ("kraken.com", Unknown, "foreign-exchange"),
        ("kaspi.kz", Unknown, "not-found"),
        ("OKX", Warned, "warned"),
        ("ОКЭКС", Warned, "warned"),
        ("Хуоби", Warned, "warned"),
        ("Коинбейс", Warned, "reported-block"),
        ("RAKS", Warned, "reported-liquidated"),
        ("Чароит", Warned, "reported-investigation"),
        ("Asar Baspana", Warned, "reported-exposed"),
        ("bybit", LicenceUnconfirmed, "reported-only"),
        ("байбит", LicenceUnconfirmed, "reported-only"),
        ("ТОО Байбит Лимитед", LicenceUnconfirmed, "reported-only"),
        ("Бинанс", LicenceUnconfirmed, "reported-only"),
        ("Upbit", LicenceUnconfirmed, "reported-only"),
        ("bybti", Lookalike, "name-close"),
        ("kraken", Unknown, "foreign-exchange"),
        ("kaspi", Unknown, "not-found"),
        ("Kazakhstan", Unknown, "not-found"),
        ("220340900479", LicenceUnconfirmed, "reported-only"),
        ("AFSA-G-LA-2022-0002", LicenceUnconfirmed, "reported-only"),
        ("AFSA-G-LA-2023-0004", LicenceUnconfirmed, "reported-only"),
        ("AFSA-G-LA-2031-0001", Unknown, "number-not-found"),
    ] {
        let found = answer(Query::parse(query).unwrap(), &known(), START);
        assert_eq!(found.verdict, verdict, "{query}: {:?}", found.reasons);
        assert_eq!(
            found.reasons[0].code, reason,
            "{query}: {:?}",
            found.reasons
        );
    }
}

#[test]
fn a_name_answers_for_each_of_its_addresses() {
    let found = answer(Query::parse("Bybit").unwrap(), &known(), START);
    let verdicts: Vec<_> = found
        .hosts
        .iter()
        .map(|answer| (answer.host.as_str(), answer.found.verdict))
        .collect();
    assert!(
        verdicts.contains(&("bybit.kz", Verdict::LicenceUnconfirmed)),
        "{verdicts:?}"
    );
    assert!(
        verdicts.contains(&("bybit.nl", Verdict::LicensedElsewhere)),
        "{verdicts:?}"
    );
    assert_eq!(
        found.also,
        [Verdict::LicenceEnded, Verdict::LicensedElsewhere]
    );
    assert_eq!(found.rows.len(), 2);
    let bin = answer(Query::parse("220340900479").unwrap(), &known(), START);
    let ids: Vec<_> = bin
        .rows
        .iter()
        .map(|row| row.row.record_id.as_str())
        .collect();
    assert_eq!(ids, ["ataix-datf", "ataix-dasp"]);
}

#[test]
fn a_forged_copy_is_told_of_with_the_number_and_never_against_the_firm() {
    let told = |query: &str| {
        let found = answer(Query::parse(query).unwrap(), &known(), START);
        let told = found
            .reasons
            .iter()
            .any(|reason| reason.code == "forged-copy");
        (told, found.verdict)
    };
    assert_eq!(
        told("AFSA-G-LA-2023-0004"),
        (true, Verdict::LicenceUnconfirmed)
    );
    assert_eq!(
        told("AFSA-G-LA-2023-0003"),
        (false, Verdict::LicenceUnconfirmed)
    );
    assert_eq!(told("Bybit Limited"), (false, Verdict::LicenceUnconfirmed));
    assert_eq!(told("bybit.kz"), (false, Verdict::LicenceUnconfirmed));
}

#[test]
fn warnings_of_a_regulator_are_four_and_the_mapping_is_ours() {
    let warnings = reference().snapshots.iter().flat_map(|s| &s.warnings);
    let of_afsa: Vec<_> = warnings.filter(|w| w.measure == Measure::Warning).collect();
    assert_eq!(of_afsa.len(), 4);
    for warning in of_afsa {
        assert_eq!(warning.mapping, blocklist::register::Mapping::Ours);
        assert!(!warning.hosts.is_empty() && !warning.legal_basis.is_empty());
    }
}

#[test]
fn a_file_that_cannot_be_used_is_named_with_the_place() {
    let (file, text) = REGISTERS[0];
    for (from, to, says) in [
        (
            "regulator = \"AFSA\"",
            "regulater = \"AFSA\"",
            "unknown field `regulater`",
        ),
        ("2022-04-07", "7.4.2022", "a date is written"),
        ("220340900479", "220340900478", "row `ataix-datf`, bin: "),
        (
            "basis = \"secondary\"",
            "basis = \"register\"",
            "row `ataix-datf`, basis: ",
        ),
        (
            "identity high; current status low",
            "",
            "row `ataix-datf`, confidence: ",
        ),
        ("ataix-dasp", "ataix-datf", "row `ataix-datf`, record_id: "),
    ] {
        let Err(error) = read_register(file, &text.replacen(from, to, 1)) else {
            panic!("{to} was taken");
        };
        let error = error.to_string();
        assert!(
            error.starts_with("data/registers/afsa.toml: ") && error.contains(says),
            "{error}"
        );
    }
    let bad = OPERATORS
        .1
        .replacen("https://alpaca.markets", "https://al paca", 1);
    assert!(
        read_operators(&bad)
            .unwrap_err()
            .to_string()
            .starts_with("line 4, column 8: ")
    );
}

proptest::proptest! {
    /// Whatever is typed is answered or refused, and what is no address clears and accuses nobody.
    #[test]
    fn any_text_is_answered_within_bounds(
        text in ".{0,60}|(bybit|okx|binance|атаикс|220340900479|AFSA-G-LA-2023-0004)[ .a-zа-я]{0,6}"
    ) {
        static KNOWN: LazyLock<Index> = LazyLock::new(known);
        if let Ok(query) = Query::parse(&text) {
            let is_host = matches!(query, Query::Host(_));
            let found = answer(query, &KNOWN, START);
            proptest::prop_assert!(!found.reasons.is_empty());
            proptest::prop_assert!(!found.also.contains(&found.verdict));
            let bounded = !matches!(found.verdict, Verdict::Blocked | Verdict::Suspended | Verdict::Licensed);
            proptest::prop_assert!(is_host || bounded);
        }
    }
}
