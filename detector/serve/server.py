"""Running the application: a socket, uvicorn, and an end that lets what has begun finish."""

from __future__ import annotations

import socket
from collections.abc import Callable
from contextlib import AbstractContextManager

import uvicorn

from detector.errors import ConfigError
from detector.reports.messages import print_step
from detector.serve.app import Limits, make_app
from detector.serve.guard import is_address
from detector.serve.scoring import Scores

_GRACE = 10  # seconds for answers that are under way when the server is stopped
_SPARE = 512  # connections beyond those that wait for a score, which are told so


def serve(
    load: Callable[[], AbstractContextManager[Scores]], host: str, port: int, limits: Limits, names: tuple[str, ...]
) -> None:
    """Serve until Ctrl-C or SIGTERM. Raise ConfigError where the address can't be had; then nothing was loaded."""
    with _listening(host, port) as listener, load() as scores:
        server = make_server(scores, limits, (*names, *(() if is_address(host) else (host,))))
        address = listener.getsockname()
        shown = f"[{address[0]}]" if ":" in address[0] else address[0]
        print_step(f"serving on http://{shown}:{address[1]}/ (Ctrl-C stops)")
        try:
            server.run(sockets=[listener])
        except (KeyboardInterrupt, SystemExit):  # the signal that stopped it, once all is done
            print_step("stopped")


def make_server(scores: Scores, limits: Limits, names: tuple[str, ...] = ()) -> uvicorn.Server:
    """Return the server, which is not running yet."""
    config = uvicorn.Config(
        make_app(scores, limits, names),
        log_level="warning",
        access_log=False,
        server_header=False,
        limit_concurrency=limits.waiting + _SPARE,
        timeout_keep_alive=5,
        timeout_graceful_shutdown=_GRACE,
        ws="none",
        lifespan="on",
        http="h11",
        loop="asyncio",
    )
    return uvicorn.Server(config)


def _listening(host: str, port: int) -> socket.socket:
    try:
        family, kind, protocol, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
        listener = socket.socket(family, kind, protocol)
        try:
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            listener.bind(address)
            listener.listen(128)
        except BaseException:
            listener.close()
            raise
    except OSError as error:
        problem = (error.strerror or str(error)).lower()
        raise ConfigError(f"--host {host} --port {port}: can't be listened on ({problem})") from error
    return listener
