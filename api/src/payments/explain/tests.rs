//! Who is named how, and what is found in a text that names others.

use super::*;

const OWN: &str = "user_01936b1e-7c1a-7d3e-8f00-0123456789ab";
const OTHER: &str = "user_01936b1e-7c1a-7d3e-8f00-0123456789ac";

#[test]
fn other_peoples_accounts_are_named_without_their_owners() {
    let name = |account: &str| named(OWN, account);
    let held = format!("wallet/{OWN}/held");
    assert_eq!(name(&held), (Whose::You, "held".to_owned()));
    let pending = format!("wallet/{OTHER}/pending");
    assert_eq!(name(&pending), (Whose::Another, "pending".to_owned()));
    let owed = format!("receivable/{OTHER}");
    assert_eq!(name(&owed), (Whose::Another, "owed".to_owned()));
    let fees = "platform/fees";
    assert_eq!(name(fees), (Whose::Platform, fees.to_owned()));
    let stripe = "outside/stripe/pending";
    assert_eq!(name(stripe), (Whose::Outside, stripe.to_owned()));
}

#[test]
fn a_text_that_names_anybody_else_is_found_wherever_the_name_stands() {
    for alone in ["", "{}", "{\"actor\":\"worker/payments\"}"] {
        assert!(names_nobody_but(OWN, alone), "{alone}");
    }
    let both = format!("{{\"actor\":\"{OWN}\",\"by\":\"{OTHER}\"}}");
    assert!(names_nobody_but(OWN, &format!("{{\"actor\":\"{OWN}\"}}")));
    assert!(!names_nobody_but(OWN, &both));
    assert!(!names_nobody_but(OWN, &format!("user/{OTHER}")));
    assert!(!names_nobody_but(OWN, "user_"));
    assert!(!names_nobody_but(OWN, "machine_1"));
}

#[test]
fn programs_are_named_and_people_and_machines_are_not() {
    assert_eq!(whose_doing(OWN, OWN), (Whose::You, None));
    assert_eq!(whose_doing(OWN, OTHER), (Whose::Another, None));
    assert_eq!(whose_doing(OWN, "machine_1"), (Whose::Another, None));
    let worker = whose_doing(OWN, "worker/payments");
    assert_eq!(
        worker,
        (Whose::Platform, Some("worker/payments".to_owned()))
    );
}

#[test]
fn a_position_is_written_in_one_way() {
    assert_eq!(read("42"), Some(42));
    for wrong in ["", "0", "-1", "+1", "01", "1.0", "9223372036854775808"] {
        assert_eq!(read(wrong), None, "{wrong}");
    }
}
