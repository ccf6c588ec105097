"""Predicts with the model in this folder; needs Python with torch, torchvision and safetensors.

    python predict.py picture.png [more.png ...]

Prints one JSON object a picture.
"""

import json
import sys
from pathlib import Path

import numpy as np
import torch
import torchvision
from PIL import Image
from safetensors.torch import load_file

# Up to this size the first layer keeps every pixel: halving so little would leave nothing to see.
SMALL = 64


def network(classes, width, image_size):
    """The network, with weights at random."""
    model = torchvision.models.mobilenet_v2(num_classes=classes, width_mult=float(width))
    if image_size <= SMALL:
        model.features[0][0].stride = (1, 1)
    return model


class Model:
    """The trained model in a folder."""

    def __init__(self, folder):
        folder = Path(folder)
        self.schema = json.loads((folder / "schema.json").read_text(encoding="utf-8"))
        schema = self.schema
        self.model = network(len(schema["classes"]), schema["width"], schema["image_size"])
        self.model.load_state_dict(load_file(str(folder / "model.safetensors")))
        self.model.eval()

    def predict(self, image):
        """What is in a picture."""
        schema, size = self.schema, self.schema["image_size"]
        image = image.convert("RGB").resize((size, size), Image.BILINEAR)
        pixels = np.asarray(image, dtype=np.float32) / 255.0
        mean = np.array(schema["mean"], dtype=np.float32)
        deviation = np.array(schema["deviation"], dtype=np.float32)
        pixels = ((pixels - mean) / deviation).transpose(2, 0, 1)[None].copy()
        with torch.no_grad():
            row = torch.softmax(self.model(torch.from_numpy(pixels)), dim=1)[0].tolist()
        classes = schema["classes"]
        return {"label": classes[row.index(max(row))], "probabilities": dict(zip(classes, row))}


def main(arguments):
    """Answers what was asked on the command line."""
    if not arguments:
        raise SystemExit(__doc__)
    model = Model(Path(__file__).parent)
    for path in arguments:
        with Image.open(path) as image:
            print(json.dumps({"file": path, **model.predict(image)}, ensure_ascii=False))


if __name__ == "__main__":
    main(sys.argv[1:])
