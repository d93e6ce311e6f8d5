"""Manifests as a source: to check one, or to import again only what can be used."""

from __future__ import annotations

from pathlib import Path

from attune.data.found import Found, Source, recording
from attune.data.lines import read_lines
from attune.data.manifest import HEADER, Manifest
from attune.errors import InputError

__all__ = ["find_manifest", "read_manifest"]


def find_manifest(source: Path) -> Path | None:
    """`source` itself when it begins like a manifest."""
    if not source.is_file() or source.suffix.lower() != ".tsv":
        return None
    try:
        _, header = next(read_lines(source), (1, ""))
    except InputError:
        return None
    return source if tuple(header.split("\t")) == HEADER else None


def read_manifest(path: Path, workspace: Path) -> Source:
    """Yield the utterances of a manifest; nothing is written to `workspace`."""
    for row in Manifest(path):
        where = f"{path}:{row.line}"
        yield Found(where, str(row.path), row.text, row.speaker, recording(row.path, where))
