//! Keys, errors, lists and expansion, as Stripe's documentation has them.

use std::time::Duration;

use axum::http::{Method, StatusCode};

use crate::client::{World, checkout};

const SESSIONS: &str = "/v1/checkout/sessions";

#[tokio::test]
async fn the_same_key_and_parameters_get_the_same_answer() {
    let world = World::new().await;
    let ask = |form: String, key| {
        let world = &world;
        async move { world.ask(Method::POST, SESSIONS, &form, key).await }
    };
    let first = ask(checkout(1_000), Some("k")).await;
    let again = ask(checkout(1_000), Some("k")).await;
    assert_eq!(first.body, again.body);
    assert_eq!(first.headers.get("idempotent-replayed"), None);
    assert_eq!(again.headers["idempotent-replayed"], "true");
    let other = ask(checkout(2_000), Some("k")).await;
    assert_eq!(other.status, StatusCode::BAD_REQUEST);
    assert_eq!(other.body["error"]["type"], "idempotency_error");
    // A day later the key is anybody's.
    world.pass(25 * 60 * 60);
    let late = ask(checkout(2_000), Some("k")).await;
    assert_eq!(late.status, StatusCode::OK);
    assert_eq!(world.simulator().count("checkout.session"), 2);
}

#[tokio::test]
async fn a_key_that_is_in_use_is_a_conflict_and_then_has_its_answer() {
    let world = World::new().await;
    world.simulator().switch(|it| {
        it.hang_after = 1;
        it.hang_milliseconds = 300;
    });
    let form = checkout(1_000);
    let first = world.ask(Method::POST, SESSIONS, &form, Some("k"));
    let second = async {
        while world.simulator().count("checkout.session") == 0 {
            tokio::task::yield_now().await;
        }
        world.ask(Method::POST, SESSIONS, &form, Some("k")).await
    };
    let (first, second) = tokio::join!(first, second);
    assert_eq!(second.status, StatusCode::CONFLICT);
    assert_eq!(second.body["error"]["code"], "idempotency_key_in_use");
    let third = world.ask(Method::POST, SESSIONS, &form, Some("k")).await;
    assert_eq!(first.body, third.body);
}

#[tokio::test]
async fn whoever_gives_up_on_an_answer_finds_it_under_the_key() {
    let world = World::new().await;
    world.simulator().switch(|it| {
        it.hang_after = 1;
        it.hang_milliseconds = 200;
    });
    let form = checkout(1_000);
    let asked = world.ask(Method::POST, SESSIONS, &form, Some("k"));
    assert!(
        tokio::time::timeout(Duration::from_millis(50), asked)
            .await
            .is_err()
    );
    let again = loop {
        let again = world.ask(Method::POST, SESSIONS, &form, Some("k")).await;
        if again.status != StatusCode::CONFLICT {
            break again;
        }
    };
    assert_eq!(again.status, StatusCode::OK);
    assert_eq!(world.simulator().count("checkout.session"), 1);
}

#[tokio::test]
async fn what_broke_stays_broken_under_its_key_whether_it_was_done_or_not() {
    for done in [false, true] {
        let world = World::new().await;
        world.simulator().switch(|it| {
            it.break_before = u32::from(!done);
            it.break_after = u32::from(done);
        });
        for _ in 0..2 {
            let broken = world
                .ask(Method::POST, SESSIONS, &checkout(1_000), Some("k"))
                .await;
            assert_eq!(broken.status, StatusCode::INTERNAL_SERVER_ERROR);
            assert_eq!(broken.body["error"]["type"], "api_error");
        }
        assert_eq!(
            world.simulator().count("checkout.session"),
            usize::from(done)
        );
    }
}

