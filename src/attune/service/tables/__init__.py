"""The database's tables. Ids are UUIDs as text; what is large lies in the blob store by hash."""

from attune.service.tables.columns import (
    Base,
    Status,
    UtcTime,
    new_id,
    now,
)
from attune.service.tables.content import (
    Blob,
    Dataset,
    DatasetBlock,
    Project,
    Upload,
)
from attune.service.tables.entry import (
    ApiKey,
    AuditEntry,
    SignIn,
)
from attune.service.tables.made import (
    Endpoint,
    EndpointModel,
    Evaluation,
    LogEntry,
    Model,
    ModelDataset,
    Transcription,
    TranscriptionFile,
    TranscriptionSource,
)
from attune.service.tables.work import (
    Job,
    JobEvent,
    Supervisor,
)

__all__ = [
    "ApiKey",
    "AuditEntry",
    "Base",
    "Blob",
    "Dataset",
    "DatasetBlock",
    "Endpoint",
    "EndpointModel",
    "Evaluation",
    "Job",
    "JobEvent",
    "LogEntry",
    "Model",
    "ModelDataset",
    "Project",
    "SignIn",
    "Status",
    "Supervisor",
    "Transcription",
    "TranscriptionFile",
    "TranscriptionSource",
    "Upload",
    "UtcTime",
    "new_id",
    "now",
]
