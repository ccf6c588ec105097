"""DistilBERT trains for real on texts, from scratch and from weights that lie on the machine."""

import json

import pytest
from conftest import EXAMPLES

pytest.importorskip("torch")
pytest.importorskip("transformers")

REQUESTS = EXAMPLES / "made-support-requests.csv"
SMALL = {"layers": 1, "dimension": 32, "heads": 2, "max_length": 32, "batch_size": 8}


def requests(**hyperparams):
    return {
        "model_type": "distilbert", "dataset": REQUESTS, "label_column": "topic",
        "hyperparams": {**SMALL, **hyperparams},
    }  # fmt: skip


def test_it_predicts_better_than_chance_and_its_weights_can_be_trained_on(trainer):
    job = requests(epochs=6, learning_rate=0.005, validation_share=0.25)
    status, lines = trainer.run(**job)
    assert status == 0, lines
    metrics = lines[-1]["metrics"]
    assert metrics["validation_accuracy"] > metrics["validation_baseline"] + 0.3
    answers = trainer.predict("Please refund the keyboard invoice", "The app crashes with an error")
    assert [answer["label"] for answer in answers] == ["billing", "technical"]

    again = {**job, "weights": "local", "weights_path": trainer.folder / "out"}
    again["hyperparams"] = {"epochs": 1, "max_length": 32, "learning_rate": 0.0001}
    status, lines = trainer.run(output="again", **again)
    assert status == 0, lines
    assert lines[-1]["metrics"]["validation_accuracy"] > metrics["validation_baseline"] + 0.3
    assert "lay on the machine" in (trainer.folder / "again/README.md").read_text()


def test_an_interrupted_training_ends_as_one_that_was_left_alone(trainer):
    trainer.goes_on_as_if_never_stopped(**requests(epochs=3, layers=2, dimension=64))


def test_pretrained_weights_are_never_replaced_by_random_ones_in_silence(trainer):
    for weights, more in (("local", {}), ("local", {"weights_path": "nowhere"}), ("hub", {})):
        job = {**requests(), "weights": weights, "hyperparams": {"epochs": 1}, **more}
        status, lines = trainer.run(**job)
        assert status == 1 and lines[-1]["type"] == "failed", (weights, lines)
        assert "weights" in lines[-1]["detail"]


def test_weights_of_another_kind_are_refused(trainer):
    other = trainer.folder / "other"
    other.mkdir()
    (other / "config.json").write_text(json.dumps({"model_type": "bert"}))
    job = {**requests(), "weights": "local", "weights_path": other, "hyperparams": {}}
    status, lines = trainer.run(**job)
    assert status == 1 and "not of distilbert" in lines[-1]["detail"]
