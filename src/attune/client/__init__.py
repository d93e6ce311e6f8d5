"""Attune's SDK for programs that talk to a server (`attune serve`).

`Recognizer` has recordings and live audio recognised, `KeywordListener` lets audio leave the device
only behind a keyword, `Management` does everything that the portal does. Each has a twin for
asyncio where it waits for a server. Needs the extra `client`, and no ONNX Runtime.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING

from attune.errors import InputError

if TYPE_CHECKING:
    from attune.audio import Microphone
    from attune.client.errors import ApiError, RefusedError, Unreachable
    from attune.client.keyword import (
        AsyncKeywordListener,
        AsyncListenerStream,
        KeywordListener,
        ListenerStream,
    )
    from attune.client.management import (
        AsyncManagement,
        AuditEntry,
        CurvePoint,
        Dataset,
        Endpoint,
        Evaluation,
        Job,
        JobEvent,
        Key,
        Keyword,
        LogEntry,
        Made,
        Management,
        Model,
        NewKey,
        PhraseCurve,
        Project,
        ResultFile,
        TestedUtterance,
        Thing,
        Token,
        Transcription,
        Upload,
        Utterance,
        WorkFailed,
    )
    from attune.client.recognition import (
        Accepted,
        AsyncRecognizer,
        AsyncRemoteStream,
        Recognizer,
        Reconnected,
        Rejected,
        RemoteEvent,
        RemoteStream,
    )
    from attune.keyword import PullStream, PushStream

__all__ = [
    "Accepted",
    "ApiError",
    "AsyncKeywordListener",
    "AsyncListenerStream",
    "AsyncManagement",
    "AsyncRecognizer",
    "AsyncRemoteStream",
    "AuditEntry",
    "CurvePoint",
    "Dataset",
    "Endpoint",
    "Evaluation",
    "Job",
    "JobEvent",
    "Key",
    "Keyword",
    "KeywordListener",
    "ListenerStream",
    "LogEntry",
    "Made",
    "Management",
    "Microphone",
    "Model",
    "NewKey",
    "PhraseCurve",
    "Project",
    "PullStream",
    "PushStream",
    "Recognizer",
    "Reconnected",
    "RefusedError",
    "Rejected",
    "RemoteEvent",
    "RemoteStream",
    "ResultFile",
    "TestedUtterance",
    "Thing",
    "Token",
    "Transcription",
    "Unreachable",
    "Upload",
    "Utterance",
    "WorkFailed",
]

_MODULES = {
    "attune.client.errors": ("ApiError", "RefusedError", "Unreachable"),
    "attune.audio": ("Microphone",),
    "attune.keyword": ("PullStream", "PushStream"),
    "attune.client.keyword": (
        "AsyncKeywordListener",
        "AsyncListenerStream",
        "KeywordListener",
        "ListenerStream",
    ),
    "attune.client.management": (
        "AsyncManagement",
        "AuditEntry",
        "CurvePoint",
        "Dataset",
        "Endpoint",
        "Evaluation",
        "Job",
        "JobEvent",
        "Key",
        "Keyword",
        "LogEntry",
        "Made",
        "Management",
        "Model",
        "NewKey",
        "PhraseCurve",
        "Project",
        "ResultFile",
        "TestedUtterance",
        "Thing",
        "Token",
        "Transcription",
        "Upload",
        "Utterance",
        "WorkFailed",
    ),
    "attune.client.recognition": (
        "Accepted",
        "AsyncRecognizer",
        "AsyncRemoteStream",
        "Recognizer",
        "Reconnected",
        "Rejected",
        "RemoteEvent",
        "RemoteStream",
    ),
}
_HOME = {name: module for module, names in _MODULES.items() for name in names}
_EXTRA = {"httpx", "websockets"}


def __getattr__(name: str) -> object:
    """Import what is asked for on first use; InputError when the extra is not installed."""
    if name not in _HOME:
        raise AttributeError(f"module 'attune.client' has no attribute {name!r}")
    try:
        return getattr(importlib.import_module(_HOME[name]), name)
    except ModuleNotFoundError as error:
        if error.name in _EXTRA:
            raise InputError(
                f"attune.client.{name} needs the package {error.name}: pip install 'attune[client]'"
            ) from error
        raise
