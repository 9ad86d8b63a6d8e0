"""What an editor offers at a place: an original instead of the words that stand there, and ignoring a phrase."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from lsprotocol import types

from detector.lsp.diagnostics import Shown, phrase, to_range
from detector.report import Finding
from detector.restore import edits
from detector.text.looks import looks_like_html

_OFFERED = 3
# A directive is written in a line of its own at the end, where it can't break a list or a table.
_DIRECTIVES = {
    "markdown": '<!-- detector: ignore "{}" -->',
    "html": '<!-- detector: ignore "{}" -->',
    "rst": '\n.. detector: ignore "{}"',
    "latex": '% detector: ignore "{}"',
    "plain": '# detector: ignore "{}"',
}
_MDX = '{{/* detector: ignore "{}" */}}'


def actions(uri: str, shown: Shown, chosen: types.Range) -> list[types.CodeAction]:
    """Return what is offered for the findings that a range touches."""
    start = shown.positions.offset((chosen.start.line, chosen.start.character))
    end = shown.positions.offset((chosen.end.line, chosen.end.character))
    touched = [finding for finding, _ in shown.findings if finding.start <= end and finding.end >= start]
    return [
        action for finding in touched for action in (*_originals(uri, shown, finding), *_ignore(uri, shown, finding))
    ]


def _originals(uri: str, shown: Shown, finding: Finding) -> Iterator[types.CodeAction]:
    if finding.signal != "wording":
        return
    for number, suggestion in enumerate(finding.suggestions[:_OFFERED]):
        replacements = edits(shown.document, [replace(finding, suggestions=(suggestion,))], sure=0.0)
        if replacements:
            changes = [types.TextEdit(to_range(shown.positions, one.start, one.end), one.after) for one in replacements]
            title = f"Replace “{phrase(finding)}” by “{suggestion.text}”"
            yield _action(uri, shown, title, changes, preferred=number == 0)


def _ignore(uri: str, shown: Shown, finding: Finding) -> Iterator[types.CodeAction]:
    words, text = phrase(finding), shown.document.text
    form = _MDX if uri.lower().endswith(".mdx") else _DIRECTIVES.get(_format(shown))
    if form is None or any(mark in words for mark in ('"', "“", "”", "--", "*/", "\\")):
        return  # the directive could not hold it
    line_end = "\r\n" if "\r\n" in text else "\n"
    before = "" if not text or text.endswith(("\n", "\r")) else line_end
    inserted = before + form.format(words).replace("\n", line_end) + line_end
    end = to_range(shown.positions, len(text), len(text))
    yield _action(uri, shown, f"Ignore “{words}” in this document", [types.TextEdit(end, inserted)], preferred=False)


def _format(shown: Shown) -> str:
    form = shown.document.format
    if form != "auto":
        return form
    return "html" if looks_like_html(shown.document.text) else "plain"


def _action(uri: str, shown: Shown, title: str, changes: list[types.TextEdit], *, preferred: bool) -> types.CodeAction:
    versioned = types.OptionalVersionedTextDocumentIdentifier(uri=uri, version=shown.version)
    edit = types.WorkspaceEdit(document_changes=[types.TextDocumentEdit(versioned, list(changes))])
    return types.CodeAction(title, types.CodeActionKind.QuickFix, is_preferred=preferred, edit=edit)
