"""`attune serve`: the portal and the APIs, until a signal comes."""

from __future__ import annotations

import logging
import os
from dataclasses import replace
from pathlib import Path
from typing import Annotated

import typer

from attune.cli.console import note
from attune.errors import InputError

__all__ = ["serve"]


def _data_folder() -> Path:
    base = os.environ.get("XDG_DATA_HOME") or Path("~", ".local", "share").expanduser()
    return Path(base, "attune")


def serve(
    data: Annotated[
        Path | None,
        typer.Option(
            "--data",
            envvar="ATTUNE_DATA",
            metavar="DIR",
            help="The folder with the database, the recordings and the models; made at the first "
            "start. Default: ~/.local/share/attune.",
            show_default=False,
        ),
    ] = None,
    host: Annotated[
        str,
        typer.Option(
            "--host",
            metavar="HOST",
            help="The address to listen at; 0.0.0.0 lets other machines connect.",
        ),
    ] = "127.0.0.1",
    port: Annotated[
        int,
        typer.Option("--port", metavar="N", min=0, max=65535, help="The port; 0 takes a free one."),
    ] = 8090,
    database: Annotated[
        str,
        typer.Option(
            "--database",
            envvar="ATTUNE_DATABASE",
            metavar="URL",
            help="postgresql://USER:PASSWORD@HOST/NAME in place of the SQLite file in --data.",
            show_default=False,
        ),
    ] = "",
    blobs: Annotated[
        str,
        typer.Option(
            "--blobs",
            envvar="ATTUNE_BLOBS",
            metavar="URL",
            help="s3://BUCKET/PREFIX or another folder for recordings and models, in place of the "
            "one in --data.",
            show_default=False,
        ),
    ] = "",
    workers: Annotated[
        int | None,
        typer.Option(
            "--workers",
            metavar="N",
            min=1,
            help="Cores that jobs may use together. Default: all.",
            show_default=False,
        ),
    ] = None,
    streams: Annotated[
        int | None,
        typer.Option(
            "--streams",
            metavar="N",
            min=1,
            help="Streams that this machine is to hear at once; more are asked to come again. "
            "Default: 20 a core.",
            show_default=False,
        ),
    ] = None,
    ray: Annotated[
        str,
        typer.Option(
            "--ray",
            metavar="ADDRESS",
            help="A Ray cluster for jobs and recognisers, such as ray://head:10001.",
            show_default=False,
        ),
    ] = "",
    wyoming_port: Annotated[
        int | None,
        typer.Option(
            "--wyoming-port",
            metavar="N",
            min=0,
            max=65535,
            help="Serve Home Assistant's Wyoming protocol at this port, too.",
            show_default=False,
        ),
    ] = None,
    wyoming_uri: Annotated[
        str,
        typer.Option(
            "--wyoming-uri",
            metavar="URI",
            help="Serve it at this address instead: unix:///PATH/TO/FILE or tcp://HOST:PORT.",
            show_default=False,
        ),
    ] = "",
    wyoming_project: Annotated[
        str | None,
        typer.Option(
            "--wyoming-project",
            metavar="ID",
            help="The only project whose endpoints and keywords Wyoming's clients may use. "
            "Default: all.",
            show_default=False,
        ),
    ] = None,
    private_addresses: Annotated[
        bool,
        typer.Option(
            "--private-addresses",
            help="Let recordings be fetched from addresses of private networks and this machine.",
        ),
    ] = False,
    verbose: Annotated[
        bool, typer.Option("--verbose", "-v", help="Log every request to stderr.")
    ] = False,
) -> None:
    """Serve the portal and the APIs: custom speech and keywords for your own network.

    The first start writes an administrator's key to DIR/admin-key.txt. Stop the server with Ctrl-C
    or SIGTERM: streams get their last results, jobs are gone on with at the next start.
    """
    try:
        from attune.cli.serving import run
        from attune.protocols.wyoming import tcp_uri
        from attune.service import Limits, Settings
    except ModuleNotFoundError as error:
        if (error.name or "").startswith("attune"):
            raise
        raise InputError(
            f"attune serve needs packages that are not installed ({error.name}): pip install "
            "'attune[server]'"
        ) from error
    logging.basicConfig(format="%(asctime)s %(levelname)s %(name)s: %(message)s")
    logging.getLogger("attune").setLevel(logging.INFO if verbose else logging.WARNING)
    if wyoming_port is not None:
        if wyoming_uri:
            raise InputError("give --wyoming-port or --wyoming-uri, not both")
        wyoming_uri = tcp_uri(host, wyoming_port)
    if streams is not None and ray:
        raise InputError("give --streams or --ray, not both: there each core hears up to 20")
    settings = Settings(
        data=data or _data_folder(),
        host=host,
        port=port,
        database=database,
        blobs=blobs,
        ray=ray,
        wyoming_uri=wyoming_uri,
        wyoming_project=wyoming_project,
        private_addresses=private_addresses,
        limits=Limits() if streams is None else Limits(streams=streams),
    )
    run(settings if workers is None else replace(settings, workers=workers), note)
