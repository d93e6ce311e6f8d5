"""Acoustic adaptation: from recordings of one's own to a bundle that hears them better.

`attune.train.adaptation.adapting` does it; it is imported by name, for it needs PyTorch, which only
the extra `train` brings.
"""

from attune.train.adaptation.plan import Method
from attune.train.adaptation.request import AcousticAdaptation, Progress

__all__ = ["AcousticAdaptation", "Method", "Progress"]
