"""Reads the batches of CIFAR-10, in its binary and in its Python form."""

import io
import pickle
import re

import numpy as np

from ..errors import BadData

BATCH = re.compile(r"(^|/)(data_batch_\d+|test_batch)(\.bin)?$")
RECORD = 3073
NAMES = [
    "airplane", "automobile", "bird", "cat", "deer", "dog", "frog", "horse", "ship", "truck",
]  # fmt: skip
HARMLESS = {
    ("numpy.core.multiarray", "_reconstruct"), ("numpy._core.multiarray", "_reconstruct"),
    ("numpy", "ndarray"), ("numpy", "dtype"), ("_codecs", "encode"),
}  # fmt: skip


class Harmless(pickle.Unpickler):
    """Reads arrays and plain values; a pickle that wants to run anything else is refused."""

    def find_class(self, module, name):
        """What a pickle may call."""
        if (module, name) not in HARMLESS:
            raise BadData(f"dataset: the batch wants to run {module}.{name}; batches hold numbers")
        return super().find_class(module, name)


def is_batch(name):
    """Whether a file is called as batches are."""
    return BATCH.search(name) is not None or name.endswith(".bin")


def is_test(name):
    """Whether it is the batch to test with."""
    return "test_batch" in name


def read(name, data):
    """Pixels (rows × 32 × 32 × 3) and labels of a batch."""
    if name.endswith(".bin"):
        if len(data) == 0 or len(data) % RECORD:
            raise BadData(f"dataset: {name} has {len(data)} bytes, no whole number of {RECORD}")
        records = np.frombuffer(data, dtype=np.uint8).reshape(-1, RECORD)
        labels, pixels = records[:, 0].astype(np.int64), records[:, 1:]
    else:
        labels, pixels = _of_pickle(name, data)
    if len(labels) and (labels.min() < 0 or labels.max() >= len(NAMES)):
        raise BadData(f"dataset: {name} has labels that are not from 0 to 9")
    return pixels.reshape(-1, 3, 32, 32).transpose(0, 2, 3, 1), labels


def _of_pickle(name, data):
    try:
        batch = Harmless(io.BytesIO(data), encoding="bytes").load()
        labels = np.asarray(batch.get(b"labels", batch.get("labels")), dtype=np.int64)
        pixels = np.asarray(batch.get(b"data", batch.get("data")), dtype=np.uint8)
    except BadData:
        raise
    except Exception as error:  # A damaged pickle may say anything.
        raise BadData(f"dataset: {name} is no batch of CIFAR-10: {error}") from error
    if labels.ndim != 1 or pixels.shape != (len(labels), RECORD - 1):
        raise BadData(f"dataset: {name} is no batch of CIFAR-10")
    return labels, pixels
