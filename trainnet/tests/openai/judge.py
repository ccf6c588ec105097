"""Trains a model with OpenAI's own library, unchanged: only its base URL and its key are ours."""

import csv
import hashlib
import io
import json
import subprocess
import sys
import time
import urllib.request
import zipfile
from pathlib import Path

import httpx2
import openai
from openai import OpenAI

url, email, password, table, trainer_python, folder = sys.argv[1:]
folder = Path(folder)
PATIENCE_SECONDS = 120


def ask(method, path, body=None, token=None, base=url):
    """What a person does in our own API, which no library of OpenAI's does for them."""
    data = None if body is None else json.dumps(body).encode()
    request = urllib.request.Request(base + path, data=data, method=method)
    request.add_header("content-type", "application/json")
    if token is not None:
        request.add_header("authorization", f"Bearer {token}")
    with urllib.request.urlopen(request) as answer:
        text = answer.read()
    return json.loads(text) if text.startswith(b"{") else None


def until(what, look):
    end = time.monotonic() + PATIENCE_SECONDS
    while time.monotonic() < end:
        found = look()
        if found:
            return found
        time.sleep(0.2)
    raise AssertionError(f"it never came to pass that {what}")


def refused(kind, status, code, param, asking):
    try:
        asking()
    except kind as error:
        assert error.status_code == status, error
        assert (error.code, error.param) == (code, param), (error.code, error.param, error)
        assert error.request_id, error
        return error.message
    raise AssertionError(f"nothing was refused as {kind.__name__}")


def wallet(token):
    balances = ask("GET", "/v1/wallet", token=token)["balances"]
    return sum(float(it["available"]["amount"]) for it in balances)


def key(token, *scopes):
    body = {"label": "sdk", "scopes": scopes}
    return ask("POST", "/v1/keys", body, token)["key"]


def client(api_key, **more):
    return OpenAI(base_url=url + "/openai/v1", api_key=api_key, **more)


class Lossy(httpx2.HTTPTransport):
    """Loses the first answer to an order, after the server has done what was asked."""

    lost = 0

    def handle_request(self, request):
        answer = super().handle_request(request)
        if request.method == "POST" and request.url.path.endswith("/jobs") and not self.lost:
            answer.read()
            self.lost += 1
            raise httpx2.ReadError("the answer was lost", request=request)
        return answer


def a_training(sdk):
    text = Path(table).read_bytes()
    file = sdk.files.create(file=Path(table), purpose="fine-tune")
    assert (file.status, file.purpose, file.bytes) == ("processed", "fine-tune", len(text)), file
    assert file.filename == Path(table).name
    assert sdk.files.retrieve(file.id) == file
    assert file in list(sdk.files.list(purpose="fine-tune"))
    assert sdk.files.content(file.id).read() == text

    job = sdk.fine_tuning.jobs.create(
        model="tabular",
        training_file=file.id,
        seed=7,
        suffix="tumours",
        metadata={"budget": "1.00", "note": "by the SDK"},
        method={
            "type": "supervised",
            "supervised": {
                "hyperparameters": {
                    "n_epochs": 1000,
                    "learning_rate_multiplier": 0.5,
                    "batch_size": "auto",
                    # What the card has beside OpenAI's three goes by the card's own name.
                    "early_stopping_rounds": 0,
                }
            },
        },
    )
    assert job.status in ("queued", "running"), job
    assert (job.training_file, job.seed, job.model) == (file.id, 7, "tabular")
    assert job.hyperparameters.n_epochs == 1000 and job.hyperparameters.batch_size is None
    assert job.hyperparameters.learning_rate_multiplier == 0.5
    assert job.metadata["note"] == "by the SDK" and job.fine_tuned_model is None
    assert (job.error, job.result_files, job.trained_tokens) == (None, [], None)

    seen = []

    def over():
        now = sdk.fine_tuning.jobs.retrieve(job.id)
        if now.status not in seen:
            seen.append(now.status)
        assert now.status not in ("failed", "cancelled"), now
        return now if now.status == "succeeded" else None

    done = until("the job succeeds", over)
    print("statuses:", ", ".join(seen))
    assert done.fine_tuned_model.startswith("ft:tabular:trainnet:tumours:"), done
    assert done.finished_at >= done.created_at and len(done.result_files) == 1
    return file, done


