//! What the platform writes to people: the words in each language, as plain text and as HTML.

mod english;
mod html;
mod russian;

use chrono::{DateTime, Utc};
use domain::mails::Template;
use domain::users::Locale;

/// The words of one template in one language. What is said once is filled in by code, so that a
/// translation can neither forget a link nor break the page.
pub(super) struct Wording {
    pub subject: &'static str,
    /// What happened. `{when}` is where the time goes, in those that name one.
    pub lead: &'static [&'static str],
    /// What the button says, where there is one.
    pub button: Option<&'static str>,
    /// What to do if it was not meant, how long it holds.
    pub rest: &'static [&'static str],
}

/// What is the same in every mail of a language.
pub(super) struct Frame {
    pub greeting: &'static str,
    /// Before the name of whoever is greeted by it.
    pub greeting_by_name: &'static str,
    pub code: &'static str,
    pub footer: &'static str,
    pub language: &'static str,
}

/// What is to be filled in.
#[derive(Clone, Copy, Debug)]
pub struct Filling<'a> {
    pub name: Option<&'a str>,
    /// Where the button leads.
    pub link: &'a str,
    /// For those who would rather type.
    pub code: Option<&'a str>,
    pub when: DateTime<Utc>,
}

/// A mail as its reader sees it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Written {
    pub subject: String,
    pub text: String,
    pub html: String,
}

fn wording(template: Template, locale: Locale) -> Wording {
    match locale {
        Locale::English => english::wording(template),
        Locale::Russian => russian::wording(template),
    }
}

const fn frame(locale: Locale) -> &'static Frame {
    match locale {
        Locale::English => &english::FRAME,
        Locale::Russian => &russian::FRAME,
    }
}

pub fn write(template: Template, locale: Locale, filling: Filling<'_>) -> Written {
    let wording = wording(template, locale);
    let frame = frame(locale);
    let when = filling.when.format("%Y-%m-%d %H:%M UTC").to_string();
    let fill = |words: &&str| words.replace("{when}", &when);
    let letter = Letter {
        greeting: match filling.name.filter(|name| is_a_name(name)) {
            Some(name) => format!("{}{name}!", frame.greeting_by_name),
            None => frame.greeting.to_owned(),
        },
        lead: wording.lead.iter().map(fill).collect(),
        button: wording.button.map(|label| (label, filling.link)),
        code: filling.code.map(|code| (frame.code, code)),
        rest: wording.rest.iter().map(fill).collect(),
        footer: frame.footer,
    };
    Written {
        subject: wording.subject.to_owned(),
        text: letter.text(),
        html: html::page(&letter, wording.subject, frame.language),
    }
}

/// The parts of a mail in the order in which they are read.
struct Letter<'a> {
    greeting: String,
    lead: Vec<String>,
    button: Option<(&'a str, &'a str)>,
    code: Option<(&'a str, &'a str)>,
    rest: Vec<String>,
    footer: &'a str,
}

impl Letter<'_> {
    fn text(&self) -> String {
        let button = self.button.map(|(label, link)| format!("{label}:\n{link}"));
        let code = self.code.map(|(words, code)| format!("{words} {code}"));
        let parts: Vec<&str> = std::iter::once(self.greeting.as_str())
            .chain(self.lead.iter().map(String::as_str))
            .chain(button.as_deref())
            .chain(code.as_deref())
            .chain(self.rest.iter().map(String::as_str))
            .collect();
        format!("{}\n\n-- \n{}\n", parts.join("\n\n"), self.footer)
    }
}

/// Whether it is safe to greet somebody by this.
///
/// Anybody can register with anybody's address and call themselves what they like; what reads as a
/// message or as an address on the web would make us deliver it.
fn is_a_name(name: &str) -> bool {
    let plain = |c: char| c.is_alphabetic() || matches!(c, ' ' | '-' | '\'' | '’' | '.');
    let points_somewhere = |pair: [char; 2]| pair[0] == '.' && pair[1] != ' ';
    let length = name.chars().count();
    let pairs = name.chars().zip(name.chars().skip(1));
    (1..=40).contains(&length)
        && name.trim() == name
        && name.chars().all(plain)
        && name.chars().any(char::is_alphabetic)
        && !pairs.map(<[char; 2]>::from).any(points_somewhere)
}

#[cfg(test)]
mod tests {
    use super::*;

    const LINK: &str = "https://trainnet.example/confirm#abc-_123";

