//! What looks like such an exchange and is none: clear, or put before people.

use crawler::assessment::Verdict;

use crate::{ORDER_RU, expect, ids, judge};

#[test]
fn an_exchanger_for_others_is_clear() {
    let page = ORDER_RU
        .replace("Kaspi Bank KZT", "Сбербанк RUB")
        .replace("KSPBKZT", "SBERRUB")
        .replace("Halyk Bank KZT", "Т-Банк RUB")
        .replace("HLKBKZT", "TCSBRUB");
    let found = judge("other.example", &[("/", &page)], None);
    expect(&found, Verdict::Clear);
    assert!(found.exchange > 0.75 && found.serves_kz < 0.5);
}

#[test]
fn a_restricted_list_against_a_tenge_form_goes_to_people() {
    let rules = "<title>Terms</title><h2>Restricted countries</h2><ul><li>Cuba</li><li>Kazakhstan</li><li>Iran</li></ul>";
    let found = judge(
        "contra.example",
        &[("/", ORDER_RU), ("/terms", rules)],
        None,
    );
    expect(&found, Verdict::Review);
    assert!(
        found.contradictions[0].args["restricted"].contains("Kazakhstan"),
        "{:?}",
        found.contradictions
    );
    // The same list on an exchanger that offers no tenge is simply believed for what it is.
    let other = ORDER_RU
        .replace("Kaspi Bank KZT", "Visa EUR")
        .replace("KSPBKZT", "CARDEUR")
        .replace("Halyk Bank KZT", "SEPA EUR")
        .replace("HLKBKZT", "SEPAEUR");
    expect(
        &judge("contra.example", &[("/", &other), ("/terms", rules)], None),
        Verdict::Clear,
    );
}

#[test]
fn restriction_sentences_and_their_opposites() {
    let restricted = |text: &str| {
        let found = judge("r.example", &[("/", &format!("<p>{text}</p>"))], None);
        ids(&found).contains(&"kazakhstan_restricted")
    };
    assert!(restricted(
        "Мы не предоставляем услуги резидентам США и Казахстана."
    ));
    assert!(restricted("Қазақстан тұрғындарына қызмет көрсетілмейді."));
    assert!(restricted("The service is not available in Kazakhstan."));
    assert!(!restricted(
        "Мы работаем в Казахстане. В США услуги не предоставляются."
    ));
    assert!(!restricted(
        "The service is not available outside Kazakhstan."
    ));
}

#[test]
fn a_bank_is_clear() {
    let page = r#"<html lang=ru><title>Банк «Жайлау»</title><p>Депозиты до 15% годовых, ипотека, автокредит, кредитные карты, отделения и банкоматы.
    <p>Переводы по номеру телефона, интернет-банкинг. Курсы валют: доллар 530 ₸, евро 570 ₸. Мы не оказываем услуги обмена криптовалют.
    <form method=post><label>Вы отправляете</label><input name=sum placeholder="сумма, ₸"><label>Получатель</label><input name=card placeholder="Номер карты"><button>Перевести</button></form>
    <p>Алматы, офис на пр. Достык. +7 (727) 123-45-67"#;
    let found = judge("zhailau.kz", &[("/", page)], None);
    expect(&found, Verdict::Clear);
    assert!(
        found.kinds.contains(&"bank".to_owned()),
        "{:?}",
        found.kinds
    );
}

#[test]
fn news_about_exchangers_is_clear() {
    let page = r#"<html lang=ru><meta property=og:type content=article><script type=application/ld+json>{"@type":"NewsArticle"}</script>
    <title>В Алматы закрыли подпольный обменник</title><h1>В Алматы закрыли подпольный криптообменник</h1>
    <p>Как сообщает пресс-служба, обменник принимал наличные тенге и менял их на USDT через курьеров в Алматы и Астане.
    <p>«Клиенты создавали заявку в Telegram, оператор онлайн сообщал номер карты Kaspi», — рассказал корреспонденту следователь.
    <p>Через P2P и кошельки прошло 3 млн тенге. Читайте также: биткоин подорожал. Редакция. Обмен криптовалют без лицензии запрещён."#;
    let found = judge("habar.example", &[("/", page), ("/news/2", page)], None);
    expect(&found, Verdict::Clear);
    assert!(found.guards.contains(&"news".to_owned()));
}

#[test]
fn a_price_tracker_with_a_converter_is_clear() {
    let page = r#"<html lang=en><title>Bitcoin price in KZT</title><h1>BTC to KZT</h1><p>Market cap 2.1T. 24h volume 40B. Circulating supply 19.9M. Price chart.
    <form><label>From currency</label><select><option>BTC<option>ETH<option>USDT</select><label>To currency</label><select><option>KZT<option>USD</select><button>Convert</button></form>
    <a href=/convert/eth-to-kzt>ETH to KZT</a><a href=/convert/usdt-to-kzt>USDT to KZT</a><p>1 BTC = 52 000 000 KZT"#;
    let found = judge("chart.example", &[("/", page)], None);
    expect(&found, Verdict::Clear);
    assert!(
        found.guards.contains(&"tracker".to_owned()),
        "{:?}",
        found.guards
    );
}

