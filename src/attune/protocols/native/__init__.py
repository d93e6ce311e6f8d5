"""Attune's own API: WebSockets for speech (/v1/stream) and keywords (/v1/keyword), and recordings
(/v1/transcribe)."""

from __future__ import annotations

from fastapi import APIRouter

from attune.protocols.native import keyword, recording, stream

__all__ = ["router"]

router = APIRouter()
router.include_router(stream.router)
router.include_router(keyword.router)
router.include_router(recording.router)
