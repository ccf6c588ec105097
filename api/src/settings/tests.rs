//! What the environment may say, and what it is told when it says something else.

use super::*;

fn settings(name: &'static str, value: &'static str) -> Result<Settings, Nonsense> {
    Settings::try_new(&Variables::set([(name, value)]))
}

fn refusal(name: &'static str, value: &'static str) -> String {
    settings(name, value).unwrap_err().to_string()
}

#[test]
fn what_is_not_set_has_a_default_that_serves_this_machine_alone() {
    let settings = Settings::try_new(&Variables::default()).unwrap();
    assert!(settings.listen.ip().is_loopback());
    assert_eq!(settings.tls, None);
    assert!(settings.trusted_proxies.is_empty() && settings.cors_origins.is_empty());
}

#[test]
fn what_is_empty_is_not_set() {
    let empty = settings("TRAINNET_LISTEN", " ").unwrap();
    assert_eq!(empty, Settings::try_new(&Variables::default()).unwrap());
}

#[test]
fn nonsense_is_refused_in_one_sentence_with_the_variable_and_the_remedy() {
    assert_eq!(
        refusal("TRAINNET_LISTEN", "localhost"),
        "TRAINNET_LISTEN is \"localhost\": give an IP address and a port, such as 127.0.0.1:8080 \
         or [::]:443"
    );
    assert_eq!(
        refusal("TRAINNET_REQUEST_SECONDS_MAX", "0"),
        "TRAINNET_REQUEST_SECONDS_MAX is \"0\": give a whole number from 1 to 600"
    );
    for (name, value) in [
        ("TRAINNET_BODY_BYTES_MAX", "1.5"),
        ("TRAINNET_BODY_BYTES_MAX", "99999999999"),
        ("TRAINNET_REQUESTS_IN_FLIGHT_MAX", "-1"),
        ("TRAINNET_REQUESTS_PER_MINUTE", "0"),
        ("TRAINNET_TRUSTED_PROXIES", "10.0.0.0/33"),
        ("TRAINNET_TRUSTED_PROXIES", "0.0.0.0/0"),
        ("TRAINNET_TRUSTED_PROXIES", "10.0.0.1, proxy"),
        ("TRAINNET_SESSION_BINDING", "loose"),
        ("TRAINNET_PASSWORD_HASHES_AT_ONCE", "0"),
        ("TRAINNET_LOG_FORMAT", "xml"),
        ("TRAINNET_JOIN_TOKEN_HOURS", "0"),
        ("TRAINNET_KYC_FOR_PAYOUTS", "perhaps"),
        ("TRAINNET_MACHINE_PRICE", "0"),
        ("TRAINNET_MACHINE_PRICE", "free"),
        ("TRAINNET_MACHINE_PRICE", "0.0000001"),
    ] {
        let said = refusal(name, value);
        assert!(said.starts_with(name), "{said}");
    }
}

#[test]
fn half_of_a_certificate_and_key_is_refused_by_the_name_of_the_other_half() {
    let said = refusal("TRAINNET_TLS_CERTIFICATE", "chain.pem");
    assert!(said.starts_with("TRAINNET_TLS_KEY"), "{said}");
    let said = refusal("TRAINNET_TLS_KEY", "key.pem");
    assert!(said.starts_with("TRAINNET_TLS_CERTIFICATE"), "{said}");
    let pair = Variables::set([
        ("TRAINNET_TLS_CERTIFICATE", "chain.pem"),
        ("TRAINNET_TLS_KEY", "key.pem"),
    ]);
    assert!(Settings::try_new(&pair).unwrap().tls.is_some());
}

#[test]
fn an_origin_is_taken_only_as_a_browser_spells_it() {
    let taken = settings(
        "TRAINNET_CORS_ORIGINS",
        "https://a.example, http://localhost:5173",
    );
    assert_eq!(
        taken.unwrap().cors_origins,
        ["https://a.example", "http://localhost:5173"]
    );
    for wrong in [
        "*",
        "null",
        "a.example",
        "https://a.example/",
        "https://a.example/path",
        "https://*.example",
        "https://user@a.example",
        "https://A.example",
        "ftp://a.example",
    ] {
        let said = refusal("TRAINNET_CORS_ORIGINS", wrong);
        assert!(said.starts_with("TRAINNET_CORS_ORIGINS"), "{said}");
    }
}

#[test]
fn a_session_is_bound_strictly_unless_somebody_says_otherwise() {
    let bound = |value| settings("TRAINNET_SESSION_BINDING", value).map(|it| it.session_binding);
    assert_eq!(bound(""), Ok(Binding::Strict));
    assert_eq!(bound("strict"), Ok(Binding::Strict));
    assert_eq!(bound("prefix"), Ok(Binding::Prefix));
    assert_eq!(bound("off"), Ok(Binding::Off));
}

#[test]
fn a_proxy_may_be_named_by_its_address_or_its_network() {
    let settings = settings("TRAINNET_TRUSTED_PROXIES", "127.0.0.1,10.1.2.3/8,fd00::/8").unwrap();
    let shown: Vec<String> = settings
        .trusted_proxies
        .iter()
        .map(ToString::to_string)
        .collect();
    assert_eq!(shown, ["127.0.0.1/32", "10.0.0.0/8", "fd00::/8"]);
}

/// What the example says of the API's variables, commented out or not.
fn example() -> Vec<(&'static str, &'static str)> {
    let example: &'static str = include_str!("../../../.env.example");
    let lines = example.lines().filter_map(|line| line.split_once('='));
    let lines = lines.map(|(name, value)| (name.trim_start_matches('#'), value));
    lines.filter(|(name, _)| NAMES.contains(name)).collect()
}

const NAMES: [&str; 15] = [
    "TRAINNET_LISTEN",
    "TRAINNET_TRUSTED_PROXIES",
    "TRAINNET_CORS_ORIGINS",
    "TRAINNET_BODY_BYTES_MAX",
    "TRAINNET_REQUEST_SECONDS_MAX",
    "TRAINNET_REQUESTS_IN_FLIGHT_MAX",
    "TRAINNET_REQUESTS_PER_MINUTE",
    "TRAINNET_TLS_CERTIFICATE",
    "TRAINNET_TLS_KEY",
    "TRAINNET_SESSION_BINDING",
    "TRAINNET_PASSWORD_HASHES_AT_ONCE",
    "TRAINNET_LOG_FORMAT",
    "TRAINNET_JOIN_TOKEN_HOURS",
    "TRAINNET_MACHINE_PRICE",
    "TRAINNET_KYC_FOR_PAYOUTS",
];

#[test]
fn the_example_shows_every_variable_with_its_default() {
    let shown = example();
    let names: Vec<&str> = shown.iter().map(|(name, _)| *name).collect();
    assert_eq!(names, NAMES);
    let defaults = Settings::try_new(&Variables::default()).unwrap();
    assert_eq!(Settings::try_new(&Variables::set(shown)).unwrap(), defaults);
}

#[test]
fn every_variable_is_read_from_the_process_under_its_own_name() {
    let source = include_str!("variables.rs");
    for name in NAMES {
        assert_eq!(source.matches(&format!("\"{name}\"")).count(), 2, "{name}");
    }
    assert_eq!(source.matches("env::var").count(), NAMES.len());
}
