"""Trains DistilBERT on the texts of a CSV file, from scratch or from pretrained weights."""

import json

import numpy as np
from transformers import DistilBertConfig, DistilBertForSequenceClassification
from transformers import DistilBertTokenizerFast

from .. import neural, output, pretrained, splitting, tables
from ..errors import BadData, Failed
from . import examples

WEIGHT_DECAY = 0.01


def train(run):
    """Trains as the job asks, and hands out what came of it."""
    job, report = run.job, run.report
    table = tables.read(job.dataset, report)
    label = tables.label_of(table, job.label_column, report)
    text = tables.text_of(table, job.text_column, label, report)
    table = tables.with_label(table, label, report)
    names = table[label].str.strip().tolist()
    classes = tables.classes_of(names)
    numbers = {name: number for number, name in enumerate(classes)}
    labels = np.array([numbers[name] for name in names], dtype=np.int64)
    texts = table[text].tolist()
    share = job.hyperparams["validation_share"]
    train_rows, held_rows = splitting.stratified(labels, share, job.seed)
    if len(held_rows) == 0:
        raise BadData("dataset: every class has one row; none can be held out to measure with")
    device = neural.prepare(job)
    model, tokenizer = _network(run, [texts[row] for row in train_rows], classes)
    made = examples.Examples(
        texts, labels, classes, train_rows, held_rows, tokenizer, job.hyperparams["max_length"]
    )
    learner = neural.Learner(run, model, device, made, WEIGHT_DECAY)
    learner.train()
    _hand_out(run, learner, model, made)


def _network(run, texts, classes):
    job, parameters = run.job, run.job.hyperparams
    names = {
        "id2label": dict(enumerate(classes)),
        "label2id": {name: number for number, name in enumerate(classes)},
    }
    if job.weights != "scratch":
        return _pretrained(run, names)
    if run.resumed is not None:
        tokenizer = examples.of_text(run.resumed[0]["tokenizer"], parameters["max_length"])
    else:
        tokenizer = examples.made_from(texts, parameters["max_length"])
    run.report.log(f"from scratch, with a tokenizer of {len(tokenizer)} words made from the texts")
    config = DistilBertConfig(
        vocab_size=len(tokenizer), max_position_embeddings=parameters["max_length"],
        n_layers=parameters["layers"], n_heads=parameters["heads"], dim=parameters["dimension"],
        hidden_dim=4 * parameters["dimension"], pad_token_id=tokenizer.pad_token_id, **names,
    )  # fmt: skip
    return DistilBertForSequenceClassification(config), tokenizer


def _pretrained(run, names):
    folder = pretrained.folder_of(run.job)
    try:
        kind = json.loads((folder / "config.json").read_text(encoding="utf-8")).get("model_type")
    except (OSError, ValueError) as error:
        raise Failed(f"the pretrained weights cannot be read: {error}") from error
    if kind != "distilbert":
        raise Failed(f"the pretrained weights are of {kind}, not of distilbert")
    tokenizer = DistilBertTokenizerFast.from_pretrained(str(folder), local_files_only=True)
    model = DistilBertForSequenceClassification.from_pretrained(
        str(folder), local_files_only=True, use_safetensors=True, ignore_mismatched_sizes=True,
        num_labels=len(names["id2label"]), **names,
    )  # fmt: skip
    run.report.log(f"from pretrained weights ({run.job.weights})")
    return model, tokenizer


def _hand_out(run, learner, model, made):
    scores = learner.scores(made.held_rows)

    def fill(folder):
        model.config.save_pretrained(str(folder))
        made.tokenizer.save_pretrained(str(folder))

    final = {**scores, "best_epoch": learner.curve["best"], "held_out_rows": len(made.held_rows)}
    output.finish(
        run, step=learner.step, metrics=final, curve=learner.curve, arrays=learner.arrays(),
        documents={"labels.json": made.classes}, predictor="distilbert",
        needs="Python 3 with torch, transformers and safetensors",
        usage='python predict.py "a text"   # or: python predict.py --file texts.txt', fill=fill,
    )  # fmt: skip
