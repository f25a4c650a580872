use proptest::prelude::*;
use url::Url;

use super::*;
use crate::document;
use crate::lexicon::Lexicon;

fn page(html: &str) -> Page {
    let url = Url::parse("https://a.test/").unwrap();
    let document = document::read(html, &url);
    Page::new(url, "ab".repeat(32), document, &Lexicon::shipped().unwrap())
}

fn found(html: &str) -> Vec<(String, String)> {
    read(&page(html))
        .into_iter()
        .map(|one| (one.kind, one.value))
        .collect()
}

fn has(html: &str, kind: &str, value: &str) {
    let all = found(html);
    assert!(
        all.contains(&(kind.into(), value.into())),
        "{kind} {value}: {all:?}"
    );
}

fn only_wallet(text: &str) -> Option<Wallet> {
    let mut all = wallets(text);
    assert!(all.len() <= 1, "{all:?}");
    all.pop()
}

/// Addresses from the standards of each chain, and each with one letter changed.
#[test]
fn checksums_decide() {
    for (kind, address) in [
        ("wallet.bitcoin", "1BvBMSEYstWetqTFn5Au4m4GFg7xJaNVN2"),
        ("wallet.bitcoin", "3J98t1WpEZ73CNmQviecrnyiWrnqRhWNLy"),
        (
            "wallet.bitcoin",
            "bc1p0xlxvlhemja6c4dqv22uapctqupfhlxm9h8z3k2e72q4k9hcz7vqzk5jj0",
        ),
        (
            "wallet.bitcoin_cash",
            "qpm2qsznhks23z7629mms6s4cwef74vcwvy22gdx6a",
        ),
        (
            "wallet.cardano",
            "addr1vx2fxv2umyhttkxyxp8x0dlpdt3k6cwng5pxj3jhsydzers66hrl8",
        ),
        ("wallet.evm", "0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAed"),
        (
            "wallet.monero",
            "44AFFq5kSiGBoZ4NMDwYtN18obc8AemS33DBLWs3H7otXft3XjrpDtQGv7SqSsaBYBb98uNbr2VBBEt7f2wfn3RVGQBEP3A",
        ),
        (
            "wallet.monero",
            "888tNkZrPN6JsEgekjMnABU4TBzc2Dt29EPAvkRxbANsAnjyPbb3iQ1YBRk1UXcdRsiKc9dhwMVgN5S9cQUiyoogDavup3H",
        ),
        (
            "wallet.ton",
            "EQDKbjIcfM6ezt8KjKJJLshZJJSqX7XOA4ff-W72r5gqPrHF",
        ),
        ("wallet.xrp", "rf1BiGeXwwQoi8Z2ueFYTEXSwuJYfV2Jpn"),
    ] {
        let text = format!("Мекенжай: {address}, желі");
        let wallet = only_wallet(&text).unwrap_or_else(|| panic!("{address}"));
        assert_eq!(wallet.kind, kind);
        let at = address.len() - 3;
        let other = if &address[at..=at] == "2" { "3" } else { "2" };
        let wrong = format!("{}{other}{}", &address[..at], &address[at + 1..]);
        assert_eq!(only_wallet(&wrong), None, "{wrong}");
    }
    // One account of TON in its other spelling; one of Ethereum without its checksum.
    let bounceable = only_wallet("EQDKbjIcfM6ezt8KjKJJLshZJJSqX7XOA4ff-W72r5gqPrHF");
    assert_eq!(
        only_wallet("UQDKbjIcfM6ezt8KjKJJLshZJJSqX7XOA4ff-W72r5gqPuwA"),
        bounceable
    );
    assert_eq!(
        only_wallet("0x5aaeb6053f3e94c9b9a09f33669435e7ef1beaed"),
        only_wallet("0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAed")
    );
    // Two that a dash or a colon glues to a word.
    assert!(only_wallet("TRC20:1BvBMSEYstWetqTFn5Au4m4GFg7xJaNVN2").is_some());
    assert!(only_wallet("btc-1BvBMSEYstWetqTFn5Au4m4GFg7xJaNVN2").is_some());
}

/// Every version octet is read back as its chain's, with an invented payload.
#[test]
fn every_base58_chain_is_read() {
    for (version, kind) in [
        (&[0x00][..], "wallet.bitcoin"),
        (&[0x41], "wallet.tron"),
        (&[0x30], "wallet.litecoin"),
        (&[0x32], "wallet.litecoin"),
        (&[0x1e], "wallet.dogecoin"),
        (&[0x4c], "wallet.dash"),
        (&[0x1c, 0xb8], "wallet.zcash"),
    ] {
        let payload = [version, &[7; 20]].concat();
        let address = bs58::encode(payload).with_check().into_string();
        assert_eq!(
            only_wallet(&address).map(|wallet| wallet.kind),
            Some(kind),
            "{address}"
        );
    }
    let ltc = bech32::segwit::encode_v0(bech32::Hrp::parse("ltc").unwrap(), &[9; 20]).unwrap();
    assert_eq!(only_wallet(&ltc).unwrap().kind, "wallet.litecoin");
}

