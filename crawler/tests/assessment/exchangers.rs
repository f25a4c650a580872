//! Exchanges that serve Kazakhstan, in several languages and dress: flagged, or put before people.

use crawler::assessment::Verdict;

use crate::{ORDER_RU, expect, ids, judge};

#[test]
fn an_instant_exchanger_in_russian_is_flagged() {
    let found = judge("lisiy.example", &[("/", ORDER_RU)], None);
    expect(&found, Verdict::Flag);
    assert_eq!(found.kinds[0], "instant_exchanger");
    assert!(ids(&found).contains(&"order_form") && ids(&found).contains(&"tenge_in_order_form"));
}

#[test]
fn an_instant_exchanger_in_kazakh_is_flagged() {
    let page = r#"<html lang=kk><title>Криптовалюта айырбастау</title><h1>USDT айырбастау — қолма-қол теңгеге де</h1>
    <div class=widget><div class=row><span>Сіз бересіз</span><select><option>USDT (TRC20)<option>Bitcoin</select></div>
    <div class=row><span>Сіз аласыз</span><select><option>Kaspi Gold, ₸<option>Қолма-қол теңге, Алматы</select></div>
    <input placeholder="Картаңыздың нөмірі"><button>Айырбастау</button></div>
    <p>Өтінім беріңіз де, төлеген соң «Мен төледім» батырмасын басыңыз. Бағам бекітіледі, өңдеу уақыты — 10 минут.</p>
    <p>Біз Қазақстан тұрғындары үшін тәулік бойы жұмыс істейміз. Мекенжайымыз: Алматы қаласы, Абай даңғылы.</p>"#;
    let found = judge("ayirbas.example", &[("/", page)], None);
    expect(&found, Verdict::Flag);
}

#[test]
fn a_feed_with_tenge_decides_even_when_the_pages_say_little() {
    let page = "<title>Welcome</title><h1>Instant exchanger</h1><p>We exchange USDT and Bitcoin around the clock. Create order in two minutes.";
    let rates = "<rates><item><from>USDTTRC20</from><to>CARDKZT</to><in>1</in><out>530</out><amount>1</amount></item></rates>";
    let found = judge("feedy.example", &[("/", page)], Some(rates));
    expect(&found, Verdict::Flag);
    assert!(
        found
            .signals
            .iter()
            .any(|s| s.id == "rates_feed" && s.quote.contains("USDTTRC20 → CARDKZT"))
    );
}

#[test]
fn a_cash_desk_without_any_form_comes_before_people() {
    let page = r#"<html lang=ru><title>Наличные за USDT — Астана</title>
    <p>Покупаем USDT и продаём USDT за наличные тенге. Выдача в офисе: Астана, пр. Абая, офис по записи. Курьер по городу.
    <p>Для встречи нужен номер купюры. Крупные суммы от 5000 USDT — курс лучше. Звоните +7 (701) 234-56-78.
    <p>Работаем по Казахстану. <a href=https://t.me/naliv_kz>Telegram</a>"#;
    let found = judge("nal.example", &[("/", page)], None);
    // People see it in any case; a flag needs more than a poster's words.
    assert_ne!(found.verdict, Verdict::Clear, "{:?}", found.signals);
    assert_eq!(found.kinds[0], "otc");
}

#[test]
fn a_trading_platform_for_kazakhstan_is_flagged() {
    let page = r#"<html lang=en><link rel=alternate hreflang=kk-KZ href=/kk><title>Spot and P2P — Ambergate</title>
    <p>Trade 200 trading pairs on the spot market: live order book, limit orders, maker fee 0.1%, taker fee 0.1%.
    <p>Deposit and withdraw tenge: BTC/KZT and USDT/KZT, from 5 000 KZT by Kaspi. P2P merchants with escrow.
    <a href=/register>Sign up</a> <a href=/trade/BTC/KZT>BTC/KZT</a> <a href=/trade/USDT/KZT>USDT/KZT</a>"#;
    let found = judge("ambergate.example", &[("/", page)], None);
    expect(&found, Verdict::Flag);
    assert!(
        found.kinds.iter().any(|kind| kind == "exchange"),
        "{:?}",
        found.kinds
    );
}

