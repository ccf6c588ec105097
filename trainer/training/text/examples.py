"""Texts as numbers: the tokenizer, and batches as wide as their longest text."""

import json
from collections import Counter

import numpy as np
import tokenizers
import torch
from transformers import DistilBertTokenizerFast

SPECIAL = ("[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]")
WORDS_MAX = 8000
LETTERS_MAX = 1000
COUNT_MIN = 2
PART_MAX = 5


class Examples:
    """Labelled texts, tokenized once."""

    def __init__(self, texts, labels, classes, train_rows, held_rows, tokenizer, max_length):
        self.labels, self.classes = labels, classes
        self.train_rows, self.held_rows = train_rows, held_rows
        self.tokenizer = tokenizer
        self._tokens = tokenizer(texts, truncation=True, max_length=max_length)["input_ids"]

    def batch(self, rows, _lot):
        """Tokens and where they end."""
        tokens = [self._tokens[row] for row in rows]
        width = max(len(one) for one in tokens)
        ids = np.full((len(tokens), width), self.tokenizer.pad_token_id, dtype=np.int64)
        mask = np.zeros((len(tokens), width), dtype=np.int64)
        for number, one in enumerate(tokens):
            ids[number, : len(one)] = one
            mask[number, : len(one)] = 1
        return {"input_ids": torch.from_numpy(ids), "attention_mask": torch.from_numpy(mask)}

    def logits(self, model, inputs):
        """What the network says of a batch."""
        return model(**inputs).logits

    def documents(self):
        """Kept with each checkpoint: a later trainer may make its tokenizers in another way."""
        return {"tokenizer": self.tokenizer.backend_tokenizer.to_str()}


def made_from(texts, max_length):
    """A tokenizer whose words and parts of words are the commonest of the texts.

    Equal texts give equal tokenizers: the library's own way of making one does not promise that.
    """
    normalizer = tokenizers.normalizers.BertNormalizer(lowercase=True, strip_accents=False)
    splitter = tokenizers.pre_tokenizers.BertPreTokenizer()
    words = Counter()
    for text in texts:
        normal = normalizer.normalize_str(text)
        words.update(word for word, _ in splitter.pre_tokenize_str(normal))
    letters = sorted({letter for word in words for letter in word})[:LETTERS_MAX]
    vocabulary = [*SPECIAL, *letters, *(f"##{letter}" for letter in letters)]
    known = set(vocabulary)
    for pieces in (words, _parts(words)):
        for piece, count in sorted(pieces.items(), key=lambda pair: (-pair[1], pair[0])):
            if count >= COUNT_MIN and piece not in known and len(vocabulary) < WORDS_MAX:
                vocabulary.append(piece)
                known.add(piece)
    numbers = {word: number for number, word in enumerate(vocabulary)}
    made = tokenizers.BertWordPieceTokenizer(numbers, lowercase=True, strip_accents=False)
    return of_text(made.to_str(), max_length)


def _parts(words):
    """How often words begin and end in the same few letters."""
    parts = Counter()
    for word, count in words.items():
        for length in range(2, min(len(word), PART_MAX + 1)):
            parts[word[:length]] += count
            parts[f"##{word[-length:]}"] += count
    return parts


def of_text(text, max_length):
    """The tokenizer that a document describes."""
    json.loads(text)
    return DistilBertTokenizerFast(
        tokenizer_object=tokenizers.Tokenizer.from_str(text), model_max_length=max_length,
        do_lower_case=True, strip_accents=False,
    )  # fmt: skip
