"""Trains MobileNetV2 on images, from scratch or from pretrained weights."""

import numpy as np
import torch
import torchvision
from safetensors.torch import load_file

from .. import neural, output, pretrained, splitting
from ..errors import BadData, Failed
from ..predictors.mobilenet_v2 import network
from . import reading
from .examples import Examples, scale_of

WEIGHT_DECAY = 0.01


def train(run):
    """Trains as the job asks, and hands out what came of it."""
    job, parameters = run.job, run.job.hyperparams
    images = reading.read(job.dataset, parameters["image_size"], job.scratch, run.report)
    own = np.flatnonzero(~images.is_test)
    share = parameters["validation_share"]
    train_at, held_at = splitting.stratified(images.labels[own], share, job.seed)
    if len(held_at) == 0:
        raise BadData("dataset: every class has one image; none can be held out to measure with")
    train_rows, held_rows = own[train_at], own[held_at]
    device = neural.prepare(job)
    model = _network(run, len(images.classes))
    scale = scale_of(images, train_rows, job.weights)
    made = Examples(images, train_rows, held_rows, scale)
    learner = neural.Learner(run, model, device, made, WEIGHT_DECAY)
    learner.train()
    scores = {**learner.scores(held_rows), "held_out_rows": len(held_rows)}
    if images.is_test.any():
        tested = learner.scores(np.flatnonzero(images.is_test))
        scores["test_accuracy"] = tested["validation_accuracy"]
        scores["test_loss"] = tested["validation_loss"]
    schema = {
        "classes": images.classes,
        "image_size": parameters["image_size"],
        "width": parameters["width"],
        **scale,
    }
    output.finish(
        run, step=learner.step, metrics={**scores, "best_epoch": learner.curve["best"]},
        curve=learner.curve, arrays=learner.arrays(), documents={"schema.json": schema},
        predictor="mobilenet_v2", needs="Python 3 with torch, torchvision, pillow and safetensors",
        usage="python predict.py picture.png", fill=lambda _folder: None,
    )  # fmt: skip


def _network(run, classes):
    job = run.job
    model = network(classes, job.hyperparams["width"], job.hyperparams["image_size"])
    if job.weights == "scratch":
        run.report.log(f"from scratch, torchvision {torchvision.__version__}")
        return model
    folder = pretrained.folder_of(job)
    try:
        weights = load_file(str(folder / "model.safetensors"))
    except Exception as error:  # Whatever a damaged file makes the library say.
        raise Failed(f"the pretrained weights cannot be read: {error}") from error
    own = model.state_dict()
    fitting = {n: t for n, t in weights.items() if n in own and own[n].shape == t.shape}
    lacking = [name for name in own if name not in fitting and not name.startswith("classifier.")]
    if lacking:
        raise Failed(f"the pretrained weights are not of mobilenet_v2: they lack {lacking[0]}")
    model.load_state_dict({**own, **fitting})
    torch.nn.init.normal_(model.classifier[1].weight, std=0.01)
    torch.nn.init.zeros_(model.classifier[1].bias)
    run.report.log(f"from pretrained weights ({job.weights})")
    return model
