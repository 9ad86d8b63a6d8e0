"""The documents of a page: a row of each for the list, and its view, packed until somebody opens it.

They are written as they come, some at a time, so that memory does not grow with them.
"""

from __future__ import annotations

import json
import zlib
from base64 import b64encode
from typing import Any, TextIO

from detector.reports.shell import to_json

_CHUNK_DOCUMENTS = 64
_CHUNK_CHARACTERS = 256_000  # that are unpacked together when a document is opened
_SPARKS = 40  # bars of a row's picture

Row = list[Any]


class DocumentList:
    """Writes rows and views. Call `close` after the last."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream
        self._rows: list[Row] = []
        self._views: list[str] = []
        self._characters = 0

    def add(self, row: Row, view: dict[str, Any]) -> None:
        packed = json.dumps(view, ensure_ascii=False, allow_nan=False, separators=(",", ":"))
        self._rows.append(row)
        self._views.append(packed)
        self._characters += len(packed)
        if len(self._rows) >= _CHUNK_DOCUMENTS or self._characters >= _CHUNK_CHARACTERS:
            self.close()

    def close(self) -> None:
        """Write what is left."""
        if self._rows:
            views = f"[{','.join(self._views)}]".encode(
                "utf-8", "backslashreplace"
            )  # a lone surrogate as JSON spells it
            packed = b64encode(zlib.compress(views, 6)).decode()
            self._stream.write(f'<script type="text/plain" class="chunk">{packed}</script>\n')
            self._stream.write(f'<script type="application/json" class="rows">{to_json(self._rows)}</script>\n')
        self._rows, self._views, self._characters = [], [], 0


def row_of(view: dict[str, Any], group: str) -> Row:
    """Return the row of a view, as `report.js` reads it."""
    if "error" in view:
        return ["error", None, 0, 0, view["id"], view["source"], group, "", view["error"]]
    return [
        view["verdict"],
        view["probability"],
        view["words"],
        len(view["findings"]) + view["left_out"],
        view["id"],
        view["source"],
        group,
        sparks([window[2] for window in view["windows"]]),
        view["reason"] or _swaps(view["findings"]),
    ]


def sparks(probabilities: list[float | None]) -> str:
    """Return the probabilities of windows in two digits each, the highest ones where there are many.

    >>> sparks([0.5, None, 0.999])
    '500099'
    """
    step = -(-len(probabilities) // _SPARKS) or 1
    highest = (max(one or 0.0 for one in probabilities[at : at + step]) for at in range(0, len(probabilities), step))
    return "".join(f"{min(int(100 * one), 99):02d}" for one in highest)


def _swaps(findings: list[dict[str, Any]]) -> str:
    """Return the strongest swaps in a line."""
    swaps = sorted((one for one in findings if one["signal"] == "wording"), key=lambda one: -one["score"])
    said = (f"{one['text']} ← {one['suggestions'][0][0]}" if one["suggestions"] else one["text"] for one in swaps)
    return " · ".join(" ".join(one.split()) for one in list(dict.fromkeys(said))[:5])
