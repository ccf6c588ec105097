"""A job that asks for what the trainer does not know is refused, and says which field it is."""

import json

import pytest
from training import cards, errors, job


def fields(**more):
    return {"model_type": "tabular", "dataset": "x.csv", "output": "out", **more}


@pytest.mark.parametrize(
    ("given", "names"),
    [
        (fields(model_type="gpt"), "model_type"),
        (fields(colour="red"), "colour"),
        (fields(weights="hub"), "weights"),
        (fields(seed=-1), "seed"),
        (fields(seed=1.5), "seed"),
        (fields(output=None), "output"),
        (fields(task="text-classification"), "task"),
        (fields(hyperparams={"rounds": 0}), "hyperparams.rounds"),
        (fields(hyperparams={"rounds": 2001}), "hyperparams.rounds"),
        (fields(hyperparams={"rounds": True}), "hyperparams.rounds"),
        (fields(hyperparams={"rounds": 1.5}), "hyperparams.rounds"),
        (fields(hyperparams={"algorithm": "magic"}), "hyperparams.algorithm"),
        (fields(hyperparams={"epochs": 3}), "hyperparams.epochs"),
        (fields(model_type="distilbert", hyperparams={"dimension": 40}), "hyperparams.dimension"),
        (
            fields(model_type="distilbert", hyperparams={"dimension": 64, "heads": 5}),
            "hyperparams.heads",
        ),
        (
            fields(model_type="distilbert", weights="hub", hyperparams={"layers": 2}),
            "hyperparams.layers",
        ),
        (
            fields(model_type="mobilenet_v2", weights="local", hyperparams={"width": "0.5"}),
            "hyperparams.width",
        ),
    ],
)
def test_the_field_is_named(tmp_path, given, names):
    with pytest.raises(errors.BadData) as refused:
        job.of_fields(given, tmp_path)
    assert str(refused.value).startswith(f"{names}: ")


def test_parameters_that_are_not_given_are_at_their_defaults(tmp_path):
    read = job.of_fields(fields(hyperparams={"depth": 5}), tmp_path)
    assert read.hyperparams["depth"] == 5
    assert read.hyperparams["rounds"] == cards.CARDS["tabular"]["rounds"]["default"]
    assert read.dataset == tmp_path / "x.csv"


def test_a_job_file_that_is_no_json_is_refused(tmp_path):
    path = tmp_path / "job.json"
    path.write_text("{")
    with pytest.raises(errors.BadData):
        job.read(path)


def test_memory_that_ran_out_is_told_from_other_failures():
    words = "[enforce fail at alloc_cpu.cpp:66] DefaultCPUAllocator: can't allocate memory: you"
    assert errors.is_out_of_memory(RuntimeError(words))
    assert errors.is_out_of_memory(RuntimeError("CUDA out of memory. Tried to allocate 2.00 GiB"))
    assert errors.is_out_of_memory(MemoryError())
    assert not errors.is_out_of_memory(RuntimeError("shapes do not fit"))
    assert not errors.is_out_of_memory(json.JSONDecodeError("x", "y", 0))
