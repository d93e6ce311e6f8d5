"""What the server says of itself: recognisers and keywords, as Wyoming's `info`."""

from __future__ import annotations

from collections.abc import Sequence

from wyoming.info import AsrModel, AsrProgram, Attribution, Info, WakeModel, WakeProgram

from attune import __version__
from attune.protocols.model_names import first_of_language, named_recognizers
from attune.protocols.wyoming.keywords import OfferedKeyword
from attune.service.recognition import ServedModel

__all__ = ["describe"]

_BY = Attribution("Attune", "")


def describe(served: Sequence[ServedModel], keywords: Sequence[OfferedKeyword]) -> Info:
    """One program that recognises with every endpoint and model, first the one that serves who
    names none, and one that listens for every keyword; neither where it would have nothing."""
    default = first_of_language(served, None)
    named = sorted(named_recognizers(served), key=lambda pair: pair[1] is not default)
    return Info(
        asr=[_recognition([_recognizer(name, one) for name, one in named])] if named else [],
        wake=[_waking([_keyword(one) for one in keywords])] if keywords else [],
    )


def _recognition(models: list[AsrModel]) -> AsrProgram:
    return AsrProgram(
        name="attune",
        attribution=_BY,
        installed=True,
        description="Attune speech recognition",
        version=__version__,
        models=models,
        supports_transcript_streaming=True,
    )


def _waking(models: list[WakeModel]) -> WakeProgram:
    return WakeProgram(
        name="attune",
        attribution=_BY,
        installed=True,
        description="Attune keywords",
        version=__version__,
        models=models,
    )


def _recognizer(name: str, one: ServedModel) -> AsrModel:
    return AsrModel(
        name=name,
        attribution=_BY,
        installed=True,
        description=f"{one.name} ({'endpoint' if one.kind == 'endpoint' else 'model'})",
        version=None,
        languages=[one.language],
    )


def _keyword(one: OfferedKeyword) -> WakeModel:
    return WakeModel(
        name=one.name,
        attribution=_BY,
        installed=True,
        description=one.phrase,
        version=None,
        languages=[one.language],
        phrase=one.phrase,
    )
