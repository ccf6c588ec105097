"""Signs requests in as whoever this run is, and goes on as the next when they were signed out."""

import json
import os

import schemathesis

with open(os.environ["TRAINNET_FUZZ_TOKENS"]) as file:
    TOKENS = json.load(file)

# What whoever asks brought upon themselves: they signed out, erased themselves, or were blocked.
OVER = {"users/session-over", "users/blocked"}

# Refusals of the form of a request. Every other 4xx is about what it means: a password that
# everybody knows, a code that is wrong. No schema tells those apart, so they are no fault of it.
FORM = {"body/invalid", "body/malformed", "body/not-json", "parameter/invalid"}


@schemathesis.hook
def filter_failure(context, failure, case, response):
    kind = type(failure).__name__
    if kind == "RejectedPositiveData":
        return response.json().get("code") in FORM
    # A session belongs to whoever signed in, which is somebody else than who asks to end it.
    if kind == "EnsureResourceAvailability":
        return case.path != "/v1/sessions/{session}"
    return True


if TOKENS:

    @schemathesis.auth(refresh_interval=None)
    class Bearer:
        def get(self, case, context):
            return TOKENS[0]

        def set(self, case, token, context):
            case.headers["Authorization"] = f"Bearer {token}"

    @schemathesis.hook
    def after_call(context, case, response):
        if response.status_code not in (401, 403) or len(TOKENS) == 1:
            return
        # These speak of a session in the body, or of one that a cookie names.
        if case.path == "/v1/sessions/refresh" or case.path.startswith("/v1/web/session"):
            return
        shown = response.request.headers.get("Authorization")
        if shown == f"Bearer {TOKENS[0]}" and response.json().get("code") in OVER:
            TOKENS.pop(0)
