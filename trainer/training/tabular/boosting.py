"""Gradient boosting over scikit-learn's trees, which can be left and taken up at any round."""

import numpy as np
from sklearn.tree import DecisionTreeRegressor

from ..predictors.tabular import boosted, leaves

NODE_ARRAYS = ("feature", "threshold", "left", "right", "value")


class Boosting:
    """Trees, each of which mends what those before it got wrong."""

    name = "boosting"

    def __init__(self, loss, rows, held_out, targets, hyperparams, seed):
        self._loss, self._rows, self._held_out = loss, rows, held_out
        self._wanted = loss.wanted(targets)
        self._depth, self._rate = hyperparams["depth"], hyperparams["learning_rate"]
        self._seed = seed
        self._trees = []
        self.raw = np.tile(loss.initial, (len(rows), 1))
        self.raw_held_out = np.tile(loss.initial, (len(held_out), 1))

    def step(self, number):
        """One round: one tree for each output."""
        given = self._loss.given(self.raw)
        residuals = self._wanted - given
        for output in range(self._loss.outputs):
            residual = residuals[:, output]
            # Of equally good splits the tree takes one by lot: the lot follows from the round.
            lot = np.random.RandomState([self._seed & 0xFFFFFFFF, number, output])
            tree = DecisionTreeRegressor(
                criterion="friedman_mse", max_depth=self._depth, random_state=lot
            )
            tree.fit(self._rows, residual)
            nodes = self._nodes(tree, residual, given[:, output])
            self._add(nodes, output)

    def _nodes(self, tree, residual, given):
        inner = tree.tree_
        at = tree.apply(self._rows)
        value = np.zeros(inner.node_count)
        for leaf in np.unique(at):
            inside = at == leaf
            value[leaf] = self._rate * self._loss.leaf(residual[inside], given[inside])
        return {
            "feature": np.where(inner.children_left < 0, -1, inner.feature).astype(np.int32),
            "threshold": inner.threshold.astype(np.float64),
            "left": inner.children_left.astype(np.int32),
            "right": inner.children_right.astype(np.int32),
            "value": value,
        }

    def _add(self, nodes, output):
        count = len(nodes["value"])
        self._trees.append(nodes)
        self.raw[:, output] += nodes["value"][leaves(self._rows, nodes, 0, count)]
        self.raw_held_out[:, output] += nodes["value"][leaves(self._held_out, nodes, 0, count)]

    def arrays(self, rounds=None):
        """All trees up to a round, end to end."""
        trees = self._trees[: None if rounds is None else rounds * self._loss.outputs]
        counts = [len(tree["value"]) for tree in trees]
        empty = {"feature": np.int32, "left": np.int32, "right": np.int32}
        joined = {
            name: np.concatenate([tree[name] for tree in trees])
            if trees
            else np.zeros(0, dtype=empty.get(name, np.float64))
            for name in NODE_ARRAYS
        }
        starts = np.concatenate([[0], np.cumsum(counts)]).astype(np.int64)
        return {**joined, "starts": starts, "initial": self._loss.initial}

    def best_arrays(self, rounds):
        """The model as it was at its best round."""
        return self.arrays(rounds)

    def keep_best(self):
        """Nothing to keep: earlier rounds are the first trees."""

    def restore(self, arrays):
        """Goes on from what `arrays` once said."""
        starts = arrays["starts"]
        for first, last in zip(starts[:-1], starts[1:]):
            self._trees.append({name: arrays[name][first:last] for name in NODE_ARRAYS})
        # The same additions in the same order give the same numbers to the last bit.
        self.raw = boosted(self._rows, arrays)
        self.raw_held_out = boosted(self._held_out, arrays)
