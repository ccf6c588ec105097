//! The mails in English.

use domain::mails::Template;

use super::{Frame, Wording};

pub(super) const FRAME: Frame = Frame {
    greeting: "Hello!",
    greeting_by_name: "Hello, ",
    code: "Or type in this code:",
    footer: "TrainNet sends this by itself; nobody reads what is answered to it.",
    language: "en",
};

const NOT_ME: &str = "It was not me: choose a new password";

/// The account is no longer found by the mailbox this goes to, so there is more to say.
const ADDRESS_CHANGED: Wording = Wording {
    subject: "Your e-mail address was changed",
    lead: &[
        "Your account has another e-mail address now ({when}). You sign in with that one, \
         and we write to it; this is our last mail to this address.",
    ],
    button: Some("It was not me: win the account back"),
    rest: &[
        "If it was you, all is well. Otherwise write to our support from this address, \
         too: the account does not know it any more.",
    ],
};

pub(super) fn wording(template: Template) -> Wording {
    match template {
        Template::Confirm => Wording {
            subject: "Confirm your e-mail address",
            lead: &["Welcome to TrainNet. One thing is left: confirm that this address is yours."],
            button: Some("Confirm the address"),
            rest: &[
                "The link and the code hold for 24 hours.",
                "If you did not register, you need not do anything: nobody can use an account \
                 with your address until it is confirmed.",
            ],
        },
        Template::Recover => Wording {
            subject: "Choose a new password",
            lead: &["Somebody, we hope you, asked for a new password for your account."],
            button: Some("Choose a new password"),
            rest: &[
                "The link and the code hold for one hour and work once.",
                "If it was not you, you need not do anything: the password stays as it is.",
            ],
        },
        Template::ChangeAddress => Wording {
            subject: "Confirm your new e-mail address",
            lead: &[
                "You asked us to write to this address from now on. Until you confirm it, your \
                 account keeps the old one.",
            ],
            button: Some("Confirm the new address"),
            rest: &[
                "The link and the code hold for 24 hours.",
                "If it was not you, you need not do anything: nothing changes.",
            ],
        },
        Template::AddressChanged => ADDRESS_CHANGED,
        Template::PasswordChanged => notice(
            "Your password was changed",
            &["The password of your account was changed ({when})."],
        ),
        Template::SecondFactorChanged => notice(
            "Your second factor was changed",
            &["Signing in with a second factor was switched on or off in your account ({when})."],
        ),
        Template::NewSignIn => notice(
            "A sign-in from a new device",
            &[
                "Somebody signed in to your account from a device that we had not seen before \
                 ({when}).",
            ],
        ),
        Template::Blocked => Wording {
            subject: "Your account is blocked",
            lead: &[
                "Your account was blocked ({when}). You cannot sign in, and its API keys do not \
                 work.",
            ],
            button: None,
            rest: &["If you think that this is a mistake, write to our support."],
        },
        Template::ApiKeyCreated => Wording {
            subject: "A new API key in your account",
            lead: &["An API key was made for your account ({when})."],
            button: Some(NOT_ME),
            rest: &["If it was you, all is well. Otherwise revoke the key, too."],
        },
    }
}

/// What happened to an account, for the one case in ten thousand in which its owner did not do it.
const fn notice(subject: &'static str, lead: &'static [&'static str]) -> Wording {
    Wording {
        subject,
        lead,
        button: Some(NOT_ME),
        rest: &["If it was you, all is well."],
    }
}
