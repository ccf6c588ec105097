//! Describes every route, for programs and for the browser in `/docs`.

use axum::Extension;
use axum::body::Bytes;
use axum::http::header::{CACHE_CONTROL, CONTENT_TYPE};
use axum::response::IntoResponse;
use utoipa::OpenApi;
use utoipa::openapi::path::{Operation, Parameter, ParameterBuilder, ParameterIn, PathItem};
use utoipa::openapi::schema::{
    AllOfBuilder, AnyOfBuilder, ObjectBuilder, OneOfBuilder, Schema, Type,
};
use utoipa::openapi::security::{
    ApiKey, ApiKeyValue, HttpAuthScheme, HttpBuilder, SecurityRequirement, SecurityScheme,
};
use utoipa::openapi::{
    Components, Content, HeaderBuilder, OpenApi as Description, Ref, RefOr, Required,
    ResponseBuilder,
};
use utoipa_axum::routes;

use crate::api::Routes;
use crate::position::POSITION_HEADER;
use crate::problem::{OpenAiError, Problem};
use crate::users::{CSRF_HEADER, Cookie};

/// The routes that answer a stranger, as method and path. A test walks the document: whatever is
/// not here must refuse one.
pub const PUBLIC_ROUTES: &[(&str, &str)] = &[
    ("get", "/docs"),
    ("get", "/docs/{file}"),
    ("get", "/files/{token}"),
    ("put", "/files/{token}"),
    ("get", "/healthz"),
    ("get", "/metrics"),
    ("get", "/openapi.json"),
    ("get", "/readyz"),
    ("get", "/v1/cards"),
    ("get", "/v1/cards/{model_type}"),
    ("get", "/v1/log/head"),
    ("get", "/v1/receipts/key"),
    ("get", "/.well-known/jwks.json"),
    ("post", "/v1/machines/enrol"),
    ("post", "/v1/recovery"),
    ("post", "/v1/recovery/complete"),
    ("post", "/v1/sessions"),
    ("post", "/v1/sessions/refresh"),
    ("post", "/v1/users"),
    ("post", "/v1/users/confirm"),
    ("post", "/v1/users/confirm/again"),
    ("post", "/v1/web/session"),
    ("post", "/webhook/stripe"),
];

/// What changes nothing in the log that anybody could wait to see, or must not say whether it did.
const WITHOUT_POSITION: &[&str] = &[
    "complete_upload",
    "complete_upload_of_task",
    "confirm_again",
    "estimate_job",
    "import_dataset",
    "machine_heartbeat",
    "pay_job",
    "pull_task",
    "recover",
    "register",
    "send_part",
    "sign_out_everywhere",
    "stripe_webhook",
    "task_heartbeat",
    "task_progress",
    "write_file",
];

const PROBLEM: &str = "Problem";
/// What callers are recognised by, as the document names it.
const BEARER: &str = "bearer";
const COOKIE: &str = "cookie";
const CSRF: &str = "csrf";
const NO_SCOPES: [&str; 0] = [];
/// Behind this door everything is said as OpenAI says it.
pub const DOOR: &str = "/openai/";
const OPENAI_ERROR: &str = "OpenAiError";
/// Parameters that name what there is, each spelt with its own name in front.
const IDENTITIES: [&str; 11] = [
    "job", "join", "key", "machine", "mail", "object", "payment", "session", "unit", "upload",
    "user",
];

/// Those behind the door, with what stands before their UUID.
const DOOR_IDENTITIES: [(&str, &str); 2] = [("file", "file-"), ("fine_tuning_job", "ftjob-")];

/// What the document says before any route adds to it.
#[derive(OpenApi)]
#[openapi(
    info(
        title = "TrainNet",
        description = "One marketplace for compute with one set of books.\n\nRefusals are \
            `application/problem+json` with a stable `code`. A `POST` takes an `Idempotency-Key`: \
            the same request under the same key is done once. What changes something answers with \
            `Trainnet-Position`; send it back with a read to see the change. Times are RFC 3339 \
            in UTC. Fields that are not known are refused.",
    ),
    tags(
        (name = "users", description = "People: registering, proving who they are, being forgotten"),
        (name = "sessions", description = "Being signed in, here and elsewhere"),
        (name = "objects", description = "What you bring, and what was found in it"),
        (name = "keys", description = "What programs show instead of signing in"),
        (name = "servers", description = "Machines that providers bring, and what they say"),
        (name = "jobs", description = "Training: what is on offer, ordering it, and what came of it"),
        (name = "openai", description = "Training as OpenAI's clients ask for it, with their base \
            URL set to `/openai/v1`; refusals are theirs too"),
        (name = "payments", description = "Paying by card, and what is in a wallet"),
        (name = "work", description = "What machines are given to do, and how it goes"),
        (name = "staff", description = "What staff see and decide"),
        (name = "log", description = "The record of everything that happened"),
        (name = "operations", description = "For those who run the program"),
        (name = "documentation", description = "What can be asked, and how"),
    ),
    components(schemas(Problem, OpenAiError))
)]
pub struct Document;

