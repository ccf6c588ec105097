//! The mails in Russian.

use domain::mails::Template;

use super::{Frame, Wording};

pub(super) const FRAME: Frame = Frame {
    greeting: "Здравствуйте!",
    greeting_by_name: "Здравствуйте, ",
    code: "Или введите код:",
    footer: "Это письмо TrainNet отправил автоматически, отвечать на него не нужно.",
    language: "ru",
};

const NOT_ME: &str = "Это не я: задать новый пароль";

/// The account is no longer found by the mailbox this goes to, so there is more to say.
const ADDRESS_CHANGED: Wording = Wording {
    subject: "Адрес почты изменён",
    lead: &[
        "У вашего аккаунта теперь другой адрес почты ({when}). Входить нужно с ним, и \
         писать мы будем туда; на этот адрес больше ничего не придёт.",
    ],
    button: Some("Это не я: вернуть аккаунт"),
    rest: &[
        "Если это сделали вы, всё в порядке. Если нет, напишите с этого адреса ещё и в \
         поддержку: аккаунт его больше не знает.",
    ],
};

pub(super) fn wording(template: Template) -> Wording {
    match template {
        Template::Confirm => Wording {
            subject: "Подтвердите адрес почты",
            lead: &["Добро пожаловать в TrainNet. Осталось подтвердить, что этот адрес ваш."],
            button: Some("Подтвердить адрес"),
            rest: &[
                "Ссылка и код действуют 24 часа.",
                "Если вы не регистрировались, ничего делать не нужно: без подтверждения \
                 воспользоваться вашим адресом никто не сможет.",
            ],
        },
        Template::Recover => Wording {
            subject: "Новый пароль",
            lead: &["Кто-то, надеемся, что вы, попросил задать новый пароль к вашему аккаунту."],
            button: Some("Задать новый пароль"),
            rest: &[
                "Ссылка и код действуют один час и срабатывают один раз.",
                "Если это были не вы, ничего делать не нужно: пароль останется прежним.",
            ],
        },
        Template::ChangeAddress => Wording {
            subject: "Подтвердите новый адрес почты",
            lead: &[
                "Вы попросили писать вам на этот адрес. Пока он не подтверждён, у аккаунта \
                 остаётся прежний.",
            ],
            button: Some("Подтвердить новый адрес"),
            rest: &[
                "Ссылка и код действуют 24 часа.",
                "Если это были не вы, ничего делать не нужно: всё останется как есть.",
            ],
        },
        Template::AddressChanged => ADDRESS_CHANGED,
        Template::PasswordChanged => notice(
            "Пароль изменён",
            &["Пароль вашего аккаунта изменён ({when})."],
        ),
        Template::SecondFactorChanged => notice(
            "Второй фактор изменён",
            &["Вход со вторым фактором в вашем аккаунте включён или выключен ({when})."],
        ),
        Template::NewSignIn => Wording {
            subject: "Вход с нового устройства",
            lead: &["В ваш аккаунт вошли с устройства, которого мы раньше не видели ({when})."],
            button: Some(NOT_ME),
            rest: &["Если это были вы, всё в порядке."],
        },
        Template::Blocked => Wording {
            subject: "Аккаунт заблокирован",
            lead: &[
                "Ваш аккаунт заблокирован ({when}). Войти в него нельзя, его ключи API не \
                 работают.",
            ],
            button: None,
            rest: &["Если вы считаете, что это ошибка, напишите в поддержку."],
        },
        Template::ApiKeyCreated => Wording {
            subject: "Новый ключ API",
            lead: &["Для вашего аккаунта создан ключ API ({when})."],
            button: Some(NOT_ME),
            rest: &["Если это сделали вы, всё в порядке. Если нет, отзовите и сам ключ."],
        },
    }
}

/// What happened to an account, for the one case in ten thousand in which its owner did not do it.
const fn notice(subject: &'static str, lead: &'static [&'static str]) -> Wording {
    Wording {
        subject,
        lead,
        button: Some(NOT_ME),
        rest: &["Если это сделали вы, всё в порядке."],
    }
}
