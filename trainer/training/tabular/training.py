"""Trains a model on a table, round by round, and hands it out."""

import numpy as np

from .. import output, splitting, tables
from ..errors import BadData
from ..predictors import tabular as predictor
from ..predictors.tabular import number
from . import features
from .boosting import Boosting
from .linear import Linear
from .losses import Classes, Squares

# More classes than this in a column of numbers, and it is a quantity.
NUMERIC_CLASSES_MAX = 20


def train(run):
    """Trains as the job asks; ends with everything that `output.finish` wants to know."""
    job, report = run.job, run.report
    table = tables.read(job.dataset, report)
    label = tables.label_of(table, job.label_column, report)
    table = tables.with_label(table, label, report)
    labels = table[label].str.strip().tolist()
    task = job.task or _task_of(labels)
    report.log(f"the task is {task}")
    schema, targets, train_rows, held_rows = _targets(job, task, labels)
    schema["label"] = label
    schema["algorithm"] = job.hyperparams["algorithm"]
    schema["features"] = features.learn(table.iloc[train_rows], label, report)
    matrix = predictor.encode({name: table[name].tolist() for name in table.columns}, schema["features"])
    if task == "classification":
        loss = Classes(targets[train_rows], len(schema["classes"]))
    else:
        loss = Squares()
    kind = Boosting if schema["algorithm"] == "boosting" else Linear
    learner = kind(
        loss, matrix[train_rows], matrix[held_rows], targets[train_rows], job.hyperparams, job.seed
    )
    curve = _rounds(run, learner, loss, targets[train_rows], targets[held_rows])
    _hand_out(run, learner, schema, matrix[held_rows], targets[held_rows], curve)


def _task_of(labels):
    numbers = np.array([number(cell) for cell in labels])
    if np.isnan(numbers).any():
        return "classification"
    whole = bool(np.all(numbers == np.round(numbers)))
    return "classification" if whole and len(set(labels)) <= NUMERIC_CLASSES_MAX else "regression"


def _targets(job, task, labels):
    share = job.hyperparams["validation_share"]
    if task == "classification":
        classes = tables.classes_of(labels)
        targets = np.array([classes.index(cell) for cell in labels], dtype=np.int64)
        return {"task": task, "classes": classes}, targets, *splitting.stratified(targets, share, job.seed)
    values = np.array([number(cell) for cell in labels])
    if np.isnan(values).any():
        wrong = labels[int(np.flatnonzero(np.isnan(values))[0])]
        raise BadData(f"dataset: the label {wrong!r} is no number, as regression needs")
    train_rows, held_rows = splitting.plain(len(values), share, job.seed)
    mean, deviation = float(values[train_rows].mean()), float(values[train_rows].std()) or 1.0
    schema = {"task": task, "target": {"mean": mean, "deviation": deviation}}
    return schema, (values - mean) / deviation, train_rows, held_rows


def _rounds(run, learner, loss, targets, held_targets):
    rounds = run.job.hyperparams["rounds"]
    patience = run.job.hyperparams["early_stopping_rounds"]
    curve = {"train_loss": [], "validation_loss": [], "best": 0}
    if run.resumed is not None:
        state, arrays = run.resumed
        curve = state["curve"]
        learner.restore(arrays)
    step = len(curve["train_loss"])
    run.start(steps_total=rounds, device="cpu", step=step)
    while step < rounds:
        run.check(step, lambda: ({"curve": curve}, learner.arrays()))
        with run.reins.training():
            step += 1
            learner.step(step)
            curve["train_loss"].append(loss.loss(learner.raw, targets))
            curve["validation_loss"].append(loss.loss(learner.raw_held_out, held_targets))
        losses = curve["validation_loss"]
        if curve["best"] == 0 or losses[-1] < losses[curve["best"] - 1]:
            curve["best"] = step
            learner.keep_best()
        metrics = {"loss": curve["train_loss"][-1], "validation_loss": losses[-1]}
        run.progress(step, epoch=step, metrics=metrics)
        if patience and step - curve["best"] >= patience:
            run.report.log(f"no better for {patience} rounds: stopped early at round {step}")
            break
    if not patience:
        curve["best"] = step
        learner.keep_best()
    return curve


def _hand_out(run, learner, schema, held_rows, held_targets, curve):
    arrays = learner.best_arrays(curve["best"])
    raw = (predictor.boosted if learner.name == "boosting" else predictor.linear)(held_rows, arrays)
    if schema["task"] == "classification":
        shown = predictor.probabilities(raw)
        scores = splitting.classification_scores(held_targets, shown, len(schema["classes"]))
    else:
        off = (raw[:, 0] - held_targets) * schema["target"]["deviation"]
        spread = float(np.var(held_targets)) or 1.0
        scores = {
            "validation_rmse": float(np.sqrt(np.mean(off**2))),
            "validation_mae": float(np.mean(np.abs(off))),
            "validation_r2": 1.0 - float(np.mean((raw[:, 0] - held_targets) ** 2)) / spread,
        }
    step = len(curve["train_loss"])
    final = {**scores, "best_step": curve["best"], "held_out_rows": len(held_targets)}
    output.finish(
        run, step=step, metrics=final, curve=curve, arrays=arrays, documents={"schema.json": schema},
        predictor="tabular", needs="Python 3 and numpy",
        usage="python predict.py '{\"column\": \"value\"}'   # or a CSV file",
    )  # fmt: skip
