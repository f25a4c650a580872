//! What exchangers write about an order, told apart by sense, so that a page without any form still
//! shows what it is: how an order is made and paid, when the rate is fixed and where it comes from, who
//! works on it, whose money is refused, whose card is checked.
//!
//! A page about exchangers uses the same words. What tells the two apart is how many senses stand on
//! one page, which the model adds up, and what look-alikes say of themselves, see `guards`.

use crate::lexicon::Hit;
use crate::signal::{Groups, Page, Signal};

/// Reads one page.
#[must_use]
pub fn read(page: &Page, groups: &Groups) -> Vec<Signal> {
    if !page.speaks_of_crypto(groups) {
        return Vec::new();
    }
    let mut out = Vec::new();
    for (family, group) in [
        ("order_terms", groups.life),
        ("spot_trading", groups.spot),
        ("p2p_offers", groups.p2p),
        ("cash_desk", groups.cash),
    ] {
        let signal = page.stepped(family, &page.said(group, groups));
        out.extend(signal.map(Signal::transaction));
    }
    // Terms that only somebody who fills orders has.
    for (id, group) in [
        ("rate_fixing", groups.rate_fixing),
        ("rate_source", groups.rate_source),
        ("operator_mode", groups.operator),
        ("card_check", groups.card_check),
        ("own_offer", groups.offer),
    ] {
        let signal = first(page, group, groups).map(|hit| page.signal(id, hit));
        out.extend(signal.map(Signal::transaction));
    }
    // Terms that guides and monitors have as well.
    for (id, group) in [
        ("aml_check", groups.aml),
        ("reserve_terms", groups.reserve),
        ("card_purchase", groups.card_purchase),
        ("manager_door", groups.manager),
    ] {
        out.extend(first(page, group, groups).map(|hit| page.signal(id, hit)));
    }
    out.extend(refused_sources(page, groups));
    out
}

/// The first hit of a group that is not denied.
fn first<'a>(page: &'a Page, group: usize, groups: &Groups) -> Option<&'a Hit> {
    page.of_group(group).find(|hit| !page.negated(hit, groups))
}

/// Platforms whose money is refused: a name and a refusal in one block.
fn refused_sources(page: &Page, groups: &Groups) -> Option<Signal> {
    let refused = |name: &&Hit| {
        page.of_group_in(groups.refusal, name.block)
            .next()
            .is_some()
    };
    let name = page.of_group(groups.refused_name).find(refused)?;
    Some(page.signal("refused_sources", name).transaction())
}

#[cfg(test)]
mod tests {
    use crate::signal::tests::ids_of;

    #[test]
    fn each_sense_is_met_in_words_of_three_languages() {
        for (id, texts) in [
            (
                "order_terms",
                [
                    "USDT: создайте заявку, после двух подтверждений в сети заявка считается оплаченной, сумма к получению прежняя.",
                    "USDT: өтінім беріңіз, желі транзакцияны растаған соң төлем алынғаны көрінеді, өңдеу уақыты он минут.",
                    "USDT: create an order, send coins to our wallet and wait for the number of confirmations; see exchange rules.",
                ],
            ),
            (
                "rate_fixing",
                [
                    "Курс по BTC мы закрепляем при оплате: курс в заявке фиксируется на час.",
                    "BTC бағамы төлем кезінде бекітіледі.",
                    "The BTC rate is finally fixed when coins arrive.",
                ],
            ),
            (
                "operator_mode",
                [
                    "Выплата BTC идёт в ручном режиме, смотрите статус оператора.",
                    "BTC төлемі: оператордың қатысуы керек.",
                    "BTC payouts are semi-automatic, see operator status.",
                ],
            ),
            (
                "rate_source",
                [
                    "USDT считаем по курсу площадки Binance плюс полпроцента.",
                    "USDT құны — Binance бағамымен.",
                    "USDT is priced at the Binance rate plus half a percent.",
                ],
            ),
            (
                "refused_sources",
                [
                    "Меняем BTC. Монеты с Garantex и миксеров не принимаем.",
                    "BTC айырбастаймыз. Garantex мекенжайынан монета қабылданбайды.",
                    "USDT from Garantex will be frozen.",
                ],
            ),
            (
                "card_check",
                [
                    "Перед продажей BTC нужна верификация вашей карты.",
                    "BTC алар алдында картаңызды растаңыз.",
                    "Card verification comes before any BTC.",
                ],
            ),
            (
                "manager_door",
                [
                    "Меняем BTC: оставьте заявку, ответим за минуту.",
                    "BTC: өтінім қалдырыңыз.",
                    "For BTC, contact the manager.",
                ],
            ),
        ] {
            for text in texts {
                let found = ids_of("https://a.test/", &format!("<p>{text}"));
                assert!(
                    found.iter().any(|found| found.starts_with(id)),
                    "{id}: {text}: {found:?}"
                );
            }
        }
    }

    #[test]
    fn the_same_words_without_coins_or_denied_are_nothing() {
        for text in [
            "Создайте заявку на ремонт, номер заявки придёт по почте, статус заявки в кабинете.",
            "Garantex и USDT: в новости о бирже сказано, что её домен закрыт.",
            "Мы пишем про USDT и не обмениваем. Мы не принимаем USDT.",
            "USDT айырбастамаймыз, оператордың қатысуы жоқ.",
        ] {
            let found = ids_of("https://a.test/", &format!("<p>{text}"));
            let terms = [
                "order_terms",
                "operator_mode",
                "refused_sources",
                "own_offer",
            ];
            let said = found
                .iter()
                .find(|id| terms.iter().any(|term| id.starts_with(term)));
            assert_eq!(said, None, "{text}");
        }
    }
}
