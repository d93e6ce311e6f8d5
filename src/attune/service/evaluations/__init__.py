"""Evaluations: how right one or two models are on a data set, utterance by utterance."""

from attune.service.evaluations.catalogue import delete, get, listing, update
from attune.service.evaluations.creating import create
from attune.service.evaluations.results import EDITS, ORDERS, Advice, ModelResult, TestedUtterance
from attune.service.evaluations.viewing import advice, audio, export, utterance, utterances

__all__ = [
    "EDITS",
    "ORDERS",
    "Advice",
    "ModelResult",
    "TestedUtterance",
    "advice",
    "audio",
    "create",
    "delete",
    "export",
    "get",
    "listing",
    "update",
    "utterance",
    "utterances",
]
