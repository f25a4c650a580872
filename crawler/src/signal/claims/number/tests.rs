use proptest::prelude::*;

use super::*;

fn read(text: &str) -> Vec<String> {
    let (block, next) = text.split_once('\n').unwrap_or((text, ""));
    let found = numbers(block, next).into_iter();
    found.map(|number| number.text).collect()
}

#[test]
fn a_number_beside_a_word_of_licence_is_a_licences() {
    for (text, number) in [
        // Russian
        ("Лицензия № 4.2.123/456 от 01.02.2025", "4.2.123/456"),
        (
            "Лицензия от 03.02.2020 г. № 1.2.77/310, выдана АРРФР",
            "1.2.77/310",
        ),
        (
            "Лицензия на обмен необеспеченных цифровых активов № 4.3.000 от 15.06.2026.",
            "4.3.000",
        ),
        (
            "ТОО «Мысал», лицензия НБ РК № 7100204. 8 (7172) 48-18-28",
            "7100204",
        ),
        (
            "действует на основании лицензии UB-OP-000123",
            "UB-OP-000123",
        ),
        ("Лицензия Нацбанка № 0000-ТК", "0000-ТК"),
        (
            "Мы работаем с 2022 года по лицензии Кюрасао 8048/JAZ. Бонус х35 за 5 дней",
            "8048/JAZ",
        ),
        ("Номер лицензии: 000123", "000123"),
        ("Гослицензия №000123 выдана 12 марта 2019 года", "000123"),
        (
            "Лицензия, выданная Национальным Банком 12 марта 2019 года за номером 123-КР",
            "123-КР",
        ),
        ("Лицeнзия № 4.2.123/456", "4.2.123/456"),
        ("Лицензия АРРФР 1.2.77/41 от 03.02.2020", "1.2.77/41"),
        // Kazakh
        (
            "ҚНРДА лицензиясы № 1.2.91/130/40. Алматы қ., Сейфуллин даңғылы, 498",
            "1.2.91/130/40",
        ),
        (
            "2020 жылғы 3 ақпандағы № 1.2.47/188 лицензиясы. 7711 — тегін",
            "1.2.47/188",
        ),
        ("Лицензияның нөмірі – 000123", "000123"),
        ("000123 нөмірлі лицензия негізінде", "000123"),
        ("лицензиясы № 4.3.000, 2026 жылғы 15 маусым.", "4.3.000"),
        ("Лицензия ҚРҰБ 7500388", "7500388"),
        ("Қаржы реттегішінің рұқсаты № 311-А", "311-А"),
        // English and others
        ("Licence No 000123", "000123"),
        ("License #UB/OP/000123", "UB/OP/000123"),
        (
            "Licence of the National Bank of Kazakhstan No. 7100332. Rates may differ.",
            "7100332",
        ),
        (
            "licensed by the Example Authority (licence number FX-2291)",
            "FX-2291",
        ),
        (
            "We are licensed by the Example Authority under No. 12345",
            "12345",
        ),
        (
            "Abylai FX LLP, permit № 311-A of the National Bank's branch",
            "311-A",
        ),
        (
            "AFSA licence no. AFSA A LA 2024 0105. Verify",
            "AFSA A LA 2024 0105",
        ),
        ("certificate АFSА-А-LA-2024-0105", "АFSА-А-LA-2024-0105"),
        ("Ліцензія № 21/2024-БК", "21/2024-БК"),
        ("Licencia número 998877 del Banco Central", "998877"),
        ("牌照号码：000123", "000123"),
        ("Markaziy bank litsenziyasi № 71, 2021-yil 25-dekabr.", "71"),
        // over the end of a block
        ("Лицензия №\n4.2.123/456 от 01.02.2025", "4.2.123/456"),
        ("Лицензия № 4.2.123/\n456 от 01.02.2025", "4.2.123/456"),
        ("Лицензия № 4.2.123\n/456 от 01.02.2025", "4.2.123/456"),
        ("AFSA-A-LA-\n2024-0105", "AFSA-A-LA-2024-0105"),
        ("AFSA-A-LA-2024\n0105 Example Ltd.", "AFSA-A-LA-2024 0105"),
        ("Licence number\nUB-OP-000123", "UB-OP-000123"),
        ("Лицензия\n1.2.77/41", "1.2.77/41"),
    ] {
        assert_eq!(read(text), [number], "{text}");
    }
}

#[test]
fn several_numbers_are_several() {
    assert_eq!(
        read("лицензии № 12-34 и № 56-78, договор № 90-12"),
        ["12-34", "56-78"]
    );
    assert_eq!(
        read("Licence No. 000123 (custody). Licence No. 000124 (dealing)."),
        ["000123", "000124"]
    );
    assert_eq!(
        read("Лицензия № 0507-КР от 14.03.2019, приложение № 3. Выдана филиалом."),
        ["0507-КР"]
    );
}

