"""Reads images with their classes from CIFAR batches or from folders named as classes."""

import io
import warnings
from dataclasses import dataclass

import numpy as np
from PIL import Image

from ..errors import BadData
from . import archives, cifar

ENDINGS = (".png", ".jpg", ".jpeg", ".bmp", ".gif", ".webp", ".ppm", ".pgm", ".tif", ".tiff")
TEST_FOLDERS = {"test"}
TRAIN_FOLDERS = {"train", "training", "val", "valid", "validation"}
PIXELS_MAX = 50_000_000
BROKEN_SHARE_MAX = 0.05
IMAGES_MIN = 10


@dataclass
class Images:
    """Square images of one size, those to test with apart."""

    pixels: np.ndarray
    labels: np.ndarray
    is_test: np.ndarray
    classes: list


def read(path, size, scratch, report):
    """All images of a data set; pixels lie in a file, so that they need not fit into memory."""
    names = [name for name, _ in archives.entries(path)]
    shown = [name for name in names if _is_shown(name)]
    batches = [name for name in shown if cifar.is_batch(name)]
    files = [name for name in shown if name.lower().endswith(ENDINGS)]
    scratch.mkdir(parents=True, exist_ok=True)
    if batches and not files:
        return _of_batches(path, set(batches), size, scratch, report)
    if files:
        return _of_folders(path, files, size, scratch, report)
    raise BadData(
        "dataset: neither CIFAR-10 batches nor images in folders named as their classes were found"
    )


def _is_shown(name):
    return not any(part.startswith((".", "__MACOSX")) for part in name.split("/"))


def _room(scratch, count, size):
    return np.lib.format.open_memmap(
        scratch / "pixels.npy", mode="w+", dtype=np.uint8, shape=(count, size, size, 3)
    )


def _of_batches(path, wanted, size, scratch, report):
    parts = []
    for name, data in archives.entries(path):
        if name in wanted:
            parts.append((cifar.is_test(name), *cifar.read(name, data())))
    labels = np.concatenate([part[2] for part in parts])
    room = _room(scratch, len(labels), size)
    at = 0
    for _, pixels, _ in parts:
        for image in pixels:
            room[at] = image if size == 32 else _resized(Image.fromarray(image), size)
            at += 1
    is_test = np.concatenate([np.full(len(part[2]), part[0]) for part in parts])
    present = np.unique(labels)
    classes = [cifar.NAMES[number] for number in present]
    report.log(f"{len(labels)} images of CIFAR-10 in {len(parts)} batches, {len(classes)} classes")
    return _judged(Images(room, np.searchsorted(present, labels), is_test, classes))


def _of_folders(path, files, size, scratch, report):
    depth = _common_depth(files)
    kinds = {name: _kind(name.split("/")[depth:]) for name in files}
    files = [name for name in files if kinds[name] is not None]
    classes = sorted({kinds[name][1] for name in files})
    if not classes:
        raise BadData("dataset: images must lie in folders named as their classes")
    room = _room(scratch, len(files), size)
    labels, is_test, broken, wanted = [], [], [], set(files)
    for name, data in archives.entries(path):
        if name not in wanted:
            continue
        try:
            room[len(labels)] = _decoded(data(), size)
        except BadData:
            raise
        except Exception as error:  # Whatever a damaged image makes the decoder say.
            broken.append(f"{name}: {error}")
            continue
        labels.append(classes.index(kinds[name][1]))
        is_test.append(kinds[name][0])
    for line in broken[:10]:
        report.log(f"left out, as it cannot be read: {line}", "warning")
    if len(broken) > BROKEN_SHARE_MAX * len(files):
        raise BadData(f"dataset: {len(broken)} of {len(files)} images cannot be read: {broken[0]}")
    report.log(f"{len(labels)} images in {len(classes)} classes")
    count = len(labels)
    return _judged(
        Images(room[:count], np.array(labels, dtype=np.int64), np.array(is_test), classes)
    )


def _common_depth(names):
    """How many folders all files share: an archive often wraps everything in one."""
    depth = 0
    while True:
        parts = [name.split("/") for name in names]
        if any(len(part) < depth + 3 for part in parts):
            return depth
        if len({part[depth] for part in parts}) > 1:
            return depth
        depth += 1


def _kind(parts):
    """Whether a file is for testing, and its class; None for a file outside of any class."""
    if len(parts) >= 3 and parts[0].lower() in TEST_FOLDERS | TRAIN_FOLDERS:
        return parts[0].lower() in TEST_FOLDERS, parts[1]
    return (False, parts[0]) if len(parts) >= 2 else None


def _decoded(data, size):
    Image.MAX_IMAGE_PIXELS = PIXELS_MAX
    with warnings.catch_warnings():
        warnings.simplefilter("error", Image.DecompressionBombWarning)
        with Image.open(io.BytesIO(data)) as image:
            return _resized(image.convert("RGB"), size)


def _resized(image, size):
    return np.asarray(image.resize((size, size), Image.BILINEAR))


def _judged(images):
    train = images.labels[~images.is_test]
    if len(train) < IMAGES_MIN:
        raise BadData(f"dataset: {len(train)} images; at least {IMAGES_MIN} are needed")
    if len(np.unique(train)) < 2:
        raise BadData(f"dataset: every image is of class {images.classes[int(train[0])]}")
    if len(np.unique(train)) < len(images.classes):
        raise BadData("dataset: a class has images to test with and none to train on")
    return images
