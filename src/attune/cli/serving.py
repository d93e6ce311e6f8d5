"""The whole of the service as one web application: its APIs and the portal."""

from __future__ import annotations

import asyncio
import signal
import sys
from collections.abc import Callable
from dataclasses import replace
from importlib import import_module
from typing import Any

from fastapi import FastAPI

from attune.protocols import create_app
from attune.protocols.serving import Server, listening_socket
from attune.service import Service, Settings

__all__ = ["PROTOCOLS", "run", "whole_application"]

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


def run(settings: Settings, tell: Callable[[str], None]) -> None:
    """Serve until SIGTERM or Ctrl-C comes; `tell` gets what the person should know.

    Raises InputError for an address that is taken and for settings that cannot be, Unavailable
    where the database or the store cannot be reached.
    """
    with listening_socket(settings.host, settings.port) as listener:
        settings = replace(settings, port=listener.getsockname()[1])
        service = Service.open(settings)
        try:
            server = Server(service, whole_application(service))
            service.start()
            _welcome(service, tell)
            # uvicorn hands a signal on when it has ended: SIGTERM would kill before `close`.
            signal.signal(signal.SIGTERM, lambda *_: None)
            asyncio.run(server.serve([listener]))
            tell("stopping")
        finally:
            service.close()


def _welcome(service: Service, tell: Callable[[str], None]) -> None:
    settings = service.settings
    shown = "localhost" if settings.loopback else settings.host
    shown = f"[{shown}]" if ":" in shown else shown
    if service.first_key:
        tell(f"this is the first start: your administrator's key is in {service.admin_key_file}")
    if not settings.loopback:
        tell(
            f"warning: listening on {settings.host}, where other machines can connect; what they "
            "send is not encrypted unless a proxy with HTTPS stands before"
        )
    tell(f"serving at http://{shown}:{settings.port}")
