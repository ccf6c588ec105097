//! A mail as a page: one column, styles where they are used, nothing fetched from anywhere.

use super::Letter;

const BODY: &str = "margin:0;padding:24px;background:#f4f5f7;color:#1c2330;\
                    font:16px/1.5 -apple-system,'Segoe UI',Roboto,Arial,sans-serif";
const SHEET: &str = "max-width:520px;margin:0 auto;padding:32px;background:#ffffff;\
                     border-radius:8px";
const BUTTON: &str = "display:inline-block;padding:12px 24px;background:#1f5eff;color:#ffffff;\
                      border-radius:6px;text-decoration:none;font-weight:600";
const CODE: &str = "font:600 24px/1.4 ui-monospace,Menlo,Consolas,monospace;letter-spacing:4px";
const FOOTER: &str = "margin:32px 0 0;color:#68707f;font-size:13px";

pub(super) fn page(letter: &Letter<'_>, title: &str, language: &str) -> String {
    let mut parts = vec![paragraph(&letter.greeting)];
    parts.extend(letter.lead.iter().map(|words| paragraph(words)));
    parts.extend(letter.button.map(|(label, link)| {
        let (label, link) = (escaped(label), escaped(link));
        format!("<p><a href=\"{link}\" style=\"{BUTTON}\">{label}</a></p>")
    }));
    parts.extend(letter.code.map(|(words, code)| {
        let (words, code) = (escaped(words), escaped(code));
        format!("<p>{words}<br><span style=\"{CODE}\">{code}</span></p>")
    }));
    parts.extend(letter.rest.iter().map(|words| paragraph(words)));
    let footer = escaped(letter.footer);
    parts.push(format!("<p style=\"{FOOTER}\">{footer}</p>"));
    format!(
        "<!doctype html>\n<html lang=\"{language}\">\n<head>\n<meta charset=\"utf-8\">\n\
         <meta name=\"viewport\" content=\"width=device-width\">\n<title>{}</title>\n</head>\n\
         <body style=\"{BODY}\">\n<div style=\"{SHEET}\">\n{}\n</div>\n</body>\n</html>\n",
        escaped(title),
        parts.join("\n"),
    )
}

fn paragraph(words: &str) -> String {
    format!("<p>{}</p>", escaped(words))
}

/// Safe between tags and inside a quoted attribute.
fn escaped(text: &str) -> String {
    let mut safe = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => safe.push_str("&amp;"),
            '<' => safe.push_str("&lt;"),
            '>' => safe.push_str("&gt;"),
            '"' => safe.push_str("&quot;"),
            '\'' => safe.push_str("&#39;"),
            _ => safe.push(c),
        }
    }
    safe
}
