"""Everything that the portal does, from programs."""

from attune.client.management.client import AsyncManagement, Management
from attune.client.management.details import (
    AuditEntry,
    CurvePoint,
    Job,
    JobEvent,
    Key,
    LogEntry,
    NewKey,
    PhraseCurve,
    ResultFile,
    TestedUtterance,
    Token,
    Upload,
    Utterance,
)
from attune.client.management.jobs import WorkFailed
from attune.client.management.records import (
    Dataset,
    Endpoint,
    Evaluation,
    Keyword,
    Made,
    Model,
    Project,
    Thing,
    Transcription,
)

__all__ = [
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
]