    fn filling() -> Filling<'static> {
        Filling {
            name: Some("Анна"),
            link: LINK,
            code: Some("012345"),
            when: DateTime::UNIX_EPOCH,
        }
    }

    /// A template that is not in this chain does not compile.
    const fn after(template: Template) -> Option<Template> {
        Some(match template {
            Template::Confirm => Template::Recover,
            Template::Recover => Template::ChangeAddress,
            Template::ChangeAddress => Template::AddressChanged,
            Template::AddressChanged => Template::PasswordChanged,
            Template::PasswordChanged => Template::SecondFactorChanged,
            Template::SecondFactorChanged => Template::NewSignIn,
            Template::NewSignIn => Template::Blocked,
            Template::Blocked => Template::ApiKeyCreated,
            Template::ApiKeyCreated => return None,
        })
    }

    fn templates() -> impl Iterator<Item = Template> {
        std::iter::successors(Some(Template::Confirm), |template| after(*template))
    }

    fn everything() -> impl Iterator<Item = (Template, Locale, Written)> {
        templates().flat_map(|template| {
            [Locale::English, Locale::Russian]
                .map(|locale| (template, locale, write(template, locale, filling())))
        })
    }

    #[test]
    fn every_template_is_there_in_both_languages_with_nothing_left_to_fill_in() {
        let mut subjects = std::collections::BTreeSet::new();
        for (template, locale, written) in everything() {
            let whole = [&written.subject, &written.text, &written.html].map(String::as_str);
            for text in whole {
                assert!(!text.is_empty(), "{template:?} {locale:?}");
                assert!(
                    !text.contains(['{', '}']),
                    "{template:?} {locale:?}: {text}"
                );
            }
            assert!(subjects.insert(written.subject), "{template:?} {locale:?}");
        }
        assert_eq!(subjects.len(), 2 * templates().count());
    }

    #[test]
    fn each_language_is_written_in_its_own_letters() {
        let is_russian = |text: &str| text.chars().any(|c| ('а'..='я').contains(&c));
        for (template, locale, written) in everything() {
            let russian = locale == Locale::Russian;
            assert_eq!(is_russian(&written.subject), russian, "{template:?}");
            let without_name = written.text.replace("Анна", "");
            assert_eq!(is_russian(&without_name), russian, "{template:?}");
            let language = if russian {
                "lang=\"ru\""
            } else {
                "lang=\"en\""
            };
            assert!(written.html.contains(language), "{template:?}");
        }
    }

    #[test]
    fn text_and_page_say_the_same() {
        for (template, locale, written) in everything() {
            for part in ["Анна", "012345"] {
                assert!(written.text.contains(part), "{template:?} {locale:?}");
                assert!(written.html.contains(part), "{template:?} {locale:?}");
            }
            let in_text = written.text.contains(LINK);
            let in_page = written.html.contains(&format!("href=\"{LINK}\""));
            assert_eq!(in_text, in_page, "{template:?} {locale:?}");
        }
    }

    #[test]
    fn a_notice_says_when() {
        let written = write(Template::NewSignIn, Locale::English, filling());
        assert!(written.text.contains("1970-01-01 00:00 UTC"));
    }

    #[test]
    fn what_is_filled_in_is_never_read_as_html() {
        let filling = Filling {
            link: "https://x.example/?a=1&b=\"><script>",
            ..filling()
        };
        let page = write(Template::Confirm, Locale::English, filling).html;
        assert!(!page.contains("<script>"), "{page}");
        assert!(
            page.contains("a=1&amp;b=&quot;&gt;&lt;script&gt;"),
            "{page}"
        );
    }

    #[test]
    fn nobody_is_greeted_by_a_message() {
        for name in ["Анна", "J. R. Smith", "Jean-Luc O’Neil", "Öz"] {
            assert!(is_a_name(name), "{name}");
        }
        let long = "a".repeat(41);
        for name in [
            "",
            " ",
            ".",
            "win at casino.example",
            "https://casino",
            "call +7 495",
            "Anna\nBcc",
            "<b>Anna</b>",
            "Anna ",
            &long,
        ] {
            assert!(!is_a_name(name), "{name:?}");
            let filling = Filling {
                name: Some(name),
                ..filling()
            };
            let written = write(Template::Confirm, Locale::English, filling);
            assert!(written.text.starts_with("Hello!\n"), "{}", written.text);
        }
    }
}
