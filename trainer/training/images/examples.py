"""Images as numbers: scaled as the network expects, and moved about a little while training."""

import numpy as np
import torch

# Of the set that the public pretrained weights come from.
PRETRAINED_MEAN, PRETRAINED_DEVIATION = [0.485, 0.456, 0.406], [0.229, 0.224, 0.225]


class Examples:
    """Labelled images."""

    def __init__(self, images, train_rows, held_rows, scale):
        self._pixels = images.pixels
        self.labels, self.classes = images.labels, images.classes
        self.train_rows, self.held_rows = train_rows, held_rows
        self.scale = scale
        self._mean = np.array(scale["mean"], dtype=np.float32)
        self._deviation = np.array(scale["deviation"], dtype=np.float32)

    def batch(self, rows, lot):
        """Pixels; with a lot, mirrored and shifted at random, as an object may be in a picture."""
        pixels = np.stack([self._pixels[row] for row in rows])
        if lot is not None:
            pixels = _moved(pixels, lot)
        scaled = (pixels.astype(np.float32) / 255.0 - self._mean) / self._deviation
        return {"pixels": torch.from_numpy(scaled.transpose(0, 3, 1, 2).copy())}

    def logits(self, model, inputs):
        """What the network says of a batch."""
        return model(inputs["pixels"])

    def documents(self):
        """Nothing besides weights is needed to go on."""
        return {}


def scale_of(images, rows, weights):
    """Mean and deviation of each colour: those of the data, or those that the weights expect."""
    if weights != "scratch":
        return {"mean": PRETRAINED_MEAN, "deviation": PRETRAINED_DEVIATION}
    total, squares, count = np.zeros(3), np.zeros(3), 0
    for first in range(0, len(rows), 1024):
        part = np.stack([images.pixels[row] for row in rows[first : first + 1024]])
        part = part.reshape(-1, 3).astype(np.float64) / 255.0
        total, squares, count = total + part.sum(0), squares + (part**2).sum(0), count + len(part)
    mean = total / count
    deviation = np.sqrt(np.maximum(squares / count - mean**2, 1e-6))
    return {"mean": mean.tolist(), "deviation": deviation.tolist()}


def _moved(pixels, lot):
    reach = max(1, pixels.shape[1] // 10)
    moved = np.empty_like(pixels)
    padded = np.pad(pixels, ((0, 0), (reach, reach), (reach, reach), (0, 0)), mode="reflect")
    size = pixels.shape[1]
    for number in range(len(pixels)):
        down, right = lot.integers(0, 2 * reach + 1, size=2)
        image = padded[number, down : down + size, right : right + size]
        moved[number] = image[:, ::-1] if lot.random() < 0.5 else image
    return moved
