"""Predicts with the model in this folder; needs Python with torch, transformers and safetensors.

    python predict.py "a text"              one text
    python predict.py --file texts.txt      every line of a file

Prints one JSON object a text.
"""

import json
import sys
from pathlib import Path

import torch
from transformers import DistilBertForSequenceClassification, DistilBertTokenizerFast

TOGETHER = 32


class Model:
    """The trained model in a folder."""

    def __init__(self, folder):
        folder = str(folder)
        self.classes = json.loads((Path(folder) / "labels.json").read_text(encoding="utf-8"))
        self.tokenizer = DistilBertTokenizerFast.from_pretrained(folder, local_files_only=True)
        self.model = DistilBertForSequenceClassification.from_pretrained(
            folder, local_files_only=True, use_safetensors=True
        ).eval()

    def predict(self, texts):
        """One answer for each text."""
        longest = self.model.config.max_position_embeddings
        for first in range(0, len(texts), TOGETHER):
            inputs = self.tokenizer(
                texts[first : first + TOGETHER], truncation=True, max_length=longest,
                padding=True, return_tensors="pt",
            )  # fmt: skip
            inputs.pop("token_type_ids", None)
            with torch.no_grad():
                shares = torch.softmax(self.model(**inputs).logits, dim=1)
            for row in shares.tolist():
                label = self.classes[row.index(max(row))]
                yield {"label": label, "probabilities": dict(zip(self.classes, row))}


def main(arguments):
    """Answers what was asked on the command line."""
    if len(arguments) == 2 and arguments[0] == "--file":
        texts = Path(arguments[1]).read_text(encoding="utf-8").splitlines()
    elif arguments:
        texts = arguments
    else:
        raise SystemExit(__doc__)
    for answer in Model(Path(__file__).parent).predict(texts):
        print(json.dumps(answer, ensure_ascii=False))


if __name__ == "__main__":
    main(sys.argv[1:])
