"""The whole of the service as one web application: its APIs and the portal."""

from __future__ import annotations

import sys
from importlib import import_module
from typing import Any

from fastapi import FastAPI

from attune.protocols import create_app
from attune.service import Service

__all__ = ["PROTOCOLS", "whole_application"]

PROTOCOLS = ("management", "azure", "openai", "native", "vosk")
"""The packages of `attune.protocols` that have a `router`, in the order in which they are asked."""


def whole_application(service: Service) -> FastAPI:
    """Everything that `attune serve` serves."""
    parts = [part for name in PROTOCOLS if (part := _part(f"attune.protocols.{name}"))]
    app = create_app(service, *(part.router for part in parts))
    for part in parts:
        if hasattr(part, "install"):
            part.install(app)
    portal = _part("attune.portal")
    if portal:
        portal.install(app, service)
    return app


def _part(name: str) -> Any:
    # Until all of them exist.
    try:
        module = import_module(name)
    except Exception as error:
        sys.stderr.write(f"{name} is left out: {error!r}\n")
        return None
    return module if hasattr(module, "router") or hasattr(module, "install") else None
