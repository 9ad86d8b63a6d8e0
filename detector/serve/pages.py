"""The pages of the server: the one to paste text into, and the one about the API."""

from __future__ import annotations

from collections.abc import Mapping
from html import escape
from typing import Any

from detector.reports.shell import asset, head, script_of

_EXAMPLE = """curl --json '{"text": "…"}' http://127.0.0.1:8765/api/score
curl --data-binary @article.md -H 'Content-Type: text/plain' 'http://127.0.0.1:8765/api/score?id=article.md'"""


def live_page(most: int) -> str:
    """Return the page to paste text into. `most` bytes may a text have."""
    script = script_of(("view.js", "live.js"))
    beginning = head("unspun", script, mark="unspun serve", connect="'self'")
    return f'{beginning}<body data-most="{most}">\n{asset("live.html")}<script>{script}</script>\n</body>\n</html>\n'


def api_page(description: Mapping[str, Any]) -> str:
    """Return a page for people that says what the description does."""
    parts = []
    for path, methods in description["paths"].items():
        for method, what in methods.items():
            answers = "".join(
                f'<tr><th scope="row">{status}</th><td>{escape(answer["description"])}</td></tr>'
                for status, answer in sorted(what["responses"].items())
            )
            parts.append(
                f"<section><h2>{method.upper()} {escape(path)}</h2><p>{escape(what['summary'])}."
                f' {escape(what.get("description", ""))}</p><table><thead><tr><th scope="col">Status</th>'
                f'<th scope="col">Meaning</th></tr></thead><tbody>{answers}</tbody></table></section>'
            )
    fields = "".join(
        f'<tr><th scope="row">{escape(name)}</th><td>{escape(field.get("description", ""))}</td></tr>'
        for name, field in description["components"]["schemas"]["text"]["properties"].items()
    )
    return (
        f"{head('unspun: the API', '', mark='unspun serve')}<body>\n<header><h1>The API</h1>"
        '<p class="lead">Described for programs in <a href="/openapi.json">openapi.json</a>. <a href="/">Back to the page</a>'
        f'</p></header>\n<main>{"".join(parts)}<section><h2>A text</h2><table><thead><tr><th scope="col">Field</th>'
        f'<th scope="col">What it is</th></tr></thead><tbody>{fields}</tbody></table></section>'
        f'<section><h2>Examples</h2><pre tabindex="0" role="region" aria-label="Examples">{escape(_EXAMPLE)}</pre>'
        "</section></main>\n</body>\n</html>\n"
    )