#[tokio::test]
async fn refusals_have_the_form_that_libraries_read() {
    let world = World::new().await;
    let invalid = |code: &str| (400, "invalid_request_error".to_owned(), code.to_owned());
    let cheap = world.refused(SESSIONS, &checkout(49)).await;
    assert_eq!(cheap, invalid("amount_too_small"));
    let nothing = world.refused(SESSIONS, "mode=payment").await;
    assert_eq!(nothing, invalid("parameter_missing"));
    let strange = format!("{}&colour=red", checkout(1_000));
    let strange = world.refused(SESSIONS, &strange).await;
    assert_eq!(strange, invalid("parameter_unknown"));
    let unknown = world
        .ask(Method::GET, "/v1/charges/ch_none", "", None)
        .await;
    assert_eq!(unknown.status, StatusCode::NOT_FOUND);
    assert_eq!(unknown.body["error"]["code"], "resource_missing");
    assert!(
        unknown.headers["request-id"]
            .to_str()
            .unwrap()
            .starts_with("req_")
    );
    let nowhere = world.ask(Method::GET, "/v1/nothing", "", None).await;
    assert_eq!(nowhere.status, StatusCode::NOT_FOUND);
    world.simulator().switch(|it| it.rate_limit = 1);
    let busy = world.ask(Method::GET, "/v1/balance", "", None).await;
    assert_eq!(busy.status, StatusCode::TOO_MANY_REQUESTS);
}

#[tokio::test]
async fn lists_go_forth_and_back() {
    let world = World::new().await;
    let mut made = Vec::new();
    for _ in 0..5 {
        made.push(world.session(1_000).await);
        world.pass(1);
    }
    made.reverse();
    let names = |list: &serde_json::Value| -> Vec<String> {
        let data = list["data"].as_array().unwrap();
        data.iter()
            .map(|it| it["id"].as_str().unwrap().to_owned())
            .collect()
    };
    let first = world.get(&format!("{SESSIONS}?limit=2")).await;
    assert_eq!(
        (names(&first), &first["has_more"]),
        (made[..2].to_vec(), &true.into())
    );
    let next = world
        .get(&format!("{SESSIONS}?limit=3&starting_after={}", made[1]))
        .await;
    assert_eq!(
        (names(&next), &next["has_more"]),
        (made[2..].to_vec(), &false.into())
    );
    let back = world
        .get(&format!("{SESSIONS}?limit=2&ending_before={}", made[3]))
        .await;
    assert_eq!(
        (names(&back), &back["has_more"]),
        (made[1..3].to_vec(), &true.into())
    );
    let since = world
        .get(&format!("{SESSIONS}?created[gte]=1800000003"))
        .await;
    assert_eq!(names(&since), made[..2]);
    let too_many = world
        .ask(Method::GET, "/v1/events?limit=101", "", None)
        .await;
    assert_eq!(too_many.status, StatusCode::BAD_REQUEST);
}

#[tokio::test]
async fn whole_objects_stand_where_they_were_asked_for() {
    let world = World::new().await;
    let session = world.session(10_000).await;
    world.simulator().visit(&session, "pay").unwrap();
    let deep = "expand[]=payment_intent.latest_charge.balance_transaction";
    let found = world.get(&format!("{SESSIONS}/{session}?{deep}")).await;
    let charge = &found["payment_intent"]["latest_charge"];
    let moved = &charge["balance_transaction"];
    assert_eq!(
        (&moved["amount"], &moved["fee"]),
        (&10_000.into(), &320.into())
    );
    assert_eq!(charge["metadata"]["payment"], "payment_1");
    let listed = world.get("/v1/charges?expand[]=data.payment_intent").await;
    assert_eq!(
        listed["data"][0]["payment_intent"]["object"],
        "payment_intent"
    );
    let wrong = world
        .ask(
            Method::GET,
            &format!("{SESSIONS}/{session}?expand[]=x"),
            "",
            None,
        )
        .await;
    assert_eq!(wrong.status, StatusCode::BAD_REQUEST);
}

#[tokio::test]
async fn a_page_lets_a_person_pay_and_leads_them_back() {
    let world = World::new().await;
    let session = world.session(2_500).await;
    let path = format!("{SESSIONS}/{session}");
    let url = world.get(&path).await["url"].as_str().unwrap().to_owned();
    assert!(url.starts_with(&world.running.url()));
    world.simulator().visit(&session, "decline").unwrap();
    assert_eq!(world.get(&path).await["status"], "open");
    world.simulator().visit(&session, "pay").unwrap();
    assert!(
        world.simulator().visit(&session, "pay").is_err(),
        "nobody pays twice"
    );
    let paid = world.get(&path).await;
    assert_eq!(
        (&paid["status"], &paid["payment_status"]),
        (&"complete".into(), &"paid".into())
    );
    let expired = world.refused(&format!("{path}/expire"), "").await;
    assert_eq!(expired.0, 400);
}
