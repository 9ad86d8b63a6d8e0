#!/bin/sh
# pygls 2.1.1 (PyPI): after a form feed or U+2028, an incremental edit goes into another line of the server's copy.
#
# Guess: a line of a document ends where the protocol says: at \n, \r\n or \r. So an edit that an editor sends for line 1 is
#        made in line 1, whatever other characters stand in line 0.
# Seen:  the copy is cut into lines by str.splitlines, which also cuts at form feeds, vertical tabs, U+0085, U+2028 and
#        U+2029. The edit replaces words of the line before, without an error; from then on the server reads a text that
#        nobody wrote, until the document is opened anew. Positions that go to the editor are converted by the same lines.
#        With full synchronisation the text is right, and only the conversion of positions is not.
# Exits with another code than 0 when that has changed.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet 'pygls==2.1.1' 'lsprotocol==2025.0.0'
"$folder/venv/bin/python" - <<'PYTHON'
from lsprotocol import types
from pygls.workspace import TextDocument


def edited(separator):
    """Return a text after an editor has replaced the second line, `eggs`."""
    document = TextDocument(
        "file:///list.txt", f"milk{separator}bread\neggs\n", sync_kind=types.TextDocumentSyncKind.Incremental
    )
    line = types.Range(types.Position(1, 0), types.Position(1, 4))
    document.apply_change(types.TextDocumentContentChangePartial(range=line, text="TEA"))
    return document.source


right = edited(" ")
print("space:    ", ascii(right))
assert right == "milk bread\nTEA\n"
for name, separator in {"form feed": "\f", "U+2028": "\u2028"}.items():
    found = edited(separator)
    print(f"{name + ':':10}", ascii(found))
    assert found == f"milk{separator}TEAd\neggs\n", "this has changed"
PYTHON