#[test]
fn solana_needs_its_name() {
    let address = bs58::encode([
        201_u8, 3, 77, 12, 250, 9, 8, 111, 1, 2, 3, 4, 5, 6, 7, 90, 91, 92, 93, 94, 95, 96, 97, 98,
        99, 1, 2, 3, 4, 5, 6, 7,
    ])
    .into_string();
    assert_eq!(
        only_wallet(&format!("SOL: {address}")).unwrap().kind,
        "wallet.solana"
    );
    assert_eq!(only_wallet(&format!("ключ {address}")), None);
}

/// Every entry of the shipped file is what it says, and none of them is ever found.
#[test]
fn what_everybody_shows_is_dropped() {
    let file: common::File = toml::from_str(data::network::COMMON).unwrap();
    for entry in file.common {
        for value in &entry.values {
            assert!(common::is_common(&entry.kind, value));
            assert!(wallets(&format!("SOL {value}")).is_empty(), "{value}");
            if let Some(kind) = entry.kind.strip_prefix("wallet.")
                && kind != "solana"
            {
                assert!(wallet::is_address(value), "{value} has a wrong checksum");
            }
        }
    }
}

#[test]
fn accounts_of_counters_chats_and_captchas() {
    has(
        "<script>gtag('config','G-AB12CD34EF')</script>",
        "analytics.google",
        "G-AB12CD34EF",
    );
    // Two sites of one account differ in the last number.
    has(
        "<script>ga('create','UA-1234567-2')</script>",
        "analytics.google",
        "UA-1234567",
    );
    has(
        "<script src='https://mc.yandex.ru/metrika/tag.js?id=87654321'></script>",
        "analytics.metrika",
        "87654321",
    );
    has(
        "<script>ym(87654321, 'init')</script>",
        "analytics.metrika",
        "87654321",
    );
    has(
        "<script>fbq('init', '123456789012345')</script>",
        "ads.meta",
        "123456789012345",
    );
    has(
        "<script src='//code.jivo.ru/widget/aB3dE5fG7h'></script>",
        "chat.jivo",
        "aB3dE5fG7h",
    );
    has(
        "<script>s.src='https://embed.tawk.to/0123456789abcdef01234567/default'</script>",
        "chat.tawk",
        "0123456789abcdef01234567",
    );
    has(
        "<meta name=yandex-verification content=0a1b2c3d4e5f>",
        "verification.yandex",
        "0a1b2c3d4e5f",
    );
    has(
        "<div class=cf-turnstile data-sitekey=0x4AAAAAAADnPIDROrmt1Wwj></div>",
        "captcha",
        "0x4AAAAAAADnPIDROrmt1Wwj",
    );
    // The vendor is everybody's, and its test key is nobody's.
    assert_eq!(
        found("<script src='https://code.jivo.ru/loader.js'></script>"),
        []
    );
    assert_eq!(
        found("<div data-sitekey=1x00000000000000000000AA></div>"),
        []
    );
}

#[test]
fn handles_phones_and_mail() {
    has(
        "<a href='https://t.me/Tez_Aiyrbas'>жазу</a>",
        "telegram",
        "tez_aiyrbas",
    );
    has(
        "<a href='tg://resolve?domain=Tez_Aiyrbas'>жазу</a>",
        "telegram",
        "tez_aiyrbas",
    );
    has(
        "<a href='https://t.me/+AbCdEfGhIjKlMn'>топ</a>",
        "telegram",
        "+AbCdEfGhIjKlMn",
    );
    has("<p>Телеграм: @Tez_Aiyrbas</p>", "telegram", "tez_aiyrbas");
    has("<p>тг @tez_aiyrbas</p>", "telegram", "tez_aiyrbas");
    // Here "тг" is tenge; and a name in a text is no handle of Telegram by itself.
    assert_eq!(found("<p>Бағасы 500 000 тг @almaty_city</p>"), []);
    assert_eq!(found("<p>photo by @almaty_city</p>"), []);
    assert_eq!(
        found("<a href='https://t.me/share/url?url=x'>бөлісу</a>"),
        []
    );

    for phone in [
        "+7 (701) 234-56-79",
        "8 (701) 234-56-79",
        "+77012345679",
        "8 701 234 56 79",
    ] {
        has(&format!("<p>Тел.: {phone}</p>"), "phone", "+77012345679");
    }
    has(
        "<a href='https://wa.me/77012345679'>WhatsApp</a>",
        "phone",
        "+77012345679",
    );
    has(
        "<a href='tel:87012345679'>қоңырау</a>",
        "phone",
        "+77012345679",
    );
    has("<p>+996 555 12 34 59</p>", "phone", "+996555123459");
    assert_eq!(found("<p>+7 (777) 777-77-77, +7 700 123 45 67</p>"), []);
    assert_eq!(
        found("<p>Резерв: 8 700 000, карта 4400 4301 2345 6789</p>"),
        []
    );

    has(
        "<a href='mailto:Info@Tez.test?subject=x'>хат</a>",
        "email",
        "info@tez.test",
    );
    has("<p>Info@Tez.test</p>", "email", "info@tez.test");
    assert_eq!(found("<p>logo@2x.png name@example.com</p>"), []);
}