#[test]
fn other_numbers_are_no_licences() {
    for text in [
        // nothing of a licence
        "№ 4.2.123/456 от 01.02.2025",
        "Certificate of incorporation No 000123",
        "Свидетельство о постановке на учёт СМИ № KZ77VPY00061284",
        "БИН 220340900479",
        // another paper, a place, a telephone
        "Licence: see certificate of incorporation No 000123",
        "Лицензия есть. Свидетельство о регистрации № 000123",
        "Лицензия и договор № 4455-12",
        "Лицензия выдана приказом № 15-77",
        "Лицензия АРРФР. Тел. № 707012",
        "Лицензия АРРФР на проведение банковских операций. 9191. Астана, ул. Кунаева",
        "ҚНРДА лицензиясы. Байланыс орталығы: 7575",
        "Лицензия, ул. Абая № 155",
        "ул. Абая № 155, лицензия АРРФР",
        "Договор № 5512-1 лицензия",
        "Лицензиясы бар, БСН № 220340900479",
        "Лицензия, БИН № 220340900479",
        "Licence, call No 87011234567",
        "Лицензия № +77011234567",
        // dates, years, amounts
        "Лицензия от 01.02.2025",
        "Лицензия № 01.02.2025",
        "Лицензия 2024 года",
        "2024 жылдан бастап лицензиямен ғана",
        "Лицензия 1 490 $, обновления 300 $ в год",
        "Лицензия стоит 150000 тенге",
        "Лицензия: 150000 тенге",
        "лицензия 2024-2026",
        "License fee 150000 USD",
        "Operating licence 1500000 ₸",
        "лицензии на 15 %",
        // other licences, and none
        "Лицензия GPL-3.0. Пожертвования",
        "Текст доступен по лицензии CC BY-SA 4.0.",
        "MIT licence. Version 2024.11",
        "Driver's licence number 123456",
        "License key: ABCDE-12345",
        "работаем без лицензии № 4.2.123/456",
        "лицензиясыз № 4.2.123/456",
        "Лицензированная площадка возьмёт 0,2–0,5 %, карта 123456",
        "licensed exchanges rose to KZT 61 bn. We declined 14,202 payments",
        // the next block is another matter
        "Лицензия\nАдрес: ул. Абая № 155",
        "Лицензия №\n12 отделений",
        "Наши лицензии\n2024 2025 2026",
        "Firm\n000123",
        "",
        "\n",
    ] {
        assert_eq!(read(text), Vec::<String>::new(), "{text}");
    }
}

/// What the quick search passes over is never read, so it must pass over nothing.
#[test]
fn every_word_of_licence_is_looked_for() {
    let vocabulary = VOCABULARY.as_ref().unwrap();
    let looked_for = [vocabulary.word, vocabulary.passive];
    let (_, text) = data::lexicon::LICENCES;
    let parsed: toml::Table = text.parse().unwrap();
    let mut tried = 0;
    for group in parsed["group"].as_array().unwrap() {
        if !looked_for.contains(&vocabulary.lexicon.group(group["id"].as_str().unwrap())) {
            continue;
        }
        for entry in group["entries"].as_array().unwrap() {
            let word = entry.as_str().unwrap().trim_end_matches(['*', '~']);
            assert_eq!(spoken_of(&Words::of(["x", word])), [1], "{word}");
            tried += 1;
        }
    }
    assert!(tried > 20);
    assert!(check_shipped().is_ok());
}

proptest! {
    #[test]
    fn numbers_are_the_texts_own(
        block in "((Лицензия|лицензиясы|licence|№|No|нөмірі|AFSA|от|и|, |\\. |/|-| |[0-9A-ZА-Я./-]{1,9}|\\PC){0,2}){0,14}",
        next in "(№ ?)?[0-9A-Z/. -]{0,12}|\\PC{0,30}",
    ) {
        let text = joined(&block, &next);
        for number in numbers(&block, &next) {
            let at = number.start..number.start + number.text.len();
            prop_assert_eq!(text.get(at), Some(number.text.as_str()));
            let digits = number.text.bytes().filter(u8::is_ascii_digit).count();
            prop_assert!(digits >= 2 && digits <= number.text.len());
            prop_assert!(!blocklist::matching::number_key(&number.text).is_empty());
        }
    }

    /// Without a word of licence only AFSA's own form is a number of a licence.
    #[test]
    fn nothing_is_claimed_without_a_word_of_licence(text in "(№|No|номер|[0-9/.-]{1,8}|[ ,.]|карта|курс){0,20}") {
        prop_assert_eq!(numbers(&text, ""), []);
    }
}
