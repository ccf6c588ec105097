"""What a table's model is wrong by, and in which direction it is less wrong."""

import numpy as np

from ..predictors.tabular import probabilities


class Classes:
    """Cross-entropy over two or more classes."""

    def __init__(self, targets, count):
        self.outputs = 1 if count == 2 else count
        self.count = count
        shares = np.bincount(targets, minlength=count) / len(targets)
        shares = np.clip(shares, 1e-9, 1.0)
        logs = np.log(shares)
        self.initial = np.array([logs[1] - logs[0]]) if count == 2 else logs

    def wanted(self, targets):
        """Targets as the outputs should be: one column, or one for each class."""
        if self.outputs == 1:
            return targets.astype(np.float64)[:, None]
        return np.eye(self.count)[targets]

    def given(self, raw):
        """Outputs as probabilities, in the same shape."""
        shown = probabilities(raw)
        return shown[:, 1:] if self.outputs == 1 else shown

    def loss(self, raw, targets):
        """Mean over rows."""
        likely = probabilities(raw)[np.arange(len(targets)), targets]
        return float(-np.mean(np.log(np.clip(likely, 1e-15, 1.0))))

    def leaf(self, residual, given):
        """A leaf's value: one Newton step."""
        scale = 1.0 if self.outputs == 1 else (self.count - 1) / self.count
        curvature = np.sum(given * (1.0 - given))
        return 0.0 if curvature < 1e-150 else scale * np.sum(residual) / curvature


class Squares:
    """Squared difference, on targets of mean 0 and deviation 1."""

    outputs = 1

    def __init__(self):
        self.initial = np.zeros(1)

    def wanted(self, targets):
        """Targets as a column."""
        return targets[:, None]

    def given(self, raw):
        """Outputs are what they are."""
        return raw

    def loss(self, raw, targets):
        """Mean over rows."""
        return float(np.mean((raw[:, 0] - targets) ** 2))

    def leaf(self, residual, _given):
        """The mean of what is missing."""
        return float(np.mean(residual))