#[test]
fn bin_check_digit() {
    has("<p>БСН 220340900479</p>", "bin", "220340900479");
    assert!(is_bin("230740900475"));
    assert!(!is_bin("220340900478"));
    assert!(!is_bin("221340900479"), "month 13");
}

#[test]
fn where_it_stands_and_in_what_words() {
    let all = read(&page(
        "<footer><p>Байланыс: +7 701 234 56 79, Алматы</p></footer>",
    ));
    assert_eq!(all[0].place, "body>footer>p");
    assert_eq!(all[0].quote, "Байланыс: +7 701 234 56 79, Алматы");
    assert_eq!(all[0].capture.len(), 64);
}

#[test]
fn a_page_of_thousands_gives_a_hundred() {
    let many: String = (0..3_000)
        .map(|n| format!("<p>+7701{:07}</p>", n * 31 + 5))
        .collect();
    assert_eq!(found(&many).len(), MAX_OF_PAGE);
}

mod sketches {
    use std::sync::Arc;

    use super::*;
    use crate::identifier::text::{likeness, of_site};

    /// A text of different words, of which `changed` are other ones.
    fn text(words: usize, changed: usize) -> String {
        (0..words)
            .map(|n| {
                let mark = if n < changed { "өзге" } else { "сөз" };
                let letters: String = n
                    .to_string()
                    .bytes()
                    .map(|b| char::from(b - b'0' + b'a'))
                    .collect();
                format!("{mark}{letters}")
            })
            .collect::<Vec<_>>()
            .join(" ")
    }

    fn sketch(words: usize, changed: usize) -> Vec<text::Sketch> {
        of_site(&[Arc::new(page(&format!("<p>{}</p>", text(words, changed))))])
    }

    #[test]
    fn likeness_is_about_what_is_shared() {
        let whole = &sketch(500, 0)[0];
        let near = &sketch(500, 25)[0];
        let far = &sketch(500, 400)[0];
        let of = |other: &text::Sketch| likeness(&whole.to_hex(), &other.to_hex()).unwrap();
        assert!((of(whole) - 1.0).abs() < f64::EPSILON);
        assert!(of(near) > 0.8, "{}", of(near));
        assert!(of(far) < 0.3, "{}", of(far));
        let bands = |sketch: &text::Sketch| sketch.bands().collect::<HashSet<_>>();
        assert!(bands(whole).intersection(&bands(near)).count() >= 1);
        assert_eq!(bands(whole).intersection(&bands(far)).count(), 0);
    }

    #[test]
    fn a_short_text_has_no_sketch_and_rates_do_not_count() {
        assert!(sketch(60, 0).is_empty());
        let with = |rate: &str| {
            of_site(&[Arc::new(page(&format!(
                "<p>{} {rate} теңге</p>",
                text(300, 0)
            )))])
        };
        assert_eq!(with("512.3")[0].least, with("498.7")[0].least);
        assert_eq!(likeness("zz", "zz"), None);
    }
}

proptest! {
    #[test]
    fn never_panics(text in "\\PC{0,200}") {
        let _ = (wallets(&text), bins(&text), is_bin(&text), contact::phone(&text), text::likeness(&text, &text));
    }

    #[test]
    fn a_run_is_seen_wherever_it_stands(text in "[0-9aа]{0,40}", length in 1_usize..8) {
        let runs = text.as_bytes().windows(length);
        let mut runs = runs.filter(|window| window.iter().all(u8::is_ascii_digit));
        prop_assert_eq!(has_run(&text, length, |b| b.is_ascii_digit()), runs.next().is_some());
    }

    /// Anything that could be an address, however long and of whatever letters.
    #[test]
    fn any_token_is_read(text in "(0x|bc1|ltc1|addr1|q|4|8|r|T|EQ|[+]7|@|тг |t[.]me/)[A-Za-z0-9_+-]{0,140}( SOL)?") {
        let _ = read(&page(&format!("<p>{text}</p><a href='tg://resolve?domain={text}'>a</a><a href='tel:{text}'>b</a>")));
    }
}
