"""Writes and reads safetensors files: numbers and their shapes, nothing that could run."""

import json
import os
from pathlib import Path

import numpy as np
from safetensors.numpy import load_file, save_file


def save_arrays(path, arrays, about=None):
    """Writes arrays, durably."""
    arrays = {name: np.asarray(array, order="C") for name, array in arrays.items()}
    save_file(arrays, str(path), metadata=about)
    flush(path)


def load_arrays(path):
    """Reads arrays."""
    return load_file(str(path))


def save_json(path, value):
    """Writes a value as JSON, durably; floats come back as they were."""
    text = json.dumps(value, ensure_ascii=False, indent=1, allow_nan=False)
    Path(path).write_text(text + "\n", encoding="utf-8")
    flush(path)


def load_json(path):
    """Reads a value from JSON."""
    return json.loads(Path(path).read_text(encoding="utf-8"))


def flush(path):
    """Makes sure that a file or the names in a folder are on the disk."""
    handle = os.open(str(path), os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
