"""Reads a job file, and refuses one that asks for what this trainer does not know."""

import json
from dataclasses import dataclass
from pathlib import Path

from . import cards
from .errors import BadData

TASKS = {
    "tabular": ("classification", "regression"),
    "distilbert": ("text-classification",),
    "mobilenet_v2": ("image-classification",),
}
FIELDS = {
    "model_type", "dataset", "hyperparams", "seed", "output", "checkpoint", "checkpoint_seconds",
    "seconds_max", "device", "weights", "weights_path", "label_column", "text_column", "task",
    "control",
}  # fmt: skip


@dataclass(frozen=True)
class Job:
    """What is to be trained, on what, and where the result belongs."""

    model_type: str
    dataset: Path
    hyperparams: dict
    seed: int
    output: Path
    checkpoint: "Path | None"
    checkpoint_seconds: float
    seconds_max: "float | None"
    device: str
    weights: str
    weights_path: "Path | None"
    label_column: "str | None"
    text_column: "str | None"
    task: "str | None"
    control: "Path | None"

    @property
    def checkpoints(self):
        """Where checkpoints are kept: beside the output, which appears only when all is done."""
        return self.output.with_name(self.output.name + ".checkpoints")

    @property
    def scratch(self):
        """Where what is needed while training may lie."""
        return self.output.with_name(self.output.name + ".scratch")


def read(path):
    """The job in a file. Paths in it are relative to the file's folder."""
    path = Path(path)
    try:
        fields = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise BadData(f"the job file cannot be read: {error}") from error
    if not isinstance(fields, dict):
        raise BadData("the job file must hold an object")
    return of_fields(fields, path.resolve().parent)


def of_fields(fields, folder):
    """The job that these fields describe."""
    unknown = sorted(set(fields) - FIELDS)
    if unknown:
        raise BadData(f"{unknown[0]}: the job has no such field")
    model_type = _one_of(fields, "model_type", tuple(cards.CARDS), None)
    weights = _one_of(fields, "weights", ("hub", "local", "scratch"), "scratch")
    if model_type == "tabular" and weights != "scratch":
        raise BadData('weights: a tabular model has no pretrained weights; say "scratch"')
    task = fields.get("task")
    if task is not None and task not in TASKS[model_type]:
        raise BadData(f"task: {model_type} does {' or '.join(TASKS[model_type])}")
    return Job(
        model_type=model_type,
        dataset=_path(fields, "dataset", folder, required=True),
        hyperparams=cards.settle(model_type, fields.get("hyperparams") or {}, weights),
        seed=_number(fields, "seed", 0, whole=True),
        output=_path(fields, "output", folder, required=True),
        checkpoint=_path(fields, "checkpoint", folder),
        checkpoint_seconds=_number(fields, "checkpoint_seconds", 30),
        seconds_max=_number(fields, "seconds_max", None),
        device=_one_of(fields, "device", ("auto", "cpu", "cuda"), "auto"),
        weights=weights,
        weights_path=_path(fields, "weights_path", folder),
        label_column=_text(fields, "label_column"),
        text_column=_text(fields, "text_column"),
        task=task,
        control=_path(fields, "control", folder),
    )


def _one_of(fields, name, allowed, default):
    value = fields.get(name)
    if value is None and default is not None:
        return default
    if value not in allowed:
        raise BadData(f"{name}: must be one of {', '.join(allowed)}")
    return value


def _path(fields, name, folder, required=False):
    value = _text(fields, name)
    if value is None:
        if required:
            raise BadData(f"{name}: is missing")
        return None
    return folder / value


def _text(fields, name):
    value = fields.get(name)
    if value is not None and (not isinstance(value, str) or not value):
        raise BadData(f"{name}: must be a text")
    return value


def _number(fields, name, default, whole=False):
    value = fields.get(name)
    if value is None:
        return default
    if isinstance(value, bool) or not isinstance(value, (int, float)) or value < 0:
        raise BadData(f"{name}: must be a number that is not negative")
    if whole and int(value) != value:
        raise BadData(f"{name}: must be a whole number")
    return int(value) if whole else float(value)
