"""Sets rows aside for validation: seeded, and with every class on both sides."""

import numpy as np


def stratified(labels, share, seed):
    """Row numbers to train on and to validate on, both in ascending order."""
    random = np.random.Generator(np.random.PCG64(seed))
    held_out = []
    for label in np.unique(labels):
        rows = np.flatnonzero(labels == label)
        # A class of one row is trained on: a model that never saw it could not be right.
        count = 0 if len(rows) < 2 else min(max(1, round(len(rows) * share)), len(rows) - 1)
        held_out.append(random.permutation(rows)[:count])
    held_out = np.sort(np.concatenate(held_out)) if held_out else np.array([], dtype=int)
    return np.setdiff1d(np.arange(len(labels)), held_out), held_out


def plain(count, share, seed):
    """The same without classes."""
    return stratified(np.zeros(count, dtype=np.int64), share, seed)


def classification_scores(labels, probabilities, classes):
    """How good predictions of classes are; `baseline` is what always saying the commonest gives."""
    predicted = probabilities.argmax(axis=1)
    likely = np.clip(probabilities[np.arange(len(labels)), labels], 1e-15, 1.0)
    scores = []
    for kind in range(classes):
        right = float(np.sum((predicted == kind) & (labels == kind)))
        wrong = float(np.sum((predicted == kind) != (labels == kind)))
        if right + wrong > 0:
            scores.append(2 * right / (2 * right + wrong))
    return {
        "validation_loss": float(-np.mean(np.log(likely))),
        "validation_accuracy": float(np.mean(predicted == labels)),
        "validation_f1": float(np.mean(scores)),
        "validation_baseline": float(np.bincount(labels).max() / len(labels)),
    }
