"""Attune's own WebSockets: speech at /v1/stream, keywords at /v1/keyword."""

from __future__ import annotations

from fastapi import APIRouter

from attune.protocols.native import keyword, stream

__all__ = ["router"]

router = APIRouter()
router.include_router(stream.router)
router.include_router(keyword.router)
