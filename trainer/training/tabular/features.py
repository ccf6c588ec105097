"""Learns from the rows to train on how a table becomes a matrix."""

import numpy as np

from ..errors import BadData
from ..predictors.tabular import number

LEVELS_MAX = 50


def learn(table, label, report):
    """What each column is: a number, a category, or nothing to learn from."""
    features = []
    for name in table.columns:
        if name == label:
            continue
        feature = _of_column(name, table[name].tolist())
        if feature is None:
            report.log(f"column {name} is left out: nearly every row has a text of its own, or none")
        else:
            features.append(feature)
    if not features:
        raise BadData("dataset: no column besides the label can be learnt from")
    return features


def _of_column(name, cells):
    filled = [cell.strip() for cell in cells if cell.strip()]
    if not filled:
        return None
    numbers = np.array([number(cell) for cell in filled])
    known = numbers[~np.isnan(numbers)]
    if len(known) >= 0.95 * len(filled):
        return {"name": name, "kind": "number", "median": float(np.median(known))}
    levels, counts = np.unique(np.array(filled, dtype=object).astype(str), return_counts=True)
    if len(levels) > LEVELS_MAX and len(levels) > len(filled) // 2:
        return None
    commonest = np.argsort(-counts, kind="stable")[:LEVELS_MAX]
    return {"name": name, "kind": "category", "levels": [str(levels[i]) for i in commonest]}
