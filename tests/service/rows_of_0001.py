"""A database as the first version left it: somebody's project, and a row or more of every table.

Written as the revision has them, not by `attune.service.tables`, which goes on.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from sqlalchemy import MetaData, insert

from attune.service.database import Database

__all__ = ["ROWS", "write_rows"]

_THEN = datetime(2026, 3, 1, 12, 30, 15, 250_000, UTC)
_HASHES = ["5e" * 32, "0a" * 32, "c4" * 32]
_SOUND, _FOLDER, _BUNDLE = _HASHES
_KEY_HASH = "77" * 32


def _named(id: str, name: str, **fields: Any) -> dict[str, Any]:
    given = {"description": "", "created": _THEN, "changed": _THEN, "custom": {}}
    return {"id": id, "name": name, **given, **fields}


def _made(id: str, name: str, **fields: Any) -> dict[str, Any]:
    return _named(id, name, **{"status": "Succeeded", "reason": "", **fields})


def _dataset(id: str, name: str, **fields: Any) -> dict[str, Any]:
    given = {
        "project_id": "zoo",
        "series_id": id,
        "version": 1,
        "kind": "Acoustic",
        "language": "en-US",
        "source_name": f"{id}.zip",
        "source_url": "",
        "report": {"passed": 2, "failed": 1, "notes": ["lost.wav: not in the zip"]},
        "figures": {"passed": 2, "failed": 1, "seconds": 9.5},
        "content_hash": _FOLDER,
    }
    return _made(id, name, **{**given, **fields})


def _model(id: str, name: str, **fields: Any) -> dict[str, Any]:
    given = {"language": "en-US", "kind": "recognizer", "settings": {}, "card": {}}
    return _made(id, name, bundle_hash=_BUNDLE, **{**given, **fields})


def _job(id: str, **fields: Any) -> dict[str, Any]:
    given = {
        "id": id,
        "subject_kind": "model",
        "project_id": "zoo",
        "reason": "",
        "stage": "",
        "progress": 1.0,
        "cancel": False,
        "cores": 2,
        "attempt": 1,
        "worker": "",
        "created": _THEN,
    }
    return {**given, **fields}


ROWS: dict[str, list[dict[str, Any]]] = {
    "projects": [
        _named("zoo", "Reptile house", language="en-US", description="Ünïcode, “quotes”, 動物園"),
        _named("gate", "Gate", language="de-DE", custom={"owner": "Ann"}),
    ],
    "blobs": [{"hash": each, "size": 5_000_000_000, "used": _THEN} for each in _HASHES],
    "api_keys": [
        {
            "id": "admin",
            "name": "administrator",
            "hash": _KEY_HASH,
            "prefix": "attune_ab12",
            "scope": "admin",
            "created": _THEN,
            "used": _THEN,
        },
        {
            "id": "till",
            "name": "of one project",
            "hash": "78" * 32,
            "prefix": "attune_cd34",
            "scope": "recognise",
            "project_id": "zoo",
            "created": _THEN,
            "expires": _THEN,
        },
    ],
    "sign_ins": [{"hash": "1f" * 32, "key_id": "admin", "created": _THEN, "seen": _THEN}],
    "audit_entries": [
        {
            "time": _THEN,
            "actor": "administrator (attune_ab12)",
            "action": "create",
            "subject_kind": "project",
            "subject_id": "zoo",
            "detail": {"name": "Reptile house"},
        }
    ],
    "uploads": [
        {
            "id": "half",
            "project_id": "zoo",
            "name": "night.zip",
            "size": 9_000_000_000,
            "received": 4_000_000_000,
            "created": _THEN,
            "changed": _THEN,
        }
    ],
    "datasets": [
        _dataset("notes", "Notes", source_hash=_SOUND),
        _dataset("notes-2", "Notes", series_id="notes", version=2, manifest_hash=_SOUND),
        _dataset("text", "Names", kind="Language", status="Failed", reason="line 3: no text"),
    ],
    "dataset_blocks": [
        {
            "dataset_id": "text",
            "name": "block-1",
            "blob_hash": _SOUND,
            "size": 1024,
            "created": _THEN,
        }
    ],
    "models": [
        _model("base", "en-US base", card={"licence": "Apache-2.0", "measured": []}),
        _model("own", "With names", project_id="zoo", base_id="base", settings={"text": "a\nb"}),
        _model("hey", "hey zoo", project_id="zoo", kind="keyword"),
    ],
    "model_datasets": [{"model_id": "own", "dataset_id": "notes"}],
    "evaluations": [
        _made(
            "versus",
            "Own against base",
            project_id="zoo",
            kind="Evaluation",
            language="en-US",
            dataset_id="notes",
            model1_id="own",
            model2_id="base",
            figures={"wordErrorRate1": 0.125, "wordErrorRate2": 0.3},
            result_hash=_SOUND,
        )
    ],
    "endpoints": [
        _made(
            "door",
            "Door",
            project_id="zoo",
            language="en-US",
            logging=True,
            retention_days=7,
            max_streams=20,
        )
    ],
    "endpoint_models": [
        {"endpoint_id": "door", "model_id": "own", "weight": 0.8},
        {"endpoint_id": "door", "model_id": "base", "weight": 0.2},
    ],
    "log_entries": [
        {
            "id": "heard",
            "endpoint_id": "door",
            "model_id": "own",
            "created": _THEN,
            "seconds": 2.5,
            "audio_hash": _SOUND,
            "text": "Feed the tuatara.",
            "lexical": "feed the tuatara",
            "confidence": 0.87,
            "corrected": "Feed the tuataras.",
        }
    ],
    "transcriptions": [
        _made(
            "batch",
            "Night",
            project_id="zoo",
            language="en-US",
            model_id="own",
            sources=["https://example.org/a.wav"],
            settings={"channels": [0, 1]},
            expires=_THEN,
        )
    ],
    "transcription_sources": [{"transcription_id": "batch", "blob_hash": _SOUND}],
    "transcription_files": [
        {
            "id": "result",
            "transcription_id": "batch",
            "kind": "Transcription",
            "name": "a.json",
            "source": "https://example.org/a.wav",
            "blob_hash": _SOUND,
            "size": 812,
            "created": _THEN,
        }
    ],
    "jobs": [
        _job("made", kind="adapt", subject_id="own", status="Succeeded", ended=_THEN),
        _job("waits", kind="keyword", subject_id="hey", status="NotStarted", progress=0.0),
    ],
    "job_events": [
        {
            "job_id": "made",
            "time": _THEN,
            "name": "curve",
            "data": {"step": step, "loss": 3.0 / step},
        }
        for step in (1, 2, 3)
    ],
    "supervisors": [{"id": "one", "machine": "host", "seen": _THEN}],
}


def write_rows(database: Database) -> None:
    """Fill the tables of the first revision."""
    tables = MetaData()
    with database.session() as session:
        tables.reflect(session.connection())
        for table in tables.sorted_tables:
            for row in ROWS.get(table.name, ()):
                session.execute(insert(table).values(row))