#[test]
fn a_spanish_page_with_a_tenge_pair_is_flagged() {
    let page = r#"<html lang=es><title>Cambiar USDT</title><h1>Intercambio de criptomonedas</h1>
    <form method=post action=/orden><p>Envías</p><select name=a><option>USDT TRC20<option>BTC</select>
    <p>Recibes</p><select name=b><option>Kaspi KZT<option>Halyk Bank KZT</select>
    <input name=card placeholder="Número de tarjeta"><button>Intercambiar</button></form><p>Estado de la orden</p>"#;
    expect(
        &judge("cambio.example", &[("/", page)], None),
        Verdict::Flag,
    );
}

#[test]
fn malformed_and_disguised_markup_is_still_read() {
    let page = ORDER_RU
        .replace("</label>", "")
        .replace("</select>", "<b></form2>")
        .replace("Обмен", "Oбмeн");
    let found = judge("broken.example", &[("/", &page)], None);
    assert_ne!(found.verdict, Verdict::Clear, "{:?}", ids(&found));
}

#[test]
fn a_whole_order_form_is_enough_on_a_page_of_few_words() {
    let form = |asks: &str| {
        format!(
            "<title>Swap crypto</title><form action=/o><label>You send <select name=a><option>USDT<option>LTC</select></label>\
             <label>You get <select name=b><option>Card KZT<option>Cash KZT</select></label>{asks}<button>Exchange now</button></form>"
        )
    };
    let whole = judge(
        "small.example",
        &[("/", &form("<input placeholder='Card number'>"))],
        None,
    );
    expect(&whole, Verdict::Flag);
    assert_eq!(whole.kinds, ["instant_exchanger"]);
    // A converter asks nobody where to pay, and sends no order.
    let shows = form("")
        .replace("Exchange now", "Calculate")
        .replace("Swap crypto", "Crypto converter");
    let converter = judge("small.example", &[("/", &shows)], None);
    assert_ne!(converter.verdict, Verdict::Flag);
}

#[test]
fn a_cash_desk_needs_no_form() {
    let poster = "<title>Наличные за BTC</title><p>Продаём и покупаем криптовалюту за наличные: курьер в Караганде, \
        встреча в офисе, номер банкноты заранее. Крупные суммы по договорённости.</p><p>1 USDT = 500 ₸, +7 701 000 00 00</p>";
    let found = judge("poster.example", &[("/", poster)], None);
    // People see it in any case; a flag needs more than a poster's words.
    assert_ne!(found.verdict, Verdict::Clear, "{:?}", found.signals);
    assert_eq!(found.kinds, ["otc"]);
}

#[test]
fn terms_pasted_under_an_order_form_clear_nobody() {
    let terms = format!(
        "{ORDER_RU}<p>Статья 1. Настоящие правила. Уполномоченный орган. Лицензиат. Комитет предупреждает.</p>"
    );
    let found = judge("lisiy.example", &[("/", &terms)], None);
    assert_ne!(found.verdict, Verdict::Clear);
    let platform = "<title>Криптобиржа для Казахстана</title><p>Спотовая торговля, биржевой стакан, торговые пары \
        ETH/KZT, лимитные ордера, мейкер и тейкер, ввод и вывод, торговый терминал, фьючерсы. P2P, эскроу.</p>\
        <p>Лицензиат работает под надзором: комитет, уполномоченный орган.</p>";
    let found = judge("platform.example", &[("/", platform)], None);
    assert_ne!(found.verdict, Verdict::Clear);
}

#[test]
fn a_coin_quoted_against_the_tenge_tells_whom_a_platform_serves() {
    let terminal = |pair: &str| {
        format!(
            "<title>Crypto exchange</title><h1>Order book {pair}</h1><p>Limit order, market order, futures. \
             Sign up and trade crypto with a taker fee of 0.1 %. Cards accepted across Kazakhstan.</p>"
        )
    };
    let served = judge("platform.example", &[("/", &terminal("ETH/KZT"))], None);
    assert_ne!(served.verdict, Verdict::Clear);
    assert!(ids(&served).contains(&"tenge_pair"));
    let elsewhere = judge("platform.example", &[("/", &terminal("ETH/PLN"))], None);
    assert!(!ids(&elsewhere).contains(&"tenge_pair"));
    assert!(elsewhere.serves_kz < served.serves_kz);
}
