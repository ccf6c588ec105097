"""Models on tables: boosted trees and linear ones, with scikit-learn and without PyTorch."""

from .training import train

__all__ = ["train"]
