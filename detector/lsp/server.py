"""The server: what the editor says of its documents goes to the readers, and what they find goes back."""

from __future__ import annotations

import asyncio
import logging
import os
import sys
import time
from collections.abc import Awaitable, Callable, Sequence
from contextlib import AbstractContextManager, suppress
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

from lsprotocol import types
from pygls import uris
from pygls.lsp.server import LanguageServer

from detector import __version__
from detector.errors import DetectorError
from detector.lsp.actions import actions
from detector.lsp.diagnostics import Shown, Whole, diagnostics
from detector.lsp.positions import Positions
from detector.lsp.reading import Scores, SectionReader
from detector.lsp.work import Latest
from detector.report import Report
from detector.settings import RunSettings
from detector.text.document import Document
from detector.text.formats import format_of

# Seconds without a key pressed after which a text is read: its sections, and after opening and saving the whole.
PAUSE, PAUSE_OF_WHOLE = 0.05, 0.5
_WAIT = 2.0  # seconds that a question about a text waits until that text is read
_BY_LANGUAGE = {
    "markdown": "markdown",
    "mdx": "markdown",
    "html": "html",
    "latex": "latex",
    "tex": "latex",
    "restructuredtext": "rst",
    "rst": "rst",
    "plaintext": "plain",
    "text": "plain",
}
_log = logging.getLogger(__name__)
Load = Callable[[], AbstractContextManager[Scores]]


@dataclass(frozen=True)
class _Opened:
    """A document as the editor has it."""

    uri: str
    language: str
    version: int
    text: str