def what_is_told_of_it(sdk, job):
    events = list(sdk.fine_tuning.jobs.list_events(job.id, limit=3))
    assert len({event.id for event in events}) == len(events)
    at_once = sdk.fine_tuning.jobs.list_events(job.id, limit=100)
    assert [event.id for event in at_once] == [event.id for event in events]
    messages = [event.message for event in events]
    assert any(it == "The job has successfully completed" for it in messages[:5]), messages
    assert any(it.startswith(f"Created fine-tuning job: {job.id}") for it in messages[-3:]), messages
    times = [event.created_at for event in events]
    assert times == sorted(times, reverse=True), times
    metrics = [event for event in events if event.type == "metrics"]
    assert metrics and all(event.data["step"] >= 0 for event in metrics), messages
    print(f"events: {len(events)}, metrics: {len(metrics)}")


def what_was_saved_of_it(sdk, job):
    checkpoints = list(sdk.fine_tuning.jobs.checkpoints.list(job.id, limit=1))
    steps = [checkpoint.step_number for checkpoint in checkpoints]
    assert len(steps) >= 2 and steps == sorted(set(steps), reverse=True), steps
    for checkpoint in checkpoints:
        assert checkpoint.fine_tuning_job_id == job.id
        assert checkpoint.metrics.step == checkpoint.step_number
    told = [event.message for event in sdk.fine_tuning.jobs.list_events(job.id, limit=100)]
    assert f"Checkpoint created at step {steps[0]}" in told, told
    print(f"checkpoints: {steps}")


def what_came_of_it(sdk, job):
    models = {model.id: model for model in sdk.models.list()}
    assert {"tabular", "distilbert", "mobilenet_v2", job.fine_tuned_model} <= set(models)
    assert sdk.models.retrieve(job.fine_tuned_model) == models[job.fine_tuned_model]
    [result] = job.result_files
    assert sdk.files.retrieve(result).purpose == "fine-tune-results"
    archive = folder / "model.zip"
    sdk.files.content(result).write_to_file(archive)
    with zipfile.ZipFile(archive) as unpacked:
        unpacked.extractall(folder / "model")
    rows = list(csv.reader(io.StringIO(Path(table).read_text())))
    header, known = rows[0], rows[1:21]
    asked = folder / "rows.csv"
    with asked.open("w", newline="") as file:
        csv.writer(file).writerows([header[:-1], *[row[:-1] for row in known]])
    said = subprocess.run(
        [trainer_python, "predict.py", str(asked)],
        cwd=folder / "model", check=True, capture_output=True, text=True,
    ).stdout  # fmt: skip
    labels = [json.loads(line)["label"] for line in said.splitlines()]
    right = sum(label == row[-1] for label, row in zip(labels, known, strict=True))
    print(f"predicted: {right} of {len(known)} right")
    assert right >= 18, labels


def a_large_table():
    """One that is trained on for minutes, so that there is time to stop it."""
    rows = [["a", "b", "c", "d", "kind"]]
    for number in range(6000):
        cells = [(number * factor) % 997 for factor in (31, 57, 113, 271)]
        rows.append([*cells, "even" if (cells[0] * cells[1] + cells[2]) % 2 else "odd"])
    text = io.StringIO()
    csv.writer(text).writerows(rows)
    return text.getvalue().encode()


def a_job_that_is_paused_resumed_and_cancelled(sdk):
    file = sdk.files.create(file=("large.csv", a_large_table()), purpose="fine-tune")
    long = {"n_epochs": 2000, "early_stopping_rounds": 0, "depth": 8}
    job = sdk.fine_tuning.jobs.create(
        model="tabular", training_file=file.id, hyperparameters=long, metadata={"budget": "1.00"}
    )

    def stands(status):
        def look():
            now = sdk.fine_tuning.jobs.retrieve(job.id)
            over = now.status in ("succeeded", "failed", "cancelled")
            assert now.status == status or not over, now
            return now.status == status

        return look

    def has_stepped(beyond):
        events = sdk.fine_tuning.jobs.list_events(job.id, limit=20).data
        return any(it.type == "metrics" and it.data["step"] > beyond for it in events)

    beyond = 0
    for _ in range(2):
        until("it trains", lambda: has_stepped(beyond))
        sdk.fine_tuning.jobs.pause(job.id)
        until("it is paused", stands("paused"))
        beyond = sdk.fine_tuning.jobs.checkpoints.list(job.id, limit=1).data[0].step_number
        assert sdk.fine_tuning.jobs.resume(job.id).status in ("queued", "running")
    until("it runs again", stands("running"))
    what_was_saved_of_it(sdk, job)
    sdk.fine_tuning.jobs.cancel(job.id)
    until("it is cancelled", stands("cancelled"))
    over = sdk.fine_tuning.jobs.retrieve(job.id)
    assert over.error is None and over.finished_at and over.result_files == []
    message = refused(
        openai.ConflictError, 409, "jobs/over", None,
        lambda: sdk.fine_tuning.jobs.resume(job.id),
    )  # fmt: skip
    assert "over" in message


