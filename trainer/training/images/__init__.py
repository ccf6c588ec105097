"""MobileNetV2 for the classification of images."""

from .training import train

__all__ = ["train"]
