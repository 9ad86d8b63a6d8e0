"""The language server, asked by a real client; its detector is a stand-in (`quick_lsp.py`)."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

pytest.importorskip("pytest_lsp")

import pytest_lsp
from lsprotocol import types
from pytest_lsp import ClientServerConfig, LanguageClient

SERVER = [sys.executable, str(Path(__file__).parent / "quick_lsp.py")]
FILLER = " ".join(["quiet"] * 45)
UTF16 = types.PositionEncodingKind.Utf16


@pytest_lsp.fixture(config=ClientServerConfig(server_command=SERVER))
async def client(lsp_client: LanguageClient, tmp_path: Path) -> AsyncIterator[None]:
    params = types.InitializeParams(
        capabilities=types.ClientCapabilities(general=types.GeneralClientCapabilities(position_encodings=[UTF16])),
        root_uri=tmp_path.as_uri(),
    )
    await lsp_client.initialize_session(params)
    yield
    await lsp_client.shutdown_session()


class Editor:
    """Types into one document."""

    def __init__(self, client: LanguageClient, uri: str, text: str, language: str = "markdown") -> None:
        self.client, self.uri, self.text, self.version = client, uri, text, 1
        item = types.TextDocumentItem(uri, language, 1, text)
        client.text_document_did_open(types.DidOpenTextDocumentParams(item))

    def type(self, text: str) -> None:
        self.text, self.version = text, self.version + 1
        self.client.text_document_did_change(
            types.DidChangeTextDocumentParams(
                types.VersionedTextDocumentIdentifier(uri=self.uri, version=self.version),
                [types.TextDocumentContentChangeWholeDocument(text)],
            )
        )

    def save(self) -> None:
        self.client.text_document_did_save(types.DidSaveTextDocumentParams(types.TextDocumentIdentifier(uri=self.uri)))

    async def shown(self, *wanted: str) -> list[types.Diagnostic]:
        """Wait until the diagnostics of the newest version have these codes, in their order."""
        for _ in range(200):
            found = self.client.diagnostics.get(self.uri)
            if found is not None and [one.code for one in found] == list(wanted):
                return list(found)
            await asyncio.sleep(0.05)
        raise AssertionError(f"{self.client.diagnostics.get(self.uri)} instead of {wanted}")

    async def actions(self, at: types.Range) -> list[types.CodeAction]:
        context = types.CodeActionContext(diagnostics=[])
        identifier = types.TextDocumentIdentifier(uri=self.uri)
        found = await self.client.text_document_code_action_async(types.CodeActionParams(identifier, at, context))
        return [one for one in found or [] if isinstance(one, types.CodeAction)]

    def apply(self, action: types.CodeAction) -> str:
        """Return the text after an action, whose positions count UTF-16 units."""
        assert action.edit is not None
        assert action.edit.document_changes is not None
        (change,) = action.edit.document_changes
        assert isinstance(change, types.TextDocumentEdit)
        assert (change.text_document.uri, change.text_document.version) == (self.uri, self.version)
        text = self.text
        for edit in reversed(change.edits):
            assert isinstance(edit, types.TextEdit)
            start, end = self.offset(edit.range.start), self.offset(edit.range.end)
            text = text[:start] + edit.new_text + text[end:]
        return text

    def offset(self, position: types.Position) -> int:
        """Return the offset of a position, found in another way than the server does."""
        lines = self.text.encode("utf-16-le").split("\n".encode("utf-16-le"))
        before = b"\n\0".join(lines[: position.line]) + (b"\n\0" if position.line else b"")
        return len((before + lines[position.line][: 2 * position.character]).decode("utf-16-le"))

    def words_at(self, at: types.Range) -> str:
        return self.text[self.offset(at.start) : self.offset(at.end)]


def uri_of(folder: Path, name: str) -> str:
    return (folder / name).as_uri()


@pytest.mark.asyncio
async def test_findings_stand_where_they_are(client: LanguageClient, tmp_path: Path) -> None:
    text = f"# Ünïcode 🙂🙂\n\nThe 🙂 *wings* offer {FILLER}.\n\nThe second 👩‍👩‍👧 wings {FILLER}.\n"
    editor = Editor(client, uri_of(tmp_path, "a.md"), text)
    found = await editor.shown("wording/SWAPPED_WORD", "wording/SWAPPED_WORD")
    assert [editor.words_at(one.range) for one in found] == ["wings", "wings"]
    assert {one.severity for one in found} == {types.DiagnosticSeverity.Information}
    assert found[0].message == "“wings” looks put in by a substitution. May have been: “arms”, “sides”."


@pytest.mark.asyncio
async def test_only_what_has_changed_is_read_again(client: LanguageClient, tmp_path: Path) -> None:
    sections = [f"Section{number} {FILLER}." for number in range(30)]
    editor = Editor(client, uri_of(tmp_path, "a.md"), "\n\n".join(sections))
    await editor.shown()
    editor.type("\n\n".join([*sections[:10], f"New wings {FILLER}.", *sections[11:]]))
    await editor.shown("wording/SWAPPED_WORD")
    editor.type("\n\n".join(sections))
    await editor.shown()


@pytest.mark.asyncio
async def test_a_section_that_is_spun_says_so_and_the_whole_is_told_after_opening_and_saving(
    client: LanguageClient, tmp_path: Path
) -> None:
    editor = Editor(client, uri_of(tmp_path, "a.md"), f"Clean {FILLER}.\n\nThis is spun {FILLER}.\n")
    whole, section, article = await editor.shown("verdict/SPUN", "verdict/SPUN", "grammar/EN_A_VS_AN")
    assert whole.message == "The document as a whole is spun (probability 0.98)."
    assert (whole.severity, section.severity) == (types.DiagnosticSeverity.Error, types.DiagnosticSeverity.Warning)
    assert section.message == "By itself, this section reads as spun (probability 0.98)."
    assert (section.range.start.line, article.range.start.line) == (2, 2)
    editor.type(f"Clean {FILLER}.\n\nThis is fine {FILLER}.\n")
    (whole,) = await editor.shown("verdict/SPUN")
    assert "it has changed since" in whole.message
    editor.save()
    await editor.shown()


@pytest.mark.asyncio
async def test_originals_are_put_back_and_phrases_ignored(client: LanguageClient, tmp_path: Path) -> None:
    editor = Editor(client, uri_of(tmp_path, "a.md"), f"The 🙂 **wings** offer {FILLER}.")
    (found,) = await editor.shown("wording/SWAPPED_WORD")
    cursor = types.Range(found.range.start, found.range.start)
    editor.type(f"{editor.text} ")  # and asked at once, before it can have been read
    first, second, ignore = await editor.actions(cursor)
    assert [one.title for one in (first, second, ignore)] == [
        "Replace “wings” by “arms”",
        "Replace “wings” by “sides”",
        "Ignore “wings” in this document",
    ]
    assert [one.is_preferred for one in (first, second, ignore)] == [True, False, False]
    assert editor.apply(first) == f"The 🙂 **arms** offer {FILLER}. "
    assert await editor.actions(types.Range(types.Position(0, 0), types.Position(0, 2))) == []
    editor.type(editor.apply(ignore))
    assert editor.text.endswith('. \n<!-- detector: ignore "wings" -->\n')
    await editor.shown()


@pytest.mark.asyncio
@pytest.mark.parametrize(
    ("name", "language", "directive"),
    [
        ("a.txt", "plaintext", '# detector: ignore "wings"'),
        ("a.html", "html", '<!-- detector: ignore "wings" -->'),
        ("a.rst", "rst", '.. detector: ignore "wings"'),
        ("a.tex", "latex", '% detector: ignore "wings"'),
        ("a.mdx", "mdx", '{/* detector: ignore "wings" */}'),
    ],
)
async def test_each_format_has_its_directive(
    client: LanguageClient, tmp_path: Path, name: str, language: str, directive: str
) -> None:
    editor = Editor(client, uri_of(tmp_path, name), f"The wings offer {FILLER}.\n", language)
    (found,) = await editor.shown("wording/SWAPPED_WORD")
    editor.type(editor.apply((await editor.actions(found.range))[-1]))
    assert editor.text.endswith(f"{directive}\n")
    await editor.shown()


@pytest.mark.asyncio
async def test_settings_hold_for_each_file(client: LanguageClient, tmp_path: Path) -> None:
    (tmp_path / "detector.toml").write_text(
        "[[overrides]]\nfiles = ['calm.md']\nthreshold = 0.999\n[[overrides]]\nfiles = ['off.md']\noff = true\n",
        encoding="utf-8",
    )
    text = f"This is spun, with wings {FILLER}.\n"
    off, calm = Editor(client, uri_of(tmp_path, "off.md"), text), Editor(client, uri_of(tmp_path, "calm.md"), text)
    await calm.shown("wording/SWAPPED_WORD")
    assert off.uri not in client.diagnostics
    (tmp_path / "bad").mkdir()
    (tmp_path / "bad/detector.toml").write_text("treshold = 1\n", encoding="utf-8")
    Editor(client, uri_of(tmp_path, "bad/a.md"), text)
    for _ in range(100):
        if client.messages:
            break
        await asyncio.sleep(0.05)
    assert "unknown key 'treshold'" in client.messages[0].message


@pytest.mark.asyncio
async def test_other_files_are_left_alone_and_a_closed_one_is_forgotten(client: LanguageClient, tmp_path: Path) -> None:
    text = f"The wings offer {FILLER}.\n"
    data = Editor(client, uri_of(tmp_path, "a.py"), text, "python")
    untitled = Editor(client, "untitled:Untitled-1", text, "plaintext")
    await untitled.shown("wording/SWAPPED_WORD")
    assert data.uri not in client.diagnostics
    client.text_document_did_close(types.DidCloseTextDocumentParams(types.TextDocumentIdentifier(uri=untitled.uri)))
    await untitled.shown()


@pytest.mark.asyncio
async def test_lines_end_where_the_protocol_says(client: LanguageClient, tmp_path: Path) -> None:
    """A form feed and U+2028 end no line, though Python splits there; a lone CR does."""
    text = f"One\x0c line\u2028 only\r\n\rThe wings offer {FILLER}.\r\n"
    editor = Editor(client, uri_of(tmp_path, "a.txt"), text, "plaintext")
    (found,) = await editor.shown("wording/SWAPPED_WORD")
    assert found.range == types.Range(types.Position(2, 4), types.Position(2, 9))
