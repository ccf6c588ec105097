"""MobileNetV2 trains for real on images, in each of the forms in which they come."""

import io
import os
import pickle
import zipfile

import numpy as np
import pytest

pytest.importorskip("torch")
pytest.importorskip("torchvision")
from PIL import Image  # noqa: E402

SMALL = {"width": "0.35", "batch_size": 16, "image_size": 32, "learning_rate": 0.003}


def pictures(count, seed=5):
    """Bright discs on dark noise, or dark ones on bright noise: pixels and classes."""
    random = np.random.Generator(np.random.PCG64(seed))
    rows, columns = np.mgrid[0:32, 0:32]
    labels = np.arange(count) % 2
    pixels = np.empty((count, 32, 32, 3), dtype=np.uint8)
    for number, label in enumerate(labels):
        at = random.integers(10, 22, size=2)
        disc = (rows - at[0]) ** 2 + (columns - at[1]) ** 2 < 64
        inside, outside = (220, 60) if label else (60, 220)
        image = np.where(disc, inside, outside)[:, :, None] + random.integers(-40, 35, (32, 32, 3))
        pixels[number] = image.clip(0, 255)
    return pixels, labels


def flat(pixels):
    return pixels.transpose(0, 3, 1, 2).reshape(len(pixels), -1)


def records(count, seed=5):
    pixels, labels = pictures(count, seed)
    return np.concatenate([labels[:, None].astype(np.uint8), flat(pixels)], axis=1).tobytes()


def binary_batches(folder, count):
    folder.mkdir()
    (folder / "data_batch_1.bin").write_bytes(records(count))
    (folder / "test_batch.bin").write_bytes(records(40, seed=6))
    return folder


def job(dataset, **hyperparams):
    return {
        "model_type": "mobilenet_v2", "dataset": dataset, "hyperparams": {**SMALL, **hyperparams},
    }  # fmt: skip


def test_binary_batches_are_learnt_and_pictures_recognised(trainer):
    data = binary_batches(trainer.folder / "cifar", 240)
    status, lines = trainer.run(**job(data, epochs=8, early_stopping_epochs=0))
    assert status == 0, lines
    metrics = lines[-1]["metrics"]
    assert metrics["test_accuracy"] > 0.8, metrics
    pixels, labels = pictures(8, seed=7)
    files = [trainer.folder / f"{number}.png" for number in range(8)]
    for file, image in zip(files, pixels):
        Image.fromarray(image).save(file)
    answers = trainer.predict(*files)
    names = ["airplane", "automobile"]
    assert sum(a["label"] == names[n] for a, n in zip(answers, labels)) >= 6


def test_an_interrupted_training_ends_as_one_that_was_left_alone(trainer):
    data = binary_batches(trainer.folder / "cifar", 96)
    trainer.goes_on_as_if_never_stopped(**job(data, epochs=3))


def test_a_zip_of_folders_is_read_and_a_broken_picture_left_out(trainer):
    pixels, labels = pictures(64)
    path = trainer.folder / "images.zip"
    with zipfile.ZipFile(path, "w") as archive:
        for number, (image, label) in enumerate(zip(pixels, labels)):
            data = io.BytesIO()
            Image.fromarray(image).save(data, "PNG")
            archive.writestr(f"all/{'dark' if label else 'bright'}/{number}.png", data.getvalue())
        archive.writestr("all/dark/broken.png", b"no picture")
        archive.writestr("__MACOSX/all/dark/._0.png", b"rubbish")
    status, lines = trainer.run(**job(path, epochs=1))
    assert status == 0, lines
    texts = [line["text"] for line in lines if line["type"] == "log"]
    assert "64 images in 2 classes" in texts
    assert any("broken.png" in text for text in texts)


def test_python_batches_are_read_and_a_pickle_that_runs_things_is_refused(trainer):
    from training.errors import BadData
    from training.images import archives, cifar

    pixels, labels = pictures(6)
    batch = pickle.dumps({b"data": flat(pixels), b"labels": labels.tolist()}, protocol=2)
    read_pixels, read_labels = cifar.read("data_batch_1", batch)
    assert (read_pixels == pixels).all() and (read_labels == labels).all()

    # A batch alone, under a name that says nothing.
    for name, content in (("0-dataset.cifar10", batch), ("1-dataset.cifar10", records(6))):
        path = trainer.folder / name
        path.write_bytes(content)
        called, data = next(iter(archives.entries(path)))
        assert cifar.is_batch(called) and (cifar.read(called, data())[1] == labels).all()

    class Evil:
        def __reduce__(self):
            return os.system, (f"touch {trainer.folder}/harmed",)

    with pytest.raises(BadData, match="wants to run"):
        cifar.read("data_batch_1", pickle.dumps(Evil()))
    assert not (trainer.folder / "harmed").exists()


@pytest.mark.parametrize(
    ("name", "content"),
    [("data_batch_1.bin", b"\x01" * 3000), ("data_batch_1.bin", b"\xff" * 3073), ("x.zip", b"no")],
    ids=["cut off", "wrong labels", "no zip"],
)
def test_data_that_cannot_be_learnt_from_is_named_as_the_cause(trainer, name, content):
    (trainer.folder / name).write_bytes(content)
    status, lines = trainer.run(**job(name))
    assert status == 1 and lines[-1]["cause"] == "bad-data", lines
