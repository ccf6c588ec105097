"""Lays out what the customer gets: the model, its measures, its description, and how to use it."""

import shutil
from pathlib import Path

from .tensors import flush, save_arrays, save_json

PREDICTORS = Path(__file__).parent / "predictors"


def finish(run, step, metrics, curve, arrays, documents, predictor, needs, usage, fill=None):
    """Writes the output folder beside its place, moves it there, and says that all is done."""
    job = run.job
    beside = job.output.with_name(f".{job.output.name}.unfinished")
    shutil.rmtree(beside, ignore_errors=True)
    beside.mkdir(parents=True)
    save_arrays(beside / "model.safetensors", arrays, {"format": "pt"} if fill else None)
    for name, document in documents.items():
        save_json(beside / name, document)
    if fill is not None:
        fill(beside)
    measured = {"step": step, "metrics": metrics, "curve": curve, **_facts(job)}
    save_json(beside / "metrics.json", measured)
    (beside / "README.md").write_text(_card(job, step, metrics, needs, usage), encoding="utf-8")
    shutil.copyfile(PREDICTORS / f"{predictor}.py", beside / "predict.py")
    for path in beside.iterdir():
        flush(path)
    shutil.rmtree(job.output, ignore_errors=True)
    beside.rename(job.output)
    flush(job.output.parent)
    shutil.rmtree(job.scratch, ignore_errors=True)
    run.done(step, metrics)


def _facts(job):
    return {
        "model_type": job.model_type,
        "hyperparams": job.hyperparams,
        "seed": job.seed,
        "weights": job.weights,
    }


def _card(job, step, metrics, needs, usage):
    origin = {
        "scratch": "trained from random weights; no pretrained model was used",
        "hub": "fine-tuned from the pretrained weights of the public hub",
        "local": "fine-tuned from pretrained weights that lay on the machine",
    }[job.weights]
    parameters = "\n".join(f"| {name} | {value} |" for name, value in job.hyperparams.items())
    measures = "\n".join(
        f"| {name} | {value:.4f} |" if isinstance(value, float) else f"| {name} | {value} |"
        for name, value in metrics.items()
    )
    return f"""# {job.model_type}

Origin: {origin}. Seed {job.seed}, {step} steps.

Measured on rows that were held out and never trained on:

| measure | value |
|---|---|
{measures}

Trained with:

| parameter | value |
|---|---|
{parameters}

## Use

Needs {needs}.

```
{usage}
```

`metrics.json` has the whole curve. The weights are in `model.safetensors`, which holds numbers and
nothing that could run. The model knows only what was in its training data: measure it on your own
before you rely on it.
"""


