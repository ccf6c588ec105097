"""Writes scikit-learn's handwritten digits as CIFAR-10 batches, and some of them as pictures.

    python digits_as_cifar.py FOLDER

makes FOLDER/data_batch_1.bin to train on, and FOLDER/held/<digit>-<number>.png, which are not in it.
"""

import sys
from pathlib import Path

import numpy as np
from PIL import Image
from sklearn.datasets import load_digits

TRAINED = 1000
HELD = 60


def main(folder: Path) -> None:
    digits = load_digits()
    # Grey from 0 to 16, eight by eight; CIFAR's are 32 by 32 in three colours.
    grey = (255 - digits.images * (255 / 16)).astype(np.uint8)
    large = grey.repeat(4, axis=1).repeat(4, axis=2)
    planes = np.repeat(large[:, None], 3, axis=1).reshape(len(large), -1)
    labels = digits.target.astype(np.uint8)[:, None]
    records = np.concatenate([labels, planes], axis=1)
    held = folder / "held"
    held.mkdir(parents=True, exist_ok=True)
    (folder / "data_batch_1.bin").write_bytes(records[:TRAINED].tobytes())
    for number in range(TRAINED, TRAINED + HELD):
        name = f"{digits.target[number]}-{number}.png"
        Image.fromarray(large[number]).convert("RGB").save(held / name)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