#[test]
fn a_licence_consultant_is_clear() {
    let page = r#"<html lang=ru><title>Лицензия на криптобиржу в МФЦА</title><p>Помощь в получении лицензии AFSA для криптобирж и обменников в Казахстане. Регистрация компании в МФЦА, юридическое сопровождение.
    <p>Наши юристы подготовят документы: правила сервиса, политика AML, KYC. Стоимость от 5 000 000 тенге. Астана, офис 12. +7 701 111 22 33
    <form method=post><input name=name><input type=tel name=phone><button>Оставить заявку</button></form>"#;
    expect(
        &judge("yurist.example", &[("/", page)], None),
        Verdict::Clear,
    );
}

#[test]
fn a_remittance_guide_and_a_money_changer_are_clear() {
    let guide = r#"<html lang=ru><title>Как отправить деньги в Казахстан</title><p>Сравнение переводов: Золотая Корона, Western Union, денежные переводы на карту Kaspi. Международные переводы по SWIFT. Иногда пишут и про USDT, но это риск.
    <form><label>Вы отправляете</label><select><option>RUB<option>USD</select><label>Вы получите</label><select><option>KZT</select><button>Сравнить</button></form>"#;
    expect(
        &judge("perevod.example", &[("/", guide)], None),
        Verdict::Clear,
    );
    let changer = r#"<html lang=ru><title>Обменный пункт «Қайнар»</title><p>Обмен валюты в Алматы: доллар 530, евро 570, рубль 6. Обменник, наличные, адрес: ул. Абая.
    <form><label>Отдаёте</label><select><option>USD<option>EUR</select><label>Получаете</label><select><option>KZT</select><button>Купить</button></form>"#;
    let found = judge("qainar.kz", &[("/", changer)], None);
    expect(&found, Verdict::Clear);
    assert!(found.kinds.contains(&"fiat_exchange".to_owned()));
}

#[test]
fn an_aggregator_is_never_flagged() {
    let page = r#"<html lang=ru><title>Мониторинг обменников</title><h1>Рейтинг обменников: обмен USDT на Kaspi KZT</h1><p>Сравнить курсы, отзывы об обменниках, добавить обменник.
    <form method=get><label>Отдаёте</label><select><option>USDT<option>BTC</select><label>Получаете</label><select><option>Kaspi KZT<option>Halyk Bank KZT</select><button>Показать</button></form>
    <table><tr><td><a rel=nofollow href=https://a.example/?rid=1>Альфа</a> резерв 5 000 000 ₸<tr><td><a rel=nofollow href=https://b.example/?rid=1>Бета</a><tr><td><a rel=nofollow href=https://c.example/?rid=1>Гамма</a></table>"#;
    let found = judge("rating.example", &[("/", page)], None);
    expect(&found, Verdict::Review);
    assert!(found.kinds.contains(&"aggregator".to_owned()));
}

#[test]
fn an_authority_and_its_rules_are_clear() {
    let warning = "<html lang=ru><title>Инспекция цифровых рынков</title><h1>Внимание</h1><p>Инспекция предупреждает: \
        обменники, которые предлагают продать USDT за тенге без лицензии, доступа к реестру лицензий не имеют. \
        Обращения граждан принимает надзорный комитет.</p>";
    let rules = "<html lang=ru><title>Правила</title><p>Статья 1. Заявка на обмен криптовалюты хранится лицензиатом. \
        Курс фиксируется до оплаты. Выдача наличных через курьера в Казахстане запрещается. \
        Стакан заявок и торговые пары публикуются, p2p и эскроу ведёт уполномоченный орган.</p>";
    let found = judge(
        "inspection.example",
        &[("/", warning), ("/rules", rules)],
        None,
    );
    expect(&found, Verdict::Clear);
    assert!(found.guards.contains(&"regulator".to_owned()));
}

#[test]
fn one_word_in_the_lists_of_three_languages_is_one_phrase() {
    let column = "<html lang=ru><title>Колонка</title><p>Про P2P и биткоин пишут все. P2P, p2p, опять P2P: \
        в Казахстане это слово знает каждый, курс 500 ₸ тоже.</p>";
    let found = judge("column.example", &[("/", column)], None);
    assert!(!ids(&found).iter().any(|id| id.starts_with("p2p_offers")));
    expect(&found, Verdict::Clear);
}

/// Only public bodies and schools hold names there, so an order form is somebody's break-in or a copy,
/// which people must see; words alone are a lecture or a warning.
#[test]
fn a_public_body_is_never_flagged_whatever_stands_on_its_pages() {
    let desk = "<title>Обмен USDT</title><h1>USDT на тенге, Kaspi, Halyk</h1><p>Покупаем USDT и продаём USDT за наличные \
        тенге в Алматы, Астане, Шымкенте. Создайте заявку, оплата заявки на наш кошелёк, курс фиксируем. +7 701 000 00 00";
    for host in ["lesson.edu.kz", "notice.gov.kz"] {
        expect(&judge(host, &[("/", desk)], None), Verdict::Clear);
        expect(&judge(host, &[("/", ORDER_RU)], None), Verdict::Review);
    }
    expect(&judge("desk.kz", &[("/", ORDER_RU)], None), Verdict::Flag);
    assert_ne!(
        judge("desk.kz", &[("/", desk)], None).verdict,
        Verdict::Clear
    );
}
