"""The description of the API: OpenAPI 3.1, with the schemas of the contract."""

from __future__ import annotations

import json
from typing import Any

from detector import __version__
from detector.schema import read_schema
from detector.text.formats import FORMATS

_REPLACED = '"#/$defs/', '"#/components/schemas/'


def describe(most: int) -> dict[str, Any]:
    """Return the description. `most` bytes may a text have."""
    schemas: dict[str, Any] = json.loads(read_schema().replace(*_REPLACED))["$defs"]
    formats = [name for name, form in FORMATS.items() if form.text_of is None]
    text = {
        "type": "object",
        "required": ["text"],
        "additionalProperties": False,
        "properties": {
            "text": {"type": "string", "description": "What is to be scored."},
            "id": {"type": "string", "default": "text", "description": "What the report calls it."},
            "format": {"enum": formats, "default": "auto", "description": "How the text is written."},
        },
    }
    error = {
        "type": "object",
        "required": ["error"],
        "properties": {
            "error": {
                "type": "object",
                "required": ["type", "message"],
                "properties": {
                    "type": {"type": "string"},
                    "message": {"type": "string", "description": "For a person."},
                },
            }
        },
    }
    problems = {
        "400": "The request makes no sense; the message says why.",
        "403": "A page of another site asked.",
        "408": "The text was not sent in time.",
        "413": f"The text is larger than {most:,} bytes.",
        "415": "The body is neither JSON nor text, it is packed, or the name is that of a file that is no text.",
        "421": "The header Host names another server.",
        "429": "Too many requests are waiting; Retry-After says when to try again.",
        "503": "The text was not scored in time.",
    }
    answers = {
        "200": _answer("The report on the text.", "report"),
        "422": _answer("The text could not be scored.", "failure"),
        **{status: _answer(told, "error") for status, told in problems.items()},
    }
    parameters = [
        {"name": name, "in": "query", "schema": schema, "description": f"Of a plain text: {told}"}
        for name, schema, told in (
            ("id", {"type": "string"}, "what the report calls it; its suffix tells the format."),
            ("format", {"enum": formats}, "how it is written."),
        )
    ]
    score = {
        "summary": "Score a text",
        "description": "The report is the machine contract, as `detector score --format jsonl --findings all` writes it.",
        "operationId": "score",
        "parameters": parameters,
        "requestBody": {
            "required": True,
            "content": {
                "application/json": {"schema": {"$ref": "#/components/schemas/text"}},
                "text/plain": {"schema": {"type": "string"}},
            },
        },
        "responses": answers,
    }
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "unspun",
            "version": __version__,
            "description": "Finds spun and paraphrase-corrupted text.",
            "license": {"name": "Apache-2.0", "identifier": "Apache-2.0"},
        },
        "paths": {
            "/api/score": {"post": score},
            "/health": {
                "get": {
                    "summary": "Tell whether the server is there, and how many requests wait",
                    "operationId": "health",
                    "responses": {
                        "200": {
                            "description": "It is.",
                            "content": {"application/json": {"schema": {"type": "object"}}},
                        }
                    },
                }
            },
        },
        "components": {"schemas": {**schemas, "text": text, "error": error}},
    }


def _answer(description: str, schema: str) -> dict[str, Any]:
    content = {"application/json": {"schema": {"$ref": f"#/components/schemas/{schema}"}}}
    return {"description": description, "content": content}
