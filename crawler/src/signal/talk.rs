//! What the rest of a page is about. Traders write about rates and cards; whoever writes about the
//! trade writes about courts, lessons, the police, deliveries, deposits as well. Single words, and
//! only how many different ones are met.

use crate::signal::{Groups, Page, Signal};

/// Reads one page.
#[must_use]
pub fn read(page: &Page, groups: &Groups) -> Vec<Signal> {
    let families = [
        ("talks_of_law", groups.talk_law),
        ("talks_of_news", groups.talk_news),
        ("talks_of_learning", groups.talk_learning),
        ("talks_of_goods", groups.talk_goods),
        ("talks_of_banking", groups.talk_bank),
        ("talks_of_monitoring", groups.talk_monitoring),
        ("talks_of_others", groups.talk_others),
    ];
    let read = |(family, group): (&str, usize)| page.stepped(family, &page.distinct(group));
    families.into_iter().filter_map(read).collect()
}

#[cfg(test)]
mod tests {
    use crate::signal::tests::ids_of;

    #[test]
    fn what_a_page_talks_of_is_counted_in_different_words() {
        let ids = |text: &str| ids_of("https://a.test/", &format!("<p>{text}"));
        let news = ids("По словам полиции, следствие идёт, эксперты ждут суда.");
        assert!(news.contains(&"talks_of_news.4".to_owned()), "{news:?}");
        assert!(
            ids("Меняем USDT на карту за пять минут.")
                .iter()
                .all(|id| !id.starts_with("talks_"))
        );
        let one = ids("Полиция, полиция, полиция!");
        assert!(one.iter().all(|id| !id.starts_with("talks_")), "{one:?}");
    }
}
