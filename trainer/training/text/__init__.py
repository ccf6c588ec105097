"""DistilBERT for the classification of texts."""

from .training import train

__all__ = ["train"]
