#!/bin/sh
# language-tool-python 3.4.0 (PyPI), a client of a LanguageTool server elsewhere (`remote_server=`).
#
# Guess: one `check` is one request, and how long it waits for the answer can be set, as in any HTTP client.
# Seen:  where no answer comes, the same text is sent a second time, and each of the two requests waits for 300 seconds:
#        a program that checks one slow text stands still for ten minutes. No argument and no public attribute changes
#        that; the only way is the private `_TIMEOUT`. (Here it is set to one second, so that this ends soon.)
# Exits with another code than 0 when that has changed.
set -eu
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install -q 'language-tool-python==3.4.0'
"$work/venv/bin/python" - <<'PYTHON'
import inspect
import json
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import language_tool_python

asked = []


class Slow(BaseHTTPRequestHandler):
    """A server that takes five seconds for a text: busy, not broken."""

    def do_GET(self):
        self.answer([{"name": "English (US)", "code": "en", "longCode": "en-US"}])

    def do_POST(self):
        asked.append(self.rfile.read(int(self.headers["Content-Length"])))
        time.sleep(5)
        self.answer({"matches": []})

    def answer(self, content):
        try:
            self.send_response(200)
            self.end_headers()
            self.wfile.write(json.dumps(content).encode())
        except OSError:
            pass

    def log_message(self, *arguments):
        pass


server = ThreadingHTTPServer(("127.0.0.1", 0), Slow)
threading.Thread(target=server.serve_forever, daemon=True).start()
settable = [name for name in inspect.signature(language_tool_python.LanguageTool.__init__).parameters if "timeout" in name]
settable += [name for name in dir(language_tool_python.LanguageTool) if "timeout" in name and not name.startswith("_")]
default = language_tool_python.LanguageTool._TIMEOUT
tool = language_tool_python.LanguageTool("en-US", remote_server=f"http://127.0.0.1:{server.server_port}")
tool._TIMEOUT = 1
try:
    tool.check("The boat was late again, and nobody on the quay was surprised.")
except language_tool_python.exceptions.LanguageToolError as error:
    print("check:", str(error)[-60:])
print(f"settings for the time-out: {settable}; its value: {default} seconds; requests for one check: {len(asked)}")
raise SystemExit(settable != [] or default != 300 or len(asked) != 2)
PYTHON