/// Adds to every operation what is true of all of them.
pub fn complete(document: &mut Description) {
    let problem = Ref::from_schema_name(PROBLEM);
    let refusal = ResponseBuilder::new()
        .description("Why it was not granted")
        .content("application/problem+json", Content::new(Some(problem)))
        .build();
    let components = document.components.get_or_insert_with(Components::new);
    components
        .responses
        .insert(PROBLEM.to_owned(), RefOr::T(refusal));
    let theirs = Ref::from_schema_name(OPENAI_ERROR);
    let theirs = ResponseBuilder::new()
        .description("Why it was not granted, as OpenAI says it")
        .content("application/json", Content::new(Some(theirs)))
        .build();
    components
        .responses
        .insert(OPENAI_ERROR.to_owned(), RefOr::T(theirs));
    for (name, scheme) in ways_to_be_known() {
        let schemes = &mut components.security_schemes;
        schemes.insert(name.to_owned(), RefOr::T(scheme));
    }
    let paths = document.paths.paths.iter_mut();
    let of_browsers = paths.filter(|(path, _)| !path.starts_with(DOOR));
    of_browsers.for_each(|(_, item)| let_browsers_in(item));
    for item in document.paths.paths.values_mut() {
        if let Some(post) = &mut item.post {
            let parameters = post.parameters.get_or_insert_default();
            parameters.push(idempotency_key().into());
        }
    }
    let ours = document.paths.paths.iter_mut();
    for (_, item) in ours.filter(|(path, _)| !path.starts_with(DOOR)) {
        let changes = [
            &mut item.post,
            &mut item.put,
            &mut item.patch,
            &mut item.delete,
        ];
        changes.into_iter().flatten().for_each(say_where);
    }
    for (path, item) in &mut document.paths.paths {
        let form = if path.starts_with(DOOR) {
            OPENAI_ERROR
        } else {
            PROBLEM
        };
        for operation in operations(item) {
            let parameters = operation.parameters.iter_mut().flatten();
            parameters.for_each(spell);
            let responses = &mut operation.responses.responses;
            let refusal = || RefOr::Ref(Ref::from_response_name(form));
            responses
                .entry("default".to_owned())
                .or_insert_with(refusal);
        }
    }
}

