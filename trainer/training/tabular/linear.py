"""A linear model fitted by Adam on all rows at once, which can be left and taken up at any round."""

import numpy as np

PENALTY = 1e-4
MOMENTUM, MEMORY, TINY = 0.9, 0.999, 1e-8


class Linear:
    """One weight for each column and output."""

    name = "linear"

    def __init__(self, loss, rows, held_out, targets, hyperparams, _seed):
        self._loss = loss
        self._rate = hyperparams["learning_rate"]
        self._wanted = loss.wanted(targets)
        wide = rows.astype(np.float64)
        deviation = wide.std(axis=0)
        self._scale = {
            "mean": wide.mean(axis=0),
            "deviation": np.where(deviation > 0, deviation, 1.0),
        }
        self._rows, self._held_out = self._scaled(wide), self._scaled(held_out.astype(np.float64))
        shape = (rows.shape[1], loss.outputs)
        self._now = {"weight": np.zeros(shape), "bias": loss.initial.copy()}
        self._best = {name: array.copy() for name, array in self._now.items()}
        self._moments = {
            f"{kind}.{name}": np.zeros_like(array)
            for name, array in self._now.items()
            for kind in ("first", "second")
        }
        self._predict()

    def _scaled(self, rows):
        return (rows - self._scale["mean"]) / self._scale["deviation"]

    def _predict(self):
        self.raw = self._rows @ self._now["weight"] + self._now["bias"]
        self.raw_held_out = self._held_out @ self._now["weight"] + self._now["bias"]

    def step(self, number):
        """One step of Adam."""
        difference = (self._loss.given(self.raw) - self._wanted) / len(self._rows)
        gradients = {
            "weight": self._rows.T @ difference + PENALTY * self._now["weight"],
            "bias": difference.sum(axis=0),
        }
        for name, gradient in gradients.items():
            first, second = self._moments[f"first.{name}"], self._moments[f"second.{name}"]
            first *= MOMENTUM
            first += (1 - MOMENTUM) * gradient
            second *= MEMORY
            second += (1 - MEMORY) * gradient**2
            rising = first / (1 - MOMENTUM**number)
            spread = second / (1 - MEMORY**number)
            self._now[name] -= self._rate * rising / (np.sqrt(spread) + TINY)
        self._predict()

    def keep_best(self):
        """Remembers the weights as they are now."""
        self._best = {name: array.copy() for name, array in self._now.items()}

    def arrays(self):
        """All that is needed to go on."""
        best = {f"best.{name}": array for name, array in self._best.items()}
        return {**self._now, **best, **self._moments}

    def best_arrays(self, _rounds):
        """The model as it was at its best round."""
        return {**self._best, **self._scale}

    def restore(self, arrays):
        """Goes on from what `arrays` once said."""
        self._now = {name: arrays[name].copy() for name in self._now}
        self._best = {name: arrays[f"best.{name}"].copy() for name in self._best}
        self._moments = {name: arrays[name].copy() for name in self._moments}
        self._predict()
