"""`detector serve`."""

from __future__ import annotations

from typing import Annotated

import typer

from detector.cli.options import with_settings
from detector.options import Settings


@with_settings("serve")
def command(
    *,
    host: Annotated[
        str,
        typer.Option(
            metavar="ADDRESS",
            show_default=False,
            rich_help_panel="Running",
            help="Where to listen. Another address than this machine's own lets others send texts; there is no login."
            " Default: 127.0.0.1.",
        ),
    ] = "127.0.0.1",
    port: Annotated[
        int,
        typer.Option(
            metavar="N",
            min=0,
            max=65535,
            show_default=False,
            rich_help_panel="Running",
            help="The port; 0 takes a free one. Default: 8765.",
        ),
    ] = 8765,
    allow_host: Annotated[
        list[str] | None,
        typer.Option(
            metavar="NAME",
            show_default=False,
            rich_help_panel="Running",
            help="Answer under this name, too (the header Host); may be repeated. Default: localhost and addresses.",
        ),
    ] = None,
    queue: Annotated[
        int,
        typer.Option(
            metavar="N",
            min=1,
            show_default=False,
            rich_help_panel="Running",
            help="Requests that may wait; one more gets 429. Default: 64.",
        ),
    ] = 64,
    max_body: Annotated[
        int,
        typer.Option(
            metavar="BYTES",
            min=1,
            show_default=False,
            rich_help_panel="Running",
            help="Largest request; a larger one gets 413. Memory grows with it times --queue. Default: 2,000,000.",
        ),
    ] = 2_000_000,
    settings: Settings,
) -> None:
    """Open a page on this machine to paste text into, and an HTTP API.

    Needs the extra `serve`. Ctrl-C ends it, after the answers that are under way.
    """
    from detector.cli.serving import run_server

    run_server(settings, host=host, port=port, queue=queue, max_body=max_body, names=tuple(allow_host or ()))
