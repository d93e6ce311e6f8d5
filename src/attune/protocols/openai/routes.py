"""All routes of the API."""

from __future__ import annotations

from fastapi import APIRouter

from attune.protocols.openai import models, transcriptions

__all__ = ["router"]

router = APIRouter()
router.include_router(transcriptions.router)
router.include_router(models.router)
