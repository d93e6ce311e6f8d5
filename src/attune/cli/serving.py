"""The whole of the service as one web application: its APIs and the portal."""

from __future__ import annotations

import asyncio
import signal
import socket
from collections.abc import Callable
from dataclasses import replace

from fastapi import FastAPI

from attune import portal
from attune.protocols import azure, create_app, management, native, openai, vosk
from attune.protocols.serving import Server, listening_socket
from attune.protocols.wyoming import start_wyoming
from attune.service import Service, Settings

__all__ = ["run", "whole_application"]


def whole_application(service: Service) -> FastAPI:
    """Everything that `attune serve` serves."""
    app = create_app(
        service, management.router, azure.router, openai.router, native.router, vosk.router
    )
    management.install(app)
    openai.install(app)
    portal.install(app, service)
    return app


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
            asyncio.run(_serve(server, service, listener, tell))
            tell("stopping")
        finally:
            service.close()


async def _serve(
    server: Server, service: Service, listener: socket.socket, tell: Callable[[str], None]
) -> None:
    """The web server, and beside it Wyoming's where that is wanted."""
    settings = service.settings
    wyoming = None
    if settings.wyoming_uri:
        wyoming = await start_wyoming(
            service, settings.wyoming_uri, project_id=settings.wyoming_project
        )
        tell(f"serving Wyoming at {wyoming.uri}")
    try:
        await server.serve([listener])
    finally:
        if wyoming is not None:
            await wyoming.close()


def _welcome(service: Service, tell: Callable[[str], None]) -> None:
    settings = service.settings
    if service.first_key:
        tell(f"this is the first start: your administrator's key is in {service.admin_key_file}")
    if not settings.loopback:
        tell(
            f"warning: listening on {settings.host}, where other machines can connect; what they "
            "send is not encrypted unless a proxy with HTTPS stands before"
        )
    tell(f"serving at http://{_shown(settings)}:{settings.port}")


def _shown(settings: Settings) -> str:
    """The host as it stands in addresses."""
    shown = "localhost" if settings.loopback else settings.host
    return f"[{shown}]" if ":" in shown else shown