class Server:
    """Holds the open documents and what is known of them. Handlers run in one thread, the two readers in their own.

    `load` opens what reads sections, in this process, so that an answer comes at once; `load_whole` what reads whole
    documents, which takes longer and so is a process of its own.
    """

    def __init__(self, chosen: RunSettings, load: Load, load_whole: Load) -> None:
        self.protocol = LanguageServer("unspun", __version__, text_document_sync_kind=types.TextDocumentSyncKind.Full)
        self._chosen = chosen
        self._load, self._load_whole = load, load_whole
        self._reader: SectionReader | None = None
        self._whole_reader: Scores | None = None
        self._opened: dict[str, _Opened] = {}
        self._shown: dict[str, Shown] = {}
        self._wholes: dict[str, Whole] = {}
        self._told: set[str] = set()
        self._sections, self._whole = Latest("sections"), Latest("whole")
        self._loop: asyncio.AbstractEventLoop | None = None
        for name, handler in (
            (types.INITIALIZED, self._initialized),
            (types.TEXT_DOCUMENT_DID_OPEN, self._did_open),
            (types.TEXT_DOCUMENT_DID_CHANGE, self._did_change),
            (types.TEXT_DOCUMENT_DID_SAVE, self._did_save),
            (types.TEXT_DOCUMENT_DID_CLOSE, self._did_close),
        ):
            self._answer(name, handler)
        offered = types.CodeActionOptions(code_action_kinds=[types.CodeActionKind.QuickFix])
        self._answer(types.TEXT_DOCUMENT_CODE_ACTION, self._code_actions, offered)

    def _answer(self, name: str, handler: Callable[[Any], Awaitable[Any]], options: object = None) -> None:
        """Register a method; the library writes on what it registers, and can't on a bound one."""

        async def handle(params: Any) -> Any:
            return await handler(params)

        self.protocol.feature(name, options)(handle)

    def start(self) -> None:
        """Serve on the standard streams until the editor ends it. What a library prints goes to standard error."""
        stream = os.fdopen(os.dup(sys.stdout.fileno()), "wb")
        os.dup2(sys.stderr.fileno(), sys.stdout.fileno())
        try:
            self.protocol.start_io(stdout=stream)
        finally:
            self._sections.close()
            self._whole.close()

    # --- what the editor says ---------------------------------------------------------------------------------------

    async def _initialized(self, params: types.InitializedParams) -> None:
        self._loop = asyncio.get_running_loop()
        self._sections.submit("", self._warm_up)  # so that the first answer does not wait for it

    async def _did_open(self, params: types.DidOpenTextDocumentParams) -> None:
        item = params.text_document
        self._changed(_Opened(item.uri, item.language_id, item.version, item.text))
        self._read_whole_soon(item.uri)

    async def _did_change(self, params: types.DidChangeTextDocumentParams) -> None:
        uri = params.text_document.uri
        if uri in self._opened:
            text = self.protocol.workspace.get_text_document(uri).source
            self._changed(replace(self._opened[uri], version=params.text_document.version, text=text))

    async def _did_save(self, params: types.DidSaveTextDocumentParams) -> None:
        self._read_whole_soon(params.text_document.uri)

    async def _did_close(self, params: types.DidCloseTextDocumentParams) -> None:
        uri = params.text_document.uri
        for known in (self._opened, self._shown, self._wholes):
            known.pop(uri, None)
        self._sections.drop(uri)
        self._whole.drop(uri)
        self._publish(uri, None, [])

    async def _code_actions(self, params: types.CodeActionParams) -> Sequence[types.CodeAction]:
        uri = params.text_document.uri
        deadline = time.monotonic() + _WAIT
        while (opened := self._opened.get(uri)) is not None:
            shown = self._shown.get(uri)
            if shown is not None and shown.version == opened.version:
                return actions(uri, shown, params.range)
            if time.monotonic() > deadline:
                break
            await asyncio.sleep(PAUSE)  # what is known is about the text before the last key
        return []

    # --- reading ------------------------------------------------------------------------------------------------------

    def _changed(self, opened: _Opened) -> None:
        self._opened[opened.uri] = opened
        self._sections.submit(opened.uri, partial(self._told_of, self._read, opened), PAUSE)

    def _read_whole_soon(self, uri: str) -> None:
        if uri in self._opened:
            opened = self._opened[uri]
            self._whole.submit(uri, partial(self._told_of, self._read_whole, opened), PAUSE_OF_WHOLE)

    def _is_newest(self, opened: _Opened) -> bool:
        return self._opened.get(opened.uri) == opened

    def _read(self, opened: _Opened) -> None:
        """Read the sections of a document and show what is found. Runs in the sections' thread."""
        if not self._is_newest(opened):
            return
        document = self._document(opened)
        if document is None:
            return
        sections = self._open_reader().read(document, partial(self._is_newest, opened))
        if sections is not None:
            encoding = self.protocol.workspace.position_encoding or types.PositionEncodingKind.Utf16
            positions = Positions(opened.text, types.PositionEncodingKind(encoding).value)
            self._show(opened, Shown(opened.version, document, sections, positions))

    def _read_whole(self, opened: _Opened) -> None:
        """Find the verdict on a whole document. Runs in its own thread, beside that of the sections."""
        document = self._document(opened)
        if document is None or opened.uri not in self._opened:
            return
        if self._whole_reader is None:
            self._whole_reader = self._load_whole().__enter__()
        for outcome in self._whole_reader.score_documents([document]):
            if isinstance(outcome, Report) and opened.uri in self._opened:
                self._wholes[opened.uri] = Whole(opened.text, outcome)
        if (shown := self._shown.get(opened.uri)) is not None:
            self._show(self._opened.get(opened.uri), shown)

    def _warm_up(self) -> None:
        self._open_reader()

    def _open_reader(self) -> SectionReader:
        if self._reader is None:
            self._reader = SectionReader(self._load().__enter__())
        return self._reader

    def _document(self, opened: _Opened) -> Document | None:
        """Return the document to read; None for one of another kind, and where the settings switch it off."""
        path = uris.to_fs_path(opened.uri) or "" if opened.uri.startswith("file:") else ""
        known = format_of(path)
        form = known.name if known else _BY_LANGUAGE.get(opened.language)
        if form is None or (known is not None and known.text_of is not None):
            return None
        choice = self._chosen.of_file(path) if path else self._chosen.run
        settings = choice.settings()
        if choice.off or len(opened.text) > settings.max_document_size:
            return None
        own = None if choice.by_file == self._chosen.run.by_file else choice.by_file
        name = path or opened.uri
        return Document.from_text(opened.text, id=name, source=name, format=form, options=own, is_file=True)

    # --- what goes back -----------------------------------------------------------------------------------------------

    def _show(self, opened: _Opened | None, shown: Shown) -> None:
        """Show what is known, from a reader's thread, unless the text is another one by now."""
        if opened is None or not self._is_newest(opened) or opened.version != shown.version:
            return
        shown = replace(shown, whole=self._wholes.get(opened.uri))
        self._shown[opened.uri] = shown
        self._from_thread(self._publish, opened.uri, shown.version, diagnostics(shown))

    def _publish(self, uri: str, version: int | None, found: list[types.Diagnostic]) -> None:
        if version is None or (uri in self._opened and self._opened[uri].version == version):
            self.protocol.text_document_publish_diagnostics(types.PublishDiagnosticsParams(uri, found, version))

    def _told_of(self, task: Callable[[_Opened], None], opened: _Opened) -> None:
        """Do a task; an error of ours becomes a message of the editor, once."""
        try:
            task(opened)
        except DetectorError as error:
            message = str(error)
            if message not in self._told:
                self._told.add(message)
                shown = types.ShowMessageParams(types.MessageType.Error, f"unspun: {message}")
                self._from_thread(self.protocol.window_show_message, shown)

    def _from_thread(self, call: Callable[..., None], *arguments: object) -> None:
        if self._loop is not None:
            with suppress(RuntimeError):  # the loop is closed: the editor is gone
                self._loop.call_soon_threadsafe(call, *arguments)
