"""Predicts with the model in this folder; needs Python and numpy, nothing else.

    python predict.py '{"column": "value", ...}'     one row
    python predict.py rows.csv                       every row of a CSV file with a header

Prints one JSON object a row.
"""

import csv
import json
import sys
from pathlib import Path

import numpy as np

TYPES = {"F64": "<f8", "F32": "<f4", "I64": "<i8", "I32": "<i4", "U8": "|u1"}


def read_safetensors(path):
    """The arrays of a safetensors file: a length, a table of contents in JSON, plain numbers."""
    data = Path(path).read_bytes()
    length = int.from_bytes(data[:8], "little")
    arrays = {}
    for name, entry in json.loads(data[8 : 8 + length]).items():
        if name == "__metadata__":
            continue
        begin, end = entry["data_offsets"]
        numbers = np.frombuffer(data[8 + length + begin : 8 + length + end], TYPES[entry["dtype"]])
        arrays[name] = numbers.reshape(entry["shape"])
    return arrays


def number(cell):
    """The number in a cell, or NaN; a decimal comma is understood."""
    cell = str(cell).strip()
    try:
        value = float(cell)
    except ValueError:
        try:
            value = float(cell.replace(",", "."))
        except ValueError:
            return float("nan")
    return value if np.isfinite(value) else float("nan")


def encode(columns, features):
    """Columns of text as a matrix: numbers as they are, a category as one column for each level."""
    encoded = []
    for feature in features:
        cells = columns[feature["name"]]
        if feature["kind"] == "number":
            values = np.array([number(cell) for cell in cells], dtype=np.float64)
            encoded.append(np.where(np.isnan(values), feature["median"], values))
        else:
            cells = np.array([str(cell).strip() for cell in cells], dtype=object)
            encoded.extend((cells == level).astype(np.float64) for level in feature["levels"])
    return np.stack(encoded, axis=1).astype(np.float32)


def leaves(rows, tree, first, last):
    """The leaf that each row falls into, of the tree in nodes `first` to `last`."""
    feature, threshold = tree["feature"][first:last], tree["threshold"][first:last]
    left, right = tree["left"][first:last], tree["right"][first:last]
    at = np.zeros(len(rows), dtype=np.int64)
    while True:
        inner = np.flatnonzero(feature[at] >= 0)
        if len(inner) == 0:
            return at
        nodes = at[inner]
        goes_left = rows[inner, feature[nodes]].astype(np.float64) <= threshold[nodes]
        at[inner] = np.where(goes_left, left[nodes], right[nodes])


def boosted(rows, arrays):
    """The sum of all trees; tree number t adds to output t modulo the number of outputs."""
    raw = np.tile(arrays["initial"].astype(np.float64), (len(rows), 1))
    starts = arrays["starts"]
    for t in range(len(starts) - 1):
        first, last = int(starts[t]), int(starts[t + 1])
        at = leaves(rows, arrays, first, last)
        raw[:, t % raw.shape[1]] += arrays["value"][first:last][at]
    return raw


def linear(rows, arrays):
    """One weight a column, on columns of mean 0 and deviation 1."""
    scaled = (rows.astype(np.float64) - arrays["mean"]) / arrays["deviation"]
    return scaled @ arrays["weight"] + arrays["bias"]


def probabilities(raw):
    """Raw outputs as probabilities of the classes."""
    if raw.shape[1] == 1:
        positive = 1.0 / (1.0 + np.exp(-np.clip(raw[:, 0], -700, 700)))
        return np.stack([1.0 - positive, positive], axis=1)
    raised = np.exp(raw - raw.max(axis=1, keepdims=True))
    return raised / raised.sum(axis=1, keepdims=True)


class Model:
    """The trained model in a folder."""

    def __init__(self, folder):
        self.schema = json.loads((Path(folder) / "schema.json").read_text(encoding="utf-8"))
        self.arrays = read_safetensors(Path(folder) / "model.safetensors")

    def predict(self, columns):
        """One answer for each row of the columns."""
        missing = [f["name"] for f in self.schema["features"] if f["name"] not in columns]
        if missing:
            raise SystemExit(f"missing: {', '.join(missing)}")
        rows = encode(columns, self.schema["features"])
        raw = (boosted if self.schema["algorithm"] == "boosting" else linear)(rows, self.arrays)
        if self.schema["task"] == "regression":
            scale = self.schema["target"]
            return [{"value": float(v) * scale["deviation"] + scale["mean"]} for v in raw[:, 0]]
        classes = self.schema["classes"]
        return [
            {"label": classes[int(row.argmax())], "probabilities": dict(zip(classes, row.tolist()))}
            for row in probabilities(raw)
        ]


def main(arguments):
    """Answers what was asked on the command line."""
    if len(arguments) != 1:
        raise SystemExit(__doc__)
    if arguments[0].lstrip().startswith("{"):
        columns = {name: [value] for name, value in json.loads(arguments[0]).items()}
    else:
        with open(arguments[0], encoding="utf-8-sig", newline="") as file:
            head = file.readline()
            file.seek(0)
            best = max(",;\t|", key=head.count)
            rows = list(csv.DictReader(file, delimiter=best, skipinitialspace=True))
        columns = {name.strip(): [row[name] for row in rows] for name in rows[0]} if rows else {}
    for answer in Model(Path(__file__).parent).predict(columns):
        print(json.dumps(answer, ensure_ascii=False))


if __name__ == "__main__":
    main(sys.argv[1:])
