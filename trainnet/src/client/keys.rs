//! The API keys of whoever asks: seen, made and revoked.

use hyper::Method;
use serde_json::{Value, json};

use super::Shown;
use super::arguments::{Asking, Form, KeysCommand};
use super::caller::Caller;
use super::table::{cell, minute, table};

/// What came of it, and how it is to be shown.
pub async fn keys(command: KeysCommand) -> (Form, anyhow::Result<Shown>) {
    match command {
        KeysCommand::List(asking) => (asking.form, list(&asking).await),
        KeysCommand::Create {
            asking,
            label,
            scope,
            expires_at,
            requests_per_minute,
        } => {
            let new = json!({
                "label": label,
                "scopes": scope,
                "expires_at": expires_at,
                "requests_per_minute": requests_per_minute,
            });
            (asking.form, create(&asking, new).await)
        }
        KeysCommand::Revoke { asking, key } => (asking.form, revoke(&asking, &key).await),
    }
}

async fn list(asking: &Asking) -> anyhow::Result<Shown> {
    let mut caller = Caller::of_this_process(&asking.at)?;
    let json = caller.ask(Method::GET, "/v1/keys", None).await?;
    let none = Vec::new();
    let keys = json["data"].as_array().unwrap_or(&none).iter();
    let rows: Vec<_> = keys.map(row).collect();
    let headings = ["key", "label", "uses", "made", "expires", "used", "revoked"];
    Ok(Shown {
        text: table(headings, &rows, "There are no keys."),
        json,
    })
}

fn row(key: &Value) -> [String; 7] {
    [
        cell(key, "id"),
        cell(key, "label"),
        cell(key, "scopes"),
        minute(key, "created_at"),
        minute(key, "expires_at"),
        minute(key, "last_used_at"),
        minute(key, "revoked_at"),
    ]
}

/// The key goes to the output alone, so that a program can take it from there.
async fn create(asking: &Asking, new: Value) -> anyhow::Result<Shown> {
    let mut caller = Caller::of_this_process(&asking.at)?;
    let json = caller.ask(Method::POST, "/v1/keys", Some(new)).await?;
    if !asking.form.json {
        eprintln!("This is {}; it is not shown again.", cell(&json, "id"));
    }
    Ok(Shown {
        text: format!("{}\n", cell(&json, "key")),
        json,
    })
}

async fn revoke(asking: &Asking, key: &str) -> anyhow::Result<Shown> {
    let mut caller = Caller::of_this_process(&asking.at)?;
    let path = format!("/v1/keys/{}", segment(key));
    let json = caller.ask(Method::DELETE, &path, None).await?;
    Ok(Shown {
        text: "The key is revoked.\n".to_owned(),
        json,
    })
}

/// A text as one part of a path, whatever is in it.
fn segment(text: &str) -> String {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-');
    let spelled = text.bytes().map(|byte| {
        if plain(byte) {
            char::from(byte).to_string()
        } else {
            format!("%{byte:02X}")
        }
    });
    spelled.collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_part_of_a_path_leads_nowhere_else() {
        assert_eq!(segment("key_01-a"), "key_01-a");
        assert_eq!(segment("../me?x#y"), "%2E%2E%2Fme%3Fx%23y");
        assert_eq!(segment("ключ"), "%D0%BA%D0%BB%D1%8E%D1%87");
    }
}
