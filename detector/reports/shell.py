"""The shell of a page with scripts: head, policy, styles. Nothing comes from outside, and only our own scripts run."""

from __future__ import annotations

import json
from base64 import b64encode
from collections.abc import Sequence
from hashlib import sha256
from html import escape
from importlib.resources import files
from typing import Any

from detector.schema import PATH as SCHEMA

# Text that comes with a page has to end neither its script nor, in an old browser, its line.
_IN_SCRIPT = str.maketrans({"<": "\\u003c", ">": "\\u003e", "&": "\\u0026", "\u2028": "\\u2028", "\u2029": "\\u2029"})


def asset(name: str) -> str:
    """Return a script or a style of the pages."""
    return (files("detector") / "reports" / "web" / name).read_text(encoding="utf-8")


def script_of(names: Sequence[str]) -> str:
    """Return one script made of several, with the units of the measures."""
    return "\n".join([f"const UNITS = {to_json(_units())};", *map(asset, names)])


def head(title: str, script: str, *, mark: str, connect: str = "'none'") -> str:
    """Return the beginning of a page, up to its body. `mark` says what made it; `connect` is where it may send to.

    Scripts and styles run by their hash: whatever else gets into the page does not.
    """
    style = asset("base.css") + asset("view.css")
    policy = (
        f"default-src 'none'; script-src '{hash_of(script)}'; style-src '{hash_of(style)}'; connect-src {connect};"
        " base-uri 'none'; form-action 'none'"
    )
    return (
        f'<!doctype html>\n<!-- {mark} -->\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        f'<meta http-equiv="Content-Security-Policy" content="{policy}">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n<meta name="referrer" content="no-referrer">\n'
        f"<title>{escape(title)}</title>\n<style>{style}</style>\n</head>\n"
    )


def hash_of(content: str) -> str:
    """Return the hash of a script or a style as a policy names it."""
    return f"sha256-{b64encode(sha256(content.encode()).digest()).decode()}"


def to_json(value: Any) -> str:
    """Return a value as JSON that may stand in a script element."""
    return json.dumps(value, ensure_ascii=False, allow_nan=False, separators=(",", ":")).translate(_IN_SCRIPT)


def _units() -> dict[str, list[str]]:
    measures = json.loads(SCHEMA.read_text(encoding="utf-8"))["$defs"]["measures"]["properties"]
    return {name: [measure["unit"], measure["description"]] for name, measure in measures.items()}
