"""Keywords: choosing a phrase, hearing how it is said, making a model that listens for it.

A keyword is a model of the kind "keyword": `attune.service.models` finds, names, downloads and
deletes them.
"""

from attune.service.keywords.creating import TYPES, WantedPhrase, create
from attune.service.keywords.curves import CurvePoint, PhraseCurve, Positives, curves
from attune.service.keywords.guiding import guidance, say, voices

__all__ = [
    "TYPES",
    "CurvePoint",
    "PhraseCurve",
    "Positives",
    "WantedPhrase",
    "create",
    "curves",
    "guidance",
    "say",
    "voices",
]