/// By what callers are recognised, each said once.
fn ways_to_be_known() -> [(&'static str, SecurityScheme); 5] {
    let bearer = |description: &str| {
        let scheme = HttpBuilder::new().scheme(HttpAuthScheme::Bearer);
        SecurityScheme::Http(scheme.description(Some(description)).build())
    };
    let named = |name: &str, description: &str| ApiKeyValue::with_description(name, description);
    let cookie = |cookie: Cookie, description: &str| {
        SecurityScheme::ApiKey(ApiKey::Cookie(named(cookie.name(false), description)))
    };
    let csrf = named(
        CSRF_HEADER.as_str(),
        "What the cookie `trainnet_csrf` says: proof that our own page asks",
    );
    [
        (BEARER, bearer("An access token, or an API key")),
        ("machine", bearer("The secret of a machine")),
        (
            COOKIE,
            cookie(
                Cookie::Access,
                "A session in a browser; `__Host-trainnet_access` over TLS. A bearer comes first",
            ),
        ),
        (
            "refresh_cookie",
            cookie(
                Cookie::Refresh,
                "What continues a session in a browser; `__Secure-trainnet_refresh` over TLS",
            ),
        ),
        (CSRF, SecurityScheme::ApiKey(ApiKey::Header(csrf))),
    ]
}

/// Whatever a token of a session opens, its cookie opens too; a change takes proof besides.
fn let_browsers_in(item: &mut PathItem) {
    let open = |operation: &mut Operation, with: &SecurityRequirement| {
        let bearer = SecurityRequirement::new(BEARER, NO_SCOPES);
        let ways = operation.security.iter_mut();
        ways.filter(|ways| ways.contains(&bearer))
            .for_each(|ways| ways.push(with.clone()));
    };
    let cookie = SecurityRequirement::new(COOKIE, NO_SCOPES);
    let with_proof = cookie.clone().add(CSRF, NO_SCOPES);
    for reading in item.get.iter_mut().chain(&mut item.head) {
        open(reading, &cookie);
    }
    let changing = [
        &mut item.post,
        &mut item.put,
        &mut item.patch,
        &mut item.delete,
    ];
    for changing in changing.into_iter().flatten() {
        open(changing, &with_proof);
    }
}

/// Adds to what a change answers where in the log it stands.
fn say_where(operation: &mut Operation) {
    let id = operation.operation_id.as_deref().unwrap_or_default();
    if WITHOUT_POSITION.contains(&id) {
        return;
    }
    let position = ObjectBuilder::new()
        .schema_type(Type::Integer)
        .minimum(Some(1));
    let header = HeaderBuilder::new()
        .description(Some(
            "Where in the log it stands; send it with a read to see it",
        ))
        .schema(Some(position))
        .build();
    let responses = operation.responses.responses.iter_mut();
    for (_, response) in responses.filter(|(status, _)| status.starts_with('2')) {
        if let RefOr::T(response) = response {
            let name = POSITION_HEADER.as_str().to_owned();
            response.headers.insert(name, header.clone().into());
        }
    }
}

/// What every `POST` takes, so that asking twice is asking once.
fn idempotency_key() -> Parameter {
    let key = ObjectBuilder::new()
        .schema_type(Type::String)
        .pattern(Some("^[!-~]{1,128}$"));
    ParameterBuilder::new()
        .name("Idempotency-Key")
        .parameter_in(ParameterIn::Header)
        .required(Required::False)
        .description(Some("The same request under the same key is done once"))
        .schema(Some(key))
        .build()
}

/// Says how an identity in a path is spelt: in one way only.
fn spell(parameter: &mut RefOr<Parameter>) {
    let RefOr::T(parameter) = parameter else {
        return;
    };
    let name = parameter.name.as_str();
    let ours = IDENTITIES.contains(&name).then(|| format!("{name}_"));
    let theirs = DOOR_IDENTITIES.iter().find(|(it, _)| *it == name);
    let opening = ours.or_else(|| theirs.map(|(_, opening)| (*opening).to_owned()));
    let Some(opening) = opening.filter(|_| parameter.parameter_in == ParameterIn::Path) else {
        return;
    };
    let uuid = "[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}";
    let spelt = ObjectBuilder::new()
        .schema_type(Type::String)
        .pattern(Some(format!("^{opening}{uuid}$")))
        .examples([format!("{opening}01936b1e-7c1a-7d3e-8f00-0123456789ab")]);
    parameter.schema = Some(spelt.into());
}

/// Says of a schema that all fields of one of these sets have to be there, as text: what is derived
/// from a type knows of fields one by one only.
pub fn insist_on_one_of(document: &mut Description, name: &str, sets: &[&[&str]]) {
    let one_of = sets.iter().fold(AnyOfBuilder::new(), |all, set| {
        let set = set.iter().fold(ObjectBuilder::new(), |object, field| {
            let text = ObjectBuilder::new().schema_type(Type::String);
            object.property(*field, text).required(*field)
        });
        all.item(set)
    });
    narrow(document, name, Schema::from(one_of));
}

/// Says of a schema that one of these fields has to be there, as text, and none of the others.
pub fn insist_on_just_one(document: &mut Description, name: &str, fields: &[&str]) {
    let choices = fields.iter().map(|chosen| {
        let each = fields.iter().fold(ObjectBuilder::new(), |object, field| {
            let kind = if field == chosen {
                Type::String
            } else {
                Type::Null
            };
            object.property(*field, ObjectBuilder::new().schema_type(kind))
        });
        each.required(*chosen)
    });
    let one_of = choices.fold(OneOfBuilder::new(), OneOfBuilder::item);
    narrow(document, name, Schema::from(one_of));
}

/// Has a schema insist on something besides.
fn narrow(document: &mut Description, name: &str, to: Schema) {
    let Some(components) = &mut document.components else {
        return;
    };
    if let Some(before) = components.schemas.remove(name) {
        let both = AllOfBuilder::new().item(before).item(to);
        let both = Schema::from(both).into();
        components.schemas.insert(name.to_owned(), both);
    }
}

fn operations(item: &mut PathItem) -> impl Iterator<Item = &mut Operation> {
    let each = [
        &mut item.get,
        &mut item.put,
        &mut item.post,
        &mut item.delete,
        &mut item.patch,
    ];
    each.into_iter().flatten()
}

/// The document as it is sent; it does not change while the program runs.
#[derive(Clone, Debug)]
pub struct Served(Bytes);

impl Served {
    pub fn new(document: &Description) -> Self {
        let json = serde_json::to_vec(document).expect("the document is made of strings");
        Self(json.into())
    }
}

pub fn routes() -> Routes {
    Routes::new().routes(routes!(openapi))
}

/// This document
#[utoipa::path(get, path = "/openapi.json", tag = "documentation", operation_id = "openapi",
    security(()), responses((status = 200, description = "The document", body = Object,
        content_type = "application/json")))]
async fn openapi(Extension(Served(document)): Extension<Served>) -> impl IntoResponse {
    let headers = [
        (CONTENT_TYPE, "application/json"),
        (CACHE_CONTROL, "no-cache"),
    ];
    (headers, document)
}