def texts_in_lines_of_json(sdk):
    kinds = {"billing": "My card was charged {} times", "shipping": "Parcel {} has not come"}

    def line(number, label):
        said = {"role": "user", "content": kinds[label].format(number)}
        answer = {"role": "assistant", "content": label}
        system = {"role": "system", "content": "Sort the request."}
        return json.dumps({"messages": [system, said, answer]}) + "\n"

    text = "".join(line(number, label) for number in range(40) for label in kinds).encode()
    upload = sdk.uploads.upload_file_chunked(
        file=text, filename="requests.jsonl", bytes=len(text), mime_type="text/jsonl",
        purpose="fine-tune", part_size=1000, md5=hashlib.md5(text).hexdigest(),
    )  # fmt: skip
    assert upload.status == "completed" and upload.file.status == "processed", upload
    kept = sdk.files.content(upload.file.id).read().decode()
    assert kept.startswith('text,label\n"My card was charged 0 times","billing"\n'), kept[:80]
    assert upload.file.filename == "requests.jsonl.csv"

    # The order of the parts is said at the end, whatever the order they came in.
    half = len(text) // 2
    upload = sdk.uploads.create(
        bytes=len(text), filename="a.jsonl", mime_type="text/jsonl", purpose="fine-tune"
    )
    last = sdk.uploads.parts.create(upload.id, data=text[half:])
    first = sdk.uploads.parts.create(upload.id, data=text[:half])
    refused(
        openai.BadRequestError, 400, "checksum_mismatch", "md5",
        lambda: sdk.uploads.complete(
            upload.id, part_ids=[last.id, first.id], md5=hashlib.md5(text).hexdigest()
        ),
    )  # fmt: skip
    again = sdk.uploads.complete(
        upload.id, part_ids=[first.id, last.id], md5=hashlib.md5(text).hexdigest()
    )
    assert sdk.files.content(again.file.id).read().decode() == kept
    assert sdk.files.delete(again.file.id).deleted
    gone = sdk.uploads.create(
        bytes=10, filename="b.csv", mime_type="text/csv", purpose="fine-tune"
    )
    assert sdk.uploads.cancel(gone.id).status == "cancelled"

    # No machine here runs DistilBERT, so the job waits; what it was understood as is what counts.
    file = sdk.files.create(file=("requests.jsonl", text), purpose="fine-tune")
    job = sdk.fine_tuning.jobs.create(
        model="distilbert", training_file=file.id,
        hyperparameters={"n_epochs": 2, "batch_size": 8, "learning_rate_multiplier": 2},
        extra_body={"weights": "scratch"},
    )  # fmt: skip
    assert (job.status, job.hyperparameters.n_epochs) == ("queued", 2), job
    assert job.hyperparameters.learning_rate_multiplier == 2
    sdk.fine_tuning.jobs.cancel(job.id)
    until("it is cancelled", lambda: sdk.fine_tuning.jobs.retrieve(job.id).status == "cancelled")

    broken = line(1, "billing") + "{\n" + line(2, "billing")
    message = refused(
        openai.BadRequestError, 400, "invalid_file_format", "file",
        lambda: sdk.files.create(file=("c.jsonl", broken.encode()), purpose="fine-tune"),
    )  # fmt: skip
    assert "line 2: it is not JSON" in message, message


