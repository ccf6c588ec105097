"""Fetches pretrained weights once, so that training itself needs no network."""

import os
import shutil
from pathlib import Path

from .errors import BadData, Failed

DISTILBERT = "distilbert-base-uncased"


def folder_of(job):
    """Where the weights of a job lie that are not its own, fetched first if they may be."""
    if job.weights_path is not None:
        if not job.weights_path.is_dir():
            raise Failed(f"weights_path: there is no folder {job.weights_path}")
        return job.weights_path
    if job.weights == "local":
        raise BadData('weights_path: weights "local" need the folder where they lie')
    place = job.scratch / "pretrained"
    fetch(job.model_type, place)
    return place


def fetch(model_type, folder):
    """Fetches a model's weights into a folder, which appears whole or not at all."""
    folder = Path(folder)
    if (folder / "model.safetensors").is_file():
        return
    beside = folder.with_name(f".{folder.name}.{os.getpid()}")
    shutil.rmtree(beside, ignore_errors=True)
    beside.mkdir(parents=True)
    try:
        _fetch_into(model_type, beside)
    except BadData:
        raise
    except Exception as error:
        raise Failed(f"the pretrained weights of {model_type} cannot be fetched: {error}") from error
    finally:
        if not (beside / "model.safetensors").is_file():
            shutil.rmtree(beside, ignore_errors=True)
    shutil.rmtree(folder, ignore_errors=True)
    beside.rename(folder)


def _fetch_into(model_type, folder):
    if model_type == "distilbert":
        from huggingface_hub import hf_hub_download

        name = os.environ.get("TRAINNET_DISTILBERT", DISTILBERT)
        wanted = ("config.json", "tokenizer.json", "tokenizer_config.json", "vocab.txt")
        for file in (*wanted, "model.safetensors"):
            shutil.copyfile(hf_hub_download(name, file), folder / file)
    elif model_type == "mobilenet_v2":
        import torchvision
        from safetensors.torch import save_file

        model = torchvision.models.mobilenet_v2(weights="IMAGENET1K_V1")
        save_file(model.state_dict(), str(folder / "model.safetensors"))
    else:
        raise BadData(f"{model_type} has no pretrained weights")
