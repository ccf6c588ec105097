//! An API browser that needs nothing but this program: its page, its script and its style.

use axum::http::header::{CACHE_CONTROL, CONTENT_SECURITY_POLICY, CONTENT_TYPE};
use axum::response::{IntoResponse, Response};
use utoipa_axum::routes;

use crate::api::Routes;
use crate::openapi;
use crate::parameters::Path;
use crate::problem::{ApiError, Problem, kinds};

/// The page may load and ask what comes from here, and nothing else; nothing is written in line.
const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; \
                      connect-src 'self'; base-uri 'none'; form-action 'none'; \
                      frame-ancestors 'none'";

const HTML: &str = "text/html; charset=utf-8";
const PAGE: &str = include_str!("page.html");

const FILES: [(&str, &str, &str); 3] = [
    (
        "page.css",
        "text/css; charset=utf-8",
        include_str!("page.css"),
    ),
    (
        "page.js",
        "text/javascript; charset=utf-8",
        include_str!("page.js"),
    ),
    (
        "schema.js",
        "text/javascript; charset=utf-8",
        include_str!("schema.js"),
    ),
];

pub fn routes() -> Routes {
    let page = Routes::new().routes(routes!(page)).routes(routes!(file));
    page.merge(openapi::routes())
}

fn answer(kind: &'static str, content: &'static str) -> Response {
    let headers = [
        (CONTENT_TYPE, kind),
        (CONTENT_SECURITY_POLICY, POLICY),
        (CACHE_CONTROL, "no-cache"),
    ];
    (headers, content).into_response()
}

/// A browser for this API
#[utoipa::path(get, path = "/docs", tag = "documentation", operation_id = "docs", security(()),
    responses((status = 200, description = "The page", body = String, content_type = "text/html")))]
async fn page() -> Response {
    answer(HTML, PAGE)
}

/// What the page of `/docs` loads
#[utoipa::path(get, path = "/docs/{file}", tag = "documentation", operation_id = "docs_file",
    security(()), params(("file" = String, Path, description = "The name of a file")),
    responses(
        (status = 200, content((String = "text/css"), (String = "text/javascript")),
            description = "The file"),
        (status = 404, description = "There is no such file", body = Problem,
            content_type = "application/problem+json"),
    ))]
async fn file(Path(wanted): Path<String>) -> Result<Response, ApiError> {
    let found = FILES.iter().find(|(name, _, _)| *name == wanted);
    let (_, kind, content) = found.ok_or(&kinds::NOT_FOUND)?;
    Ok(answer(kind, content))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_page_loads_nothing_but_what_is_served_here() {
        for attribute in ["src=\"", "href=\""] {
            for (at, _) in PAGE.match_indices(attribute) {
                let rest = &PAGE[at + attribute.len()..];
                let target = rest.split('"').next().unwrap();
                let file = target.strip_prefix("/docs/").unwrap_or(target);
                let served = FILES.iter().any(|(name, _, _)| *name == file);
                assert!(served || target == "/openapi.json", "{target}");
            }
        }
    }

    #[test]
    fn nothing_is_written_in_line_for_the_policy_would_not_run_it() {
        for opening in ["<script>", "<style", " style=", " onclick=", "javascript:"] {
            assert!(!PAGE.contains(opening), "{opening}");
        }
        for (name, _, content) in FILES {
            for inline in ["innerHTML", "eval(", ".cssText", "setAttribute(\"style\""] {
                assert!(!content.contains(inline), "{name}: {inline}");
            }
        }
    }
}