def refusals(sdk, token, file, done):
    jobs = sdk.fine_tuning.jobs
    order = {"model": "tabular", "training_file": file.id}
    strange = client("tnk_nobody")
    refused(openai.AuthenticationError, 401, "invalid_api_key", None, strange.models.list)
    reader = client(key(token, "read"))
    assert reader.fine_tuning.jobs.retrieve(done.id).id == done.id
    refused(
        openai.PermissionDeniedError, 403, "forbidden", None,
        lambda: reader.fine_tuning.jobs.create(**order),
    )  # fmt: skip
    nobody = "ftjob-01936b1e-7c1a-7d3e-8f00-0123456789ab"
    refused(openai.NotFoundError, 404, "not-found", None, lambda: jobs.retrieve(nobody))
    refused(openai.NotFoundError, 404, "not-found", None, lambda: sdk.files.retrieve("file-1"))
    refused(openai.NotFoundError, 404, "not-found", "model", lambda: sdk.models.retrieve("gpt-4o"))
    for more, code, param in [
        ({"model": "gpt-4o-mini"}, "invalid_value", "model"),
        ({"model": "mobilenet_v2"}, "jobs/order/dataset-unfit", "training_file"),
        ({"validation_file": file.id}, "unsupported_parameter", "validation_file"),
        ({"hyperparameters": {"batch_size": 4}}, "unsupported_parameter", "hyperparameters.batch_size"),
        ({"hyperparameters": {"n_epochs": 0}}, "jobs/order/hyperparams-invalid", "hyperparameters.n_epochs"),
        ({"method": {"type": "dpo"}}, "unsupported_parameter", "method.type"),
        ({"extra_body": {"colour": "red"}}, "body/invalid", "colour"),
        ({"metadata": {"budget": "0.10"}}, "jobs/order/budget-invalid", "metadata.budget"),
    ]:  # fmt: skip
        refused(openai.BadRequestError, 400, code, param, lambda: jobs.create(**order | more))
    begun = time.monotonic()
    message = refused(
        openai.RateLimitError, 429, "insufficient_quota", "metadata.budget",
        lambda: jobs.create(**order, metadata={"budget": "5000.00"}),
    )  # fmt: skip
    assert "5000.00 USD" in message and time.monotonic() - begun < 0.5, "it was asked again"
    refused(
        openai.BadRequestError, 400, "file_kept", None,
        lambda: sdk.files.delete(done.result_files[0]),
    )  # fmt: skip
    keyed = {"extra_headers": {"Idempotency-Key": "one"}}
    one = jobs.create(**order, suffix="a", **keyed)
    assert jobs.create(**order, suffix="a", **keyed).id == one.id
    refused(
        openai.UnprocessableEntityError, 422, "idempotency-key/reused", "Idempotency-Key",
        lambda: jobs.create(**order, suffix="b", **keyed),
    )  # fmt: skip
    jobs.cancel(one.id)
    raw = sdk.files.with_raw_response.list()
    assert raw.headers["x-request-id"].startswith("req_")


def an_order_whose_answer_is_lost(api_key, file):
    lossy = Lossy()
    sdk = client(api_key, http_client=openai.DefaultHttpxClient(transport=lossy))
    order = {
        "model": "tabular", "training_file": file.id, "suffix": "lossy",
        "metadata": {"budget": "0.60"},
    }  # fmt: skip
    job = sdk.fine_tuning.jobs.create(**order)
    assert lossy.lost == 1

    def alike():
        return [it.id for it in sdk.fine_tuning.jobs.list(limit=2) if it.metadata == order["metadata"]]

    assert alike() == [job.id], "a lost answer made two jobs"
    second = sdk.fine_tuning.jobs.create(**order)
    assert alike() == [second.id, job.id], "whoever orders twice has two jobs"
    for it in (job, second):
        state = sdk.fine_tuning.jobs.retrieve(it.id)
        if state.status in ("queued", "running"):
            try:
                sdk.fine_tuning.jobs.cancel(it.id)
            except openai.ConflictError:
                pass


session = ask("POST", "/v1/sessions", {"email": email, "password": password})
token = session["access_token"]
before = wallet(token)
top_up = ask("POST", "/v1/wallet/top-ups", {"amount": {"amount": "9.00", "currency": "USD"}}, token)
# It sends the payer on to a page, which nobody here looks at.
paid = httpx2.post(top_up["checkout_url"] + "/pay", follow_redirects=False)
assert paid.status_code < 400, paid
until("the money is in the wallet", lambda: wallet(token) >= before + 9)
api_key = key(token, "read", "jobs:write")
sdk = client(api_key)
file, done = a_training(sdk)
what_is_told_of_it(sdk, done)
what_came_of_it(sdk, done)
a_job_that_is_paused_resumed_and_cancelled(sdk)
texts_in_lines_of_json(sdk)
refusals(sdk, token, file, done)
an_order_whose_answer_is_lost(api_key, file)
print("nothing is strange")
