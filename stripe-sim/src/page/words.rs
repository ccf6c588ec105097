//! What stands on the page, in the two languages of the product.

use axum::http::HeaderMap;

/// Everything that is said, in one language.
#[derive(Clone, Copy, Debug)]
pub struct Words {
    pub language: &'static str,
    pub title: &'static str,
    pub simulation: &'static str,
    pub balance: &'static str,
    pub card: &'static str,
    pub aside: &'static str,
    pub pay: &'static str,
    pub decline: &'static str,
    pub process: &'static str,
    pub leave: &'static str,
    pub succeed: &'static str,
    pub fail: &'static str,
    pub declined: &'static str,
    pub too_late: &'static str,
    pub expired: &'static str,
    pub processing: &'static str,
    pub paid: &'static str,
    pub close: &'static str,
    pub nothing: &'static str,
}

const ENGLISH: Words = Words {
    language: "en",
    title: "Payment",
    simulation: "simulation",
    balance: "TrainNet balance",
    card: "Card",
    aside: "This is a simulation: no money moves, and no card is asked for.",
    pay: "Pay",
    decline: "Pay with a card that is declined",
    process: "Pay by bank, which takes a while",
    leave: "Leave without paying",
    succeed: "The bank pays",
    fail: "The bank does not pay",
    declined: "The card was declined. Try another one.",
    too_late: "That is no longer possible.",
    expired: "This checkout has expired.",
    processing: "The bank is processing the payment.",
    paid: "Paid. Thank you.",
    close: "You may close this page.",
    nothing: "There is no such checkout.",
};

const RUSSIAN: Words = Words {
    language: "ru",
    title: "Оплата",
    simulation: "имитация",
    balance: "Баланс TrainNet",
    card: "Карта",
    aside: "Это имитация: деньги не списываются, данные карты не нужны.",
    pay: "Оплатить",
    decline: "Оплатить картой, которую отклонят",
    process: "Оплатить через банк (дольше)",
    leave: "Уйти без оплаты",
    succeed: "Банк перечисляет деньги",
    fail: "Банк отказывает",
    declined: "Карта отклонена. Попробуйте другую.",
    too_late: "Это уже невозможно.",
    expired: "Срок этой оплаты истёк.",
    processing: "Банк обрабатывает платёж.",
    paid: "Оплачено. Спасибо!",
    close: "Эту страницу можно закрыть.",
    nothing: "Такой оплаты нет.",
};

impl Words {
    /// In the language that is read first, of the two; English where neither is.
    pub fn asked_for(headers: &HeaderMap) -> Self {
        let said = super::language(headers).to_ascii_lowercase();
        let mut read = said.split(',').map(|it| it.trim().get(..2).unwrap_or(""));
        match read.find(|it| matches!(*it, "en" | "ru")) {
            Some("ru") => RUSSIAN,
            _ => ENGLISH,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn language(said: &'static str) -> &'static str {
        let mut headers = HeaderMap::new();
        headers.insert("accept-language", said.parse().unwrap());
        Words::asked_for(&headers).language
    }

    #[test]
    fn the_page_speaks_the_first_language_that_it_knows() {
        assert_eq!(language("ru-RU,ru;q=0.9,en;q=0.8"), "ru");
        assert_eq!(language("en-GB,ru;q=0.9"), "en");
        assert_eq!(language("de, ru;q=0.5"), "ru");
        assert_eq!(language("de"), "en");
        assert_eq!(Words::asked_for(&HeaderMap::new()).language, "en");
    }
}
