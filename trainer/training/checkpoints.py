"""Keeps checkpoints: each appears under its name whole or not at all."""

import os
import shutil

from .errors import Failed
from .tensors import flush, load_arrays, load_json, save_arrays, save_json

# Whoever uploads a checkpoint may be one or two behind.
KEPT = 3


class Checkpoints:
    """The checkpoints of one training, oldest first."""

    def __init__(self, job):
        self._folder = job.checkpoints
        self._identity = identity(job)

    def save(self, step, state, arrays):
        """Writes a checkpoint and answers with its path."""
        self._folder.mkdir(parents=True, exist_ok=True)
        place = self._folder / f"step-{step:09d}"
        beside = self._folder / f".step-{step:09d}.{os.getpid()}"
        shutil.rmtree(beside, ignore_errors=True)
        beside.mkdir()
        save_arrays(beside / "arrays.safetensors", arrays)
        save_json(beside / "state.json", {"of": self._identity, "step": step, **state})
        flush(beside)
        shutil.rmtree(place, ignore_errors=True)
        beside.rename(place)
        flush(self._folder)
        for old in sorted(self._folder.glob("step-*"))[:-KEPT]:
            shutil.rmtree(old, ignore_errors=True)
        return place

    def load(self, path):
        """State and arrays of a checkpoint, which must be one of this very job."""
        try:
            state = load_json(path / "state.json")
            arrays = load_arrays(path / "arrays.safetensors")
        except Exception as error:  # Whatever a damaged file makes a library say.
            raise Failed(f"the checkpoint cannot be read: {error}") from error
        if state.get("of") != self._identity:
            raise Failed("the checkpoint is of another job: model, seed or parameters differ")
        return state, arrays


def identity(job):
    """What must be equal for a curve to go on."""
    return {
        "model_type": job.model_type,
        "hyperparams": job.hyperparams,
        "seed": job.seed,
        "weights": job.weights,
        "label_column": job.label_column,
        "text_column": job.text_column,
    }
