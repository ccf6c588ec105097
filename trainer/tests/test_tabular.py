"""Models on tables train for real, stop when told to, and go on where they were."""

import csv
import json

import pytest
from conftest import EXAMPLES, STOPPED, only

CANCER = EXAMPLES / "breast-cancer.csv"


def cancer(**fields):
    return {"model_type": "tabular", "dataset": CANCER, **fields}


def test_both_algorithms_beat_the_baseline_on_rows_they_never_saw(trainer):
    for algorithm in ("boosting", "linear"):
        status, lines = trainer.run(output=algorithm, **cancer(hyperparams={"algorithm": algorithm}))
        assert status == 0, lines
        metrics = lines[-1]["metrics"]
        assert metrics["validation_accuracy"] > 0.9 > metrics["validation_baseline"]
        assert metrics["held_out_rows"] == 114 or metrics["held_out_rows"] == 113


@pytest.mark.parametrize(
    ("algorithm", "rounds", "rate"), [("boosting", 400, 0.02), ("linear", 2000, 0.001)]
)
def test_an_interrupted_training_ends_as_one_that_was_left_alone(trainer, algorithm, rounds, rate):
    hyperparams = {
        "algorithm": algorithm, "rounds": rounds, "learning_rate": rate,
        "early_stopping_rounds": 0, "depth": 2,
    }  # fmt: skip
    trainer.goes_on_as_if_never_stopped(**cancer(hyperparams=hyperparams))


def test_the_same_seed_gives_the_same_model_and_another_seed_another(trainer):
    for output, seed in (("one", 3), ("two", 3), ("three", 4)):
        hyperparams = {"rounds": 20}
        assert trainer.run(output=output, **cancer(seed=seed, hyperparams=hyperparams))[0] == 0
    assert trainer.weights("one") == trainer.weights("two")
    assert trainer.weights("one") != trainer.weights("three")


def test_it_stops_before_its_allowance_of_seconds_is_used_up(trainer):
    hyperparams = {"rounds": 2000, "depth": 12, "early_stopping_rounds": 0}
    status, lines = trainer.run(**cancer(seconds_max=0.5, hyperparams=hyperparams))
    assert status == STOPPED
    assert lines[-1]["because"] == "seconds_max"
    assert 0 < lines[-1]["trained_seconds"] <= 0.5
    assert only(lines, "checkpoint")[-1]["step"] == lines[-1]["step"] > 0


def test_it_stops_when_the_control_file_says_so(trainer):
    control = trainer.folder / "control.json"
    control.write_text(json.dumps({"stop": True}))
    status, lines = trainer.run(**cancer(control=control))
    assert status == STOPPED and lines[-1]["because"] == "signal"


def test_the_control_file_can_raise_the_allowance(trainer):
    (trainer.folder / "control.json").write_text(json.dumps({"seconds_max": 60}))
    status, lines = trainer.run(**cancer(control="control.json", seconds_max=0.001))
    assert status == 0, lines


def test_checkpoints_come_in_time_and_only_the_latest_are_kept(trainer):
    hyperparams = {"rounds": 30}
    status, lines = trainer.run(**cancer(checkpoint_seconds=0, hyperparams=hyperparams))
    assert status == 0
    assert len(only(lines, "checkpoint")) >= 29
    assert len(list((trainer.folder / "out.checkpoints").iterdir())) == 3


def test_a_checkpoint_of_another_job_is_refused(trainer):
    status, lines = trainer.run(**cancer(checkpoint_seconds=0, hyperparams={"rounds": 5}))
    assert status == 0
    path = only(lines, "checkpoint")[-1]["path"]
    status, lines = trainer.run(**cancer(checkpoint=path, hyperparams={"rounds": 6}))
    assert status == 1
    assert lines[-1]["cause"] == "trainer" and "another job" in lines[-1]["detail"]


def test_regression_explains_most_of_the_spread(trainer):
    path = trainer.folder / "plane.csv"
    with path.open("w", newline="") as file:
        writer = csv.writer(file, delimiter=";")
        writer.writerow(["length", "kind", "price"])
        for number in range(400):
            length, kind = (number * 37 % 101) / 7, ("oak", "pine")[number % 2]
            worth = 3 * length + (5 if kind == "oak" else 0)
            writer.writerow([str(length).replace(".", ","), kind, worth])
    status, lines = trainer.run(model_type="tabular", dataset=path)
    assert status == 0, lines
    assert lines[-1]["metrics"]["validation_r2"] > 0.95
    answer = trainer.predict('{"length": "10,0", "kind": "oak"}')[0]
    assert 30 < answer["value"] < 40


def test_the_handed_out_program_predicts_every_row_of_a_file(trainer):
    assert trainer.run(**cancer())[0] == 0
    answers = trainer.predict(CANCER)
    with CANCER.open() as file:
        truth = [row["diagnosis"] for row in csv.DictReader(file)]
    right = sum(answer["label"] == label for answer, label in zip(answers, truth))
    assert len(answers) == len(truth) and right / len(truth) > 0.95
    names = {path.name for path in (trainer.folder / "out").iterdir()}
    assert names == {"README.md", "metrics.json", "model.safetensors", "predict.py", "schema.json"}


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (b"", "empty"),
        (b"\x00\x01\x02binary\x00", "no text file"),
        (b"only\n1\n2\n3\n", "one column"),
        (b"a,label\n" + b"1,x\n" * 30, "two classes"),
        (b"a,label\n1,x\n2,y\n", "at least 10"),
        (b"a,a\n" + b"1,x\n2,y\n" * 10, ""),
    ],
    ids=["empty", "binary", "one column", "one class", "few rows", "a name twice"],
)
def test_data_that_cannot_be_learnt_from_is_named_as_the_cause(trainer, content, says):
    path = trainer.folder / "bad.csv"
    path.write_bytes(content)
    status, lines = trainer.run(model_type="tabular", dataset=path)
    if says:
        assert status == 1
        assert lines[-1]["type"] == "failed" and lines[-1]["cause"] == "bad-data"
        assert says in lines[-1]["detail"]
    else:
        # Pandas gives a repeated name a number of its own.
        assert status == 0, lines


def test_windows_1251_and_semicolons_are_understood(trainer):
    rows = "".join(f"{i};{'да' if i % 2 else 'нет'}\n" for i in range(60))
    path = trainer.folder / "ru.csv"
    path.write_bytes(("число;ответ\n" + rows).encode("cp1251"))
    status, lines = trainer.run(model_type="tabular", dataset=path, label_column="ответ")
    assert status == 0, lines
    assert json.loads((trainer.folder / "out/schema.json").read_text())["classes"] == ["да", "нет"]
