"""A server that answers like LanguageTool, for what the real one can't be made to do: `stand_in.py PORT`.

It knows one rule (`an` before `large`). A text with HANG in it is never answered, one with DIE ends the server.
"""

from __future__ import annotations

import json
import os
import sys
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs


class Handler(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        if self.path.endswith("languages"):
            self._answer([{"name": "English (US)", "code": "en", "longCode": "en-US"}])
        else:
            self._answer("OK")

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"])).decode()
        text = parse_qs(body).get("text", [""])[0]
        if "HANG" in text:
            time.sleep(600)
        if "DIE" in text:
            os._exit(1)
        found = [at for at in range(len(text)) if text.startswith(("an large", "an car"), at)]
        self._answer({"software": {"version": "0.0"}, "matches": [_match(text, at) for at in found]})

    def _answer(self, content: Any) -> None:
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.end_headers()
        self.wfile.write(json.dumps(content).encode())

    def log_message(self, format: str, *arguments: object) -> None:
        pass


def _match(text: str, at: int) -> dict[str, Any]:
    return {
        "message": "Use “a” here.",
        "replacements": [{"value": "a"}],
        "offset": at,
        "length": 2,
        "context": {"text": text[at : at + 10], "offset": 0, "length": 2},
        "sentence": text,
        "rule": {"id": "EN_A_VS_AN", "issueType": "misspelling", "category": {"id": "MISC", "name": "Miscellaneous"}},
    }


def serve(port: int = 0) -> ThreadingHTTPServer:
    return ThreadingHTTPServer(("127.0.0.1", port), Handler)


if __name__ == "__main__":
    serve(int(sys.argv[1])).serve_forever()
