"""The application: the page, the API, and its limits."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from email.message import Message
from typing import Any

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.requests import ClientDisconnect, Request
from starlette.responses import HTMLResponse, JSONResponse, Response
from starlette.routing import Route

from detector.corpus.containers import container_of
from detector.errors import DetectorError
from detector.report import Failure, Outcome
from detector.reports.places import Lines
from detector.reports.view import view_of, view_of_failure
from detector.serve.guard import Guard
from detector.serve.openapi import describe
from detector.serve.pages import api_page, live_page
from detector.serve.scoring import FullError, Queue, Scores
from detector.text.decoding import BinaryContentError, decode, decode_page
from detector.text.document import Document
from detector.text.formats import FORMATS, format_of

LOCAL_NAMES = ("localhost",)
_PATIENCE = 60.0  # seconds in the queue, beyond those that scoring may take
_DISCARDED = 1 << 26  # bytes of a refused request that are read and thrown away
_JSON, _PLAIN = "application/json", "text/plain"


@dataclass(frozen=True)
class Limits:
    """What a request may ask for. `waiting` requests are taken at a time; `body` is in bytes, times are in seconds.

    `scoring` is the time limit of a document; None is no limit.
    """

    waiting: int = 64
    body: int = 2_000_000
    sending: float = 20.0
    scoring: float | None = 300.0


class RequestError(Exception):
    """A request that is not answered as it wants. The message is for the person who sent it."""

    def __init__(self, status: int, kind: str, message: str) -> None:
        super().__init__(message)
        self.status, self.kind = status, kind


def make_app(scores: Scores, limits: Limits, names: tuple[str, ...] = ()) -> Starlette:
    """Return the application. `names` are those that the server goes by, beside `localhost` and addresses."""
    queue = Queue(scores, limits.waiting)
    service = _Service(queue, limits)
    page, about, description = live_page(limits.body), api_page(describe(limits.body)), describe(limits.body)

    @asynccontextmanager
    async def life(app: Starlette) -> AsyncIterator[None]:
        queue.start()
        try:
            yield
        finally:
            await asyncio.to_thread(queue.close)

    async def show(request: Request) -> Response:
        return HTMLResponse(page)

    async def tell(request: Request) -> Response:
        return HTMLResponse(about)

    async def openapi(request: Request) -> Response:
        return JSONResponse(description)

    async def health(request: Request) -> Response:
        return JSONResponse({"status": "ok", "waiting": queue.wanted})

    return Starlette(
        routes=[
            Route("/", show),
            Route("/api", tell),
            Route("/openapi.json", openapi),
            Route("/health", health),
            Route("/api/score", service.score, methods=["POST"]),
            Route("/api/view", service.view, methods=["POST"]),
        ],
        middleware=[Middleware(Guard, names=(*LOCAL_NAMES, *names))],
        exception_handlers={RequestError: _refuse, HTTPException: _refuse_route, Exception: _apologise},
        lifespan=life,
    )


class _Service:
    def __init__(self, queue: Queue, limits: Limits) -> None:
        self._queue = queue
        self._limits = limits

    async def score(self, request: Request) -> Response:
        """Answer with the report on a text: the contract."""
        outcome = await self._scored(request, lambda document: lambda outcome: outcome.to_dict())
        return JSONResponse(outcome, 422 if "error" in outcome else 200)

    async def view(self, request: Request) -> Response:
        """Answer with what the page shows of a text."""
        return JSONResponse(await self._scored(request, lambda document: lambda outcome: _view(outcome, document)))

    async def _scored(self, request: Request, maker: Callable[[Document], Callable[[Outcome], Any]]) -> Any:
        try:
            with self._queue:
                document = _document(await self._body(request), request)
                limit = self._limits.scoring
                return await self._queue.score(document, maker(document), None if limit is None else limit + _PATIENCE)
        except FullError:
            await self._discard(request.stream())
            message = f"{self._limits.waiting} requests are waiting already; try again in a second"
            raise RequestError(429, "busy", message) from None
        except TimeoutError:
            raise RequestError(503, "timeout", "the text was not scored in time; try again later") from None
        except DetectorError as error:
            raise RequestError(500, "detector", str(error)) from error

    async def _body(self, request: Request) -> bytes:
        most = self._limits.body
        told = request.headers.get("content-length", "")
        parts = request.stream()
        data = bytearray()
        try:
            async with asyncio.timeout(self._limits.sending):
                if not (told.isdecimal() and int(told) > most):
                    async for part in parts:
                        data += part
                        if len(data) > most:
                            break
                    else:
                        return bytes(data)
        except TimeoutError:
            message = f"the text was not sent within {self._limits.sending:g} seconds"
            raise RequestError(408, "slow", message) from None
        except ClientDisconnect:
            raise RequestError(400, "request", "the connection ended before the text did") from None
        data.clear()
        await self._discard(parts)
        raise RequestError(413, "too large", f"the text is larger than {most:,} bytes (--max-body)")

    async def _discard(self, parts: AsyncIterator[bytes]) -> None:
        """Read what is left of a body, up to a limit: whoever is still sending does not read an answer."""
        left = _DISCARDED
        with suppress(TimeoutError, ClientDisconnect):
            async with asyncio.timeout(self._limits.sending):
                async for part in parts:
                    if (left := left - len(part)) < 0:
                        return


def _document(body: bytes, request: Request) -> Document:
    """Return the document of a request: JSON, or the text itself, whose format and name the address tells."""
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    packed = request.headers.get("content-encoding", "identity")
    if packed.strip().lower() != "identity":
        raise RequestError(415, "content encoding", f"a body in {packed} is not unpacked here; send it as it is")
    if kind == _JSON:
        return _document_of_json(body)
    if kind != _PLAIN:
        raise RequestError(415, "content type", f"send {_JSON} or {_PLAIN}")
    name = request.query_params.get("id") or "text"
    known = format_of(name)
    if (known and known.text_of) or container_of(name):
        what = "holds records" if container_of(name) else "is no text"
        raise RequestError(415, "content type", f"{name} {what}; `detector score` reads it, this page does not")
    form = _format(request.query_params.get("format") or (known.name if known else "auto"))
    declared, charset = FORMATS[form].declared_encoding, _charset(request)
    try:
        if charset:
            decoded = decode_page(body, charset, is_html=declared is not None)
        else:
            decoded = decode(body, declared(body) if declared else None)
    except BinaryContentError as error:
        raise RequestError(415, "content type", str(error)) from error
    return Document.from_text(decoded.text, id=name, source=name, format=form, notes=decoded.notes)


def _charset(request: Request) -> str | None:
    """Return the encoding that the header Content-Type names."""
    header = Message()
    header["content-type"] = request.headers.get("content-type", "")
    return header.get_content_charset()


def _document_of_json(body: bytes) -> Document:
    try:
        given = json.loads(body)
    except (ValueError, RecursionError):
        raise RequestError(400, "request", "the body is not JSON") from None
    if not isinstance(given, dict) or not isinstance(given.get("text"), str):
        raise RequestError(400, "request", 'the body must be an object with a string "text"')
    if unknown := sorted(set(given) - {"text", "id", "format"}):
        raise RequestError(400, "request", f'unknown field "{unknown[0]}"; there are text, id and format')
    id, form = given.get("id", "text"), given.get("format", "auto")
    if not isinstance(id, str) or not isinstance(form, str):
        raise RequestError(400, "request", "id and format must be strings")
    return Document.from_text(given["text"], id=id, source=id, format=_format(form))


def _format(name: str) -> str:
    if name not in FORMATS or FORMATS[name].text_of is not None:
        known = ", ".join(name for name, form in FORMATS.items() if form.text_of is None)
        raise RequestError(400, "request", f"unknown text format; choose one of {known}")
    return name


def _view(outcome: Outcome, document: Document) -> dict[str, Any]:
    if isinstance(outcome, Failure):
        return view_of_failure(outcome)
    return view_of(outcome, document, Lines(document.text))


async def _refuse(request: Request, error: Exception) -> Response:
    assert isinstance(error, RequestError)
    headers = {"Retry-After": "1"} if error.status in (429, 503) else {}
    # What was not read of a body would be taken for the next request.
    if error.status in (408, 413, 429):
        headers["Connection"] = "close"
    return JSONResponse({"error": {"type": error.kind, "message": str(error)}}, error.status, headers)


async def _refuse_route(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    allowed = (error.headers or {}).get("Allow", "")
    message = {404: "there is nothing here; /api tells what there is", 405: f"this address is for {allowed}"}
    told = {"type": "request", "message": message.get(error.status_code, error.detail)}
    return JSONResponse({"error": told}, error.status_code, error.headers)


async def _apologise(request: Request, error: Exception) -> Response:
    return JSONResponse({"error": {"type": "program", "message": "the program failed; its log says why"}}, 500)
